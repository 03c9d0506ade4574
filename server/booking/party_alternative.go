package booking

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
)

// partyFinder looks for other ways to seat a party. Each that it gives has passed the validator on what stood when it read.
type partyFinder struct {
	s        *Service
	actor    account.Actor
	now      time.Time
	wanted   equipment.Interval
	stations []string // any of them would do
	people   []string
	seats    int
	self     func(Booking) bool // what does not stand in the way; nil: everything does
	// fits gives the stations of the party at another time; nil when it cannot be.
	fits func(span equipment.Interval) []string

	view   View
	window equipment.Interval
}

const (
	// partyAhead is how far from a wish another time is looked for: many stations are rarely free together.
	partyAhead = 7 * 24 * time.Hour
	// mostTries bounds how many times of a party are validated.
	mostTries = 40
)

// read looks at what stands in the window, and writes nothing.
func (f *partyFinder) read(ctx context.Context, ask func(*Rules, equipment.Interval) Ask) error {
	f.window = equipment.Interval{From: f.wanted.From.Add(-lookBack), Until: f.wanted.Until.Add(partyAhead)}
	rules, err := f.s.store.Rules(ctx)
	if err != nil {
		return err
	}
	f.view, err = f.s.store.Look(ctx, ask(rules, f.window))
	made := 0
	f.view.NewID = func() string { made++; return "tried-" + strconv.Itoa(made) } // nothing of it is stored
	return err
}

// partyAlternatives looks for up to three ways out for a refused party: other stations at the same time, further apart,
// another time, fewer seats.
func (s *Service) partyAlternatives(ctx context.Context, actor account.Actor, wishes []wish, now time.Time) []Alternative {
	f := partyFinder{s: s, actor: actor, now: now, wanted: wishes[0].span(), seats: len(wishes), stations: wishes[0].candidates}
	if f.wanted.Empty() || len(f.stations) == 0 || f.wanted.Until.Sub(f.wanted.From) > 31*24*time.Hour {
		return nil
	}
	if wishes[0].seating.named {
		f.stations = nil
		for _, w := range wishes {
			f.stations = append(f.stations, w.candidates[0])
		}
	}
	err := f.read(ctx, func(rules *Rules, window equipment.Interval) Ask {
		wide := slices.Clone(wishes)
		for i := range wide {
			wide[i].StartsAt, wide[i].EndsAt = window.From, window.Until
		}
		ask, err := plan(rules, wide)
		if err == nil && wishes[0].seating.named {
			ask.StationIDs = append(ask.StationIDs, rules.equivalent(rules.places[f.stations[0]])...)
		}
		return ask
	})
	if err != nil {
		return nil
	}
	f.fits = func(span equipment.Interval) []string { return f.seat(wishes, span) }
	out := f.sameTime(wishes)
	out = append(out, f.shifted()...)
	if len(out) < 3 {
		out = append(out, f.fewer(wishes)...)
	}
	return out[:min(len(out), 3)]
}

// seat gives the stations that these wishes would get at that time; nil when any would be refused.
func (f *partyFinder) seat(wishes []wish, span equipment.Interval) []string {
	tried := slices.Clone(wishes)
	for i := range tried {
		tried[i].StartsAt, tried[i].EndsAt, tried[i].Override = span.From, span.Until, false
	}
	write, refused, err := decideParty(f.view, f.actor, tried, f.now)
	if err != nil || refused != nil {
		return nil
	}
	var out []string
	for _, b := range write.Insert {
		out = append(out, b.StationID)
	}
	return out
}

// sameTime tries the wanted time with other stations of the kind, or further apart.
func (f *partyFinder) sameTime(wishes []wish) []Alternative {
	how := *wishes[0].seating
	why := WhyApart
	kind := wishes[0].kindID
	switch {
	case how.named:
		for _, w := range wishes {
			if w.kindID != kind {
				return nil
			}
		}
		why, how = WhyOtherStation, seating{adjacent: AdjacentPreferred}
	case how.adjacent == AdjacentRequired:
		how.adjacent = AdjacentPreferred
	case !how.across && how.roomID == "":
		how.across = true
	default:
		return nil
	}
	candidates := f.stations
	if why == WhyOtherStation {
		candidates = f.view.Rules.equivalent(f.view.Rules.places[f.stations[0]])
	}
	other := slices.Clone(wishes)
	for i := range other {
		other[i].seating, other[i].candidates = &how, candidates
	}
	return f.alternative(f.seat(other, f.wanted), f.wanted, why)
}

func (f *partyFinder) alternative(stations []string, span equipment.Interval, why Why) []Alternative {
	if len(stations) == 0 {
		return nil
	}
	return []Alternative{{StationID: stations[0], StationIDs: strings.Join(stations, " "), StartsAt: span.From, EndsAt: span.Until, Why: why}}
}

// shifted finds the nearest time of the same length at which all seats fit: one before, one after.
func (f *partyFinder) shifted() []Alternative {
	p := f.view.Rules.places[f.stations[0]]
	step := max(minutes(p.policy.GridMinutes), 15*time.Minute)
	length := f.wanted.Until.Sub(f.wanted.From)
	free := f.free()
	tries := 0
	for distance := step; distance <= partyAhead && tries < mostTries; distance += step {
		for _, start := range []time.Time{p.ceil(f.wanted.From.Add(distance)), p.starts.floor(f.wanted.From.Add(-distance))} {
			span := equipment.Interval{From: start, Until: p.ends.ceil(start.Add(length))}
			if !f.window.Contains(span) || span.From.Before(f.now) || f.room(free, span) < f.seats {
				continue
			}
			tries++
			why := WhyLater
			if start.Before(f.wanted.From) {
				why = WhyEarlier
			}
			if found := f.alternative(f.fits(span), span, why); found != nil {
				return found
			}
		}
	}
	return nil
}

// free gives the gaps of each station in the window.
func (f *partyFinder) free() [][]equipment.Interval {
	out := make([][]equipment.Interval, len(f.stations))
	for i, id := range f.stations {
		p := f.view.Rules.places[id]
		out[i] = p.gaps(f.window, nil, p.blocked(f.view.Taken, func(b Booking) bool { return b.StationID == id && (f.self == nil || !f.self(b)) }))
	}
	return out
}

// room counts the stations that are free for the whole span.
func (f *partyFinder) room(free [][]equipment.Interval, span equipment.Interval) int {
	n := 0
	for _, gaps := range free {
		if slices.ContainsFunc(gaps, func(gap equipment.Interval) bool { return gap.Contains(span) }) {
			n++
		}
	}
	return n
}

// fewer finds the largest number of seats that fit at the wanted time.
func (f *partyFinder) fewer(wishes []wish) []Alternative {
	if wishes[0].seating.named {
		var free []wish
		for _, w := range wishes {
			if f.seat([]wish{w}, f.wanted) != nil {
				free = append(free, w)
			}
		}
		if len(free) == 0 || len(free) == len(wishes) {
			return nil
		}
		return f.alternative(f.seat(free, f.wanted), f.wanted, WhyFewer)
	}
	for n := len(wishes) - 1; n > 0; n-- {
		if found := f.alternative(f.seat(wishes[:n], f.wanted), f.wanted, WhyFewer); found != nil {
			return found
		}
	}
	return nil
}

// earlierEnd finds the latest end, after the one that stands, until which all seats can stay.
func (f *partyFinder) earlierEnd(stands time.Time) []Alternative {
	p := f.view.Rules.places[f.stations[0]]
	for until := p.floor(f.wanted.Until.Add(-time.Minute)); until.After(stands); until = p.floor(until.Add(-time.Minute)) {
		span := equipment.Interval{From: f.wanted.From, Until: until}
		if found := f.alternative(f.fits(span), span, WhyShorter); found != nil {
			return found
		}
	}
	return nil
}
