// Package collect looks at the computer that the agent runs on: when somebody last touched it, who is logged in, how
// busy it is, and which of the listed applications run. It never reads keys, window titles, screen contents or names
// of people, and it knows nothing of thresholds, states or the network.
//
// Its invariant: what could not be looked at stays unset in the Reading; nothing is guessed.
package collect

import (
	"errors"
	"log/slog"
	"time"
)

// Input is what one source knows about the last touch.
type Input struct {
	Known bool
	Ago   time.Duration
}

// Sessions is what the login manager knows.
type Sessions struct {
	Known    bool
	People   int  // people logged in; greeters are not people
	Locked   bool // there are graphical sessions, and all are locked
	IdleHint bool // there are graphical sessions, and all say that they are idle; false says nothing
	X11      int  // graphical sessions by kind
	Wayland  int
}

// Reading is one look at the computer.
type Reading struct {
	// At is when the look began. Uptime is a clock that is never set; it may stand still in a suspend.
	At     time.Time
	Uptime time.Duration

	X11 Input
	// Display: a graphical display is there, whether or not we may look into it.
	Display   bool
	Terminal  Input
	Terminals int // terminals that are open
	Sessions  Sessions

	CPUPercent    *float64 // of all processors, since the last reading that had it
	MemoryPercent *float64
	Application   string // the first category of the list of which a process runs
	Unattended    bool   // a process runs that needs nobody at the station
}

// Collector adds what it sees to a reading. It is called once a second and decides itself when it really looks. It
// returns soon, at the worst within two seconds.
type Collector interface {
	Collect(r *Reading) error
}

// Application maps process names to a category.
type Application struct {
	Category   string
	Processes  []string // as in /proc/<pid>/comm: at most 15 bytes count
	Unattended bool     // its processes work without a person
}

// Options say what to look at.
type Options struct {
	// Display is the X display, such as ":0"; "" finds one.
	Display      string
	Applications []Application
	Log          *slog.Logger
}

// errNothing is for a source that this computer does not have; the reading stays unset and nobody need hear of it.
var errNothing = errors.New("nothing to look at")

// repeatAfter is when the same error is logged again.
const repeatAfter = time.Hour

// Set asks collectors in order. It is not safe for concurrent use.
type Set struct {
	sources []source
	began   time.Time
	log     *slog.Logger
	apps    *applications
}

// source is a collector with a name for the log.
type source struct {
	name     string
	collect  Collector
	lastSaid string
	saidAt   time.Time
}

// New returns all collectors that this operating system has. It does not look at anything yet.
func New(o Options) *Set {
	apps := newApplications(o.Applications)
	return &Set{sources: platform(o, apps), began: time.Now(), log: o.Log, apps: apps}
}

// ScanApplications allows or forbids to look at process names. They are allowed at first.
func (s *Set) ScanApplications(allowed bool) { s.apps.forbidden = !allowed }

// Read looks once. A collector that fails is logged, when it begins to fail and every hour.
func (s *Set) Read() Reading {
	now := time.Now()
	r := Reading{At: now, Uptime: now.Sub(s.began)}
	for i := range s.sources {
		c := &s.sources[i]
		err := c.collect.Collect(&r)
		switch {
		case err == nil:
			c.lastSaid = ""
		case errors.Is(err, errNothing):
		case err.Error() != c.lastSaid || now.Sub(c.saidAt) >= repeatAfter:
			c.lastSaid, c.saidAt = err.Error(), now
			s.log.Warn("a source cannot be read; what it would say stays unknown", "source", c.name, "error", err)
		}
	}
	return r
}
