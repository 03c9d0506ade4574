package booking

import (
	"context"
	"slices"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
)

// How far from a wish alternatives are looked for.
const (
	lookBack  = 24 * time.Hour
	lookAhead = 48 * time.Hour
)

// alternatives looks for up to three ways out for the first wish of a refused party. They are looked for outside of the
// transaction, so nobody waits for them, and are true as of that moment; a search that fails leaves the refusal, which is
// the answer, without them.
func (s *Service) alternatives(ctx context.Context, actor account.Actor, wishes []wish, now time.Time) []Alternative {
	if len(wishes) != 1 {
		return nil
	}
	return s.search(ctx, actor, wishes[0], wishes[0].proposal(), now)
}

func (s *Service) search(ctx context.Context, actor account.Actor, w wish, pr proposal, now time.Time) []Alternative {
	rules, err := s.store.Rules(ctx)
	if err != nil || pr.span.Empty() {
		return nil
	}
	p := rules.place(w.candidates[0])
	if p == nil || pr.span.Until.Sub(pr.span.From) > 31*24*time.Hour {
		return nil
	}
	window := equipment.Interval{From: pr.span.From.Add(-lookBack), Until: pr.span.Until.Add(lookAhead)}
	stations := rules.equivalent(p)
	reach := rules.reach(stations...)
	taken, err := s.store.Active(ctx, stations, w.PersonID, window.From.Add(-reach), window.Until.Add(reach))
	if err != nil {
		return nil
	}
	theirs, err := s.activeOf(ctx, pr.companions, window.From.Add(-reach), window.Until.Add(reach))
	if err != nil {
		return nil
	}
	taken = append(taken, theirs...)
	wide := pr
	wide.span = window
	view, err := s.standing(ctx, rules, stations, &wide)
	if err != nil {
		return nil
	}
	pr.programme = wide.programme
	f := finder{
		inquiry: inquiry{proposal: pr, place: p, taken: taken, actor: actor, now: now, view: view, counted: tallies{}},
		rules:   rules, window: window,
	}
	var out []Alternative
	if pr.stands == nil {
		if w.StationID != "" {
			out = append(out, f.otherStation(stations)...)
		}
		out = append(out, f.shifted()...)
	}
	return append(out, f.shorter()...)
}

// equivalent gives the stations of the same kind on the same site, the place itself among them.
func (r *Rules) equivalent(p *place) []string {
	return slices.DeleteFunc(slices.Clone(r.kinds[p.KindID]), func(id string) bool { return r.places[id].SiteID != p.SiteID })
}

// finder looks for alternatives to an inquiry; each that it gives has passed the validator.
type finder struct {
	inquiry
	rules  *Rules
	window equipment.Interval
}

// accepted tries a span on a place.
func (f *finder) accepted(p *place, span equipment.Interval) bool {
	q := f.inquiry
	q.place, q.span, q.override = p, span, false
	return len(q.refusals()) == 0
}

func (f *finder) otherStation(stations []string) []Alternative {
	var near, far []*place
	for _, id := range stations {
		p := f.rules.places[id]
		switch {
		case p == f.place || !f.accepted(p, f.span):
		case p.RoomID == f.place.RoomID:
			near = append(near, p)
		default:
			far = append(far, p)
		}
	}
	if len(near) == 0 {
		near = far
	}
	if len(near) == 0 {
		return nil
	}
	best := tightest(near, f.taken, f.span)[0]
	return []Alternative{{StationID: best.ID, StartsAt: f.span.From, EndsAt: f.span.Until, Why: WhyOtherStation}}
}

// shifted finds the nearest start at which the same length is free.
func (f *finder) shifted() []Alternative {
	length := f.length()
	var best *Alternative
	for _, gap := range f.free(f.window, length) {
		if f.longestIn(gap) < length {
			continue
		}
		for _, span := range f.nearest(gap, length) {
			alternative := Alternative{StationID: f.place.ID, StartsAt: span.From, EndsAt: span.Until, Why: WhyLater}
			if span.From.Before(f.span.From) {
				alternative.Why = WhyEarlier
			}
			if f.accepted(f.place, span) && (best == nil || f.distance(alternative) < f.distance(*best)) {
				best = &alternative
			}
		}
	}
	if best == nil || best.StartsAt.Equal(f.span.From) { // not shifted: shorter gives it
		return nil
	}
	return []Alternative{*best}
}

// length gives the wanted length as the policy allows it.
func (f *finder) length() time.Duration {
	length := f.place.round(f.span.Until.Sub(f.span.From))
	return min(max(length, f.place.policy.shortest()), f.place.policy.longest(f.purpose))
}

// nearest gives the spans of that length in a gap which are next to the wanted start: at it, or at the gap's ends.
func (f *finder) nearest(gap equipment.Interval, length time.Duration) []equipment.Interval {
	first := f.span.From
	if first.Before(gap.From) {
		first = gap.From
	}
	last := f.place.starts.floor(gap.Until.Add(-length))
	if first.After(last) {
		first = last
	}
	if !first.Equal(gap.From) {
		first = f.place.ceil(first)
	}
	until := f.place.ends.ceil(first.Add(length))
	if first.Before(gap.From) || until.After(gap.Until) {
		return nil
	}
	return []equipment.Interval{{From: first, Until: until}}
}

func (f *finder) distance(a Alternative) time.Duration { return a.StartsAt.Sub(f.span.From).Abs() }

// shorter finds the longest piece of the wish that is free; of a booking that stands, the latest end.
func (f *finder) shorter() []Alternative {
	if f.stands != nil {
		latest := f.span.From.Add(f.place.policy.longest(f.purpose)) // beyond it, each try would fail
		if latest.After(f.span.Until) {
			latest = f.span.Until
		}
		for until := f.place.floor(latest); until.After(f.stands.Until); until = f.place.floor(until.Add(-time.Minute)) {
			if span := (equipment.Interval{From: f.span.From, Until: until}); span != f.span && f.accepted(f.place, span) {
				return []Alternative{{StationID: f.place.ID, StartsAt: span.From, EndsAt: span.Until, Why: WhyShorter}}
			}
		}
		return nil
	}
	wanted := f.span
	if longest := f.place.policy.longest(f.purpose); wanted.Until.Sub(wanted.From) > longest {
		wanted.Until = wanted.From.Add(longest)
	}
	var best equipment.Interval
	for _, piece := range f.free(wanted, 0) {
		if longest := f.longestIn(piece); piece.Until.Sub(piece.From) > longest {
			piece.Until = f.place.floor(piece.From.Add(longest))
		}
		if piece != f.span && piece.Until.Sub(piece.From) > best.Until.Sub(best.From) && f.accepted(f.place, piece) {
			best = piece
		}
	}
	if best.Empty() {
		return nil
	}
	return []Alternative{{StationID: f.place.ID, StartsAt: best.From, EndsAt: best.Until, Why: WhyShorter}}
}
