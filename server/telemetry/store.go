package telemetry

import (
	"context"
	"time"
)

// Store keeps samples as time series. Every store gives the same answers: telemetrytest holds them to it.
type Store interface {
	// Write stores the batch durably before it returns. The same sample may come again: nothing doubles, not even when
	// its tags have changed meanwhile. A different sample of the same minute replaces the values that it carries; one
	// that stood only in the older sample may stay. Rejected samples (at least those that Check names) are refused for
	// ever, the others are stored. An error means that nothing may be acknowledged: fault.KindUnavailable when it makes
	// sense to try the same batch again.
	Write(ctx context.Context, batch []Sample) ([]Rejected, error)
	// Series gives the buckets that hold samples in [From, Until), in order. A metric nobody reported gives none. The
	// names of this package come before the same name in Sample.Metrics.
	Series(ctx context.Context, q Query) ([]Point, error)
	// Last gives the newest sample of a device; false when there is none.
	Last(ctx context.Context, device string) (Sample, bool, error)
	// Scan calls each for the samples of a device in [from, until), oldest first; an error of each ends the scan and is returned.
	Scan(ctx context.Context, device string, from, until time.Time, each func(Sample) error) error
	// Coverage counts the minutes of [from, until) for which the device knew anything.
	Coverage(ctx context.Context, device string, from, until time.Time) (minutes int64, err error)
	// Ping says whether the store answers.
	Ping(ctx context.Context) error
}

// StateStore keeps the last known state of each device; it lives beside the register, not in the time series.
type StateStore interface {
	// PutState stores s unless a newer session is stored already: a late will must not overwrite a newer birth.
	// Within a session the later one wins, but for Lost, which ends it. It reports whether s is now the state.
	// It leaves LastSampleAt and SampleConflicts as they are.
	PutState(ctx context.Context, s DeviceState) (bool, error)
	States(ctx context.Context) ([]DeviceState, error)
	// NoteSamples raises LastSampleAt (never lowers it) and adds to SampleConflicts, of all devices in one transaction.
	// They may come before the first state: States then gives the device with an empty State.
	NoteSamples(ctx context.Context, notes []SampleNote) error
}

// SampleNote is what a stored batch says about one device.
type SampleNote struct {
	Device       string
	LastSampleAt time.Time
	Conflicts    int64
}
