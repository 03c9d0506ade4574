// Package screen shows the server's notices to whoever sits at the station.
//
// It knows the contract's notice and the desktop's notification service, and nothing of brokers, outboxes or settings.
// Invariant: a notice is shown once in a session, and never after it expired.
package screen

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/labtide/labtide/agent/wire"
)

// The notification service of the Desktop Notifications Specification 1.2.
const (
	service = "org.freedesktop.Notifications"
	object  = "/org/freedesktop/Notifications"
	method  = service + ".Notify"
)

// showWithin bounds one attempt to show a notice.
const showWithin = 5 * time.Second

// ErrNoSession says that there is no session whose screen could show anything.
var ErrNoSession = errors.New("there is no desktop session here")

// Desktop is the session of a person.
type Desktop struct {
	Address  string // of the session's bus; "": there is none
	Language string // BCP 47: the texts that are shown, where the notice has them
}

// Session finds the desktop of the process by its environment: DBUS_SESSION_BUS_ADDRESS, else the bus that logind keeps in
// XDG_RUNTIME_DIR. The language is that of the session's messages.
func Session(getenv func(string) string) Desktop {
	d := Desktop{Address: getenv("DBUS_SESSION_BUS_ADDRESS"), Language: "en"}
	if folder := getenv("XDG_RUNTIME_DIR"); d.Address == "" && folder != "" {
		d.Address = "unix:path=" + dbus.EscapeBusAddressValue(folder+"/bus")
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := getenv(name); value != "" {
			if strings.HasPrefix(value, "zh") {
				d.Language = "zh-CN"
			}
			break
		}
	}
	return d
}

// Show asks the desktop to show the notice until it expires: a warning stays until somebody has closed it.
func (d Desktop) Show(ctx context.Context, n wire.Notice) error {
	left := time.Until(n.ExpiresAt)
	if left <= 0 {
		return nil
	}
	if d.Address == "" {
		return ErrNoSession
	}
	ctx, cancel := context.WithTimeout(ctx, showWithin)
	defer cancel()
	conn, err := dbus.Connect(d.Address, dbus.WithContext(ctx))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoSession, err)
	}
	urgency := byte(1)
	if n.Level == wire.LevelWarn {
		urgency = 2
	}
	hints := map[string]dbus.Variant{"urgency": dbus.MakeVariant(urgency)}
	milliseconds := int32(min(left.Milliseconds(), math.MaxInt32)) //nolint:gosec // it fits
	call := conn.Object(service, object).CallWithContext(ctx, method, 0,
		"Labtide", uint32(0), "", n.Title.In(d.Language), plain(n.Body.In(d.Language)), []string{}, hints, milliseconds)
	if err := errors.Join(call.Err, conn.Close()); err != nil {
		return fmt.Errorf("show a notice: %w", err)
	}
	return nil
}

// plain keeps a desktop from reading markup out of a text.
func plain(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}
