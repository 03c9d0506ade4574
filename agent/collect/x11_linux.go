package collect

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/screensaver"
	"github.com/jezek/xgb/xproto"
)

const (
	// displayRetry is how often a display is looked for.
	displayRetry = 10 * time.Second
	// displayTimeout is how long a display may take to answer; after that the answer is taken when it comes.
	displayTimeout = 300 * time.Millisecond
)

// x11 asks the X server for how long nobody touched keyboard or mouse. The connection stays open; a server that hangs
// does not hold up the other collectors.
type x11 struct {
	wanted  string
	cookies string // $XAUTHORITY as it was at the start
	conn    *xgb.Conn
	root    xproto.Drawable
	display bool // the last look found a display
	triedAt time.Duration
	tried   bool
	pending chan answer
	timer   *time.Timer
}

// answer is the end of one conversation with the server.
type answer struct {
	conn *xgb.Conn
	root xproto.Drawable
	idle time.Duration
	err  error
}

func newX11(display string) *x11 {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return &x11{wanted: display, cookies: os.Getenv("XAUTHORITY"), timer: timer}
}

// Collect sets X11 and Display.
func (x *x11) Collect(r *Reading) error {
	if x.pending == nil {
		if x.conn == nil {
			if x.tried && r.Uptime-x.triedAt < displayRetry {
				r.Display = x.display
				return errNothing
			}
			x.tried, x.triedAt = true, r.Uptime
		}
		x.begin()
	}
	x.timer.Reset(displayTimeout)
	defer x.timer.Stop()
	select {
	case a := <-x.pending:
		x.pending = nil
		return x.take(r, a)
	case <-x.timer.C:
		r.Display = true
		return errors.New("the X server does not answer")
	}
}

// begin starts one conversation, which may outlast the call.
func (x *x11) begin() {
	x.pending = make(chan answer, 1)
	go func(conn *xgb.Conn, root xproto.Drawable, to chan<- answer) {
		if conn == nil {
			var err error
			if conn, root, err = openDisplay(x.wanted, x.cookies); err != nil {
				to <- answer{err: err}
				return
			}
		}
		info, err := screensaver.QueryInfo(conn, root).Reply()
		if err != nil {
			conn.Close()
			to <- answer{err: fmt.Errorf("ask the X server: %w", err)}
			return
		}
		to <- answer{conn: conn, root: root, idle: time.Duration(info.MsSinceUserInput) * time.Millisecond}
	}(x.conn, x.root, x.pending)
}

func (x *x11) take(r *Reading, a answer) error {
	x.conn, x.root = a.conn, a.root
	x.display = !errors.Is(a.err, errNothing)
	r.Display = x.display
	if a.err != nil {
		return a.err
	}
	r.X11 = Input{Known: true, Ago: a.idle}
	return nil
}

// openDisplay connects to the wanted display, or to the first that lets us in.
func openDisplay(wanted, cookies string) (*xgb.Conn, xproto.Drawable, error) {
	displays := []string{wanted}
	if wanted == "" {
		displays = findDisplays()
	}
	if len(displays) == 0 {
		return nil, 0, errNothing
	}
	// xgb prints to stderr when it misses a cookie; we say what went wrong ourselves.
	xgb.Logger = log.New(io.Discard, "", 0)
	var errs []error
	for _, display := range displays {
		for _, file := range authorities(cookies) {
			conn, root, err := connect(display, file)
			if err == nil {
				return conn, root, nil
			}
			errs = append(errs, err)
		}
	}
	return nil, 0, fmt.Errorf("no X display lets us in: %w", errs[0])
}

// connect opens one display with the cookies of one file, which xgb takes from the environment only.
func connect(display, authority string) (*xgb.Conn, xproto.Drawable, error) {
	if err := os.Setenv("XAUTHORITY", authority); err != nil {
		return nil, 0, err
	}
	conn, err := xgb.NewConnDisplay(display)
	if err != nil {
		return nil, 0, err
	}
	if err := screensaver.Init(conn); err != nil {
		conn.Close()
		return nil, 0, err
	}
	root := xproto.Setup(conn).DefaultScreen(conn).Root
	return conn, xproto.Drawable(root), nil
}

// findDisplays lists the displays of this computer: $DISPLAY first, then by number.
func findDisplays() []string {
	var displays []string
	if d := os.Getenv("DISPLAY"); d != "" {
		displays = append(displays, d)
	}
	sockets, err := filepath.Glob("/tmp/.X11-unix/X*")
	if err != nil {
		return displays
	}
	for _, socket := range sockets {
		number := filepath.Base(socket)[1:]
		if _, err := strconv.Atoi(number); err == nil && !slices.Contains(displays, ":"+number) {
			displays = append(displays, ":"+number)
		}
	}
	return displays
}

// authorities lists the files in which the cookie of a display may be: our user's own, and as root those of the
// display managers and of the people.
func authorities(own string) []string {
	var files []string
	add := func(file string) {
		if _, err := os.Stat(file); err == nil && !slices.Contains(files, file) {
			files = append(files, file)
		}
	}
	if own != "" {
		add(own)
	}
	if home, err := os.UserHomeDir(); err == nil {
		add(filepath.Join(home, ".Xauthority"))
	}
	for _, pattern := range []string{
		"/run/user/*/gdm/Xauthority", "/run/user/*/xauth_*", "/run/lightdm/*/:*", "/run/lightdm/*/xauthority",
		"/run/sddm/*", "/home/*/.Xauthority", "/tmp/xauth_*",
	} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			continue
		}
		for _, file := range found {
			add(file)
		}
	}
	return append(files, "/nonexistent") // a display that asks for no cookie
}
