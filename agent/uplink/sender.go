package uplink

import (
	"time"

	"github.com/labtide/labtide/agent/outbox"
	"github.com/labtide/labtide/agent/wire"
)

// flight is a usage message that waits for the server's ack.
type flight struct {
	epoch       string
	first, last uint64
	receipt     receipt
}

// forever is a wait that something else ends.
const forever = time.Hour

// sender decides when which samples are sent on one connection. It has no goroutine and no clock of its own: step is
// called at every event and when the time that it asked for has passed.
type sender struct {
	settings Settings
	box      *outbox.Outbox
	publish  func(payload []byte) receipt
	random   func() float64

	cursor  outbox.Cursor
	flights []flight
	window  int           // messages that may be in flight: one while we only probe whether the server is back
	pause   time.Duration // before the next resending
	drained bool          // at the last look nothing was left to send

	holdUntil time.Time // a new minute is sent at a random offset
	nextAt    time.Time // the bound of the rate
	resendAt  time.Time // what is in flight is then given up; zero when nothing is

	unanswered int // resendings in a row without an ack
}

func newSender(settings Settings, box *outbox.Outbox, publish func([]byte) receipt, random func() float64) *sender {
	return &sender{
		settings: settings, box: box, publish: publish, random: random,
		window: settings.Window, pause: settings.ResendAfter,
	}
}

// fresh notes that the outbox has a new sample. When nothing else is to be sent, it waits for its random offset.
func (s *sender) fresh(now time.Time) {
	if s.drained {
		s.holdUntil = now.Add(time.Duration(s.random() * float64(s.settings.Spread)))
		s.drained = false
	}
}

// verdict is what giving up on a resending found.
type verdict struct {
	expired   bool // the server did not answer in time
	delivered bool // though the broker accepted everything
	messages  int
}

// step sends what may be sent now, and returns after which time it wants to be called again.
func (s *sender) step(now time.Time) (wait time.Duration, v verdict, err error) {
	if !s.resendAt.IsZero() && !now.Before(s.resendAt) {
		v = s.giveUp()
	}
	for !s.drained && len(s.flights) < s.window {
		if at := later(s.holdUntil, s.nextAt); now.Before(at) {
			return s.until(now, at), v, nil
		}
		if err = s.sendNext(now); err != nil {
			return s.until(now, s.nextAt), v, err
		}
	}
	return s.until(now, s.resendAt), v, nil
}

// until is the time to at, or to the next resending if that is sooner.
func (s *sender) until(now, at time.Time) time.Duration {
	if !s.resendAt.IsZero() && s.resendAt.Before(at) {
		at = s.resendAt
	}
	if at.IsZero() {
		return forever
	}
	return max(at.Sub(now), 0)
}

// sendNext sends the oldest samples that are not in flight.
func (s *sender) sendNext(now time.Time) error {
	batch, next, err := s.box.Next(s.cursor, wire.MaxSamples, wire.MaxPayloadBytes-wire.UsageOverhead)
	if err != nil {
		s.nextAt = now.Add(s.jitter(s.settings.ResendAfter))
		return err
	}
	if len(batch.Samples) == 0 {
		s.drained = true
		return nil
	}
	s.cursor = next
	// The client keeps the payload until it is acknowledged, so each message has its own.
	payload := wire.AppendUsage(nil, batch.Epoch, batch.FirstSeq, batch.Samples)
	s.flights = append(s.flights, flight{batch.Epoch, batch.FirstSeq, batch.LastSeq(), s.publish(payload)})
	s.nextAt = now.Add(s.settings.SendEvery)
	if s.resendAt.IsZero() {
		s.resendAt = now.Add(s.jitter(s.pause))
	}
	return nil
}

// giveUp takes everything in flight for lost: it will be sent again, from the oldest, one message at a time until the
// server answers.
func (s *sender) giveUp() verdict {
	v := verdict{expired: true, delivered: true, messages: len(s.flights)}
	for _, f := range s.flights {
		select {
		case <-f.receipt.accepted():
		default:
			v.delivered = false
		}
	}
	s.flights = s.flights[:0]
	s.cursor, s.drained, s.resendAt = outbox.Cursor{}, false, time.Time{}
	s.window = 1
	s.pause = min(2*s.pause, s.settings.ResendAtMost)
	s.unanswered++
	return v
}

// acked takes an ack of the server and returns how many samples it deleted.
func (s *sender) acked(a wire.Ack, now time.Time) (int, error) {
	n, err := s.box.Settle(a.Epoch, a.FirstSeq, a.LastSeq)
	if n == 0 {
		return 0, err
	}
	kept := s.flights[:0]
	for _, f := range s.flights {
		if s.box.Holds(f.epoch, f.first, f.last) {
			kept = append(kept, f)
		}
	}
	s.flights = kept
	s.window, s.pause, s.unanswered = s.settings.Window, s.settings.ResendAfter, 0
	s.resendAt = time.Time{}
	if len(s.flights) > 0 {
		s.resendAt = now.Add(s.jitter(s.pause))
	}
	return n, err
}

// jitter returns a random pause between d and half as much again.
func (s *sender) jitter(d time.Duration) time.Duration {
	return d + time.Duration(s.random()*float64(d/2))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
