package collect

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// never stands for a touch so long ago that nobody remembers.
const never = 365 * 24 * time.Hour

// terminals reads when somebody last typed in a terminal: a program's reading of its terminal sets the access time.
// Output sets only the modification time, which does not count: programs print while nobody is there. The kernel
// moves the access time in steps of eight seconds, but at once after a pause. Of the virtual consoles only the one
// that is shown can be typed on. Serial lines are left out: machines talk on them.
type terminals struct {
	dev, pts string
	active   string // a file that names the console that is shown
	list     *os.File
	console  *os.File
	shown    int64 // the latest access to a console
	path     []byte
	name     [16]byte
}

func newTerminals(dev, active string) *terminals {
	return &terminals{dev: dev, pts: filepath.Join(dev, "pts"), active: active}
}

// Collect sets Terminal and Terminals, every time.
func (t *terminals) Collect(r *Reading) error {
	latest, n, err := t.pseudo()
	if err != nil {
		return err
	}
	latest = max(latest, t.onConsole())
	r.Terminals = n
	r.Terminal = Input{Known: true, Ago: since(latest, r.At)}
	return nil
}

// pseudo returns the latest access to a pseudo terminal, in nanoseconds since 1970, and how many there are.
func (t *terminals) pseudo() (latest int64, n int, err error) {
	if t.list == nil {
		t.list, err = os.Open(t.pts)
		if errors.Is(err, os.ErrNotExist) {
			return 0, 0, errNothing
		}
		if err != nil {
			return 0, 0, fmt.Errorf("list the terminals: %w", err)
		}
	}
	if _, err := t.list.Seek(0, io.SeekStart); err != nil {
		return 0, 0, fmt.Errorf("list the terminals: %w", err)
	}
	names, err := t.list.Readdirnames(-1)
	if err != nil {
		return 0, 0, fmt.Errorf("list the terminals: %w", err)
	}
	for _, name := range names {
		if !isPID(name) && name != "0" {
			continue
		}
		t.path = append(append(append(t.path[:0], t.pts...), '/'), name...)
		if at, ok := accessed(string(t.path)); ok {
			latest = max(latest, at)
			n++
		}
	}
	return latest, n, nil
}

// onConsole returns the latest access to the virtual consoles that were shown so far. A computer without any is none
// the worse.
func (t *terminals) onConsole() int64 {
	if t.console == nil {
		f, err := os.Open(t.active)
		if err != nil {
			return 0
		}
		t.console = f
	}
	n, err := t.console.ReadAt(t.name[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0
	}
	t.path = append(append(append(t.path[:0], t.dev...), '/'), bytes.TrimSpace(t.name[:n])...)
	if at, ok := accessed(string(t.path)); ok {
		t.shown = max(t.shown, at)
	}
	return t.shown
}

// accessed returns the access time of a file in nanoseconds since 1970.
func accessed(path string) (int64, bool) {
	var st syscall.Stat_t
	if err := syscall.Stat(path, &st); err != nil {
		return 0, false
	}
	return st.Atim.Nano(), true
}

// since is how long before now an access was. One in the future, from before the clock was set back, says nothing.
func since(nanos int64, now time.Time) time.Duration {
	ago := time.Duration(now.UnixNano() - nanos)
	switch {
	case nanos == 0 || ago > never || ago < -step:
		return never
	case ago < 0:
		return 0
	}
	return ago
}

// step is how far the kernel's access time of a terminal may be off.
const step = 8 * time.Second
