-- What all servers on this database know and nobody else: the keys of printed labels are made with it.

-- +goose Up
CREATE TABLE server_secrets (
    name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);
