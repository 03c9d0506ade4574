package collect

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// displayRetry is how often a display is looked for.
	displayRetry = 10 * time.Second
	// displayTimeout is how long a display may take to answer, openTimeout after how long no further try is made
	// to open one.
	displayTimeout = 300 * time.Millisecond
	openTimeout    = time.Second
	// sockets is where the displays of a computer are.
	sockets = "/tmp/.X11-unix"
)

// x11 asks the X server for how long nobody touched keyboard or mouse. The connection stays open. Only displays of
// this computer are asked: one that ssh forwards would tell about another.
type x11 struct {
	wanted  string
	conn    io.ReadWriteCloser
	ask     []byte // the question
	packet  [packetBytes]byte
	display bool // the last search found a server
	triedAt time.Duration
	tried   bool
}

func newX11(display string) *x11 { return &x11{wanted: display} }

// Collect sets X11 and Display.
func (x *x11) Collect(r *Reading) error {
	if x.conn == nil {
		r.Display = x.display
		if x.tried && r.Uptime-x.triedAt < displayRetry {
			return errNothing
		}
		x.tried, x.triedAt = true, r.Uptime
		if err := x.open(); err != nil {
			r.Display = x.display
			return err
		}
	}
	r.Display = true
	idle, err := x.idle()
	if err != nil {
		err = fmt.Errorf("ask the X server: %w", errors.Join(err, x.conn.Close()))
		x.conn = nil
		return err
	}
	r.X11 = Input{Known: true, Ago: idle}
	return nil
}

func (x *x11) idle() (time.Duration, error) {
	if _, err := x.conn.Write(x.ask); err != nil {
		return 0, err
	}
	if err := readReply(x.conn, &x.packet); err != nil {
		return 0, err
	}
	return time.Duration(idleOf(&x.packet)) * time.Millisecond, nil
}

// open connects to the wanted display, or to the first that lets us in.
func (x *x11) open() error {
	x.display = false
	numbers, err := displays(x.wanted)
	if err != nil {
		return err
	}
	deadline := time.Now().Add(openTimeout)
	var refused error
	for _, number := range numbers {
		for _, cookie := range cookies(number) {
			conn, err := dialSocket(filepath.Join(sockets, "X"+number), displayTimeout)
			if err != nil {
				break // no server behind this socket
			}
			x.display = true
			if x.ask, err = enter(conn, cookie); err == nil {
				x.conn = conn
				return nil
			}
			refused = fmt.Errorf("display :%s: %w", number, errors.Join(err, conn.Close()))
			if time.Now().After(deadline) {
				return refused
			}
		}
	}
	if refused == nil && x.wanted != "" {
		return fmt.Errorf("there is no display %s", x.wanted)
	}
	if refused == nil {
		return errNothing
	}
	return refused
}

// enter shakes hands and returns the question for the idle time.
func enter(conn io.ReadWriter, cookie []byte) (ask []byte, err error) {
	if _, err := conn.Write(handshake(cookie)); err != nil {
		return nil, err
	}
	root, err := readHandshake(conn)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write(askExtension(screenSaver)); err != nil {
		return nil, err
	}
	var packet [packetBytes]byte
	if err := readReply(conn, &packet); err != nil {
		return nil, err
	}
	extension, ok := extensionOf(&packet)
	if !ok {
		return nil, errors.New("the X server does not have " + screenSaver)
	}
	return askIdle(extension, root), nil
}

// displays lists the numbers of this computer's displays: the wanted one, or that of $DISPLAY first.
func displays(wanted string) ([]string, error) {
	if wanted != "" {
		number, ok := localDisplay(wanted)
		if !ok {
			return nil, fmt.Errorf("%q is no display of this computer; write :0", wanted)
		}
		return []string{number}, nil
	}
	var numbers []string
	if number, ok := localDisplay(os.Getenv("DISPLAY")); ok {
		numbers = append(numbers, number)
	}
	entries, err := os.ReadDir(sockets)
	if errors.Is(err, os.ErrNotExist) {
		return numbers, nil
	}
	for _, e := range entries {
		number, ok := localDisplay(strings.Replace(e.Name(), "X", ":", 1))
		if ok && !slices.Contains(numbers, number) {
			numbers = append(numbers, number)
		}
	}
	return numbers, err
}

// localDisplay returns the number of a display such as :0, :0.0 or unix:0.
func localDisplay(name string) (number string, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimPrefix(name, "unix"), ":")
	if !ok {
		return "", false
	}
	number, _, _ = strings.Cut(rest, ".")
	_, err := strconv.ParseUint(number, 10, 16)
	return number, err == nil
}

// maxCookies bounds the tries at one display.
const maxCookies = 8

// cookies are what may open a display, none last. They are in our user's own file, and for root in those of the
// display managers and of the people.
func cookies(display string) [][]byte {
	files := []string{os.Getenv("XAUTHORITY")}
	if home, err := os.UserHomeDir(); err == nil {
		files = append(files, filepath.Join(home, ".Xauthority"))
	}
	for _, pattern := range []string{
		"/run/user/*/gdm/Xauthority", "/run/user/*/xauth_*", "/run/lightdm/*/:*", "/run/lightdm/*/xauthority",
		"/run/sddm/*", "/home/*/.Xauthority", "/tmp/xauth_*",
	} {
		if found, err := filepath.Glob(pattern); err == nil {
			files = append(files, found...)
		}
	}
	var all [][]byte
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for _, cookie := range parseCookies(content, display) {
			known := func(c []byte) bool { return bytes.Equal(c, cookie) }
			if len(all) < maxCookies && !slices.ContainsFunc(all, known) {
				all = append(all, cookie)
			}
		}
	}
	return append(all, nil)
}
