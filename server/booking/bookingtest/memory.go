package bookingtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// Memory is a booking.Store for the tests of others. It passes the suite.
type Memory struct {
	mu        sync.Mutex
	school    School
	documents []booking.Document // every version, oldest first
	version   int64
	bookings  map[string]booking.Booking
	unmet     []booking.Unmet
	trail     []booking.Entry
	waits     map[string]booking.Wait
	strikes   map[string]booking.Strike
	used      []booking.Use
	made      int
	series    []booking.Series
	reports   map[string]booking.Report
	deeds     []booking.Deed
}

// NewMemory gives a store without bookings.
func NewMemory(s School) *Memory {
	return &Memory{
		school: s, bookings: map[string]booking.Booking{}, waits: map[string]booking.Wait{}, strikes: map[string]booking.Strike{},
	}
}

// Put replaces the school.
func (m *Memory) Put(s School) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.school = s
	m.version++
}

func (m *Memory) rules() *booking.Rules {
	f := m.school.Facts
	f.Version = m.version
	for _, d := range m.standing("") {
		if err := f.Add(d); err != nil {
			panic(err) // the fake stores what booking has encoded
		}
	}
	return booking.NewRules(f)
}

// Rules gives the rules as they stand.
func (m *Memory) Rules(context.Context) (*booking.Rules, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rules(), nil
}

// KnownRules gives the same.
func (m *Memory) KnownRules(ctx context.Context) (*booking.Rules, error) { return m.Rules(ctx) }

// Decide holds the whole store meanwhile.
func (m *Memory) Decide(ctx context.Context, ask booking.Ask, decide func(booking.View) (booking.Write, error)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	v := m.view(ask)
	w, err := decide(v)
	if err != nil {
		return err
	}
	rows := slices.Concat(w.Insert, w.Update)
	if m.clash(rows) {
		return booking.ErrOverlap
	}
	for _, b := range rows {
		m.bookings[b.ID] = b
	}
	m.keepWaits(w.Waits)
	m.writeSeries(w.Series)
	m.writeFaults(w)
	m.keepStrikes(w)
	m.unmet = append(m.unmet, w.Unmet...)
	m.trail = append(m.trail, w.Trail...)
	return nil
}

// Look shows what stands.
func (m *Memory) Look(ctx context.Context, ask booking.Ask) (booking.View, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.view(ask), ctx.Err()
}

func (m *Memory) view(ask booking.Ask) booking.View {
	v := booking.View{Rules: m.rules(), Bookings: map[string]booking.Booking{}, People: map[string]account.Person{}, NewID: m.newID}
	for _, b := range m.bookings {
		if ask.Concerns(b) {
			v.Taken = append(v.Taken, b)
		}
		if slices.Contains(ask.BookingIDs, b.ID) || (b.PartyID != "" && slices.Contains(ask.PartyIDs, b.PartyID)) ||
			(b.SeriesID != "" && slices.Contains(ask.SeriesIDs, b.SeriesID)) {
			v.Bookings[b.ID] = b
		}
	}
	for _, p := range m.school.People {
		if slices.Contains(ask.PersonIDs, p.ID) {
			v.People[p.ID] = p
		}
	}
	v.Waits = m.asked(ask)
	m.showSeries(&v, ask)
	m.showFaults(&v, ask)
	m.showStrikes(ask, &v)
	m.showTeams(&v, ask)
	m.showQualifications(&v, ask)
	m.showSpent(&v, ask)
	return v
}

func (m *Memory) newID() string {
	m.made++
	return fmt.Sprintf("booking-%06d", m.made)
}

// clash is what the constraint does in a database.
func (m *Memory) clash(rows []booking.Booking) bool {
	for i, b := range rows {
		if !b.Active() {
			continue
		}
		for _, other := range rows[:i] {
			if other.Active() && other.StationID == b.StationID && other.Occupied().Overlaps(b.Occupied()) {
				return true
			}
		}
		for _, other := range m.bookings {
			replaced := slices.ContainsFunc(rows, func(r booking.Booking) bool { return r.ID == other.ID })
			if !replaced && other.Active() && other.StationID == b.StationID && other.Occupied().Overlaps(b.Occupied()) {
				return true
			}
		}
	}
	return false
}

// ByID reads one booking.
func (m *Memory) ByID(_ context.Context, id string) (booking.Booking, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.bookings[id]
	if !ok {
		return b, fault.NotFound("booking_unknown", "there is no booking %q", id)
	}
	return b, nil
}

// List gives the bookings of a filter.
func (m *Memory) List(_ context.Context, f booking.Filter) ([]booking.Booking, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := m.sorted(func(b booking.Booking) bool {
		return (len(f.IDs) == 0 || slices.Contains(f.IDs, b.ID)) && (f.PersonID == "" || b.PersonID == f.PersonID) && (f.InvolvedID == "" || b.Involves(f.InvolvedID)) &&
			(len(f.StationIDs) == 0 || slices.Contains(f.StationIDs, b.StationID)) &&
			(f.From.IsZero() || b.EndsAt.After(f.From)) && (f.Until.IsZero() || b.StartsAt.Before(f.Until)) &&
			(f.Status == "" || b.Status == f.Status) && (f.PartyID == "" || b.PartyID == f.PartyID) &&
			(f.SeriesID == "" || b.SeriesID == f.SeriesID) && (f.TeamID == "" || b.TeamID == f.TeamID) &&
			(f.After == booking.Cursor{} || order(b.Cursor(), f.After) > 0)
	})
	if f.Limit > 0 && len(out) > f.Limit {
		out = out[:f.Limit]
	}
	return out, nil
}

func (m *Memory) sorted(want func(booking.Booking) bool) []booking.Booking {
	var out []booking.Booking
	for _, b := range m.bookings {
		if want(b) {
			out = append(out, b)
		}
	}
	slices.SortFunc(out, func(a, b booking.Booking) int { return order(a.Cursor(), b.Cursor()) })
	return out
}

func order(a, b booking.Cursor) int {
	if c := a.StartsAt.Compare(b.StartsAt); c != 0 {
		return c
	}
	return strings.Compare(a.ID, b.ID)
}

// Active gives the active bookings that overlap the time.
func (m *Memory) Active(_ context.Context, stationIDs []string, personID string, from, until time.Time) ([]booking.Booking, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	span := equipment.Interval{From: from, Until: until}
	return m.sorted(func(b booking.Booking) bool {
		all := len(stationIDs) == 0 && personID == ""
		return b.Active() && b.Occupied().Overlaps(span) &&
			(all || slices.Contains(stationIDs, b.StationID) || (personID != "" && b.Involves(personID)))
	}), nil
}

// Busy gives when active bookings keep the stations.
func (m *Memory) Busy(ctx context.Context, stationIDs []string, from, until time.Time) (map[string][]equipment.Interval, error) {
	active, err := m.Active(ctx, stationIDs, "", from, until)
	out := map[string][]equipment.Interval{}
	for _, b := range active {
		out[b.StationID] = append(out[b.StationID], b.Occupied())
	}
	return out, err
}

// Due gives the ids of bookings that are due.
func (m *Memory) Due(_ context.Context, now time.Time, limit int) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	due := m.sorted(func(b booking.Booking) bool { return !b.DueAt.IsZero() && !b.DueAt.After(now) })
	slices.SortStableFunc(due, func(a, b booking.Booking) int { return a.DueAt.Compare(b.DueAt) })
	var ids []string
	for _, b := range due[:min(limit, len(due))] {
		ids = append(ids, b.ID)
	}
	return ids, nil
}

// Unmet gives the refusals of a time.
func (m *Memory) Unmet(_ context.Context, from, until time.Time) ([]booking.Unmet, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []booking.Unmet
	for _, u := range m.unmet {
		if !u.At.Before(from) && u.At.Before(until) {
			out = append(out, u)
		}
	}
	return out, nil
}

// Wanted gives the refusals of a filter; their ids say in which order they came.
func (m *Memory) Wanted(_ context.Context, f booking.WantedFilter) ([]booking.Wanted, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []booking.Wanted
	for i, u := range m.unmet {
		w := booking.Wanted{Unmet: u, ID: fmt.Sprintf("wish-%09d", i)}
		if !f.From.IsZero() && u.StartsAt.Before(f.From) || !f.Until.IsZero() && !u.StartsAt.Before(f.Until) ||
			f.KindID != "" && u.KindID != f.KindID || len(f.StationIDs) > 0 && !slices.Contains(f.StationIDs, u.StationID) ||
			f.After != (booking.Cursor{}) && order(w.Cursor(), f.After) <= 0 {
			continue
		}
		w.Elsewhere = len(m.sorted(func(b booking.Booking) bool {
			return b.PersonID == u.PersonID && (b.Status == booking.StatusConfirmed || b.Status == booking.StatusEnded) &&
				b.StartsAt.Before(u.EndsAt) && b.EndsAt.After(u.StartsAt) && slices.ContainsFunc(m.school.Stations, func(x equipment.Station) bool { return x.ID == b.StationID && x.KindID == u.KindID })
		})) > 0
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b booking.Wanted) int { return order(a.Cursor(), b.Cursor()) })
	if f.Limit > 0 && len(out) > f.Limit {
		out = out[:f.Limit]
	}
	return out, nil
}

// Trail gives what happened to a booking.
func (m *Memory) Trail(_ context.Context, bookingID string) ([]booking.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(m.trail), func(e booking.Entry) bool { return e.BookingID != bookingID }), nil
}

// Import inserts rows, all or none.
func (m *Memory) Import(_ context.Context, in booking.Bulk) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	there := m.sorted(booking.Booking.Active)
	if err := in.Check(m.rules(), there); err != nil {
		return err
	}
	for _, b := range in.Settled(m.rules()) {
		if b.ID == "" {
			b.ID = m.newID()
		}
		b.Version = max(b.Version, 1)
		m.bookings[b.ID] = b
		m.trail = append(m.trail, booking.Entry{BookingID: b.ID, At: b.CreatedAt, Act: booking.ActImported, After: b})
	}
	return nil
}

// Forget removes a booking as if it had never been.
func (m *Memory) Forget(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.bookings, id)
}
