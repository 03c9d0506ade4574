package screen

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/labtide/labtide/agent/collect/collecttest"
	"github.com/labtide/labtide/agent/wire"
)

// desktop is somebody's notification service.
type desktop struct {
	mu     sync.Mutex
	titles []string
	bodies []string
	hints  []map[string]dbus.Variant
	expire []int32
}

func (d *desktop) Notify(_ string, _ uint32, _, title, body string, _ []string, hints map[string]dbus.Variant, expire int32) (uint32, *dbus.Error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.titles, d.bodies = append(d.titles, title), append(d.bodies, body)
	d.hints, d.expire = append(d.hints, hints), append(d.expire, expire)
	return uint32(len(d.titles)), nil
}

func notice(id string, left time.Duration) wire.Notice {
	return wire.Notice{
		Version: wire.Version, ID: id, Level: wire.LevelWarn, ExpiresAt: time.Now().Add(left),
		Title: wire.Text{"en": "Still working?", "zh-CN": "还在使用吗？"}, Body: wire.Text{"en": "a < b & c"},
	}
}

func TestANoticeAppearsOnTheDesktopInTheLanguageOfTheSession(t *testing.T) {
	address, conn := collecttest.Bus(t)
	d := &desktop{}
	if err := conn.Export(d, object, service); err != nil {
		t.Fatal(err)
	}
	if reply, err := conn.RequestName(service, 0); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatal(reply, err)
	}
	for _, language := range []string{"zh_CN.UTF-8", "fi_FI.UTF-8"} {
		environ := map[string]string{"DBUS_SESSION_BUS_ADDRESS": address, "LANG": language}
		if err := Session(func(key string) string { return environ[key] }).Show(t.Context(), notice("a", time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	d.mu.Lock() // the bus carries no word of memory between the connections
	defer d.mu.Unlock()
	if want := []string{"还在使用吗？", "Still working?"}; !slices.Equal(d.titles, want) {
		t.Errorf("the titles are %q, want %q", d.titles, want)
	}
	if d.bodies[1] != "a &lt; b &amp; c" {
		t.Errorf("the desktop may read markup out of %q", d.bodies[1])
	}
	if urgency := d.hints[0]["urgency"].Value(); urgency != byte(2) {
		t.Errorf("the urgency of a warning is %v", urgency)
	}
	if ms := d.expire[0]; ms <= 0 || ms > 60_000 {
		t.Errorf("it is shown for %d ms", ms)
	}
}

func TestASessionHasTheBusOfLogindWhenTheEnvironmentNamesNone(t *testing.T) {
	folder := map[string]string{"XDG_RUNTIME_DIR": "/run/user/1000"}
	if got := Session(func(key string) string { return folder[key] }).Address; got != "unix:path=/run/user/1000/bus" {
		t.Errorf("got %q", got)
	}
}

func TestWithoutASessionNothingIsShownAndItIsSaid(t *testing.T) {
	for _, d := range []Desktop{{}, {Address: "unix:path=" + filepath.Join(t.TempDir(), "nowhere")}} {
		if err := d.Show(t.Context(), notice("a", time.Minute)); !errors.Is(err, ErrNoSession) {
			t.Errorf("%q: got %v", d.Address, err)
		}
		if err := d.Show(t.Context(), notice("late", -time.Second)); err != nil {
			t.Errorf("an expired notice needs no session: %v", err)
		}
	}
}

func TestWhatIsPutOnTheBoardIsShownOnceInEachSession(t *testing.T) {
	board := Board{Path: filepath.Join(t.TempDir(), "run", "notices.json")}
	synctest.Test(t, func(t *testing.T) {
		var shown []string
		refuse := true
		show := func(_ context.Context, n wire.Notice) error {
			if n.ID == "b" && refuse {
				return ErrNoSession
			}
			shown = append(shown, n.ID)
			return nil
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- board.Follow(ctx, show, slog.New(slog.NewTextHandler(io.Discard, nil))) }()
		put := func(want []string, notices ...wire.Notice) {
			t.Helper()
			if err := board.Put(notices); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * lookEvery)
			synctest.Wait()
			if !slices.Equal(shown, want) {
				t.Errorf("shown are %q, want %q", shown, want)
			}
		}
		time.Sleep(2 * lookEvery) // there is no board yet
		a, b := notice("a", time.Hour), notice("b", time.Hour)
		put([]string{"a"}, a, notice("late", -time.Second))
		put([]string{"a"}, a, b)
		refuse = false
		put([]string{"a", "b"}, a, b)
		put([]string{"a", "b", "c"}, b, notice("c", time.Hour))
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	if info, err := os.Stat(board.Path); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("not everybody may read it: %v, %v", info, err)
	}
}
