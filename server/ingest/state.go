package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/server/telemetry"
)

// stateQueue holds the newest state of each device that is not stored yet. It never makes the broker wait, so a board
// stays live while samples cannot be stored; it cannot grow beyond one entry for each device.
type stateQueue struct {
	mu      sync.Mutex
	waiting map[string]pendingState
	letters []telemetry.DeadLetter
	done    []func() // of unreadable messages, once their letters are written
	wake    chan struct{}
}

// pendingState is a state and the acknowledgements of all messages that it stands for.
type pendingState struct {
	state telemetry.DeviceState
	done  []func()
}

// maxWaitingLetters bounds the memory for unreadable states while the database is away.
const maxWaitingLetters = 1000

// touchAtOnce is how many devices the board is told about together, when a whole school connects.
const touchAtOnce = 20

func newStateQueue() stateQueue {
	return stateQueue{waiting: map[string]pendingState{}, wake: make(chan struct{}, 1)}
}

// receiveState puts a state where it waits to be stored.
func (i *Ingest) receiveState(d delivery) {
	q := &i.states
	q.mu.Lock()
	defer q.mu.Unlock()
	state, err := wire.DecodeState(d.payload)
	switch {
	case err != nil && len(d.payload) == 0:
		d.done() // a retained state was cleared
		return
	case err != nil:
		q.bury(d, err)
	default:
		q.put(d, state)
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// put replaces the waiting state of the device, unless that is of a newer session or ended this one.
func (q *stateQueue) put(d delivery, s wire.State) {
	next := telemetry.DeviceState{
		Device: d.device, Session: int64(s.Session), State: string(s.State), Since: s.Since,
		Source: string(s.Source), Agent: s.Agent, ReceivedAt: d.at,
	}
	if s.Since.IsZero() { // a will
		next.Since = d.at
	} else if d.retained {
		// It comes from the broker's memory: nobody knows whether the device was heard since then.
		next.ReceivedAt = s.Since
	}
	p := q.waiting[d.device]
	newer := next.Session > p.state.Session
	if newer || next.Session == p.state.Session && p.state.State != telemetry.StateLost {
		p.state = next
	}
	p.done = append(p.done, d.done)
	q.waiting[d.device] = p
}

// bury keeps an unreadable state for the dead letters.
func (q *stateQueue) bury(d delivery, err error) {
	code := wire.CodeMalformed
	if fault := new(wire.Error); errors.As(err, &fault) {
		code = fault.Code
	}
	q.done = append(q.done, d.done)
	if len(q.letters) < maxWaitingLetters {
		q.letters = append(q.letters, letter(message{device: d.device, topic: d.topic, at: d.at}, code, d.payload))
	}
}

// take empties the queue.
func (q *stateQueue) take() (waiting map[string]pendingState, letters []telemetry.DeadLetter, done []func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting, letters, done = q.waiting, q.letters, q.done
	q.waiting, q.letters, q.done = map[string]pendingState{}, nil, nil
	return waiting, letters, done
}

// keepStates stores states as they come, until the context ends.
func (i *Ingest) keepStates(ctx context.Context) {
	for {
		select {
		case <-i.states.wake:
		case <-ctx.Done():
			return
		}
		waiting, letters, done := i.states.take()
		if len(letters) > 0 {
			put := func(ctx context.Context) error {
				return part("database", i.deps.DeadLetters.PutDeadLetters(ctx, letters))
			}
			if !i.persist(ctx, &i.stating, put) {
				return
			}
			i.tellRefused(letters)
		}
		i.link.queue(outgoing{done: done})
		if !i.storeStates(ctx, waiting) {
			return
		}
	}
}

// storeStates stores them one by one and says which stations have news; false when the end was asked for.
func (i *Ingest) storeStates(ctx context.Context, waiting map[string]pendingState) bool {
	var changed []string
	for _, device := range slices.Sorted(maps.Keys(waiting)) {
		p := waiting[device]
		put := func(ctx context.Context) error {
			current, err := i.storeState(ctx, p.state)
			if current {
				changed = append(changed, device)
			}
			return err
		}
		if !i.persist(ctx, &i.stating, put) {
			return false
		}
		i.link.queue(outgoing{done: p.done})
		if len(changed) >= touchAtOnce {
			i.touchDevices(ctx, changed)
			changed = nil
		}
	}
	if len(changed) > 0 {
		i.touchDevices(ctx, changed)
	}
	return true
}

// storeState stores one state, or buries it when the database refuses it: those behind it must not wait for ever.
func (i *Ingest) storeState(ctx context.Context, s telemetry.DeviceState) (current bool, err error) {
	if _, err := i.deps.Register.DeviceByID(ctx, s.Device); err != nil {
		if !known(err) {
			return false, nil // nobody of ours: on an external broker anybody may have written it
		}
		return false, part("database", err)
	}
	current, err = i.deps.States.PutState(ctx, s)
	err = part("database", err)
	switch {
	case errors.Is(err, errRefuses):
		return false, i.buryState(ctx, s, err)
	case err == nil && !current:
		i.metrics.ignored.Inc()
	}
	return current, err
}

// buryState keeps a state that the database refuses for the dead letters.
func (i *Ingest) buryState(ctx context.Context, s telemetry.DeviceState, why error) error {
	text, err := json.Marshal(s)
	if err != nil {
		text = nil
	}
	m := message{device: s.Device, topic: wire.Topic(s.Device, wire.ChannelState), at: s.ReceivedAt}
	letters := []telemetry.DeadLetter{letter(m, wire.CodeNotStorable, text)}
	if err := i.deps.DeadLetters.PutDeadLetters(ctx, letters); err != nil {
		return part("database", err)
	}
	i.log.ErrorContext(ctx, "the database refuses a state", "device", s.Device, "error", why)
	i.tellRefused(letters)
	return nil
}

// touchDevices tells the board about the stations where the devices stand now. That it cannot be found out is no
// reason to stop: the board also looks by itself.
func (i *Ingest) touchDevices(ctx context.Context, devices []string) {
	now := time.Now()
	placements, err := i.deps.Register.Placements(ctx, now, now.Add(1))
	if err != nil {
		i.log.WarnContext(ctx, "cannot tell the board which stations have news", "error", err)
		return
	}
	var stations []string
	for _, p := range placements {
		if slices.Contains(devices, p.DeviceID) {
			stations = append(stations, p.StationID)
		}
	}
	if len(stations) > 0 {
		i.deps.Touch(stations...)
	}
}
