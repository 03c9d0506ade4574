-- Company also of those who wait; and of a party, whose people are there for each other.

-- +goose Up
ALTER TABLE booking_waits ADD COLUMN companions TEXT NOT NULL DEFAULT ''; -- ids of people, separated by a space
ALTER TABLE bookings ADD COLUMN beside INTEGER NOT NULL DEFAULT 0; -- how many more people its party has in the same room
