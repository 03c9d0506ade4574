package collect

import (
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/labtide/labtide/agent/collect/collecttest"
)

func TestARealXServerTellsTheIdleTime(t *testing.T) {
	xvfb, xdotool := collecttest.Need(t, "Xvfb"), collecttest.Need(t, "xdotool")
	display := ":" + collecttest.Launch(t, xvfb, "-displayfd", "3", "-nolisten", "tcp", "-screen", "0", "320x200x8")
	c := newX11(display)
	begin := time.Now()
	look := func() time.Duration {
		t.Helper()
		r := Reading{At: time.Now(), Uptime: time.Since(begin)}
		if err := c.Collect(&r); err != nil || !r.X11.Known || !r.Display {
			t.Fatalf("got %+v (%v)", r, err)
		}
		return r.X11.Ago
	}
	first := look()
	for look() <= first {
	}
	for limit := first + 150*time.Millisecond; look() < limit; {
	}
	move := exec.Command(xdotool, "mousemove", "7", "9", "mousemove", "70", "90")
	move.Env = append(os.Environ(), "DISPLAY="+display)
	if out, err := move.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if after := look(); after >= first+150*time.Millisecond {
		t.Errorf("the mouse moved, but the idle time is %v", after)
	}
}

func TestAnXServerAsksForItsCookie(t *testing.T) {
	xvfb, xauth := collecttest.Need(t, "Xvfb"), collecttest.Need(t, "xauth")
	file := filepath.Join(t.TempDir(), "authority")
	const cookie = "00112233445566778899aabbccddeeff"
	// The display's number is known only when it runs, so the cookie is for any.
	t.Setenv("XAUTHORITY", file)
	t.Setenv("HOME", t.TempDir())
	serverFile := filepath.Join(t.TempDir(), "server")
	if out, err := exec.Command(xauth, "-f", serverFile, "add", ":0", ".", cookie).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	display := ":" + collecttest.Launch(t, xvfb, "-displayfd", "3", "-nolisten", "tcp", "-screen", "0", "320x200x8", "-auth", serverFile)
	c := newX11(display)
	var r Reading
	if err := c.Collect(&r); err == nil || r.X11.Known || !r.Display {
		t.Errorf("without the cookie: %+v (%v)", r, err)
	}
	if out, err := exec.Command(xauth, "-f", file, "add", display, ".", cookie).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	// The server starts anew when its last client leaves, and does not answer meanwhile: the agent tries again.
	for try := 1; !r.X11.Known; try++ {
		r = Reading{Uptime: time.Duration(try) * displayRetry}
		if err := c.Collect(&r); err != nil && try == 20 {
			t.Fatalf("with the cookie: %+v (%v)", r, err)
		}
	}
}

func TestASilentXServerDoesNotHoldUpTheOthers(t *testing.T) {
	if err := os.MkdirAll(sockets, 0o1777); err != nil {
		t.Skip(err)
	}
	const display = "64321"
	l, err := net.Listen("unix", filepath.Join(sockets, "X"+display))
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	var r Reading // without a deadline this would never return
	if err := newX11(":" + display).Collect(&r); err == nil || r.X11.Known || !r.Display {
		t.Errorf("got %+v (%v)", r, err)
	}
}

func TestADisplayThatIsNotThereOrNotHereIsAnError(t *testing.T) {
	for _, display := range []string{":59999", "localhost:10.0", "elsewhere:0"} {
		var r Reading
		if err := newX11(display).Collect(&r); err == nil || r.X11.Known || r.Display {
			t.Errorf("%s: got %+v (%v)", display, r, err)
		}
	}
}

// login is a fake login manager on a bus of its own.
type login struct{ sessions []string }

type listed struct {
	ID   string
	UID  uint32
	Name string
	Seat string
	Path dbus.ObjectPath
}

func (l *login) ListSessions() ([]listed, *dbus.Error) {
	var list []listed
	for i, id := range l.sessions {
		list = append(list, listed{id, uint32(1000 + i), "wei", "seat0", sessionPath(id)})
	}
	return list, nil
}

func sessionPath(id string) dbus.ObjectPath {
	return dbus.ObjectPath("/org/freedesktop/login1/session/" + id)
}

// properties answers GetAll for one session; the bus asks while the test changes them.
type properties struct {
	mu     sync.Mutex
	values map[string]dbus.Variant
}

func (p *properties) GetAll(string) (map[string]dbus.Variant, *dbus.Error) { return p.all(), nil }

func (p *properties) all() map[string]dbus.Variant {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.values)
}

func (p *properties) set(name string, value any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.values[name] = dbus.MakeVariant(value)
}

func TestLogindIsAskedAgainWhenItSaysThatSomethingChanged(t *testing.T) {
	address, server := collecttest.Bus(t)
	manager := &login{sessions: []string{"c1"}}
	desktop := &properties{values: map[string]dbus.Variant{
		"Class": dbus.MakeVariant("user"), "Type": dbus.MakeVariant("wayland"), "State": dbus.MakeVariant("active"),
		"LockedHint": dbus.MakeVariant(false), "IdleHint": dbus.MakeVariant(false),
	}}
	for _, err := range []error{
		server.Export(manager, loginObject, loginService+".Manager"),
		server.Export(desktop, sessionPath("c1"), "org.freedesktop.DBus.Properties"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if reply, err := server.RequestName(loginService, 0); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatal(reply, err)
	}
	c := &logind{address: address}
	defer c.hangUp()
	look := func() Sessions {
		t.Helper()
		r := Reading{Uptime: time.Second}
		if err := c.Collect(&r); err != nil {
			t.Fatal(err)
		}
		return r.Sessions
	}
	if got, want := look(), (Sessions{Known: true, People: 1, Wayland: 1}); got != want {
		t.Fatalf("got %+v, want %+v", got, want)
	}
	desktop.set("LockedHint", true)
	if got := look(); got.Locked {
		t.Errorf("without a signal nothing is asked again: %+v", got)
	}
	if err := server.Emit(sessionPath("c1"), "org.freedesktop.DBus.Properties.PropertiesChanged",
		loginService+".Session", desktop.all(), []string{}); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for !look().Locked {
		if time.Now().After(deadline) {
			t.Fatal("the signal was not heeded")
		}
	}
}

func TestAComputerWithoutABusHasNoSessionsToKnow(t *testing.T) {
	c := &logind{address: "unix:path=" + filepath.Join(t.TempDir(), "nowhere")}
	var r Reading
	if err := c.Collect(&r); err == nil || r.Sessions.Known {
		t.Errorf("got %+v (%v)", r.Sessions, err)
	}
}
