// Package e2e holds the stories that cross the whole house: the real agent, the real server, real brokers and databases.
// One file is one story.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/labtide/labtide/agent/outbox"
	"github.com/labtide/labtide/agent/uplink"
	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/app"
	"github.com/labtide/labtide/server/config"
)

// patience is how long a story waits for what must happen. It is long, because nothing is asserted about speed.
const patience = 60 * time.Second

// house is a server in this process with a small school in it.
type house struct {
	t      *testing.T
	server *app.Server
	url    string
	token  string // an administrator's, every scope
	stop   func() // once; waits
}

// settings is a server in temporary folders on free ports, with embedded broker and SQLite.
func settings(t *testing.T, change ...func(*config.Config)) config.Config {
	cfg := config.Default()
	cfg.Server.Data = t.TempDir()
	cfg.Server.Listen, cfg.MQTT.Listen = "127.0.0.1:0", "127.0.0.1:0"
	for _, c := range change {
		c(&cfg)
	}
	return cfg
}

// move builds the server and runs it until the test ends; the school is imported unless it is there.
func move(t *testing.T, cfg config.Config) *house {
	t.Helper()
	log := slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	server, err := app.New(ctx, cfg, app.Options{Version: "e2e"}, log)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	h := &house{t: t, server: server, url: server.URL()}
	furnish(t, server)
	h.token = token(t, server, "admin", account.Scopes())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	t.Cleanup(h.stop)
	h.until("the server answers", func() bool { return h.get("/healthz").status == http.StatusOK })
	return h
}

// furnish imports two stations with a device each, an administrator and two students. It is always open.
func furnish(t *testing.T, server *app.Server) {
	t.Helper()
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"sites.csv":      "code,name_en,time_zone\nSZ,Shenzhen,Asia/Shanghai\n",
		"rooms.csv":      "site,code,name_en\nSZ,B203,PLC room\n",
		"kinds.csv":      "code,name_en\nplc-bench,PLC bench\n",
		"stations.csv":   "site,room,kind,code\nSZ,B203,plc-bench,PLC-01\nSZ,B203,plc-bench,PLC-02\n",
		"devices.csv":    "device\npc-1\npc-2\n",
		"placements.csv": "device,station,from\npc-1,PLC-01,2026-01-01T00:00:00Z\npc-2,PLC-02,2026-01-01T00:00:00Z\n",
		"people.csv":     "login,name,role,programme\nadmin,Wu Gang,admin,\nli,Li Na,student,Mechatronics\nchen,Chen Yu,student,Robotics\n",
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	if _, err := server.Stores().Importer().Import(t.Context(), files, false); err != nil {
		t.Fatal(err)
	}
}

func token(t *testing.T, server *app.Server, login string, scopes []account.Scope) string {
	t.Helper()
	people, err := account.New(server.Stores().Accounts, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	person, err := server.Stores().Accounts.PersonByLogin(t.Context(), login)
	if err != nil {
		t.Fatal(err)
	}
	_, secret, err := people.CreateToken(t.Context(), account.SignedIn(person.ID, person.Role), "e2e", scopes, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// answer is what the API said.
type answer struct {
	status int
	body   []byte
	header http.Header
}

// read decodes the body; a field that is not there fails the story.
func read[T any](t *testing.T, a answer) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("status %d, %s: %v", a.status, a.body, err)
	}
	return v
}

func (h *house) get(path string) answer { return h.ask(http.MethodGet, path, h.token, nil) }

func (h *house) post(path string, body any) answer {
	return h.ask(http.MethodPost, path, h.token, body)
}

// ask sends one request. A server that does not answer has status 0.
func (h *house) ask(method, path, token string, body any) answer {
	h.t.Helper()
	var payload io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			h.t.Fatal(err)
		}
		payload = bytes.NewReader(text)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, h.url+path, payload)
	if err != nil {
		h.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}
	}
	defer response.Body.Close() //nolint:errcheck // read whole
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}
	}
	return answer{response.StatusCode, text, response.Header}
}

// until waits for a condition that must come true; some take longer than the usual patience.
func (h *house) until(what string, ok func() bool, longer ...time.Duration) {
	h.t.Helper()
	until(h.t, what, ok, longer...)
}

func until(t *testing.T, what string, ok func() bool, longer ...time.Duration) {
	t.Helper()
	deadline := time.Now().Add(max(patience, slices.Max(append(longer, 0))))
	for tick := time.NewTicker(10 * time.Millisecond); ; <-tick.C {
		if ok() {
			tick.Stop()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("it did not happen: %s", what)
		}
	}
}

// credentials is what an agent gets when it enrols.
type credentials struct{ Device, Broker, Username, Password, CA string }

// enrol makes a code as an administrator and trades it, as an agent would.
func (h *house) enrol(device string) credentials {
	h.t.Helper()
	code := read[struct{ Code string }](h.t, h.post("/api/v1/enrollments", map[string]string{"device": device})).Code
	a := h.ask(http.MethodPost, "/api/v1/enrollments/claim", "", map[string]string{"code": code})
	if a.status != http.StatusOK {
		h.t.Fatalf("claim: %d %s", a.status, a.body)
	}
	return read[credentials](h.t, a)
}

// machine is the agent's queue and uplink without the collectors: the story says what was seen.
type machine struct {
	t    *testing.T
	dir  string
	who  credentials
	box  *outbox.Outbox
	link *uplink.Uplink
	stop func()
}

// plug starts a machine; with the same folder it is the same machine again.
func plug(t *testing.T, dir string, who credentials, activity wire.Activity, change ...func(*uplink.Settings)) *machine {
	t.Helper()
	log := slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	box, err := outbox.Open(filepath.Join(dir, "outbox"), outbox.Limits{MaxAge: 30 * 24 * time.Hour, MaxBytes: 64 << 20}, log)
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{t: t, dir: dir, who: who, box: box}
	settings := uplink.Settings{Device: who.Device, Version: "e2e",
		Broker: uplink.Broker{URL: who.Broker, Username: who.Username, Password: who.Password, CA: []byte(who.CA)},
		Window: 16, SendEvery: 5 * time.Millisecond, ResendAfter: time.Second, ResendAtMost: 2 * time.Second,
		ReconnectAfter: 100 * time.Millisecond, ReconnectAtMost: time.Second, SessionFile: filepath.Join(dir, "session")}
	for _, c := range change {
		c(&settings)
	}
	m.link = uplink.New(settings, uplink.Handlers{}, box, log)
	m.link.SetState(uplink.State{Activity: activity, Since: time.Now(), Source: wire.SourceManual})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.link.Run(ctx) }()
	m.stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-done, box.Close()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(m.stop)
	return m
}

// saw puts minutes into the outbox, as the agent does when they close.
func (m *machine) saw(from time.Time, minutes, inUseSeconds int) {
	m.t.Helper()
	for i := range minutes {
		minute := from.Add(time.Duration(i) * time.Minute)
		sample, err := wire.EncodeSample(wire.Sample{Minute: minute, InUseSeconds: inUseSeconds, IdleSeconds: 60 - inUseSeconds, Source: wire.SourceManual})
		if err != nil {
			m.t.Fatal(err)
		}
		if err := m.box.Append(minute, sample, time.Now()); err != nil {
			m.t.Fatal(err)
		}
	}
	m.link.Wake()
}

// delivered waits until the server has acknowledged everything.
func (m *machine) delivered() {
	m.t.Helper()
	until(m.t, "everything is acknowledged", func() bool { return m.box.Stats().Pending == 0 })
}

// labels gives the minutes of each label of a station in [from, until), both on one local day.
func (h *house) labels(station string, from, until time.Time) map[string]int {
	h.t.Helper()
	zone := time.FixedZone("Shanghai", 8*3600)
	day := read[struct {
		Runs []struct {
			StartsAt time.Time `json:"starts_at"`
			EndsAt   time.Time `json:"ends_at"`
			Label    string
		}
	}](h.t, h.get(fmt.Sprintf("/api/v1/ledger?station=%s&day=%s", station, from.In(zone).Format(time.DateOnly))))
	out := map[string]int{}
	for _, run := range day.Runs {
		start, end := run.StartsAt, run.EndsAt
		if start.Before(from) {
			start = from
		}
		if end.After(until) {
			end = until
		}
		if start.Before(end) {
			out[run.Label] += int(end.Sub(start) / time.Minute)
		}
	}
	return out
}

// yesterday gives ten o'clock yesterday in Shenzhen: far from every edge of a day.
func yesterday() time.Time {
	zone := time.FixedZone("Shanghai", 8*3600)
	y, m, d := time.Now().In(zone).AddDate(0, 0, -1).Date()
	return time.Date(y, m, d, 10, 0, 0, 0, zone).UTC()
}

// remember stores a booking of the past, which the API would refuse.
func (h *house) remember(station, person string, from, until time.Time) {
	h.t.Helper()
	text := fmt.Sprintf("station,starts_at,ends_at,person\n%s,%s,%s,%s\n", station, from.Format(time.RFC3339), until.Format(time.RFC3339), person)
	if _, err := h.server.Stores().Importer().Import(h.t.Context(), fstest.MapFS{"bookings.csv": {Data: []byte(text)}}, false); err != nil {
		h.t.Fatal(err)
	}
}

// state gives what the board says of a station.
func (h *house) state(station string) string {
	h.t.Helper()
	return read[struct{ Live struct{ State string } }](h.t, h.get("/api/v1/stations/"+station)).Live.State
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// testWriter sends a log to the test, as long as the test runs.
type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	if w.t.Context().Err() == nil {
		w.t.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

// programs are built once for the test binary, into a folder that the system's temporary files clean up.
type programs struct {
	once sync.Once
	dir  string
	err  error
}

var built programs

// program gives the path of one of our programs, "server" or "agent", built as users build it.
func program(t *testing.T, name string) string {
	t.Helper()
	built.once.Do(func() {
		built.dir, built.err = os.MkdirTemp("", "labtide-e2e-")
		for _, p := range []string{"server", "agent"} {
			if built.err != nil {
				return
			}
			cmd := exec.Command("go", "build", "-o", filepath.Join(built.dir, p), "github.com/labtide/labtide/"+p) //nolint:gosec // constants
			if out, err := cmd.CombinedOutput(); err != nil {
				built.err = fmt.Errorf("build %s: %w\n%s", p, err, out)
			}
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.dir, name)
}

// TestMain removes what program has built.
func TestMain(m *testing.M) {
	code := m.Run()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	os.Exit(code)
}
