-- The booking engine: what a booking may be part of, what it is charged for, who waits, who was absent, what is told.

-- +goose Up
-- SQLite cannot change a CHECK: the table is made anew, with its triggers.
CREATE TABLE bookings_new (
    id             TEXT NOT NULL PRIMARY KEY,
    station_id     TEXT NOT NULL REFERENCES stations (id),
    person_id      TEXT NOT NULL REFERENCES people (id),
    programme      TEXT NOT NULL,
    purpose        TEXT NOT NULL,
    starts_at      INTEGER NOT NULL,
    ends_at        INTEGER NOT NULL,
    status         TEXT NOT NULL CHECK (status IN ('confirmed', 'cancelled', 'ended', 'held', 'requested')),
    planned_end    INTEGER, -- what was promised, when it was given back early
    created_by     TEXT NOT NULL, -- empty: an import
    created_at     INTEGER NOT NULL,
    changed_at     INTEGER NOT NULL,
    version        INTEGER NOT NULL,
    occupied_until INTEGER NOT NULL, -- the end with the time that cleaning takes
    charged_until  INTEGER NOT NULL, -- what quotas count, from the start
    due_at         INTEGER, -- when it is to be looked at again
    team_id        TEXT NOT NULL DEFAULT '',
    party_id       TEXT NOT NULL DEFAULT '',
    series_id      TEXT NOT NULL DEFAULT '',
    series_start   INTEGER, -- the start that the series' rule gave it
    companions     TEXT NOT NULL DEFAULT '', -- ids of people, separated by a space
    held_until     INTEGER, -- of an offer: when it expires
    wait_id        TEXT NOT NULL DEFAULT '', -- the waitlist entry that an offer is for
    checked_in_at  INTEGER,
    checked_in_by  TEXT NOT NULL DEFAULT '',
    check_in       TEXT NOT NULL DEFAULT '',
    verdict        TEXT NOT NULL DEFAULT '',
    verdict_at     INTEGER,
    evidence       TEXT NOT NULL DEFAULT '', -- JSON
    warned_at      INTEGER, -- when the station asked whether somebody is still there
    CHECK (ends_at > starts_at),
    CHECK (occupied_until >= ends_at)
) STRICT;
INSERT INTO bookings_new (id, station_id, person_id, programme, purpose, starts_at, ends_at, status, planned_end, created_by,
    created_at, changed_at, version, occupied_until, charged_until)
SELECT id, station_id, person_id, programme, purpose, starts_at, ends_at, status, planned_end, created_by, created_at, changed_at,
    version, ends_at, CASE status WHEN 'cancelled' THEN starts_at ELSE ends_at END FROM bookings;
DROP TABLE bookings;
ALTER TABLE bookings_new RENAME TO bookings;

-- Active bookings never end after what they are charged for, so one index serves who sits where and quotas.
-- The status is in the first one, too: who asks for free time of many stations reads the index alone.
CREATE INDEX bookings_station ON bookings (station_id, occupied_until, starts_at, status);
CREATE INDEX bookings_person ON bookings (person_id, charged_until, starts_at);
CREATE INDEX bookings_programme ON bookings (programme, charged_until, starts_at);
CREATE INDEX bookings_start ON bookings (starts_at, id);
CREATE INDEX bookings_team ON bookings (team_id, charged_until, starts_at) WHERE team_id <> '';
CREATE INDEX bookings_party ON bookings (party_id) WHERE party_id <> '';
CREATE INDEX bookings_series ON bookings (series_id, starts_at) WHERE series_id <> '';
-- A row that is due is looked at by whichever process comes first: a verdict, an offer that expires, an idle station.
CREATE INDEX bookings_due ON bookings (due_at) WHERE due_at IS NOT NULL;

-- What EXCLUDE does in PostgreSQL; the single writer makes it safe.
-- +goose StatementBegin
CREATE TRIGGER bookings_insert BEFORE INSERT ON bookings
WHEN NEW.status <> 'cancelled' AND EXISTS (SELECT 1 FROM bookings b WHERE b.station_id = NEW.station_id AND b.status <> 'cancelled'
    AND b.starts_at < NEW.occupied_until AND b.occupied_until > NEW.starts_at)
BEGIN SELECT RAISE(ABORT, 'bookings_no_overlap'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER bookings_update BEFORE UPDATE OF station_id, starts_at, ends_at, occupied_until, status ON bookings
WHEN NEW.status <> 'cancelled' AND EXISTS (SELECT 1 FROM bookings b WHERE b.station_id = NEW.station_id AND b.id <> OLD.id AND b.status <> 'cancelled'
    AND b.starts_at < NEW.occupied_until AND b.occupied_until > NEW.starts_at)
BEGIN SELECT RAISE(ABORT, 'bookings_no_overlap'); END;
-- +goose StatementEnd

-- A day that has been over for a day gets a new version with each change to a booking that touches it; younger ones
-- get none, so nobody who books today waits for it. json_each over an array of as many zeros counts the days.
-- +goose StatementBegin
CREATE TRIGGER bookings_insert_occupied AFTER INSERT ON bookings
WHEN NEW.starts_at < unixepoch() / 86400 * 86400 - 86400
BEGIN
    INSERT INTO occupied_versions (day, version)
    SELECT NEW.starts_at / 86400 + d.key, 1
    FROM json_each('[' || rtrim(replace(hex(zeroblob(
        min((NEW.ends_at - 1) / 86400, unixepoch() / 86400 - 2) - NEW.starts_at / 86400 + 1)), '00', '0,'), ',') || ']') d
    WHERE true
    ON CONFLICT (day) DO UPDATE SET version = version + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER bookings_update_occupied AFTER UPDATE OF station_id, programme, purpose, starts_at, ends_at, status ON bookings
WHEN min(OLD.starts_at, NEW.starts_at) < unixepoch() / 86400 * 86400 - 86400
BEGIN
    INSERT INTO occupied_versions (day, version)
    SELECT min(OLD.starts_at, NEW.starts_at) / 86400 + d.key, 1
    FROM json_each('[' || rtrim(replace(hex(zeroblob(
        min((max(OLD.ends_at, NEW.ends_at) - 1) / 86400, unixepoch() / 86400 - 2) - min(OLD.starts_at, NEW.starts_at) / 86400 + 1)),
        '00', '0,'), ',') || ']') d
    WHERE true
    ON CONFLICT (day) DO UPDATE SET version = version + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER bookings_delete_occupied AFTER DELETE ON bookings
WHEN OLD.starts_at < unixepoch() / 86400 * 86400 - 86400
BEGIN
    INSERT INTO occupied_versions (day, version)
    SELECT OLD.starts_at / 86400 + d.key, 1
    FROM json_each('[' || rtrim(replace(hex(zeroblob(
        min((OLD.ends_at - 1) / 86400, unixepoch() / 86400 - 2) - OLD.starts_at / 86400 + 1)), '00', '0,'), ',') || ']') d
    WHERE true
    ON CONFLICT (day) DO UPDATE SET version = version + 1;
END;
-- +goose StatementEnd

-- What a school decides, as documents: policies, quotas, seasons, terms. Of each, what it was and who changed it.
CREATE TABLE booking_documents (
    kind       TEXT NOT NULL,
    id         TEXT NOT NULL,
    body       TEXT NOT NULL, -- JSON
    version    INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT;
CREATE TABLE booking_document_versions (
    kind       TEXT NOT NULL,
    id         TEXT NOT NULL,
    version    INTEGER NOT NULL,
    body       TEXT NOT NULL, -- JSON; empty: removed
    changed_by TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (kind, id, version)
) STRICT;
INSERT INTO booking_documents (kind, id, body, version, changed_by, changed_at)
SELECT 'policy', CASE scope WHEN 'school' THEN 'school' ELSE scope || ':' || scope_id END,
    json_patch('{}', json_object('grid_minutes', grid_minutes, 'shortest_minutes', shortest_minutes, 'longest_minutes', longest_minutes, 'horizon_days', horizon_days, 'notice_minutes', notice_minutes, 'class_longest_minutes', class_longest_minutes, 'class_horizon_days', class_horizon_days, 'many_stations', json(CASE many_stations WHEN 1 THEN 'true' WHEN 0 THEN 'false' END))),
    version, '', unixepoch()
FROM booking_policies;
DROP TABLE booking_policies;
-- +goose StatementBegin
CREATE TRIGGER booking_documents_decide_insert AFTER INSERT ON booking_documents BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER booking_documents_decide_update AFTER UPDATE ON booking_documents BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER booking_documents_decide_delete AFTER DELETE ON booking_documents BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
INSERT INTO booking_document_versions SELECT kind, id, version, body, changed_by, changed_at FROM booking_documents;

ALTER TABLE people ADD COLUMN email TEXT NOT NULL DEFAULT '';
ALTER TABLE booking_entries ADD COLUMN reason TEXT NOT NULL DEFAULT '';
CREATE INDEX booking_entries_at ON booking_entries (at, booking_id, version);

-- What is shared by many is spent one after another: whoever decides about a budget locks its row.
CREATE TABLE booking_budgets (
    key TEXT NOT NULL PRIMARY KEY
) STRICT;

CREATE TABLE booking_series (
    id         TEXT NOT NULL PRIMARY KEY,
    person_id  TEXT NOT NULL REFERENCES people (id),
    body       TEXT NOT NULL, -- JSON: the rule, the time of day, the stations
    ended_at   INTEGER, -- when it was cancelled as a whole
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    version    INTEGER NOT NULL
) STRICT;
CREATE INDEX booking_series_person ON booking_series (person_id, created_at);

CREATE TABLE booking_waits (
    id               TEXT NOT NULL PRIMARY KEY,
    person_id        TEXT NOT NULL REFERENCES people (id),
    team_id          TEXT NOT NULL,
    station_id       TEXT NOT NULL, -- one of these three is set
    kind_id          TEXT NOT NULL,
    room_id          TEXT NOT NULL,
    from_at          INTEGER NOT NULL,
    until_at         INTEGER NOT NULL,
    wanted_minutes   INTEGER NOT NULL,
    shortest_minutes INTEGER NOT NULL,
    programme        TEXT NOT NULL,
    purpose          TEXT NOT NULL,
    state            TEXT NOT NULL,
    booking_id       TEXT NOT NULL, -- the offer, or what became of it
    reason           TEXT NOT NULL, -- why it was passed over the last time
    created_at       INTEGER NOT NULL,
    changed_at       INTEGER NOT NULL,
    version          INTEGER NOT NULL,
    CHECK (until_at > from_at)
) STRICT;
CREATE INDEX booking_waits_open ON booking_waits (until_at, from_at) WHERE state = 'waiting';
CREATE INDEX booking_waits_person ON booking_waits (person_id, created_at);

CREATE TABLE booking_strikes (
    id          TEXT NOT NULL PRIMARY KEY,
    booking_id  TEXT NOT NULL,
    person_id   TEXT NOT NULL REFERENCES people (id),
    team_id     TEXT NOT NULL,
    at          INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    state       TEXT NOT NULL,
    appeal      TEXT NOT NULL,
    appealed_at INTEGER,
    answer      TEXT NOT NULL,
    decided_by  TEXT NOT NULL,
    decided_at  INTEGER,
    version     INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX booking_strikes_booking ON booking_strikes (booking_id);
CREATE INDEX booking_strikes_person ON booking_strikes (person_id, expires_at);
CREATE INDEX booking_strikes_team ON booking_strikes (team_id, expires_at) WHERE team_id <> '';

CREATE TABLE fault_reports (
    id          TEXT NOT NULL PRIMARY KEY,
    station_id  TEXT NOT NULL REFERENCES stations (id),
    person_id   TEXT NOT NULL,
    description TEXT NOT NULL,
    at          INTEGER NOT NULL,
    state       TEXT NOT NULL,
    outage_id   TEXT NOT NULL,
    closed_by   TEXT NOT NULL,
    closed_at   INTEGER,
    answer      TEXT NOT NULL, -- why it was dismissed
    version     INTEGER NOT NULL
) STRICT;
CREATE INDEX fault_reports_at ON fault_reports (at, id);
CREATE INDEX fault_reports_open ON fault_reports (station_id) WHERE state = 'open';

CREATE TABLE teams (
    id          TEXT NOT NULL PRIMARY KEY,
    code        TEXT NOT NULL,
    name        TEXT NOT NULL,
    programme   TEXT NOT NULL,
    disabled_at INTEGER,
    version     INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX teams_code ON teams (code);
CREATE TABLE team_members (
    team_id   TEXT NOT NULL REFERENCES teams (id),
    person_id TEXT NOT NULL REFERENCES people (id),
    captain   INTEGER NOT NULL,
    PRIMARY KEY (team_id, person_id)
) STRICT;
CREATE INDEX team_members_person ON team_members (person_id);

CREATE TABLE qualifications (
    id           TEXT NOT NULL PRIMARY KEY,
    person_id    TEXT NOT NULL REFERENCES people (id),
    kind_id      TEXT NOT NULL REFERENCES kinds (id),
    granted_by   TEXT NOT NULL, -- empty: an import
    granted_at   INTEGER NOT NULL,
    expires_at   INTEGER, -- NULL: never
    last_used_at INTEGER, -- real use that a device saw
    revoked_at   INTEGER,
    revoked_by   TEXT NOT NULL,
    note         TEXT NOT NULL,
    warned_at    INTEGER, -- when its person was told that it ends
    version      INTEGER NOT NULL
) STRICT;
CREATE INDEX qualifications_person ON qualifications (person_id, kind_id);

-- What is to be told to people and programs: written with the change that it tells of, sent afterwards.
CREATE TABLE effects (
    id            TEXT NOT NULL PRIMARY KEY,
    at            INTEGER NOT NULL,
    event         TEXT NOT NULL,
    person_id     TEXT NOT NULL,
    booking_id    TEXT NOT NULL,
    station_id    TEXT NOT NULL,
    body          TEXT NOT NULL, -- JSON: texts by name
    due_at        INTEGER NOT NULL,
    attempts      INTEGER NOT NULL,
    claimed_until INTEGER,
    done_at       INTEGER,
    error         TEXT NOT NULL
) STRICT;
CREATE INDEX effects_due ON effects (due_at, id) WHERE done_at IS NULL;
CREATE INDEX effects_done ON effects (done_at) WHERE done_at IS NOT NULL;

CREATE TABLE webhooks (
    id          TEXT NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL,
    url         TEXT NOT NULL,
    secret      TEXT NOT NULL,
    shape       TEXT NOT NULL,
    events      TEXT NOT NULL, -- separated by a space; empty: all
    disabled_at INTEGER,
    created_by  TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    version     INTEGER NOT NULL
) STRICT;

CREATE TABLE calendar_feeds (
    id         TEXT NOT NULL PRIMARY KEY,
    hash       BLOB NOT NULL, -- SHA-256 of the secret in the address
    person_id  TEXT NOT NULL REFERENCES people (id), -- whose link it is
    room_id    TEXT NOT NULL, -- empty: the person's own bookings
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;
CREATE UNIQUE INDEX calendar_feeds_hash ON calendar_feeds (hash);
CREATE INDEX calendar_feeds_person ON calendar_feeds (person_id, created_at);
