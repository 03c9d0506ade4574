package booking_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// named is what the school's documents may name.
type named struct{ bookingtest.School }

func (n named) Sites(context.Context) ([]equipment.Site, error) { return n.School.Sites, nil }
func (n named) Rooms(context.Context) ([]equipment.Room, error) { return n.School.Rooms, nil }
func (n named) Kinds(context.Context) ([]equipment.Kind, error) { return n.School.Kinds, nil }
func (n named) Stations(context.Context, equipment.StationFilter) ([]equipment.Station, error) {
	return n.School.Stations, nil
}
func (n named) Teams(context.Context, string) ([]account.Team, error) { return n.School.Teams, nil }

// previewed is a school whose service goes on by a minute with each booking: what is made later counts later.
type previewed struct {
	*booking.Service
	*booking.Charter
	clock time.Time
}

func newPreviewed(t *testing.T, s bookingtest.School) *previewed {
	t.Helper()
	store := bookingtest.NewMemory(s)
	p := &previewed{clock: bookingtest.Now()}
	now := func() time.Time { return p.clock }
	p.Service, p.Charter = booking.New(store, now), booking.NewCharter(store, named{s}, named{s}, now)
	return p
}

func (p *previewed) book(t *testing.T, station int, from, until time.Time) booking.Booking {
	t.Helper()
	p.clock = p.clock.Add(time.Minute)
	made, err := p.Reserve(t.Context(), bookingtest.Student(0), booking.Request{StationID: bookingtest.StationID(station), StartsAt: from, EndsAt: until})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (p *previewed) preview(t *testing.T, c booking.Clause) booking.Preview {
	t.Helper()
	out, err := p.Charter.Preview(t.Context(), c, c.Document().Kind, c.Document().ID, time.Time{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// wantRefused fails unless exactly these bookings are refused, each for these codes.
func wantRefused(t *testing.T, p booking.Preview, codes string, want ...booking.Booking) {
	t.Helper()
	var got, wanted []string
	for _, r := range p.Refused {
		got = append(got, r.Booking.ID+" "+strings.Join(r.Codes, " "))
	}
	for _, b := range want {
		wanted = append(wanted, b.ID+" "+codes)
	}
	if !slices.Equal(got, wanted) {
		t.Errorf("refused %v, want %v", got, wanted)
	}
}

func TestAPreviewOfAQuotaRefusesOnlyWhatWasMadeBeyondIt(t *testing.T) {
	p := newPreviewed(t, bookingtest.NewSchool())
	last := p.book(t, 0, bookingtest.At(2, 10, 0), bookingtest.At(2, 11, 0))
	p.book(t, 0, bookingtest.At(3, 10, 0), bookingtest.At(3, 11, 0))
	beyond := p.book(t, 0, bookingtest.At(1, 10, 0), bookingtest.At(1, 11, 0))
	_ = last
	two := 2
	quota := booking.Quota{Name: "two a week", Scope: booking.ScopeSchool, Per: booking.PerPerson, Window: booking.WindowWeek, MostBookings: &two}
	out := p.preview(t, quota)
	wantRefused(t, out, booking.CodeQuotaExceeded, beyond)
	if out.Judged != 3 || out.Truncated {
		t.Errorf("judged %d, truncated %v", out.Judged, out.Truncated)
	}
	two = 3
	wantRefused(t, p.preview(t, quota), "")
}

func TestAPreviewOfABufferRefusesTheLaterOfTwoThatTouch(t *testing.T) {
	p := newPreviewed(t, bookingtest.NewSchool())
	p.book(t, 0, bookingtest.At(1, 10, 0), bookingtest.At(1, 11, 0))
	later := p.book(t, 0, bookingtest.At(1, 11, 0), bookingtest.At(1, 12, 0))
	p.book(t, 1, bookingtest.At(1, 13, 0), bookingtest.At(1, 14, 0))
	buffer := 15
	wantRefused(t, p.preview(t, booking.PolicyRule{Scope: booking.ScopeSchool, BufferMinutes: &buffer}), booking.CodeSlotTaken, later)
}

func TestAPreviewBlamesNoChangeForWhatAnEarlierOneDid(t *testing.T) {
	p := newPreviewed(t, bookingtest.NewSchool())
	first := p.book(t, 0, bookingtest.At(1, 10, 0), bookingtest.At(1, 11, 0))
	second := p.book(t, 0, bookingtest.At(1, 11, 0), bookingtest.At(1, 12, 0))
	buffer, longest := 15, 30
	rule := booking.PolicyRule{Scope: booking.ScopeSchool, BufferMinutes: &buffer}
	doc, err := p.Put(t.Context(), bookingtest.Instructor(), rule)
	if err != nil {
		t.Fatal(err)
	}
	rule.Version, rule.LongestMinutes = doc.Version, &longest
	wantRefused(t, p.preview(t, rule), booking.CodeTooLong, first, second)
}

func TestAPreviewCountsWishesThatWouldHaveBeenAcceptedOnce(t *testing.T) {
	p := newPreviewed(t, bookingtest.NewSchool())
	for range 3 {
		_, err := p.Reserve(t.Context(), bookingtest.Student(1), booking.Request{StationID: bookingtest.StationID(0), StartsAt: bookingtest.At(1, 8, 0), EndsAt: bookingtest.At(1, 14, 0)})
		if fault.KindOf(err) != fault.KindRule {
			t.Fatal(err)
		}
		p.clock = p.clock.Add(time.Minute)
	}
	longest := 6 * 60
	rule := booking.PolicyRule{Scope: booking.ScopeSchool, LongestMinutes: &longest}
	out := p.preview(t, rule)
	if out.Wishes != 1 || out.Accepted != 1 || out.ByCode[booking.CodeTooLong] != 1 {
		t.Errorf("%+v", out)
	}
	longest = 5 * 60
	if out := p.preview(t, rule); out.Wishes != 1 || out.Accepted != 0 || len(out.ByCode) != 0 {
		t.Errorf("%+v", out)
	}
}

func TestCase14ARuleShowsBeforehandWhichBookingsStandAgainstItAndChangesNone(t *testing.T) {
	p := newPreviewed(t, bookingtest.NewSchool())
	long := p.book(t, 0, bookingtest.At(1, 10, 0), bookingtest.At(1, 12, 0))
	p.book(t, 1, bookingtest.At(2, 10, 0), bookingtest.At(2, 11, 0))
	hour := 60
	rule := booking.PolicyRule{Scope: booking.ScopeStation, ScopeID: bookingtest.StationID(0), LongestMinutes: &hour}
	wantRefused(t, p.preview(t, rule), booking.CodeTooLong, long)
	if docs, err := p.Documents(t.Context(), ""); err != nil || len(docs) != 0 {
		t.Errorf("a preview wrote %v, %v", docs, err)
	}
	doc, err := p.Put(t.Context(), bookingtest.Instructor(), rule)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := p.ByID(t.Context(), long.ID); err != nil || !b.EndsAt.Equal(long.EndsAt) || b.Version != long.Version {
		t.Errorf("the booking has changed: %+v, %v", b, err)
	}
	// What is refused already is not news.
	wantRefused(t, p.preview(t, booking.PolicyRule{Scope: rule.Scope, ScopeID: rule.ScopeID, Version: doc.Version, LongestMinutes: &hour}), "")
}

func TestNoClauseNamesWhatIsNotThere(t *testing.T) {
	p := newPreviewed(t, bookingtest.NewSchool())
	one := 1
	for code, c := range map[string]booking.Clause{
		"room_unknown":    booking.PolicyRule{Scope: booking.ScopeRoom, ScopeID: "nowhere"},
		"station_unknown": booking.Quota{Name: "x", Scope: booking.ScopeStation, ScopeID: "nowhere", Per: booking.PerPerson, Window: booking.WindowDay, MostBookings: &one},
		"team_unknown":    booking.Season{Name: "x", Starts: "2026-11-01", Ends: "2026-12-01", Kinds: []string{named{bookingtest.NewSchool()}.School.Kinds[0].ID}, Teams: []string{"nobody"}},
		"site_unknown":    booking.Term{Name: "x", SiteID: "nowhere", Starts: "2026-09-01", Ends: "2027-01-17"},
		"name_invalid":    booking.Term{Name: " x", Starts: "2026-09-01", Ends: "2027-01-17"},
	} {
		if _, err := p.Put(t.Context(), bookingtest.Instructor(), c); fault.CodeOf(err) != code {
			t.Errorf("%v, want %s", err, code)
		}
	}
}

func TestAPolicyWrittenAsARuleSaysEverything(t *testing.T) {
	rule := reflect.ValueOf(booking.DefaultPolicy().Rule())
	for i := range rule.NumField() {
		if f := rule.Field(i); f.Kind() == reflect.Pointer && f.IsNil() {
			t.Errorf("%s is left out", rule.Type().Field(i).Name)
		}
	}
	if n := len(booking.DefaultPolicy().Rule().Values()); n != len(booking.Limits()) {
		t.Errorf("%d values of %d limits", n, len(booking.Limits()))
	}
}
