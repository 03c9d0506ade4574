package telemetrytest

import (
	"context"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/labtide/labtide/server/telemetry"
)

// StateDevices are the devices that RunStateStore speaks of; a store that asks for registered ones registers these.
func StateDevices() []string { return []string{"pc-1", "pc-2", "pc-3"} }

// RunStateStore runs the conformance suite of the device states. newStore gives a store without states.
func RunStateStore(t *testing.T, newStore func(t *testing.T) telemetry.StateStore) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, f *stateFixture)
	}{
		{"no device has a state at first", func(_ *testing.T, f *stateFixture) { f.want() }},
		{"a state comes back as it was put", testStateRoundTrip},
		{"within a session the later one wins", testStateWithinSession},
		{"lost ends its session", testStateLost},
		{"a late will does not overwrite a newer birth", testStateLateWill},
		{"notes raise the last sample and never lower it", testStateNotes},
		{"notes survive a state and states survive notes", testStateNotesKept},
		{"notes may come before the first state", testStateNotesFirst},
		{"conflicts of concurrent notes add up", testStateConcurrentNotes},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.run(t, &stateFixture{t: t, store: newStore(t), base: Base()})
		})
	}
}

type stateFixture struct {
	t     *testing.T
	store telemetry.StateStore
	base  time.Time
}

func (f *stateFixture) at(seconds int) time.Time {
	return f.base.Add(time.Duration(seconds) * time.Second)
}

func (f *stateFixture) state(device string, session int64, state string, seconds int) telemetry.DeviceState {
	return telemetry.DeviceState{
		Device: device, Session: session, State: state, Since: f.at(seconds),
		Source: "x11", Agent: "0.3.1", ReceivedAt: f.at(seconds + 1),
	}
}

func (f *stateFixture) put(s telemetry.DeviceState, want bool) {
	f.t.Helper()
	now, err := f.store.PutState(f.t.Context(), s)
	if err != nil {
		f.t.Fatalf("PutState: %v", err)
	}
	if now != want {
		f.t.Errorf("PutState of session %d %q says %v, want %v", s.Session, s.State, now, want)
	}
}

func (f *stateFixture) note(notes ...telemetry.SampleNote) {
	f.t.Helper()
	if err := f.store.NoteSamples(f.t.Context(), notes); err != nil {
		f.t.Fatalf("NoteSamples: %v", err)
	}
}

// want compares all states, in any order, to the second.
func (f *stateFixture) want(want ...telemetry.DeviceState) {
	f.t.Helper()
	states, err := f.store.States(f.t.Context())
	if err != nil {
		f.t.Fatalf("States: %v", err)
	}
	got := map[string]telemetry.DeviceState{}
	for _, s := range states {
		if _, twice := got[s.Device]; twice {
			f.t.Errorf("%s is there twice", s.Device)
		}
		got[s.Device] = normal(s)
	}
	if len(got) != len(want) {
		f.t.Fatalf("states are %+v, want %+v", got, want)
	}
	for _, w := range want {
		if w = normal(w); !reflect.DeepEqual(got[w.Device], w) {
			f.t.Errorf("state is\n%+v, want\n%+v", got[w.Device], w)
		}
	}
}

func normal(s telemetry.DeviceState) telemetry.DeviceState {
	for _, at := range []*time.Time{&s.Since, &s.ReceivedAt, &s.LastSampleAt} {
		if at.IsZero() {
			*at = time.Time{}
			continue
		}
		*at = at.UTC().Truncate(time.Second)
	}
	return s
}

func testStateRoundTrip(_ *testing.T, f *stateFixture) {
	one, two := f.state("pc-1", 7, telemetry.StateInUse, 0), f.state("pc-2", 1, telemetry.StateIdle, 5)
	f.put(one, true)
	f.put(two, true)
	f.want(one, two)
}

func testStateWithinSession(_ *testing.T, f *stateFixture) {
	f.put(f.state("pc-1", 7, telemetry.StateInUse, 0), true)
	idle := f.state("pc-1", 7, telemetry.StateIdle, 9)
	f.put(idle, true)
	f.want(idle)
}

func testStateLost(_ *testing.T, f *stateFixture) {
	f.put(f.state("pc-1", 7, telemetry.StateInUse, 5), true)
	lost := f.state("pc-1", 7, telemetry.StateLost, 0) // a will is written when the session begins
	lost.ReceivedAt = f.at(60)
	f.put(lost, true)
	f.put(f.state("pc-1", 7, telemetry.StateIdle, 20), false)
	f.want(lost)
	born := f.state("pc-1", 8, telemetry.StateIdle, 70)
	f.put(born, true)
	f.want(born)
}

func testStateLateWill(_ *testing.T, f *stateFixture) {
	born := f.state("pc-1", 8, telemetry.StateInUse, 10)
	f.put(born, true)
	f.put(f.state("pc-1", 7, telemetry.StateLost, 20), false)
	f.want(born)
}

func testStateNotes(_ *testing.T, f *stateFixture) {
	want := f.state("pc-1", 7, telemetry.StateInUse, 0)
	f.put(want, true)
	f.note(telemetry.SampleNote{Device: "pc-1", LastSampleAt: f.at(600), Conflicts: 2})
	f.note(telemetry.SampleNote{Device: "pc-1", LastSampleAt: f.at(300), Conflicts: 1})
	f.note()
	want.LastSampleAt, want.SampleConflicts = f.at(600), 3
	f.want(want)
	f.note(telemetry.SampleNote{Device: "pc-1", LastSampleAt: f.at(660)})
	want.LastSampleAt = f.at(660)
	f.want(want)
}

func testStateNotesKept(_ *testing.T, f *stateFixture) {
	f.put(f.state("pc-1", 7, telemetry.StateInUse, 0), true)
	f.note(telemetry.SampleNote{Device: "pc-1", LastSampleAt: f.at(600), Conflicts: 2})
	want := f.state("pc-1", 8, telemetry.StateIdle, 700)
	f.put(want, true)
	want.LastSampleAt, want.SampleConflicts = f.at(600), 2
	f.want(want)
}

// testStateNotesFirst is a device that only ever sends samples, or whose first state is late.
func testStateNotesFirst(_ *testing.T, f *stateFixture) {
	f.note(telemetry.SampleNote{Device: "pc-3", LastSampleAt: f.at(600), Conflicts: 1})
	f.want(telemetry.DeviceState{Device: "pc-3", LastSampleAt: f.at(600), SampleConflicts: 1})
	want := f.state("pc-3", 1, telemetry.StateIdle, 700)
	f.put(want, true)
	want.LastSampleAt, want.SampleConflicts = f.at(600), 1
	f.want(want)
}

func testStateConcurrentNotes(t *testing.T, f *stateFixture) {
	const writers = 8
	var group sync.WaitGroup
	errs := make(chan error, writers)
	for n := range writers {
		group.Go(func() {
			errs <- f.store.NoteSamples(context.WithoutCancel(t.Context()), []telemetry.SampleNote{
				{Device: "pc-1", LastSampleAt: f.at(60 * n), Conflicts: 1},
				{Device: "pc-2", LastSampleAt: f.at(60 * n), Conflicts: 1},
			})
		})
	}
	group.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Fatalf("NoteSamples: %v", err)
		}
	}
	last := f.at(60 * (writers - 1))
	f.want(
		telemetry.DeviceState{Device: "pc-1", LastSampleAt: last, SampleConflicts: writers},
		telemetry.DeviceState{Device: "pc-2", LastSampleAt: last, SampleConflicts: writers},
	)
}
