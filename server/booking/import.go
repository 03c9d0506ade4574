package booking

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// ImportFault is what is wrong with one row.
type ImportFault struct {
	Row int // index into the rows
	Refusal
}

// ImportError lists every row that cannot be imported, in order. Nothing has been written.
type ImportError struct{ Faults []ImportFault }

// Error counts the faults and tells the first.
func (e *ImportError) Error() string {
	if len(e.Faults) == 0 {
		return "import refused"
	}
	return fmt.Sprintf("%d bookings cannot be imported; row %d: %s", len(e.Faults), e.Faults[0].Row, e.Faults[0].Detail)
}

// Bulk is bookings that come in at once, from somewhere else.
type Bulk struct {
	Rows []Booking
	Now  time.Time
	// Override takes bookings ahead although rules object that staff may override.
	Override bool
}

// Check judges rows against the rules, against what is there (the active bookings of their stations), and against each other.
// What is over happened, and only what cannot be true is refused: unknown stations, empty intervals, overlaps. What is ahead is
// asked what the rules alone can say of it; not who came before, nor what somebody has spent.
func (in Bulk) Check(rules *Rules, there []Booking) error {
	var faults []ImportFault
	rows := in.Settled(rules)
	byStation := map[string][]int{} // rows that are sound so far
	for i, row := range rows {
		p := rules.places[row.StationID]
		if p == nil {
			faults = append(faults, ImportFault{Row: i, Refusal: Refusal{
				Code: CodeStationUnknown, Detail: fmt.Sprintf("there is no station %q", row.StationID), StationID: row.StationID,
			}})
			continue
		}
		q := inquiry{proposal: proposal{span: row.Interval(), purpose: row.Purpose}, place: p}
		if f := emptyInterval(&q); f != nil {
			faults = append(faults, importFault(i, p, CodeEmptyInterval, f))
			continue
		}
		if row.Active() {
			byStation[p.ID] = append(byStation[p.ID], i)
		}
		for _, r := range rules.objections(row, in.Now) {
			if len(r.OverridableBy) == 0 || !in.Override {
				faults = append(faults, ImportFault{Row: i, Refusal: r})
			}
		}
	}
	taken := map[string][]Booking{}
	for _, b := range there {
		taken[b.StationID] = append(taken[b.StationID], b)
	}
	for station, indexes := range byStation {
		if p := rules.places[station]; p != nil {
			faults = append(faults, overlaps(p, taken[station], rows, indexes)...)
		}
	}
	if len(faults) == 0 {
		return nil
	}
	slices.SortFunc(faults, func(a, b ImportFault) int { return a.Row - b.Row })
	return &ImportError{Faults: faults}
}

// Settled gives the rows with what follows from them: those ahead keep their station for as long as others have to, and are
// looked at when they start, or at once when they run. What is over is history: nobody is judged for it.
func (in Bulk) Settled(rules *Rules) []Booking {
	out := slices.Clone(in.Rows)
	for i, b := range out {
		p := rules.places[b.StationID]
		if p == nil || !b.Active() || !b.EndsAt.After(in.Now) {
			continue
		}
		out[i].OccupiedUntil = b.EndsAt.Add(p.policy.buffer())
		if b.Status == StatusConfirmed && b.judged() {
			out[i].DueAt = b.StartsAt
		}
	}
	return out
}

func importFault(row int, p *place, code string, f *finding) ImportFault {
	return ImportFault{Row: row, Refusal: Refusal{Code: code, Detail: f.detail, StationID: p.ID, Limit: f.limit, Actual: f.actual}}
}

// overlaps sweeps over one station's rows and what is there, by start: a row that begins before the latest end so far
// overlaps with whatever ends there.
func overlaps(p *place, there, rows []Booking, indexes []int) []ImportFault {
	type entry struct {
		row int // -1: there already
		b   Booking
	}
	var entries []entry
	for _, b := range there {
		entries = append(entries, entry{-1, b})
	}
	for _, i := range indexes {
		entries = append(entries, entry{i, rows[i]})
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		if c := a.b.StartsAt.Compare(b.b.StartsAt); c != 0 {
			return c
		}
		return strings.Compare(a.b.ID, b.b.ID)
	})
	var faults []ImportFault
	for n, latest := 1, 0; n < len(entries); n++ {
		a, b := entries[latest], entries[n]
		if b.b.StartsAt.Before(a.b.Occupied().Until) {
			blame, other := b, a
			if blame.row < 0 {
				blame, other = a, b
			}
			q := inquiry{proposal: proposal{span: blame.b.Interval()}, place: p, taken: []Booking{other.b}}
			if f := slotTaken(&q); f != nil && blame.row >= 0 {
				faults = append(faults, importFault(blame.row, p, CodeSlotTaken, f))
			}
		}
		if b.b.Occupied().Until.After(a.b.Occupied().Until) {
			latest = n
		}
	}
	return faults
}
