-- Who did what, when and why, to what is neither a booking nor a rule: it stays when that is gone.

-- +goose Up
CREATE TABLE deeds (
    source     TEXT NOT NULL, -- outage, report, strike, qualification
    subject_id TEXT NOT NULL,
    version    INTEGER NOT NULL, -- that stood afterwards
    at         INTEGER NOT NULL,
    who        TEXT NOT NULL, -- person; empty: an import, or the server itself
    act        TEXT NOT NULL,
    reason     TEXT NOT NULL,
    station_id TEXT NOT NULL, -- may be empty, as the next two
    kind_id    TEXT NOT NULL,
    whom       TEXT NOT NULL, -- person: whose it is
    body       TEXT NOT NULL, -- JSON: what stood afterwards
    PRIMARY KEY (source, subject_id, version)
) STRICT;
CREATE INDEX deeds_at ON deeds (at, source, subject_id, version);

-- What is known of the time before: who began it, and who ended it.
INSERT INTO deeds SELECT 'outage', id, version, created_at, created_by, 'started', reason, station_id, '', '', '' FROM outages;
INSERT INTO deeds SELECT 'report', id, 1, at, person_id, 'reported', description, station_id, '', person_id, '' FROM fault_reports;
INSERT INTO deeds SELECT 'report', id, version, closed_at, closed_by, state, answer, station_id, '', person_id, '' FROM fault_reports
    WHERE closed_at IS NOT NULL AND version > 1;
INSERT INTO deeds SELECT 'qualification', id, 0, granted_at, granted_by, 'granted', note, '', kind_id, person_id, '' FROM qualifications;
INSERT INTO deeds SELECT 'qualification', id, version, revoked_at, revoked_by, 'revoked', note, '', kind_id, person_id, '' FROM qualifications
    WHERE revoked_at IS NOT NULL;
