package app

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/ledger"
)

// witness tells the booking rules what was seen of a station: the ledger's bits, and the outages.
type witness struct {
	ledger  ledger.Store
	outages interface {
		Outages(ctx context.Context, stationID string, from, until time.Time) ([]equipment.Outage, error)
	}
}

// Minutes reads the one or two station-days that a booking touches.
func (w witness) Minutes(ctx context.Context, stationID string, from, until time.Time) (booking.Minutes, error) {
	n := int(until.Sub(from)+time.Minute-1) / int(time.Minute)
	out := booking.Minutes{From: from, Seen: make([]bool, n), Used: make([]bool, n)}
	first, end := ledger.Days(from, until)
	err := w.ledger.Scan(ctx, []string{stationID}, first, end, func(d *ledger.StationDay) error {
		low, high := d.Day.MinutesWithin(from, until)
		offset := int(d.Day.Start().Sub(from) / time.Minute)
		for m := low; m < high; m++ {
			out.Seen[m+offset], out.Used[m+offset] = d.Seen.Has(m), d.Used.Has(m)
		}
		return nil
	})
	return out, err
}

// Outages gives those of the station that overlap the time.
func (w witness) Outages(ctx context.Context, stationID string, from, until time.Time) ([]equipment.Outage, error) {
	return w.outages.Outages(ctx, stationID, from, until)
}

// tendEvery is how often the server looks for bookings that are due; each process a little off the others.
const tendEvery = time.Second

// tend looks at bookings that are due until ctx ends. What a dead process left, or was due while none ran, is caught up with:
// a full round is followed by the next at once.
func tend(ctx context.Context, tender *booking.Tender, log *slog.Logger) error {
	for {
		n, err := tender.Tend(ctx)
		if err != nil && ctx.Err() == nil {
			log.Error("bookings that are due could not be looked at; they are tried again", "error", err)
		}
		pause := tendEvery*3/4 + rand.N(tendEvery/2)
		if tender.Full(n) && err == nil {
			pause = 0
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// gossip gathers what has become known of stations, and passes it on: whoever stores samples must not wait for it.
type gossip struct {
	news chan []ledger.StationDay
	tell func(ctx context.Context, news []booking.News) error
	log  *slog.Logger
}

// gossipRoom bounds what waits; what finds no room is lost, and bookings are looked at again anyway.
const gossipRoom = 256

func newGossip(tell func(ctx context.Context, news []booking.News) error, log *slog.Logger) *gossip {
	return &gossip{news: make(chan []ledger.StationDay, gossipRoom), tell: tell, log: log}
}

// learned takes news, and never blocks.
func (g *gossip) learned(days []ledger.StationDay) {
	select {
	case g.news <- days:
	default:
	}
}

// run passes news on once a second until ctx ends.
func (g *gossip) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case days := <-g.news:
			gathered := map[stationDay]booking.News{}
			gather(gathered, days)
			pause := time.NewTimer(tendEvery)
			for waiting := true; waiting; {
				select {
				case <-ctx.Done():
					pause.Stop()
					return nil
				case more := <-g.news:
					gather(gathered, more)
				case <-pause.C:
					waiting = false
				}
			}
			if err := g.tell(ctx, values(gathered)); err != nil && ctx.Err() == nil && !errors.Is(err, context.Canceled) {
				g.log.Warn("news of stations did not reach their bookings; they are looked at again anyway", "error", err)
			}
		}
	}
}

type stationDay struct {
	station string
	day     ledger.Day
}

func values(gathered map[stationDay]booking.News) []booking.News {
	out := make([]booking.News, 0, len(gathered))
	for _, n := range gathered {
		out = append(out, n)
	}
	return out
}

// gather notes from when until when something is known.
func gather(into map[stationDay]booking.News, days []ledger.StationDay) {
	for i := range days {
		d := &days[i]
		first, end := ledger.Minutes, 0
		d.Seen.Runs(func(from, until int) { first, end = min(first, from), max(end, until) })
		if first >= end {
			continue
		}
		start := d.Day.Start()
		n := booking.News{
			StationID: d.Station, From: start.Add(time.Duration(first) * time.Minute), Until: start.Add(time.Duration(end) * time.Minute),
			Used: !d.Used.Empty(),
		}
		key := stationDay{d.Station, d.Day}
		if before, ok := into[key]; ok {
			if before.From.Before(n.From) {
				n.From = before.From
			}
			if before.Until.After(n.Until) {
				n.Until = before.Until
			}
			n.Used = n.Used || before.Used
		}
		into[key] = n
	}
}
