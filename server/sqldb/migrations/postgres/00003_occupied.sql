-- What bookings occupied on days long past is kept in memory by reports; these numbers say whether it is still true.

-- +goose Up
CREATE TABLE occupied_versions (
    day     BIGINT NOT NULL PRIMARY KEY, -- since 1970-01-01, UTC
    version BIGINT NOT NULL
);

-- A day that has been over for a day gets a new version with each transaction that changes a booking which touches it;
-- younger ones get none, so nobody who books today waits for it. The row's xmin says that this transaction has raised
-- the version before: an import of many bookings writes each day once. Days go up, so that two never wait for each other.
-- +goose StatementBegin
CREATE FUNCTION bookings_occupied() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    first_at BIGINT;
    last_at  BIGINT;
BEGIN
    IF TG_OP = 'INSERT' THEN
        first_at := NEW.starts_at; last_at := NEW.ends_at;
    ELSIF TG_OP = 'DELETE' THEN
        first_at := OLD.starts_at; last_at := OLD.ends_at;
    ELSE
        first_at := least(OLD.starts_at, NEW.starts_at); last_at := greatest(OLD.ends_at, NEW.ends_at);
    END IF;
    INSERT INTO occupied_versions AS v (day, version)
    SELECT d, 1 FROM generate_series(first_at / 86400, least((last_at - 1) / 86400, floor(extract(epoch FROM now()) / 86400)::BIGINT - 2)) d
    ORDER BY d
    ON CONFLICT (day) DO UPDATE SET version = v.version + 1 WHERE v.xmin <> pg_current_xact_id()::xid;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER bookings_insert_occupied AFTER INSERT ON bookings FOR EACH ROW
    WHEN (NEW.starts_at < floor(extract(epoch FROM now()) / 86400) * 86400 - 86400) EXECUTE FUNCTION bookings_occupied();
CREATE TRIGGER bookings_update_occupied AFTER UPDATE OF station_id, programme, purpose, starts_at, ends_at, status ON bookings FOR EACH ROW
    WHEN (least(OLD.starts_at, NEW.starts_at) < floor(extract(epoch FROM now()) / 86400) * 86400 - 86400) EXECUTE FUNCTION bookings_occupied();
CREATE TRIGGER bookings_delete_occupied AFTER DELETE ON bookings FOR EACH ROW
    WHEN (OLD.starts_at < floor(extract(epoch FROM now()) / 86400) * 86400 - 86400) EXECUTE FUNCTION bookings_occupied();
