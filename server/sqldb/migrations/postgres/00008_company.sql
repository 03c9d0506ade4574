-- Whoever comes along is as busy as whoever books: bookings with company are found by their time, too. The equation in front
-- is true of all of them; planners know what one is worth before they know the table.

-- +goose Up
CREATE INDEX bookings_company ON bookings ((CASE companions WHEN '' THEN 0 ELSE 1 END), occupied_until, starts_at)
    WHERE companions <> '' AND status <> 'cancelled';
