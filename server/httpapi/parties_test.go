package httpapi

import (
	"net/http"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
)

// partyBody asks for so many benches, from so many hours after now, for one hour.
func (s *school) partyBody(count, hours int) map[string]any {
	from := s.clock().Add(time.Duration(hours) * time.Hour)
	return map[string]any{
		"kind": "plc-bench", "count": count, "adjacent": "required",
		"starts_at": from.Format(time.RFC3339), "ends_at": from.Add(time.Hour).Format(time.RFC3339),
	}
}

// team makes one of these roles; the first leads it.
func (s *school) team(code string, roles ...account.Role) map[string]any {
	s.t.Helper()
	var members []map[string]any
	for i, role := range roles {
		members = append(members, map[string]any{"person": s.people[role].ID, "captain": i == 0})
	}
	body := map[string]any{"code": code, "name": "Team " + code, "programme": "worldskills", "members": members}
	return s.ask(account.RoleInstructor, "POST", "/api/v1/teams", body).want(s.t, http.StatusCreated).json(s.t)
}

func TestAPartyIsMadeReadMovedAndGivenBack(t *testing.T) {
	s := newSchool(t)
	s.ask(account.RoleAdmin, "PUT", "/api/v1/policies/school", map[string]any{"many_stations": true}).want(t, http.StatusOK)
	made := s.ask(account.RoleStudent, "POST", "/api/v1/parties", s.partyBody(2, 1), "Idempotency-Key", "k").want(t, http.StatusCreated)
	again := s.ask(account.RoleStudent, "POST", "/api/v1/parties", s.partyBody(2, 1), "Idempotency-Key", "k").want(t, http.StatusCreated)
	party := made.json(t)
	if party["id"] != again.json(t)["id"] || len(party["seats"].([]any)) != 2 || made.header.Get("ETag") != `"2"` {
		t.Fatalf("unexpected party: %s", made.body)
	}
	first := party["seats"].([]any)[0].(map[string]any)
	if first["party"] != party["id"] || first["mine"] != true {
		t.Fatalf("unexpected seat: %v", first)
	}
	path := "/api/v1/parties/" + party["id"].(string)
	longer := map[string]any{"ends_at": s.clock().Add(150 * time.Minute).Format(time.RFC3339)}
	s.ask(account.RoleStudent, "PATCH", path, longer, "If-Match", `"9"`).want(t, http.StatusPreconditionFailed, "booking_changed")
	moved := s.ask(account.RoleStudent, "PATCH", path, longer, "If-Match", `"2"`).want(t, http.StatusOK)
	if moved.header.Get("ETag") != `"4"` || moved.json(t)["seats"].([]any)[1].(map[string]any)["ends_at"] != longer["ends_at"] {
		t.Fatalf("not extended: %s", moved.body)
	}
	s.ask(account.RoleStudent, "DELETE", "/api/v1/bookings/"+first["id"].(string), nil).want(t, http.StatusOK)
	s.ask(account.RoleStudent, "DELETE", path, nil, "If-Match", `"4"`).want(t, http.StatusPreconditionFailed)
	for range 2 {
		gone := s.ask(account.RoleStudent, "DELETE", path, nil).want(t, http.StatusOK).json(t)
		for _, seat := range gone["seats"].([]any) {
			if seat.(map[string]any)["status"] != "cancelled" {
				t.Errorf("still there: %v", seat)
			}
		}
	}
	s.ask(account.RolePlanner, "GET", path, nil).want(t, http.StatusOK)
	s.ask(account.RolePlanner, "DELETE", path, nil).want(t, http.StatusForbidden, "not_your_booking")
	s.ask(account.RoleStudent, "GET", "/api/v1/parties/nothing", nil).want(t, http.StatusNotFound, "party_unknown")
}

func TestARefusedPartyNamesEverySeatAndWaysOutForAll(t *testing.T) {
	s := newSchool(t)
	s.ask(account.RoleAdmin, "PUT", "/api/v1/policies/school", map[string]any{"many_stations": true}).want(t, http.StatusOK)
	s.ask(account.RoleInstructor, "POST", "/api/v1/bookings", s.slotBody("PLC-02", 1)).want(t, http.StatusCreated)
	named := s.partyBody(0, 1)
	delete(named, "kind")
	delete(named, "count")
	delete(named, "adjacent")
	named["stations"] = []string{"PLC-01", "PLC-02"}
	refused := s.ask(account.RoleStudent, "POST", "/api/v1/parties", named).want(t, http.StatusConflict, "slot_taken").json(t)
	reason := refused["refusals"].([]any)[0].(map[string]any)
	if len(refused["refusals"].([]any)) != 1 || reason["seat"] != 2.0 || reason["station"].(map[string]any)["code"] != "PLC-02" {
		t.Errorf("the reasons are %v", refused["refusals"])
	}
	for _, way := range refused["alternatives"].([]any) {
		if way.(map[string]any)["stations"] == nil {
			t.Errorf("a way out without its stations: %v", way)
		}
	}
	for _, c := range []struct {
		change map[string]any
		status int
		code   string
	}{
		{map[string]any{"count": 4}, http.StatusUnprocessableEntity, "too_few_stations"},
		{map[string]any{"count": 101}, http.StatusBadRequest, "request_invalid"},
		{map[string]any{"room": "R9"}, http.StatusNotFound, "room_unknown"},
		{map[string]any{"team": "nobody's"}, http.StatusNotFound, "team_unknown"},
		{map[string]any{"kind": "nothing"}, http.StatusNotFound, "kind_unknown"},
		{map[string]any{"stations": []string{"PLC-01"}}, http.StatusUnprocessableEntity, "station_or_kind"},
		{map[string]any{"people": []string{"me", "me", "me"}}, http.StatusUnprocessableEntity, "party_people"},
		{map[string]any{"people": []string{s.people[account.RoleInstructor].ID}}, http.StatusForbidden, "may_not_book_for_others"},
	} {
		body := s.partyBody(2, 5)
		for key, value := range c.change {
			body[key] = value
		}
		s.ask(account.RoleStudent, "POST", "/api/v1/parties", body).want(t, c.status, c.code)
	}
}

func TestATeamSeesItsBookingsAndItsCaptainsMakeThem(t *testing.T) {
	s := newSchool(t)
	team := s.team("WS", account.RolePlanner, account.RoleStudent)
	body := s.partyBody(2, 1)
	body["team"] = "WS"
	s.ask(account.RoleStudent, "POST", "/api/v1/parties", body).want(t, http.StatusForbidden, "not_captain")
	party := s.ask(account.RolePlanner, "POST", "/api/v1/parties", body).want(t, http.StatusCreated).json(t)
	if party["team"].(map[string]any)["code"] != "WS" {
		t.Errorf("for %v", party["team"])
	}
	path := "/api/v1/parties/" + party["id"].(string)
	seen := s.ask(account.RoleStudent, "GET", path, nil).want(t, http.StatusOK).json(t)["seats"].([]any)[0].(map[string]any)
	if seen["person"].(map[string]any)["name"] != "The planner" || seen["programme"] != "worldskills" {
		t.Errorf("a member sees %v", seen)
	}
	s.ask(account.RoleStudent, "DELETE", path, nil).want(t, http.StatusForbidden, "not_captain")
	list := s.ask(account.RoleStudent, "GET", "/api/v1/bookings?team=WS", nil).want(t, http.StatusOK).json(t)
	if len(list["items"].([]any)) != 2 {
		t.Errorf("the team has %v", list["items"])
	}
	other := s.team("OTHER", account.RoleAdmin)
	s.ask(account.RoleStudent, "GET", "/api/v1/bookings?team=OTHER", nil).want(t, http.StatusNotFound, "team_unknown")
	single := s.slotBody("PLC-03", 4)
	single["team"] = team["id"]
	s.ask(account.RolePlanner, "POST", "/api/v1/bookings", single).want(t, http.StatusCreated)

	closed := s.ask(account.RoleInstructor, "PATCH", "/api/v1/teams/"+other["id"].(string), map[string]any{"disabled": true}, "If-Match", `"1"`).want(t, http.StatusOK)
	if closed.json(t)["disabled"] != true || closed.header.Get("ETag") != `"2"` {
		t.Errorf("not closed: %s", closed.body)
	}
	body = s.partyBody(1, 8)
	body["team"] = "OTHER"
	s.ask(account.RoleAdmin, "POST", "/api/v1/parties", body).want(t, http.StatusUnprocessableEntity, "team_disabled")
}

func TestTeamsAreListedForTheirMembersAndManagedByStaff(t *testing.T) {
	s := newSchool(t)
	ws := s.team("WS", account.RoleStudent)
	s.team("OTHER", account.RolePlanner)
	for role, want := range map[account.Role]int{account.RoleStudent: 1, account.RolePlanner: 1, account.RoleInstructor: 2, account.RoleAdmin: 2} {
		if items := s.ask(role, "GET", "/api/v1/teams", nil).want(t, http.StatusOK).json(t)["items"].([]any); len(items) != want {
			t.Errorf("%s sees %d teams, want %d", role, len(items), want)
		}
	}
	if items := s.ask(account.RoleAdmin, "GET", "/api/v1/teams?person=me", nil).want(t, http.StatusOK).json(t)["items"].([]any); len(items) != 0 {
		t.Errorf("the admin is in %v", items)
	}
	s.ask(account.RoleStudent, "GET", "/api/v1/teams?person="+s.people[account.RolePlanner].ID, nil).want(t, http.StatusForbidden, "not_allowed")
	path := "/api/v1/teams/" + ws["id"].(string)
	me := map[string]any{"person": "me"}
	s.ask(account.RoleStudent, "PATCH", path, map[string]any{"name": "mine"}).want(t, http.StatusForbidden)
	s.ask(account.RoleInstructor, "PATCH", path, map[string]any{"code": "OTHER"}).want(t, http.StatusConflict, "code_taken")
	s.ask(account.RoleInstructor, "PATCH", path, map[string]any{"members": []any{me, me}}).want(t, http.StatusUnprocessableEntity, "member_twice")
	s.ask(account.RoleInstructor, "PATCH", path, map[string]any{"members": []any{map[string]any{"person": "nobody"}}}).want(t, http.StatusNotFound, "person_unknown")
	changed := s.ask(account.RoleInstructor, "PATCH", path, map[string]any{"members": []any{me}}).want(t, http.StatusOK).json(t)
	if len(changed["members"].([]any)) != 1 || changed["captain"] != false {
		t.Errorf("now %v", changed)
	}
	if items := s.ask(account.RoleStudent, "GET", "/api/v1/teams", nil).want(t, http.StatusOK).json(t)["items"].([]any); len(items) != 0 {
		t.Errorf("who has left sees %v", items)
	}
	s.ask(account.RoleInstructor, "PATCH", path, map[string]any{"name": "old"}, "If-Match", `"1"`).want(t, http.StatusPreconditionFailed)
}

func TestNamesAreFoundByThoseWhoMaySeeThem(t *testing.T) {
	s := newSchool(t)
	for role, want := range map[account.Role]int{account.RoleStudent: 0, account.RoleInstructor: 1, account.RoleAdmin: 1} {
		if items := s.ask(role, "GET", "/api/v1/names?q=PLANN", nil).want(t, http.StatusOK).json(t)["items"].([]any); len(items) != want {
			t.Errorf("%s finds %v", role, items)
		}
	}
}
