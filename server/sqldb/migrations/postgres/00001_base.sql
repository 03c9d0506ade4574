-- Instants are unix seconds in UTC, NULL for none. Days of the calendar are texts, 2026-11-22, meant in the site's zone.
-- Texts that are keys or that lists are ordered by compare byte by byte, as in SQLite.

-- +goose Up
CREATE EXTENSION IF NOT EXISTS btree_gist; -- a trusted extension: the owner of the database may create it

CREATE TABLE sites (
    id        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    code      TEXT COLLATE "C" NOT NULL,
    name_en   TEXT NOT NULL,
    name_zh   TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    version   BIGINT NOT NULL
);
CREATE UNIQUE INDEX sites_code ON sites (code);

CREATE TABLE rooms (
    id      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    site_id TEXT COLLATE "C" NOT NULL REFERENCES sites (id),
    code    TEXT COLLATE "C" NOT NULL,
    name_en TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX rooms_site_code ON rooms (site_id, code);

CREATE TABLE kinds (
    id      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    code    TEXT COLLATE "C" NOT NULL,
    name_en TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX kinds_code ON kinds (code);

CREATE TABLE stations (
    id       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    site_id  TEXT COLLATE "C" NOT NULL REFERENCES sites (id),
    room_id  TEXT COLLATE "C" NOT NULL REFERENCES rooms (id),
    kind_id  TEXT COLLATE "C" NOT NULL REFERENCES kinds (id),
    code     TEXT COLLATE "C" NOT NULL,
    name_en  TEXT NOT NULL,
    name_zh  TEXT NOT NULL,
    bookable BOOLEAN NOT NULL,
    search   TEXT NOT NULL, -- code and names in lower case
    since    BIGINT, -- NULL: always
    version  BIGINT NOT NULL
);
CREATE UNIQUE INDEX stations_site_code ON stations (site_id, code);
CREATE INDEX stations_code ON stations (code, id);
CREATE INDEX stations_room ON stations (room_id);
CREATE INDEX stations_kind ON stations (kind_id);

CREATE TABLE devices (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL,
    secret_hash BYTEA, -- PBKDF2 ("$7$…"), as the broker takes it; NULL while nobody has enrolled
    enrolled_at BIGINT,
    disabled_at BIGINT,
    created_at  BIGINT NOT NULL,
    version     BIGINT NOT NULL
);

CREATE TABLE placements (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    device_id  TEXT COLLATE "C" NOT NULL REFERENCES devices (id),
    station_id TEXT COLLATE "C" NOT NULL REFERENCES stations (id),
    from_at    BIGINT NOT NULL,
    until_at   BIGINT, -- NULL while it stands there
    CHECK (until_at > from_at),
    CONSTRAINT placements_no_overlap EXCLUDE USING gist (device_id WITH =, int8range(from_at, until_at) WITH &&)
);
CREATE INDEX placements_device ON placements (device_id, from_at);
CREATE INDEX placements_station ON placements (station_id, from_at);

CREATE TABLE enrollments (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    code_hash  BYTEA NOT NULL, -- SHA-256
    device_id  TEXT COLLATE "C" NOT NULL REFERENCES devices (id),
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    claimed_at BIGINT
);
CREATE UNIQUE INDEX enrollments_code ON enrollments (code_hash);
CREATE INDEX enrollments_device ON enrollments (device_id);

CREATE TABLE opening_hours (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    site_id     TEXT COLLATE "C" NOT NULL REFERENCES sites (id),
    room_id     TEXT COLLATE "C" REFERENCES rooms (id), -- NULL: the whole site
    weekday     BIGINT NOT NULL CHECK (weekday BETWEEN 0 AND 6), -- Sunday is 0
    opens       BIGINT NOT NULL CHECK (opens >= 0), -- minutes after local midnight
    closes      BIGINT NOT NULL CHECK (closes > opens AND closes <= 1440),
    valid_from  TEXT COLLATE "C",
    valid_until TEXT COLLATE "C"
);
CREATE INDEX opening_hours_site ON opening_hours (site_id);
CREATE INDEX opening_hours_room ON opening_hours (room_id);

CREATE TABLE opening_exceptions (
    id      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    site_id TEXT COLLATE "C" NOT NULL REFERENCES sites (id),
    room_id TEXT COLLATE "C" REFERENCES rooms (id), -- NULL: the whole site
    day     TEXT COLLATE "C" NOT NULL,
    closed  BOOLEAN NOT NULL,
    opens   BIGINT NOT NULL CHECK (opens >= 0),
    closes  BIGINT NOT NULL CHECK (closes <= 1440),
    reason  TEXT NOT NULL,
    CHECK (closed OR closes > opens)
);
CREATE INDEX opening_exceptions_site ON opening_exceptions (site_id);
CREATE INDEX opening_exceptions_room ON opening_exceptions (room_id);

CREATE TABLE outages (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    station_id TEXT COLLATE "C" NOT NULL REFERENCES stations (id),
    starts_at  BIGINT NOT NULL,
    ends_at    BIGINT, -- NULL: until further notice
    reason     TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    CHECK (ends_at > starts_at)
);
CREATE INDEX outages_station ON outages (station_id, starts_at);
CREATE INDEX outages_start ON outages (starts_at);

CREATE TABLE people (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    login         TEXT NOT NULL,
    login_key     TEXT COLLATE "C" NOT NULL, -- the login in lower case
    name          TEXT NOT NULL,
    role          TEXT NOT NULL,
    programme     TEXT NOT NULL,
    language      TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    disabled_at   BIGINT,
    created_at    BIGINT NOT NULL,
    version       BIGINT NOT NULL
);
CREATE UNIQUE INDEX people_login ON people (login_key);

CREATE TABLE tokens (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    person_id    TEXT COLLATE "C" NOT NULL REFERENCES people (id),
    name         TEXT NOT NULL,
    hash         BYTEA NOT NULL, -- SHA-256
    scopes       TEXT NOT NULL, -- separated by a space
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT,
    expires_at   BIGINT
);
CREATE UNIQUE INDEX tokens_hash ON tokens (hash);
CREATE INDEX tokens_person ON tokens (person_id);

CREATE TABLE links (
    hash       BYTEA NOT NULL PRIMARY KEY, -- SHA-256
    person_id  TEXT COLLATE "C" NOT NULL REFERENCES people (id),
    expires_at BIGINT NOT NULL
);
CREATE INDEX links_person ON links (person_id);

CREATE TABLE sessions (
    token      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    data       BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE idempotency_keys (
    person_id  TEXT COLLATE "C" NOT NULL,
    key        TEXT COLLATE "C" NOT NULL,
    body_hash  BYTEA NOT NULL,
    answer     BYTEA, -- NULL while the request is under way
    begun_at   BIGINT NOT NULL,
    PRIMARY KEY (person_id, key)
);
CREATE INDEX idempotency_keys_begun ON idempotency_keys (begun_at);

-- No reference to devices: what a device says is kept as it was said, and a device is never deleted.
CREATE TABLE device_states (
    device_id        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    session          BIGINT NOT NULL,
    state            TEXT NOT NULL, -- empty while only samples have come
    since            BIGINT,
    source           TEXT NOT NULL,
    agent            TEXT NOT NULL,
    received_at      BIGINT,
    last_sample_at   BIGINT,
    sample_conflicts BIGINT NOT NULL
);

CREATE TABLE dead_letters (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    device_id   TEXT COLLATE "C" NOT NULL,
    topic       TEXT NOT NULL,
    payload     BYTEA NOT NULL,
    code        TEXT COLLATE "C" NOT NULL,
    received_at BIGINT NOT NULL
);
CREATE INDEX dead_letters_received ON dead_letters (received_at);

-- seen and used: minute 0 is the first bit.
CREATE TABLE ledger_days (
    station_id TEXT COLLATE "C" NOT NULL,
    day        BIGINT NOT NULL, -- since 1970-01-01, UTC
    seen       bit(1440) NOT NULL,
    used       bit(1440) NOT NULL,
    PRIMARY KEY (station_id, day)
);
CREATE INDEX ledger_days_day ON ledger_days (day);

CREATE TABLE ledger_versions (
    day     BIGINT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
);
