package live

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labtide/labtide/server/fault"
)

// Settle is how long changes are gathered before the cards are made anew, and Spacing how much time lies between two such
// makings while changes keep coming: each reads the register anew.
const (
	Settle  = 100 * time.Millisecond
	Spacing = 500 * time.Millisecond
)

// History is how many events are kept for watchers that come back: at least this many, and two of each card.
const History = 1024

// slack is how many events a watcher may be behind, besides one of each card.
const slack = 256

// Board keeps the cards, makes them anew when something changes, and tells watchers.
// Make it with New, let Run run, and Touch the stations that something happened to.
type Board struct {
	sources Sources
	log     *slog.Logger
	epoch   string
	wake    chan struct{} // something was touched
	ready   chan struct{} // closed when the first cards are made

	touchMu    sync.Mutex
	touched    map[string]bool // station ids
	everything bool            // all stations are touched

	mu       sync.Mutex
	cards    map[string]Card // by station id
	order    []string        // station ids in the order of room and code
	sequence int64
	history  []Event // the last events, oldest first
	watchers map[*Watch]bool
}

// New makes a board; it is empty until Run has made the first cards.
func New(sources Sources, log *slog.Logger) *Board {
	return &Board{
		sources: sources, log: log,
		epoch:   strings.ToLower(rand.Text()[:8]),
		wake:    make(chan struct{}, 1),
		touched: map[string]bool{}, everything: true,
		ready:    make(chan struct{}),
		cards:    map[string]Card{},
		watchers: map[*Watch]bool{},
	}
}

// Touch says that something happened at these stations; none means anywhere. It never blocks, and nothing is forgotten.
func (b *Board) Touch(stationIDs ...string) {
	b.touchMu.Lock()
	for _, id := range stationIDs {
		b.touched[id] = true
	}
	b.everything = b.everything || len(stationIDs) == 0
	b.touchMu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default: // it is awake
	}
}

// take gives what was touched since the last time.
func (b *Board) take() (stations []string, everything bool) {
	b.touchMu.Lock()
	defer b.touchMu.Unlock()
	stations, everything = slices.Collect(maps.Keys(b.touched)), b.everything
	b.touched, b.everything = map[string]bool{}, false
	return stations, everything
}

// Run keeps the cards true until ctx ends. Each minute every card is looked at, because time alone changes them.
func (b *Board) Run(ctx context.Context) error {
	defer b.closeWatches()
	var last time.Time
	for {
		switch stations, everything := b.take(); {
		case everything:
			b.refresh(ctx, nil)
			last = time.Now()
		case len(stations) > 0:
			b.refresh(ctx, stations)
			last = time.Now()
		}
		due := time.NewTimer(b.untilDue(b.sources.now()))
		select {
		case <-ctx.Done():
		case <-due.C:
			b.Touch()
			<-b.wake
		case <-b.wake:
			wait(ctx, max(Settle, Spacing-time.Since(last)))
		}
		due.Stop()
		if ctx.Err() != nil {
			return nil
		}
	}
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// untilDue ends a moment after the next minute, or after the next end of an outage: what is due then has happened.
func (b *Board) untilDue(now time.Time) time.Duration {
	due := now.Truncate(time.Minute).Add(time.Minute)
	b.mu.Lock()
	for _, card := range b.cards {
		if o := card.Outage; o != nil && o.EndsAt.After(now) && o.EndsAt.Before(due) {
			due = o.EndsAt
		}
	}
	b.mu.Unlock()
	return due.Add(200 * time.Millisecond).Sub(now)
}

// refresh makes the cards of these stations anew, of all when there are none, and publishes those that changed.
func (b *Board) refresh(ctx context.Context, stations []string) {
	cards, err := b.sources.cards(ctx, stations)
	if err != nil {
		if ctx.Err() == nil {
			b.log.Warn("the board cannot be brought up to date; it is tried again within a minute", "error", err)
		}
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if stations == nil {
		b.forgetAllBut(cards)
	}
	for _, card := range cards {
		old, known := b.cards[card.Station.ID]
		if known && reflect.DeepEqual(old, card) {
			continue
		}
		b.cards[card.Station.ID] = card
		b.publish(card)
	}
	select {
	case <-b.ready:
	default:
		close(b.ready)
	}
}

// forgetAllBut keeps the order, and drops what is no longer in the register.
func (b *Board) forgetAllBut(cards []Card) {
	b.order = b.order[:0]
	kept := make(map[string]Card, len(cards))
	for _, card := range cards {
		b.order = append(b.order, card.Station.ID)
		if old, ok := b.cards[card.Station.ID]; ok {
			kept[card.Station.ID] = old
		}
	}
	b.cards = kept
}

func (b *Board) publish(card Card) {
	b.sequence++
	event := Event{ID: b.id(), Card: card}
	b.history = append(b.history, event)
	if keep := max(History, 2*len(b.cards)); len(b.history) >= 2*keep { // now and then, so that it costs nothing each time
		b.history = append(b.history[:0], b.history[len(b.history)-keep:]...)
	}
	for w := range b.watchers {
		select {
		case w.events <- event:
		default: // too slow: it finds the gap when it comes back
			b.drop(w)
		}
	}
}

func (b *Board) id() string { return fmt.Sprintf("%s-%d", b.epoch, b.sequence) }

// Snapshot gives all cards, or those of one room, as of the event that it names. It waits for the first cards.
func (b *Board) Snapshot(ctx context.Context, roomID string) (Snapshot, error) {
	select {
	case <-b.ready:
	case <-ctx.Done():
		return Snapshot{}, fault.Unavailable("board", ctx.Err())
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	s := Snapshot{ID: b.id(), At: b.sources.now()}
	for _, id := range b.order {
		if card, ok := b.cards[id]; ok && (roomID == "" || card.Station.RoomID == roomID) {
			s.Cards = append(s.Cards, card)
		}
	}
	return s, nil
}

// Card gives the card of one station; false when there is none (yet).
func (b *Board) Card(stationID string) (Card, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	card, ok := b.cards[stationID]
	return card, ok
}

// Watch is somebody who wants to hear of changes. Close it.
type Watch struct {
	board  *Board
	events chan Event
}

// Events gives the changes as they come. It is closed when the watcher is too slow or the board stops: start again
// from the last event's ID.
func (w *Watch) Events() <-chan Event { return w.events }

// Close ends the watch.
func (w *Watch) Close() {
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	w.board.drop(w)
}

// Watch starts after the event with the given ID: the events missed since come first. When they are not kept any more,
// or the ID is from another board, gap is true and only new events come: a new snapshot is needed. An empty ID is no gap.
func (b *Board) Watch(after string) (w *Watch, gap bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var missed []Event
	if after != "" {
		missed, gap = b.since(after)
	}
	w = &Watch{board: b, events: make(chan Event, len(missed)+len(b.cards)+slack)} // each minute, every card may change
	for _, event := range missed {
		w.events <- event
	}
	b.watchers[w] = true
	return w, gap
}

func (b *Board) since(id string) (missed []Event, gap bool) {
	number, ok := strings.CutPrefix(id, b.epoch+"-")
	sequence, err := strconv.ParseInt(number, 10, 64)
	behind := b.sequence - sequence
	if !ok || err != nil || behind < 0 || behind > int64(len(b.history)) {
		return nil, true
	}
	return b.history[int64(len(b.history))-behind:], false
}

// drop needs the lock.
func (b *Board) drop(w *Watch) {
	if b.watchers[w] {
		delete(b.watchers, w)
		close(w.events)
	}
}

func (b *Board) closeWatches() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for w := range b.watchers {
		b.drop(w)
	}
}
