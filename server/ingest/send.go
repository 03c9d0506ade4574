package ingest

import (
	"context"
	"time"

	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/server/fault"
)

// queue puts something behind what already waits to be sent, and returns at once: whoever stores must never wait for
// the broker, which may be waiting for us. It cannot grow beyond what the broker has on its way to us unacknowledged.
func (l *link) queue(o outgoing) {
	l.mu.Lock()
	l.waiting = append(l.waiting, o)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// send publishes and acknowledges what is queued until the context ends. An ack that does not get through is no loss:
// the agent sends its samples again.
func (l *link) send(ctx context.Context) {
	for {
		select {
		case <-l.wake:
		case <-ctx.Done():
			return
		}
		l.mu.Lock()
		work, client := l.waiting, l.client
		l.waiting = nil
		l.mu.Unlock()
		for _, o := range work {
			if o.topic != "" && client != nil {
				client.Publish(o.topic, 1, false, o.payload)
			}
			for _, done := range o.done {
				done()
			}
		}
	}
}

// flush returns when what was queued is sent, or after a moment.
func (l *link) flush() {
	sent := make(chan struct{})
	l.queue(outgoing{done: []func(){func() { close(sent) }}})
	select {
	case <-sent:
	case <-time.After(lastWords):
	}
}

// SendNotice sends a message to the person at the device, and returns when the broker has it. Nobody keeps it: a
// device that is not connected never hears it.
func (i *Ingest) SendNotice(ctx context.Context, device string, notice wire.Notice) error {
	payload, err := wire.EncodeNotice(notice)
	if err != nil {
		return fault.Invalid("notice_invalid", "the notice cannot be sent").Because(err)
	}
	return i.link.publish(ctx, wire.Topic(device, wire.ChannelNotice), false, payload)
}

// PutConfig tells the device what the server wants of it, and returns when the broker has it. The broker keeps it for
// devices that connect later; an embedded broker only until it ends.
func (i *Ingest) PutConfig(ctx context.Context, device string, config wire.Config) error {
	payload, err := wire.EncodeConfig(config)
	if err != nil {
		return fault.Invalid("device_config_invalid", "the settings cannot be sent").Because(err)
	}
	return i.link.publish(ctx, wire.Topic(device, wire.ChannelConfig), true, payload)
}

// publish returns when the broker has acknowledged.
func (l *link) publish(ctx context.Context, topic string, retained bool, payload []byte) error {
	client := l.current()
	if client == nil {
		return fault.Unavailable("broker", errNotConnected)
	}
	if err := await(ctx, client.Publish(topic, 1, retained, payload)); err != nil {
		return fault.Unavailable("broker", err)
	}
	return nil
}
