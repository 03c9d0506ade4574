// Package telemetry holds what devices report: minute samples, the state of a device now, and how much of a span is
// known at all.
//
// It says Store and never names a database. Invariants: a sample is known by (device, minute), and writing it again
// replaces it; a minute that nobody reported is unknown, which is not the same as idle.
package telemetry

import "time"

// Sample is one aligned UTC minute of one device.
type Sample struct {
	Device        string
	Minute        time.Time // UTC, aligned
	InUseSeconds  int       // 0 … 60; in use and idle add up to at most 60, the rest is unknown
	IdleSeconds   int
	Source        string // what gave the evidence: x11, logind, power … (wire.md)
	CPUPercent    *float64
	MemoryPercent *float64
	PowerWatts    *float64
	Application   string             // a category, never a title
	Metrics       map[string]float64 // at most 16, finite
	// Where the device stood at that minute, as codes: for people who look at the time series directly.
	// Our own queries go by device and placement.
	Tags Tags
}

// Tags are codes, "" when the device stood nowhere.
type Tags struct {
	Site, Room, Station, Kind string
}

// Seen reports whether the device knew anything about this minute.
func (s Sample) Seen() bool { return s.InUseSeconds+s.IdleSeconds > 0 }

// UsedThreshold is the share of a minute from which it counts as used (ledger.md).
const UsedThreshold = 30 * time.Second

// Used reports whether the station counts as used in this minute.
func (s Sample) Used() bool {
	return time.Duration(s.InUseSeconds)*time.Second >= UsedThreshold
}

// Rejected is a sample that the store refuses for ever; Index counts in the batch given to Write.
type Rejected struct {
	Index  int
	Reason string
}

// Names of the metrics that every store can give as a series. Others are the names in Sample.Metrics.
const (
	MetricInUseSeconds  = "in_use_seconds"
	MetricIdleSeconds   = "idle_seconds"
	MetricCPUPercent    = "cpu_percent"
	MetricMemoryPercent = "memory_percent"
	MetricPowerWatts    = "power_watts"
)

// Query asks for one metric of one device over [From, Until), in buckets of Step (a multiple of a minute; buckets are
// aligned to the Unix epoch).
type Query struct {
	Device string
	Metric string
	From   time.Time
	Until  time.Time
	Step   time.Duration
}

// Point is one bucket. Count is the number of samples in it; a bucket without samples is not given.
type Point struct {
	At    time.Time // start of the bucket
	Min   float64
	Mean  float64
	Max   float64
	Count int64
}

// States of a device (wire.md). Reports and the board treat Lost and Stopping as "unknown", never as free.
const (
	StateInUse    = "in_use"
	StateIdle     = "idle"
	StateAway     = "away"
	StateBusy     = "busy"
	StateFault    = "fault"
	StateStopping = "stopping"
	StateLost     = "lost"
)

// SourceNone says that a device has nothing that could tell whether somebody is there: what its state says of use is not known.
const SourceNone = "none"

// DeviceState is what a device is doing now, as the server last heard.
type DeviceState struct {
	Device     string
	Session    int64
	State      string
	Since      time.Time
	Source     string
	Agent      string // version of the agent
	ReceivedAt time.Time
	// LastSampleAt is the newest minute that was stored; zero when there was none.
	LastSampleAt time.Time
	// SampleConflicts counts minutes for which two different samples came: a cloned identity or a lost outbox.
	SampleConflicts int64
}
