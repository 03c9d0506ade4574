-- Samples live in a file of their own: thousands of writes a minute and their retention never make a booking wait.

-- +goose Up
CREATE TABLE series (
    id     INTEGER PRIMARY KEY,
    device TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX series_device ON series (device);

-- minute counts since 1970-01-01. The last four columns of text repeat all day long and cost little.
CREATE TABLE samples (
    series         INTEGER NOT NULL REFERENCES series (id),
    minute         INTEGER NOT NULL,
    in_use_seconds INTEGER NOT NULL,
    idle_seconds   INTEGER NOT NULL,
    cpu_percent    REAL,
    memory_percent REAL,
    power_watts    REAL,
    source         TEXT NOT NULL,
    application    TEXT NOT NULL,
    metrics        TEXT, -- JSON, NULL for none
    site           TEXT NOT NULL,
    room           TEXT NOT NULL,
    station        TEXT NOT NULL,
    kind           TEXT NOT NULL,
    PRIMARY KEY (series, minute)
) STRICT, WITHOUT ROWID;
