package e2e

import (
	"io"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/labtide/labtide/agent/uplink"
	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/server/live"
)

// A device is idle, so its station is free; then its cable is cut. From that moment the board says unknown, and never
// free again until the device is back.
func TestALostDeviceNeverLooksFree(t *testing.T) {
	t.Parallel()
	h := move(t, settings(t))
	who := h.enrol("pc-1")
	cable := newCable(t, who.Broker)
	who.Broker = "tcp://" + cable.addr
	m := plug(t, t.TempDir(), who, wire.Idle)
	h.until("the station is free", func() bool { return h.state("PLC-01") == string(live.StateFree) })
	watch, _ := h.server.Board().Watch("")
	defer watch.Close()

	cable.cut()
	h.until("the board says unknown", func() bool { return h.state("PLC-01") == string(live.StateUnknown) })
	var seen []live.State
	for len(watch.Events()) > 0 {
		if event := <-watch.Events(); event.Card.Station.Code == "PLC-01" {
			seen = append(seen, event.Card.State)
		}
	}
	if !slices.Contains(seen, live.StateUnknown) || slices.Contains(seen, live.StateFree) {
		t.Errorf("the board went through %v", seen)
	}
	if got := h.state("PLC-02"); got != string(live.StateUnknown) {
		t.Errorf("a station whose device was never heard is %s", got)
	}

	cable.mend()
	h.until("the station is free again", func() bool { return h.state("PLC-01") == string(live.StateFree) })
	m.link.SetState(uplink.State{Activity: wire.Stopping, Since: time.Now(), Source: wire.SourceManual}) // as the agent's app does
	h.until("an agent that is stopped says so", func() bool { return h.state("PLC-01") == string(live.StateUnknown) })
}

// cable carries TCP to a broker and can be cut without a word to either end.
type cable struct {
	addr, to string
	mu       sync.Mutex
	whole    bool
	open     []net.Conn
}

func newCable(t *testing.T, broker string) *cable {
	t.Helper()
	to, err := url.Parse(broker)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{addr: listener.Addr().String(), to: to.Host, whole: true}
	t.Cleanup(func() {
		_ = listener.Close()
		c.cut()
	})
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			c.carry(from)
		}
	}()
	return c
}

func (c *cable) carry(from net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	to, err := net.DialTimeout("tcp", c.to, 5*time.Second)
	if err != nil || !c.whole {
		_ = from.Close()
		if err == nil {
			_ = to.Close()
		}
		return
	}
	c.open = append(c.open, from, to)
	go func() { _, _ = io.Copy(to, from) }()
	go func() { _, _ = io.Copy(from, to) }()
}

func (c *cable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.whole = false
	for _, conn := range c.open {
		_ = conn.Close()
	}
	c.open = nil
}

func (c *cable) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.whole = true
}
