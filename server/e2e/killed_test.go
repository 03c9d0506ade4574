package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/labtide/labtide/agent/uplink"
	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/app"
	"github.com/labtide/labtide/server/config"
	"github.com/labtide/labtide/server/e2e/rig"
	"github.com/labtide/labtide/server/ledger"
	"github.com/labtide/labtide/server/telemetry"
)

// The server is killed with -9 while batches are on their way, several times. In the end every minute is stored, once.
func TestServerKilledInTheMiddleOfABatchLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	cfg := settings(t, func(cfg *config.Config) {
		cfg.Server.Listen = fmt.Sprintf("127.0.0.1:%d", rig.FreePort(t))
		cfg.MQTT.Listen = fmt.Sprintf("127.0.0.1:%d", rig.FreePort(t))
	})
	admin := prepare(t, cfg)
	child := start(t, cfg)
	h := &house{t: t, url: "http://" + cfg.Server.Listen, token: admin}
	h.until("the server answers", func() bool { return h.get("/healthz").status == http.StatusOK })
	slowly := func(s *uplink.Settings) { s.SendEvery = 60 * time.Millisecond } // so that a round is several batches
	first := plug(t, t.TempDir(), h.enrol("pc-1"), wire.InUse, slowly)
	second := plug(t, t.TempDir(), h.enrol("pc-2"), wire.InUse, slowly)
	pending := func() int { return first.box.Stats().Pending + second.box.Stats().Pending }

	const minutes = 6 * 1440
	from := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -8)
	amid := 0 // kills at which some of the round was stored and some was not
	for round := range 6 {
		all := pending() + 2*1440
		first.saw(from.AddDate(0, 0, round), 1440, 60)
		second.saw(from.AddDate(0, 0, round), 1440, 15)
		h.until("some of it is stored", func() bool { return pending() < all })
		kill(t, child)
		if pending() > 0 {
			amid++
		}
		child = start(t, cfg)
		h.until("the server is back", func() bool { return h.get("/healthz").status == http.StatusOK })
	}
	first.delivered()
	second.delivered()
	kill(t, child)
	if amid == 0 {
		t.Error("no kill fell between two batches: the story proves nothing")
	}

	stores, err := app.OpenStores(t.Context(), cfg, discard())
	if err != nil {
		t.Fatal(err)
	}
	defer stores.Close() //nolint:errcheck // read only
	for device, used := range map[string]int{"pc-1": minutes, "pc-2": 0} {
		if got := stored(t, stores, device); got != minutes {
			t.Errorf("%s: the time series holds %d minutes, want %d", device, got, minutes)
		}
		station := map[string]string{"pc-1": "PLC-01", "pc-2": "PLC-02"}[device]
		if seen, inUse := facts(t, stores, station); seen != minutes || inUse != used {
			t.Errorf("%s: the ledger has %d minutes seen and %d used, want %d and %d", station, seen, inUse, minutes, used)
		}
	}
}

// prepare furnishes the stores before a server in a process of its own opens them, and gives an administrator's token.
func prepare(t *testing.T, cfg config.Config) string {
	t.Helper()
	server, err := app.New(t.Context(), cfg, app.Options{}, discard())
	if err != nil {
		t.Fatal(err)
	}
	furnish(t, server)
	admin := token(t, server, "admin", account.Scopes())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := server.Run(ctx); err != nil { // only closes it
		t.Fatal(err)
	}
	return admin
}

// start runs the server's program with this configuration. It is killed when the test ends.
func start(t *testing.T, cfg config.Config) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(program(t, "server"), "run") //nolint:gosec // our own program
	cmd.Env = append(os.Environ(), "LABTIDE_SERVER_DATA="+cfg.Server.Data, "LABTIDE_SERVER_LISTEN="+cfg.Server.Listen,
		"LABTIDE_MQTT_LISTEN="+cfg.MQTT.Listen, "LABTIDE_LOG_LEVEL=error",
		"LABTIDE_DATABASE_DRIVER="+cfg.Database.Driver, "LABTIDE_DATABASE_DSN="+cfg.Database.DSN)
	cmd.Stderr = testWriter{t}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kill(t, cmd) })
	return cmd
}

// kill ends a program as a power cut would.
func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if cmd.ProcessState != nil {
		return
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
}

func stored(t *testing.T, stores *app.Stores, device string) (minutes int) {
	t.Helper()
	last := time.Time{}
	err := stores.Samples.Scan(t.Context(), device, time.Unix(0, 0), time.Now(), func(s telemetry.Sample) error {
		if !s.Minute.After(last) {
			t.Errorf("%s: the minute %s is stored twice", device, s.Minute)
		}
		last = s.Minute
		minutes++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return minutes
}

func facts(t *testing.T, stores *app.Stores, code string) (seen, used int) {
	t.Helper()
	station, err := stores.Equipment.StationByID(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	today := ledger.DayOf(time.Now())
	err = stores.Ledger.Scan(t.Context(), []string{station.ID}, today-30, today+1, func(d *ledger.StationDay) error {
		for m := range ledger.Minutes {
			if d.Seen.Has(m) {
				seen++
			}
			if d.Used.Has(m) {
				used++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return seen, used
}

// The real agent on this computer enrols, is killed with -9 and started again. The board sees it come, be lost and come
// back; what it had on disk arrives, and the minutes in which it was dead stay unknown.
func TestAgentKilledAndRestartedGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	h := move(t, settings(t))
	code := read[struct{ Code string }](t, h.post("/api/v1/enrollments", map[string]string{"device": "pc-1"})).Code
	dir := t.TempDir()
	environ := append(os.Environ(), "LABTIDE_AGENT_DATA_FOLDER="+dir)
	enrol := exec.Command(program(t, "agent"), "enroll", "-server", h.url, "-code", code) //nolint:gosec // our own program
	enrol.Env = environ
	if out, err := enrol.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := func() *exec.Cmd {
		cmd := exec.Command(program(t, "agent"), "run") //nolint:gosec // our own program
		cmd.Env, cmd.Stderr = environ, testWriter{t}
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { kill(t, cmd) })
		return cmd
	}
	session := func() (state string, sessions int64) {
		states, err := h.server.Stores().States.States(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range states {
			if s.Device == "pc-1" {
				return s.State, s.Session
			}
		}
		return "", 0
	}
	agent := run()
	h.until("the agent says what it is doing", func() bool { state, _ := session(); return state != "" && state != "lost" })
	_, before := session()
	h.until("its first minute is stored", func() bool { return h.minutes("pc-1") > 0 }, 2*patience)
	kill(t, agent)
	h.until("it is lost", func() bool { state, _ := session(); return state == "lost" })
	h.until("its station is unknown", func() bool { return h.state("PLC-01") == "unknown" })
	agent = run()
	h.until("it is back", func() bool { state, s := session(); return state != "lost" && s > before })
	stored := h.minutes("pc-1")
	h.until("minutes go on", func() bool { return h.minutes("pc-1") > stored }, 3*patience)
	kill(t, agent)
	if conflicts := h.conflicts("pc-1"); conflicts != 0 {
		t.Errorf("%d minutes were told in two ways", conflicts)
	}
}

// minutes counts what the time series holds of a device.
func (h *house) minutes(device string) int {
	h.t.Helper()
	return stored(h.t, h.server.Stores(), device)
}

func (h *house) conflicts(device string) int64 {
	h.t.Helper()
	states, err := h.server.Stores().States.States(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, s := range states {
		if s.Device == device {
			return s.SampleConflicts
		}
	}
	return 0
}
