-- What is on its way to people, devices and programs.

-- +goose Up
CREATE TABLE deliveries (
    id         TEXT NOT NULL PRIMARY KEY,
    effect_id  TEXT NOT NULL REFERENCES effects (id) ON DELETE CASCADE,
    channel    TEXT NOT NULL,
    target_id  TEXT NOT NULL,
    lane       TEXT NOT NULL, -- of one lane one is tried at a time
    created_at INTEGER NOT NULL,
    due_at     INTEGER NOT NULL, -- of the next attempt; while one is under way, when it counts as lost
    give_up_at INTEGER NOT NULL,
    attempts   INTEGER NOT NULL,
    outcome    TEXT NOT NULL, -- empty: none yet
    ended_at   INTEGER,
    error      TEXT NOT NULL,
    UNIQUE (effect_id, channel, target_id)
) STRICT;
CREATE INDEX deliveries_due ON deliveries (due_at, id) WHERE outcome = '';
CREATE INDEX deliveries_dead ON deliveries (channel, ended_at) WHERE outcome = 'dead';
CREATE INDEX deliveries_made ON deliveries (created_at, id);
CREATE INDEX deliveries_target ON deliveries (target_id, created_at);

ALTER TABLE calendar_feeds ADD COLUMN name TEXT NOT NULL DEFAULT '';
