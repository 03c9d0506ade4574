package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/agent/wire"
)

// InfluxDB is stopped for a minute. Nothing is acknowledged, /readyz says why, and when it is back everything arrives,
// without a restart of anything.
func TestInfluxDBIsStoppedForAMinuteAndNothingIsLost(t *testing.T) {
	t.Parallel()
	cfg := settings(t)
	database := influx2(t, &cfg)
	h := move(t, cfg)
	start := yesterday()
	m := plug(t, t.TempDir(), h.enrol("pc-1"), wire.InUse)
	m.saw(start, 60, 60)
	m.delivered()

	database.Stop()
	stopped := time.Now()
	m.saw(start.Add(60*time.Minute), 300, 60)
	var why answer
	h.until("readyz says no", func() bool {
		why = h.get("/readyz")
		return why.status == http.StatusServiceUnavailable
	})
	if !strings.Contains(string(why.body), "telemetry") {
		t.Errorf("readyz does not say what is missing: %s", why.body)
	}
	if a := h.get("/healthz"); a.status != http.StatusOK {
		t.Errorf("the server itself is well, but healthz says %d", a.status)
	}
	<-time.After(time.Minute - time.Since(stopped))
	if pending := m.box.Stats().Pending; pending != 300 {
		t.Errorf("%d of 300 minutes are still with the agent: some were acknowledged without being stored", pending)
	}

	database.Start()
	m.delivered()
	if got := h.labels("PLC-01", start, start.Add(6*time.Hour)); got["walk_in"] != 360 {
		t.Errorf("labels %v, want 360 minutes of walk_in", got)
	}
	h.until("readyz says yes", func() bool { return h.get("/readyz").status == http.StatusOK })
}
