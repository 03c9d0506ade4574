package csvimport

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/server/ledger"
	"github.com/labtide/labtide/server/telemetry"
)

// batch is how many samples go to the store at once.
const batch = 5000

// report is what the files say that one device saw.
type report struct {
	device    string
	intervals []wire.Interval
	single    []telemetry.Sample
}

// reports groups usage and samples by device, in the order of the device's id.
func (d *Data) reports() []report {
	byDevice := map[string]*report{}
	of := func(device string) *report {
		if byDevice[device] == nil {
			byDevice[device] = &report{device: device}
		}
		return byDevice[device]
	}
	for _, u := range d.usage {
		r := of(u.v.device)
		r.intervals = append(r.intervals, u.v.interval)
	}
	for _, s := range d.samples {
		r := of(s.v.Device)
		r.single = append(r.single, s.v)
	}
	out := make([]report, 0, len(byDevice))
	for _, r := range byDevice {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b report) int { return strings.Compare(a.device, b.device) })
	return out
}

// samples cuts the intervals into minutes; a row of samples.csv stands for its whole minute.
func (r report) samples() iter.Seq[telemetry.Sample] {
	return func(yield func(telemetry.Sample) bool) {
		said := make(map[time.Time]bool, len(r.single))
		for _, s := range r.single {
			said[s.Minute] = true
			if !yield(s) {
				return
			}
		}
		for cut := range wire.CutIntervals(r.intervals, wire.SourceManual) {
			if said[cut.Minute] {
				continue
			}
			if !yield(telemetry.Sample{Device: r.device, Minute: cut.Minute, InUseSeconds: cut.InUseSeconds,
				IdleSeconds: cut.IdleSeconds, Source: string(cut.Source)}) {
				return
			}
		}
	}
}

// samples writes the ledger first and the time series last: the ledger rolls back with the rest, the series cannot.
func (w *writer) samples(ctx context.Context) error {
	reports := w.data.reports()
	if len(reports) == 0 {
		return nil
	}
	placements, err := w.Register.Placements(ctx, time.Unix(0, 0), farFuture())
	if err != nil {
		return err
	}
	collector := ledger.NewCollector(ledger.NewPlacements(placements))
	for _, r := range reports {
		for s := range r.samples() {
			collector.Add(s.Device, s.Minute, s.Seen(), s.Used())
		}
	}
	if err := w.Ledger.Or(ctx, collector.Days()); err != nil {
		return err
	}
	for _, r := range reports {
		for chunk := range chunks(r.samples(), batch) {
			rejected, err := w.Samples.Write(ctx, chunk)
			if err != nil {
				return err
			}
			if len(rejected) > 0 {
				return fmt.Errorf("device %s, minute %s: %s", r.device, chunk[rejected[0].Index].Minute.Format(time.RFC3339), rejected[0].Reason)
			}
		}
	}
	return nil
}

// chunks groups a sequence; a chunk is valid until the next one.
func chunks(seq iter.Seq[telemetry.Sample], size int) iter.Seq[[]telemetry.Sample] {
	return func(yield func([]telemetry.Sample) bool) {
		chunk := make([]telemetry.Sample, 0, size)
		for s := range seq {
			if chunk = append(chunk, s); len(chunk) == size {
				if !yield(chunk) {
					return
				}
				chunk = chunk[:0]
			}
		}
		if len(chunk) > 0 {
			yield(chunk)
		}
	}
}
