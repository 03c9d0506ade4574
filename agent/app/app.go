// Package app is the one place that wires the agent: it reads the computer once a second, lets the state machine
// judge, keeps closed minutes in the outbox, and tells the uplink. It is imported by the agent's command and by
// end-to-end tests only.
//
// Its invariant is the order of the end: observing stops, the open minute and the outbox are safe on disk, and only
// then does the uplink say farewell.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/labtide/labtide/agent/collect"
	"github.com/labtide/labtide/agent/config"
	"github.com/labtide/labtide/agent/outbox"
	"github.com/labtide/labtide/agent/screen"
	"github.com/labtide/labtide/agent/uplink"
	"github.com/labtide/labtide/agent/usage"
	"github.com/labtide/labtide/agent/wire"
)

// Version is this agent's version, as devices tell it.
const Version = "0.1.0"

// cadence is how often the computer is looked at: a change of state is told within a second of it.
const cadence = time.Second

// maxWaiting bounds the samples that wait in memory while the disk refuses them.
const maxWaiting = 240

// App is one agent.
type App struct {
	cfg         config.Config
	credentials Credentials
	folder      string // of this device
	log         *slog.Logger
	read        func() collect.Reading
	scan        func(allowed bool)

	box     *outbox.Outbox
	machine *usage.Machine
	uplink  *uplink.Uplink

	wishes  chan wire.Config // of the server; the newest one counts
	notices chan wire.Notice
	changed atomic.Bool // the status file is out of date

	waiting []wire.Sample // the disk refused them
	wish    wire.Config
	shown   []wire.Notice
	board   screen.Board // "": they are shown here
	display chan wire.Notice
	written time.Time // the status file
}

// New returns the agent of an enrolled device. ErrNotEnrolled says that there are no credentials yet.
func New(cfg config.Config, log *slog.Logger) (*App, error) {
	data := cfg.Data.Path()
	credentials, err := ReadCredentials(data)
	if err != nil {
		return nil, err
	}
	collectors := collect.New(collect.Options{Display: cfg.Usage.Display, Applications: applications(cfg), Log: log})
	return &App{
		cfg: cfg, credentials: credentials, folder: filepath.Join(data, credentials.Device), log: log,
		read: collectors.Read, scan: collectors.ScanApplications,
		wishes: make(chan wire.Config, 1), notices: make(chan wire.Notice, 8),
		board: screen.Board{Path: cfg.Notices.Path()}, display: make(chan wire.Notice, maxShown),
	}, nil
}

func applications(cfg config.Config) []collect.Application {
	if !cfg.Applications.Scan {
		return nil
	}
	var list []collect.Application
	for _, a := range cfg.Applications.List {
		list = append(list, collect.Application{Category: a.Category, Processes: a.Processes, Unattended: a.Unattended})
	}
	return list
}

// Run works until ctx ends, and then ends in order; the error is nil when nothing went wrong.
func (a *App) Run(ctx context.Context) (err error) {
	if err := os.MkdirAll(a.folder, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	limits := outbox.Limits{MaxAge: a.cfg.Outbox.MaxAge, MaxBytes: int64(a.cfg.Outbox.MaxMegabytes) << 20}
	if a.box, err = outbox.Open(filepath.Join(a.folder, "outbox"), limits, a.log); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.box.Close()) }()
	a.machine = usage.New(a.cfg.Usage.IdleAfter)
	if err := a.resume(); err != nil {
		return err
	}
	settings, err := a.settings()
	if err != nil {
		return err
	}
	a.uplink = uplink.New(settings, a.handlers(), a.box, a.log)
	a.log.Info("watching this station", "device", a.credentials.Device, "version", Version, "folder", a.folder)

	linked, unlink := context.WithCancel(context.WithoutCancel(ctx))
	defer unlink()
	ended := make(chan error, 1)
	go func() { ended <- a.uplink.Run(linked) }()
	watching, stop := context.WithCancel(ctx)
	defer stop()
	watched := a.observe(watching)
	displayed := a.onScreen(watching, screen.Session(os.Getenv))
	defer func() { stop(); <-displayed }()
	select {
	case failed := <-ended: // it cannot go on without its session number
		stop()
		<-watched
		return errors.Join(failed, a.finish())
	case <-watched:
	}
	err = a.finish()
	unlink()
	return errors.Join(err, <-ended, a.writeStatus(time.Now()))
}

// resume continues the minute that was open at the last clean stop, and heeds what the server last wished.
func (a *App) resume() error {
	open, err := a.box.TakeOpen()
	if err != nil {
		return err
	}
	if open != nil {
		if err := a.machine.Resume(open); err != nil {
			a.log.Warn("the open minute of the last stop stays unknown", "error", err)
		}
	}
	content, err := os.ReadFile(a.wishFile())
	if err != nil {
		return nil // nothing was wished yet; the server's message comes with the connection
	}
	wish, err := wire.DecodeConfig(content)
	if err != nil {
		a.log.Warn("what the server last wished cannot be read", "file", a.wishFile(), "error", err)
		return nil
	}
	a.heed(wish)
	return nil
}

func (a *App) wishFile() string { return filepath.Join(a.folder, "server-config.json") }

// settings are the uplink's: the enrolment's broker, unless the configuration names another.
func (a *App) settings() (uplink.Settings, error) {
	c := a.cfg.Uplink
	broker := uplink.Broker{
		URL: a.credentials.Broker, Username: a.credentials.Username, Password: a.credentials.Password,
		CA: []byte(a.credentials.CA),
	}
	if c.Broker != "" {
		broker.URL = c.Broker
	}
	if c.CAFile != "" {
		ca, err := os.ReadFile(c.CAFile)
		if err != nil {
			return uplink.Settings{}, fmt.Errorf("uplink.ca_file: %w", err)
		}
		broker.CA = ca
	}
	return uplink.Settings{
		Device: a.credentials.Device, Version: Version, Broker: broker,
		Spread: c.Spread, Window: c.Window, SendEvery: c.SendEvery,
		ResendAfter: c.ResendAfter, ResendAtMost: c.ResendAtMost,
		ReconnectAfter: c.ReconnectAfter, ReconnectAtMost: c.ReconnectAtMost,
		SessionFile: filepath.Join(a.folder, "session"),
	}, nil
}

// handlers hand the server's messages over to the observing goroutine; they never block.
func (a *App) handlers() uplink.Handlers {
	return uplink.Handlers{
		Config: func(c wire.Config) {
			for {
				select {
				case a.wishes <- c:
					return
				case <-a.wishes: // an older wish that nobody heeded yet
				}
			}
		},
		Notice: func(n wire.Notice) {
			select {
			case a.notices <- n:
			default:
				a.log.Warn("a notice is lost: too many at once", "id", n.ID)
			}
		},
		Changed: func() { a.changed.Store(true) },
	}
}

// finish is the end of observing: the state is stopping, and the open minute is kept.
func (a *App) finish() error {
	now := time.Now()
	a.keep(a.machine.Stop(now, a.read().Uptime), now)
	a.tell()
	open, err := a.machine.Snapshot()
	if err == nil {
		err = a.box.SaveOpen(open)
	}
	a.changed.Store(true)
	return err
}
