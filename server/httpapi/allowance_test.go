package httpapi

import (
	"net/http"
	"slices"
	"testing"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/live"
)

func TestPeopleSeeWhatIsLeftAndWhatTodaysRulesWouldSay(t *testing.T) {
	s := newSchool(t)
	none := s.ask(account.RoleStudent, "GET", "/api/v1/stations/PLC-01/allowance", nil).want(t, http.StatusOK).json(t)
	if len(none["items"].([]any)) != 0 {
		t.Errorf("without a quota: %v", none)
	}
	quota := map[string]any{"name": "a week", "scope": "school", "per": "person", "window": "week", "most_minutes": 360}
	s.ask(account.RoleAdmin, "POST", "/api/v1/quotas", quota).want(t, http.StatusCreated)
	made := s.ask(account.RoleStudent, "POST", "/api/v1/bookings", s.slotBody("PLC-01", 1)).want(t, http.StatusCreated).json(t)
	left := s.ask(account.RoleStudent, "GET", "/api/v1/stations/PLC-02/allowance?at="+made["starts_at"].(string), nil).want(t, http.StatusOK).json(t)
	item := left["items"].([]any)[0].(map[string]any)
	if item["most_minutes"] != 360.0 || item["left_minutes"] != 300.0 || item["spent_minutes"] != 60.0 || item["window"] != "week" {
		t.Errorf("after an hour: %v", item)
	}
	s.ask(account.RoleStudent, "GET", "/api/v1/stations/PLC-02/allowance?person="+s.people[account.RoleInstructor].ID, nil).want(t, http.StatusForbidden)
	s.ask(account.RoleStudent, "GET", "/api/v1/stations/NONE/allowance", nil).want(t, http.StatusNotFound, "station_unknown")

	path := "/api/v1/bookings/" + made["id"].(string)
	if before := s.ask(account.RoleStudent, "GET", path, nil).want(t, http.StatusOK).json(t); before["flags"] != nil {
		t.Errorf("flags before: %v", before["flags"])
	}
	s.ask(account.RoleAdmin, "PUT", "/api/v1/policies/school", map[string]any{"min_people": 2}).want(t, http.StatusOK)
	after := s.ask(account.RoleStudent, "GET", path, nil).want(t, http.StatusOK).json(t)
	if flags, _ := after["flags"].([]any); !slices.Equal(flags, []any{"buddy_needed"}) {
		t.Errorf("flags after: %v", after["flags"])
	}

	alone := s.slotBody("PLC-02", 3)
	s.ask(account.RoleStudent, "POST", "/api/v1/bookings", alone).want(t, http.StatusUnprocessableEntity, "buddy_needed")
	alone["companions"] = []string{"nobody"}
	s.ask(account.RoleStudent, "POST", "/api/v1/bookings", alone).want(t, http.StatusNotFound, "companion_unknown")
	alone["companions"] = []string{s.people[account.RoleStudent].ID}
	s.ask(account.RoleStudent, "POST", "/api/v1/bookings", alone).want(t, http.StatusUnprocessableEntity, "companions_invalid")
	alone["companions"] = []string{"instructor"} // a login
	both := s.ask(account.RoleStudent, "POST", "/api/v1/bookings", alone).want(t, http.StatusCreated).json(t)
	if with, _ := both["companions"].([]any); len(with) != 1 || with[0].(map[string]any)["id"] != s.people[account.RoleInstructor].ID {
		t.Errorf("together with %v", both["companions"])
	}
	path = "/api/v1/bookings/" + both["id"].(string)
	s.ask(account.RoleStudent, "PATCH", path, map[string]any{"companions": []string{}}).want(t, http.StatusUnprocessableEntity, "buddy_needed")
	s.ask(account.RoleStudent, "PATCH", path, map[string]any{"companions": []string{"nobody"}}).want(t, http.StatusNotFound, "companion_unknown")
	changed := s.ask(account.RoleStudent, "PATCH", path, map[string]any{"companions": []string{"planner"}}).want(t, http.StatusOK).json(t)
	if with := changed["companions"].([]any); len(with) != 1 || with[0].(map[string]any)["id"] != s.people[account.RolePlanner].ID {
		t.Errorf("now together with %v", with)
	}
	own := s.slotBody("PLC-01", 3)
	own["companions"] = []string{"instructor"}
	s.ask(account.RolePlanner, "POST", "/api/v1/bookings", own).want(t, http.StatusUnprocessableEntity, "person_busy")
	s.ask(account.RolePlanner, "PATCH", path, map[string]any{"purpose": "research"}).want(t, http.StatusForbidden, "not_your_booking")
	s.ask(account.RolePlanner, "PATCH", path, map[string]any{"companions": []string{}}).want(t, http.StatusForbidden, "not_your_booking")
	mine := s.ask(account.RolePlanner, "GET", "/api/v1/bookings", nil).want(t, http.StatusOK).json(t)["items"].([]any)
	if len(mine) != 1 || mine[0].(map[string]any)["along"] != true || mine[0].(map[string]any)["mine"] != false {
		t.Errorf("the planner's: %v", mine)
	}
	wait := s.waitBody("PLC-02", 3)
	s.ask(account.RoleAdmin, "POST", "/api/v1/waits", wait).want(t, http.StatusUnprocessableEntity, "buddy_needed")
	wait["companions"] = []string{"instructor"}
	waits := s.ask(account.RoleAdmin, "POST", "/api/v1/waits", wait).want(t, http.StatusCreated).json(t)
	if with, _ := waits["companions"].([]any); len(with) != 1 || with[0].(map[string]any)["id"] != s.people[account.RoleInstructor].ID {
		t.Errorf("waits with %v", waits)
	}
	series := map[string]any{"stations": []string{"PLC-01"}, "first": s.clock().AddDate(0, 0, 2).Format("2006-01-02"), "rule": "FREQ=DAILY;COUNT=1", "starts": "12:00", "ends": "13:00", "dry_run": true}
	party := s.slotBody("", 5)
	delete(party, "station")
	party["stations"] = []string{"PLC-01"}
	for _, c := range []struct {
		named []string
		codes []string
	}{{nil, []string{"buddy_needed"}}, {[]string{"nobody"}, []string{"companion_unknown"}}, {[]string{"instructor"}, nil}} {
		series["companions"], party["companions"] = c.named, c.named
		if c.named == nil {
			delete(series, "companions")
			delete(party, "companions")
		}
		plan, made := s.ask(account.RoleStudent, "POST", "/api/v1/series", series), s.ask(account.RoleStudent, "POST", "/api/v1/parties", party)
		switch {
		case c.codes == nil:
			made.want(t, http.StatusCreated)
			if one := plan.want(t, http.StatusOK).json(t)["occurrences"].([]any)[0].(map[string]any); one["outcome"] != "booked" {
				t.Errorf("a series with company: %v", one)
			}
		case c.named == nil:
			made.want(t, http.StatusUnprocessableEntity, c.codes...)
			if one := plan.want(t, http.StatusOK).json(t)["occurrences"].([]any)[0].(map[string]any); one["outcome"] != "refused" {
				t.Errorf("a series without company: %v", one)
			}
		default:
			made.want(t, http.StatusNotFound, c.codes...)
			plan.want(t, http.StatusNotFound, c.codes...)
		}
	}
	s.ask(account.RoleStudent, "POST", path+"/leave", nil).want(t, http.StatusForbidden, "not_company")
	gone := s.ask(account.RolePlanner, "POST", path+"/leave", nil).want(t, http.StatusOK).json(t)
	if gone["companions"] != nil || gone["along"] != nil {
		t.Errorf("left: %v", gone)
	}
	if seen := s.ask(account.RoleStudent, "GET", path, nil).want(t, http.StatusOK).json(t); seen["company_until"] != seen["starts_at"] {
		t.Errorf("now alone: %v", seen)
	}
	s.ask(account.RolePlanner, "POST", "/api/v1/bookings", own).want(t, http.StatusCreated)
	if me := s.ask(account.RoleAdmin, "PATCH", "/api/v1/me", map[string]any{"may_be_named": false}).want(t, http.StatusOK).json(t); me["person"].(map[string]any)["may_be_named"] != false {
		t.Errorf("the admin is now %v", me)
	}
	s.ask(account.RoleStudent, "PATCH", path, map[string]any{"companions": []string{"admin"}}).want(t, http.StatusUnprocessableEntity, "companion_declines")
}

func TestWhoComesAlongSeesTheBookingOnTheBoard(t *testing.T) {
	b := live.Slot{BookingID: "b", PersonID: "li", PersonName: "Li", Companions: "wu chen", Verdict: booking.VerdictArrived}
	for _, test := range []struct {
		id          string
		mine, along bool
	}{{"li", true, false}, {"chen", false, true}, {"che", false, false}} {
		got := slot(&caller{Actor: account.SignedIn(test.id, account.RoleStudent)}, b)
		if sees := test.mine || test.along; got.Mine != test.mine || (got.Along != nil) != test.along || (got.Verdict != nil) != sees || (got.PersonName != nil) != sees {
			t.Errorf("%s sees %+v", test.id, got)
		}
	}
}
