package booking

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// ErrOverlap says that the database refused an overlap that nobody saw coming: something wrote past the locks.
var ErrOverlap = errors.New("booking: the database refused an overlap")

// Service decides about bookings. It is safe for concurrent use, in any number of processes on one store.
type Service struct {
	store Store
	now   func() time.Time
}

// New makes the service; now tells the time.
func New(store Store, now func() time.Time) *Service { return &Service{store: store, now: now} }

// clock gives the time in whole seconds, which is what bookings count in.
func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Second) }

// Request asks for a booking.
type Request struct {
	StationID string // id or code; or:
	KindID    string // id or code: any station of this kind
	StartsAt  time.Time
	EndsAt    time.Time
	Programme string  // empty: the person's
	Purpose   Purpose // empty: practice
	PersonID  string  // who will sit there; empty: the actor
	// TeamID is the team that it is for, by id: then a captain books for it.
	TeamID     string
	Companions []string // people who will be there too, by id
	// Override insists: rules that the actor's role may override do not count.
	Override bool

	asker string // as in proposal
}

// Reserve books a station, or any station of a kind: then the one that leaves long gaps whole.
//
// A start may be the minute that runs (up to a minute ago), even off the slot grid: "book now". The error is *Refused when
// rules or other bookings say no.
func (s *Service) Reserve(ctx context.Context, actor account.Actor, r Request) (Booking, error) {
	made, err := s.ReserveParty(ctx, actor, []Request{r})
	if err != nil {
		return Booking{}, err
	}
	return made[0], nil
}

// ReserveParty makes all bookings or none. Requests of the same party do not get the same station twice for the same time.
func (s *Service) ReserveParty(ctx context.Context, actor account.Actor, requests []Request) ([]Booking, error) {
	return s.reserveAll(ctx, actor, requests, nil)
}

func (s *Service) reserveAll(ctx context.Context, actor account.Actor, requests []Request, how *seating) ([]Booking, error) {
	if len(requests) == 0 {
		return nil, fault.Invalid("party_empty", "ask for at least one station")
	}
	wishes, err := s.wishes(actor, requests)
	if err != nil {
		return nil, err
	}
	for i := range wishes {
		wishes[i].seating = how
	}
	for attempt := range attempts {
		made, again, err := s.reserve(ctx, actor, wishes, attempt > 0)
		if !again || err != nil {
			return made, err
		}
	}
	return nil, errUnsettled()
}

func errUnsettled() error {
	return fault.Conflict("booking_unsettled", "others are changing the same bookings; try again")
}

// wish is a request whose stations have been found.
type wish struct {
	Request
	candidates []string // station ids
	kindID     string
	seating    *seating // of a party whose stations are chosen together
	partyID    string
	programme  string // what it serves when the request does not say: the team's, or the person's
	beside     int    // as Booking.Beside
}

// serves gives the programme that the booking is for; empty: not known yet, or none.
func (w wish) serves() string { return cmp.Or(w.Programme, w.programme) }

// resolve notes what follows from who the people and teams are.
func resolve(v View, wishes []wish) {
	for i := range wishes {
		w := &wishes[i]
		w.programme = v.programme(*w)
	}
}

// wishes fills in what a request leaves open and refuses what has no sense.
func (s *Service) wishes(actor account.Actor, requests []Request) ([]wish, error) {
	out := make([]wish, len(requests))
	for i, r := range requests {
		if r.PersonID == "" {
			r.PersonID = actor.PersonID
		}
		if r.Purpose == "" {
			r.Purpose = PurposePractice
		}
		r.StartsAt, r.EndsAt = r.StartsAt.UTC().Truncate(time.Second), r.EndsAt.UTC().Truncate(time.Second)
		if !r.Purpose.Valid() {
			return nil, errPurposeUnknown(r.Purpose)
		}
		if err := checkProgramme(r.Programme); err != nil {
			return nil, err
		}
		if !plain(r.PersonID) {
			return nil, errPersonUnknown(r.PersonID)
		}
		if err := checkCompanions(r.PersonID, r.Companions); err != nil {
			return nil, err
		}
		if (r.StationID == "") == (r.KindID == "") {
			return nil, fault.Invalid("station_or_kind", "name either a station or a kind").On("station")
		}
		if r.TeamID == "" && !account.Allowed(actor, account.ActionBook, r.PersonID) {
			return nil, fault.Forbidden("may_not_book_for_others", "you may book for yourself; instructors book for others")
		}
		r.asker = asker(actor, r.PersonID)
		out[i] = wish{Request: r}
	}
	return out, nil
}

func errPurposeUnknown(p Purpose) error {
	return fault.Invalid("purpose_unknown", "the purpose is practice, class, competition, research or service, not %q", p).On("purpose")
}

func errPersonUnknown(id string) error {
	return fault.NotFound("person_unknown", "there is nobody %q who can sit there", id).On("person")
}

// longestProgramme bounds the name of a course of study, in characters.
const longestProgramme = 200

func checkProgramme(name string) error {
	if !plain(name) || utf8.RuneCountInString(name) > longestProgramme {
		return fault.Invalid("programme_invalid", "a programme is a text of up to %d characters, without control characters", longestProgramme).On("programme")
	}
	return nil
}

// plain reports whether a text is one that every store can keep.
func plain(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// plan finds the stations of the wishes, and what to ask for.
func plan(rules *Rules, wishes []wish) (Ask, error) {
	var ask Ask
	for i := range wishes {
		w := &wishes[i]
		margin := time.Duration(0)
		if w.StationID != "" {
			p := rules.place(w.StationID)
			if p == nil {
				return ask, errStationUnknown(w.StationID)
			}
			w.candidates, w.kindID = []string{p.ID}, p.KindID
		} else {
			ids, ok := rules.ofKind(w.KindID)
			if !ok || len(ids) == 0 {
				return ask, fault.NotFound("kind_unknown", "there is no station of kind %q", w.KindID).On("kind")
			}
			w.candidates, w.kindID = ids, rules.places[ids[0]].KindID
			if w.seating != nil && w.seating.roomID != "" {
				w.candidates = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return rules.places[id].RoomID != w.seating.roomID })
			}
			margin = around
		}
		ask.StationIDs = append(ask.StationIDs, w.candidates...)
		ask.PersonIDs = append(append(ask.PersonIDs, w.PersonID), w.Companions...)
		if w.TeamID != "" {
			ask.TeamIDs = append(ask.TeamIDs, w.TeamID)
		}
		rules.need(&ask, w.candidates, w.proposal())
		margin = max(margin, rules.reach(w.candidates...))
		ask.widen(w.StartsAt.Add(-margin), w.EndsAt.Add(margin))
	}
	return ask, nil
}

func errStationUnknown(idOrCode string) error {
	return fault.NotFound("station_unknown", "there is no station %q", idOrCode).On("station")
}

// reserve decides once. again says that the rules moved between planning and deciding.
func (s *Service) reserve(ctx context.Context, actor account.Actor, wishes []wish, fresh bool) (made []Booking, again bool, err error) {
	ask, err := s.prepare(ctx, wishes, fresh)
	if err != nil {
		return nil, false, err
	}
	now := s.clock()
	var refused *Refused
	var lapsed []Booking
	err = s.store.Decide(ctx, ask, func(v View) (Write, error) {
		made, refused, again, lapsed = nil, nil, false, nil
		resolve(v, wishes)
		current, err := plan(v.Rules, wishes)
		if err != nil {
			return Write{}, err
		}
		if again = !ask.covers(current); again {
			return Write{}, nil
		}
		write, no, err := decideParty(v, actor, wishes, now)
		made, refused = write.Insert, no
		if no != nil && no.has(CodeSlotTaken) {
			if lapsed = v.lapsed(ask, now); len(lapsed) > 0 {
				again = true
				return Write{}, nil
			}
		}
		return write, err
	})
	switch {
	case errors.Is(err, ErrOverlap):
		return nil, true, nil
	case err != nil:
		return nil, false, err
	case again:
		return nil, true, s.lapseAll(ctx, lapsed)
	case refused != nil:
		if refused.hopeless() {
			return nil, false, refused
		}
		if wishes[0].seating != nil {
			refused.Alternatives = s.partyAlternatives(ctx, actor, wishes, now)
		} else {
			refused.Alternatives = s.alternatives(ctx, actor, wishes, now)
		}
		return nil, false, refused
	}
	return made, false, nil
}

// prepare plans with the rules known so far, and with those of this instant when they know too little.
func (s *Service) prepare(ctx context.Context, wishes []wish, fresh bool) (Ask, error) {
	if !fresh {
		rules, err := s.store.KnownRules(ctx)
		if err != nil {
			return Ask{}, err
		}
		if ask, err := plan(rules, wishes); err == nil {
			return ask, nil
		}
	}
	rules, err := s.store.Rules(ctx)
	if err != nil {
		return Ask{}, err
	}
	return plan(rules, wishes)
}

// decideParty decides all wishes of a party one after another: each sees those before it.
func decideParty(v View, actor account.Actor, wishes []wish, now time.Time) (Write, *Refused, error) {
	wishes, err := v.enrol(actor, wishes)
	if err != nil {
		return Write{}, nil, err
	}
	v.seatTogether(wishes)
	seats, none := seated(v, actor, wishes, now)
	if none != nil {
		refusals := []Refusal{*none}
		return Write{Unmet: unmetSeats(now, wishes, nil, refusals)}, &Refused{Refusals: refusals}, nil
	}
	v.seatTogether(seats)
	var made Write
	var refusals []Refusal
	against := namedTwice(v, seats)
	taken := v.Taken
	for i, w := range seats {
		others := taken
		if len(against[i]) > 0 {
			others = v.Taken // the seat before is not in its way, but its name
		}
		p, no := choose(v, actor, w, others, now)
		if no = append(against[i], no...); len(no) > 0 {
			against[i] = no
			refusals = append(refusals, w.of(i, no)...)
			continue
		}
		b := Booking{
			ID: v.NewID(), StationID: p.ID, PersonID: w.PersonID, Programme: w.Programme, Purpose: w.Purpose,
			StartsAt: w.StartsAt, EndsAt: w.EndsAt, Status: p.status(actor),
			TeamID: w.TeamID, PartyID: w.partyID, Companions: strings.Join(w.Companions, " "), Beside: w.beside,
			CreatedBy: actor.PersonID, CreatedAt: now, ChangedAt: now, Version: 1,
		}
		b = p.settle(b)
		made.Insert = append(made.Insert, b)
		taken = append(taken[:len(taken):len(taken)], b)
		v.Spent = append(v.Spent[:len(v.Spent):len(v.Spent)], b)
		act := ActReserved
		if b.Status == StatusRequested {
			act = ActRequested
			made.Effects = append(append(made.Effects, toApprove(b, now)), b.told(Booking{PersonID: b.PersonID}, actor.PersonID, now)...)
		}
		made.Trail = append(made.Trail, Entry{BookingID: b.ID, At: now, PersonID: actor.PersonID, Act: act, After: b})
		made.Effects = append(made.Effects, announce(act, b, b, actor, now)...)
	}
	if len(refusals) > 0 {
		return Write{Unmet: unmetSeats(now, seats, against, refusals)}, &Refused{Refusals: refusals}, nil
	}
	return made, nil, nil
}

// choose finds the station for a wish: among those that accept it, the one that loses least. When none does, the reasons are
// those of the station with the fewest.
func choose(v View, actor account.Actor, w wish, taken []Booking, now time.Time) (*place, []Refusal) {
	var good []*place
	var fewest []Refusal
	counted := tallies{}
	for _, id := range w.candidates {
		p := v.Rules.places[id]
		q := inquiry{proposal: w.proposal(), place: p, taken: taken, actor: actor, now: now, view: v, counted: counted}
		refusals := q.refusals()
		if len(refusals) == 0 {
			good = append(good, p)
		} else if fewest == nil || len(refusals) < len(fewest) {
			fewest = refusals
		}
	}
	switch len(good) {
	case 0:
		return nil, fewest
	case 1:
		return good[0], nil
	}
	return tightest(good, taken, w.span())[0], nil
}

func (w wish) span() equipment.Interval {
	return equipment.Interval{From: w.StartsAt, Until: w.EndsAt}
}

func (w wish) proposal() proposal {
	return proposal{
		personID: w.PersonID, span: w.span(), purpose: w.Purpose, override: w.Override, programme: w.serves(), teamID: w.TeamID, partyID: w.partyID,
		companions: w.Companions, beside: w.beside, asker: w.asker,
	}
}

func (w wish) unmet(now time.Time, refusals []Refusal) Unmet {
	u := Unmet{
		At: now, PersonID: w.PersonID, KindID: w.kindID, StartsAt: w.StartsAt, EndsAt: w.EndsAt,
		Programme: w.Programme, Purpose: w.Purpose, Codes: (&Refused{Refusals: refusals}).codes(), Seats: 1,
	}
	if w.StationID != "" {
		u.StationID = w.candidates[0]
	}
	return u
}
