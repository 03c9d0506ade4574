-- Samples live in a file of their own: thousands of writes a minute and their retention never make a booking wait.

-- +goose Up
CREATE TABLE series (
    id     INTEGER PRIMARY KEY,
    device TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX series_device ON series (device);

-- What a device says and where it stood repeats for days: the samples refer to it.
CREATE TABLE origins (
    id          INTEGER PRIMARY KEY,
    source      TEXT NOT NULL,
    application TEXT NOT NULL,
    site        TEXT NOT NULL,
    room        TEXT NOT NULL,
    station     TEXT NOT NULL,
    kind        TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX origins_texts ON origins (source, application, site, room, station, kind);

-- No foreign keys: they would be looked up at each write, and nothing ever deletes a series or an origin.
CREATE TABLE samples (
    series         INTEGER NOT NULL,
    minute         INTEGER NOT NULL, -- since 1970-01-01, UTC
    origin         INTEGER NOT NULL,
    in_use_seconds INTEGER NOT NULL,
    idle_seconds   INTEGER NOT NULL,
    cpu_percent    REAL,
    memory_percent REAL,
    power_watts    REAL,
    metrics        TEXT, -- JSON, NULL for none
    PRIMARY KEY (series, minute)
) STRICT, WITHOUT ROWID;
