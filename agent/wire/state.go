package wire

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Activity is what a device is doing.
type Activity string

// The activities. Lost is said by the will only: by the broker, when the agent went without a word.
const (
	InUse    Activity = "in_use"
	Idle     Activity = "idle"
	Away     Activity = "away" // nobody is logged in
	Busy     Activity = "busy" // a machine job runs unattended
	Fault    Activity = "fault"
	Stopping Activity = "stopping"
	Lost     Activity = "lost"
)

// Valid reports whether the activity is one of the list.
func (a Activity) Valid() bool {
	switch a {
	case InUse, Idle, Away, Busy, Fault, Stopping, Lost:
		return true
	}
	return false
}

// State is what a device is doing now, and since when. Session grows with every connect of the device, so that a late
// will cannot overwrite a newer birth: a reader keeps the state with the larger session. A will is written at connect
// time and so cannot know since when the device is lost: it leaves Since out, and the reader takes its own clock.
type State struct {
	Version int       `json:"version"`
	Session uint64    `json:"session"`
	State   Activity  `json:"state"`
	Since   time.Time `json:"since,omitzero"`
	Source  Source    `json:"source"`
	Agent   string    `json:"agent"`
}

// Supersedes reports whether s is to be believed rather than old, another state of the same device.
func (s State) Supersedes(old State) bool { return s.Session >= old.Session }

// Known reports whether somebody vouches for the state. An agent that sees no evidence says idle with source none:
// such a device is there, but whether it is used is unknown.
func (s State) Known() bool { return s.Source != SourceNone || s.State == Lost || s.State == Stopping }

// DecodeState reads a state message. The error is an *Error.
func DecodeState(payload []byte) (State, error) {
	var s State
	if err := unmarshal(payload, &s); err != nil {
		return State{}, err
	}
	if err := s.check(); err != nil {
		return State{}, err
	}
	s.Since = s.Since.UTC()
	return s, nil
}

// EncodeState writes a state message of this version; Since loses its fraction of a second. The error is an *Error.
func EncodeState(s State) ([]byte, error) {
	s.Version = Version
	s.Since = s.Since.UTC().Truncate(time.Second)
	if err := s.check(); err != nil {
		return nil, err
	}
	return marshal(s)
}

func (s *State) check() error {
	if err := checkVersion(s.Version); err != nil {
		return err
	}
	switch {
	case s.Session < 1 || s.Session > MaxSeq:
		return faultf(CodeBadField, "session %d is out of bounds", s.Session)
	case !s.State.Valid():
		return faultf(CodeBadField, "the state is not one of the list")
	case s.Since.IsZero() && s.State != Lost:
		return faultf(CodeBadField, "since is missing")
	case !s.Since.IsZero() && !inEra(s.Since):
		return faultf(CodeBadField, "since is out of bounds")
	case !s.Source.Valid():
		return faultf(CodeBadField, "the source is not a name of up to 32 characters")
	case len(s.Agent) > 64:
		return faultf(CodeBadField, "the agent's version has more than 64 bytes")
	case !utf8.ValidString(s.Agent) || strings.ContainsFunc(s.Agent, unicode.IsControl): // no database takes a NUL
		return faultf(CodeBadField, "the agent's version is not plain text")
	}
	return nil
}
