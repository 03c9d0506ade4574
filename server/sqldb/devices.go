package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

const deviceColumns = "id, name, secret_hash, enrolled_at, disabled_at, created_at, version"

func scanDevice(row scanner) (d equipment.Device, err error) {
	var enrolled, disabled, created sql.NullInt64
	err = row.Scan(&d.ID, &d.Name, &d.SecretHash, &enrolled, &disabled, &created, &d.Version)
	d.EnrolledAt, d.DisabledAt, d.CreatedAt = instant(enrolled), instant(disabled), instant(created)
	return d, err
}

// Devices lists all devices by id.
func (e *Equipment) Devices(ctx context.Context) ([]equipment.Device, error) {
	out, err := list(e.db.direct(ctx), scanDevice, "SELECT "+deviceColumns+" FROM devices ORDER BY id")
	return out, translate(err)
}

// DeviceByID reads one device.
func (e *Equipment) DeviceByID(ctx context.Context, id string) (equipment.Device, error) {
	d, err := e.db.direct(ctx).device(id)
	return d, translate(err)
}

func (t *tx) device(id string) (equipment.Device, error) {
	if !keyable(id) {
		return equipment.Device{}, unknown("device", id)
	}
	d, err := scanDevice(t.row("SELECT "+deviceColumns+" FROM devices WHERE id = $1", id))
	return d, found(err, unknown("device", id))
}

// PutDevice inserts or replaces a device.
func (e *Equipment) PutDevice(ctx context.Context, d equipment.Device) (equipment.Device, error) {
	if d.CreatedAt.IsZero() {
		d.CreatedAt = time.Now().UTC().Truncate(time.Second)
	}
	err := e.db.write(ctx, func(t *tx) error {
		id, version, err := t.put(row{table: "devices", thing: "device", id: d.ID, version: d.Version, fields: []field{
			{"name", d.Name}, {"secret_hash", orNil(d.SecretHash)}, {"enrolled_at", unix(d.EnrolledAt)}, {"disabled_at", unix(d.DisabledAt)},
		}, fixed: []field{{"created_at", unix(d.CreatedAt)}}})
		if err != nil {
			return taken(err, codeTaken(d.ID).On("/id"))
		}
		d.ID, d.Version = id, version
		return nil
	})
	return d, err
}

// orNil stores empty bytes as NULL.
func orNil(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}

// InsertEnrollment adds a one-time code for a device.
func (e *Equipment) InsertEnrollment(ctx context.Context, n equipment.Enrollment) (equipment.Enrollment, error) {
	if n.ID == "" {
		n.ID = NewID()
	}
	err := e.db.write(ctx, func(t *tx) error {
		if _, err := t.device(n.DeviceID); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO enrollments (id, code_hash, device_id, created_by, created_at, expires_at, claimed_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			n.ID, n.CodeHash, n.DeviceID, n.CreatedBy, n.CreatedAt.Unix(), n.ExpiresAt.Unix(), unix(n.ClaimedAt))
		return taken(err, fault.Conflict("code_taken", "this code is in use; make another one"))
	})
	return n, err
}

// Claim trades a code for the device, which has the new secret from then on. Of two at once, one gets it. The device starts
// over: a clock that once ran ahead must not keep it from saying what it does. One that is disabled gets nothing.
func (e *Equipment) Claim(ctx context.Context, codeHash, secretHash []byte, now time.Time) (d equipment.Device, err error) {
	refused := fault.NotFound("enrollment_code_unknown", "this code is unknown, used or too old, or its device is disabled; ask for a new one")
	err = e.db.write(ctx, func(t *tx) error {
		var deviceID string
		err := t.row(`UPDATE enrollments SET claimed_at = $2 WHERE code_hash = $1 AND claimed_at IS NULL AND expires_at > $2
			RETURNING device_id`, codeHash, now.Unix()).Scan(&deviceID)
		if err != nil {
			return found(err, refused)
		}
		d, err = scanDevice(t.row("UPDATE devices SET secret_hash = $2, enrolled_at = $3, version = version + 1 WHERE id = $1 AND disabled_at IS NULL RETURNING "+deviceColumns,
			deviceID, secretHash, now.Unix()))
		if err != nil {
			return found(err, refused)
		}
		_, err = t.exec("UPDATE device_states SET session = 0 WHERE device_id = $1", deviceID)
		return err
	})
	return d, err
}

const placementColumns = "id, device_id, station_id, from_at, until_at"

func scanPlacement(row scanner) (p equipment.Placement, err error) {
	var from, until sql.NullInt64
	err = row.Scan(&p.ID, &p.DeviceID, &p.StationID, &from, &until)
	p.From, p.Until = instant(from), instant(until)
	return p, err
}

// Placements gives those that overlap [from, until), by device and From.
func (e *Equipment) Placements(ctx context.Context, from, until time.Time) ([]equipment.Placement, error) {
	out, err := list(e.db.direct(ctx), scanPlacement, "SELECT "+placementColumns+` FROM placements
		WHERE from_at < $2 AND (until_at IS NULL OR until_at > $1) ORDER BY device_id, from_at`, from.Unix(), endOf(until))
	return out, translate(err)
}

// endOf is an end for comparisons: the zero time is after all others.
func endOf(until time.Time) int64 {
	if until.IsZero() {
		return 1 << 62
	}
	return until.Unix()
}

// Place ends the device's placement and starts the next one. It gives the new placement, or the one that ended when there
// is no new one. A device that stands there already stays as it is.
func (e *Equipment) Place(ctx context.Context, deviceID, stationID string, at time.Time) (p equipment.Placement, err error) {
	at = at.UTC().Truncate(time.Second)
	err = e.db.write(ctx, func(t *tx) error {
		next := equipment.Placement{DeviceID: deviceID, From: at}
		if stationID != "" {
			if next.StationID, err = t.resolve("stations", "station", stationID); err != nil {
				return err
			}
		}
		ended, err := t.endPlacement(deviceID, next.StationID, at)
		if err != nil {
			return err
		}
		if stationID == "" || (ended.ID != "" && ended.Until.IsZero()) {
			p = ended
			return nil
		}
		p, err = t.insertPlacement(next)
		return err
	})
	return p, err
}

// endPlacement ends where the device stands, unless it is to stay at that station. One that would have no length is removed.
func (t *tx) endPlacement(deviceID, nextStation string, at time.Time) (equipment.Placement, error) {
	if _, err := t.device(deviceID); err != nil {
		return equipment.Placement{}, err
	}
	// The device's row is locked against a second mover of the same device.
	if err := t.row("SELECT id FROM devices WHERE id = $1"+t.dialect.forUpdate, deviceID).Scan(new(string)); err != nil {
		return equipment.Placement{}, err
	}
	open, err := scanPlacement(t.row("SELECT "+placementColumns+" FROM placements WHERE device_id = $1 AND until_at IS NULL", deviceID))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return equipment.Placement{}, nil
	case err != nil:
		return equipment.Placement{}, err
	case at.Before(open.From):
		return equipment.Placement{}, fault.Invalid("ends_before_start",
			"the device stands where it is only since %s; choose a later instant", open.From.Format(time.RFC3339))
	case open.StationID == nextStation:
		return open, nil
	case at.Equal(open.From):
		_, err = t.exec("DELETE FROM placements WHERE id = $1", open.ID)
	default:
		_, err = t.exec("UPDATE placements SET until_at = $2 WHERE id = $1", open.ID, at.Unix())
	}
	open.Until = at
	return open, err
}

// InsertPlacement adds history.
func (e *Equipment) InsertPlacement(ctx context.Context, p equipment.Placement) (equipment.Placement, error) {
	err := e.db.write(ctx, func(t *tx) (err error) {
		next := p
		if next.StationID, err = t.resolve("stations", "station", p.StationID); err != nil {
			return err
		}
		if _, err = t.device(p.DeviceID); err != nil {
			return err
		}
		if !p.Until.IsZero() && !p.From.Before(p.Until) {
			return fault.Invalid("ends_before_start", "a placement ends after it starts")
		}
		next, err = t.insertPlacement(next)
		if err == nil {
			p = next
		}
		return err
	})
	return p, err
}

func (t *tx) insertPlacement(p equipment.Placement) (equipment.Placement, error) {
	if p.ID == "" {
		p.ID = NewID()
	}
	_, err := t.exec("INSERT INTO placements ("+placementColumns+") VALUES ($1, $2, $3, $4, $5)",
		p.ID, p.DeviceID, p.StationID, p.From.Unix(), unix(p.Until))
	if kind, _ := violated(err); kind == overlap {
		return p, fault.Conflict("placement_overlaps", "the device stood somewhere else at that time").Because(err)
	}
	return p, err
}
