package ingest

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/server/broker"
)

// patience bounds what must happen; nothing that is right waits for it.
const patience = 30 * time.Second

// embedded runs the real broker, which lets every device in that has the password "secret".
func embedded(t testing.TB) *broker.Broker {
	t.Helper()
	b, err := broker.New(broker.Config{
		Listen:       "127.0.0.1:0",
		Authenticate: func(_ context.Context, _, secret string) (bool, error) { return secret == "secret", nil },
		Log:          slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	background(t, b.Run)
	return b
}

// background runs until the test is over, or until the returned function is called.
func background(t testing.TB, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Error("does not end")
		}
	}
	t.Cleanup(stop)
	return stop
}

// online runs a desk on a broker and waits until it is subscribed.
func online(t testing.TB, change func(*Config, *Deps)) (d *desk, stop func()) {
	t.Helper()
	d = newDesk(t, change)
	stop = background(t, d.Run)
	eventually(t, "ready", func() bool { return d.Ready() == nil })
	return d, stop
}

func eventually(t testing.TB, what string, check func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if check() {
			return
		}
		<-time.After(5 * time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}

// agent is a device on a broker, and the acks that it hears.
type agent struct {
	mqtt.Client
	id   string
	acks chan wire.Ack
}

func newAgent(t testing.TB, addr, id string) agent {
	t.Helper()
	a := agent{id: id, acks: make(chan wire.Ack, 10_000)}
	o := mqtt.NewClientOptions().AddBroker("tcp://" + addr).SetClientID(id).SetUsername(id).SetPassword("secret").SetProtocolVersion(4)
	a.Client = mqtt.NewClient(o)
	finish(t, a.Connect())
	t.Cleanup(func() { a.Disconnect(0) })
	finish(t, a.Subscribe(wire.Topic(id, wire.ChannelAck), 1, func(_ mqtt.Client, m mqtt.Message) {
		ack, err := wire.DecodeAck(m.Payload())
		if err != nil {
			t.Error(err)
		}
		a.acks <- ack
	}))
	return a
}

func finish(t testing.TB, token mqtt.Token) {
	t.Helper()
	if !token.WaitTimeout(patience) || token.Error() != nil {
		t.Fatalf("paho: %v", token.Error())
	}
}

func (a agent) send(t testing.TB, payload []byte) {
	t.Helper()
	finish(t, a.Publish(wire.Topic(a.id, wire.ChannelUsage), 1, false, payload))
}

// hear gives the next ack.
func (a agent) hear(t testing.TB) wire.Ack {
	t.Helper()
	select {
	case ack := <-a.acks:
		return ack
	case <-time.After(patience):
		t.Fatal("no ack came")
		return wire.Ack{}
	}
}

func TestADevicesMinuteGoesThroughTheEmbeddedBrokerAndBack(t *testing.T) {
	b := embedded(t)
	d, _ := online(t, func(c *Config, _ *Deps) { c.Dial = b.Dial })
	a := newAgent(t, b.Addr(), "dev-1")
	start := time.Now().Truncate(time.Minute).Add(-5 * time.Minute)
	a.send(t, minutes(t, "e1", 3, start, 2))
	if ack := a.hear(t); ack.Epoch != "e1" || ack.FirstSeq != 3 || ack.LastSeq != 4 {
		t.Errorf("ack is %+v", ack)
	}
	finish(t, a.Publish("labtide/v1/dev-1/state", 1, true, state(1, "in_use")))
	eventually(t, "the board is told about the state", func() bool { return len(d.takeTouched()) > 0 })
}

func TestNoticesAndConfigReachTheDevice(t *testing.T) {
	b := embedded(t)
	d, stop := online(t, func(c *Config, _ *Deps) { c.Dial = b.Dial })
	seconds := 120
	if err := d.PutConfig(t.Context(), "dev-1", wire.Config{IdleAfterSeconds: &seconds}); err != nil {
		t.Fatal(err)
	}
	a := newAgent(t, b.Addr(), "dev-1")
	heard := make(chan mqtt.Message, 10)
	note := func(_ mqtt.Client, m mqtt.Message) { heard <- m }
	finish(t, a.SubscribeMultiple(map[string]byte{"labtide/v1/dev-1/config": 1, "labtide/v1/dev-1/notice": 1}, note))
	config, err := wire.DecodeConfig((<-heard).Payload()) // retained
	if err != nil || *config.IdleAfterSeconds != 120 {
		t.Errorf("config is %+v (%v)", config, err)
	}
	notice := wire.Notice{ID: "n1", Level: wire.LevelInfo, Title: wire.Text{"en": "Your time is up"}, ExpiresAt: time.Now().Add(time.Hour)}
	if err := d.SendNotice(t.Context(), "dev-1", notice); err != nil {
		t.Fatal(err)
	}
	got, err := wire.DecodeNotice((<-heard).Payload())
	if err != nil || got.ID != "n1" {
		t.Errorf("notice is %+v (%v)", got, err)
	}
	stop()
	if err := d.SendNotice(t.Context(), "dev-1", notice); err == nil {
		t.Error("a notice is sent without a link")
	}
}

func TestABrokerThatGoesAwayIsReportedAndFoundAgain(t *testing.T) {
	b := embedded(t)
	conns := make(chan net.Conn, 100)
	d, _ := online(t, func(c *Config, _ *Deps) {
		c.Dial = func(ctx context.Context) (net.Conn, error) {
			conn, err := b.Dial(ctx)
			if err == nil {
				conns <- conn
			}
			return conn, err
		}
	})
	a := newAgent(t, b.Addr(), "dev-1")
	start := time.Now().Truncate(time.Minute).Add(-time.Hour)
	d.samples.Break(errAway)
	a.send(t, minutes(t, "e1", 1, start, 1)) // stored, and acknowledged, only after the link was lost
	eventually(t, "the store is missed", func() bool {
		err := d.Ready()
		return err != nil && strings.Contains(err.Error(), "telemetry")
	})
	_ = (<-conns).Close()
	eventually(t, "the broker is missed", func() bool {
		err := d.Ready()
		return err != nil && strings.Contains(err.Error(), "broker")
	})
	d.samples.Break(nil)
	eventually(t, "ready again", func() bool { return d.Ready() == nil })
	a.send(t, minutes(t, "e1", 2, start.Add(time.Minute), 1))
	for ack := a.hear(t); ack.FirstSeq != 2; {
		ack = a.hear(t)
	}
	if n := d.stored(t, "dev-1"); n != 2 {
		t.Errorf("%d minutes stored", n)
	}
}

func TestAQueueThatIsFullDoesNotKeepALostLinkFromBeingNoticed(t *testing.T) {
	b := embedded(t)
	conns := make(chan net.Conn, 100)
	d, _ := online(t, func(c *Config, _ *Deps) {
		c.QueueMessages = 1
		c.Dial = func(ctx context.Context) (net.Conn, error) {
			conn, err := b.Dial(ctx)
			if err == nil {
				conns <- conn
			}
			return conn, err
		}
	})
	d.samples.Break(errAway)
	a := newAgent(t, b.Addr(), "dev-1")
	start := time.Now().Truncate(time.Minute).Add(-time.Hour)
	for n := range 20 {
		a.send(t, minutes(t, "e1", uint64(1+n), start.Add(time.Duration(n)*time.Minute), 1))
	}
	eventually(t, "the queue is full", func() bool { return d.value(t, "labtide_ingest_queue_messages") == 1 })
	_ = (<-conns).Close()
	// paho does not read while the handler waits; it finds out when it writes, at the latest for its next ping.
	if err := d.PutConfig(t.Context(), "dev-1", wire.Config{}); err == nil {
		t.Error("a config was sent without a link")
	}
	select {
	case <-conns: // a new connection was made, so paho got out of the handler
	case <-time.After(patience):
		t.Fatal("the link is not made again")
	}
	d.samples.Break(nil)
	eventually(t, "ready again", func() bool { return d.Ready() == nil })
}

func TestTwoServersShareTheMessagesOfAGroup(t *testing.T) {
	b := embedded(t)
	share := func(c *Config, _ *Deps) { c.Dial, c.ShareGroup = b.Dial, "labtide" }
	one, _ := online(t, share)
	two, _ := online(t, share)
	a := newAgent(t, b.Addr(), "dev-1")
	start := time.Now().Truncate(time.Minute).Add(-10 * time.Hour)
	const messages = 200
	for n := range messages {
		a.send(t, minutes(t, "e1", uint64(1+n), start.Add(time.Duration(n)*time.Minute), 1))
	}
	heard := map[uint64]int{}
	for range messages {
		ack := a.hear(t)
		if ack.FirstSeq != ack.LastSeq {
			t.Errorf("ack %+v claims more than one message", ack)
		}
		heard[ack.FirstSeq]++
	}
	if len(heard) != messages {
		t.Errorf("acks for %d of %d samples", len(heard), messages)
	}
	n1, n2 := one.stored(t, "dev-1"), two.stored(t, "dev-1")
	if n1+n2 != messages || n1 == 0 || n2 == 0 {
		t.Errorf("one stored %d and the other %d, want %d together", n1, n2, messages)
	}
}

func TestABrokerThatRefusesTheSubscriptionIsReported(t *testing.T) {
	b := embedded(t)
	// Over the network nobody is the server, and a device may not listen to the others.
	d := newDesk(t, func(c *Config, _ *Deps) { c.Broker, c.Username, c.Password = "tcp://"+b.Addr(), "dev-1", "secret" })
	d.link.id = "dev-1"
	background(t, d.Run)
	eventually(t, "the refusal is reported", func() bool {
		err := d.Ready()
		return err != nil && strings.Contains(err.Error(), "refuses the subscription")
	})
}

func TestWhatIsBeingStoredWhenTheServerEndsIsAcknowledged(t *testing.T) {
	b := embedded(t)
	d, stop := online(t, func(c *Config, _ *Deps) { c.Dial = b.Dial })
	a := newAgent(t, b.Addr(), "dev-1")
	start := time.Now().Truncate(time.Minute).Add(-time.Hour)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for n := range 50 {
			a.send(t, minutes(t, "e1", uint64(1+n), start.Add(time.Duration(n)*time.Minute), 1))
		}
	}()
	eventually(t, "some is stored", func() bool { return d.stored(t, "dev-1") > 0 })
	stop()
	<-sent
	stored := d.stored(t, "dev-1")
	heard := map[uint64]bool{}
	for n := range stored {
		ack := a.hear(t)
		if heard[ack.FirstSeq] {
			t.Errorf("ack %d of %d came twice: %+v", n, stored, ack)
		}
		heard[ack.FirstSeq] = true
	}
	if len(heard) != stored {
		t.Errorf("%d samples are stored and %d acknowledged", stored, len(heard))
	}
}
