package usage

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/labtide/labtide/agent/wire"
)

// station drives a machine as an agent does, second by second, with a wall clock and another that never jumps.
type station struct {
	t       *testing.T
	m       *Machine
	wall    time.Time
	mono    time.Duration
	touched time.Duration // mono at the last touch
	blind   bool          // no source answers
	samples []wire.Sample
	changes []State
}

func newStation(t *testing.T, wall string) *station {
	at, err := time.Parse(time.RFC3339, wall)
	if err != nil {
		t.Fatal(err)
	}
	return &station{t: t, m: New(30 * time.Second), wall: at, touched: -time.Hour}
}

func (s *station) observe() {
	o := Observation{At: s.wall, Mono: s.mono}
	if !s.blind {
		o.X11 = ago(s.mono - s.touched)
	}
	changed, samples := s.m.Observe(o)
	s.samples = append(s.samples, samples...)
	if changed {
		s.changes = append(s.changes, s.m.State())
	}
}

// run observes each second for d; when touching, somebody works the whole time.
func (s *station) run(d time.Duration, touching bool) {
	for end := s.mono + d; s.mono < end; {
		s.pass(time.Second)
		if touching {
			s.touched = s.mono
		}
		s.observe()
	}
}

func (s *station) pass(d time.Duration) {
	s.wall = s.wall.Add(d)
	s.mono += d
}

func (s *station) want(want ...wire.Sample) {
	s.t.Helper()
	if len(s.samples) != len(want) {
		s.t.Fatalf("got %d samples %+v, want %d", len(s.samples), s.samples, len(want))
	}
	for i, w := range want {
		g := s.samples[i]
		if g.Minute != w.Minute || g.InUseSeconds != w.InUseSeconds || g.IdleSeconds != w.IdleSeconds || g.Source != w.Source {
			s.t.Errorf("sample %d: got %v %d/%d %s, want %v %d/%d %s", i,
				g.Minute, g.InUseSeconds, g.IdleSeconds, g.Source, w.Minute, w.InUseSeconds, w.IdleSeconds, w.Source)
		}
	}
}

func minuteOf(hhmm string, inUse, idle int) wire.Sample {
	at, err := time.Parse("2006-01-02 15:04", "2026-11-22 "+hhmm)
	if err != nil {
		panic(err)
	}
	source := wire.SourceX11
	if inUse+idle == 0 {
		source = wire.SourceNone
	}
	return wire.Sample{Minute: at, InUseSeconds: inUse, IdleSeconds: idle, Source: source}
}

func TestWorkAndPauseBecomeMinutesAndChanges(t *testing.T) {
	s := newStation(t, "2026-11-22T08:00:00Z")
	s.observe()
	s.run(15*time.Second, false)
	s.run(20*time.Second, true)
	s.run(85*time.Second, false)
	s.want(minuteOf("08:00", 45-1, 15+1), minuteOf("08:01", 4+1, 55))
	var got []wire.Activity
	for _, c := range s.changes {
		got = append(got, c.Activity)
	}
	if len(got) != 3 || got[0] != wire.Idle || got[1] != wire.InUse || got[2] != wire.Idle {
		t.Fatalf("changes %v", got)
	}
	if since := s.changes[1].Since; since != minuteOf("08:00", 0, 0).Minute.Add(16*time.Second) {
		t.Errorf("in use since %v", since)
	}
}

func TestAMinuteThatBeganBeforeTheAgentIsPartlyUnknown(t *testing.T) {
	s := newStation(t, "2026-11-22T08:00:40Z")
	s.observe()
	s.run(80*time.Second, true)
	s.want(minuteOf("08:00", 20-1, 1), minuteOf("08:01", 60, 0))
}

func TestTimeWithoutEvidenceIsNotCounted(t *testing.T) {
	s := newStation(t, "2026-11-22T08:00:00Z")
	s.touched = 0
	s.observe()
	s.run(10*time.Second, true)
	s.blind = true
	s.run(110*time.Second, true)
	s.want(minuteOf("08:00", 11, 0))
	if last := s.changes[len(s.changes)-1]; last.Source != wire.SourceNone {
		t.Errorf("the loss of evidence is not told: %+v", last)
	}
}

func TestASuspendedComputerLeavesUnknownTime(t *testing.T) {
	s := newStation(t, "2026-11-22T08:00:00Z")
	s.touched = 0
	s.observe()
	s.run(30*time.Second, true)
	s.wall = s.wall.Add(10 * time.Minute) // the other clock stands still
	s.observe()
	s.run(30*time.Second, true)
	s.want(minuteOf("08:00", 30, 0), minuteOf("08:10", 29+1, 0))
}

func TestAnAgentThatWasHeldUpDoesNotGuess(t *testing.T) {
	s := newStation(t, "2026-11-22T08:00:00Z")
	s.touched = 0
	s.observe()
	s.run(20*time.Second, true)
	s.pass(20 * time.Second)
	s.observe()
	s.run(20*time.Second, true)
	s.want(minuteOf("08:00", 40, 0))
}

func TestAClockSetForwardSkipsMinutes(t *testing.T) {
	s := newStation(t, "2026-11-22T08:00:00Z")
	s.touched = 0
	s.observe()
	s.run(30*time.Second, true)
	s.wall = s.wall.Add(time.Hour)
	s.run(90*time.Second, true)
	s.want(minuteOf("08:00", 30, 0), minuteOf("09:00", 29, 0), minuteOf("09:01", 60, 0))
}

func TestASmallStepOfTheClockIsNotCountedAsWatched(t *testing.T) {
	s := newStation(t, "2026-11-22T08:00:00Z")
	s.touched = 0
	s.observe()
	s.run(20*time.Second, true)
	s.wall = s.wall.Add(3 * time.Second)
	s.run(40*time.Second, true)
	s.want(minuteOf("08:00", 20+36, 0))
}

func TestAClockSetBackNeverTellsAMinuteTwice(t *testing.T) {
	s := newStation(t, "2026-11-22T08:00:00Z")
	s.touched = 0
	s.observe()
	s.run(2*time.Minute+30*time.Second, true) // 08:00 and 08:01 are told
	s.wall = s.wall.Add(-2 * time.Minute)     // from 08:02:30 to 08:00:30
	s.run(3*time.Minute, true)
	s.want(minuteOf("08:00", 60, 0), minuteOf("08:01", 60, 0), minuteOf("08:02", 30, 0))
	s.run(60*time.Second, true)
	if last := s.samples[len(s.samples)-1]; last.Minute != minuteOf("08:03", 0, 0).Minute {
		t.Errorf("the next new minute is %v", last.Minute)
	}
}

func TestMinutesThatWereNeverToldAreToldAfterAClockWasAhead(t *testing.T) {
	s := newStation(t, "2026-11-22T10:00:00Z")
	s.touched = 0
	s.observe()
	s.run(time.Minute, true)
	s.wall = s.wall.Add(-time.Hour)
	s.run(time.Minute, true)
	s.want(minuteOf("10:00", 60, 0), minuteOf("09:01", 59, 0))
	if s.m.State().Activity != wire.InUse {
		t.Errorf("state %v", s.m.State())
	}
}

func TestAStopAndARestartWithinAMinuteGiveOneSample(t *testing.T) {
	s := newStation(t, "2026-11-22T08:00:00Z")
	s.touched = 0
	s.observe()
	s.run(80*time.Second, true) // 08:00 is told, 08:01 is open with 20 s
	s.m.Stop(s.wall, s.mono)
	if state := s.m.State(); state.Activity != wire.Stopping || !state.Since.Equal(s.wall) {
		t.Errorf("state %v", state)
	}
	kept, err := s.m.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	s.m = New(30 * time.Second)
	if err := s.m.Resume(kept); err != nil {
		t.Fatal(err)
	}
	s.pass(10 * time.Second)
	s.mono = 0 // another process, another start
	s.touched = 0
	s.observe()
	s.run(30*time.Second, true)
	s.want(minuteOf("08:00", 60, 0), minuteOf("08:01", 50, 0))
}

func TestAMinuteThatEndedDuringTheStopIsToldAtTheRestart(t *testing.T) {
	s := newStation(t, "2026-11-22T08:00:00Z")
	s.touched = 0
	s.observe()
	s.run(20*time.Second, true)
	s.samples = append(s.samples, s.m.Stop(s.wall, s.mono)...)
	kept, err := s.m.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	s.m = New(30 * time.Second)
	if err := s.m.Resume(kept); err != nil {
		t.Fatal(err)
	}
	s.pass(time.Hour)
	s.observe()
	s.want(minuteOf("08:00", 20, 0))
	s.wall = s.wall.Add(-time.Hour) // and never again, not even when the clock is set back
	s.observe()
	s.run(2*time.Minute, true)
	for _, later := range s.samples[1:] {
		if later.Minute.Equal(s.samples[0].Minute) {
			t.Errorf("08:00 was told twice: %+v", s.samples)
		}
	}
}

func TestAStopCountsUpToItsInstant(t *testing.T) {
	s := newStation(t, "2026-11-22T08:00:58Z")
	s.touched = 0
	s.observe()
	s.pass(3 * time.Second)
	s.samples = append(s.samples, s.m.Stop(s.wall, s.mono)...)
	s.want(minuteOf("08:00", 2, 0))
}

func TestADamagedSnapshotLeavesANewMachine(t *testing.T) {
	for _, b := range []string{
		``, `{`, `{"open":{"start":"2026-11-22T08:00:30Z"}}`,
		`{"open":{"start":"2026-11-22T08:00:00Z","shares":[{"source":"X!","in_use":60000000000}]}}`,
	} {
		m := New(time.Minute)
		if err := m.Resume([]byte(b)); err == nil {
			t.Errorf("%q was taken", b)
		}
		if !m.open.Start.IsZero() {
			t.Errorf("%q left %+v", b, m.open)
		}
	}
}

func TestFiguresAreMeansOverTheMinute(t *testing.T) {
	s := newStation(t, "2026-11-22T08:00:00Z")
	for i, cpu := range []float64{10, 20, 60} {
		at := s.wall.Add(time.Duration(i) * time.Second)
		memory := 40.126
		s.m.Observe(Observation{At: at, Mono: time.Duration(i) * time.Second, CPUPercent: &cpu, MemoryPercent: &memory, Application: "tia-portal"})
	}
	_, samples := s.m.Observe(Observation{At: s.wall.Add(time.Minute), Mono: time.Minute})
	if len(samples) != 1 {
		t.Fatalf("got %+v", samples)
	}
	got := samples[0]
	if *got.CPUPercent != 30 || *got.MemoryPercent != 40.13 || got.Application != "tia-portal" || got.Seen() || got.Source != wire.SourceNone {
		t.Errorf("got %+v", got)
	}
}

// TestWhateverTheClockDoesEachMinuteIsToldOnceAndHonestly walks at random through work, pauses, blindness, suspends,
// clock jumps and restarts.
func TestWhateverTheClockDoesEachMinuteIsToldOnceAndHonestly(t *testing.T) {
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 7))
		s := newStation(t, "2026-11-22T08:00:00Z")
		watched := time.Duration(0)
		s.observe()
		for range 60 {
			switch random.IntN(8) {
			case 0:
				s.wall = s.wall.Add(time.Duration(random.IntN(600)-300) * time.Second)
			case 1:
				s.pass(time.Duration(random.IntN(200)) * time.Second)
			case 2:
				s.blind = !s.blind
			case 3:
				s.samples = append(s.samples, s.m.Stop(s.wall, s.mono)...)
				kept, err := s.m.Snapshot()
				if err != nil {
					t.Fatal(err)
				}
				s.m = New(30 * time.Second)
				if err := s.m.Resume(kept); err != nil {
					t.Fatal(err)
				}
			default:
				d := time.Duration(random.IntN(90)) * time.Second
				s.run(d, random.IntN(2) == 0)
				watched += d + maxGap
			}
		}
		told, known := map[time.Time]bool{}, 0
		for _, sample := range s.samples {
			if told[sample.Minute] {
				t.Fatalf("seed %d: %v is told twice", seed, sample.Minute)
			}
			told[sample.Minute] = true
			known += sample.InUseSeconds + sample.IdleSeconds
			if code := sample.Fault(sample.Minute, 0); code != "" {
				t.Fatalf("seed %d: %+v is not valid: %s", seed, sample, code)
			}
		}
		if limit := int(watched/time.Second) + 60; known > limit {
			t.Errorf("seed %d: %d s are told, at most %d s were watched", seed, known, limit)
		}
	}
}

func TestAnObservationWithinAMinuteAllocatesNothing(t *testing.T) {
	s := newStation(t, "2026-11-22T08:00:00Z")
	s.observe()
	s.pass(time.Second)
	s.observe()
	if n := testing.AllocsPerRun(20, func() { s.pass(time.Millisecond); s.observe() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
