-- Whose booking, and at which station, a line of the history is about: the audit asks for them. Requests, open appeals and what
-- was done at a station or to somebody are few among many, and are found by indexes of their own.

-- +goose Up
ALTER TABLE booking_entries ADD COLUMN station_id TEXT NOT NULL DEFAULT '';
ALTER TABLE booking_entries ADD COLUMN whom TEXT NOT NULL DEFAULT ''; -- person: whose booking it is
UPDATE booking_entries SET station_id = COALESCE(json_extract(after, '$.station'), ''), whom = COALESCE(json_extract(after, '$.person'), '');
CREATE INDEX booking_entries_station ON booking_entries (station_id, at, booking_id, version);
CREATE INDEX booking_entries_whom ON booking_entries (whom, at, booking_id, version);
CREATE INDEX deeds_station ON deeds (station_id, at, source, subject_id, version);
CREATE INDEX deeds_whom ON deeds (whom, at, source, subject_id, version);
CREATE INDEX bookings_requested ON bookings (starts_at, id) WHERE status = 'requested';
CREATE INDEX booking_strikes_open ON booking_strikes (at, id) WHERE state = 'standing' AND appealed_at IS NOT NULL AND decided_at IS NULL;
