-- Planners ask for unmet demand by the time that was wanted, not by when somebody asked, and how many stations it was.

-- +goose Up
ALTER TABLE unmet_demands ADD COLUMN seats INTEGER NOT NULL DEFAULT 1;
CREATE INDEX unmet_demands_wanted ON unmet_demands (starts_at, id);

-- +goose Down
DROP INDEX unmet_demands_wanted;
ALTER TABLE unmet_demands DROP COLUMN seats;
