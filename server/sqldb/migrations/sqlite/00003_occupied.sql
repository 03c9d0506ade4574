-- What bookings occupied on days long past is kept in memory by reports; these numbers say whether it is still true.

-- +goose Up
CREATE TABLE occupied_versions (
    day     INTEGER NOT NULL PRIMARY KEY, -- since 1970-01-01, UTC
    version INTEGER NOT NULL
) STRICT;

-- A day that has been over for a day gets a new version with each change to a booking that touches it; younger ones
-- get none, so nobody who books today waits for it. json_each over an array of as many zeros counts the days.
-- +goose StatementBegin
CREATE TRIGGER bookings_insert_occupied AFTER INSERT ON bookings
WHEN NEW.starts_at < unixepoch() / 86400 * 86400 - 86400
BEGIN
    INSERT INTO occupied_versions (day, version)
    SELECT NEW.starts_at / 86400 + d.key, 1
    FROM json_each('[' || rtrim(replace(hex(zeroblob(
        min((NEW.ends_at - 1) / 86400, unixepoch() / 86400 - 2) - NEW.starts_at / 86400 + 1)), '00', '0,'), ',') || ']') d
    WHERE true
    ON CONFLICT (day) DO UPDATE SET version = version + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER bookings_update_occupied AFTER UPDATE OF station_id, programme, purpose, starts_at, ends_at, status ON bookings
WHEN min(OLD.starts_at, NEW.starts_at) < unixepoch() / 86400 * 86400 - 86400
BEGIN
    INSERT INTO occupied_versions (day, version)
    SELECT min(OLD.starts_at, NEW.starts_at) / 86400 + d.key, 1
    FROM json_each('[' || rtrim(replace(hex(zeroblob(
        min((max(OLD.ends_at, NEW.ends_at) - 1) / 86400, unixepoch() / 86400 - 2) - min(OLD.starts_at, NEW.starts_at) / 86400 + 1)),
        '00', '0,'), ',') || ']') d
    WHERE true
    ON CONFLICT (day) DO UPDATE SET version = version + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER bookings_delete_occupied AFTER DELETE ON bookings
WHEN OLD.starts_at < unixepoch() / 86400 * 86400 - 86400
BEGIN
    INSERT INTO occupied_versions (day, version)
    SELECT OLD.starts_at / 86400 + d.key, 1
    FROM json_each('[' || rtrim(replace(hex(zeroblob(
        min((OLD.ends_at - 1) / 86400, unixepoch() / 86400 - 2) - OLD.starts_at / 86400 + 1)), '00', '0,'), ',') || ']') d
    WHERE true
    ON CONFLICT (day) DO UPDATE SET version = version + 1;
END;
-- +goose StatementEnd
