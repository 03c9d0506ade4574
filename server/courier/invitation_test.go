package courier_test

import (
	"bytes"
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-ical"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/courier"
	"github.com/labtide/labtide/server/courier/couriertest"
)

// standing is a school in which a booking, and a series, stand as the test says.
type standing struct {
	school
	booking booking.Booking
	series  []booking.Booking
	never   bool // it was never confirmed
}

func (s standing) Stood(context.Context, string) (bool, error) { return !s.never, nil }

func (s standing) Booking(context.Context, string) (booking.Booking, error) { return s.booking, nil }

func (s standing) Series(context.Context, string, time.Time) ([]booking.Booking, error) {
	return s.series, nil
}

// Station gives one in a zone that has a name.
func (s standing) Station(ctx context.Context, id string) (courier.Station, error) {
	found, err := s.school.Station(ctx, id)
	if err == nil {
		found.Zone, err = time.LoadLocation("Asia/Shanghai")
	}
	return found, err
}

// invited gives the calendar that a mail about the effect brings; nil: none.
func invited(t *testing.T, s standing, e booking.Effect) (cal *ical.Calendar, method string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := open(t, func(_ *desk, cfg *courier.Config, deps *courier.Deps) {
			cfg.Invitations, cfg.Sender, deps.Directory = true, "labs@school.example", s
		})
		d.happen(t, e)
		pass(3 * time.Second)
		mails, _, _ := d.got()
		if len(mails) != 1 {
			t.Fatalf("%d mails", len(mails))
		}
		method = mails[0].Method
		if len(mails[0].Calendar) == 0 {
			return
		}
		var err error
		if cal, err = ical.NewDecoder(bytes.NewReader(mails[0].Calendar)).Decode(); err != nil {
			t.Fatal(err)
		}
	})
	return cal, method
}

func TestAMailChangesTheCalendarWheneverTheBookingThereChanges(t *testing.T) {
	b := booking.Booking{ID: "b-1", PersonID: "li", StationID: "s-7", StartsAt: couriertest.At(86400), EndsAt: couriertest.At(93600), Version: 1}
	for _, test := range []struct {
		name          string
		event         booking.Event
		status        booking.Status
		version       int64
		method, state string
		sequence      string
	}{
		{name: "made", event: booking.EventReserved, status: booking.StatusConfirmed, version: 1, method: "REQUEST", state: "CONFIRMED", sequence: "0"},
		{name: "moved", event: booking.EventMovedByOther, status: booking.StatusConfirmed, version: 2, method: "REQUEST", state: "CONFIRMED", sequence: "1"},
		{name: "waits again", event: booking.EventChanged, status: booking.StatusRequested, version: 3, method: "REQUEST", state: "TENTATIVE", sequence: "2"},
		{name: "declined", event: booking.EventDeclined, status: booking.StatusCancelled, version: 4, method: "CANCEL", state: "CANCELLED", sequence: "3"},
		{name: "released", event: booking.EventReleased, status: booking.StatusEnded, version: 5, method: "REQUEST", state: "CONFIRMED", sequence: "4"},
		{name: "absent, and freed", event: booking.EventVerdictAbsent, status: booking.StatusEnded, version: 2, method: "REQUEST", state: "CONFIRMED", sequence: "1"},
		{name: "absent", event: booking.EventVerdictAbsent, status: booking.StatusConfirmed, version: 2},
		{name: "offered elsewhere", event: booking.EventMovedByOther, status: booking.StatusHeld, version: 2},
		{name: "an offer is over", event: booking.EventOfferExpired, status: booking.StatusCancelled, version: 2},
	} {
		b.Status, b.Version = test.status, test.version
		cal, method := invited(t, standing{booking: b}, booking.Effect{Event: test.event, PersonID: "li", BookingID: "b-1", StationID: "s-7"})
		if method != test.method {
			t.Errorf("%s: method %q, want %q", test.name, method, test.method)
		}
		if cal == nil || test.method == "" {
			if (cal == nil) != (test.method == "") {
				t.Errorf("%s: calendar %v", test.name, cal)
			}
			continue
		}
		e := cal.Events()[0]
		if cal.Props.Get("METHOD").Value != test.method || e.Props.Get("UID").Value != "b-1@labtide" ||
			e.Props.Get("STATUS").Value != test.state || e.Props.Get("SEQUENCE").Value != test.sequence {
			t.Errorf("%s: %v", test.name, e.Props)
		}
	}
}

func TestARequestThatNobodyApprovedIsTakenBackFromNoCalendar(t *testing.T) {
	b := booking.Booking{ID: "b-1", PersonID: "li", StationID: "s-7", StartsAt: couriertest.At(86400), EndsAt: couriertest.At(93600), Version: 2}
	for _, test := range []struct {
		event  booking.Event
		status booking.Status
	}{
		{booking.EventDeclined, booking.StatusCancelled}, {booking.EventCancelledByOther, booking.StatusCancelled}, {booking.EventMovedByOther, booking.StatusRequested},
	} {
		b.Status = test.status
		cal, method := invited(t, standing{booking: b, never: true}, booking.Effect{Event: test.event, PersonID: "li", BookingID: "b-1", StationID: "s-7"})
		if cal != nil || method != "" {
			t.Errorf("%s sends %s", test.event, method)
		}
	}
	synctest.Test(t, func(t *testing.T) { // and whoever takes it back themselves knows it already
		b.Status = booking.StatusCancelled
		d := open(t, func(_ *desk, cfg *courier.Config, deps *courier.Deps) {
			cfg.Invitations, cfg.Sender, deps.Directory = true, "labs@school.example", standing{booking: b, never: true}
		})
		d.happen(t, booking.Effect{Event: booking.EventCancelled, PersonID: "li", BookingID: "b-1", StationID: "s-7"})
		pass(3 * time.Second)
		if mails, _, _ := d.got(); len(mails) != 0 {
			t.Errorf("%+v", mails)
		}
	})
}

func TestASeriesComesAsOneCalendarOfAllItsBookings(t *testing.T) {
	var all []booking.Booking
	for i := range 3 {
		from := couriertest.At(86400 * (i + 1))
		all = append(all, booking.Booking{ID: string(rune('a' + i)), StationID: "s-7", StartsAt: from, EndsAt: from.Add(time.Hour), Status: booking.StatusConfirmed, Version: 1})
	}
	all[1].Status, all[1].Version = booking.StatusCancelled, 2
	cal, method := invited(t, standing{series: all}, booking.Effect{Event: booking.EventSeriesChanged, PersonID: "li", StationID: "s-7",
		Body: map[string]string{courier.FactSeries: "series", courier.FactTitle: "PLC 实训"}})
	if cal == nil || method != "PUBLISH" || cal.Props.Get("METHOD").Value != "PUBLISH" || len(cal.Events()) != 3 {
		t.Fatalf("%q, %v", method, cal)
	}
	for i, e := range cal.Events() {
		state := map[bool]string{true: "CANCELLED", false: "CONFIRMED"}[i == 1]
		if e.Props.Get("UID").Value != all[i].ID+"@labtide" || e.Props.Get("STATUS").Value != state || e.Props.Get("RRULE") != nil {
			t.Errorf("%d is %v", i, e.Props)
		}
	}
}

func TestAProgramLearnsOfABookingOnceHoweverManyAreThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t)
		d.hook(t, courier.Hook{})
		with := told("ann")
		with.Body = map[string]string{courier.FactWith: "li"}
		d.happen(t, told("li"), with)
		pass(3 * time.Second)
		if mails, posts, _ := d.got(); len(mails) != 2 || len(posts) != 1 {
			t.Errorf("%d mails, %d posts", len(mails), len(posts))
		}
	})
}

// book has what happened to one booking.
type book struct {
	booking.Store
	trail []booking.Entry
}

func (b book) Trail(context.Context, string) ([]booking.Entry, error) { return b.trail, nil }

func TestABookingStoodOnceItWasConfirmedWhateverCameAfter(t *testing.T) {
	entry := func(s booking.Status) booking.Entry { return booking.Entry{After: booking.Booking{ID: "b", Status: s}} }
	for _, test := range []struct {
		name  string
		trail []booking.Entry
		stood bool
	}{
		{"asked for and taken back", []booking.Entry{entry(booking.StatusRequested), entry(booking.StatusRequested), entry(booking.StatusCancelled)}, false},
		{"moved, and asked for again", []booking.Entry{entry(booking.StatusConfirmed), entry(booking.StatusRequested), entry(booking.StatusCancelled)}, true},
		{"imported", nil, false},
	} {
		stood, err := courier.Registers{Book: book{trail: test.trail}}.Stood(t.Context(), "b")
		if err != nil || stood != test.stood {
			t.Errorf("%s: %v, %v", test.name, stood, err)
		}
	}
}
