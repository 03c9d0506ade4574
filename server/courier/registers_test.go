package courier_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/courier"
	"github.com/labtide/labtide/server/equipment"
)

// staffed is a school whose CNC mill, s-1, only an administrator may approve, and whose bench, s-2, instructors may.
type staffed struct {
	account.PersonStore
	booking.Store
	people []account.Person
}

func (s staffed) People(context.Context) ([]account.Person, error) { return s.people, nil }

func (staffed) Rules(context.Context) (*booking.Rules, error) {
	policy := func(station string, a booking.Approval) booking.PolicyRule {
		return booking.PolicyRule{Scope: booking.ScopeStation, ScopeID: station, Approval: new(a)}
	}
	return booking.NewRules(booking.Facts{
		Sites:    []equipment.Site{{ID: "site", TimeZone: "UTC"}},
		Stations: []equipment.Station{{ID: "s-1", SiteID: "site"}, {ID: "s-2", SiteID: "site"}},
		Policies: []booking.PolicyRule{policy("s-1", booking.ApprovalAdmin), policy("s-2", booking.ApprovalInstructor)},
	}), nil
}

func TestThoseAreToldWhoMayDoWhatAnEventAsksFor(t *testing.T) {
	someone := func(id string, role account.Role) account.Person {
		return account.Person{ID: id, Role: role, Email: id + "@school.example"}
	}
	gone, paper := someone("gone", account.RoleAdmin), someone("paper", account.RoleAdmin)
	gone.DisabledAt, paper.Email = time.Unix(1, 0), ""
	all := []account.Person{
		someone("zhao", account.RoleAdmin), someone("chen", account.RoleInstructor), someone("plan", account.RolePlanner), someone("li", account.RoleStudent), gone, paper,
	}
	event := func(e booking.Event, station string) booking.Effect {
		return booking.Effect{Event: e, StationID: station}
	}
	appeal := booking.Effect{Event: booking.EventAppealMade, Body: map[string]string{courier.FactPerson: "chen"}}
	for _, test := range []struct {
		name   string
		people []account.Person
		effect booking.Effect
		want   []string
	}{
		{"a request that only an administrator may approve", all, event(booking.EventRequested, "s-1"), []string{"zhao"}},
		{"a request that instructors may approve", all, event(booking.EventRequested, "s-2"), []string{"zhao", "chen"}},
		{"a request, and no instructor has an address", all[:1], event(booking.EventRequested, "s-2"), []string{"zhao"}},
		{"a fault", all, event(booking.EventOutageReported, "s-1"), []string{"zhao", "chen"}},
		{"an appeal, and nobody decides about their own", all, appeal, []string{"zhao"}},
		{"somebody sits at a booked station", all, event(booking.EventOccupied, "s-2"), []string{"zhao", "chen"}},
	} {
		school := staffed{people: test.people}
		readers, err := courier.Registers{People: school, Book: school}.Readers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := readers(test.effect); !slices.Equal(got, test.want) {
			t.Errorf("%s: told %v, want %v", test.name, got, test.want)
		}
	}
}
