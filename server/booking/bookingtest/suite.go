package bookingtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// RunStore runs the suite; newBackend gives an empty database that holds the school.
func RunStore(t *testing.T, newBackend func(tb testing.TB, s School) Backend) {
	for _, test := range slices.Concat([]suiteTest{
		{"back to back passes and one second of overlap fails", backToBack},
		{"the database refuses an overlap even when the code forgets", codeForgets},
		{"a cancelled booking is in nobody's way", cancelledIsFree},
		{"case 01: of many people who want one slot at one instant exactly one gets it", oneWins},
		{"case 06: of many people who want any bench each bench goes to exactly one", anyBench},
		{"case 01: parties that ask for the same stations in opposite order both get an answer", parties},
		{"case 05: of parties that fight each is whole or not there", bigParties},
		{"case 05: a party that many change at once stays in one piece", partyTogether},
		{"case 05: who leaves several seats of a party empty gets one strike and one message", case05OneAbsence},
		{"TestCase02: edit, move, extend and approve are validated again, without the old row", case02Again},
		{"what stops being a class is asked about as if it were new", classBecomesPractice},
		{"all that is against a booking is said at once, whoever asks for whatever", allAtOnce},
		{"a yes that is refused is recorded", refusedAnswers},
		{"who is suspended neither comes along nor books for others", suspendedCompany},
		{"a team books by its captain, as of that moment", teams},
		{"one person who asks for two stations at one instant gets one", oneSeat},
		{"two who cancel at the same instant are told the same", cancelTogether},
		{"of two who change the same version one has to look again", changeTogether},
		{"an outage that another process stores is seen by the next booking", othersChangeRules},
		{"case 10: an outage seats people elsewhere first, then offers another time, and lets classes be", outageReseats},
		{"case 10: an outage cancels what has no other place", outageCancels},
		{"case 10: an outage seats nobody where they may not work", outageSafely},
		{"case 10: an outage without end takes whatever is booked, and may get one", outageOpenEnded},
		{"case 10: an outage that ends early gives its time back", outageEndsEarly},
		{"case 10: the decision that ends an outage offers its time to those who wait", outageEndOffers},
		{"case 10: the decision that shortens an outage offers what it gives back", outageShortenedOffers},
		{"case 10: what another outage still takes is offered to nobody", outageOverlappedOffersNothing},
		{"case 10: two outages on one day take their own time each", outageTwice},
		{"case 10: a booking that runs ends, and its rest goes elsewhere", outageOfRunning},
		{"case 10: what is offered for the rest of a booking that runs keeps the buffer of its first part", outageShort},
		{"case 10: whom an outage would hit can be seen before", outagePreview},
		{"case 10: an outage is written as a whole or not at all", outageWhole},
		{"a fault is reported by anybody, and not by one for all", faultReports},
		{"the audit tells who did what to bookings, rules and stations", audit},
		{"the audit leaves out what devices saw of sound bookings", auditRoutine},
		{"the audit tells who did what to outages and fault reports, and why, when they are gone, too", auditDeeds},
		{"a decision that fails writes nothing", failsWhole},
		{"a decision of a cancelled caller is not made", cancelledCaller},
		{"a page goes on where the last one ended, whatever was inserted", pages},
		{"a list is narrowed by person, station, status and time", filters},
		{"every refusal is recorded", unmetDemand},
		{"what was wanted is found by its time, and whether it was had elsewhere", wanted},
		{"the trail tells who did what", trail},
		{"an import is all or nothing and permits the past", imports},
		{"what is imported for days to come is asked what everybody is asked", importsAhead},
		{"a policy is not overwritten by somebody who has not read it", stalePolicy},
		{"case 07: when a later occurrence conflicts the person chooses to refuse, skip or shift", seriesConflict},
		{"case 07: a class takes the stations that are free when its instructor says so", seriesFewer},
		{"case 07: a preview of a series says what would be, and leaves nothing", seriesPreview},
		{"case 07: holidays are skipped, and it is said why", seriesHolidays},
		{"case 07: this and following changes, exceptions are known by their original start", seriesFollowing},
		{"case 07: a change of all keeps the past", seriesPast},
		{"case 07: a series does not stand in its own way", seriesOwnWay},
		{"case 07: a series changes one of its stations", seriesStationsSwap},
		{"a class makes others leave when its instructor says so, and they find another place", seriesMakesRoom},
		{"a class on every bench offers another time to whoever had one", seriesMakesRoomElsewhen},
		{"classes that make room at once overlap nobody", seriesMakesRoomAtOnce},
		{"case 07: a series that was cut short stays so", seriesEndStays},
		{"case 07: another title or programme lays nothing anew", seriesDescribed},
		{"case 07: what was shifted goes along with the rest", seriesShiftedGoesAlong},
		{"case 07: a class shifts to other lesson periods", seriesByPeriods},
		{"case 07: the seats of a class move together or stay", seriesSeatsMoveTogether},
		{"case 07: a series has limits, and says which", seriesLimits},
		{"case 07: what a series gives back is offered to whoever waits", seriesPromotes},
		{"case 07: quotas count all occurrences of a series", seriesQuota},
		{"case 08: a series keeps 10:00 over a change of the clocks", seriesClocks},
		{"a class blocks a room", seriesRoom},
		{"of series that want the same stations at once one gets them", seriesAtOnce},
		{"a timetable is brought in whole, or not at all, and twice is once", timetables},
		{"no text of a caller breaks it", oddTexts},
		{"case 04: one person's budget that is spent at once is not overspent", case04Person},
		{"case 04: a programme's budget that is spent at once is not overspent", case04Programme},
		{"case 04: a team's budget that is spent at once is not overspent", case04Team},
		{"case 04: nobody is charged to a programme of others", ownProgramme},
		{"rules about people rest on what every process has stored", peopleRules},
		{"who comes along is as busy as who books", companyIsBusy},
		{"others come along by the same rules, and may leave", companyChanges},
		{"company leaves when it likes, and nobody stays alone where two must be", companyLeaves},
		{"who comes along finds the booking among their own", companySeesItsBookings},
		{"who does not want to be named as company is not", companyDeclines},
		{"TestCase14: a qualification that is asked for since, and a quota that leaves nothing, flag what stands", case14Flags},
		{"company comes along to a series", seriesWithCompany},
		{"who waits names company, which is asked for when there is something", waitWithCompany},
		{"those of a party are company to each other", partyIsCompany},
		{"who gives a seat of a party back leaves the others", partyIsLeft},
		{"who says that they still work is believed once", keptOnce},
		{"of those who want the same company at once one has it", companyAtOnce},
		{"of those who change to the same company at once one has it", companyChangesAtOnce},
		{"case 04: what is spent is seen in every process", case04Spent},
		{"case 04: what quotas add up is what the bookings come to one by one", case04Sums},
		{"TestCase11: of a cancellation and a release at the same instant one wins, and both are told what stands", case11CancelAndRelease},
		{"TestCase11: an early end by somebody who has not come is judged all the same", case11EarlyEnd},
		{"TestCase12: a code that was scanned stands unless the device saw nobody", case12ByCode},
		{"TestCase12: whoever tends at the same instant, there is one verdict and one strike", case12Idempotent},
		{"somebody else at a booked station is noticed, and nobody who may sit there is suspected", strangers},
		{"strikes are found by id, person, team and booking", strikes},
		{"a reminder makes a booking due", reminders},
	}, waitlist()) {
		t.Run(test.name, func(t *testing.T) {
			backend := newBackend(t, NewSchool())
			b := bench{Backend: backend}
			for _, store := range backend.Stores {
				b.services = append(b.services, booking.New(store, Now))
			}
			test.run(t, b)
		})
	}
	seed := uint64(time.Now().UnixNano())
	t.Run("random operations one after another keep the invariants", func(t *testing.T) {
		RunProperty(t, Property{Seed: seed, Workers: 1, Each: 500}, newBackend)
	})
	t.Run("random operations at once keep the invariants", func(t *testing.T) {
		RunProperty(t, Property{Seed: seed, Workers: 8, Each: 150}, newBackend)
	})
}

// suiteTest is one test of the suite.
type suiteTest struct {
	name string
	run  func(t *testing.T, b bench)
}

// bench is a backend with a service on each handle.
type bench struct {
	Backend
	services []*booking.Service
}

// service gives the service of some handle: n counts through them.
func (b bench) service(n int) *booking.Service { return b.services[n%len(b.services)] }

func request(station int, from, until time.Time) booking.Request {
	return booking.Request{StationID: StationID(station), StartsAt: from, EndsAt: until}
}

// reserve books or fails the test.
func (b bench) reserve(t *testing.T, actor account.Actor, r booking.Request) booking.Booking {
	t.Helper()
	made, err := b.service(0).Reserve(t.Context(), actor, r)
	if err != nil {
		t.Fatalf("reserve: %v", err)
	}
	return made
}

// force writes past the rules.
func (b bench) force(t *testing.T, w booking.Booking, update bool) error {
	t.Helper()
	ask := booking.Ask{StationIDs: []string{w.StationID}, From: w.StartsAt, Until: w.EndsAt}
	return b.Stores[0].Decide(t.Context(), ask, func(booking.View) (booking.Write, error) {
		if update {
			return booking.Write{Update: []booking.Booking{w}}, nil
		}
		return booking.Write{Insert: []booking.Booking{w}}, nil
	})
}

func plainBooking(id string, station int, from, until time.Time) booking.Booking {
	return booking.Booking{
		ID: id, StationID: StationID(station), PersonID: StudentID(0), Purpose: booking.PurposePractice, StartsAt: from, EndsAt: until,
		Status: booking.StatusConfirmed, CreatedAt: Now(), ChangedAt: Now(), Version: 1,
	}
}

// refusedFor fails unless err is a refusal with exactly these codes.
func refusedFor(t *testing.T, err error, codes ...string) *booking.Refused {
	t.Helper()
	var refused *booking.Refused
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want a refusal for %v", err, codes)
	}
	var got []string
	for _, r := range refused.Refusals {
		got = append(got, r.Code)
	}
	if fmt.Sprint(got) != fmt.Sprint(codes) {
		t.Fatalf("refused for %v, want %v", got, codes)
	}
	return refused
}

func wantKind(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if fault.KindOf(err) != kind {
		t.Fatalf("got %v, want a fault of kind %q", err, kind)
	}
}

// atOnce calls fn n times at the same instant, or as near as goroutines come.
func atOnce(n int, fn func(i int)) {
	start := make(chan struct{})
	var ready, done sync.WaitGroup
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			<-start
			fn(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
}

// noOverlaps fails when two active bookings share a station and a time.
func (b bench) noOverlaps(t *testing.T) {
	t.Helper()
	all, err := b.Stores[0].Active(t.Context(), nil, "", At(-400, 0, 0), At(400, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	last := map[string]booking.Booking{}
	for _, x := range all {
		if before, ok := last[x.StationID]; ok && before.Interval().Overlaps(x.Interval()) {
			t.Errorf("%s has %s from %v to %v and %s from %v to %v", x.StationID, before.ID, before.StartsAt, before.EndsAt, x.ID, x.StartsAt, x.EndsAt)
		}
		last[x.StationID] = x
	}
}

func backToBack(t *testing.T, b bench) {
	for _, x := range []booking.Booking{
		plainBooking("one", 0, At(1, 10, 0), At(1, 11, 0)),
		plainBooking("two", 0, At(1, 11, 0), At(1, 12, 0)),
		plainBooking("three", 0, At(1, 9, 0), At(1, 10, 0)),
		plainBooking("elsewhere", 1, At(1, 10, 0), At(1, 11, 0)),
	} {
		if err := b.force(t, x, false); err != nil {
			t.Fatalf("%s: %v", x.ID, err)
		}
	}
	for _, x := range []booking.Booking{
		plainBooking("late", 0, At(1, 12, 0).Add(-time.Second), At(1, 13, 0)),
		plainBooking("early", 0, At(1, 8, 0), At(1, 9, 0).Add(time.Second)),
		plainBooking("inside", 0, At(1, 10, 15), At(1, 10, 30)),
		plainBooking("around", 0, At(1, 8, 0), At(1, 20, 0)),
	} {
		if err := b.force(t, x, false); !errors.Is(err, booking.ErrOverlap) {
			t.Errorf("%s: got %v, want ErrOverlap", x.ID, err)
		}
	}
}

func codeForgets(t *testing.T, b bench) {
	one, two := plainBooking("one", 0, At(1, 10, 0), At(1, 11, 0)), plainBooking("two", 0, At(1, 11, 0), At(1, 12, 0))
	for _, x := range []booking.Booking{one, two} {
		if err := b.force(t, x, false); err != nil {
			t.Fatal(err)
		}
	}
	two.StartsAt, two.Version = At(1, 10, 45), 2
	if err := b.force(t, two, true); !errors.Is(err, booking.ErrOverlap) {
		t.Errorf("an update: got %v, want ErrOverlap", err)
	}
	ended := plainBooking("ended", 0, At(1, 10, 30), At(1, 10, 45))
	ended.Status = booking.StatusEnded
	if err := b.force(t, ended, false); !errors.Is(err, booking.ErrOverlap) {
		t.Errorf("one that ended: got %v, want ErrOverlap", err)
	}
	if got, err := b.Stores[0].ByID(t.Context(), "two"); err != nil || !got.StartsAt.Equal(At(1, 11, 0)) || got.Version != 1 {
		t.Errorf("after the refused update: %+v, %v", got, err)
	}
}

func cancelledIsFree(t *testing.T, b bench) {
	r := request(0, At(1, 10, 0), At(1, 11, 0))
	first := b.reserve(t, Student(0), r)
	if _, err := b.service(1).Cancel(t.Context(), Student(0), first.ID, first.Version); err != nil {
		t.Fatal(err)
	}
	second := b.reserve(t, Student(1), r)
	first.Version, first.Status = 3, booking.StatusConfirmed
	if err := b.force(t, first, true); !errors.Is(err, booking.ErrOverlap) {
		t.Errorf("to life again under %s: got %v, want ErrOverlap", second.ID, err)
	}
}

func failsWhole(t *testing.T, b bench) {
	broken := errors.New("no")
	x := plainBooking("one", 0, At(1, 10, 0), At(1, 11, 0))
	err := b.Stores[0].Decide(t.Context(), booking.Ask{StationIDs: []string{x.StationID}}, func(booking.View) (booking.Write, error) {
		return booking.Write{Insert: []booking.Booking{x}}, broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want the error of the function", err)
	}
	both := booking.Write{Insert: []booking.Booking{x, plainBooking("two", 0, At(1, 10, 0), At(1, 11, 0))}}
	err = b.Stores[0].Decide(t.Context(), booking.Ask{StationIDs: []string{x.StationID}}, func(booking.View) (booking.Write, error) {
		return both, nil
	})
	if !errors.Is(err, booking.ErrOverlap) {
		t.Errorf("got %v, want ErrOverlap", err)
	}
	if _, err := b.Stores[0].ByID(t.Context(), "one"); fault.KindOf(err) != fault.KindNotFound {
		t.Errorf("one is there, or %v", err)
	}
}

func cancelledCaller(t *testing.T, b bench) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.service(0).Reserve(ctx, Student(0), request(0, At(1, 10, 0), At(1, 11, 0))); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the cancellation", err)
	}
	if all, err := b.Stores[0].Active(t.Context(), nil, "", At(0, 0, 0), At(9, 0, 0)); err != nil || len(all) != 0 {
		t.Errorf("stored %v, %v", all, err)
	}
}
