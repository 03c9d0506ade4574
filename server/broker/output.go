package broker

import (
	"errors"
	"io"
	"sync"
)

// Bounds of what may wait to be written to one connection. A client that does not read is hung up on: nothing is lost
// by that, because agents send again what the server has not acknowledged.
const (
	maxOutputBytes       = 1 << 20
	maxServerOutputBytes = 64 << 20 // more than the window can hold
)

var errSlow = errors.New("the client does not read")

// output is the writing half of a connection. The library holds a client's lock while it writes, and wants that lock
// of everybody who has a message for the client: so one device that does not read could stop the acks for a whole
// school. Here a write never waits. It also makes one system call of what is ready together.
type output struct {
	to    io.WriteCloser
	limit int

	mu       sync.Mutex
	waiting  []byte
	spare    []byte
	queued   bool // false: writes go straight through, so that a refusal is out before the connection closes
	flushing bool
	err      error
}

// write takes all of b or none of it.
func (o *output) write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.err != nil:
		return 0, o.err
	case !o.queued:
		return o.to.Write(b)
	case len(o.waiting)+len(b) > o.limit:
		o.err, o.waiting = errSlow, nil
		_ = o.to.Close()
		return 0, o.err
	}
	o.waiting = append(o.waiting, b...)
	if !o.flushing {
		o.flushing = true
		go o.flush()
	}
	return len(b), nil
}

// queue makes later writes wait in memory.
func (o *output) queue() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queued = true
}

// flush writes what waits, and ends when nothing does or when the connection is closed. There is no such goroutine for
// a connection that is idle.
func (o *output) flush() {
	for {
		o.mu.Lock()
		if len(o.waiting) == 0 || o.err != nil {
			o.flushing, o.waiting, o.spare = false, nil, nil // an idle connection costs no buffers
			o.mu.Unlock()
			return
		}
		now := o.waiting
		o.waiting = o.spare[:0]
		o.mu.Unlock()

		_, err := o.to.Write(now)

		o.mu.Lock()
		o.spare = now
		if err != nil && o.err == nil {
			o.err = err
			_ = o.to.Close()
		}
		o.mu.Unlock()
	}
}
