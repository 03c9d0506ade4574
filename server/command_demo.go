package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/app"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/config"
	"github.com/labtide/labtide/server/csvimport"
	"github.com/labtide/labtide/server/demo"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/httpapi"
	"github.com/labtide/labtide/server/policyfile"
	"github.com/labtide/labtide/server/telemetry"
)

// show is one demo: a server, and the school that plays on it.
type show struct {
	*call
	folder  string
	server  *app.Server
	started time.Time
	secrets map[string]string // by device
}

func runDemo(ctx context.Context, c *call) error {
	listen := c.flags.String("listen", "", "`address` of the dashboard; 127.0.0.1:8080 or, when that is taken, a free port")
	dir := c.flags.String("dir", "", "`folder` for everything that the demo keeps; a temporary one when left out")
	keep := c.flags.Bool("keep", false, "keep the folder at the end, and go on with what is in -dir")
	if err := c.parse(); err != nil {
		return err
	}
	s := &show{call: c, started: time.Now(), secrets: map[string]string{}}
	err := s.prepareFolder(*dir, *keep)
	if err != nil {
		return err
	}
	if !*keep {
		defer os.RemoveAll(s.folder) //nolint:errcheck // a temporary folder
	}
	cfg := demoConfig(*listen, s.folder)
	s.server, err = app.New(ctx, cfg, app.Options{Version: versionText(), Demo: true, DemoAccounts: demoAccounts()}, c.logger(cfg.Log))
	if err != nil {
		return err
	}
	fresh, err := s.populate(ctx)
	if err != nil {
		return err
	}
	s.announce()
	parts := []func(context.Context) error{s.play}
	if fresh {
		parts = append(parts, s.remember)
	}
	return s.server.Run(ctx, parts...)
}

func (s *show) prepareFolder(dir string, keep bool) (err error) {
	if dir == "" {
		s.folder, err = os.MkdirTemp("", "labtide-demo-")
		return err
	}
	s.folder = dir
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 && !keep {
		return fmt.Errorf("%s is not empty; add -keep to go on with it, or name another folder", dir)
	}
	return os.MkdirAll(dir, 0o750)
}

func demoConfig(listen, folder string) config.Config {
	cfg := config.Default()
	cfg.Server.Data = folder
	if listen == "" {
		listen = free(cfg.Server.Listen)
	}
	cfg.Server.Listen = listen
	cfg.MQTT.Listen = free(cfg.MQTT.Listen)
	cfg.Log.Level = "warn"
	return cfg
}

// free gives the address, or any free port of this machine when something else listens there.
func free(address string) string {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "127.0.0.1:0"
	}
	_ = l.Close()
	return address
}

func demoAccounts() []httpapi.DemoAccount {
	var out []httpapi.DemoAccount
	for _, a := range demo.Accounts() {
		out = append(out, httpapi.DemoAccount{Login: a.Login, Password: demo.Password, Role: httpapi.Role(a.Role), Name: a.Name})
	}
	return out
}

// populate brings the school and its last two days in, unless the folder has one already.
func (s *show) populate(ctx context.Context) (fresh bool, err error) {
	people, err := s.server.Stores().Accounts.People(ctx)
	if err != nil {
		return false, err
	}
	fresh = len(people) == 0
	if fresh {
		school := filepath.Join(s.folder, "import", "school")
		today := demo.Today(s.started)
		if err := errors.Join(demo.WriteSchool(school, s.started), demo.WriteUsage(school, today.Add(-recentDays), today.Next(), s.started)); err != nil {
			return false, err
		}
		if err := s.bringIn(ctx, school); err != nil {
			return false, err
		}
		stores := s.server.Stores()
		team := demo.BookForTeam(ctx, stores.Accounts, booking.New(stores.Bookings, time.Now), s.started)
		if err := errors.Join(team, s.setPasswords(ctx)); err != nil {
			return false, err
		}
		if _, err := policyfile.Import(ctx, s.server.Stores().Charter(), account.Actor{}, demo.Rules(s.started), false); err != nil {
			return false, fmt.Errorf("the demo's own rules are wrong, please tell us: %w", err)
		}
		if err := errors.Join(s.wishInVain(ctx), s.judgePast(ctx)); err != nil {
			return false, err
		}
	}
	return fresh, s.enrolDevices(ctx)
}

// recentDays of the past are there before the demo says that it is; the rest follows while it runs.
const recentDays = 1

func (s *show) bringIn(ctx context.Context, folder string) error {
	importer := s.server.Stores().Importer()
	importer.Override = true // its plans were made by nobody
	_, err := importer.Import(ctx, os.DirFS(folder), false)
	var faults csvimport.Faults
	if errors.As(err, &faults) {
		return fmt.Errorf("the demo's own files are wrong, please tell us: %w", err)
	}
	return err
}

func (s *show) wishInVain(ctx context.Context) error {
	stores := s.server.Stores()
	people, err := stores.Accounts.People(ctx)
	if err != nil {
		return err
	}
	return demo.WishInVain(ctx, people, stores.Bookings, s.started)
}

// judgePast asks who came yesterday and today: what is imported is history, and nobody is judged for it by itself.
func (s *show) judgePast(ctx context.Context) error {
	bookings := s.server.Stores().Bookings
	past, err := bookings.Active(ctx, nil, "", s.started.AddDate(0, 0, -1), s.started)
	if err != nil {
		return err
	}
	var ids []string
	for _, b := range past {
		if b.DueAt.IsZero() {
			ids = append(ids, b.ID)
		}
	}
	return bookings.Remind(ctx, ids, s.started)
}

func (s *show) setPasswords(ctx context.Context) error {
	store := s.server.Stores().Accounts
	people, err := account.New(store, time.Now)
	if err != nil {
		return err
	}
	hash, err := people.HashPassword(ctx, demo.Password)
	if err != nil {
		return err
	}
	for _, a := range demo.Accounts() {
		person, err := store.PersonByLogin(ctx, a.Login)
		if err != nil {
			return err
		}
		person.PasswordHash = hash
		if _, err := store.PutPerson(ctx, person); err != nil {
			return err
		}
	}
	return nil
}

// enrolDevices gives the invented devices new secrets; those that somebody has added keep theirs.
func (s *show) enrolDevices(ctx context.Context) error {
	stores := s.server.Stores()
	return stores.DB.Together(ctx, func(ctx context.Context) error {
		for _, id := range demo.Devices() {
			d, err := stores.Equipment.DeviceByID(ctx, id)
			if err != nil {
				return err
			}
			s.secrets[id] = rand.Text()
			d.SecretHash, d.EnrolledAt = equipment.HashSecret(s.secrets[id]), s.started
			if _, err := stores.Equipment.PutDevice(ctx, d); err != nil {
				return err
			}
		}
		silent, since := demo.SilentDevice(s.started)
		_, err := stores.States.PutState(ctx, telemetry.DeviceState{Device: silent, Session: 1, State: telemetry.StateLost,
			Since: since, ReceivedAt: since, Agent: "demo"})
		return err
	})
}

func (s *show) announce() {
	s.printf("%s\n", s.server.URL())
	s.printf("\n  A polytechnic in Shenzhen, invented. Everybody's password is %s\n\n", demo.Password)
	for _, a := range demo.Accounts() {
		s.printf("  %-10s  %s\n", a.Login, a.Name)
	}
	s.printf("\n  This computer as a station: sign in as admin, open Stations, make an enrolment code, then\n"+
		"  go run ./agent enroll -server %s -code CODE && go run ./agent\n\n  Ctrl-C ends it.", s.server.URL())
	if abs, err := filepath.Abs(s.folder); err == nil {
		s.printf(" Its files are in %s\n", abs)
	}
}

func (s *show) play(ctx context.Context) error {
	return demo.Play(ctx, s.server.BrokerURL(), func(device string) string { return s.secrets[device] }, s.server.Log())
}

// remember brings in the rest of the past, a day at a time, the newest first, and leaves others room to write in between.
// What it cannot do does not end the demo.
func (s *show) remember(ctx context.Context) error {
	for until := demo.Today(s.started).Add(-recentDays); until > demo.Today(s.started).Add(-demo.PastDays); {
		from := until.Add(-1)
		folder := filepath.Join(s.folder, "import", "usage-"+string(from))
		err := demo.WriteUsage(folder, from, until, s.started)
		if err == nil {
			err = s.bringIn(ctx, folder)
		}
		if err != nil {
			if ctx.Err() == nil {
				s.server.Log().Error("the demo's past is incomplete", "from", from, "error", err)
			}
			break
		}
		until = from
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(breather):
		}
	}
	<-ctx.Done()
	return nil
}

// breather is how long the database is left to others between two days of the past.
const breather = 150 * time.Millisecond
