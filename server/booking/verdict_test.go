package booking_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
)

// lab is a service with a clock, a witness and a tender.
type lab struct {
	clock
	*booking.Service
	t       *testing.T
	store   *bookingtest.Memory
	witness *bookingtest.Witness
	tender  *booking.Tender
}

func newLab(t *testing.T, rules ...booking.PolicyRule) *lab {
	t.Helper()
	l := &lab{t: t, witness: &bookingtest.Witness{}}
	s := bookingtest.NewSchool()
	s.Policies = rules
	l.Service, l.store = l.open(s)
	l.tender = booking.NewTender(l.Service, l.witness)
	return l
}

// at moves the clock and looks at everything that is due, as often as something is.
func (l *lab) at(now time.Time) {
	l.t.Helper()
	l.now = now
	for range 10 {
		n, err := l.tender.Tend(l.t.Context())
		if err != nil {
			l.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
	l.t.Fatalf("at %v there is always something due", now)
}

func (l *lab) book(station int, from, until time.Time) booking.Booking {
	l.t.Helper()
	return reserve(l.t, l.Service, station, booking.Request{StationID: bookingtest.StationID(station), StartsAt: from, EndsAt: until})
}

func (l *lab) get(b booking.Booking) booking.Booking {
	l.t.Helper()
	now, err := l.ByID(l.t.Context(), b.ID)
	if err != nil {
		l.t.Fatal(err)
	}
	return now
}

// strike gives the state of a booking's strike; empty: none.
func (l *lab) strike(b booking.Booking) booking.StrikeState {
	l.t.Helper()
	found, err := l.Strikes(l.t.Context(), bookingtest.Instructor(), booking.StrikeFilter{BookingID: b.ID})
	if err != nil || len(found) > 1 {
		l.t.Fatalf("%v, %v", found, err)
	}
	if len(found) == 0 {
		return ""
	}
	return found[0].State
}

// The grace is a quarter of an hour; a booking is from 10:15 to 12:00 unless said otherwise.
func TestCase12TheVerdictIsWhatTheMinutesOfTheGraceSay(t *testing.T) {
	start, end := at(0, 10, 15), at(0, 12, 0)
	for _, c := range []struct {
		name    string
		from    time.Time
		until   time.Time
		saw     func(w *bookingtest.Witness)
		verdict booking.Verdict
	}{
		{"somebody works from the start", start, end, func(w *bookingtest.Witness) { w.Saw(0, start, 17, true) }, booking.VerdictArrived},
		{"somebody comes after ten minutes", start, end, func(w *bookingtest.Witness) {
			w.Saw(0, start, 10, false)
			w.Saw(0, start.Add(10*time.Minute), 7, true)
		}, booking.VerdictArrived},
		{"a minute of use is enough, whatever else is not known", start, end, func(w *bookingtest.Witness) {
			w.Saw(0, start.Add(9*time.Minute), 1, true)
		}, booking.VerdictArrived},
		{"nobody comes", start, end, func(w *bookingtest.Witness) { w.Saw(0, start, 20, false) }, booking.VerdictAbsent},
		{"nothing is known", start, end, func(*bookingtest.Witness) {}, booking.VerdictUnknown},
		{"one minute is not known", start, end, func(w *bookingtest.Witness) {
			w.Saw(0, start, 7, false)
			w.Saw(0, start.Add(8*time.Minute), 12, false)
		}, booking.VerdictUnknown},
		{"the minute after the grace is not known", start, end, func(w *bookingtest.Witness) { w.Saw(0, start, 15, false) }, booking.VerdictUnknown},
		// Whoever comes at 10:29:59 is seen for one second of that minute, and for the whole of the next one.
		{"arrival in the last second of the grace", start, end, func(w *bookingtest.Witness) {
			w.Saw(0, start, 15, false)
			w.Saw(0, start.Add(15*time.Minute), 5, true)
		}, booking.VerdictArrived},
		{"arrival a minute after the grace", start, end, func(w *bookingtest.Witness) {
			w.Saw(0, start, 16, false)
			w.Saw(0, start.Add(16*time.Minute), 5, true)
		}, booking.VerdictAbsent},
		{"the one before used the station until the start", start, end, func(w *bookingtest.Witness) {
			w.Saw(0, start.Add(-10*time.Minute), 10, true)
			w.Saw(0, start, 20, false)
		}, booking.VerdictAbsent},
		{"the station was down for a part of the grace", start, end, func(w *bookingtest.Witness) {
			w.Saw(0, start, 20, false)
			w.Down(0, start.Add(10*time.Minute), start.Add(11*time.Minute))
		}, booking.VerdictUnknown},
		{"the station was down until the start", start, end, func(w *bookingtest.Witness) {
			w.Saw(0, start, 20, false)
			w.Down(0, start.Add(-time.Hour), start)
		}, booking.VerdictAbsent},
		{"somebody worked though the station was said to be down", start, end, func(w *bookingtest.Witness) {
			w.Saw(0, start, 20, true)
			w.Down(0, start, start.Add(time.Hour))
		}, booking.VerdictArrived},
		{"a booking as short as the grace, and the next one's use right behind it", start, at(0, 10, 30), func(w *bookingtest.Witness) {
			w.Saw(0, start, 15, false)
			w.Saw(0, at(0, 10, 30), 10, true)
		}, booking.VerdictAbsent},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t)
			b := l.book(0, c.from, c.until)
			c.saw(l.witness)
			l.at(start.Add(18 * time.Minute))
			if got := l.get(b); got.Verdict != c.verdict {
				t.Errorf("%q, want %q: %+v", got.Verdict, c.verdict, got.Evidence)
			}
		})
	}
}

func TestCase12ABookingMadeAfterItsStartHasItsGraceFromThen(t *testing.T) {
	l := newLab(t)
	b := l.book(0, at(0, 10, 7), at(0, 12, 0)) // it is 10:07:20
	l.witness.Saw(0, at(0, 10, 7), 15, false)
	l.witness.Saw(0, at(0, 10, 22), 5, true) // the grace ends at 10:22:20
	l.at(at(0, 10, 26))
	if got := l.get(b); got.Verdict != booking.VerdictArrived {
		t.Errorf("came in time: %q, %+v", got.Verdict, got.Evidence)
	}
	l = newLab(t)
	b = l.book(0, at(0, 10, 7), at(0, 12, 0))
	l.witness.Saw(0, at(0, 10, 7), 17, false)
	l.at(at(0, 10, 23)) // the default grace, counted from the start, would be over
	if got := l.get(b); got.Verdict != "" {
		t.Errorf("judged before its grace was over: %q", got.Verdict)
	}
	l.at(at(0, 10, 26))
	if got := l.get(b); got.Verdict != booking.VerdictAbsent {
		t.Errorf("did not come: %q, %+v", got.Verdict, got.Evidence)
	}
}

func TestCase12ABookingShorterThanTheGraceIsJudgedAtItsEnd(t *testing.T) {
	l := newLab(t, booking.PolicyRule{Scope: booking.ScopeSchool, GraceMinutes: new(60)})
	b := l.book(0, at(0, 10, 15), at(0, 10, 30))
	l.witness.Saw(0, at(0, 10, 15), 15, false)
	l.at(at(0, 10, 33))
	got := l.get(b)
	if got.Verdict != booking.VerdictAbsent || got.Evidence.GraceMinutes != 15 || got.Status != booking.StatusConfirmed || !got.EndsAt.Equal(b.EndsAt) {
		t.Errorf("%+v", got)
	}
	if l.strike(b) != booking.StrikeStanding {
		t.Error("no strike")
	}
}

func TestCase12OnlyTheAbsentLoseTheRestAndGetAStrike(t *testing.T) {
	l := newLab(t)
	start := at(0, 10, 15)
	came, absent, unknown := l.book(0, start, at(0, 12, 0)), l.book(1, start, at(0, 12, 0)), l.book(2, start, at(0, 12, 0))
	l.witness.Saw(0, start, 20, true)
	l.witness.Saw(1, start, 20, false)
	l.at(start.Add(18*time.Minute + 20*time.Second))
	for _, b := range []booking.Booking{came, unknown} {
		if got := l.get(b); got.Status != booking.StatusConfirmed || !got.EndsAt.Equal(b.EndsAt) || l.strike(b) != "" {
			t.Errorf("%q lost something: %+v", got.Verdict, got)
		}
	}
	got := l.get(absent)
	if got.Status != booking.StatusEnded || !got.EndsAt.Equal(start.Add(18*time.Minute)) || !got.PlannedEnd.Equal(absent.EndsAt) ||
		!got.ChargedUntil.Equal(absent.EndsAt) || l.strike(absent) != booking.StrikeStanding {
		t.Errorf("the absent one: %+v, strike %q", got, l.strike(absent))
	}
	l.book(1, start.Add(18*time.Minute), at(0, 12, 0)) // the rest is free, for the same person, too
	if got := l.get(came); got.CheckIn != booking.CheckInEvidence || !got.CheckedInAt.Equal(start) {
		t.Errorf("the device checks in by itself: %+v", got)
	}
	trail, err := l.Trail(t.Context(), absent.ID)
	if err != nil || len(trail) != 2 || trail[1].Act != booking.ActReleased || trail[1].Reason != "absent" || trail[1].PersonID != "" {
		t.Errorf("the trail: %+v, %v", trail, err)
	}
}

func TestCase12APolicyMayLeaveTheAbsentTheirTime(t *testing.T) {
	l := newLab(t, booking.PolicyRule{Scope: booking.ScopeSchool, FreesAbsent: new(false), StrikeAbsent: new(false)})
	b := l.book(0, at(0, 10, 15), at(0, 12, 0))
	l.witness.Saw(0, at(0, 10, 15), 20, false)
	l.at(at(0, 10, 34))
	if got := l.get(b); got.Verdict != booking.VerdictAbsent || got.Status != booking.StatusConfirmed || !got.EndsAt.Equal(b.EndsAt) || l.strike(b) != "" {
		t.Errorf("%+v, strike %q", got, l.strike(b))
	}
}

func TestCase12LateSamplesTurnAbsentIntoArrivedAndTakeTheStrikeBack(t *testing.T) {
	l := newLab(t)
	start := at(0, 10, 15)
	b := l.book(0, start, at(0, 12, 0))
	l.witness.Saw(0, start, 20, false)
	l.at(start.Add(19 * time.Minute))
	l.witness.Saw(0, start.Add(5*time.Minute), 1, true) // the second device of the station was cut off
	l.at(start.Add(20 * time.Minute))
	if got := l.get(b); got.Verdict != booking.VerdictAbsent {
		t.Fatalf("nobody has said so yet: %q", got.Verdict)
	}
	if err := l.Reconsider(t.Context(), []booking.News{{StationID: b.StationID, From: start, Until: start.Add(20 * time.Minute), Used: true}}); err != nil {
		t.Fatal(err)
	}
	l.at(start.Add(20 * time.Minute))
	got := l.get(b)
	if got.Verdict != booking.VerdictArrived || l.strike(b) != booking.StrikeTakenBack || got.Status != booking.StatusEnded || !got.PlannedEnd.Equal(b.EndsAt) {
		t.Errorf("%+v, strike %q", got, l.strike(b))
	}
}

func TestCase12ALostHintHealsByItself(t *testing.T) {
	l := newLab(t)
	start := at(0, 10, 15)
	b := l.book(0, start, at(0, 12, 0))
	l.at(start.Add(19 * time.Minute))
	if got := l.get(b); got.Verdict != booking.VerdictUnknown || l.strike(b) != "" {
		t.Fatalf("nothing was seen: %q", got.Verdict)
	}
	l.witness.Saw(0, start, 20, false)
	l.at(start.Add(27 * time.Minute))
	if got := l.get(b); got.Verdict != booking.VerdictUnknown {
		t.Fatalf("nobody has looked again yet: %q", got.Verdict)
	}
	l.at(start.Add(29 * time.Minute))
	if got := l.get(b); got.Verdict != booking.VerdictAbsent || got.Status != booking.StatusEnded || l.strike(b) != booking.StrikeStanding {
		t.Fatalf("after ten minutes: %+v", got)
	}
	l.witness.Saw(0, start, 1, true)
	l.at(at(7, 12, 0))
	if got := l.get(b); got.Verdict != booking.VerdictArrived || !got.DueAt.IsZero() || l.strike(b) != booking.StrikeTakenBack {
		t.Errorf("a week later: %+v", got)
	}
	if l.at(at(60, 10, 0)); l.get(b).Verdict != booking.VerdictArrived {
		t.Error("it did not stay")
	}
}

func TestCase12AServerThatWasDownCatchesUp(t *testing.T) {
	l := newLab(t)
	var all []booking.Booking
	for n := range 3 {
		b := l.book(n, at(1, 10, 0), at(1, 11, 0))
		l.witness.Saw(n, b.StartsAt, 60, n == 0)
		all = append(all, b)
	}
	l.witness.Down(2, at(1, 9, 0), at(1, 10, 5)) // long over when somebody looks
	l.at(at(4, 9, 0))
	for n, want := range []booking.Verdict{booking.VerdictArrived, booking.VerdictAbsent, booking.VerdictUnknown} {
		got := l.get(all[n])
		if got.Verdict != want || got.Status != booking.StatusConfirmed || !got.EndsAt.Equal(all[n].EndsAt) {
			t.Errorf("booking %d: %+v, want %q", n, got, want)
		}
	}
	if got := l.get(all[2]); !got.Evidence.Down {
		t.Error("the evidence does not say that the station was down")
	}
	if l.strike(all[0])+l.strike(all[2]) != "" || l.strike(all[1]) != booking.StrikeStanding {
		t.Error("strikes")
	}
}

func TestCase12AnOutageThatBecomesKnownTakesTheStrikeBack(t *testing.T) {
	l := newLab(t)
	start := at(0, 10, 15)
	b := l.book(0, start, at(0, 12, 0))
	l.witness.Saw(0, start, 20, false)
	l.at(start.Add(19 * time.Minute))
	l.witness.Down(0, start.Add(-time.Hour), start.Add(time.Hour))
	l.at(start.Add(40 * time.Minute))
	if got := l.get(b); got.Verdict != booking.VerdictUnknown || l.strike(b) != booking.StrikeTakenBack {
		t.Errorf("%+v, strike %q", got, l.strike(b))
	}
}

func TestAClassIsNotJudged(t *testing.T) {
	l := newLab(t)
	b, err := l.Reserve(t.Context(), bookingtest.Instructor(), booking.Request{
		StationID: bookingtest.StationID(0), StartsAt: at(0, 10, 15), EndsAt: at(0, 12, 0), Purpose: booking.PurposeClass,
	})
	if err != nil {
		t.Fatal(err)
	}
	l.witness.Saw(0, b.StartsAt, 60, false)
	l.at(at(1, 0, 0))
	if got := l.get(b); got != b {
		t.Errorf("%+v", got)
	}
}

func TestABookingThatCannotBeLookedAtHoldsUpNoOther(t *testing.T) {
	l := newLab(t)
	start := at(0, 10, 15)
	broken, sound := l.book(0, start, at(0, 12, 0)), l.book(1, start, at(0, 12, 0))
	l.witness.Saw(0, start, 20, true)
	l.witness.Saw(1, start, 20, true)
	no := errors.New("no")
	l.witness.Fail(0, no)
	l.now = start.Add(18 * time.Minute)
	if _, err := l.tender.Tend(t.Context()); !errors.Is(err, no) {
		t.Fatalf("got %v, want the fault", err)
	}
	if got := l.get(sound); got.Verdict != booking.VerdictArrived {
		t.Errorf("the other one: %+v", got)
	}
	if n, err := l.tender.Tend(t.Context()); n != 0 || err != nil {
		t.Errorf("it is tried again at once: %d, %v", n, err)
	}
	l.witness.Fail(0, nil)
	l.at(start.Add(30 * time.Minute))
	if got := l.get(broken); got.Verdict != booking.VerdictArrived {
		t.Errorf("when it works again: %+v", got)
	}
}

// More minutes never make a verdict worse for the person than fewer of the used, nor less certain than fewer of the seen.
func TestAVerdictIsMonotoneInItsEvidence(t *testing.T) {
	rank := map[booking.Verdict]int{booking.VerdictUnknown: 0, booking.VerdictAbsent: 1, booking.VerdictArrived: 2}
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // any bits will do
	rng := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a test
	for round := range 300 {
		l := newLab(t)
		start := at(0, 10, 15)
		b := l.book(0, start, at(0, 12, 0))
		first := start.Add(18 * time.Minute)
		last := -1
		order := rng.Perm(20)
		for step, n := range order {
			l.witness.Saw(0, start.Add(time.Duration(n-2)*time.Minute), 1, rng.IntN(30) == 0)
			if step%4 != 3 {
				continue
			}
			if err := l.Reconsider(t.Context(), []booking.News{{StationID: b.StationID, From: start, Until: first, Used: true}}); err != nil {
				t.Fatal(err)
			}
			l.at(first.Add(time.Duration(step) * time.Minute))
			got := l.get(b)
			if rank[got.Verdict] < last {
				t.Fatalf("seed %d, round %d, step %d: %q after a higher one", seed, round, step, got.Verdict)
			}
			last = rank[got.Verdict]
			stands := l.strike(b) == booking.StrikeStanding
			if stands != (got.Verdict == booking.VerdictAbsent) {
				t.Fatalf("seed %d, round %d: %q, strike %q", seed, round, got.Verdict, l.strike(b))
			}
		}
	}
}

func TestNobodyIsJudgedForWhatWasImportedAsHistory(t *testing.T) {
	l := newLab(t)
	// Imported: nobody has made it.
	past := booking.Booking{ID: "past", StationID: bookingtest.StationID(0), PersonID: bookingtest.StudentID(0), Purpose: booking.PurposePractice,
		StartsAt: at(-1, 10, 0), EndsAt: at(-1, 11, 0), Status: booking.StatusConfirmed, CreatedAt: bookingtest.Now()}
	ahead := past
	ahead.ID, ahead.StartsAt, ahead.EndsAt = "ahead", at(0, 10, 30), at(0, 11, 0)
	if err := l.Import(t.Context(), []booking.Booking{past, ahead}); err != nil {
		t.Fatal(err)
	}
	l.witness.Saw(0, at(-1, 10, 0), 60, true)
	l.witness.Saw(0, at(0, 10, 30), 30, false)
	news := []booking.News{{StationID: past.StationID, From: at(-1, 9, 0), Until: at(-1, 12, 0), Used: true}}
	if err := l.Reconsider(t.Context(), news); err != nil {
		t.Fatal(err)
	}
	l.at(at(0, 10, 55))
	if got := l.get(past); got.Verdict != "" {
		t.Errorf("history: %+v", got)
	}
	if got := l.get(ahead); got.Verdict != booking.VerdictAbsent {
		t.Errorf("what lay ahead: %+v", got)
	}
}
