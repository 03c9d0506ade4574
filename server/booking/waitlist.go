package booking

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/fault"
)

// WaitRequest asks for a place in the waitlist.
type WaitRequest struct {
	// One of the three: a station or a kind by id or code, or a room by id.
	StationID string
	KindID    string
	RoomID    string
	// Any time within [From, Until) would do that is Wanted long, or shorter but at least Shortest (0: as long as wanted).
	From      time.Time
	Until     time.Time
	Wanted    time.Duration
	Shortest  time.Duration
	Programme string  // empty: the person's
	Purpose   Purpose // empty: practice
	PersonID  string  // who would sit there; empty: the actor
	TeamID    string
	// Companions are people who would be there too, by id.
	Companions []string
}

// Bounds of the waitlist.
const (
	maxWaitWindow = 31 * 24 * time.Hour
	maxOwnWaits   = 20 // how many a person may have at once
)

// Join puts somebody into the waitlist. Who could book right now what would do is told so instead: the error is *Refused with
// the code free_now, and the alternatives are what is free.
func (s *Service) Join(ctx context.Context, actor account.Actor, r WaitRequest) (Wait, error) {
	now := s.clock()
	w, err := newWait(actor, r, now)
	if err != nil {
		return Wait{}, err
	}
	for range attempts {
		made, again, err := s.join(ctx, actor, w, now)
		if !again {
			return made, err
		}
		w.Programme = made.Programme
	}
	return Wait{}, errUnsettled()
}

// newWait refuses what has no sense, and fills in what a request leaves open.
func newWait(actor account.Actor, r WaitRequest, now time.Time) (Wait, error) {
	w := Wait{
		PersonID: r.PersonID, TeamID: r.TeamID, StationID: r.StationID, KindID: r.KindID, RoomID: r.RoomID,
		FromAt: later(r.From.UTC().Truncate(time.Second), now.Truncate(time.Minute)), UntilAt: r.Until.UTC().Truncate(time.Second),
		Wanted: r.Wanted, Shortest: r.Shortest, Programme: r.Programme, Purpose: r.Purpose,
		Companions: strings.Join(r.Companions, " "), State: WaitWaiting, CreatedAt: now, ChangedAt: now, Version: 1,
	}
	if w.PersonID == "" {
		w.PersonID = actor.PersonID
	}
	if w.Purpose == "" {
		w.Purpose = PurposePractice
	}
	if w.Shortest == 0 {
		w.Shortest = w.Wanted
	}
	targets := 0
	for _, id := range []string{w.StationID, w.KindID, w.RoomID} {
		if id != "" {
			targets++
		}
	}
	length := w.UntilAt.Sub(w.FromAt)
	switch {
	case targets != 1:
		return w, fault.Rule("wait_for_one", "wait for a station, a kind or a room: name one of them").On("station")
	case length <= 0 || length > maxWaitWindow:
		return w, fault.Rule("wait_window_invalid", "wait for time that is not over, within at most %d days", int(maxWaitWindow.Hours()/24)).On("until")
	case w.Shortest < time.Minute || w.Wanted < w.Shortest || w.Shortest > length:
		return w, fault.Rule("wait_length_invalid", "the shortest acceptable length is at most the wanted one, and fits between from and until").On("shortest_minutes")
	case !w.Purpose.Valid():
		return w, errPurposeUnknown(w.Purpose)
	case w.TeamID == "" && !account.Allowed(actor, account.ActionBook, w.PersonID):
		return w, fault.Forbidden("may_not_book_for_others", "you may book for yourself; instructors book for others")
	case w.Purpose == PurposeClass && !account.Allowed(actor, account.ActionBookClass, ""):
		return w, fault.Rule("class_needs_instructor", "only instructors and administrators may book a class").On("purpose")
	case !plain(w.PersonID):
		return w, errPersonUnknown(w.PersonID)
	}
	w.Wanted, w.Shortest = min(w.Wanted, length).Truncate(time.Minute), w.Shortest.Truncate(time.Minute)
	if err := checkCompanions(w.PersonID, r.Companions); err != nil {
		return w, err
	}
	return w, checkProgramme(w.Programme)
}

// target finds the stations of which time would do, and sets the entry's ids.
func (r *Rules) target(w *Wait) ([]string, error) {
	if w.RoomID != "" {
		if ids := r.inRoom(w.RoomID); len(ids) > 0 {
			return ids, nil
		}
		return nil, fault.NotFound("room_unknown", "there is no station in a room %q", w.RoomID).On("room")
	}
	if w.StationID != "" {
		p := r.place(w.StationID)
		if p == nil {
			return nil, errStationUnknown(w.StationID)
		}
		w.StationID = p.ID
		return []string{p.ID}, nil
	}
	ids, ok := r.ofKind(w.KindID)
	if !ok || len(ids) == 0 {
		return nil, fault.NotFound("kind_unknown", "there is no station of kind %q", w.KindID).On("kind")
	}
	w.KindID = r.places[ids[0]].KindID
	return ids, nil
}

// joining gives the ask of a decision about a new entry.
func joining(rules *Rules, w *Wait) (Ask, error) {
	stations, err := rules.target(w)
	if err != nil {
		return Ask{}, err
	}
	ask := Ask{StationIDs: stations, PersonIDs: w.People(), Waiting: true, OwnWaits: true}
	if w.TeamID != "" {
		ask.TeamIDs = []string{w.TeamID}
	}
	pr := w.proposal()
	pr.span = w.Window()
	rules.need(&ask, stations, pr)
	reach := rules.reach(stations...)
	ask.widen(w.FromAt.Add(-reach), w.UntilAt.Add(reach))
	return ask, nil
}

func (s *Service) join(ctx context.Context, actor account.Actor, w Wait, now time.Time) (made Wait, again bool, err error) {
	rules, err := s.store.Rules(ctx)
	if err != nil {
		return Wait{}, false, err
	}
	ask, err := joining(rules, &w)
	if err != nil {
		return Wait{}, false, err
	}
	var refused *Refused
	err = s.store.Decide(ctx, ask, func(v View) (Write, error) {
		made, again, refused = w, false, nil
		person, ok := v.People[w.PersonID]
		if !ok || !person.DisabledAt.IsZero() {
			return Write{}, errPersonUnknown(w.PersonID)
		}
		asked := wish{Request: Request{PersonID: made.PersonID, TeamID: made.TeamID, Programme: made.Programme}}
		if err := cmp.Or(v.admits(actor, asked), v.standing(actor, asked)); err != nil {
			return Write{}, err
		}
		if err := v.knows(made.People()[1:]); err != nil {
			return Write{}, err
		}
		made.Programme = v.programme(asked)
		needed, err := joining(v.Rules, &made)
		if again = err == nil && !ask.covers(needed); err != nil || again {
			return Write{}, err
		}
		if err := v.mayWait(made); err != nil {
			return Write{}, err
		}
		if refused = v.Rules.forTooFew(made, needed.StationIDs); refused != nil {
			return Write{}, nil
		}
		alternatives, reasons := freeNow(v, actor, made, needed.StationIDs, now)
		if len(alternatives) > 0 {
			refused = &Refused{Refusals: []Refusal{{
				Code: CodeFreeNow, StationID: alternatives[0].StationID, Detail: "this is free now: book it instead of waiting",
				Limit: strconv.Itoa(int(made.Shortest.Minutes())),
			}}, Alternatives: alternatives}
			return Write{}, nil
		}
		made.ID, made.Reason = v.lastInLine(made.CreatedAt), strings.Join(reasons, " ")
		return Write{Waits: []Wait{made}}, nil
	})
	if err == nil && !again && refused != nil {
		return Wait{}, false, refused
	}
	return made, again, err
}

// forTooFew refuses to let somebody wait who names too few people for every station that would do: they would never be served.
func (r *Rules) forTooFew(w Wait, stations []string) *Refused {
	var first *Refusal
	for _, id := range stations {
		q := inquiry{proposal: w.proposal(), place: r.places[id]}
		f := buddyNeeded(&q)
		if f == nil || q.place.waives(CodeBuddyNeeded) {
			return nil
		}
		if first == nil {
			first = &Refusal{Code: CodeBuddyNeeded, Detail: f.detail, StationID: id, Limit: f.limit, Actual: f.actual}
		}
	}
	return &Refused{Refusals: []Refusal{*first}}
}

// mayWait refuses a second entry for the same, and more entries than one person may have.
func (v View) mayWait(w Wait) error {
	open := 0
	for _, other := range v.Waits {
		if other.PersonID != w.PersonID {
			continue
		}
		if other.State == WaitWaiting && other.sameTarget(w) && other.Window().Overlaps(w.Window()) {
			return fault.Conflict("already_waiting", "you wait for this already")
		}
		if other.Open() {
			open++
		}
	}
	if open >= maxOwnWaits {
		return fault.Rule("too_many_waits", "nobody waits for more than %d things at once; withdraw one first", maxOwnWaits)
	}
	return nil
}

// lastInLine makes an id for an entry that comes after those which were made in the same second. Ids sort by the millisecond,
// and within it by chance: a few tries find one, or the next millisecond does.
func (v View) lastInLine(at time.Time) string {
	id := v.NewID()
	for _, w := range v.Waits {
		for try := 0; try < 1<<14 && w.CreatedAt.Equal(at) && w.ID > id; try++ {
			id = v.NewID()
		}
	}
	return id
}

func (w Wait) sameTarget(other Wait) bool {
	return w.StationID == other.StationID && w.KindID == other.KindID && w.RoomID == other.RoomID && w.Purpose == other.Purpose
}

// freeNow gives up to three times that would do and could be booked right now, the longest first; else why the person cannot
// have the time that is free, if some is.
func freeNow(v View, actor account.Actor, w Wait, stations []string, now time.Time) ([]Alternative, []string) {
	var out []Alternative
	refused := &Refused{}
	for _, id := range stations {
		q := inquiry{proposal: w.proposal(), place: v.Rules.places[id], taken: v.Taken, actor: actor, now: now, view: v}
		for _, gap := range q.free(w.Window(), w.Shortest) {
			no := q.within(gap, Free{StationID: id, From: gap.From, Until: gap.Until}, w.Wanted, max(w.Shortest, q.place.policy.shortest()))
			if !q.span.Empty() {
				out = append(out, Alternative{StationID: id, StartsAt: q.span.From, EndsAt: q.span.Until, Why: WhyFree})
			}
			refused.Refusals = append(refused.Refusals, no...)
		}
	}
	slices.SortStableFunc(out, func(a, b Alternative) int {
		if c := b.EndsAt.Sub(b.StartsAt) - a.EndsAt.Sub(a.StartsAt); c != 0 {
			return int(c / time.Second)
		}
		return a.StartsAt.Compare(b.StartsAt)
	})
	return out[:min(len(out), 3)], refused.codes()
}

// Withdraw leaves the waitlist; an offer is declined by it. Twice is one.
func (s *Service) Withdraw(ctx context.Context, actor account.Actor, id string) (after Wait, err error) {
	for range attempts {
		w, err := s.store.WaitByID(ctx, id)
		if err != nil {
			return Wait{}, err
		}
		if !account.Allowed(actor, account.ActionBook, w.PersonID) {
			return Wait{}, fault.Forbidden("not_your_wait", "only whoever waits, an instructor or an administrator may withdraw it")
		}
		if w.State == WaitOffered {
			if _, err := s.Decline(ctx, actor, w.BookingID); err != nil {
				return Wait{}, err
			}
			return s.store.WaitByID(ctx, id)
		}
		if after, err = s.closeWait(ctx, w, WaitWithdrawn, nil); err != nil || after.State != WaitOffered {
			return after, err
		}
	}
	return Wait{}, errUnsettled()
}

// closeWait ends an entry that waits, and gives it as it stands then.
func (s *Service) closeWait(ctx context.Context, w Wait, state WaitState, unmet []Unmet) (after Wait, err error) {
	now := s.clock()
	err = s.store.Decide(ctx, Ask{PersonIDs: []string{w.PersonID}, WaitIDs: []string{w.ID}}, func(v View) (Write, error) {
		for _, current := range v.Waits {
			if current.ID != w.ID {
				continue
			}
			if after = current; current.State != WaitWaiting {
				return Write{}, nil
			}
			after.State = state
			after = after.next(now)
			return Write{Waits: []Wait{after}, Unmet: unmet}, nil
		}
		return Write{}, fault.NotFound("wait_unknown", "there is no waitlist entry %q", w.ID)
	})
	return after, err
}

// WaitByID reads one entry. Who may see whose is for the caller to ask account.Allowed.
func (s *Service) WaitByID(ctx context.Context, id string) (Wait, error) {
	return s.store.WaitByID(ctx, id)
}

// Waits gives entries of the waitlist in the order in which they came.
func (s *Service) Waits(ctx context.Context, f WaitFilter) ([]Wait, error) {
	return s.store.Waits(ctx, f)
}

// Places gives, by the id of each entry that waits, which place in line it has: 1 is the next. Those count before it who came
// earlier and would take some of the same time of the same stations.
func (s *Service) Places(ctx context.Context, waits []Wait) (map[string]int, error) {
	out := map[string]int{}
	if !slices.ContainsFunc(waits, func(w Wait) bool { return w.State == WaitWaiting }) {
		return out, nil
	}
	rules, err := s.store.Rules(ctx)
	if err != nil {
		return nil, err
	}
	all, err := s.store.Waits(ctx, WaitFilter{States: []WaitState{WaitWaiting}})
	if err != nil {
		return nil, err
	}
	for _, w := range waits {
		if w.State != WaitWaiting {
			continue
		}
		stations, err := rules.target(&w)
		if err != nil {
			continue // they are gone
		}
		out[w.ID] = 1
		for _, other := range all {
			if order := other.Cursor().compare(w.Cursor()); order < 0 && other.Window().Overlaps(w.Window()) && slices.ContainsFunc(stations, func(id string) bool {
				return other.WantsStation(rules.places[id].Station)
			}) {
				out[w.ID]++
			}
		}
	}
	return out, nil
}
