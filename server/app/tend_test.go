package app

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/ledger"
)

// days is a ledger that only answers.
type days struct {
	ledger.Store
	all []ledger.StationDay
}

func (d days) Scan(_ context.Context, _ []string, from, until ledger.Day, each func(*ledger.StationDay) error) error {
	for i := range d.all {
		if d.all[i].Day >= from && d.all[i].Day < until {
			if err := each(&d.all[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func TestAWitnessReadsMinutesAcrossMidnight(t *testing.T) {
	midnight := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	before, after := ledger.StationDay{Day: ledger.DayOf(midnight) - 1}, ledger.StationDay{Day: ledger.DayOf(midnight)}
	before.Seen.SetRange(1430, 1440)
	before.Used.Set(1439)
	after.Seen.SetRange(0, 3)
	after.Used.Set(2)
	from := midnight.Add(-5 * time.Minute)
	m, err := witness{ledger: days{all: []ledger.StationDay{before, after}}}.Minutes(t.Context(), "one", from, midnight.Add(4*time.Minute+time.Second))
	if err != nil || !m.From.Equal(from) || len(m.Seen) != 10 || len(m.Used) != 10 {
		t.Fatalf("%+v, %v", m, err)
	}
	for n := range m.Seen {
		if seen, used := n < 8, n == 4 || n == 7; m.Seen[n] != seen || m.Used[n] != used {
			t.Errorf("minute %d: seen %v, used %v", n, m.Seen[n], m.Used[n])
		}
	}
}

func TestNewsOfManyBatchesIsPassedOnOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told [][]booking.News
		g := newGossip(func(_ context.Context, news []booking.News) error { told = append(told, news); return nil }, slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- g.run(ctx) }()
		day := ledger.Day(20000)
		for minute := range 20 {
			d := ledger.StationDay{Station: "one", Day: day}
			d.Seen.Set(100 + minute)
			if minute == 7 {
				d.Used.Set(107)
			}
			g.learned([]ledger.StationDay{d, {Station: "silent", Day: day}})
		}
		<-time.After(tendEvery + time.Millisecond)
		synctest.Wait()
		if len(told) != 1 || len(told[0]) != 1 {
			t.Fatalf("%+v", told)
		}
		n := told[0][0]
		if !n.Used || n.StationID != "one" || !n.From.Equal(day.Start().Add(100*time.Minute)) || !n.Until.Equal(day.Start().Add(120*time.Minute)) {
			t.Errorf("%+v", n)
		}
		for range 2 * gossipRoom { // nobody waits, whatever becomes of it
			g.learned(nil)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
