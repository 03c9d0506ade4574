package broker

import (
	"sync"
	"time"
)

// stalledAfter is how long the server may acknowledge nothing before its devices are no longer kept waiting.
const stalledAfter = 2 * time.Second

// flow counts the messages that are on their way to the server without its acknowledgement, and makes devices wait
// while they are too many. A device that waits cannot ping, so nobody waits for a server that has come to a halt.
type flow struct {
	mu      sync.Mutex
	pending int
	movedAt time.Time // when the server last acknowledged something, or had nothing to acknowledge
	waiters []chan struct{}
}

// waiting gives how many messages are on their way and how many wait for that.
func (f *flow) waiting() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pending + len(f.waiters)
}

// sent counts a message.
func (f *flow) sent() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pending == 0 {
		f.movedAt = time.Now()
	}
	f.pending++
}

// over counts a message that was acknowledged or dropped, and lets the next one pass.
func (f *flow) over() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending--
	f.movedAt = time.Now()
	if len(f.waiters) > 0 && f.pending < window {
		close(f.waiters[0])
		f.waiters = f.waiters[1:]
	}
}

// enter waits for room, and reports whether there is any.
func (f *flow) enter() bool {
	f.mu.Lock()
	if f.pending < window && len(f.waiters) == 0 {
		f.mu.Unlock()
		return true
	}
	left := stalledAfter - time.Since(f.movedAt)
	if left <= 0 {
		f.mu.Unlock()
		return false
	}
	turn := make(chan struct{})
	f.waiters = append(f.waiters, turn)
	f.mu.Unlock()
	return f.await(turn, left)
}

// await waits for the turn for as long as there is progress.
func (f *flow) await(turn chan struct{}, left time.Duration) bool {
	timer := time.NewTimer(left)
	defer timer.Stop()
	for {
		select {
		case <-turn:
			return true
		case <-timer.C:
		}
		f.mu.Lock()
		left = stalledAfter - time.Since(f.movedAt)
		if left <= 0 {
			f.leave(turn)
			f.mu.Unlock()
			return false
		}
		f.mu.Unlock()
		timer.Reset(left)
	}
}

// leave takes a waiter out of the queue; one whose turn has just come is not in it any more.
func (f *flow) leave(turn chan struct{}) {
	for n, w := range f.waiters {
		if w == turn {
			f.waiters = append(f.waiters[:n:n], f.waiters[n+1:]...)
			return
		}
	}
}
