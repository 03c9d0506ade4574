package app

import (
	"context"
	"time"

	"github.com/labtide/labtide/agent/collect"
	"github.com/labtide/labtide/agent/outbox"
	"github.com/labtide/labtide/agent/uplink"
	"github.com/labtide/labtide/agent/usage"
	"github.com/labtide/labtide/agent/wire"
)

// observe looks at the computer once a second until ctx ends; it then closes the channel.
func (a *App) observe(ctx context.Context) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(cadence)
		defer ticker.Stop()
		for {
			a.look()
			select {
			case <-ctx.Done():
				return
			case c := <-a.wishes:
				a.heed(c)
				a.remember(c)
			case n := <-a.notices:
				a.show(n)
			case <-ticker.C:
			}
		}
	}()
	return done
}

// look takes one reading and passes on what it changed.
func (a *App) look() {
	reading := a.read()
	o := observation(&reading)
	changed, samples := a.machine.Observe(o)
	if changed {
		a.tell()
		a.changed.Store(true)
	}
	if len(samples)+len(a.waiting) > 0 {
		a.keep(samples, reading.At)
	}
	if a.changed.Load() || reading.At.Sub(a.written) >= statusEvery {
		if err := a.writeStatus(reading.At); err != nil {
			a.log.Warn("the status cannot be written", "error", err)
			a.written = reading.At // not again in a second
		}
	}
}

// observation passes a reading on to the state machine. A graphical session is hidden when no source sees its input:
// Wayland always, X11 when the server does not let us in.
func observation(r *collect.Reading) usage.Observation {
	hidden := r.Display && !r.X11.Known
	if r.Sessions.Known {
		hidden = r.Sessions.Wayland > 0 || r.Sessions.X11 > 0 && !r.X11.Known
	}
	return usage.Observation{
		At: r.At, Mono: r.Uptime,
		X11: usage.Input(r.X11), Terminal: usage.Input(r.Terminal), Terminals: r.Terminals,
		Sessions: usage.Sessions{
			Known: r.Sessions.Known, People: r.Sessions.People, Locked: r.Sessions.Locked, IdleHint: r.Sessions.IdleHint,
		},
		Hidden: hidden, Busy: r.Unattended,
		CPUPercent: r.CPUPercent, MemoryPercent: r.MemoryPercent, Application: r.Application,
	}
}

// tell passes the state on to the server.
func (a *App) tell() {
	s := a.machine.State()
	if s.Activity == "" {
		return
	}
	a.log.Debug("state", "state", s.Activity, "source", s.Source)
	a.uplink.SetState(uplink.State(s))
}

// keep puts closed minutes into the outbox. What the disk refuses waits in memory for the next try.
func (a *App) keep(samples []wire.Sample, now time.Time) {
	a.waiting = append(a.waiting, samples...)
	for len(a.waiting) > 0 {
		s := a.waiting[0]
		encoded, err := wire.EncodeSample(s)
		if err != nil { // a fault of ours: the sample can never be sent
			a.log.Error("a sample is not valid and lost", "minute", s.Minute, "error", err)
			a.waiting = a.waiting[1:]
			continue
		}
		if err := a.box.Append(s.Minute, encoded, now); err != nil {
			if len(samples) > 0 { // say it once a minute, not once a second
				a.log.Error("a minute cannot be kept on disk yet", "waiting", len(a.waiting), "error", err)
			}
			if over := len(a.waiting) - maxWaiting; over > 0 {
				a.log.Error("minutes are lost: the disk refuses them for too long", "samples", over)
				a.waiting = a.waiting[over:]
			}
			return
		}
		a.waiting = a.waiting[1:]
		a.uplink.Wake()
	}
	a.waiting = nil
	a.changed.Store(true)
}

// heed does what the server wishes, within what this computer's own configuration allows.
func (a *App) heed(c wire.Config) {
	a.wish = c
	idleAfter := a.cfg.Usage.IdleAfter
	if d, ok := c.IdleAfter(); ok {
		idleAfter = d
	}
	a.machine.SetIdleAfter(idleAfter)
	a.scan(c.ScanApplications == nil || *c.ScanApplications)
	a.changed.Store(true)
}

// remember keeps the wish over a restart: what the server forbade stays forbidden before there is a connection.
func (a *App) remember(c wire.Config) {
	a.log.Info("the server's settings hold", "idle_after", a.idleAfter(), "scan_applications", a.scanning())
	content, err := wire.EncodeConfig(c)
	if err == nil {
		err = outbox.WriteFile(a.wishFile(), content)
	}
	if err != nil {
		a.log.Warn("the server's settings cannot be kept over a restart", "error", err)
	}
}

func (a *App) idleAfter() time.Duration {
	if d, ok := a.wish.IdleAfter(); ok {
		return d
	}
	return a.cfg.Usage.IdleAfter
}

func (a *App) scanning() bool {
	return a.cfg.Applications.Scan && (a.wish.ScanApplications == nil || *a.wish.ScanApplications)
}
