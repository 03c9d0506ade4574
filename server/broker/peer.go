package broker

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime/debug"
	"time"
)

// peer is one connection, from its first byte on.
type peer struct {
	net.Conn
	out    output
	head   []byte // a CONNECT that was read already and that the library reads again
	local  bool   // the server itself
	device string // the client id, once it may hold one; guarded by Broker.mu
	done   chan struct{}
	flow   flow // to the server, when this is its connection
}

func newPeer(conn net.Conn) *peer {
	return &peer{Conn: conn, out: output{to: conn, limit: maxOutputBytes}, done: make(chan struct{})}
}

// Write never waits for the other side.
func (p *peer) Write(b []byte) (int, error) { return p.out.write(b) }

// Read gives the head first.
func (p *peer) Read(into []byte) (int, error) {
	if len(p.head) > 0 {
		n := copy(into, p.head)
		p.head = p.head[n:]
		return n, nil
	}
	return p.Conn.Read(into)
}

// accept takes connections until the listener is closed.
func (b *Broker) accept(ctx context.Context, l net.Listener) {
	for pause := time.Duration(0); ; {
		conn, err := l.Accept()
		if err == nil {
			pause = 0
			if !b.serve(newPeer(conn)) {
				_ = conn.Close()
			}
			continue
		}
		if errors.Is(err, net.ErrClosed) || ctx.Err() != nil {
			return
		}
		// Out of file descriptors, most likely: existing connections go on, and new ones wait.
		pause = min(max(2*pause, 5*time.Millisecond), time.Second)
		b.log.WarnContext(ctx, "MQTT broker cannot take a connection", "error", err, "again_in", pause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

// serve takes the connection in a goroutine of its own; false when the broker is closed or full.
func (b *Broker) serve(p *peer) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open {
		return false
	}
	if !p.local && len(b.peers) >= b.config.MaxClients {
		b.metrics.refused.WithLabelValues("too_many_clients").Inc()
		return false
	}
	b.peers[p] = struct{}{}
	if p.local {
		b.servers[p] = struct{}{}
	}
	b.serving.Go(func() { b.converse(p) })
	return true
}

// converse runs a connection to its end. A panic of the library ends this connection and no other.
func (b *Broker) converse(p *peer) {
	defer func() {
		fault := recover()
		_ = p.Close()
		b.forget(p)
		close(p.done)
		if fault != nil {
			b.metrics.panics.Inc()
			b.log.Error("MQTT broker: a connection failed badly", "remote", p.RemoteAddr(), "fault", fault, "stack", string(debug.Stack()))
		}
	}()
	if err := p.SetDeadline(time.Now().Add(connectWithin)); err != nil {
		return
	}
	head, answer, err := readConnect(p.Conn)
	if answer != "" {
		_, _ = io.WriteString(p, answer)
	}
	if err != nil {
		if !errors.Is(err, io.EOF) { // somebody looked whether the port is open
			b.metrics.refused.WithLabelValues("not_mqtt_311").Inc()
			b.log.Debug("MQTT broker: no CONNECT of MQTT 3.1.1", "remote", p.RemoteAddr(), "error", err)
		}
		return
	}
	p.head = head
	if err := b.mqtt.EstablishConnection("labtide", p); err != nil {
		b.log.Debug("MQTT connection ended", "device", p.device, "remote", p.RemoteAddr(), "error", err)
	}
}

func (b *Broker) forget(p *peer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.peers, p)
	delete(b.servers, p)
	if p.device != "" && b.devices[p.device] == p {
		delete(b.devices, p.device)
	}
}

// claim gives the client id to this connection. An older one that holds it is ended first, and waited for: the library
// would let its end remove what the new connection has already subscribed to.
func (b *Broker) claim(ctx context.Context, p *peer, id string) error {
	b.mu.Lock()
	older := b.devices[id]
	b.devices[id], p.device = p, id
	b.mu.Unlock()
	if older == nil {
		return nil
	}
	_ = older.Close()
	select {
	case <-older.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
