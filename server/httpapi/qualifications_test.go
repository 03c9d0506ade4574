package httpapi

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
)

func TestAQualificationIsGrantedRenewedAndRevoked(t *testing.T) {
	s := newSchool(t)
	service := s.deps.Bookings.(*booking.Service)
	_, err := service.SetPolicy(t.Context(), account.SignedIn("x", account.RoleAdmin), booking.PolicyRule{Scope: booking.ScopeSchool, Qualification: new(true)})
	s.must(err)
	student := s.people[account.RoleStudent].ID
	mine := func() map[string]any {
		return s.ask(account.RoleStudent, "GET", "/api/v1/me/qualifications", nil).want(t, 200).json(t)
	}
	before := mine()
	missing := before["missing"].([]any)
	if len(missing) == 0 || len(before["items"].([]any)) != 0 || len(before["granters"].([]any)) != 2 {
		t.Fatalf("at first: %v", before)
	}
	kind := missing[0].(map[string]any)["kind"].(map[string]any)["code"]
	grant := map[string]any{"person": student, "kind": kind, "expires_at": s.clock().Add(24 * time.Hour).Format(time.RFC3339), "note": "safety course"}
	s.ask(account.RoleStudent, "POST", "/api/v1/qualifications", grant).want(t, 403, "not_allowed")
	s.ask(account.RolePlanner, "GET", "/api/v1/qualifications", nil).want(t, 403, "not_allowed")
	granted := s.ask(account.RoleInstructor, "POST", "/api/v1/qualifications", grant).want(t, 201).json(t)
	if granted["state"] != "ending" || granted["granted_by"].(map[string]any)["id"] != s.people[account.RoleInstructor].ID {
		t.Errorf("granted is %v", granted)
	}
	if after := mine(); len(after["missing"].([]any)) != len(missing)-1 {
		t.Errorf("afterwards: %v", after)
	}
	again := s.ask(account.RoleAdmin, "POST", "/api/v1/qualifications", map[string]any{"person": student, "kind": kind}).want(t, 201).json(t)
	if again["id"] != granted["id"] || again["state"] != "valid" || again["expires_at"] != nil {
		t.Errorf("granted again is %v", again)
	}
	path := "/api/v1/qualifications/" + granted["id"].(string)
	s.ask(account.RoleInstructor, "PATCH", path, map[string]any{"note": "x"}, "If-Match", `"1"`).want(t, 412, "qualification_changed")
	s.ask(account.RoleInstructor, "PATCH", path, map[string]any{"expires_at": "2026-01-01T00:00:00Z"}).want(t, 422, "expiry_past")
	s.ask(account.RoleInstructor, "PATCH", path, map[string]any{"never_expires": true, "expires_at": "2027-01-01T00:00:00Z"}).want(t, 422, "end_or_never")
	s.ask(account.RoleInstructor, "PATCH", path, map[string]any{"expires_at": "2027-01-01T00:00:00Z"}).want(t, 200)
	s.ask(account.RoleInstructor, "POST", path+"/revoke", nil).want(t, 200)
	s.ask(account.RoleInstructor, "POST", path+"/revoke", nil).want(t, 409, "qualification_revoked")
	s.ask(account.RoleInstructor, "POST", "/api/v1/qualifications/none/revoke", nil).want(t, 404, "qualification_unknown")
	s.ask(account.RoleInstructor, "POST", "/api/v1/qualifications", map[string]any{"person": "nobody", "kind": kind}).want(t, 404, "person_unknown")
	all := s.ask(account.RoleInstructor, "GET", "/api/v1/qualifications?person="+student, nil).want(t, 200).json(t)["items"].([]any)
	if len(all) != 1 || all[0].(map[string]any)["state"] != "revoked" {
		t.Errorf("all are %v", all)
	}
	if after := mine(); len(after["missing"].([]any)) != len(missing) {
		t.Errorf("in the end: %v", after)
	}
}

func TestTheTrailOfABookingSaysWhoDidWhatAndWhy(t *testing.T) {
	s := newSchool(t)
	made := s.ask(account.RoleStudent, "POST", "/api/v1/bookings", s.slotBody("PLC-01", 1)).want(t, 201).json(t)
	s.wait(time.Second)
	s.ask(account.RoleInstructor, "POST", "/api/v1/outages", map[string]any{"station": "PLC-01", "reason": "smoke"}).want(t, 201)
	path := "/api/v1/bookings/" + made["id"].(string) + "/trail"
	for _, role := range []account.Role{account.RoleStudent, account.RolePlanner} {
		lines := s.ask(role, "GET", path, nil).want(t, 200).json(t)["items"].([]any)
		if len(lines) != 2 {
			t.Fatalf("%d lines for the %s", len(lines), role)
		}
		first, moved := lines[0].(map[string]any), lines[1].(map[string]any)
		change := moved["changes"].([]any)[0].(map[string]any)
		if moved["act"] != "reseated" || moved["reason"] != "smoke" || change["field"] != "station" || change["from"] != "PLC-01" || change["to"] != "PLC-02" {
			t.Errorf("the move is %v", moved)
		}
		student := role == account.RoleStudent
		if (first["mine"] == true) != student || (moved["person"] == nil) != student {
			t.Errorf("the %s sees %v and %v", role, first, moved)
		}
	}
	s.ask(account.RoleStudent, "GET", "/api/v1/bookings/none/trail", nil).want(t, 404, "booking_unknown")
}

func TestTheAuditIsReadPageByPageByThoseWhoMay(t *testing.T) {
	s := newSchool(t)
	s.ask(account.RoleStudent, "POST", "/api/v1/bookings", s.slotBody("PLC-01", 1)).want(t, 201)
	s.wait(time.Second)
	s.ask(account.RoleInstructor, "POST", "/api/v1/outages", map[string]any{"station": "PLC-01", "reason": "smoke"}).want(t, 201)
	s.ask(account.RoleStudent, "GET", "/api/v1/audit", nil).want(t, 403, "not_allowed")
	var acts []string
	for query := "?limit=1"; query != ""; {
		page := s.ask(account.RolePlanner, "GET", "/api/v1/audit"+query, nil).want(t, 200).json(t)
		line := page["items"].([]any)[0].(map[string]any)
		if source := line["source"]; source != "person" && source != "token" { // how the school was made
			acts = append(acts, line["act"].(string))
		}
		query = ""
		if next, ok := page["next"].(string); ok {
			query = "?limit=1&cursor=" + next
		}
	}
	if len(acts) != 3 || acts[0] != "reseated" || acts[1] != "started" || acts[2] != "reserved" {
		t.Errorf("the acts are %v", acts)
	}
	at := s.ask(account.RolePlanner, "GET", "/api/v1/audit?station=PLC-01&act=started", nil).want(t, 200).json(t)["items"].([]any)
	if len(at) != 1 || at[0].(map[string]any)["station"].(map[string]any)["code"] != "PLC-01" {
		t.Errorf("at the station: %v", at)
	}
	s.ask(account.RolePlanner, "GET", "/api/v1/audit?cursor=bm8", nil).want(t, 422, "cursor_unknown")
}

func TestTheAuditTellsOfOutagesReportsQualificationsAndRulesByTheirNames(t *testing.T) {
	s := newSchool(t)
	student := s.people[account.RoleStudent].ID
	s.ask(account.RoleInstructor, "POST", "/api/v1/qualifications", map[string]any{"person": student, "kind": "plc-bench"}).want(t, 201)
	s.ask(account.RoleAdmin, "PUT", "/api/v1/policies/room/R1", map[string]any{"longest_minutes": 90}).want(t, 200)
	s.ask(account.RoleAdmin, "POST", "/api/v1/quotas", map[string]any{
		"name": "Evenings", "scope": "kind", "place": "plc-bench", "per": "person", "window": "week", "most_bookings": 2}).want(t, 201)
	path := "/api/v1/people/" + student
	version := s.ask(account.RoleAdmin, "PATCH", path, map[string]any{"role": "planner"}).want(t, 200).json(t)["version"]
	s.ask(account.RoleAdmin, "PATCH", path, map[string]any{"role": "student"}, "If-Match", fmt.Sprintf("%q", fmt.Sprint(version))).want(t, 200)
	report := s.ask(account.RoleStudent, "POST", "/api/v1/fault-reports", map[string]any{"station": "PLC-01", "description": "smoke"}).want(t, 201).json(t)
	s.ask(account.RoleInstructor, "POST", "/api/v1/fault-reports/"+report["id"].(string)+"/dismiss", map[string]any{"reason": "steam"}).want(t, 200)
	bySource := map[string]map[string]any{}
	answer := s.ask(account.RolePlanner, "GET", "/api/v1/audit", nil).want(t, 200)
	for _, item := range answer.json(t)["items"].([]any) {
		line := item.(map[string]any)
		bySource[line["source"].(string)+" "+line["act"].(string)] = line
	}
	code := func(line map[string]any, ref string) any {
		place, _ := line[ref].(map[string]any)
		return place["code"]
	}
	if line := bySource["qualification granted"]; code(line, "kind") != "plc-bench" || line["of"].(map[string]any)["name"] != "The student" {
		t.Errorf("the grant is %v", line)
	}
	if line := bySource["policy set"]; line["scope"] != "room" || code(line, "place") != "R1" || line["fields"].([]any)[0].(map[string]any)["after"] != 90.0 {
		t.Errorf("the policy is %v", line)
	}
	if line := bySource["quota set"]; line["name"] != "Evenings" || !strings.Contains(fmt.Sprint(line["fields"]), "plc-bench") {
		t.Errorf("the quota is %v", line)
	}
	if line := bySource["report dismissed"]; line["reason"] != "steam" || code(line, "station") != "PLC-01" {
		t.Errorf("the dismissal is %v", line)
	}
	if line := bySource["person person_changed"]; line["of"].(map[string]any)["id"] != student || line["person"].(map[string]any)["name"] != "The admin" ||
		line["fields"].([]any)[0].(map[string]any)["name"] != "role" {
		t.Errorf("the change of a role is %v", line)
	}
	about := s.ask(account.RolePlanner, "GET", "/api/v1/audit?act=granted&person="+student, nil).want(t, 200).json(t)["items"].([]any)
	if len(about) != 1 {
		t.Errorf("%d grants are about the student: %v", len(about), about)
	}
	about = s.ask(account.RolePlanner, "GET", "/api/v1/audit?person="+student, nil).want(t, 200).json(t)["items"].([]any)
	if len(about) != 7 {
		t.Errorf("%d lines are about the student: %v", len(about), about)
	}
}
