package usage

import (
	"testing"
	"time"

	"github.com/labtide/labtide/agent/wire"
)

func ago(d time.Duration) Input { return Input{Known: true, Ago: d} }

func people(n int) Sessions { return Sessions{Known: true, People: n} }

func TestAnObservationIsJudgedByItsEvidence(t *testing.T) {
	const threshold = 5 * time.Minute
	for name, c := range map[string]struct {
		o    Observation
		want judgement
	}{
		"nothing was looked at":                      {Observation{}, judgement{wire.Idle, wire.SourceNone}},
		"a fresh touch on the desktop":               {Observation{X11: ago(0)}, judgement{wire.InUse, wire.SourceX11}},
		"just below the threshold":                   {Observation{X11: ago(threshold - 1)}, judgement{wire.InUse, wire.SourceX11}},
		"at the threshold":                           {Observation{X11: ago(threshold)}, judgement{wire.Idle, wire.SourceX11}},
		"typing in a terminal, desktop idle":         {Observation{X11: ago(time.Hour), Terminal: ago(time.Second), Terminals: 1}, judgement{wire.InUse, wire.SourceTerminal}},
		"both fresh, the fresher one is named":       {Observation{X11: ago(3), Terminal: ago(2), Terminals: 1}, judgement{wire.InUse, wire.SourceTerminal}},
		"terminals open, none touched":               {Observation{Terminal: ago(time.Hour), Terminals: 2}, judgement{wire.Idle, wire.SourceTerminal}},
		"no terminal open on a machine without more": {Observation{Terminal: ago(time.Hour)}, judgement{wire.Away, wire.SourceTerminal}},
		"nobody logged in":                           {Observation{X11: ago(time.Hour), Sessions: people(0)}, judgement{wire.Away, wire.SourceLogind}},
		"someone touches the greeter":                {Observation{X11: ago(0), Sessions: people(0)}, judgement{wire.Away, wire.SourceLogind}},
		"someone touches a locked screen": {
			Observation{X11: ago(0), Sessions: Sessions{Known: true, People: 1, Locked: true}}, judgement{wire.Idle, wire.SourceLogind}},
		"typing by ssh beside a locked screen": {
			Observation{Terminal: ago(0), Terminals: 1, Sessions: Sessions{Known: true, People: 2, Locked: true}}, judgement{wire.InUse, wire.SourceTerminal}},
		"a desktop that we cannot see into":                {Observation{Hidden: true, Sessions: people(1)}, judgement{wire.Idle, wire.SourceNone}},
		"a hidden desktop, idle terminals prove nothing":   {Observation{Hidden: true, Terminal: ago(time.Hour), Terminals: 1}, judgement{wire.Idle, wire.SourceNone}},
		"a hidden desktop, but typing in a terminal":       {Observation{Hidden: true, Terminal: ago(0), Terminals: 1, Sessions: people(1)}, judgement{wire.InUse, wire.SourceTerminal}},
		"a hidden desktop that says itself that it idles":  {Observation{Hidden: true, Sessions: Sessions{Known: true, People: 1, IdleHint: true}}, judgement{wire.Idle, wire.SourceLogind}},
		"the idle hint of a desktop that we see is unread": {Observation{X11: ago(0), Sessions: Sessions{Known: true, People: 1, IdleHint: true}}, judgement{wire.InUse, wire.SourceX11}},
		"logged in, terminals only":                        {Observation{Terminal: ago(time.Hour), Terminals: 1, Sessions: people(1)}, judgement{wire.Idle, wire.SourceTerminal}},
		"logged in, and nothing else to go by":             {Observation{Sessions: people(1)}, judgement{wire.Idle, wire.SourceNone}},
		"a job runs and nobody is there":                   {Observation{Busy: true, Sessions: people(0)}, judgement{wire.Busy, wire.SourceProcess}},
		"a job runs and somebody works":                    {Observation{Busy: true, X11: ago(0)}, judgement{wire.InUse, wire.SourceX11}},
		"a fault is said before everything":                {Observation{Fault: true, Busy: true, X11: ago(0)}, judgement{wire.Fault, wire.SourceProcess}},
	} {
		if got := judge(&c.o, threshold); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
