package broker

import (
	"context"
	"io"
	"log/slog"
	"time"

	mqtt "github.com/wind-c/comqtt/v2/mqtt"
	"github.com/wind-c/comqtt/v2/mqtt/packets"

	"github.com/labtide/labtide/agent/wire"
)

// gate is the library's hook: it decides who comes in and what they may do.
type gate struct {
	mqtt.HookBase
	broker *Broker
}

// ID names the hook.
func (g *gate) ID() string { return "labtide" }

// Provides lists the questions that the gate answers.
func (g *gate) Provides(question byte) bool {
	switch question {
	case mqtt.OnConnect, mqtt.OnConnectAuthenticate, mqtt.OnSessionEstablished, mqtt.OnACLCheck, mqtt.OnPublish,
		mqtt.OnQosPublish, mqtt.OnPacketRead, mqtt.OnPublishDropped:
		return true
	}
	return false
}

// OnConnect refuses what readConnect has refused already, should the library ever be reached another way.
func (g *gate) OnConnect(client *mqtt.Client, packet packets.Packet) error {
	if packet.ProtocolVersion != 4 {
		return packets.ErrUnsupportedProtocolVersion
	}
	if _, ok := client.Net.Conn.(*peer); !ok {
		return packets.ErrNotAuthorized
	}
	longest := uint16(longestKeepalive / time.Second)
	if client.State.Keepalive == 0 || client.State.Keepalive > longest {
		client.State.Keepalive = longest
	}
	return nil
}

// OnConnectAuthenticate lets a client in that is who it says it is.
func (g *gate) OnConnectAuthenticate(client *mqtt.Client, packet packets.Packet) bool {
	b := g.broker
	p, ok := client.Net.Conn.(*peer)
	if !ok {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), authenticateWithin)
	defer cancel()
	reason, err := b.admit(ctx, p, packet.Connect)
	if reason == "" && err == nil {
		err = b.claim(ctx, p, client.ID)
	}
	if err != nil {
		reason = "unavailable"
		_, _ = io.WriteString(p, connackUnavailable)
		_ = p.Close()
	}
	if reason != "" {
		b.metrics.refused.WithLabelValues(reason).Inc()
		b.refusals.log(b.log, slog.LevelWarn, "MQTT connection refused", "reason", reason,
			"user", printable(packet.Connect.Username), "client", printable([]byte(packet.Connect.ClientIdentifier)), "remote", p.RemoteAddr(), "error", err)
		return false
	}
	// A device keeps its own queue, so ours would only be a place to forget things in.
	client.Properties.Clean = client.Properties.Clean || !p.local && !b.config.relaxed
	return true
}

// admit returns why the client is refused, or "".
func (b *Broker) admit(ctx context.Context, p *peer, connect packets.ConnectParams) (reason string, err error) {
	device, id := string(connect.Username), connect.ClientIdentifier
	switch {
	case b.config.relaxed:
		return "", nil
	case p.local && wire.ValidDevice(id):
		return "reserved_client_id", nil
	case p.local:
		return "", nil
	case !wire.ValidDevice(device):
		return "bad_user_name", nil
	case id != device:
		return "client_id_is_not_user_name", nil
	case connect.WillFlag && connect.WillTopic != wire.Topic(device, wire.ChannelState):
		return "foreign_will", nil
	}
	ok, err := b.config.Authenticate(ctx, device, string(connect.Password))
	if err == nil && !ok {
		reason = "bad_credentials"
	}
	return reason, err
}

// OnSessionEstablished is told when the welcome is sent.
func (g *gate) OnSessionEstablished(client *mqtt.Client, _ packets.Packet) {
	if p, ok := client.Net.Conn.(*peer); ok {
		p.out.queue()
	}
}

// OnACLCheck decides what a client may hear: it is asked for each filter of a SUBSCRIBE and for each message that is
// about to be delivered. For publishing it says yes, because the library hangs up after a no; OnPublish decides.
func (g *gate) OnACLCheck(client *mqtt.Client, topic string, write bool) bool {
	return write || g.mayAll(client) || mayHear(client.ID, topic)
}

// OnPublish drops what a device may not say, and what the server is too slow to hear. Both are acknowledged.
func (g *gate) OnPublish(client *mqtt.Client, packet packets.Packet) (packets.Packet, error) {
	if g.mayAll(client) {
		return packet, nil
	}
	b := g.broker
	channel, ok := maySay(client.ID, packet.TopicName)
	if !ok || len(packet.Payload) > wire.MaxPayloadBytes {
		b.metrics.denied.Inc()
		b.refusals.log(b.log, slog.LevelWarn, "a device published what it may not", "device", client.ID,
			"topic", printable([]byte(packet.TopicName)), "bytes", len(packet.Payload))
		return packet, packets.CodeSuccessIgnore
	}
	if channel == wire.ChannelUsage && !b.roomAtServer() {
		b.metrics.shed.Inc()
		return packet, packets.CodeSuccessIgnore
	}
	packet.FixedHeader.Retain = packet.FixedHeader.Retain && channel.Retained()
	return packet, nil
}

// OnQosPublish counts what is on its way to the server.
func (g *gate) OnQosPublish(client *mqtt.Client, packet packets.Packet, _ int64, _ int) {
	if p := server(client); p != nil && packet.FixedHeader.Type == packets.Publish {
		p.flow.sent()
	}
}

// OnPacketRead counts what the server acknowledges.
func (g *gate) OnPacketRead(client *mqtt.Client, packet packets.Packet) (packets.Packet, error) {
	if p := server(client); p != nil && packet.FixedHeader.Type == packets.Puback {
		p.flow.over()
	}
	return packet, nil
}

// OnPublishDropped is told when the queue of a connection overflows.
func (g *gate) OnPublishDropped(client *mqtt.Client, packet packets.Packet) {
	g.broker.metrics.overflow.Inc()
	if p := server(client); p != nil && packet.FixedHeader.Qos > 0 {
		p.flow.over()
	}
}

// roomAtServer reports whether the server takes another message, after a wait if it is behind. Of several connections
// one with room is enough.
func (b *Broker) roomAtServer() bool {
	b.mu.Lock()
	var least *peer
	for p := range b.servers {
		if least == nil || p.flow.waiting() < least.flow.waiting() {
			least = p
		}
	}
	b.mu.Unlock()
	return least != nil && least.flow.enter()
}

func (g *gate) mayAll(client *mqtt.Client) bool {
	return g.broker.config.relaxed || server(client) != nil
}

// server gives the connection of a client that is the server itself, else nil.
func server(client *mqtt.Client) *peer {
	if p, ok := client.Net.Conn.(*peer); ok && p.local {
		return p
	}
	return nil
}

// maySay tells whether the device may publish on the topic, and on which channel that is. The topic must be equal, byte
// for byte: no prefix, no wildcard, no clever path.
func maySay(device, topic string) (wire.Channel, bool) {
	of, channel, ok := wire.ParseTopic(topic)
	return channel, ok && of == device && channel.FromDevice()
}

// mayHear tells whether the device may subscribe to the filter or be sent the topic. A filter with a wildcard, of a
// share group or of $SYS is no topic of the device's, so it may not.
func mayHear(device, filter string) bool {
	of, channel, ok := wire.ParseTopic(filter)
	return ok && of == device && !channel.FromDevice()
}
