-- The booking engine: what a booking may be part of, what it is charged for, who waits, who was absent, what is told.

-- +goose Up
DROP INDEX bookings_station;
DROP INDEX bookings_person;
DROP INDEX bookings_start;
ALTER TABLE bookings DROP CONSTRAINT bookings_no_overlap;
ALTER TABLE bookings DROP CONSTRAINT bookings_status_check;
ALTER TABLE bookings
    ADD CONSTRAINT bookings_status_check CHECK (status IN ('confirmed', 'cancelled', 'ended', 'held', 'requested')),
    ADD COLUMN occupied_until BIGINT, -- the end with the time that cleaning takes
    ADD COLUMN charged_until  BIGINT, -- what quotas count, from the start
    ADD COLUMN due_at         BIGINT, -- when it is to be looked at again
    ADD COLUMN team_id        TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN party_id       TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN series_id      TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN series_start   BIGINT, -- the start that the series' rule gave it
    ADD COLUMN companions     TEXT NOT NULL DEFAULT '', -- ids of people, separated by a space
    ADD COLUMN held_until     BIGINT, -- of an offer: when it expires
    ADD COLUMN wait_id        TEXT COLLATE "C" NOT NULL DEFAULT '', -- the waitlist entry that an offer is for
    ADD COLUMN checked_in_at  BIGINT,
    ADD COLUMN checked_in_by  TEXT NOT NULL DEFAULT '',
    ADD COLUMN check_in       TEXT NOT NULL DEFAULT '',
    ADD COLUMN verdict        TEXT NOT NULL DEFAULT '',
    ADD COLUMN verdict_at     BIGINT,
    ADD COLUMN evidence       TEXT NOT NULL DEFAULT '', -- JSON
    ADD COLUMN warned_at      BIGINT; -- when the station asked whether somebody is still there
UPDATE bookings SET occupied_until = ends_at, charged_until = CASE status WHEN 'cancelled' THEN starts_at ELSE ends_at END;
ALTER TABLE bookings
    ALTER COLUMN occupied_until SET NOT NULL,
    ALTER COLUMN charged_until SET NOT NULL,
    ADD CHECK (occupied_until >= ends_at),
    ADD CONSTRAINT bookings_no_overlap EXCLUDE USING gist (station_id WITH =, int8range(starts_at, occupied_until) WITH &&)
        WHERE (status <> 'cancelled');

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

-- What a school decides, as documents: policies, quotas, seasons, terms. Of each, what it was and who changed it.
CREATE TABLE booking_documents (
    kind       TEXT COLLATE "C" NOT NULL,
    id         TEXT COLLATE "C" NOT NULL,
    body       TEXT NOT NULL, -- JSON
    version    BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE TABLE booking_document_versions (
    kind       TEXT COLLATE "C" NOT NULL,
    id         TEXT COLLATE "C" NOT NULL,
    version    BIGINT NOT NULL,
    body       TEXT NOT NULL, -- JSON; empty: removed
    changed_by TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (kind, id, version)
);
INSERT INTO booking_documents (kind, id, body, version, changed_by, changed_at)
SELECT 'policy', CASE scope WHEN 'school' THEN 'school' ELSE scope || ':' || scope_id END,
    jsonb_strip_nulls(jsonb_build_object('grid_minutes', grid_minutes, 'shortest_minutes', shortest_minutes, 'longest_minutes', longest_minutes, 'horizon_days', horizon_days, 'notice_minutes', notice_minutes, 'class_longest_minutes', class_longest_minutes, 'class_horizon_days', class_horizon_days, 'many_stations', many_stations))::text,
    version, '', floor(extract(epoch FROM now()))::BIGINT
FROM booking_policies;
DROP TABLE booking_policies;
CREATE TRIGGER booking_documents_decide AFTER INSERT OR UPDATE OR DELETE ON booking_documents FOR EACH STATEMENT EXECUTE FUNCTION booking_rules_changed();
INSERT INTO booking_document_versions SELECT kind, id, version, body, changed_by, changed_at FROM booking_documents;

ALTER TABLE people ADD COLUMN email TEXT NOT NULL DEFAULT '';
ALTER TABLE booking_entries ADD COLUMN reason TEXT NOT NULL DEFAULT '';
CREATE INDEX booking_entries_at ON booking_entries (at, booking_id, version);

-- What is shared by many is spent one after another: whoever decides about a budget locks its row.
CREATE TABLE booking_budgets (
    key TEXT COLLATE "C" NOT NULL PRIMARY KEY
);

CREATE TABLE booking_series (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    person_id  TEXT COLLATE "C" NOT NULL REFERENCES people (id),
    body       TEXT NOT NULL, -- JSON: the rule, the time of day, the stations
    ended_at   BIGINT, -- when it was cancelled as a whole
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    version    BIGINT NOT NULL
);
CREATE INDEX booking_series_person ON booking_series (person_id, created_at);

CREATE TABLE booking_waits (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    person_id        TEXT COLLATE "C" NOT NULL REFERENCES people (id),
    team_id          TEXT COLLATE "C" NOT NULL,
    station_id       TEXT COLLATE "C" NOT NULL, -- one of these three is set
    kind_id          TEXT COLLATE "C" NOT NULL,
    room_id          TEXT COLLATE "C" NOT NULL,
    from_at          BIGINT NOT NULL,
    until_at         BIGINT NOT NULL,
    wanted_minutes   BIGINT NOT NULL,
    shortest_minutes BIGINT NOT NULL,
    programme        TEXT NOT NULL,
    purpose          TEXT NOT NULL,
    state            TEXT NOT NULL,
    booking_id       TEXT COLLATE "C" NOT NULL, -- the offer, or what became of it
    reason           TEXT NOT NULL, -- why it was passed over the last time
    created_at       BIGINT NOT NULL,
    changed_at       BIGINT NOT NULL,
    version          BIGINT NOT NULL,
    CHECK (until_at > from_at)
);
CREATE INDEX booking_waits_open ON booking_waits (until_at, from_at) WHERE state = 'waiting';
CREATE INDEX booking_waits_person ON booking_waits (person_id, created_at);

CREATE TABLE booking_strikes (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    booking_id  TEXT COLLATE "C" NOT NULL,
    person_id   TEXT COLLATE "C" NOT NULL REFERENCES people (id),
    team_id     TEXT COLLATE "C" NOT NULL,
    at          BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    state       TEXT NOT NULL,
    appeal      TEXT NOT NULL,
    appealed_at BIGINT,
    answer      TEXT NOT NULL,
    decided_by  TEXT NOT NULL,
    decided_at  BIGINT,
    version     BIGINT NOT NULL
);
CREATE UNIQUE INDEX booking_strikes_booking ON booking_strikes (booking_id);
CREATE INDEX booking_strikes_person ON booking_strikes (person_id, expires_at);
CREATE INDEX booking_strikes_team ON booking_strikes (team_id, expires_at) WHERE team_id <> '';

CREATE TABLE fault_reports (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    station_id  TEXT COLLATE "C" NOT NULL REFERENCES stations (id),
    person_id   TEXT COLLATE "C" NOT NULL,
    description TEXT NOT NULL,
    at          BIGINT NOT NULL,
    state       TEXT NOT NULL,
    outage_id   TEXT COLLATE "C" NOT NULL,
    closed_by   TEXT NOT NULL,
    closed_at   BIGINT,
    answer      TEXT NOT NULL, -- why it was dismissed
    version     BIGINT NOT NULL
);
CREATE INDEX fault_reports_at ON fault_reports (at, id);
CREATE INDEX fault_reports_open ON fault_reports (station_id) WHERE state = 'open';

CREATE TABLE teams (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    code        TEXT COLLATE "C" NOT NULL,
    name        TEXT NOT NULL,
    programme   TEXT NOT NULL,
    disabled_at BIGINT,
    version     BIGINT NOT NULL
);
CREATE UNIQUE INDEX teams_code ON teams (code);
CREATE TABLE team_members (
    team_id   TEXT COLLATE "C" NOT NULL REFERENCES teams (id),
    person_id TEXT COLLATE "C" NOT NULL REFERENCES people (id),
    captain   BOOLEAN NOT NULL,
    PRIMARY KEY (team_id, person_id)
);
CREATE INDEX team_members_person ON team_members (person_id);

CREATE TABLE qualifications (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    person_id    TEXT COLLATE "C" NOT NULL REFERENCES people (id),
    kind_id      TEXT COLLATE "C" NOT NULL REFERENCES kinds (id),
    granted_by   TEXT NOT NULL, -- empty: an import
    granted_at   BIGINT NOT NULL,
    expires_at   BIGINT, -- NULL: never
    last_used_at BIGINT, -- real use that a device saw
    revoked_at   BIGINT,
    revoked_by   TEXT NOT NULL,
    note         TEXT NOT NULL,
    warned_at    BIGINT, -- when its person was told that it ends
    version      BIGINT NOT NULL
);
CREATE INDEX qualifications_person ON qualifications (person_id, kind_id);

-- What is to be told to people and programs: written with the change that it tells of, sent afterwards.
CREATE TABLE effects (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    at            BIGINT NOT NULL,
    event         TEXT NOT NULL,
    person_id     TEXT COLLATE "C" NOT NULL,
    booking_id    TEXT COLLATE "C" NOT NULL,
    station_id    TEXT COLLATE "C" NOT NULL,
    body          TEXT NOT NULL, -- JSON: texts by name
    due_at        BIGINT NOT NULL,
    attempts      BIGINT NOT NULL,
    claimed_until BIGINT,
    done_at       BIGINT,
    error         TEXT NOT NULL
);
CREATE INDEX effects_due ON effects (due_at, id) WHERE done_at IS NULL;
CREATE INDEX effects_done ON effects (done_at) WHERE done_at IS NOT NULL;

CREATE TABLE webhooks (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL,
    url         TEXT NOT NULL,
    secret      TEXT NOT NULL,
    shape       TEXT NOT NULL,
    events      TEXT NOT NULL, -- separated by a space; empty: all
    disabled_at BIGINT,
    created_by  TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    version     BIGINT NOT NULL
);

CREATE TABLE calendar_feeds (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    hash       BYTEA NOT NULL, -- SHA-256 of the secret in the address
    person_id  TEXT COLLATE "C" NOT NULL REFERENCES people (id), -- whose link it is
    room_id    TEXT COLLATE "C" NOT NULL, -- empty: the person's own bookings
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX calendar_feeds_hash ON calendar_feeds (hash);
CREATE INDEX calendar_feeds_person ON calendar_feeds (person_id, created_at);
