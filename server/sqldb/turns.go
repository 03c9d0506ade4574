package sqldb

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// turns joins callers that wait at the same moment into one transaction, or one query: waiting for the disk and for the network
// is what each costs. Who finds a free turn starts work for all who wait, which ends when nobody does; so a lone caller never
// waits, and no goroutine outlives those who need it.
type turns[T interface{ self() *caller }] struct {
	mu      sync.Mutex
	waiting []T
	working int
}

// caller is one who waits; what is asked for embeds it.
type caller struct {
	ctx  context.Context // counts until its turn comes
	done chan struct{}   // closed when err is set
	err  error
}

func calling(ctx context.Context) caller { return caller{ctx: ctx, done: make(chan struct{})} }

func (c *caller) self() *caller { return c }

// Bounds: a second turn is taken while the first waits for the disk, or for a lock that another process holds.
const (
	maxWorking  = 2
	maxTogether = 64
	// maxTurn bounds one turn: a lock that nobody gives back must not hold up those who come later for ever.
	maxTurn = 15 * time.Second
)

// wait returns when together has answered the caller by setting its error, nil for none.
func (q *turns[T]) wait(one T, together func([]T)) error {
	q.mu.Lock()
	q.waiting = append(q.waiting, one)
	if q.working < maxWorking {
		q.working++
		go q.work(together)
	}
	q.mu.Unlock()
	<-one.self().done
	return one.self().err
}

func (q *turns[T]) work(together func([]T)) {
	for {
		batch := q.next()
		if batch == nil {
			return
		}
		take(batch, together)
		for _, one := range batch {
			close(one.self().done)
		}
	}
}

// take makes a panic an error of those who wait: nobody else is there to recover from it.
func take[T interface{ self() *caller }](batch []T, together func([]T)) {
	defer func() {
		if r := recover(); r != nil {
			err := panicked(r)
			for _, one := range batch {
				one.self().err = err
			}
		}
	}()
	together(batch)
}

// panicked is called where a panic is recovered; the error holds the stack, for the log.
func panicked(r any) error { return fmt.Errorf("sqldb: panic: %v\n%s", r, debug.Stack()) }

// next takes those who wait and have not given up; nil when there are none: then the turn is over.
func (q *turns[T]) next() []T {
	q.mu.Lock()
	defer q.mu.Unlock()
	var batch []T
	for len(q.waiting) > 0 && len(batch) < maxTogether {
		one := q.waiting[0]
		q.waiting = q.waiting[1:]
		c := one.self()
		if c.err = c.ctx.Err(); c.err != nil {
			close(c.done)
			continue
		}
		batch = append(batch, one)
	}
	if len(batch) == 0 {
		q.working--
	}
	return batch
}
