// Package broker is the MQTT broker inside the server, for schools that run no other. It is the only importer of the
// broker library, and knows devices by their id and secret only: not what they say, nor who listens.
//
// The library is comqtt v2.6.5. Of its two lineages the other, mochi v2.7.9, had its last release in March 2025 and
// lets seven bytes of MQTT 5 end the process; comqtt fixed that, is still released, needs no CGO, and its MQTT part
// links nothing of its cluster (a program with either is 7.1 to 7.3 MB). We trust neither: everything that faces the
// network before a device has proven who it is, and every question of who may do what, is answered here.
//
// Invariants: a device publishes on its own usage and state and hears its own ack, notice and config, and nothing
// else, its will included; what it may not publish is acknowledged and dropped, because MQTT 3.1.1 has no word for no,
// and hanging up would make it try for ever; no packet can end the process; one connection per device, and the older
// one is gone before the newer one is told that it is welcome.
package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	mqtt "github.com/wind-c/comqtt/v2/mqtt"

	"github.com/labtide/labtide/agent/wire"
)

// Limits that are not worth a setting.
const (
	// connectWithin bounds the time from the first byte, TLS included, to a whole CONNECT.
	connectWithin = 10 * time.Second
	// authenticateWithin bounds one look into the register.
	authenticateWithin = 5 * time.Second
	// maxConnectBytes bounds a CONNECT packet, which comes from somebody unknown.
	maxConnectBytes = 8 << 10
	// maxPacketBytes ends a connection; a payload above wire.MaxPayloadBytes is only dropped.
	maxPacketBytes = 2 * wire.MaxPayloadBytes
	// longestKeepalive replaces what is longer, and "never".
	longestKeepalive = 10 * time.Minute
	// writesPending is the queue of each connection, which the library allocates whole, 8 bytes each. Only ours fills it.
	writesPending = window + 256
	// window is how many messages may be on their way to the server without its acknowledgement. Above it devices
	// wait, and if the server does not move at all, usage is dropped: agents send it again until the server itself
	// says that it is stored.
	window = 1024
	// forEver is what the library adds to the time of a message to know when to throw it away.
	forEver = 100 * 365 * 24 * 60 * 60
)

// Config says where to listen and who may come in.
type Config struct {
	Listen    string // host:port without TLS; empty: none
	TLSListen string // host:port with TLS; empty: none
	TLSCert   string // PEM files, for TLSListen
	TLSKey    string
	// MaxClients bounds the open connections, ours not counted; 0: 10,000.
	MaxClients int
	// Authenticate says whether the device may come in with this secret. An error, such as a database that does not
	// answer, tells the device to come again rather than that its secret is wrong.
	Authenticate func(ctx context.Context, device, secret string) (bool, error)
	Metrics      prometheus.Registerer // nil: none
	Log          *slog.Logger
	// relaxed lets everybody in and do everything: for the tests of this package, which alone can set it.
	relaxed bool
}

// Broker is one embedded broker.
type Broker struct {
	config        Config
	log           *slog.Logger
	mqtt          *mqtt.Server
	metrics       metrics
	refusals      limited
	plain, secure net.Listener // from Listen on

	mu      sync.Mutex
	open    bool          // from Run until its context ends
	started chan struct{} // closed by Run
	peers   map[*peer]struct{}
	devices map[string]*peer   // the connection that holds a client id
	servers map[*peer]struct{} // our own connections
	serving sync.WaitGroup
}

// New makes a broker and starts nothing.
func New(config Config) (*Broker, error) {
	if config.MaxClients == 0 {
		config.MaxClients = 10_000
	}
	b := &Broker{
		config:   config,
		log:      config.Log,
		started:  make(chan struct{}),
		peers:    map[*peer]struct{}{},
		devices:  map[string]*peer{},
		servers:  map[*peer]struct{}{},
		refusals: newLimited(),
	}
	b.metrics = newMetrics(config.Metrics, b)
	b.mqtt = mqtt.New(&mqtt.Options{
		Capabilities: &mqtt.Capabilities{
			MaximumMessageExpiryInterval: forEver,
			MaximumSessionExpiryInterval: 60 * 60,
			ReceiveMaximum:               1024,
			MaximumQos:                   2,
			RetainAvailable:              1,
			MaximumPacketSize:            maxPacketBytes,
			WildcardSubAvailable:         1,
			SharedSubAvailable:           1,
			MinimumProtocolVersion:       4,
			MaximumClientWritesPending:   writesPending,
		},
		// Each round stops the world to read memory statistics that nobody asked for.
		SysTopicResendInterval: 24 * 60 * 60,
		// Ten thousand idle devices are mostly buffers. The library writes past the one for writing.
		ClientNetReadBufferSize:  512,
		ClientNetWriteBufferSize: 16,
		Logger:                   slog.New(quiet{config.Log.Handler()}),
	})
	if err := b.mqtt.AddHook(&gate{broker: b}, nil); err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	return b, nil
}

// Listen opens the ports, so that a taken one is known before the server says that it is up. Run does it otherwise.
func (b *Broker) Listen(ctx context.Context) error {
	var listen net.ListenConfig
	if b.config.Listen != "" && b.plain == nil {
		l, err := listen.Listen(ctx, "tcp", b.config.Listen)
		if err != nil {
			return fmt.Errorf("mqtt.listen: %w", err)
		}
		b.plain = l
	}
	if b.config.TLSListen != "" && b.secure == nil {
		certificate, err := tls.LoadX509KeyPair(b.config.TLSCert, b.config.TLSKey)
		if err != nil {
			return fmt.Errorf("mqtt.tls_cert: %w", err)
		}
		l, err := listen.Listen(ctx, "tcp", b.config.TLSListen)
		if err != nil {
			return fmt.Errorf("mqtt.tls_listen: %w", err)
		}
		b.secure = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
	}
	return nil
}

// Addr is where the plain listener listens, TLSAddr the other; "" when there is none.
func (b *Broker) Addr() string { return addr(b.plain) }

// TLSAddr is where the TLS listener listens.
func (b *Broker) TLSAddr() string { return addr(b.secure) }

func addr(l net.Listener) string {
	if l == nil {
		return ""
	}
	return l.Addr().String()
}

// Run serves, once, until the context ends. Then the listeners close first, and every connection after them; wills are still
// published, so a server that wants to remain silent about its own end stops listening to the broker before.
func (b *Broker) Run(ctx context.Context) error {
	if err := b.Listen(ctx); err != nil {
		b.closeListeners()
		return err
	}
	if err := b.mqtt.Serve(); err != nil {
		b.closeListeners()
		return fmt.Errorf("broker: %w", err)
	}
	b.mu.Lock()
	b.open = true
	b.mu.Unlock()
	close(b.started)

	var accepting sync.WaitGroup
	for _, l := range []net.Listener{b.plain, b.secure} {
		if l != nil {
			b.log.InfoContext(ctx, "MQTT broker listens", "address", l.Addr().String(), "tls", l == b.secure)
			accepting.Go(func() { b.accept(ctx, l) })
		}
	}
	<-ctx.Done()
	b.closeListeners()
	accepting.Wait()
	b.hangUp()
	b.serving.Wait()
	return b.mqtt.Close()
}

func (b *Broker) closeListeners() {
	for _, l := range []net.Listener{b.plain, b.secure} {
		if l != nil {
			_ = l.Close() // it can only say that it is closed already
		}
	}
}

// hangUp closes every connection and takes no new one.
func (b *Broker) hangUp() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = false
	for p := range b.peers {
		_ = p.Close()
	}
}

// ErrNotRunning says that Run has ended.
var ErrNotRunning = errors.New("the embedded broker is not running")

// Dial connects the server itself, within the process: no port, no TLS, no password, and every right. The client id
// must not be one that a device could have. Before Run, Dial waits for it.
func (b *Broker) Dial(ctx context.Context) (net.Conn, error) {
	select {
	case <-b.started:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ours, theirs := net.Pipe()
	p := newPeer(theirs)
	p.local, p.out.limit = true, maxServerOutputBytes
	if !b.serve(p) {
		_ = ours.Close()
		return nil, ErrNotRunning
	}
	return ours, nil
}

// Connected reports whether the device is connected now.
func (b *Broker) Connected(device string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, ok := b.devices[device]
	return ok
}

// Disconnect hangs up on a device, if it is connected: one that was disabled must not go on. Its will is published.
func (b *Broker) Disconnect(device string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p, ok := b.devices[device]; ok {
		_ = p.Close()
	}
}
