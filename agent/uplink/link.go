package uplink

import (
	"context"
	"fmt"
	"time"

	"github.com/labtide/labtide/agent/wire"
)

const (
	// inbox bounds the messages from the server that wait to be handled. One that finds it full is lost: a lost ack
	// only means that samples are sent again.
	inbox = 64
	// farewellTime bounds what is done after the end of the agent was asked for.
	farewellTime = 2 * time.Second
	// alarmAfter is after how many resendings in a row without an ack the log says so as an error.
	alarmAfter = 2
)

// message is one message from the server.
type message struct {
	topic   string
	payload []byte
}

// link is one connection and everything that belongs to it. All but received and lostConnection is done by the
// goroutine of run.
type link struct {
	u        *Uplink
	conn     connection
	session  uint64
	sender   *sender
	messages chan message
	gone     chan error
}

func newLink(u *Uplink, session uint64) *link {
	l := &link{u: u, session: session, messages: make(chan message, inbox), gone: make(chan error, 1)}
	l.sender = newSender(u.settings, u.box, func(payload []byte) receipt {
		return l.conn.publish(wire.Topic(u.settings.Device, wire.ChannelUsage), false, payload)
	}, u.random)
	return l
}

// received is called by the connection's read loop, which must not wait.
func (l *link) received(topic string, payload []byte) {
	select {
	case l.messages <- message{topic, payload}:
	default:
	}
}

func (l *link) lostConnection(err error) {
	if err == nil {
		err = errLost
	}
	select {
	case l.gone <- fmt.Errorf("the connection to the broker was lost: %w", err):
	default:
	}
}

func (l *link) subscribe() error {
	device := l.u.settings.Device
	return l.conn.subscribe(
		wire.Topic(device, wire.ChannelAck), wire.Topic(device, wire.ChannelNotice), wire.Topic(device, wire.ChannelConfig))
}

// run serves the connection until it is lost or ctx ends.
func (l *link) run(ctx context.Context) error {
	l.tell()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			l.farewell()
			return nil
		case err := <-l.gone:
			return err
		case m := <-l.messages:
			l.handle(m)
		case <-l.u.restate:
			l.tell()
		case <-l.u.wake:
			l.sender.fresh(time.Now())
		case <-timer.C:
		}
		timer.Reset(l.send())
	}
}

// send lets the sender do what is due and returns when it wants to be asked again.
func (l *link) send() time.Duration {
	wait, v, err := l.sender.step(time.Now())
	if err != nil {
		l.u.log.Error("the outbox cannot be read", "error", err)
		l.trouble("the outbox cannot be read: " + err.Error())
	}
	if v.expired {
		l.complain(v)
	}
	return wait
}

// complain says that the server did not acknowledge: first quietly, then loudly and again at every try.
func (l *link) complain(v verdict) {
	pending := l.u.box.Stats().Pending
	topic := wire.Topic(l.u.settings.Device, wire.ChannelUsage)
	if l.sender.unanswered < alarmAfter {
		l.u.log.Warn("the server has not acknowledged our samples yet: they are sent again", "messages", v.messages, "pending", pending)
		return
	}
	why := "neither the broker nor the server acknowledges our samples"
	if v.delivered {
		why = "the broker accepts our samples but the server does not acknowledge them: " +
			"either the server cannot store them now (see its /readyz), or the broker's access rules silently drop what we publish on " + topic
	}
	l.u.log.Error(why, "topic", topic, "tries", l.sender.unanswered, "pending", pending, "next_try_in", l.sender.pause)
	l.trouble(why)
}

func (l *link) trouble(sentence string) {
	l.u.update(func(s *Status) { s.Trouble = sentence })
}

// tell publishes the state, if there is one yet.
func (l *link) tell() receipt {
	l.u.mu.Lock()
	state := l.u.state
	l.u.mu.Unlock()
	if state.Activity == "" {
		return nil
	}
	payload, err := wire.EncodeState(wire.State{
		Session: l.session, State: state.Activity, Since: state.Since, Source: state.Source, Agent: l.u.settings.Version,
	})
	if err != nil {
		l.u.log.Error("the state cannot be told", "error", err)
		return nil
	}
	return l.conn.publish(wire.Topic(l.u.settings.Device, wire.ChannelState), true, payload)
}

// handle takes one message from the server. A message that cannot be read is logged and forgotten.
func (l *link) handle(m message) {
	device, channel, ok := wire.ParseTopic(m.topic)
	if !ok || device != l.u.settings.Device {
		l.u.log.Warn("a message on a topic that is not ours", "topic", m.topic)
		return
	}
	var err error
	switch channel {
	case wire.ChannelAck:
		err = l.handleAck(m.payload)
	case wire.ChannelConfig:
		err = l.handleConfig(m.payload)
	case wire.ChannelNotice:
		var notice wire.Notice
		if notice, err = wire.DecodeNotice(m.payload); err == nil && l.u.handlers.Notice != nil {
			l.u.handlers.Notice(notice)
		}
	}
	if err != nil {
		l.u.log.Warn("a message from the server is not understood", "topic", m.topic, "error", err)
	}
}

func (l *link) handleAck(payload []byte) error {
	a, err := wire.DecodeAck(payload)
	if err != nil {
		return err
	}
	n, err := l.sender.acked(a, time.Now())
	if err != nil { // the samples are settled in memory: at worst they are sent again after a restart
		l.u.log.Error("the outbox cannot be written", "error", err)
	}
	for _, r := range a.Refused {
		l.u.log.Error("the server will never store a sample", "epoch", a.Epoch, "seq", r.Seq, "code", r.Code)
	}
	if n > 0 {
		l.u.update(func(s *Status) { s.LastAckAt, s.Trouble = time.Now(), "" })
	}
	return nil
}

// handleConfig takes an empty payload, which is how a retained message is deleted, for a config without wishes.
func (l *link) handleConfig(payload []byte) error {
	c := wire.Config{Version: wire.Version}
	if len(payload) > 0 {
		var err error
		if c, err = wire.DecodeConfig(payload); err != nil {
			return err
		}
	}
	if l.u.handlers.Config != nil {
		l.u.handlers.Config(c)
	}
	return nil
}

// farewell publishes the last state, sends a sample that waits for its offset, and waits a little for the answers.
func (l *link) farewell() {
	deadline := time.NewTimer(farewellTime)
	defer deadline.Stop()
	var told <-chan struct{}
	if r := l.tell(); r != nil {
		told = r.accepted()
	}
	select {
	case <-l.u.wake:
		l.sender.drained = false
	default:
	}
	l.sender.holdUntil = time.Time{}
	timer := time.NewTimer(l.send())
	defer timer.Stop()
	for told != nil || len(l.sender.flights) > 0 {
		select {
		case <-deadline.C:
			return
		case err := <-l.gone:
			l.u.log.Warn("the farewell was cut short", "error", err)
			return
		case <-told:
			told = nil
		case m := <-l.messages:
			l.handle(m)
		case <-timer.C:
		}
		timer.Reset(l.send())
	}
}
