package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// Evidence reads the time series: it calls each for the minutes of a device in [from, until), and returns an error of
// each. seen and used are those of the sample.
type Evidence func(ctx context.Context, device string, from, until time.Time, each func(minute time.Time, seen, used bool) error) error

// Rebuilder makes the facts anew from the time series.
type Rebuilder struct {
	Store      Store
	Placements func(ctx context.Context, from, until time.Time) ([]equipment.Placement, error)
	Evidence   Evidence
	// Force gives up facts of which no sample is left: expired ones, or those of a time series that was lost.
	Force bool
}

// Rebuilt says what a rebuild has read and made.
type Rebuilt struct {
	Minutes     int64 // of devices
	StationDays int64
}

// rebuildDays bounds how much is in memory: some 11 KB for each station.
const rebuildDays Day = 28

// Rebuild makes the facts of the UTC days from ≤ day < until anew, some weeks at a time, while ingest goes on. Ingest
// writes the time series first and the ledger after it, so a minute that came in between the first reading and Replace,
// and that Replace has wiped out, is found by the second reading. When it fails, run it again.
//
// Facts of a day of which no sample is left at all are not thrown away unless Force: fault.KindConflict "samples_gone".
func (r Rebuilder) Rebuild(ctx context.Context, from, until Day) (Rebuilt, error) {
	var total Rebuilt
	for ; from < until; from += rebuildDays {
		end := min(from+rebuildDays, until)
		seen := map[Day]bool{}
		days, minutes, err := r.collect(ctx, from, end, seen)
		if err == nil && !r.Force {
			err = r.guard(ctx, from, end, seen)
		}
		if err == nil {
			err = r.Store.Replace(ctx, from, end, days)
		}
		if err == nil {
			days, minutes, err = r.collect(ctx, from, end, seen)
		}
		if err == nil {
			err = r.Store.Or(ctx, days)
		}
		if err != nil {
			return total, fmt.Errorf("rebuild from %s: %w", from.Start().Format(time.DateOnly), err)
		}
		total.Minutes += minutes
		total.StationDays += int64(len(days))
	}
	return total, nil
}

// guard refuses to give up facts that cannot be had again; seen are the days of which there are samples.
func (r Rebuilder) guard(ctx context.Context, from, until Day, seen map[Day]bool) error {
	lost, first := 0, until
	err := r.Store.Scan(ctx, nil, from, until, func(d *StationDay) error {
		if !seen[d.Day] && d.Seen.Count() > 0 {
			lost, first = lost+1, min(first, d.Day)
		}
		return nil
	})
	if err != nil || lost == 0 {
		return err
	}
	return fault.Conflict("samples_gone", "the ledger knows %d station-days, the first on %s, of which no sample is left: they would become unknown. "+
		"Rebuild a later time, or add -force to give them up", lost, first.Start().Format(time.DateOnly))
}

// collect makes the facts from the time series, and notes the days of which it has samples.
func (r Rebuilder) collect(ctx context.Context, from, until Day, days map[Day]bool) ([]StationDay, int64, error) {
	placements, err := r.Placements(ctx, from.Start(), until.Start())
	if err != nil {
		return nil, 0, err
	}
	places := NewPlacements(placements)
	collector := NewCollector(places)
	minutes := int64(0)
	for _, device := range places.Devices() {
		err := r.Evidence(ctx, device, from.Start(), until.Start(), func(minute time.Time, seen, used bool) error {
			minutes++
			days[DayOf(minute)] = true
			collector.Add(device, minute, seen, used)
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
	}
	return collector.Days(), minutes, nil
}
