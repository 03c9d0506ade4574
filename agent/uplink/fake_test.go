package uplink

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/labtide/labtide/agent/outbox"
	"github.com/labtide/labtide/agent/wire"
)

// published is one message that reached the fake broker.
type published struct {
	at       time.Time
	topic    string
	retained bool
	payload  []byte
}

// broker is a fake: it takes messages, and answers as a test wants the broker and the server behind it to answer.
type broker struct {
	t  *testing.T
	mu sync.Mutex

	refuse   error // of the next connections
	deaf     bool  // does not acknowledge what is published
	absent   bool  // the server does not acknowledge
	seen     []published
	dials    []time.Time
	calls    []call
	closed   int
	refusals []wire.Refusal // for the next ack
}

type fakeReceipt chan struct{}

func (r fakeReceipt) accepted() <-chan struct{} { return r }

type fakeConnection struct {
	b *broker
	c call
}

func (b *broker) dial(_ context.Context, c call) (connection, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dials = append(b.dials, time.Now())
	if b.refuse != nil {
		return nil, b.refuse
	}
	b.calls = append(b.calls, c)
	return &fakeConnection{b, c}, nil
}

func (f *fakeConnection) publish(topic string, retained bool, payload []byte) receipt {
	f.b.mu.Lock()
	defer f.b.mu.Unlock()
	f.b.seen = append(f.b.seen, published{time.Now(), topic, retained, payload})
	done := make(chan struct{})
	if !f.b.deaf {
		close(done)
	}
	if _, channel, _ := wire.ParseTopic(topic); channel == wire.ChannelUsage && !f.b.absent {
		f.b.ack(f.c, payload)
	}
	return fakeReceipt(done)
}

// ack answers a usage message as the server would.
func (b *broker) ack(c call, payload []byte) {
	u, err := wire.DecodeUsage(payload)
	if err != nil {
		b.t.Errorf("the agent sent a message that nobody can read: %v", err)
		return
	}
	answer, err := wire.EncodeAck(wire.Ack{Epoch: u.Epoch, FirstSeq: u.FirstSeq, LastSeq: u.LastSeq(), Refused: b.refusals})
	if err != nil {
		b.t.Error(err)
		return
	}
	go c.message(wire.Topic(c.client, wire.ChannelAck), answer)
}

func (f *fakeConnection) subscribe(topics ...string) error {
	if len(topics) != 3 {
		return errors.New("three topics are ours")
	}
	return nil
}

func (f *fakeConnection) close() {
	f.b.mu.Lock()
	defer f.b.mu.Unlock()
	f.b.closed++
}

func (b *broker) set(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
}

// usage returns the usage messages so far.
func (b *broker) usage() (batches []wire.Usage, at []time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.seen {
		if _, channel, _ := wire.ParseTopic(p.topic); channel == wire.ChannelUsage {
			u, err := wire.DecodeUsage(p.payload)
			if err != nil {
				b.t.Fatal(err)
			}
			batches, at = append(batches, u), append(at, p.at)
		}
	}
	return batches, at
}

// states returns the states told so far.
func (b *broker) states() []wire.State {
	b.mu.Lock()
	defer b.mu.Unlock()
	var states []wire.State
	for _, p := range b.seen {
		if _, channel, _ := wire.ParseTopic(p.topic); channel == wire.ChannelState {
			s, err := wire.DecodeState(p.payload)
			if err != nil || !p.retained {
				b.t.Fatalf("state %s, retained %v: %v", p.payload, p.retained, err)
			}
			states = append(states, s)
		}
	}
	return states
}

func (b *broker) last() call {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.calls[len(b.calls)-1]
}

func settings(dir string) Settings {
	return Settings{
		Device: "plc-07", Version: "0.1.0", Broker: Broker{URL: "tcp://127.0.0.1:1883", Username: "plc-07"},
		Spread: 45 * time.Second, Window: 16, SendEvery: time.Second,
		ResendAfter: 30 * time.Second, ResendAtMost: 10 * time.Minute,
		ReconnectAfter: 2 * time.Second, ReconnectAtMost: time.Minute,
		SessionFile: filepath.Join(dir, "session"),
	}
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// bench is an uplink with an outbox and a fake broker.
type bench struct {
	*broker
	t      *testing.T
	box    *outbox.Outbox
	uplink *Uplink
	minute int
	end    context.CancelFunc
	ended  chan error
}

func newBench(t *testing.T, handlers Handlers) *bench {
	dir := t.TempDir()
	box, err := outbox.Open(filepath.Join(dir, "outbox"), outbox.Limits{MaxAge: 1e6 * time.Hour, MaxBytes: 64 << 20}, quiet())
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{broker: &broker{t: t}, t: t, box: box, ended: make(chan error, 1)}
	b.uplink = newUplink(settings(dir), handlers, box, quiet(), b.dial)
	return b
}

func (b *bench) start() {
	ctx, cancel := context.WithCancel(context.Background())
	b.end = cancel
	go func() { b.ended <- b.uplink.Run(ctx) }()
}

func (b *bench) stop() {
	b.t.Helper()
	b.end()
	if err := <-b.ended; err != nil {
		b.t.Error(err)
	}
	if err := b.box.Close(); err != nil {
		b.t.Error(err)
	}
}

// add appends n minutes to the outbox.
func (b *bench) add(n int) {
	b.t.Helper()
	for range n {
		at := time.Date(2026, 11, 22, 0, b.minute, 0, 0, time.UTC)
		b.minute++
		s, err := wire.EncodeSample(wire.Sample{Minute: at, InUseSeconds: 60, Source: wire.SourceX11})
		if err != nil {
			b.t.Fatal(err)
		}
		if err := b.box.Append(at, s, at); err != nil {
			b.t.Fatal(err)
		}
	}
}
