package bookingtest

import (
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// deed is one kind of operation. It gives the ids of bookings that it made.
type deed struct {
	name   string
	weight int
	do     func(w *world, t *testing.T, r *walker) ([]string, error)
}

func deeds() []deed {
	return []deed{
		{name: "reserve", weight: 40, do: (*world).reserveAny},
		{name: "party", weight: 4, do: (*world).partyAny},
		{name: "class", weight: 2, do: (*world).classAny},
		{name: "move", weight: 16, do: (*world).moveAny},
		{name: "extend", weight: 10, do: (*world).extendAny},
		{name: "company", weight: 6, do: (*world).companyAny},
		{name: "shorten", weight: 6, do: (*world).shortenAny},
		{name: "cancel", weight: 18, do: (*world).cancelAny},
		{name: "cancel party", weight: 1, do: (*world).cancelPartyAny},
		{name: "check in", weight: 3, do: (*world).checkInAny},
		{name: "keep", weight: 1, do: (*world).keepAny},
		{name: "outage", weight: 1, do: (*world).outageAny},
		{name: "end outage", weight: 1, do: (*world).endOutageAny},
		{name: "tend", weight: 8, do: (*world).tend},
	}
}

// any gives a booking that was made before, young ones more often.
func (w *world) any(t *testing.T, r *walker) (booking.Booking, bool) {
	w.mu.Lock()
	id := ""
	if n := len(w.ids); n > 0 {
		id = w.ids[n-1-min(r.rng.IntN(n), r.rng.IntN(n), 200+r.rng.IntN(n))]
	}
	w.mu.Unlock()
	if id == "" {
		return booking.Booking{}, false
	}
	b, err := w.service(r.n).ByID(t.Context(), id)
	if err != nil {
		t.Errorf("a booking that was made is gone: %v", err)
		return b, false
	}
	return b, true
}

// span gives a time on the grid within ten days, or now.
func (w *world) span(r *walker) equipment.Interval {
	from := w.now().Truncate(24 * time.Hour).Add(time.Duration(r.rng.IntN(10*96)) * 15 * time.Minute)
	if r.rng.IntN(6) == 0 {
		from = w.now().Truncate(time.Minute)
	}
	until := from.Truncate(15 * time.Minute).Add(time.Duration(1+r.rng.IntN(10)) * 15 * time.Minute)
	return equipment.Interval{From: from, Until: until}
}

func (w *world) request(r *walker) booking.Request {
	span := w.span(r)
	out := request(r.rng.IntN(Stations), span.From, span.Until)
	if r.rng.IntN(4) == 0 {
		out.StationID, out.KindID = "", []string{"plc-bench", "lab-pc"}[r.rng.IntN(2)]
	}
	return out
}

// company names up to three students.
func company(r *walker) []string {
	var out []string
	for _, n := range r.rng.Perm(Students)[:r.rng.IntN(4)] {
		out = append(out, StudentID(n))
	}
	return out
}

func (w *world) reserveAny(t *testing.T, r *walker) ([]string, error) {
	one, who := w.request(r), r.rng.IntN(Students)
	if r.rng.IntN(3) == 0 {
		one.Companions = slices.DeleteFunc(company(r), func(id string) bool { return id == StudentID(who) })
	}
	b, err := w.service(r.n).Reserve(t.Context(), Student(who), one)
	if err != nil {
		return nil, err
	}
	return []string{b.ID}, nil
}

// partyAny asks for two or three stations, in any order.
func (w *world) partyAny(t *testing.T, r *walker) ([]string, error) {
	span := w.span(r)
	var wishes []booking.Request
	for i, station := range r.rng.Perm(Stations)[:2+r.rng.IntN(2)] {
		one := request(station, span.From, span.Until)
		one.PersonID = StudentID((r.rng.IntN(Students/4) + i*Students/4) % Students)
		wishes = append(wishes, one)
	}
	made, err := w.service(r.n).ReserveParty(t.Context(), Instructor(), wishes)
	return idsOf(made), err
}

func (w *world) classAny(t *testing.T, r *walker) ([]string, error) {
	one := w.request(r)
	one.Purpose, one.Override = booking.PurposeClass, r.rng.IntN(2) == 0
	b, err := w.service(r.n).Reserve(t.Context(), Instructor(), one)
	if err != nil {
		return nil, err
	}
	return []string{b.ID}, nil
}

func (w *world) moveAny(t *testing.T, r *walker) ([]string, error) {
	b, ok := w.any(t, r)
	if !ok {
		return nil, nil
	}
	span, station := w.span(r), StationID(r.rng.IntN(Stations))
	_, err := w.service(r.n).Change(t.Context(), Instructor(), b.ID, 0, booking.Change{StationID: &station, StartsAt: &span.From, EndsAt: &span.Until})
	return nil, err
}

// companyAny has others come along.
func (w *world) companyAny(t *testing.T, r *walker) ([]string, error) {
	b, ok := w.any(t, r)
	if !ok {
		return nil, nil
	}
	others := slices.DeleteFunc(company(r), func(id string) bool { return id == b.PersonID })
	_, err := w.service(r.n).Change(t.Context(), w.owner(b), b.ID, 0, booking.Change{Companions: &others})
	return nil, err
}

func (w *world) extendAny(t *testing.T, r *walker) ([]string, error) {
	b, ok := w.any(t, r)
	if !ok {
		return nil, nil
	}
	until := b.EndsAt.Add(time.Duration(1+r.rng.IntN(4)) * 15 * time.Minute)
	_, err := w.service(r.n).Change(t.Context(), w.owner(b), b.ID, b.Version, booking.Change{EndsAt: &until})
	return nil, err
}

func (w *world) shortenAny(t *testing.T, r *walker) ([]string, error) {
	b, ok := w.any(t, r)
	if !ok {
		return nil, nil
	}
	until := b.EndsAt.Add(-15 * time.Minute)
	_, err := w.service(r.n).Change(t.Context(), w.owner(b), b.ID, 0, booking.Change{EndsAt: &until})
	return nil, err
}

func (w *world) cancelAny(t *testing.T, r *walker) ([]string, error) {
	b, ok := w.any(t, r)
	if !ok {
		return nil, nil
	}
	_, err := w.service(r.n).Cancel(t.Context(), w.owner(b), b.ID, 0)
	return nil, err
}

// owner is whoever has the booking, signed in.
func (w *world) owner(b booking.Booking) account.Actor {
	if b.PersonID == Instructor().PersonID {
		return Instructor()
	}
	return account.SignedIn(b.PersonID, account.RoleStudent)
}

func idsOf(made []booking.Booking) []string {
	out := make([]string, len(made))
	for i, b := range made {
		out[i] = b.ID
	}
	return out
}

// cancelPartyAny gives up all seats of a party.
func (w *world) cancelPartyAny(t *testing.T, r *walker) ([]string, error) {
	b, ok := w.any(t, r)
	if !ok || b.PartyID == "" {
		return nil, nil
	}
	_, err := w.service(r.n).CancelParty(t.Context(), Instructor(), b.PartyID, 0)
	return nil, err
}

func (w *world) checkInAny(t *testing.T, r *walker) ([]string, error) {
	b, ok := w.any(t, r)
	if !ok {
		return nil, nil
	}
	_, err := w.service(r.n).CheckIn(t.Context(), Instructor(), b.ID, booking.CheckInRequest{How: booking.CheckInInstructor})
	return nil, err
}

func (w *world) keepAny(t *testing.T, r *walker) ([]string, error) {
	b, ok := w.any(t, r)
	if !ok {
		return nil, nil
	}
	_, err := w.service(r.n).Keep(t.Context(), w.owner(b), b.ID)
	return nil, err
}

// outageAny takes a station down for some hours, now or later.
func (w *world) outageAny(t *testing.T, r *walker) ([]string, error) {
	span := w.span(r)
	o := equipment.Outage{StationID: StationID(r.rng.IntN(Stations)), StartsAt: span.From, EndsAt: span.Until, Reason: "smoke"}
	done, err := w.service(r.n).StartOutage(t.Context(), Instructor(), o, false)
	if err == nil {
		w.mu.Lock()
		w.outages = append(w.outages, done.Outage.ID)
		w.mu.Unlock()
	}
	return nil, err
}

func (w *world) endOutageAny(t *testing.T, r *walker) ([]string, error) {
	w.mu.Lock()
	var id string
	if len(w.outages) > 0 {
		id = w.outages[r.rng.IntN(len(w.outages))]
	}
	w.mu.Unlock()
	if id == "" {
		return nil, nil
	}
	_, err := w.service(r.n).EndOutage(t.Context(), Instructor(), id, 0)
	if fault.KindOf(err) == fault.KindNotFound {
		return nil, nil // it was ended before it began: then it never was
	}
	return nil, err
}

// tend does what the due worker does.
func (w *world) tend(t *testing.T, r *walker) ([]string, error) {
	_, err := booking.NewTender(w.service(r.n), eyes{}).Tend(t.Context())
	return nil, err
}
