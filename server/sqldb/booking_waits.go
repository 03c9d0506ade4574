package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// The columns of booking_waits: those that never change, and all, the others behind them.
const (
	waitFixed   = "id, person_id, team_id, station_id, kind_id, room_id, from_at, until_at, wanted_minutes, shortest_minutes, programme, purpose, created_at, companions"
	waitChanges = "state, booking_id, reason, changed_at, version"
	waitColumns = waitFixed + ", " + waitChanges
)

func scanWait(row scanner) (w booking.Wait, err error) {
	var fromAt, untilAt, wanted, shortest, createdAt, changedAt int64
	err = row.Scan(&w.ID, &w.PersonID, &w.TeamID, &w.StationID, &w.KindID, &w.RoomID, &fromAt, &untilAt, &wanted, &shortest,
		&w.Programme, &w.Purpose, &createdAt, &w.Companions, &w.State, &w.BookingID, &w.Reason, &changedAt, &w.Version)
	w.FromAt, w.UntilAt, w.CreatedAt, w.ChangedAt = secondsUTC(fromAt), secondsUTC(untilAt), secondsUTC(createdAt), secondsUTC(changedAt)
	w.Wanted, w.Shortest = time.Duration(wanted)*time.Minute, time.Duration(shortest)*time.Minute
	return w, err
}

// waitReads reads the asked entries, by id or person, and those that wait for time of the asked stations. One may come twice.
func (b *Bookings) waitReads(d *decision) []statement {
	read := func(row scanner) error {
		w, err := scanWait(row)
		d.more.waits = append(d.more.waits, w)
		return err
	}
	var out []statement
	if len(d.ask.WaitIDs) > 0 {
		out = append(out, statement{
			text: "SELECT " + waitColumns + " FROM booking_waits WHERE " + b.db.dialect.among("id", 1),
			args: []any{b.db.dialect.list(distinct(d.ask.WaitIDs))}, read: read,
		})
	}
	if d.ask.OwnWaits {
		out = append(out, statement{
			text: "SELECT " + waitColumns + " FROM booking_waits WHERE " + b.db.dialect.among("person_id", 1) + " AND state IN ('waiting', 'offered')",
			args: []any{b.db.dialect.list(distinct(d.ask.PersonIDs))}, read: read,
		})
	}
	if d.ask.Waiting {
		stations, span := distinct(d.ask.StationIDs), d.ask.WaitingFor()
		which, arg := b.db.dialect.among("s.id", 1), b.db.dialect.list(stations)
		if len(stations) == 1 {
			which, arg = "s.id = $1", stations[0]
		}
		out = append(out, statement{
			// A limit that is a parameter makes SQLite compile the text each time.
			text: "SELECT " + waitColumns + ` FROM booking_waits w WHERE state = 'waiting' AND until_at > $2 AND from_at < $3
				AND EXISTS (SELECT 1 FROM stations s WHERE ` + which + `
					AND (w.station_id = s.id OR w.kind_id = s.kind_id OR w.room_id = s.room_id))
				ORDER BY created_at, id LIMIT ` + strconv.Itoa(booking.MaxWaiting),
			args: []any{arg, span.From.Unix(), span.Until.Unix()}, read: read,
		})
	}
	return out
}

// waitWrites inserts new entries and replaces what may change of the others.
func (b *Bookings) waitWrites(waits []booking.Wait) []statement {
	var out []statement
	for _, w := range waits {
		changes := []any{string(w.State), w.BookingID, w.Reason, w.ChangedAt.Unix(), w.Version}
		if w.Version > 1 {
			out = append(out, statement{text: b.texts.updateWait, args: append([]any{w.ID}, changes...)})
			continue
		}
		out = append(out, statement{text: b.texts.insertWait, args: append([]any{
			w.ID, w.PersonID, w.TeamID, w.StationID, w.KindID, w.RoomID, w.FromAt.Unix(), w.UntilAt.Unix(),
			int64(w.Wanted / time.Minute), int64(w.Shortest / time.Minute), w.Programme, string(w.Purpose), w.CreatedAt.Unix(), w.Companions,
		}, changes...)})
	}
	return out
}

// WaitByID reads one entry of the waitlist.
func (b *Bookings) WaitByID(ctx context.Context, id string) (booking.Wait, error) {
	unknown := fault.NotFound("wait_unknown", "there is no waitlist entry %q", id)
	if !keyable(id) {
		return booking.Wait{}, unknown
	}
	w, err := scanWait(b.db.direct(ctx).row("SELECT "+waitColumns+" FROM booking_waits WHERE id = $1", id))
	if errors.Is(err, sql.ErrNoRows) {
		return booking.Wait{}, unknown
	}
	return w, translate(err)
}

// Waits gives entries of the waitlist in the order in which they came.
func (b *Bookings) Waits(ctx context.Context, f booking.WaitFilter) ([]booking.Wait, error) {
	var c conditions
	if !keyable(f.PersonID + f.After.ID) {
		return nil, nil
	}
	if f.PersonID != "" {
		c.add("person_id = $%d", f.PersonID)
	}
	switch {
	case slices.Equal(f.States, []booking.WaitState{booking.WaitWaiting}):
		c.texts = append(c.texts, "state = 'waiting'") // as its index says it
	case len(f.States) > 0:
		states := make([]string, len(f.States))
		for i, s := range f.States {
			states[i] = string(s)
		}
		c.values = append(c.values, b.db.dialect.list(states))
		c.texts = append(c.texts, b.db.dialect.among("state", len(c.values)))
	}
	if !f.OverAt.IsZero() {
		c.add("until_at - shortest_minutes * 60 < $%d", f.OverAt.Unix())
	}
	if f.After != (booking.WaitCursor{}) {
		c.add("created_at >= $%d", f.After.CreatedAt.Unix())
		at := len(c.values)
		c.values = append(c.values, f.After.ID)
		c.texts = append(c.texts, fmt.Sprintf("(created_at > $%d OR id > $%d)", at, at+1))
	}
	query := "SELECT " + waitColumns + " FROM booking_waits" + c.where() + " ORDER BY created_at, id"
	if f.Limit > 0 {
		c.values = append(c.values, f.Limit)
		query += fmt.Sprintf(" LIMIT $%d", len(c.values))
	}
	out, err := list(b.db.direct(ctx), scanWait, query, c.values...)
	return out, translate(err)
}
