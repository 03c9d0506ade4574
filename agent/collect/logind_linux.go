package collect

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	loginService = "org.freedesktop.login1"
	loginObject  = "/org/freedesktop/login1"
	// loginAnew is how often the sessions are asked for even when no signal came.
	loginAnew = 30 * time.Second
	// loginTimeout bounds all calls of one look.
	loginTimeout = 400 * time.Millisecond
)

// logind asks the login manager who is logged in and whether the screens are locked. It listens to its signals, so
// that it only asks when something changed.
type logind struct {
	address string // of the bus; "" is the system's
	conn    *dbus.Conn
	signals chan *dbus.Signal
	last    Sessions
	askedAt time.Duration
	asked   bool
}

// Collect sets Sessions.
func (l *logind) Collect(r *Reading) error {
	if !l.changed() && l.asked && r.Uptime-l.askedAt < loginAnew {
		r.Sessions = l.last
		return nil
	}
	l.askedAt, l.asked = r.Uptime, true
	l.last = Sessions{}
	ctx, cancel := context.WithTimeout(context.Background(), loginTimeout)
	defer cancel()
	sessions, err := l.ask(ctx)
	if err != nil {
		l.hangUp()
		return err
	}
	l.last = summarize(sessions)
	r.Sessions = l.last
	return nil
}

// changed empties the channel of signals and reports whether there was one, or the end of the connection.
func (l *logind) changed() bool {
	changed := false
	for {
		select {
		case _, open := <-l.signals: // a nil channel before the first connection never answers
			if !open {
				l.signals = nil
			}
			changed = true
		default:
			return changed
		}
	}
}

func (l *logind) ask(ctx context.Context) ([]session, error) {
	if l.conn == nil || !l.conn.Connected() {
		if err := l.dial(); err != nil {
			return nil, err
		}
	}
	var list []struct {
		ID   string
		UID  uint32
		Name string
		Seat string
		Path dbus.ObjectPath
	}
	manager := l.conn.Object(loginService, loginObject)
	if err := manager.CallWithContext(ctx, loginService+".Manager.ListSessions", 0).Store(&list); err != nil {
		return nil, fmt.Errorf("ask logind for its sessions: %w", err)
	}
	sessions := make([]session, 0, len(list))
	for _, entry := range list {
		var properties map[string]dbus.Variant
		call := l.conn.Object(loginService, entry.Path).CallWithContext(ctx,
			"org.freedesktop.DBus.Properties.GetAll", 0, loginService+".Session")
		if err := call.Store(&properties); err != nil {
			if ctx.Err() != nil {
				return nil, fmt.Errorf("ask logind for a session: %w", err)
			}
			continue // it ended since we got the list
		}
		sessions = append(sessions, sessionOf(properties))
	}
	return sessions, nil
}

func sessionOf(properties map[string]dbus.Variant) session {
	text := func(name string) string { s, _ := properties[name].Value().(string); return s }
	flag := func(name string) bool { b, _ := properties[name].Value().(bool); return b }
	return session{
		Class: text("Class"), Type: text("Type"), State: text("State"),
		LockedHint: flag("LockedHint"), IdleHint: flag("IdleHint"),
	}
}

// dial connects to the bus and asks for logind's signals.
func (l *logind) dial() error {
	address := l.address
	if address == "" {
		if address = os.Getenv("DBUS_SYSTEM_BUS_ADDRESS"); address == "" {
			const socket = "/run/dbus/system_bus_socket"
			if _, err := os.Stat(socket); os.IsNotExist(err) {
				return errNothing
			}
			address = "unix:path=" + socket
		}
	}
	conn, err := dbus.Connect(address)
	if err != nil {
		return fmt.Errorf("connect to the system bus: %w", err)
	}
	if err := conn.AddMatchSignal(dbus.WithMatchSender(loginService)); err != nil {
		conn.Close()
		return fmt.Errorf("listen to logind: %w", err)
	}
	l.conn, l.signals = conn, make(chan *dbus.Signal, 32)
	conn.Signal(l.signals)
	return nil
}

func (l *logind) hangUp() {
	if l.conn != nil {
		l.conn.Close()
		l.conn, l.signals = nil, nil
	}
}
