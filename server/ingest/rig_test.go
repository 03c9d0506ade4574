package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/ledger"
	"github.com/labtide/labtide/server/ledger/ledgertest"
	"github.com/labtide/labtide/server/telemetry"
	"github.com/labtide/labtide/server/telemetry/telemetrytest"
)

// school is a register of dev-1 … dev-9, each at station st-1 … st-9 (code S-1 …) since 1990. dev-8 is disabled and
// dev-9 stands nowhere.
type school struct {
	mu         sync.Mutex
	devices    map[string]equipment.Device
	placements []equipment.Placement
}

func newSchool() *school {
	s := &school{devices: map[string]equipment.Device{}}
	for n := 1; n <= 9; n++ {
		id := fmt.Sprintf("dev-%d", n)
		s.devices[id] = equipment.Device{ID: id}
		if n < 9 {
			s.placements = append(s.placements, equipment.Placement{DeviceID: id, StationID: fmt.Sprintf("st-%d", n), From: day(1990, 1, 1)})
		}
	}
	s.devices["dev-8"] = equipment.Device{ID: "dev-8", DisabledAt: day(1999, 1, 1)}
	return s
}

func day(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }

func (s *school) Sites(context.Context) ([]equipment.Site, error) {
	return []equipment.Site{{ID: "site", Code: "MAIN"}}, nil
}

func (s *school) Rooms(context.Context) ([]equipment.Room, error) {
	return []equipment.Room{{ID: "room", Code: "A-101"}}, nil
}

func (s *school) Kinds(context.Context) ([]equipment.Kind, error) {
	return []equipment.Kind{{ID: "kind", Code: "plc-bench"}}, nil
}

func (s *school) Stations(context.Context, equipment.StationFilter) ([]equipment.Station, error) {
	var out []equipment.Station
	for n := 1; n <= 9; n++ {
		out = append(out, equipment.Station{ID: fmt.Sprintf("st-%d", n), Code: fmt.Sprintf("S-%d", n), SiteID: "site", RoomID: "room", KindID: "kind"})
	}
	return out, nil
}

func (s *school) Devices(context.Context) ([]equipment.Device, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []equipment.Device
	for _, d := range s.devices {
		out = append(out, d)
	}
	return out, nil
}

func (s *school) DeviceByID(_ context.Context, id string) (equipment.Device, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d, ok := s.devices[id]; ok {
		return d, nil
	}
	return equipment.Device{}, fault.NotFound("device_unknown", "no such device")
}

func (s *school) Placements(_ context.Context, from, until time.Time) ([]equipment.Placement, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []equipment.Placement
	for _, p := range s.placements {
		if p.From.Before(until) && (p.Until.IsZero() || p.Until.After(from)) {
			out = append(out, p)
		}
	}
	return out, nil
}

// letters are dead letters in memory.
type letters struct {
	mu   sync.Mutex
	all  []telemetry.DeadLetter
	down error
}

func (l *letters) PutDeadLetters(_ context.Context, more []telemetry.DeadLetter) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down != nil {
		return l.down
	}
	l.all = append(l.all, more...)
	return nil
}

func (l *letters) codes() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for _, d := range l.all {
		out = append(out, d.Device+" "+d.Code)
	}
	return out
}

// brokenLedger fails when it is told to.
type brokenLedger struct {
	*ledgertest.Memory
	mu   sync.Mutex
	down error
}

func (b *brokenLedger) Or(ctx context.Context, days []ledger.StationDay) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down != nil {
		return b.down
	}
	return b.Memory.Or(ctx, days)
}

func (b *brokenLedger) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = err
}

// errAway is what a store that is stopped says.
var errAway = fault.Unavailable("telemetry", errors.New("connection refused"))

// desk is an Ingest with everything in memory.
type desk struct {
	*Ingest
	samples *telemetrytest.Memory
	ledger  *brokenLedger
	states  *telemetrytest.MemoryStates
	letters *letters
	school  *school
	metrics *prometheus.Registry

	mu      sync.Mutex
	touched []string
}

func newDesk(t testing.TB, change ...func(*Config, *Deps)) *desk {
	t.Helper()
	d := &desk{
		samples: telemetrytest.NewMemory(), ledger: &brokenLedger{Memory: ledgertest.NewMemory()},
		states: telemetrytest.NewMemoryStates(), letters: &letters{}, school: newSchool(), metrics: prometheus.NewRegistry(),
	}
	config := Config{Username: "labtide-server", Retention: 400 * 24 * time.Hour}
	deps := Deps{
		Samples: d.samples, Ledger: d.ledger, States: d.states, DeadLetters: d.letters, Register: d.school,
		Metrics: d.metrics, Log: slog.New(slog.DiscardHandler),
		Touch: func(stations ...string) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.touched = append(d.touched, stations...)
		},
	}
	for _, c := range change {
		c(&config, &deps)
	}
	i, err := New(config, deps)
	if err != nil {
		t.Fatal(err)
	}
	d.Ingest = i
	return d
}

// takeTouched gives the stations that the board was told about, and forgets them.
func (d *desk) takeTouched() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	touched := d.touched
	d.touched = nil
	return touched
}

// value gives a counter or gauge by name, summed over its labels.
func (d *desk) value(t testing.TB, name string) float64 {
	t.Helper()
	families, err := d.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return sum
}

// seen gives the minutes of a station's day that are in the ledger.
func (d *desk) seen(t testing.TB, station string, at time.Time) (seen, used int) {
	t.Helper()
	of := ledger.DayOf(at)
	err := d.ledger.Scan(t.Context(), []string{station}, of, of+1, func(s *ledger.StationDay) error {
		for m := range ledger.Minutes {
			if s.Seen.Has(m) {
				seen++
			}
			if s.Used.Has(m) {
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

// stored gives how many minutes of a device are in the time series.
func (d *desk) stored(t testing.TB, device string) int {
	t.Helper()
	n := 0
	err := d.samples.Scan(t.Context(), device, day(1990, 1, 1), day(2200, 1, 1), func(telemetry.Sample) error { n++; return nil })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// offline runs everything but the link to the broker, until the test is over; for synctest. What would be published is
// given to acks, and deliver stands in for the broker.
type offline struct {
	*desk
	t     *testing.T
	ctx   context.Context
	acks  chan wire.Ack
	freed chan string // names of deliveries that were acknowledged to the broker
	stop  func()
}

func goOffline(t *testing.T, change ...func(*Config, *Deps)) *offline {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	o := &offline{desk: newDesk(t, change...), t: t, ctx: ctx, acks: make(chan wire.Ack, 10_000), freed: make(chan string, 10_000)}
	o.link.use(sink{acks: o.acks})
	batches := make(chan *batch)
	var running sync.WaitGroup
	running.Go(func() { o.gather(ctx, batches) })
	running.Go(func() { o.store(ctx, batches) })
	running.Go(func() { o.keepStates(ctx) })
	running.Go(func() { o.link.send(ctx) })
	o.stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	t.Cleanup(o.stop)
	return o
}

// sink is a paho client that only publishes.
type sink struct {
	mqtt.Client
	acks chan<- wire.Ack
}

func (s sink) Publish(_ string, _ byte, _ bool, payload any) mqtt.Token {
	a, err := wire.DecodeAck(payload.([]byte))
	if err != nil {
		panic(err)
	}
	s.acks <- a
	return &mqtt.DummyToken{}
}

// deliver hands a message in, as paho would.
func (o *offline) deliver(name, topic string, payload []byte) {
	o.receive(o.ctx, delivery{topic: topic, payload: payload, at: time.Now(), done: func() { o.freed <- name }})
}

// minutes is a usage payload of n minutes in use, ending before now.
func minutes(t testing.TB, epoch string, firstSeq uint64, start time.Time, n int) []byte {
	t.Helper()
	u := wire.Usage{Epoch: epoch, FirstSeq: firstSeq}
	for k := range n {
		u.Samples = append(u.Samples, wire.Sample{Minute: start.Add(time.Duration(k) * time.Minute), InUseSeconds: 60, Source: wire.SourceX11})
	}
	payload, err := wire.EncodeUsage(u)
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// pickyStore rejects the fifth sample of a batch.
type pickyStore struct{ telemetry.Store }

func (p pickyStore) Write(ctx context.Context, batch []telemetry.Sample) ([]telemetry.Rejected, error) {
	if _, err := p.Store.Write(ctx, append(batch[:4:4], batch[5:]...)); err != nil {
		return nil, err
	}
	return []telemetry.Rejected{{Index: 4, Reason: "on purpose"}}, nil
}
