package collect

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestTheLatestTerminalCounts(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	touch := func(name string, ago time.Duration) {
		write(t, filepath.Join(dir, name), "")
		// The output is fresh: it must not count.
		if err := os.Chtimes(filepath.Join(dir, name), now.Add(-ago), now); err != nil {
			t.Fatal(err)
		}
	}
	touch("pts/0", 2*time.Hour)
	touch("pts/17", 30*time.Second)
	touch("pts/ptmx", 0)
	touch("tty3", time.Minute)
	touch("tty4", 0) // not shown: nobody can type on it
	touch("ttyS0", 0)
	write(t, filepath.Join(dir, "active"), "tty3\n")
	c := newTerminals(dir, filepath.Join(dir, "active"))
	r := Reading{At: now}
	if err := c.Collect(&r); err != nil {
		t.Fatal(err)
	}
	if !r.Terminal.Known || r.Terminal.Ago.Round(time.Millisecond) != 30*time.Second || r.Terminals != 2 {
		t.Errorf("got %+v, %d terminals", r.Terminal, r.Terminals)
	}
	touch("tty3", 5*time.Second)
	if err := os.Remove(filepath.Join(dir, "pts/17")); err != nil {
		t.Fatal(err)
	}
	r = Reading{At: now}
	if err := c.Collect(&r); err != nil || r.Terminal.Ago.Round(time.Millisecond) != 5*time.Second || r.Terminals != 1 {
		t.Errorf("got %+v, %d terminals (%v)", r.Terminal, r.Terminals, err)
	}
}

func TestTypingOnAConsoleIsRememberedWhenAnotherIsShown(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	write(t, dir+"/active", "tty1\n")
	write(t, dir+"/pts/ptmx", "")
	for name, ago := range map[string]time.Duration{"tty1": 20 * time.Second, "tty12": time.Hour} {
		write(t, filepath.Join(dir, name), "")
		if err := os.Chtimes(filepath.Join(dir, name), now.Add(-ago), now); err != nil {
			t.Fatal(err)
		}
	}
	c := newTerminals(dir, dir+"/active")
	for _, shown := range []string{"tty1\n", "tty12\n"} {
		write(t, dir+"/active", shown)
		r := Reading{At: now}
		if err := c.Collect(&r); err != nil || r.Terminal.Ago.Round(time.Second) != 20*time.Second {
			t.Errorf("%q: %+v (%v)", shown, r.Terminal, err)
		}
	}
}

func TestAnAccessInTheFutureSaysNothing(t *testing.T) {
	now := time.Now()
	for in, want := range map[time.Duration]time.Duration{
		-time.Hour: never, -3 * time.Second: 0, 0: 0, time.Minute: time.Minute, 2 * never: never,
	} {
		if got := since(now.Add(-in).UnixNano(), now); got != want {
			t.Errorf("%v ago: got %v, want %v", in, got, want)
		}
	}
}

func TestAComputerWithoutTerminalsSaysNothing(t *testing.T) {
	r := Reading{At: time.Now()}
	if err := newTerminals(t.TempDir(), "/nonexistent").Collect(&r); !errors.Is(err, errNothing) || r.Terminal.Known {
		t.Errorf("got %+v (%v)", r.Terminal, err)
	}
}

func TestProcessesAreScannedEveryHalfMinute(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/1/comm", "systemd\n")
	write(t, dir+"/321/comm", "codesys.exe\n")
	write(t, dir+"/irq/comm", "blender\n")
	apps := newApplications([]Application{{Category: "plc", Processes: []string{"codesys.exe"}}, {Category: "cad", Processes: []string{"blender"}}})
	c := newProcesses(dir, apps)
	look := func(uptime time.Duration) Reading {
		r := Reading{Uptime: uptime}
		if err := c.Collect(&r); err != nil && !errors.Is(err, errNothing) {
			t.Fatal(err)
		}
		return r
	}
	if r := look(0); r.Application != "plc" {
		t.Errorf("got %q", r.Application)
	}
	write(t, dir+"/321/comm", "bash\n")
	if r := look(29 * time.Second); r.Application != "plc" {
		t.Errorf("before the next scan: %q", r.Application)
	}
	if r := look(30 * time.Second); r.Application != "" {
		t.Errorf("after the next scan: %q", r.Application)
	}
	write(t, dir+"/321/comm", "codesys.exe\n")
	apps.forbidden = true
	if r := look(90 * time.Second); r.Application != "" {
		t.Errorf("though it is forbidden: %q", r.Application)
	}
	apps.forbidden = false
	if r := look(91 * time.Second); r.Application != "plc" {
		t.Errorf("allowed again: %q", r.Application)
	}
}

func TestLoadIsReadEveryTenSeconds(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/stat", "cpu  100 0 100 800 0 0 0 0 0 0\n")
	write(t, dir+"/meminfo", string(fixture(t, "meminfo")))
	c := newLoad(dir)
	var r Reading
	if err := c.Collect(&r); err != nil || r.CPUPercent != nil || r.MemoryPercent == nil {
		t.Errorf("at first: %v %v (%v)", r.CPUPercent, r.MemoryPercent, err)
	}
	write(t, dir+"/stat", "cpu  125 0 100 875 0 0 0 0 0 0\n")
	r = Reading{Uptime: 9 * time.Second}
	if err := c.Collect(&r); err != nil || r.CPUPercent != nil || r.MemoryPercent != nil {
		t.Errorf("after nine seconds: %v %v (%v)", r.CPUPercent, r.MemoryPercent, err)
	}
	r = Reading{Uptime: 10 * time.Second}
	if err := c.Collect(&r); err != nil || r.CPUPercent == nil || *r.CPUPercent != 25 {
		t.Errorf("after ten seconds: %v (%v)", r.CPUPercent, err)
	}
}

// failing is a collector that fails as it is told.
type failing struct{ err error }

func (f *failing) Collect(*Reading) error { return f.err }

func TestAFailureIsLoggedWhenItBeginsAndNotEverySecond(t *testing.T) {
	var out strings.Builder
	f := &failing{errors.New("it smokes")}
	s := &Set{sources: []source{{name: "oven", collect: f}}, log: slog.New(slog.NewTextHandler(&out, nil))}
	count := func() int { return strings.Count(out.String(), "it smokes") }
	for range 5 {
		s.Read()
	}
	if count() != 1 {
		t.Errorf("logged %d times", count())
	}
	f.err = nil
	s.Read()
	f.err = errors.New("it smokes")
	s.Read()
	if count() != 2 {
		t.Errorf("after a recovery, logged %d times", count())
	}
	f.err = errNothing
	s.Read()
	if strings.Contains(out.String(), errNothing.Error()) {
		t.Error("a source that the computer does not have was logged")
	}
}

func TestThisComputerCanBeRead(t *testing.T) {
	s := New(Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Applications: []Application{{Category: "go", Processes: []string{ownName(t)}}}})
	r := s.Read()
	if r.MemoryPercent == nil || *r.MemoryPercent <= 0 || *r.MemoryPercent >= 100 {
		t.Errorf("memory %v", r.MemoryPercent)
	}
	if r.Application != "go" {
		t.Errorf("this test's process was not found: %q", r.Application)
	}
}

func ownName(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("/proc/" + strconv.Itoa(os.Getpid()) + "/comm")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

func BenchmarkRead(b *testing.B) {
	s := New(Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	b.ReportAllocs()
	for b.Loop() {
		s.Read()
	}
}
