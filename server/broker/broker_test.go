package broker

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
	library "github.com/wind-c/comqtt/v2/mqtt/packets"

	"github.com/labtide/labtide/agent/wire"
)

func TestADeviceReachesTheServerAndTheServerTheDevice(t *testing.T) {
	b := run(t)
	server := dial(t, b, paho.NewClientOptions())
	heard := hear(t, server, wire.Filter(wire.ChannelUsage))
	device := connect(t, options(b, "dev-1"))
	answers := hear(t, device, "labtide/v1/dev-1/ack")

	wait(t, device.Publish("labtide/v1/dev-1/usage", 1, false, "minute"))
	if m := receive(t, heard); string(m.Payload()) != "minute" || m.Topic() != "labtide/v1/dev-1/usage" {
		t.Fatalf("heard %q on %s", m.Payload(), m.Topic())
	}
	wait(t, server.Publish("labtide/v1/dev-1/ack", 1, false, "stored"))
	if m := receive(t, answers); string(m.Payload()) != "stored" {
		t.Fatalf("heard %q", m.Payload())
	}
	if !b.Connected("dev-1") || b.Connected("dev-2") {
		t.Error("Connected is wrong")
	}
}

func TestWhoIsNotTheDeviceStaysOut(t *testing.T) {
	b := run(t, func(c *Config) {
		inner := c.Authenticate
		c.Authenticate = func(ctx context.Context, device, secret string) (bool, error) {
			if device == "no-database" {
				return false, errors.New("the database is away")
			}
			return inner(ctx, device, secret)
		}
	})
	const badCredentials, unavailable = 5, 3
	for name, c := range map[string]struct {
		change func(*packets.ConnectPacket)
		code   byte
	}{
		"wrong secret":             {func(p *packets.ConnectPacket) { p.Password = []byte("x") }, badCredentials},
		"no secret":                {func(p *packets.ConnectPacket) { p.Password, p.PasswordFlag = nil, false }, badCredentials},
		"no name":                  {func(p *packets.ConnectPacket) { p.Username, p.UsernameFlag, p.PasswordFlag = "", false, false }, badCredentials},
		"client id of another":     {func(p *packets.ConnectPacket) { p.ClientIdentifier = "dev-2" }, badCredentials},
		"no client id":             {func(p *packets.ConnectPacket) { p.ClientIdentifier = "" }, badCredentials},
		"name with a slash":        {func(p *packets.ConnectPacket) { *p = *connectPacket("a/b") }, badCredentials},
		"name with a wildcard":     {func(p *packets.ConnectPacket) { *p = *connectPacket("+") }, badCredentials},
		"name of the server":       {func(p *packets.ConnectPacket) { *p = *connectPacket("labtide.server") }, badCredentials},
		"will of another":          {func(p *packets.ConnectPacket) { will(p, "labtide/v1/dev-2/state") }, badCredentials},
		"will of a longer name":    {func(p *packets.ConnectPacket) { will(p, "labtide/v1/dev-10/state") }, badCredentials},
		"will on usage":            {func(p *packets.ConnectPacket) { will(p, "labtide/v1/dev-1/usage") }, badCredentials},
		"will on $SYS":             {func(p *packets.ConnectPacket) { will(p, "$SYS/broker/uptime") }, badCredentials},
		"will with a wildcard":     {func(p *packets.ConnectPacket) { will(p, "labtide/v1/+/state") }, badCredentials},
		"register does not answer": {func(p *packets.ConnectPacket) { *p = *connectPacket("no-database") }, unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			p := connectPacket("dev-1")
			c.change(p)
			client := dialRaw(t, b)
			client.packet(p)
			client.expect(0x20, 2, 0, c.code)
			client.expectEnd()
		})
	}
	alive(t, b)
}

func will(p *packets.ConnectPacket, topic string) {
	p.WillFlag, p.WillTopic, p.WillMessage, p.WillRetain = true, topic, []byte("lost"), true
}

func TestADeviceHearsOnlyItsOwn(t *testing.T) {
	b := run(t)
	device := connect(t, options(b, "dev-1"))
	for filter, want := range map[string]byte{
		"labtide/v1/dev-1/ack":                  1,
		"labtide/v1/dev-1/notice":               1,
		"labtide/v1/dev-1/config":               1,
		"labtide/v1/dev-1/usage":                0x80,
		"labtide/v1/dev-1/state":                0x80,
		"labtide/v1/dev-1/#":                    0x80,
		"labtide/v1/dev-1/+":                    0x80,
		"labtide/v1/dev-1":                      0x80,
		"labtide/v1/dev-1/":                     0x80,
		"labtide/v1/dev-1/ack/":                 0x80,
		"labtide/v1/dev-1//ack":                 0x80,
		"/labtide/v1/dev-1/ack":                 0x80,
		"labtide/v1/dev-1/../dev-2/ack":         0x80,
		"labtide/v1/dev-10/ack":                 0x80,
		"labtide/v1/dev-2/ack":                  0x80,
		"labtide/v1/+/ack":                      0x80,
		"labtide/v1/dev+/ack":                   0x80,
		"labtide/v1/#":                          0x80,
		"#":                                     0x80,
		"+":                                     0x80,
		"+/+/+/+":                               0x80,
		"$SYS/#":                                0x80,
		"$SYS/broker/version":                   0x80,
		"$share/g/labtide/v1/dev-1/ack":         0x80,
		"$SHARE/g/#":                            0x80,
		"$share/g/#":                            0x80,
		"$queue/labtide/v1/dev-2/ack":           0x80,
		"LABTIDE/v1/dev-1/ack":                  0x80,
		"labtide/v2/dev-1/ack":                  0x80,
		"labtide/v1/dev-1/ack#":                 0x80,
		"labtide/v1/dev-1/ack/labtide/v1/+/ack": 0x80,
	} {
		token := device.Subscribe(filter, 1, nil).(*paho.SubscribeToken)
		if token.WaitTimeout(patience) && errors.Is(token.Error(), paho.ErrInvalidTopicMultilevel) ||
			errors.Is(token.Error(), paho.ErrInvalidTopicEmptyString) {
			continue // paho itself refuses to ask
		}
		if token.Error() != nil && !device.IsConnectionOpen() {
			t.Fatalf("disconnected at %q", filter)
		}
		for _, got := range token.Result() { // of one filter; paho keys it without the share group
			if got != want {
				t.Errorf("SUBACK for %q is 0x%02x, want 0x%02x", filter, got, want)
			}
		}
		if len(token.Result()) != 1 {
			t.Errorf("no SUBACK for %q", filter)
		}
	}
}

func TestWhatADeviceMayNotPublishIsAcknowledgedAndDropped(t *testing.T) {
	b := run(t)
	server := dial(t, b, paho.NewClientOptions())
	heard := hear(t, server, "#")
	device := connect(t, options(b, "dev-1"))
	for _, topic := range []string{
		"labtide/v1/dev-2/usage", "labtide/v1/dev-10/usage", "labtide/v1/dev-10/state", "labtide/v1/dev-/usage",
		"labtide/v1/dev-1/../dev-2/usage", "labtide/v1/dev-1/../usage", "labtide/v1/dev-1/usage/", "labtide/v1/dev-1//usage",
		"labtide/v1/dev-1/ack", "labtide/v1/dev-1/notice", "labtide/v1/dev-1/config", "labtide/v1/dev-2/config",
		"labtide/v1/dev-1", "labtide/v1/dev-1/anything", "LABTIDE/v1/dev-1/usage", "labtide/v2/dev-1/usage", "other",
		"/labtide/v1/dev-1/usage", "$share/g/labtide/v1/dev-1/usage", "$other",
	} {
		for _, retained := range []bool{false, true} {
			wait(t, device.Publish(topic, 1, retained, "evil")) // PUBACK
		}
		wait(t, device.Publish(topic, 2, false, "evil"))
	}
	wait(t, device.Publish("labtide/v1/dev-1/usage", 1, false, make([]byte, wire.MaxPayloadBytes+1)))
	wait(t, device.Publish("labtide/v1/dev-1/usage", 1, true, "good"))
	if m := receive(t, heard); string(m.Payload()) != "good" {
		t.Fatalf("the server heard %d bytes on %s", len(m.Payload()), m.Topic())
	}
	// Nothing of it was retained, not even the usage that was published so.
	late := dial(t, b, paho.NewClientOptions().SetClientID("labtide.late"))
	again := hear(t, late, "#")
	wait(t, device.Publish("labtide/v1/dev-1/state", 1, true, "state"))
	if m := receive(t, again); m.Topic() != "labtide/v1/dev-1/state" {
		t.Fatalf("retained on %s", m.Topic())
	}
	if !device.IsConnectionOpen() {
		t.Error("the device was disconnected")
	}
}

func TestAStateIsRetainedAndTheWillReplacesIt(t *testing.T) {
	b := run(t)
	device := connect(t, options(b, "dev-1").SetWill("labtide/v1/dev-1/state", "lost", 1, true))
	wait(t, device.Publish("labtide/v1/dev-1/state", 1, true, "in_use"))
	server := dial(t, b, paho.NewClientOptions())
	heard := hear(t, server, wire.Filter(wire.ChannelState))
	if m := receive(t, heard); string(m.Payload()) != "in_use" || !m.Retained() {
		t.Fatalf("heard %q, retained %t", m.Payload(), m.Retained())
	}
	b.Disconnect("dev-1")
	if m := receive(t, heard); string(m.Payload()) != "lost" {
		t.Fatalf("heard %q", m.Payload())
	}
	late := dial(t, b, paho.NewClientOptions().SetClientID("labtide.late"))
	if m := receive(t, hear(t, late, "labtide/v1/dev-1/state")); string(m.Payload()) != "lost" || !m.Retained() {
		t.Fatalf("retained is %q", m.Payload())
	}
}

func TestTheServerCannotTakeADevicesName(t *testing.T) {
	b := run(t)
	o := paho.NewClientOptions().SetClientID("dev-1")
	o.AddBroker("tcp://embedded").SetProtocolVersion(4)
	o.SetCustomOpenConnectionFn(dialer(t, b))
	token := paho.NewClient(o).Connect()
	if !token.WaitTimeout(patience) || token.Error() == nil {
		t.Error("the server's own connection took the client id of a device")
	}
}

func TestANewConnectionOfADeviceEndsTheOldOne(t *testing.T) {
	b := run(t)
	server := dial(t, b, paho.NewClientOptions())
	for round := range 30 {
		lost := make(chan error, 1)
		o := options(b, "dev-1").SetConnectionLostHandler(func(_ paho.Client, err error) { lost <- err })
		old := connect(t, o)
		hear(t, old, "labtide/v1/dev-1/ack")
		young := connect(t, options(b, "dev-1"))
		heard := hear(t, young, "labtide/v1/dev-1/ack")
		if err := receive(t, lost); err == nil {
			t.Error("the old connection ended without an error")
		}
		text := fmt.Sprint("round ", round)
		wait(t, server.Publish("labtide/v1/dev-1/ack", 1, false, text))
		if got := string(receive(t, heard).Payload()); got != text {
			t.Fatalf("heard %q in %s", got, text)
		}
		young.Disconnect(0)
	}
}

func TestConnectionsBeyondTheLimitAreRefused(t *testing.T) {
	b := run(t, func(c *Config) { c.MaxClients = 2 })
	connect(t, options(b, "dev-1"))
	two := connect(t, options(b, "dev-2"))
	dialRaw(t, b).expectEnd()
	two.Disconnect(0)
	receive(t, gone(b, "dev-2"))
	connect(t, options(b, "dev-3"))
}

func TestADeviceThatDoesNotReadDelaysNobodyAndIsHungUpOn(t *testing.T) {
	b := run(t)
	server := dial(t, b, paho.NewClientOptions())
	deaf := dialRaw(t, b)
	deaf.packet(connectPacket("deaf"))
	deaf.expect(0x20, 2, 0, 0)
	subscribe := packets.NewControlPacket(packets.Subscribe).(*packets.SubscribePacket)
	subscribe.MessageID, subscribe.Topics, subscribe.Qoss = 1, []string{"labtide/v1/deaf/ack"}, []byte{1}
	deaf.packet(subscribe)
	deaf.expect(0x90, 3, 0, 1, 1)
	device := connect(t, options(b, "dev-1"))
	heard := hear(t, device, "labtide/v1/dev-1/ack")
	closed := gone(b, "deaf")
	long := make([]byte, wire.MaxPayloadBytes)
	for sent := 0; ; sent++ { // until the kernel's buffers and ours are full
		wait(t, server.Publish("labtide/v1/deaf/ack", 1, false, long))
		wait(t, server.Publish("labtide/v1/dev-1/ack", 1, false, "short"))
		receive(t, heard)
		select {
		case <-closed:
			return
		default:
		}
		if sent > 10_000 {
			t.Fatal("it is not hung up on")
		}
	}
}

func TestARetainedStateOutlivesTheLibrarysDay(t *testing.T) {
	b := run(t)
	retain := func(topic string, created, expiry int64) {
		b.mqtt.Topics.RetainMessage(library.Packet{
			FixedHeader: library.FixedHeader{Type: library.Publish, Retain: true},
			TopicName:   topic, Payload: []byte("state"), Created: created, Expiry: expiry,
		})
	}
	long := time.Now().Add(-30 * 24 * time.Hour).Unix()
	retain("labtide/v1/dev-1/state", long, 0)
	retain("labtide/v1/dev-2/state", long, long) // gone with the next sweep, which so is seen to have been
	for end := time.Now().Add(patience); ; {
		if _, ok := b.mqtt.Topics.Retained.Get("labtide/v1/dev-2/state"); !ok {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the library does not sweep")
		}
		<-time.After(10 * time.Millisecond)
	}
	if _, ok := b.mqtt.Topics.Retained.Get("labtide/v1/dev-1/state"); !ok {
		t.Error("a retained state was thrown away after a month")
	}
}

func TestTLSIsServedAndOldVersionsAreNot(t *testing.T) {
	certificate, key, pool := selfSigned(t)
	b := run(t, func(c *Config) { c.TLSListen, c.TLSCert, c.TLSKey = "127.0.0.1:0", certificate, key })
	o := options(b, "dev-1")
	o.Servers = nil
	o.AddBroker("ssl://" + b.TLSAddr()).SetTLSConfig(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12})
	device := connect(t, o)
	wait(t, device.Publish("labtide/v1/dev-1/usage", 1, false, "over TLS"))

	old, err := tls.Dial("tcp", b.TLSAddr(), &tls.Config{RootCAs: pool, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10})
	if err == nil {
		_ = old.Close()
		t.Error("TLS 1.1 is served")
	}
	plain := dialRaw(t, b)
	_ = plain.Close()
	plain.Conn, err = net.Dial("tcp", b.TLSAddr())
	if err != nil {
		t.Fatal(err)
	}
	plain.packet(connectPacket("dev-1"))
	plain.expectEnd()
	alive(t, b)
}

// selfSigned makes a certificate for 127.0.0.1 and gives the paths of its PEM files.
func selfSigned(t *testing.T) (certificate, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(public)
	return file(t, "crt", public), file(t, "key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})), pool
}
