package usage

import (
	"time"

	"github.com/labtide/labtide/agent/wire"
)

// share is how long one source's word counted within a minute.
type share struct {
	Source wire.Source   `json:"source"`
	InUse  time.Duration `json:"in_use"`
	Idle   time.Duration `json:"idle"`
}

// mean is a running mean.
type mean struct {
	Sum float64 `json:"sum"`
	N   int     `json:"n"`
}

func (m *mean) add(v *float64) {
	if v != nil {
		m.Sum += *v
		m.N++
	}
}

// value returns the mean to a hundredth, or nil when nothing was measured.
func (m mean) value() *float64 {
	if m.N == 0 {
		return nil
	}
	hundredths := float64(int(m.Sum/float64(m.N)*100 + 0.5))
	v := hundredths / 100
	return &v
}

// minute is the open minute: what is known of it so far.
type minute struct {
	Start       time.Time `json:"start"`
	Shares      []share   `json:"shares"`
	CPU         mean      `json:"cpu"`
	Memory      mean      `json:"memory"`
	Application string    `json:"application"`
}

// reset begins another minute and keeps the memory of the old one.
func (m *minute) reset(start time.Time) {
	*m = minute{Start: start, Shares: m.Shares[:0]}
}

func (m *minute) add(source wire.Source, inUse, idle time.Duration) {
	for i := range m.Shares {
		if m.Shares[i].Source == source {
			m.Shares[i].InUse += inUse
			m.Shares[i].Idle += idle
			return
		}
	}
	m.Shares = append(m.Shares, share{source, inUse, idle})
}

// sample returns the sample of the minute; ok is false when nothing at all is known of it. The source is the one that
// saw the most use, or, without use, the most idleness. Time counted twice, as when the clock was set back within the
// minute, is cut at 60 s.
func (m *minute) sample() (s wire.Sample, ok bool) {
	best := share{Source: wire.SourceNone}
	var inUse, idle time.Duration
	for _, h := range m.Shares {
		inUse += h.InUse
		idle += h.Idle
		if h.InUse > best.InUse || h.InUse == best.InUse && h.Idle > best.Idle {
			best = h
		}
	}
	s = wire.Sample{
		Minute: m.Start, Source: best.Source, Application: m.Application,
		CPUPercent: m.CPU.value(), MemoryPercent: m.Memory.value(),
	}
	s.InUseSeconds, s.IdleSeconds = wire.Seconds(inUse, idle)
	if !s.Seen() {
		s.Source = wire.SourceNone
	}
	return s, s.Seen() || s.CPUPercent != nil || s.MemoryPercent != nil
}

// run is a stretch of closed minutes, in minutes since 1970, To not included.
type run struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// maxRuns bounds the memory of closed minutes. A run ends where the agent stopped or the clock jumped.
const maxRuns = 32

// closedMinutes remembers which minutes were closed, so that none is closed twice when the clock is set back.
type closedMinutes []run

func (c closedMinutes) has(start time.Time) bool {
	m := start.Unix() / 60
	for _, r := range c {
		if r.From <= m && m < r.To {
			return true
		}
	}
	return false
}

func (c *closedMinutes) add(start time.Time) {
	m := start.Unix() / 60
	for i := range *c {
		if (*c)[i].To == m {
			(*c)[i].To = m + 1
			return
		}
	}
	if len(*c) == maxRuns {
		*c = append((*c)[:0], (*c)[1:]...)
	}
	*c = append(*c, run{m, m + 1})
}
