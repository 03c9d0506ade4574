package usage

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/labtide/labtide/agent/wire"
)

// maxGap is the longest pause between two observations that still counts as watching. tolerance is how far the wall
// clock may drift from the other clock between two observations before it counts as a jump.
const (
	maxGap    = 5 * time.Second
	tolerance = time.Second
)

// State is what the device is doing, since when, and who says so.
type State struct {
	Activity wire.Activity
	Since    time.Time
	Source   wire.Source
}

// Machine is the state machine of one device. It is not safe for concurrent use.
type Machine struct {
	idleAfter time.Duration
	state     State
	last      Observation
	judged    judgement
	watching  bool // last and judged are of an observation, not zero
	open      minute
	shut      bool // the open minute was closed before: what happens in it is not counted
	closed    closedMinutes
}

// New returns a machine that counts a station as idle when it was not touched for idleAfter.
func New(idleAfter time.Duration) *Machine { return &Machine{idleAfter: idleAfter} }

// SetIdleAfter changes the threshold from the next observation on.
func (m *Machine) SetIdleAfter(idleAfter time.Duration) { m.idleAfter = idleAfter }

// State is the state after the last observation; its Activity is "" before the first.
func (m *Machine) State() State { return m.state }

// Observe takes the next observation. It reports whether the state changed, and the samples of the minutes that the
// observation closed, oldest first: none but at the turn of a minute. An observation speaks for the time until the
// next one, if that comes within maxGap and the clock did not jump between them; else that time stays unknown.
func (m *Machine) Observe(o Observation) (changed bool, samples []wire.Sample) {
	if m.watching && m.continuous(&o) {
		samples = m.count(m.last.At, o.At)
	}
	samples = m.moveTo(o.At, samples)
	if !m.shut {
		m.open.CPU.add(o.CPUPercent)
		m.open.Memory.add(o.MemoryPercent)
		if o.Application != "" {
			m.open.Application = o.Application
		}
	}
	m.judged = judge(&o, m.idleAfter)
	m.last, m.watching = o, true
	return m.change(m.judged, o.At), samples
}

// Stop counts the time up to at and leaves the state stopping. The samples are those of minutes that ended before at;
// the open minute stays open, for Snapshot.
func (m *Machine) Stop(at time.Time, mono time.Duration) (samples []wire.Sample) {
	o := Observation{At: at, Mono: mono}
	if m.watching && m.continuous(&o) {
		samples = m.count(m.last.At, at)
	}
	m.watching = false
	m.state = State{Activity: wire.Stopping, Since: at, Source: m.judged.source}
	if m.state.Source == "" {
		m.state.Source = wire.SourceNone
	}
	return samples
}

// continuous reports whether nothing strange lies between the last observation and this one.
func (m *Machine) continuous(o *Observation) bool {
	wall := o.At.Round(0).Sub(m.last.At.Round(0))
	mono := o.Mono - m.last.Mono
	drift := wall - mono
	return 0 <= wall && 0 <= mono && mono <= maxGap && -tolerance <= drift && drift <= tolerance
}

// count adds the span from … to, which is at most maxGap long, to its minutes.
func (m *Machine) count(from, to time.Time) (samples []wire.Sample) {
	inUse, idle := m.judged.counts()
	for from.Before(to) {
		samples = m.moveTo(from, samples)
		end := m.open.Start.Add(time.Minute)
		if end.After(to) {
			end = to
		}
		switch span := end.Sub(from); {
		case m.shut:
		case inUse:
			m.open.add(m.judged.source, span, 0)
		case idle:
			m.open.add(m.judged.source, 0, span)
		}
		from = end
	}
	return samples
}

// moveTo makes the minute of t the open one, and closes the one that was open, if that is another.
func (m *Machine) moveTo(t time.Time, samples []wire.Sample) []wire.Sample {
	start := t.UTC().Round(0).Truncate(time.Minute)
	if start.Equal(m.open.Start) {
		return samples
	}
	if !m.open.Start.IsZero() && !m.shut {
		if s, ok := m.open.sample(); ok {
			samples = append(samples, s)
			m.closed.add(m.open.Start)
		}
	}
	m.open.reset(start)
	m.shut = m.closed.has(start)
	return samples
}

// change takes a new judgement. Another source alone is no change, but knowing and not knowing are.
func (m *Machine) change(j judgement, at time.Time) bool {
	known, knew := j.source != wire.SourceNone, m.state.Source != wire.SourceNone
	if m.state.Activity == j.activity && known == knew {
		m.state.Source = j.source
		return false
	}
	m.state = State{Activity: j.activity, Since: at, Source: j.source}
	return true
}

// snapshot is what Snapshot keeps: the open minute and which minutes were closed.
type snapshot struct {
	Open   minute        `json:"open"`
	Closed closedMinutes `json:"closed"`
}

// Snapshot writes down the open minute at a clean stop, for Resume.
func (m *Machine) Snapshot() ([]byte, error) {
	s := snapshot{Closed: m.closed}
	if !m.shut {
		s.Open = m.open
	}
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("write the open minute: %w", err)
	}
	return b, nil
}

// Resume continues from a snapshot, before the first observation. A minute that has ended since is closed by the
// first observation. After an error the machine is as new.
func (m *Machine) Resume(b []byte) error {
	var s snapshot
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("read the open minute: %w", err)
	}
	if len(s.Closed) > maxRuns || !s.Open.Start.Equal(s.Open.Start.Truncate(time.Minute)) {
		return fmt.Errorf("read the open minute: it starts at %v, with %d runs", s.Open.Start, len(s.Closed))
	}
	if sample, ok := s.Open.sample(); ok {
		if _, err := wire.EncodeSample(sample); err != nil {
			return fmt.Errorf("read the open minute: %w", err)
		}
	}
	m.open, m.closed = s.Open, s.Closed
	m.open.Start = m.open.Start.UTC()
	m.shut = !m.open.Start.IsZero() && m.closed.has(m.open.Start)
	return nil
}
