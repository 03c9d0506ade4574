package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// load is what a generator sends: bookings of slots that nobody else wants, each person at one station at a time.
type load struct {
	Address  string   // of the server, host:port
	Tokens   []string // one for each person
	Stations []string // codes, at least as many as people
	Midnight time.Time
	First    int // the first booking's number: numbers that were sent before are taken
	Clients  int // connections
	// PerSecond is how many requests are offered, whatever the server does; 0: each client sends its next when it has an answer.
	PerSecond int
	Warm, For time.Duration // answers that come while it warms up do not count
	Keyed     bool          // with an Idempotency-Key
}

// outcome is what became of a load.
type outcome struct {
	Sent           int // with those that did not count
	Counted        int
	PerSecond      float64
	P50, P99, Most time.Duration
	Odd            string // one answer that was not 201, if there was one
}

// request writes the n-th booking: a quarter of an hour that no other n asks for, from tomorrow on.
func (l *load) request(n int) []byte {
	person, slot := n%len(l.Tokens), n/len(l.Tokens)
	station := l.Stations[(person+slot*len(l.Tokens))%len(l.Stations)]
	from := l.Midnight.Add(24*time.Hour + time.Duration(slot)*15*time.Minute)
	body := fmt.Sprintf(`{"station":%q,"starts_at":%q,"ends_at":%q,"purpose":"practice"}`,
		station, from.Format(time.RFC3339), from.Add(15*time.Minute).Format(time.RFC3339))
	key := ""
	if l.Keyed {
		key = fmt.Sprintf("Idempotency-Key: booking-%d\r\n", n)
	}
	return fmt.Appendf(nil, "POST /api/v1/bookings HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nAccept-Encoding: gzip\r\n"+
		"Content-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s", l.Address, l.Tokens[person], key, len(body), body)
}

// timing is one answer.
type timing struct{ took, at time.Duration } // since it was due; since the beginning

// run sends the load. An offered load is an open loop: the clock decides when a request is due, and the time that it takes
// begins then, also when all connections are busy.
func (l *load) run() (outcome, error) {
	var next atomic.Int64
	var group sync.WaitGroup
	begun, end := time.Now(), l.Warm+l.For
	timings, faults, odd := make([][]timing, l.Clients), make([]error, l.Clients), make([]string, l.Clients)
	due := func(int) time.Time { return time.Now() }
	if l.PerSecond > 0 {
		due = func(n int) time.Time {
			at := begun.Add(time.Duration(n) * time.Second / time.Duration(l.PerSecond))
			time.Sleep(time.Until(at))
			return at
		}
	}
	for client := range l.Clients {
		group.Go(func() {
			wire, err := dial(l.Address)
			if err != nil {
				faults[client] = err
				return
			}
			defer wire.Close() //nolint:errcheck // read whole
			for {
				n := int(next.Add(1) - 1)
				at := due(n)
				if at.Sub(begun) >= end {
					return
				}
				status, body, err := wire.ask(l.request(l.First + n))
				if err != nil {
					faults[client] = err
					return
				}
				if status != http.StatusCreated {
					odd[client] = fmt.Sprintf("%d %s", status, body)
				}
				timings[client] = append(timings[client], timing{took: time.Since(at), at: time.Since(begun)})
			}
		})
	}
	group.Wait()
	for client := range l.Clients {
		if faults[client] != nil {
			return outcome{}, faults[client]
		}
	}
	return l.sum(int(next.Load()), slices.Concat(timings...), odd), nil
}

func (l *load) sum(sent int, all []timing, odd []string) outcome {
	out := outcome{Sent: sent}
	var took []time.Duration
	last := l.Warm
	for _, t := range all {
		if due := t.at - t.took; due >= l.Warm {
			took, last = append(took, t.took), max(last, t.at)
		}
	}
	for _, text := range odd {
		if text != "" {
			out.Odd = text
		}
	}
	slices.Sort(took)
	if out.Counted = len(took); out.Counted > 0 {
		out.PerSecond = float64(out.Counted) / (last - l.Warm).Seconds()
		out.P50, out.P99, out.Most = took[len(took)/2], took[len(took)*99/100], took[len(took)-1]
	}
	return out
}

// line is a connection that is kept. It is thinner than http.Client, whose work would be taken from the server's share.
type line struct {
	net.Conn
	in *bufio.Reader
}

func dial(address string) (*line, error) {
	dialer := net.Dialer{Timeout: patience}
	conn, err := dialer.DialContext(context.Background(), "tcp", address)
	if err != nil {
		return nil, err
	}
	return &line{Conn: conn, in: bufio.NewReader(conn)}, conn.SetDeadline(time.Now().Add(10 * patience))
}

func (l *line) ask(request []byte) (status int, body []byte, err error) {
	if _, err := l.Write(request); err != nil {
		return 0, nil, err
	}
	response, err := http.ReadResponse(l.in, nil)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close() //nolint:errcheck // read whole
	body, err = io.ReadAll(response.Body)
	return response.StatusCode, body, err
}

const generatorEnv = "LABTIDE_LOAD"

// generate runs the load in a process of its own: neither its garbage nor its work is in the server's profile.
func generate(b *testing.B, l *load) outcome {
	b.Helper()
	file := filepath.Join(b.TempDir(), "load.json")
	text, err := json.Marshal(l)
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		b.Fatal(err)
	}
	generator := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^TestGenerator$") //nolint:gosec // this binary again
	generator.Env = append(os.Environ(), generatorEnv+"="+file)
	if said, err := generator.CombinedOutput(); err != nil {
		b.Fatalf("the generator: %v\n%s", err, bytes.TrimSpace(said))
	}
	var out outcome
	text, err = os.ReadFile(file) //nolint:gosec // ours
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		b.Fatal(err)
	}
	return out
}

// TestGenerator is the generator's process. It answers into the file that told it what to do.
func TestGenerator(t *testing.T) {
	file := os.Getenv(generatorEnv)
	if file == "" {
		t.Skip("only run by the benchmarks of booking, as their generator")
	}
	text, err := os.ReadFile(file) //nolint:gosec // of our own benchmark
	if err != nil {
		t.Fatal(err)
	}
	var l load
	if err := json.Unmarshal(text, &l); err != nil {
		t.Fatal(err)
	}
	out, err := l.run()
	if err != nil {
		t.Fatal(err)
	}
	if text, err = json.Marshal(out); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
