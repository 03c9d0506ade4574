-- Instants are unix seconds in UTC, NULL for none. Days of the calendar are texts, 2026-11-22, meant in the site's zone.

-- +goose Up
CREATE TABLE sites (
    id        TEXT NOT NULL PRIMARY KEY,
    code      TEXT NOT NULL,
    name_en   TEXT NOT NULL,
    name_zh   TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    version   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX sites_code ON sites (code);

CREATE TABLE rooms (
    id      TEXT NOT NULL PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES sites (id),
    code    TEXT NOT NULL,
    name_en TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX rooms_site_code ON rooms (site_id, code);

CREATE TABLE kinds (
    id      TEXT NOT NULL PRIMARY KEY,
    code    TEXT NOT NULL,
    name_en TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX kinds_code ON kinds (code);

CREATE TABLE stations (
    id       TEXT NOT NULL PRIMARY KEY,
    site_id  TEXT NOT NULL REFERENCES sites (id),
    room_id  TEXT NOT NULL REFERENCES rooms (id),
    kind_id  TEXT NOT NULL REFERENCES kinds (id),
    code     TEXT NOT NULL,
    name_en  TEXT NOT NULL,
    name_zh  TEXT NOT NULL,
    bookable INTEGER NOT NULL CHECK (bookable IN (0, 1)),
    search   TEXT NOT NULL, -- code and names in lower case
    since    INTEGER, -- NULL: always
    version  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX stations_site_code ON stations (site_id, code);
CREATE INDEX stations_code ON stations (code, id);
CREATE INDEX stations_room ON stations (room_id);
CREATE INDEX stations_kind ON stations (kind_id);

CREATE TABLE devices (
    id          TEXT NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL,
    secret_hash BLOB, -- PBKDF2 ("$7$…"), as the broker takes it; NULL while nobody has enrolled
    enrolled_at INTEGER,
    disabled_at INTEGER,
    created_at  INTEGER NOT NULL,
    version     INTEGER NOT NULL
) STRICT;

CREATE TABLE placements (
    id         TEXT NOT NULL PRIMARY KEY,
    device_id  TEXT NOT NULL REFERENCES devices (id),
    station_id TEXT NOT NULL REFERENCES stations (id),
    from_at    INTEGER NOT NULL,
    until_at   INTEGER, -- NULL while it stands there
    CHECK (until_at > from_at)
) STRICT;
CREATE INDEX placements_device ON placements (device_id, from_at);
CREATE INDEX placements_station ON placements (station_id, from_at);

-- What EXCLUDE does in PostgreSQL; the single writer makes it safe.
-- +goose StatementBegin
CREATE TRIGGER placements_insert BEFORE INSERT ON placements
WHEN EXISTS (SELECT 1 FROM placements p WHERE p.device_id = NEW.device_id
    AND p.from_at < coalesce(NEW.until_at, 9223372036854775807) AND coalesce(p.until_at, 9223372036854775807) > NEW.from_at)
BEGIN SELECT RAISE(ABORT, 'placements_no_overlap'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER placements_update BEFORE UPDATE ON placements
WHEN EXISTS (SELECT 1 FROM placements p WHERE p.device_id = NEW.device_id AND p.id <> OLD.id
    AND p.from_at < coalesce(NEW.until_at, 9223372036854775807) AND coalesce(p.until_at, 9223372036854775807) > NEW.from_at)
BEGIN SELECT RAISE(ABORT, 'placements_no_overlap'); END;
-- +goose StatementEnd

CREATE TABLE enrollments (
    id         TEXT NOT NULL PRIMARY KEY,
    code_hash  BLOB NOT NULL, -- SHA-256
    device_id  TEXT NOT NULL REFERENCES devices (id),
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    claimed_at INTEGER
) STRICT;
CREATE UNIQUE INDEX enrollments_code ON enrollments (code_hash);
CREATE INDEX enrollments_device ON enrollments (device_id);

CREATE TABLE opening_hours (
    id          TEXT NOT NULL PRIMARY KEY,
    site_id     TEXT NOT NULL REFERENCES sites (id),
    room_id     TEXT REFERENCES rooms (id), -- NULL: the whole site
    weekday     INTEGER NOT NULL CHECK (weekday BETWEEN 0 AND 6), -- Sunday is 0
    opens       INTEGER NOT NULL CHECK (opens >= 0), -- minutes after local midnight
    closes      INTEGER NOT NULL CHECK (closes > opens AND closes <= 1440),
    valid_from  TEXT,
    valid_until TEXT
) STRICT;
CREATE INDEX opening_hours_site ON opening_hours (site_id);
CREATE INDEX opening_hours_room ON opening_hours (room_id);

CREATE TABLE opening_exceptions (
    id      TEXT NOT NULL PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES sites (id),
    room_id TEXT REFERENCES rooms (id), -- NULL: the whole site
    day     TEXT NOT NULL,
    closed  INTEGER NOT NULL CHECK (closed IN (0, 1)),
    opens   INTEGER NOT NULL CHECK (opens >= 0),
    closes  INTEGER NOT NULL CHECK (closes <= 1440),
    reason  TEXT NOT NULL,
    CHECK (closed OR closes > opens)
) STRICT;
CREATE INDEX opening_exceptions_site ON opening_exceptions (site_id);
CREATE INDEX opening_exceptions_room ON opening_exceptions (room_id);

CREATE TABLE outages (
    id         TEXT NOT NULL PRIMARY KEY,
    station_id TEXT NOT NULL REFERENCES stations (id),
    starts_at  INTEGER NOT NULL,
    ends_at    INTEGER, -- NULL: until further notice
    reason     TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    CHECK (ends_at > starts_at)
) STRICT;
CREATE INDEX outages_station ON outages (station_id, starts_at);
CREATE INDEX outages_start ON outages (starts_at);

CREATE TABLE people (
    id            TEXT NOT NULL PRIMARY KEY,
    login         TEXT NOT NULL,
    login_key     TEXT NOT NULL, -- the login in lower case
    name          TEXT NOT NULL,
    role          TEXT NOT NULL,
    programme     TEXT NOT NULL,
    language      TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    disabled_at   INTEGER,
    created_at    INTEGER NOT NULL,
    version       INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX people_login ON people (login_key);

CREATE TABLE tokens (
    id           TEXT NOT NULL PRIMARY KEY,
    person_id    TEXT NOT NULL REFERENCES people (id),
    name         TEXT NOT NULL,
    hash         BLOB NOT NULL, -- SHA-256
    scopes       TEXT NOT NULL, -- separated by a space
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    expires_at   INTEGER
) STRICT;
CREATE UNIQUE INDEX tokens_hash ON tokens (hash);
CREATE INDEX tokens_person ON tokens (person_id);

CREATE TABLE links (
    hash       BLOB NOT NULL PRIMARY KEY, -- SHA-256
    person_id  TEXT NOT NULL REFERENCES people (id),
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX links_person ON links (person_id);

CREATE TABLE sessions (
    token      TEXT NOT NULL PRIMARY KEY,
    data       BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE idempotency_keys (
    person_id  TEXT NOT NULL,
    key        TEXT NOT NULL,
    body_hash  BLOB NOT NULL,
    answer     BLOB, -- NULL while the request is under way
    begun_at   INTEGER NOT NULL,
    PRIMARY KEY (person_id, key)
) STRICT;
CREATE INDEX idempotency_keys_begun ON idempotency_keys (begun_at);

-- No reference to devices: what a device says is kept as it was said, and a device is never deleted.
CREATE TABLE device_states (
    device_id        TEXT NOT NULL PRIMARY KEY,
    session          INTEGER NOT NULL,
    state            TEXT NOT NULL, -- empty while only samples have come
    since            INTEGER,
    source           TEXT NOT NULL,
    agent            TEXT NOT NULL,
    received_at      INTEGER,
    last_sample_at   INTEGER,
    sample_conflicts INTEGER NOT NULL
) STRICT;

CREATE TABLE dead_letters (
    id          TEXT NOT NULL PRIMARY KEY,
    device_id   TEXT NOT NULL,
    topic       TEXT NOT NULL,
    payload     BLOB NOT NULL,
    code        TEXT NOT NULL,
    received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX dead_letters_received ON dead_letters (received_at);

-- seen and used are 1,440 bits, minute 0 first, the highest bit of a byte first.
CREATE TABLE ledger_days (
    station_id TEXT NOT NULL,
    day        INTEGER NOT NULL, -- since 1970-01-01, UTC
    seen       BLOB NOT NULL CHECK (length(seen) = 180),
    used       BLOB NOT NULL CHECK (length(used) = 180),
    PRIMARY KEY (station_id, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_days_day ON ledger_days (day);

CREATE TABLE ledger_versions (
    day     INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT;
