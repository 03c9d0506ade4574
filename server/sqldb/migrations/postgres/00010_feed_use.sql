-- When a calendar program last came for a link: whose link nobody uses any more can be revoked without a second thought.

-- +goose Up
ALTER TABLE calendar_feeds ADD COLUMN last_used_at BIGINT;

-- +goose Down
ALTER TABLE calendar_feeds DROP COLUMN last_used_at;
