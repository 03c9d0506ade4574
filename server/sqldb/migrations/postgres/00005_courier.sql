-- What is on its way to people, devices and programs.

-- +goose Up
CREATE TABLE deliveries (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    effect_id  TEXT COLLATE "C" NOT NULL REFERENCES effects (id) ON DELETE CASCADE,
    channel    TEXT NOT NULL,
    target_id  TEXT COLLATE "C" NOT NULL,
    lane       TEXT COLLATE "C" NOT NULL, -- of one lane one is tried at a time
    created_at BIGINT NOT NULL,
    due_at     BIGINT NOT NULL, -- of the next attempt; while one is under way, when it counts as lost
    give_up_at BIGINT NOT NULL,
    attempts   BIGINT NOT NULL,
    outcome    TEXT NOT NULL, -- empty: none yet
    ended_at   BIGINT,
    error      TEXT NOT NULL,
    UNIQUE (effect_id, channel, target_id)
);
CREATE INDEX deliveries_due ON deliveries (due_at, id) WHERE outcome = '';
CREATE INDEX deliveries_dead ON deliveries (channel, ended_at) WHERE outcome = 'dead';
CREATE INDEX deliveries_made ON deliveries (created_at, id);
CREATE INDEX deliveries_target ON deliveries (target_id, created_at);

ALTER TABLE calendar_feeds ADD COLUMN name TEXT NOT NULL DEFAULT '';
