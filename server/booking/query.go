package booking

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// ByID reads one booking. Who may see whose is for the caller to ask account.Allowed.
func (s *Service) ByID(ctx context.Context, id string) (Booking, error) { return s.store.ByID(ctx, id) }

// List gives bookings ordered by start, then id; Booking.Cursor of the last one is where the next page begins.
func (s *Service) List(ctx context.Context, f Filter) ([]Booking, error) { return s.store.List(ctx, f) }

// Between gives the active bookings that overlap [from, until), ordered by start. No stations: all.
func (s *Service) Between(ctx context.Context, stationIDs []string, from, until time.Time) ([]Booking, error) {
	return s.store.Active(ctx, stationIDs, "", from, until)
}

// Trail gives what happened to a booking, in order.
func (s *Service) Trail(ctx context.Context, id string) ([]Entry, error) {
	return s.store.Trail(ctx, id)
}

// Unmet gives the refusals of a time, in the order of recording.
func (s *Service) Unmet(ctx context.Context, from, until time.Time) ([]Unmet, error) {
	return s.store.Unmet(ctx, from, until)
}

// Import inserts bookings of the past, or of anything: all or nothing. The same validator says what is wrong, but only
// about unknown stations, lengths and overlaps: what happened, happened. The error is *ImportError.
func (s *Service) Import(ctx context.Context, rows []Booking) error {
	return s.store.Import(ctx, Bulk{Rows: rows, Now: s.clock()})
}

// PolicyFor gives the limits that hold for a station, by id or code.
func (s *Service) PolicyFor(ctx context.Context, station string) (Policy, error) {
	rules, err := s.store.Rules(ctx)
	if err != nil {
		return Policy{}, err
	}
	p := rules.place(station)
	if p == nil {
		return Policy{}, errStationUnknown(station)
	}
	return p.policy, nil
}

// SetPolicy sets limits for a scope.
func (s *Service) SetPolicy(ctx context.Context, actor account.Actor, r PolicyRule) (PolicyRule, error) {
	if err := r.Validate(); err != nil {
		return PolicyRule{}, err
	}
	d := r.Document()
	d.ChangedBy, d.ChangedAt = actor.PersonID, s.clock()
	d, err := s.store.PutDocument(ctx, d)
	r.Version = d.Version
	return r, err
}

// Query asks where one could book.
type Query struct {
	StationIDs []string // ids or codes; or:
	KindID     string   // id or code; or:
	RoomID     string   // id; none of the three: all stations
	From       time.Time
	Until      time.Time
	Length     time.Duration // only gaps of at least this length; 0: the policy's shortest
	PersonID   string        // who would sit there; empty: the actor
	Purpose    Purpose       // empty: practice
	TeamID     string        // for which team, by id; empty: none
	Companions []string      // who would be there too, by id; none: they are not asked about
}

// maxSpan bounds how much time one query may ask about.
const maxSpan = 62 * 24 * time.Hour

// Availability gives the time that the caller could really book, by station and time: whatever lies on the slot grid
// in it, and has a length that the policy allows, the validator accepts.
func (s *Service) Availability(ctx context.Context, actor account.Actor, query Query) ([]Free, error) {
	actor = account.SignedIn(actor.PersonID, actor.Role) // a token that may only read asks what its person could book
	if query.PersonID == "" {
		query.PersonID = actor.PersonID
	}
	if query.Purpose == "" {
		query.Purpose = PurposePractice
	}
	if !account.Allowed(actor, account.ActionBook, query.PersonID) {
		return nil, fault.Forbidden("may_not_book_for_others", "you may book for yourself; instructors book for others")
	}
	if err := checkCompanions(query.PersonID, query.Companions); err != nil {
		return nil, err
	}
	window := equipment.Interval{From: query.From, Until: query.Until}
	if window.Empty() || window.Until.Sub(window.From) > maxSpan {
		return nil, fault.Invalid("time_span_invalid", "ask about a time of up to %d days, from before until", int(maxSpan.Hours()/24)).On("until")
	}
	rules, err := s.store.Rules(ctx)
	if err != nil {
		return nil, err
	}
	stations, err := rules.find(query)
	if err != nil || len(stations) == 0 {
		return nil, err
	}
	pr := proposal{personID: query.PersonID, purpose: query.Purpose, span: window, teamID: query.TeamID, companions: query.Companions}
	view, err := s.standing(ctx, rules, stations, &pr)
	if err != nil {
		return nil, err
	}
	reach := rules.reach(stations...)
	busy, err := s.store.Busy(ctx, stations, query.From.Add(-reach), query.Until.Add(reach))
	if err != nil {
		return nil, err
	}
	asked := wish{Request: Request{TeamID: query.TeamID, PersonID: query.PersonID}}
	if err := cmp.Or(view.admits(actor, asked), view.standing(actor, asked)); err != nil {
		return nil, err
	}
	own, err := s.activeOf(ctx, append([]string{query.PersonID}, query.Companions...), query.From.Add(-reach), query.Until.Add(reach))
	if err != nil {
		return nil, err
	}
	f := search{
		inquiry: inquiry{proposal: pr, actor: actor, now: s.clock(), taken: own, view: view, counted: tallies{}, sat: sittingsOf(own)},
		busy:    busy, open: map[string][]equipment.Interval{},
	}
	most := len(stations)
	for _, spans := range busy {
		most += len(spans)
	}
	out := make([]Free, 0, most)
	for _, id := range stations {
		out = f.free(out, rules.places[id], window, query.Length)
	}
	return out, nil
}

// activeOf gives the active bookings of people that overlap [from, until).
func (s *Service) activeOf(ctx context.Context, people []string, from, until time.Time) ([]Booking, error) {
	var out []Booking
	for _, id := range people {
		found, err := s.store.Active(ctx, nil, id, from, until)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// search asks for the free time of one station after another.
type search struct {
	inquiry
	busy map[string][]equipment.Interval
	open map[string][]equipment.Interval // by room: its stations open together
}

func (s *search) free(out []Free, p *place, window equipment.Interval, length time.Duration) []Free {
	open, known := s.open[p.RoomID]
	if !known {
		open = p.schedule.Open(p.RoomID, window.From, window.Until)
		s.open[p.RoomID] = open
	}
	q := s.inquiry
	q.place, q.open, q.busy = p, open, s.busy[p.ID]
	for _, gap := range q.free(window, length) {
		out = append(out, Free{StationID: p.ID, From: gap.From, Until: gap.Until, Longest: q.longestIn(gap)})
	}
	return out
}

// find gives the ids of the stations that a query means, in the order of their codes.
func (r *Rules) find(query Query) ([]string, error) {
	ids := r.all
	switch {
	case len(query.StationIDs) > 0:
		ids = nil
		for _, name := range query.StationIDs {
			p := r.place(name)
			if p == nil {
				return nil, errStationUnknown(name)
			}
			ids = append(ids, p.ID)
		}
	case query.KindID != "":
		of, ok := r.ofKind(query.KindID)
		if !ok {
			return nil, fault.NotFound("kind_unknown", "there is no kind %q", query.KindID).On("kind")
		}
		ids = of
	case query.RoomID != "":
		ids = r.inRoom(query.RoomID)
	}
	ids = slices.Clone(ids)
	slices.SortFunc(ids, func(a, b string) int {
		if c := strings.Compare(r.places[a].Code, r.places[b].Code); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	return slices.Compact(ids), nil
}
