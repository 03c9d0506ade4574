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

// CheckImport judges rows against the rules, against what is there (the active bookings of their stations), and against
// each other. The past is permitted, and only what cannot be true is refused: unknown stations, empty intervals, overlaps.
func CheckImport(rules *Rules, there, rows []Booking) error {
	var faults []ImportFault
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

// ImportedDue gives when an imported booking is first to be looked at: when it starts, or at once when it runs. What is over is
// history: nobody is judged for it.
func ImportedDue(b Booking, now time.Time) time.Time {
	if b.Status != StatusConfirmed || !b.judged() || !b.EndsAt.After(now) {
		return time.Time{}
	}
	return b.StartsAt
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
		if b.b.StartsAt.Before(a.b.EndsAt) {
			blame, other := b, a
			if blame.row < 0 {
				blame, other = a, b
			}
			q := inquiry{proposal: proposal{span: blame.b.Interval()}, place: p, taken: []Booking{other.b}}
			if f := slotTaken(&q); f != nil && blame.row >= 0 {
				faults = append(faults, importFault(blame.row, p, CodeSlotTaken, f))
			}
		}
		if b.b.EndsAt.After(a.b.EndsAt) {
			latest = n
		}
	}
	return faults
}
