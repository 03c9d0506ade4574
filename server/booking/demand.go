package booking

import (
	"context"
	"time"
)

// WantedFilter asks for unmet demand by the time that was wanted. Empty: all.
type WantedFilter struct {
	From       time.Time // of the start
	Until      time.Time // exclusive
	KindID     string
	StationIDs []string // a wish for any station of a kind is for none of them
	After      Cursor   // the page starts behind it
	Limit      int      // 0: all
}

// Wanted is unmet demand as planners read it.
type Wanted struct {
	Unmet
	ID string
	// Elsewhere: by now the person has, or had, a station of that kind for some of that time.
	Elsewhere bool
}

// Cursor gives the wish's place in the order of Wanted.
func (w Wanted) Cursor() Cursor { return Cursor{StartsAt: w.StartsAt, ID: w.ID} }

// Demand says how much could not be had.
type Demand struct {
	Wishes    int            // whoever tried again for the same time wished once; a party wishes once for each seat
	People    int            // who wished
	Minutes   int            // wanted station-minutes
	Elsewhere int            // of the wishes
	Codes     map[string]int // wishes by the refusals of the last try; a wish may have several
}

// Wanted gives unmet demand ordered by the start that was wanted, then id.
func (s *Service) Wanted(ctx context.Context, f WantedFilter) ([]Wanted, error) {
	return s.store.Wanted(ctx, f)
}

// try is what somebody wanted; it may have been tried several times.
type try struct {
	person, station, kind string
	from, until           int64
}

// Tally sums wishes up: by group, and all of them.
func Tally(wanted []Wanted, group func(Wanted) string) (groups map[string]Demand, total Demand) {
	last := map[try]Wanted{}
	for _, w := range wanted {
		key := try{w.PersonID, w.StationID, w.KindID, w.StartsAt.Unix(), w.EndsAt.Unix()}
		if before, again := last[key]; !again || !w.At.Before(before.At) {
			last[key] = w
		}
	}
	sums := map[string]*demandSum{}
	all := newDemandSum()
	for _, w := range last {
		key := group(w)
		if sums[key] == nil {
			sums[key] = newDemandSum()
		}
		sums[key].add(w)
		all.add(w)
	}
	groups = make(map[string]Demand, len(sums))
	for key, sum := range sums {
		groups[key] = sum.demand()
	}
	return groups, all.demand()
}

// demandSum is a Demand that knows whom it has counted.
type demandSum struct {
	Demand
	people map[string]bool
}

func newDemandSum() *demandSum {
	return &demandSum{Demand: Demand{Codes: map[string]int{}}, people: map[string]bool{}}
}

func (t *demandSum) add(w Wanted) {
	seats := max(1, w.Seats)
	t.Wishes += seats
	t.Minutes += seats * int(w.EndsAt.Sub(w.StartsAt)/time.Minute)
	if w.Elsewhere {
		t.Elsewhere += seats
	}
	for _, code := range w.Codes {
		t.Codes[code] += seats
	}
	t.people[w.PersonID] = true
}

func (t *demandSum) demand() Demand {
	t.People = len(t.people)
	return t.Demand
}
