package ledger_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/ledger"
	"github.com/labtide/labtide/server/ledger/ledgertest"
)

// sample is what a device said about a minute.
type sample struct {
	device     string
	minute     time.Time
	seen, used bool
}

// series is a time series store that knows only what the ledger asks for.
type series struct {
	samples []sample
	// reading is called before each reading of a device.
	reading func()
	fails   error
}

func (s *series) evidence(_ context.Context, device string, from, until time.Time, each func(time.Time, bool, bool) error) error {
	if s.reading != nil {
		s.reading()
	}
	for _, x := range s.samples {
		if x.device == device && !x.minute.Before(from) && x.minute.Before(until) {
			if err := each(x.minute, x.seen, x.used); err != nil {
				return err
			}
		}
	}
	return s.fails
}

// ingest stores samples as ingest does: the series first, then the ledger.
func ingest(t *testing.T, s *series, store ledger.Store, places ledger.Placements, batch ...sample) {
	t.Helper()
	s.samples = append(s.samples, batch...)
	c := ledger.NewCollector(places)
	for _, x := range batch {
		c.Add(x.device, x.minute, x.seen, x.used)
	}
	if err := store.Or(t.Context(), c.Days()); err != nil {
		t.Fatal(err)
	}
}

func contents(t *testing.T, store ledger.Store) []ledger.StationDay {
	t.Helper()
	var out []ledger.StationDay
	err := store.Scan(t.Context(), nil, 0, 1<<30, func(d *ledger.StationDay) error {
		out = append(out, *d)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const firstDay ledger.Day = 20600

func minute(day ledger.Day, m int) time.Time {
	return (firstDay + day).Start().Add(time.Duration(m) * time.Minute)
}

func history() []equipment.Placement {
	return []equipment.Placement{
		{DeviceID: "pc-1", StationID: "b", From: minute(2, 600).Add(time.Second)},
		{DeviceID: "pc-1", StationID: "a", From: minute(0, 0), Until: minute(2, 600).Add(time.Second)},
		{DeviceID: "pc-2", StationID: "b", From: minute(0, 0), Until: minute(5, 0)},
		{DeviceID: "pc-2", StationID: "c", From: minute(40, 0)},
		{DeviceID: "plug", StationID: "a", From: minute(0, 0)},
	}
}

func TestAMinuteCountsWhereItsDeviceStood(t *testing.T) {
	places := ledger.NewPlacements(history())
	for _, c := range []struct {
		device  string
		at      time.Time
		station string
	}{
		{"pc-1", minute(0, 0).Add(-1), ""},
		{"pc-1", minute(0, 0), "a"},
		{"pc-1", minute(2, 600), "a"}, // it left within this minute, which counts where it began
		{"pc-1", minute(2, 601), "b"},
		{"pc-1", minute(900, 0), "b"},
		{"pc-2", minute(5, 0), ""},
		{"pc-2", minute(39, 1439), ""},
		{"pc-2", minute(40, 0), "c"},
		{"nobody", minute(1, 0), ""},
	} {
		if station, ok := places.At(c.device, c.at); station != c.station || ok != (c.station != "") {
			t.Errorf("%s stood at %q, %v at %v, want %q", c.device, station, ok, c.at, c.station)
		}
	}
}

func TestTheCollectorMakesFactsOfSamples(t *testing.T) {
	c := ledger.NewCollector(ledger.NewPlacements(history()))
	c.Add("plug", minute(1, 5), true, true)
	c.Add("pc-1", minute(1, 5), true, false) // one device that sees use is enough
	c.Add("pc-1", minute(1, 6), true, false)
	c.Add("pc-1", minute(1, 7), false, false) // knows nothing
	c.Add("pc-1", minute(3, 0), true, true)
	c.Add("pc-2", minute(10, 0), true, true) // stood nowhere
	c.Add("pc-1", minute(0, 1439), true, true)
	var seen, used, one, zero ledger.Bits
	seen.SetRange(5, 7)
	used.Set(5)
	one.Set(1439)
	zero.Set(0)
	want := []ledger.StationDay{
		{Station: "a", Day: firstDay, Seen: one, Used: one},
		{Station: "a", Day: firstDay + 1, Seen: seen, Used: used},
		{Station: "b", Day: firstDay + 3, Seen: zero, Used: zero},
	}
	if got := c.Days(); !slices.Equal(got, want) {
		t.Errorf("facts are\n%v, want\n%v", got, want)
	}
}

// week is forty-five days of samples in random order, some of them twice.
func week(random *rand.Rand) []sample {
	var all []sample
	for n := range 6000 {
		device := []string{"pc-1", "pc-2", "plug"}[n%3]
		x := sample{device, minute(ledger.Day(random.IntN(45)), random.IntN(ledger.Minutes)), random.IntN(9) > 0, random.IntN(3) == 0}
		x.used = x.used && x.seen
		all = append(all, x)
		if random.IntN(10) == 0 {
			all = append(all, x)
		}
	}
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

func rebuilder(store ledger.Store, s *series) ledger.Rebuilder {
	return ledger.Rebuilder{
		Store: store, Evidence: s.evidence,
		Placements: func(context.Context, time.Time, time.Time) ([]equipment.Placement, error) { return history(), nil },
	}
}

func TestTheRebuiltLedgerEqualsTheIncrementalOne(t *testing.T) {
	store, s := ledgertest.NewMemory(), &series{}
	places := ledger.NewPlacements(history())
	for batch := range slices.Chunk(week(rand.New(rand.NewPCG(13, 14))), 97) {
		ingest(t, s, store, places, batch...)
	}
	want := contents(t, store)
	if len(want) < 90 {
		t.Fatalf("only %d station-days", len(want))
	}
	wrong := ledger.StationDay{Station: "z", Day: firstDay + 3}
	wrong.Seen.SetRange(0, 9)
	other := ledger.StationDay{Station: "a", Day: firstDay + 30}
	other.Used.SetRange(0, 1440)
	if err := store.Or(t.Context(), []ledger.StationDay{wrong, other}); err != nil {
		t.Fatal(err)
	}
	rebuilt, err := rebuilder(store, s).Rebuild(t.Context(), firstDay, firstDay+45)
	if err != nil {
		t.Fatal(err)
	}
	if got := contents(t, store); !slices.Equal(got, want) {
		t.Errorf("%d station-days were rebuilt, want %d, and the same", len(got), len(want))
	}
	if rebuilt.Minutes != int64(len(s.samples)) || rebuilt.StationDays != int64(len(want)) {
		t.Errorf("rebuilt %+v of %d samples and %d station-days", rebuilt, len(s.samples), len(want))
	}
}

func TestARebuildLeavesOtherDaysAlone(t *testing.T) {
	store, s := ledgertest.NewMemory(), &series{}
	places := ledger.NewPlacements(history())
	ingest(t, s, store, places, sample{"plug", minute(1, 5), true, true}, sample{"plug", minute(3, 5), true, true})
	want := contents(t, store)
	s.samples = nil
	if _, err := rebuilder(store, s).Rebuild(t.Context(), firstDay+2, firstDay+3); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, store); !slices.Equal(got, want) {
		t.Errorf("a rebuild of day 2 made %v of %v", got, want)
	}
}

func TestFactsWithoutSamplesAreGivenUpByForceOnly(t *testing.T) {
	store, s := ledgertest.NewMemory(), &series{}
	ingest(t, s, store, ledger.NewPlacements(history()), sample{"plug", minute(1, 5), true, true}, sample{"plug", minute(3, 5), true, true})
	want := contents(t, store)
	s.samples = s.samples[1:] // the first day has expired
	r := rebuilder(store, s)
	if _, err := r.Rebuild(t.Context(), firstDay, firstDay+5); fault.CodeOf(err) != "samples_gone" {
		t.Errorf("got %v", err)
	}
	if got := contents(t, store); !slices.Equal(got, want) {
		t.Errorf("a rebuild that was refused left %v of %v", got, want)
	}
	r.Force = true
	if _, err := r.Rebuild(t.Context(), firstDay, firstDay+5); err != nil || len(contents(t, store)) != 1 {
		t.Errorf("by force %v is left, %v", contents(t, store), err)
	}
}

func TestIngestDuringARebuildLosesNothing(t *testing.T) {
	places := ledger.NewPlacements(history())
	all := week(rand.New(rand.NewPCG(15, 16)))
	reference, plain := ledgertest.NewMemory(), &series{}
	ingest(t, plain, reference, places, all...)
	// A batch comes in after each reading of a device: between the readings, before Replace, after it.
	store, s := ledgertest.NewMemory(), &series{}
	rest := slices.Collect(slices.Chunk(all, 400))
	late := func() {
		if len(rest) > 0 {
			batch := rest[0]
			rest = rest[1:]
			ingest(t, s, store, places, batch...)
		}
	}
	s.reading = late
	if _, err := rebuilder(store, s).Rebuild(t.Context(), firstDay, firstDay+45); err != nil {
		t.Fatal(err)
	}
	s.reading = nil
	for len(rest) > 0 {
		late()
	}
	if got, want := contents(t, store), contents(t, reference); !slices.Equal(got, want) {
		t.Errorf("%d station-days, want %d, and the same", len(got), len(want))
	}
}

func TestARebuildSaysWhyItFailed(t *testing.T) {
	broken := errors.New("the store is down")
	s := &series{fails: broken}
	if _, err := rebuilder(ledgertest.NewMemory(), s).Rebuild(t.Context(), firstDay, firstDay+3); !errors.Is(err, broken) {
		t.Errorf("rebuild gives %v", err)
	}
}
