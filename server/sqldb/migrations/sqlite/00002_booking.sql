-- Bookings and what decides about them. Active ones (not cancelled) never overlap on a station, whatever the code does.

-- +goose Up
CREATE TABLE bookings (
    id          TEXT NOT NULL PRIMARY KEY,
    station_id  TEXT NOT NULL REFERENCES stations (id),
    person_id   TEXT NOT NULL REFERENCES people (id),
    programme   TEXT NOT NULL,
    purpose     TEXT NOT NULL,
    starts_at   INTEGER NOT NULL,
    ends_at     INTEGER NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('confirmed', 'cancelled', 'ended')),
    planned_end INTEGER, -- what was promised, when it was given back early
    created_by  TEXT NOT NULL, -- empty: an import
    created_at  INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    CHECK (ends_at > starts_at)
) STRICT;
-- Both instants in one index: who asks for a time of a station reads no row of another time.
CREATE INDEX bookings_station ON bookings (station_id, ends_at, starts_at);
CREATE INDEX bookings_person ON bookings (person_id, ends_at);
CREATE INDEX bookings_start ON bookings (starts_at, id);

-- What EXCLUDE does in PostgreSQL; the single writer makes it safe.
-- +goose StatementBegin
CREATE TRIGGER bookings_insert BEFORE INSERT ON bookings
WHEN NEW.status <> 'cancelled' AND EXISTS (SELECT 1 FROM bookings b WHERE b.station_id = NEW.station_id AND b.status <> 'cancelled'
    AND b.starts_at < NEW.ends_at AND b.ends_at > NEW.starts_at)
BEGIN SELECT RAISE(ABORT, 'bookings_no_overlap'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER bookings_update BEFORE UPDATE OF station_id, starts_at, ends_at, status ON bookings
WHEN NEW.status <> 'cancelled' AND EXISTS (SELECT 1 FROM bookings b WHERE b.station_id = NEW.station_id AND b.id <> OLD.id AND b.status <> 'cancelled'
    AND b.starts_at < NEW.ends_at AND b.ends_at > NEW.starts_at)
BEGIN SELECT RAISE(ABORT, 'bookings_no_overlap'); END;
-- +goose StatementEnd

-- One line for each version of a booking: who did what, and what stood afterwards.
CREATE TABLE booking_entries (
    booking_id TEXT NOT NULL,
    version    INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    person_id  TEXT NOT NULL, -- empty: an import
    act        TEXT NOT NULL,
    after      TEXT NOT NULL, -- JSON
    PRIMARY KEY (booking_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE unmet_demands (
    id         TEXT NOT NULL PRIMARY KEY,
    at         INTEGER NOT NULL,
    person_id  TEXT NOT NULL,
    station_id TEXT, -- NULL: any of the kind
    kind_id    TEXT NOT NULL,
    starts_at  INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL,
    programme  TEXT NOT NULL,
    purpose    TEXT NOT NULL,
    codes      TEXT NOT NULL -- of the refusals, separated by a space
) STRICT;
CREATE INDEX unmet_demands_at ON unmet_demands (at, id);

-- NULL leaves a limit to the next wider scope: station, kind, room, site, school.
CREATE TABLE booking_policies (
    scope                 TEXT NOT NULL CHECK (scope IN ('school', 'site', 'room', 'kind', 'station')),
    scope_id              TEXT NOT NULL, -- empty for the school
    grid_minutes          INTEGER CHECK (grid_minutes > 0 AND 1440 % grid_minutes = 0),
    shortest_minutes      INTEGER CHECK (shortest_minutes > 0),
    longest_minutes       INTEGER CHECK (longest_minutes > 0),
    horizon_days          INTEGER CHECK (horizon_days >= 0),
    notice_minutes        INTEGER CHECK (notice_minutes >= 0),
    class_longest_minutes INTEGER CHECK (class_longest_minutes > 0),
    class_horizon_days    INTEGER CHECK (class_horizon_days >= 0),
    many_stations         INTEGER CHECK (many_stations IN (0, 1)),
    version               INTEGER NOT NULL,
    PRIMARY KEY (scope, scope_id)
) STRICT, WITHOUT ROWID;

-- The version of everything but bookings that decides about them. Each decision reads it in its own transaction, so what a
-- process keeps in memory is never older than what is stored.
CREATE TABLE booking_rules (
    id      INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO booking_rules (id, version) VALUES (1, 1);
-- +goose StatementBegin
CREATE TRIGGER sites_decide_insert AFTER INSERT ON sites BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER sites_decide_update AFTER UPDATE ON sites BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER sites_decide_delete AFTER DELETE ON sites BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER kinds_decide_insert AFTER INSERT ON kinds BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER kinds_decide_update AFTER UPDATE ON kinds BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER kinds_decide_delete AFTER DELETE ON kinds BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER stations_decide_insert AFTER INSERT ON stations BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER stations_decide_update AFTER UPDATE ON stations BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER stations_decide_delete AFTER DELETE ON stations BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER opening_hours_decide_insert AFTER INSERT ON opening_hours BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER opening_hours_decide_update AFTER UPDATE ON opening_hours BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER opening_hours_decide_delete AFTER DELETE ON opening_hours BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER opening_exceptions_decide_insert AFTER INSERT ON opening_exceptions BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER opening_exceptions_decide_update AFTER UPDATE ON opening_exceptions BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER opening_exceptions_decide_delete AFTER DELETE ON opening_exceptions BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER outages_decide_insert AFTER INSERT ON outages BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER outages_decide_update AFTER UPDATE ON outages BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER outages_decide_delete AFTER DELETE ON outages BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER booking_policies_decide_insert AFTER INSERT ON booking_policies BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER booking_policies_decide_update AFTER UPDATE ON booking_policies BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER booking_policies_decide_delete AFTER DELETE ON booking_policies BEGIN UPDATE booking_rules SET version = version + 1; END;
-- +goose StatementEnd
