package live

import (
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/telemetry"
)

var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

func TestStateOfAStation(t *testing.T) {
	heard := func(state string, ago time.Duration) telemetry.DeviceState {
		return telemetry.DeviceState{State: state, ReceivedAt: noon.Add(-ago)}
	}
	down := &equipment.Outage{}
	for _, c := range []struct {
		name         string
		states       []telemetry.DeviceState
		open, booked bool
		outage       *equipment.Outage
		want         State
		held         bool
	}{
		{"nobody tells", nil, true, false, nil, StateUnknown, false},
		{"idle and not booked", []telemetry.DeviceState{heard("idle", 0)}, true, false, nil, StateFree, false},
		{"away counts as idle", []telemetry.DeviceState{heard("away", 0)}, true, false, nil, StateFree, false},
		{"used and booked", []telemetry.DeviceState{heard("in_use", 0)}, true, true, nil, StateInUse, false},
		{"a machine job is use", []telemetry.DeviceState{heard("busy", 0)}, true, true, nil, StateInUse, false},
		{"used and not booked", []telemetry.DeviceState{heard("in_use", 0)}, true, false, nil, StateWalkIn, false},
		{"booked and nobody there", []telemetry.DeviceState{heard("idle", 0)}, true, true, nil, StateBookedIdle, false},
		{"closed", []telemetry.DeviceState{heard("idle", 0)}, false, false, nil, StateClosed, false},
		{"used while closed", []telemetry.DeviceState{heard("in_use", 0)}, false, false, nil, StateWalkIn, false},
		{"lost never looks free", []telemetry.DeviceState{heard("lost", 0)}, true, false, nil, StateUnknown, false},
		{"stopping never looks free", []telemetry.DeviceState{heard("stopping", 0)}, true, false, nil, StateUnknown, false},
		{"silence never looks free", []telemetry.DeviceState{heard("idle", SilentAfter+time.Second)}, true, false, nil, StateUnknown, false},
		{"samples alone never look free", []telemetry.DeviceState{heard("", 0)}, true, false, nil, StateUnknown, false},
		{"a device that cannot see never looks free", []telemetry.DeviceState{{State: "idle", Source: "none", ReceivedAt: noon}}, true, false, nil, StateUnknown, false},
		{"but it may report a fault", []telemetry.DeviceState{{State: "fault", Source: "none", ReceivedAt: noon}}, true, false, nil, StateDown, false},
		{"a plug that still reports is enough", []telemetry.DeviceState{heard("lost", 0), heard("idle", 0)}, true, false, nil, StateFree, false},
		{"one that sees use is enough", []telemetry.DeviceState{heard("idle", 0), heard("in_use", 0)}, true, true, nil, StateInUse, false},
		{"a fault", []telemetry.DeviceState{heard("fault", 0)}, true, false, nil, StateDown, false},
		{"an outage wins over use", []telemetry.DeviceState{heard("in_use", 0)}, true, true, down, StateDown, false},
		{"idle, and offered to somebody", []telemetry.DeviceState{heard("idle", 0)}, true, false, nil, StateHeld, true},
		{"used while it is offered to somebody", []telemetry.DeviceState{heard("in_use", 0)}, true, false, nil, StateWalkIn, true},
		{"silent while it is offered to somebody", nil, true, false, nil, StateUnknown, true},
		{"a buffer after closing time", []telemetry.DeviceState{heard("idle", 0)}, false, false, nil, StateClosed, true},
	} {
		if got := decide(weigh(c.states, noon), c.open, c.booked, c.held, c.outage); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestASampleIsASignOfLifeUntilItsMinuteEnds(t *testing.T) {
	s := telemetry.DeviceState{State: "idle", ReceivedAt: noon.Add(-time.Hour), LastSampleAt: noon.Add(-4 * time.Minute)}
	if e := weigh([]telemetry.DeviceState{s}, noon); !e.known || !e.seenAt.Equal(noon.Add(-3*time.Minute)) {
		t.Errorf("got %+v", e)
	}
}

func TestFreeTimeAroundBookings(t *testing.T) {
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	slot := func(from, until int) Slot { return Slot{StartsAt: at(from), EndsAt: at(until)} }
	as := func(status booking.Status, s Slot) Slot { s.Status = status; return s }
	offer := func(from, until int) Slot { return as(booking.StatusHeld, slot(from, until)) }
	buffered := func(from, until, occupied int) Slot {
		s := slot(from, until)
		s.OccupiedUntil = at(occupied)
		return s
	}
	down := func(from, until int) equipment.Interval { return equipment.Interval{From: at(from), Until: at(until)} }
	open := []equipment.Interval{{From: at(-240), Until: at(480)}}
	var never time.Time
	for _, c := range []struct {
		name                  string
		slots                 []Slot
		outages               []equipment.Interval
		from, until           time.Time
		running, held, coming bool
	}{
		{"nothing booked: until it closes", nil, nil, never, at(480), false, false, false},
		{"until the next booking", []Slot{slot(-60, 0), slot(90, 120)}, nil, never, at(90), false, false, true},
		{"running, then free", []Slot{slot(-30, 30)}, nil, at(30), never, true, false, false},
		{"back to back is one stretch", []Slot{slot(-30, 30), slot(30, 60), slot(90, 100)}, nil, at(60), never, true, false, true},
		{"an offer keeps the station, and is nobody's promise", []Slot{offer(-30, 30), slot(30, 60)}, nil, at(60), never, false, true, true},
		{"a request keeps it, too", []Slot{as(booking.StatusRequested, slot(-30, 30))}, nil, at(30), never, false, true, false},
		{"until the next offer", []Slot{offer(60, 90), slot(90, 120)}, nil, never, at(60), false, false, true},
		{"cleaning after a booking keeps it", []Slot{buffered(-60, -5, 10)}, nil, at(10), never, false, true, false},
		{"and after one that was given back", []Slot{as(booking.StatusEnded, buffered(-60, -5, 10))}, nil, at(10), never, false, true, false},
		{"cleaning between two", []Slot{buffered(-30, 30, 45), buffered(45, 60, 75)}, nil, at(75), never, true, false, true},
		{"cleaning that is over", []Slot{buffered(-60, -15, 0)}, nil, never, at(480), false, false, false},
		{"until a planned outage", nil, []equipment.Interval{down(60, 90)}, never, at(60), false, false, false},
		{"a booking, then an outage", []Slot{slot(-30, 30)}, []equipment.Interval{down(30, 90)}, at(90), never, true, false, false},
		{"then one until further notice", []Slot{slot(-30, 30)}, []equipment.Interval{{From: at(30)}}, never, never, true, false, false},
	} {
		o := look(Strip{Bookings: c.slots, Outages: c.outages, Open: open}, noon)
		if !o.freeFrom.Equal(c.from) || !o.freeUntil.Equal(c.until) || (o.running != nil) != c.running || (o.held != nil) != c.held || (o.next != nil) != c.coming {
			t.Errorf("%s: %+v", c.name, o)
		}
	}
	if o := look(Strip{Open: []equipment.Interval{{From: at(60), Until: at(90)}}}, noon); !o.freeUntil.IsZero() {
		t.Errorf("closed now, and free until %v", o.freeUntil)
	}
}
