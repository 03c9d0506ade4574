package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labtide/labtide/agent/collect"
	"github.com/labtide/labtide/agent/config"
	"github.com/labtide/labtide/agent/outbox"
	"github.com/labtide/labtide/agent/screen"
	"github.com/labtide/labtide/agent/uplink"
	"github.com/labtide/labtide/agent/wire"
)

// computer is a fake: somebody touched it at a time that the test sets.
type computer struct {
	mu      sync.Mutex
	began   time.Time
	touched time.Time
	scans   bool
}

func (c *computer) read() collect.Reading {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	return collect.Reading{At: now, Uptime: now.Sub(c.began), X11: collect.Input{Known: true, Ago: now.Sub(c.touched)}, Display: true}
}

func (c *computer) touch() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.touched = time.Now()
}

// enrolled is a data folder with credentials for a broker that is not there.
func enrolled(t *testing.T) config.Config {
	t.Helper()
	cfg := config.Default()
	cfg.Data.Folder = t.TempDir()
	credentials := `{"device":"pc-1","broker":"tcp://127.0.0.1:1","username":"pc-1","password":"secret"}`
	if err := os.WriteFile(filepath.Join(cfg.Data.Folder, credentialsFile), []byte(credentials), 0o600); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// start runs an agent on the fake computer; stop ends it in order.
func start(t *testing.T, cfg config.Config, c *computer) (a *App, stop func()) {
	t.Helper()
	a, err := New(cfg, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	a.read, a.scan = c.read, func(allowed bool) { c.mu.Lock(); c.scans = allowed; c.mu.Unlock() }
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	return a, func() {
		t.Helper()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// kept returns the samples in the outbox of a stopped agent.
func kept(t *testing.T, cfg config.Config) []wire.Sample {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	box, err := outbox.Open(filepath.Join(cfg.Data.Folder, "pc-1", "outbox"), outbox.Limits{MaxAge: 1e6 * time.Hour, MaxBytes: 1 << 30}, log)
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	batch, _, err := box.Next(outbox.Cursor{}, wire.MaxSamples, wire.MaxPayloadBytes)
	if err != nil {
		t.Fatal(err)
	}
	var samples []wire.Sample
	for _, b := range batch.Samples {
		var s wire.Sample
		if err := json.Unmarshal(b, &s); err != nil {
			t.Fatal(err)
		}
		samples = append(samples, s)
	}
	return samples
}

func TestMinutesAreKeptOverAStopAndARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := enrolled(t)
		c := &computer{began: time.Now(), touched: time.Now()}
		began := time.Now() // the bubble's clock begins at a full minute
		_, stop := start(t, cfg, c)
		time.Sleep(90*time.Second + 10*time.Millisecond)
		stop()
		time.Sleep(5 * time.Second)
		c.touch()
		_, stop = start(t, cfg, c)
		time.Sleep(40 * time.Second)
		stop()
		got := kept(t, cfg)
		if len(got) != 2 || got[0].InUseSeconds != 60 || got[1].InUseSeconds < 53 || got[1].InUseSeconds > 55 {
			t.Fatalf("got %+v", got)
		}
		if !got[1].Minute.Equal(began.Add(time.Minute)) || got[1].IdleSeconds != 0 {
			t.Errorf("the minute of the stop: %+v", got[1])
		}
	})
}

func TestTheStatusTellsWhatTheAgentDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := enrolled(t)
		c := &computer{began: time.Now(), touched: time.Now()}
		_, stop := start(t, cfg, c)
		time.Sleep(cfg.Usage.IdleAfter + 2*time.Second)
		s, err := ReadStatus(cfg)
		if err != nil || !s.Running || s.State != wire.Idle || s.Source != wire.SourceX11 || s.Outbox.Pending != 5 {
			t.Errorf("status %+v (%v)", s, err)
		}
		if s.Uplink.Connected || !strings.Contains(s.Uplink.Trouble, "cannot be reached") {
			t.Errorf("uplink %+v", s.Uplink)
		}
		stop()
		s, err = ReadStatus(cfg)
		if err != nil || s.Running || s.State != wire.Stopping {
			t.Errorf("after the stop: %+v (%v)", s, err)
		}
		var out bytes.Buffer
		if err := s.Print(&out); err != nil || !strings.Contains(out.String(), "not running") || !strings.Contains(out.String(), "5 samples to be acknowledged") {
			t.Errorf("printed (%v):\n%s", err, out.String())
		}
	})
}

func TestTheServersWishIsHeededAndOutlivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := enrolled(t)
		c := &computer{began: time.Now(), touched: time.Now(), scans: true}
		a, stop := start(t, cfg, c)
		time.Sleep(500 * time.Millisecond)
		threshold, never := 20, false
		a.handlers().Config(wire.Config{Version: 1, IdleAfterSeconds: &threshold, ScanApplications: &never})
		time.Sleep(25 * time.Second)
		if s, err := ReadStatus(cfg); err != nil || s.State != wire.Idle || s.IdleAfter != "20s" || s.ScansApplications || c.scans {
			t.Errorf("status %+v (%v), scans %v", s, err, c.scans)
		}
		stop()
		c.scans = true
		_, stop = start(t, cfg, c)
		time.Sleep(time.Second)
		if s, err := ReadStatus(cfg); err != nil || s.IdleAfter != "20s" || c.scans {
			t.Errorf("after a restart: %+v (%v), scans %v", s, err, c.scans)
		}
		stop()
	})
}

func TestTheServerCannotTurnOnWhatIsOffHere(t *testing.T) {
	cfg := enrolled(t)
	cfg.Applications.Scan = false
	a, err := New(cfg, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	a.wish = wire.Config{Version: 1, ScanApplications: &yes}
	if a.scanning() || applications(cfg) != nil {
		t.Error("the server turned the scan on")
	}
}

func TestANoticeIsShownOnceUntilItExpires(t *testing.T) {
	var log bytes.Buffer
	board := filepath.Join(t.TempDir(), "notices.json")
	a := &App{log: slog.New(slog.NewTextHandler(&log, nil)), board: screen.Board{Path: board}}
	notice := func(id string, in time.Duration) wire.Notice {
		return wire.Notice{Version: 1, ID: id, Level: wire.LevelInfo, Title: wire.Text{"en": "hello " + id}, ExpiresAt: time.Now().Add(in)}
	}
	a.show(notice("a", time.Hour))
	a.show(notice("a", time.Hour))
	a.show(notice("late", -time.Second))
	if len(a.shown) != 1 || strings.Count(log.String(), "hello a") != 1 || strings.Contains(log.String(), "late") {
		t.Errorf("shown %+v, log %s", a.shown, log.String())
	}
	for i := range 2 * maxShown {
		a.show(notice(string(rune('b'+i)), time.Hour))
	}
	if len(a.shown) != maxShown {
		t.Errorf("%d are shown", len(a.shown))
	}
	if content, err := os.ReadFile(board); err != nil || strings.Count(string(content), "hello") != maxShown {
		t.Errorf("on the board is %s (%v)", content, err)
	}
}

func TestADesktopThatNobodyOfUsSeesIsHidden(t *testing.T) {
	seen := collect.Input{Known: true}
	for name, c := range map[string]struct {
		r    collect.Reading
		want bool
	}{
		"no display at all":                   {collect.Reading{}, false},
		"a display that lets us in":           {collect.Reading{Display: true, X11: seen}, false},
		"a display that does not":             {collect.Reading{Display: true}, true},
		"Wayland, whatever its X server says": {collect.Reading{Display: true, X11: seen, Sessions: collect.Sessions{Known: true, People: 1, Wayland: 1}}, true},
		"X11 by logind, and we are in":        {collect.Reading{Display: true, X11: seen, Sessions: collect.Sessions{Known: true, People: 1, X11: 1}}, false},
		"X11 by logind, and we are not":       {collect.Reading{Sessions: collect.Sessions{Known: true, People: 1, X11: 1}}, true},
		"the display of a greeter, by logind": {collect.Reading{Display: true, Sessions: collect.Sessions{Known: true}}, false},
	} {
		if got := observation(&c.r).Hidden; got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestSamplesWaitInMemoryWhileTheDiskRefusesThem(t *testing.T) {
	cfg := enrolled(t)
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	a, err := New(cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cfg.Data.Folder, "pc-1", "outbox")
	limits := outbox.Limits{MaxAge: 1e6 * time.Hour, MaxBytes: 1 << 30}
	if a.box, err = outbox.Open(dir, limits, log); err != nil {
		t.Fatal(err)
	}
	a.uplink = newIdleUplink(a)
	if err := a.box.Close(); err != nil { // a closed outbox refuses as a full disk does
		t.Fatal(err)
	}
	minute := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	for i := range 3 {
		a.keep([]wire.Sample{{Minute: minute.Add(time.Duration(i) * time.Minute), InUseSeconds: 60, Source: wire.SourceX11}}, minute)
	}
	if len(a.waiting) != 3 {
		t.Fatalf("%d wait", len(a.waiting))
	}
	if a.box, err = outbox.Open(dir, limits, log); err != nil {
		t.Fatal(err)
	}
	a.keep(nil, minute)
	if len(a.waiting) != 0 || a.box.Stats().Pending != 3 {
		t.Errorf("%d wait, %d are kept", len(a.waiting), a.box.Stats().Pending)
	}
	if err := a.box.Close(); err != nil {
		t.Error(err)
	}
}

func newIdleUplink(a *App) *uplink.Uplink {
	return uplink.New(uplink.Settings{}, uplink.Handlers{}, a.box, a.log)
}
