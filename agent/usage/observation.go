// Package usage turns observations of a station into what an agent reports: the state it is in now, and one sample
// for every minute. It is pure: no clock, no file, no network; times come in with the observations.
//
// Its invariant: time of which nothing is known is never counted, neither as use nor as idleness, and a minute is
// closed once, ever, whatever the clock does.
package usage

import (
	"time"

	"github.com/labtide/labtide/agent/wire"
)

// Input is what one source knows about the last touch of keyboard, mouse or terminal.
type Input struct {
	Known bool
	Ago   time.Duration
}

// Sessions is what the login manager knows.
type Sessions struct {
	Known    bool
	People   int  // people logged in, greeters not counted
	Locked   bool // every graphical session is locked
	IdleHint bool // every graphical session says itself that it is idle; false says nothing
}

// Observation is everything seen at one instant. What was not looked at stays zero.
type Observation struct {
	// At is the wall clock. Mono is a clock that never jumps, from any start; it may stand still in a suspend.
	At   time.Time
	Mono time.Duration

	X11       Input
	Terminal  Input
	Terminals int // terminals that are open
	Sessions  Sessions
	// Hidden: a graphical session runs whose input none of our sources can see.
	Hidden bool
	// Busy: a job runs that needs nobody at the station. Fault: the station reports that it is broken.
	Busy, Fault bool

	CPUPercent    *float64 // since the last observation that had one
	MemoryPercent *float64
	Application   string // a category, "" when none of the list runs
}

// judgement is what one observation says.
type judgement struct {
	activity wire.Activity
	source   wire.Source // SourceNone: nobody knows, and the activity is only a placeholder
}

// judge decides. Evidence of use comes first and any source can give it; that nobody uses the station is believed
// only when no input could have escaped us.
func judge(o *Observation, idleAfter time.Duration) judgement {
	switch source := recent(o, idleAfter); {
	case o.Fault:
		return judgement{wire.Fault, wire.SourceProcess}
	case source != wire.SourceNone:
		return judgement{wire.InUse, source}
	case o.Busy:
		return judgement{wire.Busy, wire.SourceProcess}
	case o.Sessions.Known:
		return unusedBySessions(o)
	case o.Hidden:
		return judgement{wire.Idle, wire.SourceNone}
	case o.X11.Known:
		return judgement{wire.Idle, wire.SourceX11}
	case o.Terminal.Known && o.Terminals == 0:
		return judgement{wire.Away, wire.SourceTerminal}
	case o.Terminal.Known:
		return judgement{wire.Idle, wire.SourceTerminal}
	}
	return judgement{wire.Idle, wire.SourceNone}
}

// recent names the source that saw input within idleAfter, or SourceNone. Touching a locked screen or a greeter is
// not use; typing in a terminal is, even when the desktop beside it is locked.
func recent(o *Observation, idleAfter time.Duration) wire.Source {
	desktop := o.X11.Known && o.X11.Ago < idleAfter
	if o.Sessions.Known && (o.Sessions.Locked || o.Sessions.People == 0) {
		desktop = false
	}
	terminal := o.Terminal.Known && o.Terminal.Ago < idleAfter
	switch {
	case desktop && (!terminal || o.X11.Ago <= o.Terminal.Ago):
		return wire.SourceX11
	case terminal:
		return wire.SourceTerminal
	}
	return wire.SourceNone
}

// unusedBySessions decides when the login manager answers and no input is recent.
func unusedBySessions(o *Observation) judgement {
	switch {
	case o.Sessions.People == 0:
		return judgement{wire.Away, wire.SourceLogind}
	case o.Sessions.Locked || o.Hidden && o.Sessions.IdleHint:
		return judgement{wire.Idle, wire.SourceLogind}
	case o.Hidden:
		return judgement{wire.Idle, wire.SourceNone}
	case o.X11.Known:
		return judgement{wire.Idle, wire.SourceX11}
	case o.Terminal.Known:
		return judgement{wire.Idle, wire.SourceTerminal}
	}
	return judgement{wire.Idle, wire.SourceNone}
}

// counts says whether a span in this judgement is in use or idle; neither when nothing is known. A job that runs
// unattended uses the station: nobody else can.
func (j judgement) counts() (inUse, idle bool) {
	switch {
	case j.source == wire.SourceNone:
		return false, false
	case j.activity == wire.InUse || j.activity == wire.Busy:
		return true, false
	}
	return false, true
}
