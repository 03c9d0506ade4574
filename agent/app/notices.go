package app

import (
	"context"
	"time"

	"github.com/labtide/labtide/agent/screen"
	"github.com/labtide/labtide/agent/wire"
)

// maxShown is how many notices the status shows.
const maxShown = 5

// show takes a notice for the person at the station: into the log, into the status until it expires, and to the screen. One
// that was shown is only replaced.
func (a *App) show(n wire.Notice) {
	now := time.Now()
	kept := a.shown[:0]
	known := false
	for _, old := range a.shown {
		known = known || old.ID == n.ID
		if old.ID != n.ID && now.Before(old.ExpiresAt) {
			kept = append(kept, old)
		}
	}
	a.shown = kept
	a.changed.Store(true)
	if !now.Before(n.ExpiresAt) {
		return
	}
	a.shown = append(a.shown, n)
	if over := len(a.shown) - maxShown; over > 0 {
		a.shown = append(a.shown[:0], a.shown[over:]...)
	}
	if known {
		return
	}
	a.log.Info("notice", "level", n.Level, "title", n.Title.In("en"), "body", n.Body.In("en"), "expires_at", n.ExpiresAt)
	a.putUp(n)
}

// putUp brings a new notice before the person: on the board that their session follows, or on the screen of this session.
func (a *App) putUp(n wire.Notice) {
	if a.board.Path != "" {
		if err := a.board.Put(a.shown); err != nil {
			a.log.Warn("a notice reaches no screen", "id", n.ID, "error", err)
		}
		return
	}
	select {
	case a.display <- n:
	default:
		a.log.Warn("a notice reaches no screen: too many at once", "id", n.ID)
	}
}

// onScreen shows notices in the session that the agent runs in until ctx ends; it then closes the channel.
func (a *App) onScreen(ctx context.Context, desktop screen.Desktop) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-ctx.Done():
				return
			case n := <-a.display:
				if err := desktop.Show(ctx, n); err != nil {
					a.log.Warn("a notice reaches no screen", "id", n.ID, "error", err)
				}
			}
		}
	}()
	return done
}
