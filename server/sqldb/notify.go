package sqldb

import (
	"context"
	"database/sql/driver"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// channel carries the ids of stations whose bookings have changed; an empty one means: any.
const channel = "labtide_stations"

func notifyStations(ids []string) statement {
	return statement{
		text: "SELECT pg_notify('" + channel + "', id) FROM unnest($1::text[]) AS id", args: []any{ids},
		read: func(scanner) error { return nil },
	}
}

// Listen calls changed with the id of each station whose bookings have changed, in this process or, on PostgreSQL, in any
// other; with "" when it cannot say which: read again whatever you show. It blocks until ctx ends, and returns nil then. It
// connects anew by itself, with jitter. changed must be quick.
func (b *Bookings) Listen(ctx context.Context, changed func(stationID string)) error {
	if b.db.writer != nil {
		leave := b.hub.join(changed)
		defer leave()
		changed("") // what happened before is not told
		<-ctx.Done()
		return nil
	}
	for attempt := 0; ctx.Err() == nil; attempt++ {
		err := b.listenOnce(ctx, func(id string) {
			attempt = 0
			changed(id)
		})
		if ctx.Err() != nil {
			break
		}
		pause := min(time.Second<<min(attempt, 5), 30*time.Second)
		pause = pause/2 + rand.N(pause)
		b.db.log.WarnContext(ctx, "the database no longer tells of changed bookings; listening again", "in", pause, "err", err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
	return nil
}

// listenOnce listens on one connection until that fails.
func (b *Bookings) listenOnce(ctx context.Context, changed func(string)) error {
	return b.db.onConn(ctx, func(pg *pgx.Conn) error {
		err := receive(ctx, pg, changed)
		// A connection that still listens must not go back to the pool.
		return errors.Join(err, pg.Close(context.WithoutCancel(ctx)), driver.ErrBadConn)
	})
}

// receive tells until the connection fails.
func receive(ctx context.Context, pg *pgx.Conn, changed func(string)) error {
	if _, err := pg.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	changed("") // what happened before is not told
	for {
		n, err := pg.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		changed(n.Payload)
	}
}

// hub tells those who listen in this process.
type hub struct {
	mu        sync.Mutex
	next      int
	listeners map[int]func(string)
}

// join adds a listener; the function that it returns takes it off.
func (h *hub) join(changed func(string)) (leave func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.listeners == nil {
		h.listeners = map[int]func(string){}
	}
	id := h.next
	h.next++
	h.listeners[id] = changed
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.listeners, id)
	}
}

func (h *hub) tell(stationIDs []string) {
	h.mu.Lock()
	listeners := make([]func(string), 0, len(h.listeners))
	for _, changed := range h.listeners {
		listeners = append(listeners, changed)
	}
	h.mu.Unlock()
	for _, changed := range listeners {
		for _, id := range stationIDs {
			changed(id)
		}
	}
}
