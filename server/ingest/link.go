package ingest

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"net/url"
	"os"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/labtide/labtide/agent/wire"
)

// Times of the link. paho's own reconnecting has no jitter and fails in ways of its own, so each connection here is a
// client of its own, and what was in flight on the last one comes again from the agents.
const (
	answerWithin = 10 * time.Second
	keepAlive    = 30 * time.Second
	firstPause   = 200 * time.Millisecond
	longestPause = 30 * time.Second
	// steadyAfter is how long a connection must have held for the next one to be tried at once.
	steadyAfter = time.Minute
)

// errNotConnected says that there is no link to the broker now.
var errNotConnected = errors.New("not connected to the broker")

// link is the connection to the broker, made again whenever it is lost.
type link struct {
	config  Config
	log     *slog.Logger
	tls     *tls.Config
	id      string
	receive func(context.Context, delivery)
	trouble trouble // why there is no subscription now

	mu      sync.Mutex
	client  mqtt.Client // nil while there is none
	waiting []outgoing  // what is to be published or acknowledged, in order
	wake    chan struct{}
}

// outgoing is an ack for an agent and the word for the broker that goes with it.
type outgoing struct {
	topic   string // empty: nothing to publish
	payload []byte
	done    []func()
}

func newLink(config Config, log *slog.Logger, receive func(context.Context, delivery)) (*link, error) {
	random := make([]byte, 4)
	_, _ = rand.Read(random) // never fails
	l := &link{
		config: config, log: log, receive: receive,
		// The dot keeps it from ever being a device's.
		id:   config.Username + "." + hex.EncodeToString(random),
		tls:  &tls.Config{MinVersion: tls.VersionTLS12},
		wake: make(chan struct{}, 1),
	}
	l.trouble.set(errNotConnected)
	if config.CAFile != "" {
		pem, err := os.ReadFile(config.CAFile)
		if err != nil {
			return nil, fmt.Errorf("mqtt.ca: %w", err)
		}
		l.tls.RootCAs = x509.NewCertPool()
		if !l.tls.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("mqtt.ca: %s holds no certificate", config.CAFile)
		}
	}
	return l, nil
}

// run keeps a connection until the context ends.
func (l *link) run(ctx context.Context) error {
	var sender sync.WaitGroup
	sender.Go(func() { l.send(ctx) })
	defer sender.Wait()
	for pause := firstPause; ctx.Err() == nil; {
		began := time.Now()
		err := l.session(ctx)
		if ctx.Err() != nil {
			break
		}
		l.trouble.set(err)
		if time.Since(began) > steadyAfter {
			pause = firstPause
		}
		wait := pause/2 + mathrand.N(pause)
		l.log.WarnContext(ctx, "no link to the MQTT broker", "error", err, "again_in", wait.Round(time.Millisecond))
		sleep(ctx, wait)
		pause = min(2*pause, longestPause)
	}
	return nil
}

// session connects, subscribes, and returns when the connection is lost, with the reason.
func (l *link) session(ctx context.Context) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	client := mqtt.NewClient(l.options(ctx, end))
	defer client.Disconnect(100)
	if err := await(ctx, client.Connect()); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	filters := map[string]byte{
		l.shared(wire.Filter(wire.ChannelUsage)): 1,
		wire.Filter(wire.ChannelState):           1,
	}
	token := client.SubscribeMultiple(filters, nil)
	if err := await(ctx, token); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	for filter, granted := range token.(*mqtt.SubscribeToken).Result() {
		if granted == 0x80 {
			return fmt.Errorf("the broker refuses the subscription to %s; look at its access rules for %s", filter, l.config.Username)
		}
	}
	l.use(client)
	defer l.use(nil)
	l.log.InfoContext(ctx, "subscribed to the MQTT broker", "broker", l.config.Broker, "client", l.id, "share_group", l.config.ShareGroup)
	<-ctx.Done()
	return context.Cause(ctx)
}

func (l *link) shared(filter string) string {
	if l.config.ShareGroup == "" {
		return filter
	}
	return "$share/" + l.config.ShareGroup + "/" + filter
}

func (l *link) options(ctx context.Context, end context.CancelCauseFunc) *mqtt.ClientOptions {
	o := mqtt.NewClientOptions()
	broker := l.config.Broker
	if l.config.Dial != nil {
		broker = "tcp://embedded"
	}
	o.AddBroker(broker).SetClientID(l.id).SetUsername(l.config.Username).SetPassword(l.config.Password)
	o.SetProtocolVersion(4).SetCleanSession(true).SetOrderMatters(true).SetAutoAckDisabled(true)
	o.SetAutoReconnect(false).SetConnectRetry(false).SetConnectTimeout(answerWithin)
	o.SetKeepAlive(keepAlive).SetPingTimeout(answerWithin).SetWriteTimeout(answerWithin)
	o.SetConnectionLostHandler(func(_ mqtt.Client, err error) { end(err) })
	// paho waits for the handler before it says that the connection is lost, so the handler is told by the socket.
	o.SetCustomOpenConnectionFn(func(target *url.URL, _ mqtt.ClientOptions) (net.Conn, error) {
		conn, err := l.dial(ctx, target)
		if err != nil {
			return nil, err
		}
		return &watched{Conn: conn, closed: func() { end(errNotConnected) }}, nil
	})
	o.SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) {
		l.receive(ctx, delivery{topic: m.Topic(), payload: m.Payload(), retained: m.Retained(), at: time.Now(), done: m.Ack})
	})
	return o
}

func (l *link) dial(ctx context.Context, target *url.URL) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	if l.config.Dial != nil {
		return l.config.Dial(ctx)
	}
	switch target.Scheme {
	case "tcp", "mqtt":
		return new(net.Dialer).DialContext(ctx, "tcp", target.Host)
	case "ssl", "tls", "mqtts":
		return (&tls.Dialer{Config: l.tls}).DialContext(ctx, "tcp", target.Host)
	}
	return nil, fmt.Errorf("mqtt.broker: %s is neither tcp:// nor ssl://", target.Scheme)
}

// watched is a connection that says when it is closed from this side.
type watched struct {
	net.Conn
	closed func()
}

// Close closes the connection and says so.
func (w *watched) Close() error {
	w.closed()
	return w.Conn.Close()
}

// use makes this the client that is sent by; nil: none.
func (l *link) use(client mqtt.Client) {
	l.mu.Lock()
	l.client = client
	l.mu.Unlock()
	if client != nil {
		l.trouble.clear()
	}
}

func (l *link) current() mqtt.Client {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.client
}

// await waits for paho to be done, no longer than an answer may take.
func await(ctx context.Context, token mqtt.Token) error {
	ctx, cancel := context.WithTimeoutCause(ctx, answerWithin, errors.New("the broker does not answer"))
	defer cancel()
	select {
	case <-token.Done():
		return token.Error()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// sleep waits, but no longer than the context.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
