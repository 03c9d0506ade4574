// Package uplink connects the agent to the broker: it tells the state, sends what the outbox holds, and deletes from
// the outbox what the server acknowledges. It is the only importer of paho in the agent, and knows nothing of how
// samples come about.
//
// Its invariant: the broker's word proves nothing. Samples leave the outbox by an ack of the server and by nothing
// else; whatever stays unacknowledged is sent again, oldest first, after a growing, jittered pause.
package uplink

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/labtide/labtide/agent/outbox"
	"github.com/labtide/labtide/agent/wire"
)

// Broker says where and as whom to connect. CA is PEM; when it is empty the system's certificates are trusted.
type Broker struct {
	URL      string
	Username string
	Password string
	CA       []byte
}

// Settings are how the uplink behaves. All durations must be positive, but for Spread.
type Settings struct {
	Device  string
	Version string // of the agent, told in the state
	Broker  Broker
	// Spread is how long after the close of a minute its sample is sent at most; the delay is random.
	Spread time.Duration
	// Window is how many usage messages may wait for the server's ack.
	Window int
	// SendEvery is the pause between two usage messages when there is a backlog.
	SendEvery time.Duration
	// ResendAfter is the first pause before unacknowledged samples are sent again; it doubles up to ResendAtMost.
	ResendAfter, ResendAtMost time.Duration
	// ReconnectAfter is the first pause before a new connection is tried; it doubles up to ReconnectAtMost.
	ReconnectAfter, ReconnectAtMost time.Duration
	// SessionFile keeps the session number over restarts.
	SessionFile string
}

// Handlers receive what the server sends. They are called one at a time and must not block.
type Handlers struct {
	Config func(wire.Config)
	Notice func(wire.Notice)
	// Changed is called when Status may say something else.
	Changed func()
}

// Status describes the connection for people.
type Status struct {
	Connected bool      `json:"connected"`
	Since     time.Time `json:"since,omitzero"`
	Broker    string    `json:"broker"`
	Session   uint64    `json:"session"`
	LastAckAt time.Time `json:"last_ack_at,omitzero"`
	// Trouble is a sentence for people about what does not work, or "".
	Trouble string `json:"trouble,omitempty"`
}

// State is the part of wire.State that the uplink does not know itself.
type State struct {
	Activity wire.Activity
	Since    time.Time
	Source   wire.Source
}

// Uplink is safe for concurrent use; Run may run once at a time.
type Uplink struct {
	settings Settings
	handlers Handlers
	box      *outbox.Outbox
	log      *slog.Logger
	dial     dialer
	random   func() float64

	wake    chan struct{} // the outbox has a new sample
	restate chan struct{} // the state changed

	mu     sync.Mutex
	state  State
	status Status
}

// New returns an uplink that does nothing before Run.
func New(settings Settings, handlers Handlers, box *outbox.Outbox, log *slog.Logger) *Uplink {
	return newUplink(settings, handlers, box, log, dialPaho)
}

func newUplink(settings Settings, handlers Handlers, box *outbox.Outbox, log *slog.Logger, dial dialer) *Uplink {
	return &Uplink{
		settings: settings, handlers: handlers, box: box, log: log, dial: dial, random: rand.Float64,
		wake: make(chan struct{}, 1), restate: make(chan struct{}, 1),
		status: Status{Broker: settings.Broker.URL},
	}
}

// SetState tells the server what the device is doing now: at once, or with the next connection. It does not block.
func (u *Uplink) SetState(s State) {
	u.mu.Lock()
	u.state = s
	u.mu.Unlock()
	signal(u.restate)
}

// Wake tells that the outbox has a new sample. It does not block.
func (u *Uplink) Wake() { signal(u.wake) }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Status describes the connection now.
func (u *Uplink) Status() Status {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.status
}

// update changes the status and tells whoever shows it.
func (u *Uplink) update(change func(*Status)) {
	u.mu.Lock()
	before := u.status
	change(&u.status)
	changed := u.status != before
	u.mu.Unlock()
	if changed && u.handlers.Changed != nil {
		u.handlers.Changed()
	}
}

// steady is how long a connection must have lasted for the next pause to start small again.
const steady = time.Minute

// Run connects, and connects again whenever the connection is lost, until ctx ends; it then says farewell: the last
// state and what the outbox still holds, as far as a few seconds allow. The error is nil unless the session number
// cannot be kept.
func (u *Uplink) Run(ctx context.Context) error {
	pause := u.settings.ReconnectAfter
	for ctx.Err() == nil {
		session, err := nextSession(u.settings.SessionFile, time.Now())
		if err != nil {
			return err
		}
		began := time.Now()
		err = u.connectOnce(ctx, session)
		if ctx.Err() != nil {
			break
		}
		if time.Since(began) >= steady {
			pause = u.settings.ReconnectAfter
		}
		wait := u.jitter(pause)
		pause = min(2*pause, u.settings.ReconnectAtMost)
		u.log.Warn("not connected to the broker", "broker", u.settings.Broker.URL, "error", err, "next_try_in", wait.Round(time.Millisecond))
		u.update(func(s *Status) {
			*s = Status{Broker: s.Broker, Session: session, Since: time.Now(), LastAckAt: s.LastAckAt, Trouble: err.Error()}
		})
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	u.update(func(s *Status) { s.Connected, s.Since = false, time.Now() })
	return nil
}

// jitter returns a random pause between half of d and d.
func (u *Uplink) jitter(d time.Duration) time.Duration {
	return d/2 + time.Duration(u.random()*float64(d/2))
}

// connectOnce lives through one connection. The error says why it is over and is for people.
func (u *Uplink) connectOnce(ctx context.Context, session uint64) error {
	will, err := wire.EncodeState(wire.State{
		Session: session, State: wire.Lost, Source: wire.SourceNone, Agent: u.settings.Version,
	})
	if err != nil {
		return fmt.Errorf("write the will: %w", err)
	}
	l := newLink(u, session)
	l.conn, err = u.dial(ctx, call{
		broker: u.settings.Broker, client: u.settings.Device,
		willTopic: wire.Topic(u.settings.Device, wire.ChannelState), will: will,
		message: l.received, lost: l.lostConnection,
	})
	if err != nil {
		return err
	}
	defer l.conn.close()
	if err := l.subscribe(); err != nil {
		return err
	}
	u.log.Info("connected to the broker", "broker", u.settings.Broker.URL, "session", session)
	u.update(func(s *Status) {
		s.Connected, s.Since, s.Session, s.Trouble = true, time.Now(), session, ""
	})
	return l.run(ctx)
}

// errLost is for a connection whose end gave no reason.
var errLost = errors.New("the connection was lost")
