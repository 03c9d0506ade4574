package sqldb

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
)

// Bookings is a booking.Store. Make one per DB: it joins decisions that come together, and tells its listeners.
type Bookings struct {
	db      *DB
	rules   atomic.Pointer[booking.Rules] // as of its version, which every decision compares with the stored one
	queue   turns[*decision]
	lookups turns[*lookup] // PostgreSQL only
	hub     hub            // SQLite only: PostgreSQL notifies
	texts   bookingTexts
}

// bookingTexts are SQL texts that are put together once.
type bookingTexts struct {
	insertBooking, insertWait, updateWait string
	entries, effects                      manyRows
}

// NewBookings makes the store. It starts nothing.
func NewBookings(db *DB) *Bookings {
	return &Bookings{db: db, texts: bookingTexts{
		insertBooking: insertInto("bookings", bookingColumns),
		insertWait:    insertInto("booking_waits", waitColumns), updateWait: updateOf("booking_waits", waitChanges),
		entries: newManyRows("booking_entries ("+entryInsert+")", "?, ?, ?, ?, ?, ?, ?, ?, ?"), effects: effectRows(),
	}}
}

// keyable reports whether a text can be a key at all: PostgreSQL refuses NUL and broken UTF-8 with an error of its own.
func keyable(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// conditions collects the parts of a WHERE and their parameters.
type conditions struct {
	texts  []string
	values []any
}

// add appends a condition whose %d is the number of its parameter.
func (c *conditions) add(text string, value any) {
	c.values = append(c.values, value)
	c.texts = append(c.texts, fmt.Sprintf(text, len(c.values)))
}

func (c *conditions) where() string {
	if len(c.texts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.texts, " AND ")
}

// List gives the bookings of a filter ordered by start, then id.
func (b *Bookings) List(ctx context.Context, f booking.Filter) ([]booking.Booking, error) {
	query, values, ok := b.listQuery(f)
	if !ok {
		return nil, nil
	}
	out, err := list(b.db.direct(ctx), scanBooking, query, values...)
	return out, translate(err)
}

// listQuery gives the text of List and its parameters; not ok: nothing can be found.
func (b *Bookings) listQuery(f booking.Filter) (query string, values []any, ok bool) {
	var c conditions
	if f.PersonID != "" {
		c.add("person_id = $%d", f.PersonID)
	}
	for column, ids := range map[string][]string{"id": f.IDs, "station_id": f.StationIDs} {
		if len(ids) > 0 {
			c.values = append(c.values, b.db.dialect.list(ids))
			c.texts = append(c.texts, b.db.dialect.among(column, len(c.values)))
		}
	}
	if !f.From.IsZero() {
		c.add("ends_at > $%d", f.From.Unix())
	}
	if !f.Until.IsZero() {
		c.add("starts_at < $%d", f.Until.Unix())
	}
	status := string(f.Status)
	if f.Status == booking.StatusRequested {
		status = ""
		c.texts = append(c.texts, "status = 'requested'") // as its index says it
	}
	for column, value := range map[string]string{"status": status, "party_id": f.PartyID, "series_id": f.SeriesID, "team_id": f.TeamID} {
		if value != "" {
			c.add(column+" = $%d", value)
		}
	}
	if f.After != (booking.Cursor{}) {
		c.add("starts_at >= $%d", f.After.StartsAt.Unix())
		at := len(c.values)
		c.values = append(c.values, f.After.ID)
		c.texts = append(c.texts, fmt.Sprintf("(starts_at > $%d OR id > $%d)", at, at+1))
	}
	if !keyable(f.PersonID+f.InvolvedID+f.After.ID+string(f.Status)+f.PartyID+f.SeriesID+f.TeamID) ||
		slices.ContainsFunc(slices.Concat(f.StationIDs, f.IDs), func(id string) bool { return !keyable(id) }) {
		return "", nil, false
	}
	query = "SELECT " + bookingColumns + " FROM bookings" + c.where()
	if f.InvolvedID != "" {
		// Two indexes find them: whose they are, and who comes along.
		along := c
		c.add("person_id = $%d", f.InvolvedID)
		along.values, along.texts = c.values, append(slices.Clone(along.texts), inCompany+b.db.dialect.word("companions", len(c.values)))
		if !f.From.IsZero() {
			along.texts = append(along.texts, fmt.Sprintf("occupied_until > %d", f.From.Unix()))
		}
		query = "SELECT " + bookingColumns + " FROM bookings" + c.where() + " UNION SELECT " + bookingColumns + " FROM bookings" + along.where()
	}
	query += " ORDER BY starts_at, id"
	if f.Limit > 0 {
		c.values = append(c.values, f.Limit)
		query += fmt.Sprintf(" LIMIT $%d", len(c.values))
	}
	return query, c.values, true
}

// Active gives the active bookings that overlap [from, until) on one of the stations or involving the person; neither: all.
func (b *Bookings) Active(ctx context.Context, stationIDs []string, personID string, from, until time.Time) ([]booking.Booking, error) {
	if len(stationIDs) == 0 && personID == "" {
		out, err := list(b.db.direct(ctx), scanBooking, `SELECT `+bookingColumns+` FROM bookings
			WHERE starts_at < $2 AND occupied_until > $1 AND status <> 'cancelled' ORDER BY starts_at, id`, from.Unix(), until.Unix())
		return out, translate(err)
	}
	if !keyable(personID) {
		return nil, nil
	}
	var people []string
	if personID != "" {
		people = []string{personID}
	}
	var out collection
	query := b.db.takenQuery(booking.Ask{StationIDs: stationIDs, PersonIDs: people, From: from, Until: until}, &out)
	if err := b.db.direct(ctx).each(query.read, query.text, query.args...); err != nil {
		return nil, translate(err)
	}
	return out.sorted(), nil
}

// Busy gives when active bookings keep the stations from others. An index alone answers it, with one row for each station:
// reading a row costs more than a hundred numbers in it.
func (b *Bookings) Busy(ctx context.Context, stationIDs []string, from, until time.Time) (map[string][]equipment.Interval, error) {
	out := make(map[string][]equipment.Interval, len(stationIDs))
	err := b.db.direct(ctx).each(func(row scanner) error {
		var station, text string
		if err := row.Scan(&station, &text); err != nil {
			return err
		}
		spans, err := readSpans(text)
		out[station] = spans
		return err
	}, "SELECT station_id, string_agg(starts_at || ' ' || occupied_until, ' ') FROM bookings WHERE "+
		b.db.dialect.among("station_id", 1)+" AND occupied_until > $2 AND starts_at < $3 AND status <> 'cancelled' GROUP BY station_id",
		b.db.dialect.list(distinct(stationIDs)), from.Unix(), until.Unix())
	return out, translate(err)
}

// readSpans reads pairs of unix seconds, separated by spaces.
func readSpans(text string) ([]equipment.Interval, error) {
	out := make([]equipment.Interval, 0, (strings.Count(text, " ")+1)/2)
	var pair [2]int64
	n := 0
	for field := range strings.FieldsSeq(text) {
		at, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return nil, err
		}
		if pair[n%2] = at; n%2 == 1 {
			out = append(out, equipment.Interval{From: secondsUTC(pair[0]), Until: secondsUTC(pair[1])})
		}
		n++
	}
	return out, nil
}

// Due gives the ids of bookings that are due at now, the longest due first.
func (b *Bookings) Due(ctx context.Context, now time.Time, limit int) ([]string, error) {
	out, err := list(b.db.direct(ctx), func(row scanner) (id string, err error) { return id, row.Scan(&id) },
		"SELECT id FROM bookings WHERE due_at IS NOT NULL AND due_at <= $1 ORDER BY due_at, id LIMIT $2", now.Unix(), limit)
	return out, translate(err)
}

// inCompany is true of bookings that somebody comes along to, in the words of their index.
const inCompany = "CASE companions WHEN '' THEN 0 ELSE 1 END = 1 AND companions <> '' AND "

// takenQuery reads the active bookings of an ask. A booking may come several times: by its station, its person, its company.
func (db *DB) takenQuery(ask booking.Ask, into *collection) statement {
	stations, people := distinct(ask.StationIDs), distinct(ask.PersonIDs)
	ofStation, ofPerson, company := db.dialect.among("station_id", 1), db.dialect.among("person_id", 2), db.dialect.anyWord("companions", 2)
	args := []any{db.dialect.list(stations), db.dialect.list(people), ask.From.Unix(), ask.Until.Unix()}
	if len(stations) == 1 && len(people) == 1 {
		// The usual case. Planners know what an equation is worth before they know the table.
		ofStation, ofPerson, company = "station_id = $1", "person_id = $2", db.dialect.word("companions", 2)
		args[0], args[1] = stations[0], people[0]
	}
	const rest = " AND occupied_until > $3 AND starts_at < $4 AND status <> 'cancelled'"
	return statement{
		text: "SELECT " + bookingColumns + " FROM bookings WHERE " + ofStation + rest +
			" UNION ALL SELECT " + bookingColumns + " FROM bookings WHERE " + ofPerson + rest +
			" UNION ALL SELECT " + bookingColumns + " FROM bookings WHERE " + inCompany + company + rest,
		args: args, read: into.add,
	}
}

// distinct gives each text once, in order: the order in which rows are locked. It is never nil: a list of nothing is not NULL.
func distinct(texts []string) []string {
	out := append(make([]string, 0, len(texts)), texts...)
	slices.Sort(out)
	return slices.Compact(out)
}

// collection gathers bookings, each once.
type collection struct{ rows []booking.Booking }

func (c *collection) add(row scanner) error {
	b, err := scanBooking(row)
	c.rows = append(c.rows, b)
	return err
}

// sorted gives them by start, then id.
func (c *collection) sorted() []booking.Booking {
	slices.SortFunc(c.rows, func(a, b booking.Booking) int {
		if order := a.StartsAt.Compare(b.StartsAt); order != 0 {
			return order
		}
		return strings.Compare(a.ID, b.ID)
	})
	return slices.CompactFunc(c.rows, func(a, b booking.Booking) bool { return a.ID == b.ID })
}
