-- Whoever is named as company may leave, or not be named at all; who says "still working" is believed once.

-- +goose Up
ALTER TABLE bookings ADD COLUMN kept_at BIGINT; -- when somebody said so themselves, and no device has since
ALTER TABLE bookings ADD COLUMN short_at BIGINT; -- when somebody who was to come along left, so that too few stay
ALTER TABLE people ADD COLUMN unnamed BOOLEAN NOT NULL DEFAULT FALSE; -- nobody may name them as company
