package wire

import (
	"encoding/json"
	"math"
	"time"
)

// Source names what gave the evidence of a sample or state. Reports show it.
type Source string

// The sources that we know. A reader accepts any slug of up to 32 characters, so that a newer agent's minutes are not
// lost on an older server.
const (
	SourceX11      Source = "x11"
	SourceMutter   Source = "mutter"
	SourceExtIdle  Source = "ext-idle"
	SourceLogind   Source = "logind"
	SourceTerminal Source = "terminal"
	SourceWin32    Source = "win32"
	SourceProcess  Source = "process"
	SourcePower    Source = "power"
	SourceModbus   Source = "modbus"
	SourceManual   Source = "manual"
	SourceNone     Source = "none"
)

// Valid reports whether the source has the form of one.
func (s Source) Valid() bool { return len(s) <= 32 && slug(string(s)) }

// usedSeconds is from when on a minute counts as used.
const usedSeconds = 30

// Sample is what one device knows about one aligned UTC minute. The seconds that are neither in use nor idle are
// unknown. A nil number was not measured.
type Sample struct {
	Minute        time.Time          `json:"minute"`
	InUseSeconds  int                `json:"in_use_seconds"`
	IdleSeconds   int                `json:"idle_seconds"`
	Source        Source             `json:"source"`
	CPUPercent    *float64           `json:"cpu_percent"`
	MemoryPercent *float64           `json:"memory_percent"`
	PowerWatts    *float64           `json:"power_watts"`
	Application   string             `json:"application,omitempty"`
	Metrics       map[string]float64 `json:"metrics,omitempty"`

	malformed bool // the sample could not be read; see DecodeUsage
}

// Seen reports whether the sample says anything about use: a minute of which no second is known is no evidence.
func (s *Sample) Seen() bool { return s.InUseSeconds+s.IdleSeconds > 0 }

// Used reports whether the minute counts as used: in use for 30 s or more.
func (s *Sample) Used() bool { return s.InUseSeconds >= usedSeconds }

// Fault judges one sample by the reader's clock and returns why it must be refused, or "" when it is good. A
// retention of zero or less means that no minute is too old.
func (s *Sample) Fault(now time.Time, retention time.Duration) Code {
	if code := s.fault(); code != "" {
		return code
	}
	switch {
	case s.Minute.After(now.Add(MaxFuture)):
		return CodeMinuteInFuture
	case retention > 0 && s.Minute.Before(now.Add(-retention)):
		return CodeMinuteTooOld
	}
	return ""
}

// fault is the part of Fault that needs no clock.
func (s *Sample) fault() Code {
	switch {
	case s.malformed || !inEra(s.Minute):
		return CodeMalformedSample
	case !s.Minute.Equal(s.Minute.Truncate(time.Minute)):
		return CodeMinuteNotAligned
	case s.InUseSeconds < 0 || s.IdleSeconds < 0 || s.InUseSeconds > 60 || s.IdleSeconds > 60-s.InUseSeconds:
		return CodeSecondsOverflow
	case !s.Source.Valid():
		return CodeBadSource
	case !percent(s.CPUPercent) || !percent(s.MemoryPercent) || s.PowerWatts != nil && !finite(*s.PowerWatts):
		return CodeBadNumber
	case s.Application != "" && !slug(s.Application):
		return CodeBadApplication
	case len(s.Metrics) > MaxMetrics:
		return CodeTooManyMetrics
	}
	for name, value := range s.Metrics {
		if !ValidMetric(name) {
			return CodeBadMetricName
		}
		if !finite(value) {
			return CodeBadNumber
		}
	}
	return ""
}

// ValidMetric reports whether name matches [a-z][a-z0-9_]{0,62}.
func ValidMetric(name string) bool {
	if len(name) < 1 || len(name) > 63 || !isLower(name[0]) {
		return false
	}
	for i := range len(name) {
		if c := name[i]; !isLower(c) && !isDigit(c) && c != '_' {
			return false
		}
	}
	return true
}

// ValidApplication reports whether name can be an application category: a slug as device ids are, so that a window
// title cannot pass for one.
func ValidApplication(name string) bool { return slug(name) }

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func percent(p *float64) bool { return p == nil || *p >= 0 && *p <= 100 }

// EncodeSample writes one sample as it stands in a usage message. An agent keeps these bytes, so that a sample that
// is sent again is the same byte for byte. The error is an *Error with the code of the sample's fault.
func EncodeSample(s Sample) ([]byte, error) {
	s.Minute = s.Minute.UTC()
	if code := s.fault(); code != "" {
		return nil, faultf(code, "the sample of %s is not valid", s.Minute.Format(time.RFC3339))
	}
	return json.Marshal(s)
}
