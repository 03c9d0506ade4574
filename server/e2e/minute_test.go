package e2e

import (
	"testing"
	"time"

	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/server/config"
	"github.com/labtide/labtide/server/e2e/rig"
)

// A minute of a device goes through outbox, broker, ingest and both stores, and comes out as a label and a figure: on
// everything embedded, and on PostgreSQL with each InfluxDB.
func TestADevicesMinuteReachesItsLabel(t *testing.T) {
	for name, change := range map[string]func(*testing.T, *config.Config){
		"embedded": func(*testing.T, *config.Config) {},
		"PostgreSQL and InfluxDB 2": func(t *testing.T, cfg *config.Config) {
			cfg.Database.Driver, cfg.Database.DSN = config.DriverPostgres, rig.Postgres(t)
			influx2(t, cfg)
		},
		"InfluxDB 1.8": func(t *testing.T, cfg *config.Config) {
			cfg.Telemetry.Store, cfg.Telemetry.InfluxDB.URL = config.StoreInfluxDB, rig.Influx1(t).URL
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := settings(t)
			change(t, &cfg)
			h := move(t, cfg)
			start := yesterday()
			h.remember("PLC-01", "li", start, start.Add(30*time.Minute))
			m := plug(t, t.TempDir(), h.enrol("pc-1"), wire.Idle)
			m.saw(start.Add(-10*time.Minute), 10, 60) // somebody is early: a walk-in
			m.saw(start, 12, 45)                      // then they work on their booking
			m.saw(start.Add(12*time.Minute), 8, 0)    // go away, and after 8 minutes the computer is switched off
			m.delivered()
			got := h.labels("PLC-01", start.Add(-10*time.Minute), start.Add(40*time.Minute))
			want := map[string]int{"walk_in": 10, "booked_used": 12, "booked_idle": 8, "unknown": 20}
			for label, minutes := range want {
				if got[label] != minutes {
					t.Errorf("%s: %d minutes, want %d (all: %v)", label, got[label], minutes, got)
				}
			}
			h.figures(start, 22)
			h.series(start, 30)
		})
	}
}

// influx2 starts an InfluxDB 2 and makes it the time series store.
func influx2(t *testing.T, cfg *config.Config) *rig.InfluxServer {
	server := rig.Influx2(t)
	cfg.Telemetry.Store = config.StoreInfluxDB
	cfg.Telemetry.InfluxDB.URL, cfg.Telemetry.InfluxDB.Org, cfg.Telemetry.InfluxDB.Token = server.URL, server.Org, server.Token
	return server
}

// figures holds the report of the day to the minutes that were used.
func (h *house) figures(day time.Time, used int) {
	h.t.Helper()
	local := day.Add(8 * time.Hour)
	report := read[struct {
		Total struct {
			Minutes map[string]int
		}
	}](h.t, h.get("/api/v1/reports/utilization?group_by=room&from="+local.Format(time.DateOnly)+"&to="+local.AddDate(0, 0, 1).Format(time.DateOnly)))
	if got := report.Total.Minutes["booked_used"] + report.Total.Minutes["walk_in"]; got != used {
		h.t.Errorf("the report counts %d used minutes, want %d", got, used)
	}
}

// series holds the time series of the hour to the number of samples in it.
func (h *house) series(from time.Time, samples int) {
	h.t.Helper()
	series := read[struct{ Points [][]float64 }](h.t, h.get("/api/v1/stations/PLC-01/series?metric=in_use_seconds&step=300&from="+
		from.Add(-10*time.Minute).Format(time.RFC3339)+"&to="+from.Add(50*time.Minute).Format(time.RFC3339)))
	count := 0
	for _, p := range series.Points {
		count += int(p[4])
	}
	if count != samples {
		h.t.Errorf("the series holds %d samples, want %d", count, samples)
	}
}
