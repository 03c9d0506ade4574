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
	}{
		{"nobody tells", nil, true, false, nil, StateUnknown},
		{"idle and not booked", []telemetry.DeviceState{heard("idle", 0)}, true, false, nil, StateFree},
		{"away counts as idle", []telemetry.DeviceState{heard("away", 0)}, true, false, nil, StateFree},
		{"used and booked", []telemetry.DeviceState{heard("in_use", 0)}, true, true, nil, StateInUse},
		{"a machine job is use", []telemetry.DeviceState{heard("busy", 0)}, true, true, nil, StateInUse},
		{"used and not booked", []telemetry.DeviceState{heard("in_use", 0)}, true, false, nil, StateWalkIn},
		{"booked and nobody there", []telemetry.DeviceState{heard("idle", 0)}, true, true, nil, StateBookedIdle},
		{"closed", []telemetry.DeviceState{heard("idle", 0)}, false, false, nil, StateClosed},
		{"used while closed", []telemetry.DeviceState{heard("in_use", 0)}, false, false, nil, StateWalkIn},
		{"lost never looks free", []telemetry.DeviceState{heard("lost", 0)}, true, false, nil, StateUnknown},
		{"stopping never looks free", []telemetry.DeviceState{heard("stopping", 0)}, true, false, nil, StateUnknown},
		{"silence never looks free", []telemetry.DeviceState{heard("idle", SilentAfter+time.Second)}, true, false, nil, StateUnknown},
		{"samples alone never look free", []telemetry.DeviceState{heard("", 0)}, true, false, nil, StateUnknown},
		{"a device that cannot see never looks free", []telemetry.DeviceState{{State: "idle", Source: "none", ReceivedAt: noon}}, true, false, nil, StateUnknown},
		{"but it may report a fault", []telemetry.DeviceState{{State: "fault", Source: "none", ReceivedAt: noon}}, true, false, nil, StateDown},
		{"a plug that still reports is enough", []telemetry.DeviceState{heard("lost", 0), heard("idle", 0)}, true, false, nil, StateFree},
		{"one that sees use is enough", []telemetry.DeviceState{heard("idle", 0), heard("in_use", 0)}, true, true, nil, StateInUse},
		{"a fault", []telemetry.DeviceState{heard("fault", 0)}, true, false, nil, StateDown},
		{"an outage wins over use", []telemetry.DeviceState{heard("in_use", 0)}, true, true, down, StateDown},
	} {
		if got := decide(weigh(c.states, noon), c.open, c.booked, c.outage); got != c.want {
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
	offer := func(from, until int) Slot { s := slot(from, until); s.Status = booking.StatusHeld; return s }
	open := []equipment.Interval{{From: at(-240), Until: at(480)}}
	for _, c := range []struct {
		name            string
		slots           []Slot
		open            []equipment.Interval
		from, until     time.Time
		running, coming bool
	}{
		{"nothing booked: until it closes", nil, open, time.Time{}, at(480), false, false},
		{"until the next booking", []Slot{slot(-60, 0), slot(90, 120)}, open, time.Time{}, at(90), false, true},
		{"running, then free", []Slot{slot(-30, 30)}, open, at(30), time.Time{}, true, false},
		{"back to back is one stretch", []Slot{slot(-30, 30), slot(30, 60), slot(90, 100)}, open, at(60), time.Time{}, true, true},
		{"an offer keeps the station, and is nobody's promise", []Slot{offer(-30, 30), slot(30, 60)}, open, at(60), time.Time{}, false, true},
		{"until the next offer", []Slot{offer(60, 90), slot(90, 120)}, open, time.Time{}, at(60), false, true},
		{"closed now", nil, []equipment.Interval{{From: at(60), Until: at(90)}}, time.Time{}, time.Time{}, false, false},
	} {
		running, next, from, until := slots(c.slots, c.open, noon)
		if !from.Equal(c.from) || !until.Equal(c.until) || (running != nil) != c.running || (next != nil) != c.coming {
			t.Errorf("%s: running %v, next %v, from %v, until %v", c.name, running, next, from, until)
		}
	}
}
