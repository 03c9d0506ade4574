package e2e

import (
	"context"
	"net"
	"net/http"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/config"
)

// postbox is a mail server that answers nobody's recipient until it is let go.
type postbox struct {
	letGo   chan struct{}
	reached chan struct{} // closed when the first recipient waits
	address *net.TCPAddr
	first   sync.Once
	mu      sync.Mutex
	mails   []string
}

func openPostbox(t *testing.T) *postbox {
	t.Helper()
	p := &postbox{letGo: make(chan struct{}), reached: make(chan struct{})}
	p.address = listen(t, p.serve)
	return p
}

// listen serves each connection to a port of this machine until the test ends.
func listen(t *testing.T, serve func(net.Conn)) *net.TCPAddr {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(context.WithoutCancel(t.Context()), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	return listener.Addr().(*net.TCPAddr)
}

func (p *postbox) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	text := textproto.NewConn(conn)
	say := func(line string) { _ = text.PrintfLine("%s", line) }
	say("220 here")
	for {
		line, err := text.ReadLine()
		if err != nil {
			return
		}
		switch strings.ToUpper(line[:min(4, len(line))]) {
		case "RCPT":
			p.first.Do(func() { close(p.reached) })
			<-p.letGo
			say("250 ok")
		case "DATA":
			say("354 go on")
			lines, err := text.ReadDotLines()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.mails = append(p.mails, strings.Join(lines, "\n"))
			p.mu.Unlock()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (p *postbox) got() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.mails...)
}

// A mail server that has taken the connection and hangs, and a broker that never answers, slow nobody down: bookings are
// made and cancelled meanwhile, and when the mail server is well again the mails arrive.
func TestCase15ASlowMailServerOrBrokerNeverSlowsABooking(t *testing.T) {
	t.Parallel()
	post := openPostbox(t)
	deaf := listen(t, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1)); <-t.Context().Done(); _ = conn.Close() })
	h := move(t, settings(t, func(cfg *config.Config) {
		cfg.SMTP = config.SMTP{Host: "127.0.0.1", Port: post.address.Port, From: "labs@school.example", TLS: config.TLSNone, Timeout: 45 * time.Second}
		cfg.MQTT.Embedded, cfg.MQTT.Broker, cfg.MQTT.Password = false, "tcp://"+deaf.String(), "hush"
	}))
	li, err := h.server.Stores().Accounts.PersonByLogin(t.Context(), "li")
	if err != nil {
		t.Fatal(err)
	}
	li.Email = "li@school.example"
	if li, err = h.server.Stores().Accounts.PutPerson(t.Context(), li); err != nil {
		t.Fatal(err)
	}
	scopes := []account.Scope{account.ScopeRead, account.ScopeBook}
	student := token(t, h.server, "li", scopes)
	start := time.Now().UTC().Truncate(24 * time.Hour).Add(30 * time.Hour)
	reserve := func(i int) string {
		t.Helper()
		from := start.Add(time.Duration(i) * time.Hour)
		made := h.ask(http.MethodPost, "/api/v1/bookings", student, map[string]any{"station": "PLC-01", "starts_at": from, "ends_at": from.Add(time.Hour), "purpose": "practice"})
		if made.status != http.StatusCreated {
			t.Fatalf("%d %s", made.status, made.body)
		}
		return read[struct{ ID string }](t, made).ID
	}
	cancel := func(id string) {
		t.Helper()
		if got := h.ask(http.MethodDelete, "/api/v1/bookings/"+id, h.token, nil); got.status >= http.StatusBadRequest {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	// The administrator cancels the student's booking, who is to be told.
	cancel(reserve(0))
	// A station is to ask whether somebody is still there; its device cannot hear it.
	err = h.server.Stores().Bookings.Decide(t.Context(), booking.Ask{}, func(booking.View) (booking.Write, error) {
		return booking.Write{Effects: []booking.Effect{{At: time.Now(), Event: booking.EventReleaseWarning, PersonID: li.ID, StationID: stationID(t, h, "PLC-01")}}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-post.reached:
	case <-time.After(patience):
		t.Fatal("the mail server was never asked")
	}
	// Both hang now. Nobody who books notices.
	for i := range 20 {
		cancel(reserve(i))
	}
	if len(post.got()) != 0 {
		t.Fatal("the mail server does not hang")
	}
	close(post.letGo)
	h.until("the mails arrive", func() bool { return len(post.got()) >= 22 })
	seen := map[string]bool{}
	for _, mail := range post.got() {
		_, rest, _ := strings.Cut(mail, "Message-ID: ")
		id, _, _ := strings.Cut(rest, "\n")
		seen[id] = true
	}
	if len(seen) != 22 {
		t.Errorf("%d different mails, want one for each of 21 cancellations and the warning", len(seen))
	}
}

func stationID(t *testing.T, h *house, code string) string {
	t.Helper()
	station, err := h.server.Stores().Equipment.StationByID(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	return station.ID
}
