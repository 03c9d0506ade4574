-- Whoever is named as company may leave, or not be named at all; who says "still working" is believed once.

-- +goose Up
ALTER TABLE bookings ADD COLUMN kept_at INTEGER; -- when somebody said so themselves, and no device has since
ALTER TABLE bookings ADD COLUMN short_at INTEGER; -- when somebody who was to come along left, so that too few stay
ALTER TABLE people ADD COLUMN unnamed INTEGER NOT NULL DEFAULT 0 CHECK (unnamed IN (0, 1)); -- nobody may name them as company
