package influx

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	influxdb2 "github.com/influxdata/influxdb-client-go/v2"

	"github.com/labtide/labtide/server/e2e/rig"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/telemetry"
	"github.com/labtide/labtide/server/telemetry/telemetrytest"
)

// backend is one real InfluxDB and how to reach a bucket of its.
type backend struct {
	server *rig.InfluxServer
	config Config
	made   atomic.Int64
}

// store makes a store on a bucket of its own, which the store has to make.
func (b *backend) store(t testing.TB, change ...func(*Config)) *Store {
	t.Helper()
	config := b.config
	config.Bucket = fmt.Sprintf("labtide-%d", b.made.Add(1))
	for _, c := range change {
		c(&config)
	}
	s := New(config)
	t.Cleanup(s.Close)
	return s
}

func influx1(t testing.TB) *backend {
	server := rig.Influx1(t)
	return &backend{server: server, config: Config{URL: server.URL, RetentionPolicy: "minutes"}}
}

func influx2(t testing.TB) *backend {
	server := rig.Influx2(t)
	return &backend{server: server, config: Config{URL: server.URL, Org: server.Org, Token: server.Token}}
}

func TestInflux1(t *testing.T) { contract(t, influx1(t)) }

func TestInflux2(t *testing.T) { contract(t, influx2(t)) }

// contract is what we ask of both versions beyond the suite that all stores run.
func contract(t *testing.T, b *backend) {
	t.Run("the conformance suite", func(t *testing.T) {
		telemetrytest.RunStore(t, func(t *testing.T) telemetry.Store { return b.store(t) })
	})
	t.Run("a bad sample never blocks the good ones", func(t *testing.T) { badSampleBlocksNothing(t, b) })
	t.Run("samples beyond the retention are rejected, the others stored", func(t *testing.T) { beyondRetention(t, b) })
	t.Run("a batch may be larger than one request", func(t *testing.T) { largeBatch(t, b) })
	t.Run("a minute written again with corrected tags is one minute", func(t *testing.T) { correctedTags(t, b) })
	t.Run("hostile names are data", func(t *testing.T) { hostileNames(t, b) })
	t.Run("a field written with another type by somebody else is rejected", func(t *testing.T) { foreignType(t, b) })
	t.Run("a second store finds the bucket of the first", func(t *testing.T) { secondStore(t, b) })
	t.Run("an outage is unavailable and ends by itself", func(t *testing.T) { outage(t, b) })
}

var start = time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)

func sampleAt(device string, minutes int) telemetry.Sample {
	cpu := float64(minutes % 100)
	return telemetry.Sample{
		Device: device, Minute: start.Add(time.Duration(minutes) * time.Minute), InUseSeconds: 40, IdleSeconds: 20, Source: "x11",
		CPUPercent: &cpu, Application: "tia-portal", Metrics: map[string]float64{"spindle_rpm": 1200},
		Tags: telemetry.Tags{Site: "SZ", Room: "A1", Station: "PLC-01", Kind: "plc-bench"},
	}
}

func put(t *testing.T, s *Store, batch ...telemetry.Sample) []telemetry.Rejected {
	t.Helper()
	rejected, err := s.Write(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	return rejected
}

func coverage(t *testing.T, s *Store, device string) int64 {
	t.Helper()
	n, err := s.Coverage(t.Context(), device, start.Add(-48*time.Hour), start.Add(30*24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func badSampleBlocksNothing(t *testing.T, b *backend) {
	s := b.store(t)
	batch := []telemetry.Sample{sampleAt("pc", 0), sampleAt("pc", 1), sampleAt("pc", 2)}
	batch[1].Tags.Room = "ends in a backslash\\"
	if rejected := put(t, s, batch...); len(rejected) != 1 || rejected[0].Index != 1 {
		t.Errorf("rejected %+v, want the second alone", rejected)
	}
	if n := coverage(t, s, "pc"); n != 2 {
		t.Errorf("%d minutes are stored, want 2", n)
	}
}

func beyondRetention(t *testing.T, b *backend) {
	s := b.store(t, func(c *Config) { c.Retention = 30 * 24 * time.Hour })
	now := time.Now().UTC().Truncate(time.Minute)
	var batch []telemetry.Sample
	for i := range 20 {
		sample := sampleAt("pc", i)
		sample.Minute = now.Add(-time.Duration(i) * time.Minute)
		if i == 3 || i == 17 {
			sample.Minute = sample.Minute.Add(-365 * 24 * time.Hour)
		}
		batch = append(batch, sample)
	}
	rejected := put(t, s, batch...)
	if len(rejected) != 2 || rejected[0].Index != 3 || rejected[1].Index != 17 {
		t.Errorf("rejected %+v, want 3 and 17", rejected)
	}
	n, err := s.Coverage(t.Context(), "pc", now.Add(-time.Hour), now.Add(time.Minute))
	if err != nil || n != 18 {
		t.Errorf("%d minutes are stored (%v), want 18", n, err)
	}
}

func largeBatch(t *testing.T, b *backend) {
	s := b.store(t)
	batch := make([]telemetry.Sample, maxLines+7)
	for i := range batch {
		batch[i] = sampleAt("pc", i)
	}
	if rejected := put(t, s, batch...); len(rejected) != 0 {
		t.Fatalf("rejected %d, first %+v", len(rejected), rejected[0])
	}
	if n := coverage(t, s, "pc"); n != int64(len(batch)) {
		t.Errorf("%d minutes are stored, want %d", n, len(batch))
	}
}

func correctedTags(t *testing.T, b *backend) {
	s := b.store(t)
	before, after := sampleAt("pc", 0), sampleAt("pc", 0)
	after.Tags.Station, after.InUseSeconds = "PLC-02", 10
	put(t, s, before, sampleAt("pc", 1))
	put(t, s, after)
	if n := coverage(t, s, "pc"); n != 2 {
		t.Errorf("coverage %d, want 2", n)
	}
	points, err := s.Series(t.Context(), telemetry.Query{
		Device: "pc", Metric: telemetry.MetricInUseSeconds, From: start, Until: start.Add(time.Hour), Step: time.Hour,
	})
	want := telemetry.Point{At: start, Min: 10, Mean: 25, Max: 40, Count: 2}
	if err != nil || len(points) != 1 || points[0] != want {
		t.Errorf("series %+v (%v), want %+v", points, err, want)
	}
	var scanned []telemetry.Sample
	err = s.Scan(t.Context(), "pc", start, start.Add(time.Minute), func(sample telemetry.Sample) error {
		scanned = append(scanned, sample)
		return nil
	})
	if err != nil || len(scanned) != 1 || scanned[0].Tags.Station != "PLC-02" || scanned[0].InUseSeconds != 10 {
		t.Errorf("scanned %+v (%v), want the later one", scanned, err)
	}
}

func hostileNames(t *testing.T, b *backend) {
	s := b.store(t)
	for _, device := range []string{`a" or true) //`, "${1+1}", `back\slash`, "comma,space =", "实训台", "a'b"} {
		put(t, s, sampleAt(device, 5))
		if n := coverage(t, s, device); n != 1 {
			t.Errorf("device %q: %d minutes, want 1", device, n)
		}
		last, ok, err := s.Last(t.Context(), device)
		if err != nil || !ok || last.Device != device || last.Metrics["spindle_rpm"] != 1200 {
			t.Errorf("device %q: last %+v %v %v", device, last, ok, err)
		}
	}
	if n := coverage(t, s, "a"); n != 0 {
		t.Errorf("a name that is part of others sees %d minutes, want 0", n)
	}
	if points, err := s.Series(t.Context(), telemetry.Query{
		Device: "a'b", Metric: `x" or true) //`, From: start, Until: start.Add(time.Hour), Step: time.Hour,
	}); err != nil || len(points) != 0 {
		t.Errorf("a hostile metric gives %+v (%v), want nothing", points, err)
	}
}

func foreignType(t *testing.T, b *backend) {
	s := b.store(t)
	if err := s.Ping(t.Context()); err != nil { // makes the bucket
		t.Fatal(err)
	}
	client := influxdb2.NewClient(b.config.URL, b.config.credentials())
	defer client.Close()
	line := fmt.Sprintf("sample,device=x metric_odd=1i %d", start.UnixNano())
	if err := client.WriteAPIBlocking(b.config.Org, s.config.bucket()).WriteRecord(t.Context(), line); err != nil {
		t.Fatal(err)
	}
	batch := make([]telemetry.Sample, 9)
	for i := range batch {
		batch[i] = sampleAt("pc", i)
	}
	batch[6].Metrics = map[string]float64{"odd": 1}
	rejected := put(t, s, batch...)
	if len(rejected) != 1 || rejected[0].Index != 6 || !strings.Contains(rejected[0].Reason, "type") {
		t.Errorf("rejected %+v, want number 6 for its type", rejected)
	}
	if n := coverage(t, s, "pc"); n != 8 {
		t.Errorf("%d minutes are stored, want 8", n)
	}
}

func secondStore(t *testing.T, b *backend) {
	first := b.store(t)
	put(t, first, sampleAt("pc", 0))
	second := New(first.config)
	defer second.Close()
	if n := coverage(t, second, "pc"); n != 1 {
		t.Errorf("the second store sees %d minutes, want 1", n)
	}
}

func outage(t *testing.T, b *backend) {
	s := b.store(t)
	put(t, s, sampleAt("pc", 0))
	b.server.Stop()
	if _, err := s.Write(t.Context(), []telemetry.Sample{sampleAt("pc", 1)}); fault.KindOf(err) != fault.KindUnavailable {
		t.Errorf("write: %v, want unavailable", err)
	}
	if err := s.Ping(t.Context()); fault.KindOf(err) != fault.KindUnavailable {
		t.Errorf("ping: %v, want unavailable", err)
	}
	if _, _, err := s.Last(t.Context(), "pc"); fault.KindOf(err) != fault.KindUnavailable {
		t.Errorf("last: %v, want unavailable", err)
	}
	b.server.Start()
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("ping after the outage: %v", err)
	}
	put(t, s, sampleAt("pc", 1))
	if n := coverage(t, s, "pc"); n != 2 {
		t.Errorf("%d minutes are stored, want 2", n)
	}
}

func TestQueriesAtOnceDoNotMeet(t *testing.T) {
	b := influx2(t)
	s := b.store(t)
	put(t, s, sampleAt("pc", 0))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, ok, err := s.Last(t.Context(), "pc"); !ok || err != nil {
				t.Errorf("last: %v %v", ok, err)
			}
		})
	}
	all.Wait()
}

func TestAWrongTokenIsNamedAndLosesNothing(t *testing.T) {
	b := influx2(t)
	s := b.store(t, func(c *Config) { c.Token = "wrong" })
	_, err := s.Write(t.Context(), []telemetry.Sample{sampleAt("pc", 0)})
	if fault.KindOf(err) != fault.KindUnavailable || !strings.Contains(err.Error(), "credentials") {
		t.Errorf("got %v, want unavailable for the credentials", err)
	}
}

func TestADeletedBucketIsMadeAgain(t *testing.T) {
	b := influx2(t)
	s := b.store(t)
	put(t, s, sampleAt("pc", 0))
	bucket, err := s.client.BucketsAPI().FindBucketByName(t.Context(), s.config.Bucket)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.client.BucketsAPI().DeleteBucket(t.Context(), bucket); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write(t.Context(), []telemetry.Sample{sampleAt("pc", 1)}); fault.KindOf(err) != fault.KindUnavailable {
		t.Errorf("first write: %v, want unavailable", err)
	}
	put(t, s, sampleAt("pc", 1))
}

func TestTheRetentionIsThatOfTheConfiguration(t *testing.T) {
	retention := 400 * 24 * time.Hour
	t.Run("2.x", func(t *testing.T) {
		s := influx2(t).store(t, func(c *Config) { c.Retention = retention })
		if err := s.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		bucket, err := s.client.BucketsAPI().FindBucketByName(t.Context(), s.config.Bucket)
		if err != nil || len(bucket.RetentionRules) != 1 || bucket.RetentionRules[0].EverySeconds != int64(retention.Seconds()) {
			t.Errorf("got %+v (%v), want one rule of %v", bucket, err, retention)
		}
	})
	t.Run("1.8", func(t *testing.T) {
		s := influx1(t).store(t, func(c *Config) { c.Retention = retention })
		if err := s.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		names, err := s.influxQL(t.Context(), "SHOW RETENTION POLICIES ON "+quoteInfluxQL(s.config.Bucket))
		if err != nil || len(names) != 1 || names[0] != "minutes" {
			t.Errorf("policies %v (%v), want minutes alone", names, err)
		}
		again := New(s.config)
		defer again.Close()
		again.config.RetentionPolicy = "other"
		if err := again.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		if names, err := s.influxQL(t.Context(), "SHOW RETENTION POLICIES ON "+quoteInfluxQL(s.config.Bucket)); err != nil || len(names) != 2 {
			t.Errorf("policies %v (%v), want the second one, too", names, err)
		}
	})
}

func statusOnly(code int, header http.Header) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for name := range header {
			w.Header().Set(name, header.Get(name))
		}
		w.WriteHeader(code)
	}
}
