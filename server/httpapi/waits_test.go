package httpapi

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
)

// waitBody waits for an hour of a station, as slotBody books it.
func (s *school) waitBody(station string, hour int) map[string]any {
	slot := s.slotBody(station, hour)
	return map[string]any{"station": station, "from": slot["starts_at"], "until": slot["ends_at"], "wanted_minutes": 60, "shortest_minutes": 30}
}

func items(t testing.TB, a answered) []map[string]any {
	t.Helper()
	var out []map[string]any
	for _, item := range a.want(t, http.StatusOK).json(t)["items"].([]any) {
		out = append(out, item.(map[string]any))
	}
	return out
}

func TestWhoWaitsIsOfferedWhatBecomesFreeAndTakesIt(t *testing.T) {
	s := newSchool(t)
	taken := s.ask(account.RoleInstructor, "POST", "/api/v1/bookings", s.slotBody("PLC-01", 1)).want(t, http.StatusCreated).json(t)
	free := s.ask(account.RoleStudent, "POST", "/api/v1/waits", s.waitBody("PLC-02", 1)).want(t, http.StatusUnprocessableEntity, "free_now").json(t)
	if way := free["alternatives"].([]any)[0].(map[string]any); way["why"] != "free" {
		t.Errorf("what is free is told as %v", way)
	}
	wait := s.ask(account.RoleStudent, "POST", "/api/v1/waits", s.waitBody("PLC-01", 1)).want(t, http.StatusCreated).json(t)
	if wait["state"] != "waiting" || wait["place"] != 1.0 || wait["mine"] != true || wait["shortest_minutes"] != 30.0 || wait["programme"] != "mechatronics" {
		t.Errorf("joined as %v", wait)
	}
	s.ask(account.RoleStudent, "POST", "/api/v1/waits", s.waitBody("PLC-01", 1)).want(t, http.StatusConflict, "already_waiting")
	second := s.ask(account.RolePlanner, "POST", "/api/v1/waits", s.waitBody("PLC-01", 1)).want(t, http.StatusCreated).json(t)
	if second["place"] != 2.0 {
		t.Errorf("the second is at place %v", second["place"])
	}
	s.ask(account.RoleInstructor, "DELETE", "/api/v1/bookings/"+taken["id"].(string), nil).want(t, http.StatusOK)

	list := items(t, s.ask(account.RoleStudent, "GET", "/api/v1/waits", nil))
	if len(list) != 1 || list[0]["state"] != "offered" {
		t.Fatalf("the student has %v", list)
	}
	offer := list[0]["offer"].(map[string]any)
	if want := s.clock().Add(15 * time.Minute).Format(time.RFC3339); offer["status"] != "held" || offer["held_until"] != want || offer["wait"] != wait["id"] {
		t.Errorf("the offer is %v, want it held until %s", offer, want)
	}
	path := "/api/v1/offers/" + offer["id"].(string)
	s.ask(account.RolePlanner, "POST", path+"/accept", nil).want(t, http.StatusForbidden, "not_your_booking")
	booked := s.ask(account.RoleStudent, "POST", path+"/accept", nil).want(t, http.StatusOK)
	if b := booked.json(t); b["status"] != "confirmed" || b["held_until"] != nil || booked.header.Get("ETag") != `"2"` {
		t.Errorf("accepted as %s", booked.body)
	}
	s.ask(account.RoleStudent, "POST", path+"/accept", nil).want(t, http.StatusOK)
	s.ask(account.RoleStudent, "POST", path+"/decline", nil).want(t, http.StatusConflict, "offer_accepted")
	if open := items(t, s.ask(account.RoleStudent, "GET", "/api/v1/waits", nil)); len(open) != 0 {
		t.Errorf("still open: %v", open)
	}
	if all := items(t, s.ask(account.RoleStudent, "GET", "/api/v1/waits?closed=true", nil)); len(all) != 1 || all[0]["state"] != "booked" {
		t.Errorf("what became of it: %v", all)
	}
}

// asked counts what is asked of bookings.
type asked struct {
	Bookings
	each, lists atomic.Int32
}

func (a *asked) ByID(ctx context.Context, id string) (booking.Booking, error) {
	a.each.Add(1)
	return a.Bookings.ByID(ctx, id)
}

func (a *asked) List(ctx context.Context, f booking.Filter) ([]booking.Booking, error) {
	a.lists.Add(1)
	return a.Bookings.List(ctx, f)
}

func TestTheOffersOfAListOfWaitsAreOneQuestion(t *testing.T) {
	var counted *asked
	s := newSchool(t, func(_ *Config, d *Deps) {
		counted = &asked{Bookings: d.Bookings}
		d.Bookings = counted
	})
	for hour := range 3 {
		taken := s.ask(account.RoleInstructor, "POST", "/api/v1/bookings", s.slotBody("PLC-01", hour+1)).want(t, http.StatusCreated).json(t)
		s.ask(account.RoleStudent, "POST", "/api/v1/waits", s.waitBody("PLC-01", hour+1)).want(t, http.StatusCreated)
		s.ask(account.RoleInstructor, "DELETE", "/api/v1/bookings/"+taken["id"].(string), nil).want(t, http.StatusOK)
	}
	counted.each.Store(0)
	counted.lists.Store(0)
	list := items(t, s.ask(account.RoleStudent, "GET", "/api/v1/waits?closed=true", nil))
	for _, wait := range list {
		if wait["offer"] == nil {
			t.Errorf("no offer in %v", wait)
		}
	}
	if len(list) != 3 || counted.each.Load() != 0 || counted.lists.Load() != 1 {
		t.Errorf("%d entries asked %d bookings one by one and %d lists", len(list), counted.each.Load(), counted.lists.Load())
	}
}

func TestAnOfferThatIsTooLateIsGoneAndOneThatIsLeftGoesToTheNext(t *testing.T) {
	s := newSchool(t)
	taken := s.ask(account.RoleInstructor, "POST", "/api/v1/bookings", s.slotBody("PLC-01", 1)).want(t, http.StatusCreated).json(t)
	for _, role := range []account.Role{account.RoleStudent, account.RolePlanner, account.RoleAdmin} {
		s.ask(role, "POST", "/api/v1/waits", s.waitBody("PLC-01", 1)).want(t, http.StatusCreated)
	}
	s.ask(account.RoleInstructor, "DELETE", "/api/v1/bookings/"+taken["id"].(string), nil).want(t, http.StatusOK)
	offerOf := func(role account.Role) string {
		return items(t, s.ask(role, "GET", "/api/v1/waits", nil))[0]["offer"].(map[string]any)["id"].(string)
	}
	first := offerOf(account.RoleStudent)
	s.ask(account.RoleStudent, "POST", "/api/v1/offers/"+first+"/decline", nil).want(t, http.StatusOK)
	second := offerOf(account.RolePlanner)
	s.ask(account.RoleStudent, "POST", "/api/v1/offers/"+second+"/accept", nil).want(t, http.StatusNotFound, "booking_unknown")
	s.wait(15 * time.Minute)
	s.ask(account.RolePlanner, "POST", "/api/v1/offers/"+second+"/accept", nil).want(t, http.StatusConflict, "offer_expired")
	all := items(t, s.ask(account.RoleInstructor, "GET", "/api/v1/waits?of=all&closed=true", nil))
	if len(all) != 3 || all[0]["state"] != "withdrawn" {
		t.Errorf("all are %v", all)
	}
	s.ask(account.RoleStudent, "GET", "/api/v1/waits?of=all", nil).want(t, http.StatusForbidden, "not_allowed")
	last := items(t, s.ask(account.RoleAdmin, "GET", "/api/v1/waits", nil))[0]["id"].(string)
	s.ask(account.RoleStudent, "DELETE", "/api/v1/waits/"+last, nil).want(t, http.StatusNotFound, "wait_unknown")
	if gone := s.ask(account.RoleAdmin, "DELETE", "/api/v1/waits/"+last, nil).want(t, http.StatusOK).json(t); gone["state"] != "withdrawn" {
		t.Errorf("withdrawn as %v", gone)
	}
}

func TestNobodyCanBreakTheWaitlist(t *testing.T) {
	s := newSchool(t)
	for name, body := range map[string]any{
		"nothing":           map[string]any{},
		"no number":         `{"station":"PLC-01","from":"2026-11-24T01:00:00Z","until":"2026-11-24T03:00:00Z","wanted_minutes":"x"}`,
		"no length":         `{"station":"PLC-01","from":"2026-11-24T01:00:00Z","until":"2026-11-24T03:00:00Z","wanted_minutes":0}`,
		"more than a month": `{"station":"PLC-01","from":"2026-11-24T01:00:00Z","until":"2027-03-24T03:00:00Z","wanted_minutes":60}`,
		"backwards":         `{"station":"PLC-01","from":"2026-11-24T03:00:00Z","until":"2026-11-24T01:00:00Z","wanted_minutes":60}`,
		"two things":        `{"station":"PLC-01","room":"R1","from":"2026-11-24T01:00:00Z","until":"2026-11-24T03:00:00Z","wanted_minutes":60}`,
		"nobody's room":     `{"room":"\u0000","from":"2026-11-24T01:00:00Z","until":"2026-11-24T03:00:00Z","wanted_minutes":60}`,
	} {
		if a := s.ask(account.RoleStudent, "POST", "/api/v1/waits", body); a.status < 400 || a.status >= 500 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	for _, path := range []string{"/api/v1/waits?cursor=x", "/api/v1/waits?limit=0", "/api/v1/waits?of=you"} {
		if a := s.ask(account.RoleStudent, "GET", path, nil); a.status < 400 || a.status >= 500 {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	s.ask(account.RoleStudent, "POST", "/api/v1/offers/nothing/accept", nil).want(t, http.StatusNotFound, "booking_unknown")
	s.ask(account.RoleStudent, "DELETE", "/api/v1/waits/nothing", nil).want(t, http.StatusNotFound, "wait_unknown")
}

func TestARequestIsAnsweredByThoseWhomThePolicyNames(t *testing.T) {
	s := newSchool(t)
	s.ask(account.RoleAdmin, "PUT", "/api/v1/policies/station/PLC-01", map[string]any{"approval": "instructor"}).want(t, http.StatusOK)
	asked := s.ask(account.RoleStudent, "POST", "/api/v1/bookings", s.slotBody("PLC-01", 1)).want(t, http.StatusCreated).json(t)
	if asked["status"] != "requested" {
		t.Fatalf("made %v", asked)
	}
	if list := items(t, s.ask(account.RoleInstructor, "GET", "/api/v1/requests", nil)); len(list) != 1 || list[0]["person"] == nil {
		t.Errorf("the instructor sees %v", list)
	}
	s.ask(account.RoleStudent, "GET", "/api/v1/requests", nil).want(t, http.StatusForbidden)
	path := "/api/v1/bookings/" + asked["id"].(string)
	s.ask(account.RoleStudent, "POST", path+"/approve", nil).want(t, http.StatusForbidden)
	s.ask(account.RoleInstructor, "POST", path+"/approve", nil, "If-Match", `"9"`).want(t, http.StatusPreconditionFailed, "booking_changed")
	yes := s.ask(account.RoleInstructor, "POST", path+"/approve", nil, "If-Match", `"1"`).want(t, http.StatusOK)
	if yes.json(t)["status"] != "confirmed" || yes.header.Get("ETag") != `"2"` {
		t.Errorf("approved as %s", yes.body)
	}
	s.ask(account.RoleInstructor, "POST", path+"/decline", map[string]any{"reason": "no"}).want(t, http.StatusConflict, "no_request")
	later := s.ask(account.RoleStudent, "POST", "/api/v1/bookings", s.slotBody("PLC-01", 3)).want(t, http.StatusCreated).json(t)
	path = "/api/v1/bookings/" + later["id"].(string)
	s.ask(account.RoleInstructor, "POST", path+"/decline", map[string]any{"reason": ""}).want(t, http.StatusBadRequest)
	if no := s.ask(account.RoleInstructor, "POST", path+"/decline", map[string]any{"reason": "the bench is for the team"}).want(t, http.StatusOK).json(t); no["status"] != "cancelled" {
		t.Errorf("declined as %v", no)
	}
}

func TestCase13AStalePageThatBooksATakenSlotIsToldWhyAndWhatCanBeInstead(t *testing.T) {
	s := newSchool(t)
	page := s.slotBody("PLC-01", 1) // what the page showed as free
	s.ask(account.RoleInstructor, "POST", "/api/v1/bookings", page).want(t, http.StatusCreated)
	no := s.ask(account.RoleStudent, "POST", "/api/v1/bookings", page).want(t, http.StatusConflict, "slot_taken").json(t)
	refusal := no["refusals"].([]any)[0].(map[string]any)
	if refusal["code"] != "slot_taken" || refusal["limit"] != page["starts_at"].(string)+"/"+page["ends_at"].(string) || refusal["overridable_by"] != nil {
		t.Errorf("the reason is %v", refusal)
	}
	ways := no["alternatives"].([]any)
	if len(ways) == 0 || len(ways) > 3 {
		t.Fatalf("the ways out are %v", ways)
	}
	for _, way := range ways {
		instead := way.(map[string]any)
		body := map[string]any{
			"station": instead["station"].(map[string]any)["id"], "starts_at": instead["starts_at"], "ends_at": instead["ends_at"],
		}
		made := s.ask(account.RoleStudent, "POST", "/api/v1/bookings", body).want(t, http.StatusCreated).json(t)
		s.ask(account.RoleStudent, "DELETE", "/api/v1/bookings/"+made["id"].(string), nil).want(t, http.StatusOK)
	}
	s.ask(account.RoleStudent, "POST", "/api/v1/waits", s.waitBody("PLC-01", 1)).want(t, http.StatusCreated)
}
