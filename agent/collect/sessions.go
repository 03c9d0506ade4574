package collect

import "strings"

// session is what the login manager says about one session, as far as we ask. Names of people are not read.
type session struct {
	Class      string // user, greeter, lock-screen, background, manager …; newer ones begin with user-
	Type       string // x11, wayland, mir, tty, unspecified
	State      string // active, online, closing
	LockedHint bool
	IdleHint   bool
}

// summarize sums up all sessions.
func summarize(sessions []session) Sessions {
	sum := Sessions{Known: true, Locked: true, IdleHint: true}
	for _, s := range sessions {
		if s.Class != "user" && !strings.HasPrefix(s.Class, "user-") || s.State == "closing" {
			continue
		}
		sum.People++
		switch s.Type {
		case "x11":
			sum.X11++
		case "wayland", "mir":
			sum.Wayland++
		default:
			continue
		}
		sum.Locked = sum.Locked && s.LockedHint
		sum.IdleHint = sum.IdleHint && s.IdleHint
	}
	if sum.X11+sum.Wayland == 0 {
		sum.Locked, sum.IdleHint = false, false
	}
	return sum
}
