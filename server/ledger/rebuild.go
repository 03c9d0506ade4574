package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// Evidence reads the time series: it calls each for the minutes of a device in [from, until), and returns an error of
// each. seen and used are those of the sample.
type Evidence func(ctx context.Context, device string, from, until time.Time, each func(minute time.Time, seen, used bool) error) error

// Rebuilder makes the facts anew from the time series.
type Rebuilder struct {
	Store      Store
	Placements func(ctx context.Context, from, until time.Time) ([]equipment.Placement, error)
	Evidence   Evidence
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
func (r Rebuilder) Rebuild(ctx context.Context, from, until Day) (Rebuilt, error) {
	var total Rebuilt
	for ; from < until; from += rebuildDays {
		end := min(from+rebuildDays, until)
		days, minutes, err := r.collect(ctx, from, end)
		if err == nil {
			err = r.Store.Replace(ctx, from, end, days)
		}
		if err == nil {
			days, minutes, err = r.collect(ctx, from, end)
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

func (r Rebuilder) collect(ctx context.Context, from, until Day) ([]StationDay, int64, error) {
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
			collector.Add(device, minute, seen, used)
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
	}
	return collector.Days(), minutes, nil
}
