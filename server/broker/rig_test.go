package broker

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
)

// patience bounds what must happen; nothing that is right waits for it.
const patience = 20 * time.Second

// secretOf is the secret of every device in these tests.
func secretOf(device string) string { return "secret of " + device }

// run starts a broker on a free port that ends with the test.
func run(t *testing.T, change ...func(*Config)) *Broker {
	t.Helper()
	config := Config{
		Listen: "127.0.0.1:0",
		Authenticate: func(_ context.Context, device, secret string) (bool, error) {
			return secret == secretOf(device), nil
		},
		Log: slog.New(slog.DiscardHandler),
	}
	for _, c := range change {
		c(&config)
	}
	b, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Error("the broker does not end")
		}
	})
	return b
}

// options are paho's for a device that means well.
func options(b *Broker, device string) *paho.ClientOptions {
	return paho.NewClientOptions().AddBroker("tcp://" + b.Addr()).SetClientID(device).SetUsername(device).
		SetPassword(secretOf(device)).SetProtocolVersion(4).SetAutoReconnect(false).SetConnectTimeout(patience)
}

// connect connects by paho, or fails the test.
func connect(t *testing.T, o *paho.ClientOptions) paho.Client {
	t.Helper()
	c := paho.NewClient(o)
	wait(t, c.Connect())
	t.Cleanup(func() { c.Disconnect(0) })
	return c
}

// dial connects the server itself by paho.
func dial(t *testing.T, b *Broker, o *paho.ClientOptions) paho.Client {
	t.Helper()
	o.SetCustomOpenConnectionFn(dialer(t, b)).SetProtocolVersion(4).SetAutoReconnect(false)
	o.AddBroker("tcp://embedded")
	if o.ClientID == "" {
		o.SetClientID("labtide.server")
	}
	return connect(t, o)
}

func wait(t *testing.T, token paho.Token) {
	t.Helper()
	if !token.WaitTimeout(patience) {
		t.Fatal("paho does not answer")
	}
	if err := token.Error(); err != nil {
		t.Fatal(err)
	}
}

// receive gives the next message, or fails the test.
func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case m := <-from:
		return m
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// hear subscribes and gives what comes.
func hear(t *testing.T, c paho.Client, filter string) <-chan paho.Message {
	t.Helper()
	heard := make(chan paho.Message, 1000)
	wait(t, c.Subscribe(filter, 1, func(_ paho.Client, m paho.Message) { heard <- m }))
	return heard
}

// raw speaks bytes.
type raw struct {
	t *testing.T
	net.Conn
}

func dialRaw(t *testing.T, b *Broker) raw {
	t.Helper()
	conn, err := net.Dial("tcp", b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return raw{t, conn}
}

// send writes; that the other side hung up is for expect to see.
func (r raw) send(b ...byte) { _, _ = r.Write(b) }

func (r raw) packet(p packets.ControlPacket) {
	r.t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		r.t.Fatal(err)
	}
	r.send(b.Bytes()...)
}

// expect reads exactly these bytes.
func (r raw) expect(want ...byte) {
	r.t.Helper()
	got := make([]byte, len(want))
	n, err := io.ReadFull(r, got)
	if err != nil || !bytes.Equal(got, want) {
		r.t.Fatalf("got % x (%v), want % x", got[:n], err, want)
	}
}

// expectEnd reads until the broker hangs up.
func (r raw) expectEnd() {
	r.t.Helper()
	_, err := io.Copy(io.Discard, r)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		r.t.Fatal("the broker did not hang up")
	}
}

// connectPacket is a CONNECT of a device that means well.
func connectPacket(device string) *packets.ConnectPacket {
	p := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	p.ProtocolName, p.ProtocolVersion, p.Keepalive, p.CleanSession = "MQTT", 4, 30, true
	p.ClientIdentifier, p.Username, p.UsernameFlag = device, device, true
	p.Password, p.PasswordFlag = []byte(secretOf(device)), true
	return p
}

// alive fails the test unless the broker still serves: a device connects and its word reaches the server.
func alive(t *testing.T, b *Broker) {
	t.Helper()
	server := dial(t, b, paho.NewClientOptions().SetClientID("labtide.alive"))
	heard := hear(t, server, "labtide/v1/canary/usage")
	device := connect(t, options(b, "canary"))
	wait(t, device.Publish("labtide/v1/canary/usage", 1, false, "well"))
	if got := string(receive(t, heard).Payload()); got != "well" {
		t.Fatalf("heard %q", got)
	}
	device.Disconnect(100)
	server.Disconnect(100)
}

// dialer is how paho reaches the broker from within.
func dialer(t *testing.T, b *Broker) paho.OpenConnectionFunc {
	return func(*url.URL, paho.ClientOptions) (net.Conn, error) { return b.Dial(t.Context()) }
}

// gone closes when the connection of the device has ended.
func gone(b *Broker, device string) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p, ok := b.devices[device]; ok {
		return p.done
	}
	done := make(chan struct{})
	close(done)
	return done
}
