package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/ledger"
	"github.com/labtide/labtide/server/telemetry"
)

// school is a small one, all in memory; state is what its only device says.
type school struct {
	state    string
	heard    time.Time
	bookings []booking.Booking
	outage   *equipment.Outage
	many     int // so many more stations, where the device stands, too
	fail     error
}

func (s *school) Sites(context.Context) ([]equipment.Site, error) {
	return []equipment.Site{{ID: "site", TimeZone: "Asia/Shanghai"}}, s.fail
}

func (s *school) Rooms(context.Context) ([]equipment.Room, error) {
	return []equipment.Room{{ID: "r1", Code: "B203"}, {ID: "r2", Code: "A101"}}, nil
}

func (s *school) Stations(context.Context, equipment.StationFilter) ([]equipment.Station, error) {
	stations := []equipment.Station{
		{ID: "a", SiteID: "site", RoomID: "r1", Code: "PLC-01", Bookable: true},
		{ID: "b", SiteID: "site", RoomID: "r2", Code: "CNC-01", Bookable: true},
	}
	for n := range s.many {
		stations = append(stations, equipment.Station{ID: fmt.Sprint(n), SiteID: "site", RoomID: "r1", Code: fmt.Sprint(n)})
	}
	return stations, nil
}

func (s *school) Placements(context.Context, time.Time, time.Time) ([]equipment.Placement, error) {
	placements := []equipment.Placement{{DeviceID: "pc", StationID: "a"}}
	for n := range s.many {
		placements = append(placements, equipment.Placement{DeviceID: "pc", StationID: fmt.Sprint(n)})
	}
	return placements, nil
}

func (s *school) OpeningHours(context.Context, string) ([]equipment.OpeningHours, []equipment.Exception, error) {
	return nil, nil, nil
}

func (s *school) Outages(context.Context, string, time.Time, time.Time) ([]equipment.Outage, error) {
	if s.outage != nil {
		return []equipment.Outage{*s.outage}, nil
	}
	return nil, nil
}

func (s *school) States(context.Context) ([]telemetry.DeviceState, error) {
	return []telemetry.DeviceState{{Device: "pc", State: s.state, ReceivedAt: s.heard}}, nil
}

func (s *school) People(context.Context) ([]account.Person, error) {
	return []account.Person{{ID: "p", Name: "Li Na"}}, nil
}

func (s *school) Between(context.Context, []string, time.Time, time.Time) ([]booking.Booking, error) {
	return s.bookings, nil
}

func (s *school) Runs(context.Context, []equipment.Station, time.Time, time.Time) (map[string][]ledger.Run, error) {
	return nil, nil
}

func start(t *testing.T, s *school) *Board {
	s.heard = time.Now()
	b := New(Sources{Register: s, States: s, People: s, Bookings: s, Days: s}, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	synctest.Wait()
	return b
}

func TestAChangeReachesAWatcherWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &school{state: "idle"}
		b := start(t, s)
		w, gap := b.Watch("")
		defer w.Close()
		if gap {
			t.Fatal("a new watcher has missed nothing")
		}
		s.state = "in_use"
		b.Touch("a")
		started := time.Now()
		event := <-w.Events()
		if event.Card.State != StateWalkIn || time.Since(started) > time.Second {
			t.Errorf("got %s after %s", event.Card.State, time.Since(started))
		}
		if card, ok := b.Card("a"); !ok || card.State != StateWalkIn {
			t.Errorf("the card says %s", card.State)
		}
	})
}

func TestWhatDidNotChangeIsNotToldAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, &school{state: "idle"})
		w, _ := b.Watch("")
		defer w.Close()
		b.Touch("a", "b")
		b.Touch()
		time.Sleep(2 * Settle)
		synctest.Wait()
		select {
		case event := <-w.Events():
			t.Errorf("told %+v", event)
		default:
		}
	})
}

func TestSilenceAloneTurnsACardUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, &school{state: "idle"})
		time.Sleep(SilentAfter + time.Minute)
		synctest.Wait()
		if card, _ := b.Card("a"); card.State != StateUnknown {
			t.Errorf("still %s", card.State)
		}
	})
}

func TestAWatcherThatComesBackGetsWhatItMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &school{state: "idle"}
		b := start(t, s)
		snapshot, err := b.Snapshot(t.Context(), "")
		if err != nil || len(snapshot.Cards) != 2 || snapshot.Cards[0].Station.Code != "CNC-01" {
			t.Fatalf("%+v %v", snapshot, err)
		}
		s.state = "in_use"
		b.Touch("a")
		time.Sleep(2 * Settle)
		w, gap := b.Watch(snapshot.ID)
		defer w.Close()
		if event := <-w.Events(); gap || event.Card.State != StateWalkIn {
			t.Errorf("gap %v, got %s", gap, event.Card.State)
		}
	})
}

func TestAForeignOrForgottenEventIsAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &school{state: "idle"}
		b := start(t, s)
		first, _ := b.Snapshot(t.Context(), "")
		for i := range 2*History + 1 {
			s.bookings = []booking.Booking{{ID: "x", StationID: "a", Version: int64(i), Status: booking.StatusConfirmed}}
			b.refresh(t.Context(), []string{"a"})
		}
		for _, id := range []string{first.ID, "other-1", b.epoch + "-99999", "nonsense"} {
			w, gap := b.Watch(id)
			w.Close()
			if !gap {
				t.Errorf("%q is no gap", id)
			}
		}
	})
}

func TestASlowWatcherIsClosedAndTheOthersGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &school{state: "idle"}
		b := start(t, s)
		slow, _ := b.Watch("")
		for i := range 300 {
			s.bookings = []booking.Booking{{ID: "x", StationID: "a", Version: int64(i), Status: booking.StatusConfirmed}}
			b.refresh(t.Context(), nil)
		}
		n := 0
		for range slow.Events() {
			n++
		}
		if n == 0 || n >= 300 {
			t.Errorf("a slow watcher got %d of 300 events", n)
		}
	})
}

func TestAStoreThatFailsLeavesTheLastCards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &school{state: "idle"}
		b := start(t, s)
		s.fail = errors.New("gone")
		b.Touch()
		time.Sleep(2 * Settle)
		synctest.Wait()
		if card, ok := b.Card("a"); !ok || card.State != StateFree {
			t.Errorf("got %+v", card.State)
		}
	})
}

func TestSnapshotOfARoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, &school{state: "idle"})
		s, err := b.Snapshot(t.Context(), "r1")
		if err != nil || len(s.Cards) != 1 || s.Cards[0].Station.ID != "a" {
			t.Errorf("%+v %v", s, err)
		}
	})
}

func TestAnOutageThatEndsIsSeenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &school{state: "idle"}
		ends := time.Now().Add(7 * time.Second)
		s.outage = &equipment.Outage{StationID: "a", StartsAt: time.Now().Add(-time.Hour), EndsAt: ends}
		b := start(t, s)
		if card, _ := b.Card("a"); card.State != StateDown {
			t.Fatalf("it is %s", card.State)
		}
		time.Sleep(8 * time.Second)
		synctest.Wait()
		if card, _ := b.Card("a"); card.State != StateFree {
			t.Errorf("a second after the outage it is %s", card.State)
		}
	})
}

func TestAStationThatSomebodyHoldsIsNotFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		offer := booking.Booking{
			ID: "x", StationID: "a", PersonID: "p", Status: booking.StatusHeld,
			StartsAt: now.Add(-time.Minute), EndsAt: now.Add(time.Hour), HeldUntil: now.Add(10 * time.Minute),
		}
		b := start(t, &school{state: "idle", bookings: []booking.Booking{offer}})
		card, _ := b.Card("a")
		if card.State != StateHeld || card.Held == nil || card.Booking != nil || !card.FreeUntil.IsZero() || !card.FreeFrom.Equal(offer.EndsAt) {
			t.Errorf("while it is offered: %+v", card)
		}
		time.Sleep(11 * time.Minute)
		synctest.Wait()
		if card, _ := b.Card("a"); card.Held != nil || len(card.Day.Bookings) != 0 {
			t.Errorf("an offer that has expired still shows: %+v", card)
		}
	})
}

func TestAMinuteAtWhichEveryCardChangesDropsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &school{state: "idle", many: 700}
		b := start(t, s)
		w, _ := b.Watch("")
		defer w.Close()
		s.state = "in_use"
		b.Touch()
		time.Sleep(2 * Spacing)
		synctest.Wait()
		if n := len(w.Events()); n != 701 {
			t.Errorf("%d events, want one of each of 701 stations", n)
		}
	})
}
