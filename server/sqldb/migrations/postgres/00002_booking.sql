-- Bookings and what decides about them. Active ones (not cancelled) never overlap on a station, whatever the code does.

-- +goose Up
CREATE TABLE bookings (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    station_id  TEXT COLLATE "C" NOT NULL REFERENCES stations (id),
    person_id   TEXT COLLATE "C" NOT NULL REFERENCES people (id),
    programme   TEXT NOT NULL,
    purpose     TEXT NOT NULL,
    starts_at   BIGINT NOT NULL,
    ends_at     BIGINT NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('confirmed', 'cancelled', 'ended')),
    planned_end BIGINT, -- what was promised, when it was given back early
    created_by  TEXT NOT NULL, -- empty: an import
    created_at  BIGINT NOT NULL,
    changed_at  BIGINT NOT NULL,
    version     BIGINT NOT NULL,
    CHECK (ends_at > starts_at),
    CONSTRAINT bookings_no_overlap EXCLUDE USING gist (station_id WITH =, int8range(starts_at, ends_at) WITH &&)
        WHERE (status <> 'cancelled')
);
-- Both instants in one index: who asks for a time of a station reads no row of another time.
CREATE INDEX bookings_station ON bookings (station_id, ends_at, starts_at);
CREATE INDEX bookings_person ON bookings (person_id, ends_at);
CREATE INDEX bookings_start ON bookings (starts_at, id);

-- One line for each version of a booking: who did what, and what stood afterwards.
CREATE TABLE booking_entries (
    booking_id TEXT COLLATE "C" NOT NULL,
    version    BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    person_id  TEXT NOT NULL, -- empty: an import
    act        TEXT NOT NULL,
    after      TEXT NOT NULL, -- JSON
    PRIMARY KEY (booking_id, version)
);

CREATE TABLE unmet_demands (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    person_id  TEXT NOT NULL,
    station_id TEXT, -- NULL: any of the kind
    kind_id    TEXT NOT NULL,
    starts_at  BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL,
    programme  TEXT NOT NULL,
    purpose    TEXT NOT NULL,
    codes      TEXT NOT NULL -- of the refusals, separated by a space
);
CREATE INDEX unmet_demands_at ON unmet_demands (at, id);

-- NULL leaves a limit to the next wider scope: station, kind, room, site, school.
CREATE TABLE booking_policies (
    scope                 TEXT COLLATE "C" NOT NULL CHECK (scope IN ('school', 'site', 'room', 'kind', 'station')),
    scope_id              TEXT COLLATE "C" NOT NULL, -- empty for the school
    grid_minutes          BIGINT CHECK (grid_minutes > 0 AND 1440 % grid_minutes = 0),
    shortest_minutes      BIGINT CHECK (shortest_minutes > 0),
    longest_minutes       BIGINT CHECK (longest_minutes > 0),
    horizon_days          BIGINT CHECK (horizon_days >= 0),
    notice_minutes        BIGINT CHECK (notice_minutes >= 0),
    class_longest_minutes BIGINT CHECK (class_longest_minutes > 0),
    class_horizon_days    BIGINT CHECK (class_horizon_days >= 0),
    many_stations         BOOLEAN,
    version               BIGINT NOT NULL,
    PRIMARY KEY (scope, scope_id)
);

-- The version of everything but bookings that decides about them. Each decision reads it in its own transaction, so what a
-- process keeps in memory is never older than what is stored.
CREATE TABLE booking_rules (
    id      BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL
);
INSERT INTO booking_rules (id, version) VALUES (1, 1);
-- +goose StatementBegin
CREATE FUNCTION booking_rules_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE booking_rules SET version = version + 1;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER sites_decide AFTER INSERT OR UPDATE OR DELETE ON sites FOR EACH STATEMENT EXECUTE FUNCTION booking_rules_changed();
CREATE TRIGGER kinds_decide AFTER INSERT OR UPDATE OR DELETE ON kinds FOR EACH STATEMENT EXECUTE FUNCTION booking_rules_changed();
CREATE TRIGGER stations_decide AFTER INSERT OR UPDATE OR DELETE ON stations FOR EACH STATEMENT EXECUTE FUNCTION booking_rules_changed();
CREATE TRIGGER opening_hours_decide AFTER INSERT OR UPDATE OR DELETE ON opening_hours FOR EACH STATEMENT EXECUTE FUNCTION booking_rules_changed();
CREATE TRIGGER opening_exceptions_decide AFTER INSERT OR UPDATE OR DELETE ON opening_exceptions FOR EACH STATEMENT EXECUTE FUNCTION booking_rules_changed();
CREATE TRIGGER outages_decide AFTER INSERT OR UPDATE OR DELETE ON outages FOR EACH STATEMENT EXECUTE FUNCTION booking_rules_changed();
CREATE TRIGGER booking_policies_decide AFTER INSERT OR UPDATE OR DELETE ON booking_policies FOR EACH STATEMENT EXECUTE FUNCTION booking_rules_changed();
