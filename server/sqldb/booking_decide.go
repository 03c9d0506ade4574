package sqldb

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
)

// decision is one call of Decide.
type decision struct {
	caller
	ask    booking.Ask
	decide func(booking.View) (booking.Write, error)

	// What one try read and wants to write. later: it must see what another of the same transaction wrote, and comes after it.
	taken collection
	asked collection
	more  more
	write booking.Write
	later bool
}

// Decide lets the function decide on what stands, and makes durable what it wants. It cannot be part of Together.
func (b *Bookings) Decide(ctx context.Context, ask booking.Ask, decide func(booking.View) (booking.Write, error)) error {
	if b.db.joined(ctx) != nil {
		return errors.New("sqldb: a decision about bookings has its own transaction")
	}
	return b.queue.wait(&decision{caller: calling(ctx), ask: ask, decide: decide}, b.together)
}

// settle runs decisions one after another in one transaction: locks, reads, asks each, and writes. before travels with the
// reads; after makes what travels with the writes, and is nil when there is nothing more. It sets each decision's err.
func (b *Bookings) settle(send sender, before []statement, after func() []statement, all ...*decision) (*booking.Rules, error) {
	var version int64
	people := map[string]account.Person{}
	statements := slices.Clone(before)
	statements = append(statements, b.locks(all, people)...)
	statements = append(statements, rulesVersion(&version))
	for _, d := range all {
		d.taken, d.asked, d.more, d.write, d.later, d.err = collection{}, collection{}, more{}, booking.Write{}, false, nil
		if !d.ask.Until.IsZero() {
			statements = append(statements, b.db.takenQuery(d.ask, &d.taken))
		}
		statements = append(statements, b.askedQueries(d)...)
		statements = append(statements, b.moreReads(d)...)
	}
	statements = append(statements, b.askedByID(all)...)
	if err := send(statements...); err != nil {
		return nil, err
	}
	rules, err := b.current(send, version)
	if err != nil {
		return nil, err
	}
	written := map[string]booking.Booking{} // by the decisions before
	var stored []booking.Booking            // what they have replaced
	unseen := false                         // whether one of them replaced what nobody has read
	hidden := false                         // whether one of them wrote what view does not add
	alone := false                          // whether one of them changed the rules
	statements = nil
	for _, d := range all {
		if d.later = alone || (unseen && len(d.ask.Budgets) > 0) || d.mustWait(hidden, len(written) > 0); d.later {
			continue
		}
		d.write, d.err = d.judge(d.view(rules, people, stored, written))
		if d.err != nil {
			d.write = booking.Write{}
			continue
		}
		hidden = hidden || !d.write.Plain()
		alone = alone || (d.ask.Alone && !d.write.Plain())
		was := d.replaced()
		stored, unseen = append(stored, was...), unseen || len(was) < len(d.write.Update)
		statements = append(statements, b.writes(d.write, was, written)...)
	}
	statements = b.texts.effects.gather(b.texts.entries.gather(statements))
	if after != nil {
		statements = append(statements, after()...)
	}
	return rules, send(statements...)
}

// judge asks the rules. A panic in one is this decision's own: it has written nothing, and the others go on.
func (d *decision) judge(v booking.View) (w booking.Write, err error) {
	defer func() {
		if r := recover(); r != nil {
			w, err = booking.Write{}, panicked(r)
		}
	}()
	return d.decide(v)
}

// locks reads the people of all decisions and, on PostgreSQL, locks the stations and then the people, each in id order. The
// next decision about one of them waits here, and reads what this one has written.
func (b *Bookings) locks(all []*decision, people map[string]account.Person) []statement {
	var stations, persons []string
	for _, d := range all {
		stations = append(stations, d.ask.StationIDs...)
		persons = append(persons, d.ask.PersonIDs...)
	}
	var out []statement
	lock := ""
	if b.db.dialect.name == Postgres {
		lock = " FOR NO KEY UPDATE"
		out = append(out, statement{
			text: "SELECT id FROM stations WHERE " + b.db.dialect.among("id", 1) + " ORDER BY id" + lock,
			args: []any{b.db.dialect.list(distinct(stations))}, read: func(row scanner) error { var id string; return row.Scan(&id) },
		})
	}
	if len(persons) > 0 {
		out = append(out, peopleRead(b.db.dialect, persons, people, lock))
	}
	return append(out, b.budgetLocks(all)...)
}

// peopleRead reads people in the order of their ids; lock ends the text.
func peopleRead(d dialect, ids []string, into map[string]account.Person, lock string) statement {
	which, arg := d.among("id", 1), d.list(distinct(ids))
	if len(ids) == 1 {
		which, arg = "id = $1", any(ids[0])
	}
	return statement{
		text: "SELECT id, role, programme, unnamed, disabled_at FROM people WHERE " + which + " ORDER BY id" + lock, args: []any{arg},
		read: func(row scanner) error {
			var p account.Person
			var disabledAt sql.NullInt64
			err := row.Scan(&p.ID, &p.Role, &p.Programme, &p.Unnamed, &disabledAt)
			p.DisabledAt = instant(disabledAt)
			into[p.ID] = p
			return err
		},
	}
}

// view shows a decision what was read, as the decisions before have left it.
func (d *decision) view(rules *booking.Rules, people map[string]account.Person, stored []booking.Booking, written map[string]booking.Booking) booking.View {
	v := booking.View{Rules: rules, People: people, Bookings: map[string]booking.Booking{}, NewID: NewID}
	for _, found := range d.taken.sorted() {
		if _, changed := written[found.ID]; !changed {
			v.Taken = append(v.Taken, found)
		}
	}
	for _, w := range written {
		if d.ask.Concerns(w) {
			v.Taken = append(v.Taken, w)
		}
	}
	for _, found := range d.asked.rows {
		if w, changed := written[found.ID]; changed {
			found = w
		}
		v.Bookings[found.ID] = found
	}
	if len(d.ask.Budgets) > 0 {
		stored = slices.Concat(stored, d.taken.rows, d.asked.rows)
	}
	d.more.show(&v, d.ask, stored, written)
	return v
}

// replaced gives the bookings that the decision has changed, as they were read.
func (d *decision) replaced() []booking.Booking {
	var out []booking.Booking
	for _, now := range d.write.Update {
		was := func(b booking.Booking) bool { return b.ID == now.ID }
		if at := slices.IndexFunc(d.asked.rows, was); at >= 0 {
			out = append(out, d.asked.rows[at])
		} else if at := slices.IndexFunc(d.taken.rows, was); at >= 0 {
			out = append(out, d.taken.rows[at])
		}
	}
	return out
}

// mustWait reports whether the decision rests on something that those before it in the transaction may have changed unseen.
func (d *decision) mustWait(hidden, anyWritten bool) bool {
	if d.ask.Alone || len(d.ask.PartyIDs)+len(d.ask.SeriesIDs) > 0 {
		return hidden || anyWritten
	}
	return hidden && !d.ask.Plain()
}

// askedByID reads the bookings that decisions ask for by id, in one query for all.
func (b *Bookings) askedByID(all []*decision) []statement {
	var ids []string
	for _, d := range all {
		ids = append(ids, d.ask.BookingIDs...)
	}
	if len(ids) == 0 {
		return nil
	}
	return []statement{b.db.bookingsByID(ids, func(found booking.Booking) {
		for _, d := range all {
			if slices.Contains(d.ask.BookingIDs, found.ID) {
				d.asked.rows = append(d.asked.rows, found)
			}
		}
	})}
}

// bookingsByID reads those that exist.
func (db *DB) bookingsByID(ids []string, found func(booking.Booking)) statement {
	which, arg := db.dialect.among("id", 1), db.dialect.list(distinct(ids))
	if len(ids) == 1 {
		which, arg = "id = $1", any(ids[0])
	}
	return statement{text: "SELECT " + bookingColumns + " FROM bookings WHERE " + which, args: []any{arg}, read: func(row scanner) error {
		b, err := scanBooking(row)
		found(b)
		return err
	}}
}

// askedQueries reads the bookings that are asked for by party or series.
func (b *Bookings) askedQueries(d *decision) []statement {
	var out []statement
	for _, by := range []struct {
		column string
		values []string
	}{{"party_id", d.ask.PartyIDs}, {"series_id", d.ask.SeriesIDs}} {
		if values := distinct(by.values); len(values) > 0 {
			out = append(out, statement{
				text: "SELECT " + bookingColumns + " FROM bookings WHERE " + b.db.dialect.among(by.column, 1) + " AND " + by.column + " <> ''",
				args: []any{b.db.dialect.list(values)}, read: d.asked.add,
			})
		}
	}
	return out
}

// touched gives the stations that a decision changes: of a booking that moves, both.
func (d *decision) touched() []string {
	var out []string
	for _, made := range d.write.Insert {
		out = append(out, made.StationID)
	}
	for _, now := range d.write.Update {
		out = append(out, now.StationID)
		for _, before := range d.asked.rows {
			if before.ID == now.ID {
				out = append(out, before.StationID)
			}
		}
	}
	return distinct(out)
}

// writes turns a decision into statements. was are the bookings that it changes as they are stored, written what decisions
// before it make of them; what this one makes is added.
func (b *Bookings) writes(w booking.Write, was []booking.Booking, written map[string]booking.Booking) []statement {
	var out []statement
	for _, changed := range w.Update {
		stands, known := written[changed.ID]
		if at := slices.IndexFunc(was, func(b booking.Booking) bool { return b.ID == changed.ID }); !known && at >= 0 {
			stands, known = was[at], true
		}
		out = append(out, update(stands, changed, known))
		written[changed.ID] = changed
	}
	for _, made := range w.Insert {
		written[made.ID] = made
		out = append(out, statement{text: b.texts.insertBooking, args: bookingValues(made)})
	}
	for _, u := range w.Unmet {
		out = append(out, statement{
			text: `INSERT INTO unmet_demands (id, at, person_id, station_id, kind_id, starts_at, ends_at, programme, purpose, codes, seats)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			args: []any{
				NewID(), u.At.Unix(), u.PersonID, orNull(u.StationID), u.KindID, u.StartsAt.Unix(), u.EndsAt.Unix(), u.Programme,
				string(u.Purpose), strings.Join(u.Codes, " "), max(1, u.Seats),
			},
		})
	}
	for _, e := range w.Trail {
		out = append(out, b.texts.entries.one(entryValues(e)))
	}
	return append(out, b.moreWrites(w)...)
}

// The columns of booking_entries that are read, and those that are written: the others only find a line.
const (
	entryColumns = "booking_id, version, at, person_id, act, reason, after"
	entryInsert  = entryColumns + ", station_id, whom"
)

func entryValues(e booking.Entry) []any {
	after, _ := json.Marshal(standing(e.After)) // texts and numbers: it cannot fail
	return []any{e.BookingID, e.After.Version, e.At.Unix(), e.PersonID, string(e.Act), e.Reason, string(after), e.After.StationID, e.After.PersonID}
}
