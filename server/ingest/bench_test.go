package ingest

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/server/e2e/rig"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/influx"
	"github.com/labtide/labtide/server/sqldb"
)

// benchDevices is how many devices send at once, each with window messages unacknowledged by us.
const (
	benchDevices = 100
	benchWindow  = 16
)

// BenchmarkIngest measures messages from the device's PUBLISH to our ack at the device, both real, with the devices in
// a process of their own, so that µs-cpu/message is this process alone: ingest and stores, and the broker where that
// is embedded. Mosquitto and InfluxDB are processes of their own, too.
//
//	go test ./server/ingest -run '^$' -bench Ingest -benchtime 20000x
func BenchmarkIngest(b *testing.B) {
	for _, samples := range []int{1, 60} {
		b.Run(fmt.Sprintf("embedded-sqlite/samples=%d", samples), func(b *testing.B) {
			register, change := sqlite(b)
			samplesDB, err := sqldb.OpenSamples(b.Context(), filepath.Join(b.TempDir(), "samples.db"), slog.New(slog.DiscardHandler))
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = samplesDB.Close() })
			br := embedded(b)
			benchmark(b, br.Addr(), register, samples, func(c *Config, d *Deps) {
				change(c, d)
				c.Dial, d.Samples = br.Dial, samplesDB
			})
		})
		b.Run(fmt.Sprintf("mosquitto-influxdb/samples=%d", samples), func(b *testing.B) {
			register, change := sqlite(b)
			db := rig.Influx2(b)
			store := influx.New(influx.Config{URL: db.URL, Org: db.Org, Token: db.Token, Bucket: "labtide"})
			b.Cleanup(store.Close)
			m := rig.Mosquitto(b, rig.MosquittoOptions{Config: []string{"max_inflight_messages 1000", "max_queued_messages 100000"}})
			benchmark(b, m.Addr, register, samples, func(c *Config, d *Deps) {
				change(c, d)
				c.Broker, d.Samples = "tcp://"+m.Addr, store
			})
		})
	}
}

// sqlite gives a register with the devices, each at a station, and the change that puts it into an Ingest.
func sqlite(b *testing.B) (*sqldb.Equipment, func(*Config, *Deps)) {
	b.Helper()
	db, err := sqldb.Open(b.Context(), sqldb.Config{Driver: sqldb.SQLite, DSN: filepath.Join(b.TempDir(), "labtide.db")}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	return sqldb.NewEquipment(db), func(_ *Config, d *Deps) {
		d.Register, d.Ledger = sqldb.NewEquipment(db), sqldb.NewLedger(db)
		d.States, d.DeadLetters = sqldb.NewStates(db), sqldb.NewDeadLetters(db)
	}
}

func furnish(b *testing.B, e *sqldb.Equipment) {
	b.Helper()
	ctx := b.Context()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	site, err := e.PutSite(ctx, equipment.Site{Code: "MAIN", Name: equipment.Text{En: "Main"}, TimeZone: "UTC"})
	must(err)
	room, err := e.PutRoom(ctx, equipment.Room{SiteID: site.ID, Code: "A-101", Name: equipment.Text{En: "A-101"}})
	must(err)
	kind, err := e.PutKind(ctx, equipment.Kind{Code: "lab-pc", Name: equipment.Text{En: "Lab PC"}})
	must(err)
	for n := range benchDevices {
		station, err := e.PutStation(ctx, equipment.Station{SiteID: site.ID, RoomID: room.ID, KindID: kind.ID, Code: fmt.Sprintf("PC-%d", n)})
		must(err)
		device, err := e.PutDevice(ctx, equipment.Device{ID: fmt.Sprintf("pc-%d", n), CreatedAt: time.Now()})
		must(err)
		_, err = e.InsertPlacement(ctx, equipment.Placement{DeviceID: device.ID, StationID: station.ID, From: day(2020, 1, 1)})
		must(err)
	}
}

func benchmark(b *testing.B, addr string, register *sqldb.Equipment, samples int, change func(*Config, *Deps)) {
	furnish(b, register)
	d, _ := online(b, change)
	devices := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^TestBenchDevices$", "-test.timeout=20m")
	devices.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %d", benchEnv, addr, (b.N+benchDevices-1)/benchDevices, samples))
	before := cpu(b)
	b.ResetTimer()
	out, err := devices.CombinedOutput()
	b.StopTimer()
	if err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	used := cpu(b) - before
	messages := float64((b.N + benchDevices - 1) / benchDevices * benchDevices)
	b.ReportMetric(messages/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric(messages*float64(samples)/b.Elapsed().Seconds(), "samples/s")
	b.ReportMetric(float64(used.Microseconds())/messages, "µs-cpu/message")
	b.ReportMetric(messages*float64(samples)/d.value(b, "labtide_ingest_batches_total"), "samples/batch")
	b.ReportMetric(0, "ns/op")
}

// cpu is the time that this process has used so far.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

const benchEnv = "LABTIDE_BENCH_DEVICES"

// TestBenchDevices is the devices of BenchmarkIngest: it returns when all their messages are acknowledged by the server.
func TestBenchDevices(t *testing.T) {
	if os.Getenv(benchEnv) == "" {
		t.Skip("only run by BenchmarkIngest")
	}
	var addr string
	var messages, samples int
	if _, err := fmt.Sscan(os.Getenv(benchEnv), &addr, &messages, &samples); err != nil {
		t.Fatal(err)
	}
	end := time.Now().Truncate(time.Minute)
	var running sync.WaitGroup
	for n := range benchDevices {
		a := newAgent(t, addr, fmt.Sprintf("pc-%d", n))
		running.Go(func() {
			for sent, heard := 0, 0; heard < messages; {
				if sent < messages && sent-heard < benchWindow {
					start := end.Add(-time.Duration((messages-sent)*samples) * time.Minute)
					a.Publish(wire.Topic(a.id, wire.ChannelUsage), 1, false, minutes(t, "e1", uint64(1+sent*samples), start, samples))
					sent++
					continue
				}
				select {
				case <-a.acks:
					heard++
				case <-time.After(patience):
					t.Errorf("%s: %d of %d acks", a.id, heard, sent)
					return
				}
			}
		})
	}
	running.Wait()
}
