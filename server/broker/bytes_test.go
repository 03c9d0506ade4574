package broker

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// connect5 is a CONNECT of MQTT 5 with a name and password that would be right.
func connect5(device string) []byte {
	p := connectPacket(device)
	var b bytes.Buffer
	_ = p.Write(&b)
	v4 := b.Bytes()
	// Level 5, and an empty list of properties after the keepalive.
	v5 := append([]byte{0x10, v4[1] + 1}, v4[2:12]...)
	v5[8] = 5
	return append(append(v5, 0), v4[12:]...)
}

func TestMQTT5IsRefusedBeforeItsSevenBytesCanDoHarm(t *testing.T) {
	b := run(t)
	client := dialRaw(t, b)
	client.send(append(connect5("dev-1"), 0x82, 0x05, 0x00, 0x01, 0x00, 0x00, 0x00)...)
	client.expect([]byte(connackVersion5)...)
	client.expectEnd()
	alive(t, b)
}

func TestInMQTT311TheSevenBytesAreARefusedSubscription(t *testing.T) {
	b := run(t)
	client := dialRaw(t, b)
	client.packet(connectPacket("dev-1"))
	client.expect(0x20, 2, 0, 0)
	client.send(0x82, 0x05, 0x00, 0x01, 0x00, 0x00, 0x00)
	client.expect(0x90, 3, 0, 1, 0x80)
	alive(t, b)
}

func TestOtherProtocolsAreToldSo(t *testing.T) {
	b := run(t)
	for name, level := range map[string]byte{"MQIsdp": 3, "MQTT": 3, "MQTT\x00": 4, "MQTX": 4} {
		p := connectPacket("dev-1")
		p.ProtocolName, p.ProtocolVersion = name, level
		client := dialRaw(t, b)
		client.packet(p)
		client.expect([]byte(connackVersion)...)
		client.expectEnd()
	}
	for _, level := range []byte{0, 6, 0x84, 0xff} {
		p := connectPacket("dev-1")
		p.ProtocolVersion = level
		client := dialRaw(t, b)
		client.packet(p)
		client.expect([]byte(connackVersion)...)
		client.expectEnd()
	}
}

func TestWhatIsNoConnectIsHungUpOn(t *testing.T) {
	b := run(t)
	for name, bytes := range map[string][]byte{
		"HTTP":                  []byte("GET / HTTP/1.1\r\n\r\n"),
		"a publish":             {0x30, 0x03, 0x00, 0x01, 'a'},
		"connect with flags":    {0x1f, 0x00},
		"a huge connect":        {0x10, 0xff, 0xff, 0xff, 0x7f},
		"a length of 5 bytes":   {0x10, 0x80, 0x80, 0x80, 0x80, 0x01},
		"an empty connect":      {0x10, 0x00},
		"a name beyond the end": {0x10, 0x04, 0xff, 0xff, 'M', 'Q'},
	} {
		t.Run(name, func(t *testing.T) {
			client := dialRaw(t, b)
			client.send(bytes...)
			client.expectEnd()
		})
	}
	alive(t, b)
}

// TestMalformedPacketsNeverEndTheProcess sends real packets with bytes changed, cut and repeated, before and after a
// good CONNECT. A panic in a goroutine that is not ours would end this test binary.
func TestMalformedPacketsNeverEndTheProcess(t *testing.T) {
	b := run(t)
	random := rand.New(rand.NewPCG(3, 14))
	for range 1500 {
		conn, err := net.Dial("tcp", b.Addr())
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		var stream bytes.Buffer
		if random.IntN(5) > 0 {
			_ = connectPacket("dev-1").Write(&stream)
		}
		for range 1 + random.IntN(4) {
			stream.Write(mangled(random))
		}
		_, _ = conn.Write(stream.Bytes()) // the broker may have hung up by now
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, conn)
		_ = conn.Close()
	}
	alive(t, b)
}

// mangled is a packet with a fault or two.
func mangled(random *rand.Rand) []byte {
	var b bytes.Buffer
	_ = corpus()[random.IntN(len(corpus()))].Write(&b)
	p := b.Bytes()
	for range random.IntN(3) {
		switch random.IntN(5) {
		case 0: // another byte
			p[random.IntN(len(p))] = byte(random.Uint32())
		case 1: // another bit
			p[random.IntN(len(p))] ^= 1 << random.IntN(8)
		case 2: // cut off, and the length says so
			if len(p) > 2 && p[1] < 0x80 {
				p = p[:2+random.IntN(len(p)-2)]
				p[1] = byte(len(p) - 2)
			}
		case 3: // another type or other flags
			p[0] = byte(random.Uint32())
		case 4: // more than it should be
			p = append(p, byte(random.Uint32()), byte(random.Uint32()))
			if p[1] < 0x7d {
				p[1] += 2
			}
		}
	}
	return p
}

// corpus is one packet of each kind that a client could send, and of some that only a broker does.
func corpus() []packets.ControlPacket {
	subscribe := packets.NewControlPacket(packets.Subscribe).(*packets.SubscribePacket)
	subscribe.MessageID, subscribe.Topics, subscribe.Qoss = 1, []string{"labtide/v1/dev-1/ack", "$share/g/#"}, []byte{1, 0}
	unsubscribe := packets.NewControlPacket(packets.Unsubscribe).(*packets.UnsubscribePacket)
	unsubscribe.MessageID, unsubscribe.Topics = 2, []string{"labtide/v1/dev-1/ack"}
	all := []packets.ControlPacket{
		connectPacket("dev-1"), subscribe, unsubscribe,
		packets.NewControlPacket(packets.Pingreq), packets.NewControlPacket(packets.Disconnect),
	}
	for qos := range byte(3) {
		publish := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
		publish.TopicName, publish.Qos, publish.MessageID = "labtide/v1/dev-1/state", qos, 3
		publish.Retain, publish.Payload = qos == 1, []byte("payload")
		all = append(all, publish)
	}
	for _, kind := range []byte{packets.Puback, packets.Pubrec, packets.Pubrel, packets.Pubcomp, packets.Connack, packets.Suback, packets.Unsuback, packets.Pingresp} {
		all = append(all, packets.NewControlPacket(kind))
	}
	return all
}

func TestASilentConnectionIsClosedAndAnEndlessOneIsBounded(t *testing.T) {
	b := run(t)
	p := connectPacket("dev-1")
	p.Keepalive = 1
	client := dialRaw(t, b)
	client.packet(p)
	client.expect(0x20, 2, 0, 0)
	client.expectEnd() // by the broker, for want of a ping

	big := dialRaw(t, b)
	big.packet(connectPacket("dev-1"))
	big.expect(0x20, 2, 0, 0)
	big.send(0x32, 0xff, 0xff, 0xff, 0x7f) // a publish of 256 MiB
	big.expectEnd()
	alive(t, b)
}

func FuzzReadConnect(f *testing.F) {
	var good bytes.Buffer
	_ = connectPacket("dev-1").Write(&good)
	f.Add(good.Bytes())
	f.Add(connect5("dev-1"))
	f.Add([]byte{0x10, 0x80, 0x80, 0x80, 0x80, 0x01})
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, input []byte) {
		r := bytes.NewReader(input)
		packet, answer, err := readConnect(r)
		if err == nil && (answer != "" || !bytes.Equal(packet, input[:len(input)-r.Len()])) {
			t.Errorf("accepted, but gives % x (answer %q)", packet, answer)
		}
		if err != nil && packet != nil {
			t.Error("an error and a packet")
		}
	})
}

func TestAPanicInAConnectionEndsOnlyThatConnection(t *testing.T) {
	b := run(t, func(c *Config) {
		inner := c.Authenticate
		c.Authenticate = func(ctx context.Context, device, secret string) (bool, error) {
			if device == "panic" {
				panic("on purpose")
			}
			return inner(ctx, device, secret)
		}
	})
	client := dialRaw(t, b)
	client.packet(connectPacket("panic"))
	client.expectEnd()
	alive(t, b)
}
