package booking_test

import (
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// clock is a service whose time the test sets.
type clock struct{ now time.Time }

func (c *clock) open(s bookingtest.School) (*booking.Service, *bookingtest.Memory) {
	c.now = bookingtest.Now()
	store := bookingtest.NewMemory(s)
	return booking.New(store, func() time.Time { return c.now }), store
}

func reserve(t *testing.T, s *booking.Service, person int, r booking.Request) booking.Booking {
	t.Helper()
	made, err := s.Reserve(t.Context(), bookingtest.Student(person), r)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func to(from, until time.Time) booking.Change {
	return booking.Change{StartsAt: &from, EndsAt: &until}
}

func TestAChangeIsValidatedAgainAndDoesNotStandInItsOwnWay(t *testing.T) {
	s := open(bookingtest.NewSchool())
	mine := reserve(t, s, 0, station(0, at(1, 10, 0), at(1, 12, 0)))
	reserve(t, s, 1, station(0, at(1, 14, 0), at(1, 15, 0)))
	elsewhere := bookingtest.StationID(1)
	for _, c := range []struct {
		name  string
		c     booking.Change
		codes []string
	}{
		{"an hour later, over itself", to(at(1, 11, 0), at(1, 13, 0)), nil},
		{"up to the next one", to(at(1, 11, 0), at(1, 14, 0)), nil},
		{"into the next one", to(at(1, 11, 0), at(1, 14, 15)), []string{"slot_taken"}},
		{"too long", to(at(1, 8, 0), at(1, 14, 0)), []string{"too_long"}},
		{"off the grid, in the night", to(at(1, 22, 5), at(1, 23, 0)), []string{"off_grid", "outside_opening_hours"}},
		{"to another station", booking.Change{StationID: &elsewhere}, nil},
		{"into the past", to(at(-1, 11, 0), at(-1, 12, 0)), []string{"in_past"}},
	} {
		got, err := s.Change(t.Context(), bookingtest.Student(0), mine.ID, mine.Version, c.c)
		if !slices.Equal(codes(err), c.codes) || (err != nil) != (c.codes != nil) {
			t.Fatalf("%s: %v, want %v", c.name, err, c.codes)
		}
		if err == nil {
			if got.Version != mine.Version+1 {
				t.Errorf("%s: version %d after %d", c.name, got.Version, mine.Version)
			}
			mine = got
		}
	}
	if _, err := s.Change(t.Context(), bookingtest.Student(0), mine.ID, mine.Version-1, to(at(1, 9, 0), at(1, 10, 0))); fault.KindOf(err) != fault.KindStale {
		t.Errorf("an old version: %v", err)
	}
	if same, err := s.Change(t.Context(), bookingtest.Student(0), mine.ID, mine.Version, booking.Change{EndsAt: &mine.EndsAt}); err != nil || same != mine {
		t.Errorf("a change of nothing: %+v, %v", same, err)
	}
}

func TestAnExtensionOnlyJudgesWhatIsNew(t *testing.T) {
	var c clock
	s, store := c.open(bookingtest.NewSchool())
	mine := reserve(t, s, 0, station(0, at(0, 10, 7), at(0, 11, 0)))
	reserve(t, s, 1, station(0, at(0, 12, 0), at(0, 13, 0)))
	c.now = at(0, 10, 59)
	until := func(hour, minute int) booking.Change {
		end := at(0, hour, minute)
		return booking.Change{EndsAt: &end}
	}
	if _, err := s.Change(t.Context(), bookingtest.Student(0), mine.ID, 0, until(12, 15)); !slices.Equal(codes(err), []string{"slot_taken"}) {
		t.Errorf("into the next one: %v", err)
	}
	mine, err := s.Change(t.Context(), bookingtest.Student(0), mine.ID, 0, until(12, 0))
	if err != nil {
		t.Fatalf("the start was off the grid, and has been agreed: %v", err)
	}
	if _, err := s.Change(t.Context(), bookingtest.Student(0), mine.ID, 0, to(at(0, 11, 0), at(0, 12, 0))); !slices.Equal(codes(err), []string{"already_started"}) {
		t.Errorf("another start after the start: %v", err)
	}
	broken := bookingtest.NewSchool()
	broken.Outages = []equipment.Outage{{StationID: bookingtest.StationID(0), StartsAt: at(0, 9, 0)}}
	store.Put(broken)
	if mine, err = s.Change(t.Context(), bookingtest.Student(0), mine.ID, 0, until(11, 30)); err != nil {
		t.Errorf("a rule that came later does not keep anybody from giving back: %v", err)
	}
	if _, err := s.Change(t.Context(), bookingtest.Student(0), mine.ID, 0, until(11, 45)); !slices.Equal(codes(err), []string{"station_out_of_order"}) {
		t.Errorf("but it counts for more time: %v", err)
	}
	if _, err := s.Change(t.Context(), bookingtest.Student(0), mine.ID, 0, until(10, 45)); !slices.Equal(codes(err), []string{"in_past"}) {
		t.Errorf("an end that has passed: %v", err)
	}
	c.now = at(0, 11, 30)
	if _, err := s.Change(t.Context(), bookingtest.Student(0), mine.ID, 0, until(13, 0)); fault.CodeOf(err) != "booking_over" {
		t.Errorf("after the end: %v", err)
	}
}

func TestCancellingTwiceIsOneAndAfterTheStartItIsAnEarlyEnd(t *testing.T) {
	var c clock
	s, _ := c.open(bookingtest.NewSchool())
	before := reserve(t, s, 0, station(0, at(0, 11, 0), at(0, 12, 0)))
	first, err := s.Cancel(t.Context(), bookingtest.Student(0), before.ID, before.Version)
	if err != nil || first.Status != booking.StatusCancelled || !first.EndsAt.Equal(before.EndsAt) || !first.PlannedEnd.IsZero() {
		t.Fatalf("%+v, %v", first, err)
	}
	if again, err := s.Cancel(t.Context(), bookingtest.Student(0), before.ID, before.Version); err != nil || again != first {
		t.Errorf("the second time: %+v, %v", again, err)
	}

	undone := reserve(t, s, 0, station(0, at(0, 10, 7), at(0, 11, 0)))
	c.now = at(0, 10, 7).Add(50 * time.Second)
	if undone, err = s.Cancel(t.Context(), bookingtest.Student(0), undone.ID, 0); err != nil || undone.Status != booking.StatusCancelled {
		t.Errorf("undone within the minute: %+v, %v", undone, err)
	}

	running := reserve(t, s, 0, station(0, at(0, 10, 7), at(0, 11, 0)))
	c.now = at(0, 10, 40).Add(31 * time.Second)
	ended, err := s.Cancel(t.Context(), bookingtest.Student(0), running.ID, running.Version)
	if err != nil || ended.Status != booking.StatusEnded || !ended.EndsAt.Equal(at(0, 10, 40)) || !ended.PlannedEnd.Equal(at(0, 11, 0)) {
		t.Fatalf("%+v, %v", ended, err)
	}
	if again, err := s.Cancel(t.Context(), bookingtest.Student(0), running.ID, running.Version); err != nil || again != ended {
		t.Errorf("the second time: %+v, %v", again, err)
	}
	// Whoever waits may have the station in the same minute.
	reserve(t, s, 1, station(0, at(0, 10, 40), at(0, 11, 0)))

	over := reserve(t, s, 2, station(1, at(0, 10, 40), at(0, 11, 0)))
	c.now = at(0, 11, 0)
	if _, err := s.Cancel(t.Context(), bookingtest.Student(2), over.ID, 0); fault.CodeOf(err) != "booking_over" {
		t.Errorf("after the end: %v", err)
	}
	occupied, err := s.Between(t.Context(), nil, at(0, 10, 30), at(0, 10, 50))
	if err != nil || len(occupied) != 3 || occupied[0].ID != ended.ID {
		t.Errorf("occupied is %+v, %v: what has ended counts until it did, what was cancelled does not", occupied, err)
	}
}

func TestAStalePageGetsReasonsAndWaysOut(t *testing.T) {
	s := open(bookingtest.NewSchool())
	reserve(t, s, 0, station(0, at(1, 10, 0), at(1, 11, 0)))
	_, err := s.Reserve(t.Context(), bookingtest.Student(1), station(0, at(1, 10, 0), at(1, 12, 0)))
	if fault.KindOf(err) != fault.KindConflict || fault.CodeOf(err) != "slot_taken" {
		t.Fatalf("got %v", err)
	}
	want := []booking.Alternative{
		{StationID: bookingtest.StationID(1), StartsAt: at(1, 10, 0), EndsAt: at(1, 12, 0), Why: booking.WhyOtherStation},
		{StationID: bookingtest.StationID(0), StartsAt: at(1, 11, 0), EndsAt: at(1, 13, 0), Why: booking.WhyLater},
		{StationID: bookingtest.StationID(0), StartsAt: at(1, 11, 0), EndsAt: at(1, 12, 0), Why: booking.WhyShorter},
	}
	if got := alternatives(t, err); !slices.Equal(got, want) {
		t.Errorf("the ways out are %+v", got)
	}
	for _, way := range want {
		if _, err := open(bookingtest.NewSchool()).Reserve(t.Context(), bookingtest.Student(1), booking.Request{StationID: way.StationID, StartsAt: way.StartsAt, EndsAt: way.EndsAt}); err != nil {
			t.Errorf("%s: %v", way.Why, err)
		}
	}
}

func TestARuleThatSaysNoOffersWhatItAllows(t *testing.T) {
	s := open(bookingtest.NewSchool())
	for _, c := range []struct {
		name string
		r    booking.Request
		want []booking.Alternative
	}{
		{"over closing time", station(0, at(1, 21, 0), at(1, 23, 0)), []booking.Alternative{
			{StationID: bookingtest.StationID(0), StartsAt: at(1, 20, 0), EndsAt: at(1, 22, 0), Why: booking.WhyEarlier},
			{StationID: bookingtest.StationID(0), StartsAt: at(1, 21, 0), EndsAt: at(1, 22, 0), Why: booking.WhyShorter},
		}},
		{"too long", station(0, at(1, 10, 0), at(1, 18, 0)), []booking.Alternative{
			{StationID: bookingtest.StationID(0), StartsAt: at(1, 10, 0), EndsAt: at(1, 14, 0), Why: booking.WhyShorter},
		}},
		{"off the grid", station(0, at(1, 10, 5), at(1, 11, 5)), []booking.Alternative{
			{StationID: bookingtest.StationID(0), StartsAt: at(1, 10, 15), EndsAt: at(1, 11, 15), Why: booking.WhyLater},
			{StationID: bookingtest.StationID(0), StartsAt: at(1, 10, 15), EndsAt: at(1, 11, 0), Why: booking.WhyShorter},
		}},
		{"next year", station(0, at(365, 10, 0), at(365, 11, 0)), nil},
	} {
		_, err := s.Reserve(t.Context(), bookingtest.Student(1), c.r)
		if got := alternatives(t, err); !slices.Equal(got, c.want) {
			t.Errorf("%s: the ways out are %+v", c.name, got)
		}
	}
}

func alternatives(t *testing.T, err error) []booking.Alternative {
	t.Helper()
	refused, ok := err.(*booking.Refused) //nolint:errorlint // it is returned as it is
	if !ok {
		t.Fatalf("got %v, want a refusal", err)
	}
	return refused.Alternatives
}

func TestAnExtensionFarBeyondTheLongestIsNotTriedMinuteByMinute(t *testing.T) {
	var c clock
	s, _ := c.open(bookingtest.NewSchool())
	minute := 1
	if _, err := s.SetPolicy(t.Context(), bookingtest.Instructor(), booking.PolicyRule{Scope: booking.ScopeSchool, GridMinutes: &minute}); err != nil {
		t.Fatal(err)
	}
	mine := reserve(t, s, 0, station(0, at(0, 10, 7), at(0, 11, 0)))
	c.now = at(0, 10, 30) // from its start on, the latest possible end is offered
	extend := func(until time.Time) (allocations float64) {
		return testing.AllocsPerRun(1, func() {
			_, err := s.Change(t.Context(), bookingtest.Student(0), mine.ID, mine.Version, booking.Change{EndsAt: &until})
			want := booking.Alternative{StationID: mine.StationID, StartsAt: mine.StartsAt, EndsAt: at(0, 14, 7), Why: booking.WhyShorter}
			if got := alternatives(t, err); !slices.Equal(got, []booking.Alternative{want}) {
				t.Errorf("the ways out are %+v", got)
			}
		})
	}
	if near, far := extend(at(0, 14, 8)), extend(at(31, 10, 6)); far > 20*near {
		t.Errorf("%v allocations for a minute too long, %v for a month", near, far)
	}
}
