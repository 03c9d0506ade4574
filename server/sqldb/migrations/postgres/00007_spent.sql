-- What somebody has spent of a quota is added up by an index alone, and whoever sits somewhere is found by the time of it.

-- +goose Up
DROP INDEX bookings_person;
DROP INDEX bookings_programme;
DROP INDEX bookings_team;
CREATE INDEX bookings_person ON bookings (person_id, occupied_until, starts_at);
-- The condition keeps PostgreSQL from using these for anything else, and SQLite wants its columns to do without the table.
CREATE INDEX bookings_spent_person ON bookings (person_id, charged_until, starts_at, station_id, purpose, status, party_id)
    WHERE purpose <> 'class' AND party_id = '' AND status <> 'held';
CREATE INDEX bookings_spent_programme ON bookings (programme, charged_until, starts_at, station_id, purpose, status, party_id)
    WHERE programme <> '' AND purpose <> 'class' AND party_id = '' AND status <> 'held';
CREATE INDEX bookings_spent_team ON bookings (team_id, charged_until, starts_at, station_id, purpose, status, party_id)
    WHERE team_id <> '' AND purpose <> 'class' AND party_id = '' AND status <> 'held';
-- What counts one by one: seats of a party, and offers.
CREATE INDEX bookings_apart_person ON bookings (person_id, charged_until)
    WHERE purpose <> 'class' AND (party_id <> '' OR status = 'held');
CREATE INDEX bookings_apart_programme ON bookings (programme, charged_until)
    WHERE programme <> '' AND purpose <> 'class' AND (party_id <> '' OR status = 'held');
CREATE INDEX bookings_apart_team ON bookings (team_id, charged_until)
    WHERE team_id <> '' AND purpose <> 'class' AND (party_id <> '' OR status = 'held');
