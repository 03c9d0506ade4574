package booking

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/account"
)

// Preview says what a change of the rules would mean, by judging what people asked for under both rules.
type Preview struct {
	From, Until time.Time
	// Judged is how many standing bookings of that time were looked at; Refused are those that the present rules accept and
	// the new ones refuse, by start.
	Judged  int
	Refused []PreviewRefusal
	// Wishes is how many refused wishes of the last PreviewDays were looked at; Accepted how many of them the present rules
	// refuse and the new ones accept, and ByCode why they are refused: a wish counts for each of its reasons.
	Wishes   int
	Accepted int
	ByCode   map[string]int
	// Truncated: there was more than may be looked at in one answer.
	Truncated bool
}

// PreviewRefusal is a standing booking that the new rules would not have let be.
type PreviewRefusal struct {
	Booking Booking
	Codes   []string
}

// PreviewDays is how far back refused wishes are looked at.
const PreviewDays = 14

// Bounds of one preview.
const (
	mostStanding = 5000
	mostWishes   = 2000
	mostJudged   = 100_000 // a wish for a kind is judged on each of its stations
)

// With gives the rules as they would be with these documents: new, changed, or removed when the body is empty.
func (r *Rules) With(docs ...Document) (*Rules, error) {
	f := r.facts
	for _, d := range docs {
		switch d.Kind {
		case DocumentPolicy:
			f.Policies = slices.DeleteFunc(slices.Clone(f.Policies), func(p PolicyRule) bool { return PolicyID(p.Scope, p.ScopeID) == d.ID })
		case DocumentQuota:
			f.Quotas = slices.DeleteFunc(slices.Clone(f.Quotas), func(q Quota) bool { return q.ID == d.ID })
		case DocumentSeason:
			f.Seasons = slices.DeleteFunc(slices.Clone(f.Seasons), func(s Season) bool { return s.ID == d.ID })
		case DocumentTerm:
			f.Terms = slices.DeleteFunc(slices.Clone(f.Terms), func(t Term) bool { return t.ID == d.ID })
		}
		if len(d.Body) == 0 {
			continue
		}
		if err := f.Add(d); err != nil {
			return nil, err
		}
	}
	return NewRules(f), nil
}

// Preview judges a clause before it is made; nil removes the document of that kind and id. A booking is judged as if it
// were made under the rules at the instant at which it was made, after those that were made before it; a wish at the instant
// at which it was refused, as far as what stood then still stands. from zero: tomorrow at each station; until zero: as far as
// anybody may book.
func (c *Charter) Preview(ctx context.Context, d Clause, kind DocumentKind, id string, from, until time.Time) (Preview, error) {
	doc := Document{Kind: kind, ID: id}
	if d != nil {
		var err error
		if doc, err = c.check(ctx, d); err != nil {
			return Preview{}, err
		}
		if doc.ID == "" {
			doc.ID = newDocumentID()
		}
	}
	present, err := c.store.Rules(ctx)
	if err != nil {
		return Preview{}, err
	}
	changed, err := present.With(doc)
	if err != nil {
		return Preview{}, err
	}
	now := c.clock()
	out := Preview{From: from, Until: until, ByCode: map[string]int{}}
	if out.Until.IsZero() {
		out.Until = later(present.lastHorizon(now), changed.lastHorizon(now))
	}
	if out.From.IsZero() {
		out.From = present.firstTomorrow(now)
	}
	cases, err := c.cases(ctx, &out, present, now, from.IsZero())
	if err != nil {
		return out, err
	}
	worlds := [2]*world{newWorld(present, nil), newWorld(changed, present)}
	if err := c.gather(ctx, worlds, cases); err != nil {
		return out, err
	}
	return out, out.judge(ctx, worlds, cases)
}

// lastHorizon gives the last instant at which anything may be booked.
func (r *Rules) lastHorizon(now time.Time) time.Time {
	last := now
	for _, p := range r.places {
		for _, purpose := range []Purpose{PurposePractice, PurposeClass} {
			last = later(p.policy.horizon(purpose, now, p.loc), last)
		}
	}
	return last.UTC()
}

// firstTomorrow gives the first instant of tomorrow at whichever station has it first.
func (r *Rules) firstTomorrow(now time.Time) time.Time {
	first := now.Add(48 * time.Hour)
	for _, p := range r.places {
		if tomorrow := p.tomorrow(now); tomorrow.Before(first) {
			first = tomorrow
		}
	}
	return first.UTC()
}

// judged is a standing booking or a refused wish, as the validator sees it.
type judged struct {
	booking  Booking // ID empty: a wish
	pr       proposal
	stations []string // any of them would do
	at       time.Time
	actor    account.Actor
}

// cases finds what is to be judged, in the order in which it came.
func (c *Charter) cases(ctx context.Context, out *Preview, rules *Rules, now time.Time, tomorrow bool) ([]judged, error) {
	var all []judged
	for _, status := range []Status{StatusConfirmed, StatusRequested} {
		standing, err := c.store.List(ctx, Filter{From: out.From, Until: out.Until, Status: status, Limit: mostStanding + 1})
		if err != nil {
			return nil, err
		}
		for _, b := range standing {
			p := rules.places[b.StationID]
			if p == nil || b.StartsAt.Before(out.From) || (tomorrow && b.StartsAt.Before(p.tomorrow(now))) {
				continue
			}
			at := b.CreatedAt
			if at.IsZero() || at.After(b.StartsAt) {
				at = b.StartsAt // it was imported
			}
			pr := change(b, b, false)
			pr.stands, pr.was, pr.agreed = nil, nil, true // as if it were made anew
			all = append(all, judged{booking: b, pr: pr, stations: []string{b.StationID}, at: at, actor: asking(b.PersonID, b.Purpose)})
		}
	}
	slices.SortFunc(all, func(a, b judged) int { return byStart(a.booking, b.booking) })
	if len(all) > mostStanding {
		all, out.Truncated = all[:mostStanding], true
	}
	out.Judged = len(all)
	wishes, err := c.store.Unmet(ctx, now.AddDate(0, 0, -PreviewDays), now.Add(time.Second))
	if err != nil {
		return nil, err
	}
	if len(wishes) > mostWishes {
		wishes, out.Truncated = wishes[len(wishes)-mostWishes:], true
	}
	all = append(all, once(rules, wishes)...)
	slices.SortStableFunc(all, func(a, b judged) int {
		return cmp.Or(a.at.Compare(b.at), strings.Compare(a.booking.ID, b.booking.ID))
	})
	return all, nil
}

func byStart(a, b Booking) int {
	return cmp.Or(a.StartsAt.Compare(b.StartsAt), strings.Compare(a.ID, b.ID))
}

// once makes cases of wishes; whoever tried again for the same time wished once.
func once(rules *Rules, wishes []Unmet) []judged {
	type wished struct{ person, station, kind, span string }
	seen := map[wished]bool{}
	var out []judged
	for _, u := range wishes {
		stations := []string{u.StationID}
		if u.StationID == "" {
			stations, _ = rules.ofKind(u.KindID)
		} else if rules.places[u.StationID] == nil {
			stations = nil
		}
		pr := proposal{personID: u.PersonID, purpose: u.Purpose, programme: u.Programme, agreed: !slices.Contains(u.Codes, CodeProgrammeNotYours)}
		pr.span.From, pr.span.Until = u.StartsAt, u.EndsAt
		key := wished{u.PersonID, u.StationID, u.KindID, span(pr.span)}
		if len(stations) == 0 || seen[key] || pr.span.Empty() {
			continue
		}
		seen[key] = true
		out = append(out, judged{pr: pr, stations: stations, at: u.At, actor: asking(u.PersonID, u.Purpose)})
	}
	return out
}

// asking is somebody who may ask for such a booking at all: who it was does not matter to the rules that change.
func asking(personID string, purpose Purpose) account.Actor {
	if purpose == PurposeClass {
		return account.SignedIn(personID, account.RoleInstructor)
	}
	return account.SignedIn(personID, account.RoleStudent)
}

// judge asks both worlds about each case.
func (out *Preview) judge(ctx context.Context, worlds [2]*world, cases []judged) error {
	left := mostJudged
	for i, c := range cases {
		if i%64 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if left -= len(c.stations); left < 0 {
			out.Truncated = true
			break
		}
		before, after := worlds[0].refusals(c), worlds[1].refusals(c)
		if c.booking.ID == "" {
			out.Wishes++
			if len(before) > 0 && len(after) == 0 {
				out.Accepted++
				for _, code := range before {
					out.ByCode[code]++
				}
			}
			continue
		}
		if len(after) > 0 {
			worlds[1].refused[c.booking.ID] = true
		}
		if len(before) == 0 && len(after) > 0 {
			out.Refused = append(out.Refused, PreviewRefusal{Booking: c.booking, Codes: after})
		}
	}
	slices.SortFunc(out.Refused, func(a, b PreviewRefusal) int { return byStart(a.Booking, b.Booking) })
	return nil
}
