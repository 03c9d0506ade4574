package httpapi

import (
	"fmt"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
)

func TestAnOutageAnswersWhatBecameOfTheBookings(t *testing.T) {
	s := newSchool(t)
	made := s.ask(account.RoleStudent, "POST", "/api/v1/bookings", s.slotBody("PLC-01", 1)).want(t, 201).json(t)
	outage := map[string]any{"station": "PLC-01", "reason": "smoke"}
	preview := s.ask(account.RoleInstructor, "POST", "/api/v1/outages?dry_run=true", outage).want(t, 200).json(t)["displaced"].(map[string]any)
	done := s.ask(account.RoleInstructor, "POST", "/api/v1/outages", outage).want(t, 201).json(t)["displaced"].(map[string]any)
	for _, displaced := range []map[string]any{preview, done} {
		item := displaced["items"].([]any)[0].(map[string]any)
		from, now := item["from_station"].(map[string]any)["code"], item["booking"].(map[string]any)["station"].(map[string]any)["code"]
		if displaced["moved"] != 1.0 || item["fate"] != "moved" || from != "PLC-01" || now != "PLC-02" {
			t.Fatalf("displaced is %v", displaced)
		}
	}
	now := s.ask(account.RoleStudent, "GET", "/api/v1/bookings/"+made["id"].(string), nil).want(t, 200).json(t)
	if now["station"].(map[string]any)["code"] != "PLC-02" || now["version"] != 2.0 {
		t.Errorf("the booking is %v", now)
	}
}

func TestAPlannedOutageIsMovedReopenedAndWithdrawn(t *testing.T) {
	s := newSchool(t)
	at := func(d time.Duration) string { return s.clock().Add(d).Format(time.RFC3339) }
	outage := s.ask(account.RoleInstructor, "POST", "/api/v1/outages", map[string]any{
		"station": "PLC-01", "reason": "service", "starts_at": at(time.Hour), "ends_at": at(2 * time.Hour),
	}).want(t, 201).json(t)
	path := "/api/v1/outages/" + outage["id"].(string)
	s.ask(account.RoleInstructor, "PATCH", path, map[string]any{"ends_at": at(time.Hour), "open_ended": true}).want(t, 422, "end_or_open")
	moved := s.ask(account.RoleInstructor, "PATCH", path, map[string]any{"starts_at": at(3 * time.Hour), "open_ended": true}).want(t, 200).json(t)
	if moved["starts_at"] != at(3*time.Hour) || moved["ends_at"] != nil {
		t.Errorf("moved is %v", moved)
	}
	s.ask(account.RoleInstructor, "PATCH", path, map[string]any{"reason": "x"}, "If-Match", `"1"`).want(t, 412, "outage_changed")
	s.ask(account.RoleStudent, "GET", path, nil).want(t, 200)
	s.ask(account.RoleStudent, "DELETE", path, nil).want(t, 403, "not_allowed")
	s.ask(account.RoleInstructor, "DELETE", path, nil).want(t, 200)
	s.ask(account.RoleInstructor, "DELETE", path, nil).want(t, 404, "outage_unknown")
	s.ask(account.RoleStudent, "POST", "/api/v1/bookings", s.slotBody("PLC-01", 4)).want(t, 201)
}

func TestAFaultReportIsConfirmedOrDismissed(t *testing.T) {
	s := newSchool(t)
	report := func(station string) map[string]any {
		return s.ask(account.RoleStudent, "POST", "/api/v1/fault-reports", map[string]any{"station": station, "description": "the emergency stop sticks"}).
			want(t, 201).json(t)
	}
	first, second := report("PLC-01"), report("PLC-02")
	if again := report("PLC-01"); again["id"] != first["id"] {
		t.Errorf("the same once more is %v", again)
	}
	confirm := fmt.Sprintf("/api/v1/fault-reports/%s/confirm", first["id"])
	dismiss := fmt.Sprintf("/api/v1/fault-reports/%s/dismiss", second["id"])
	s.ask(account.RoleStudent, "POST", confirm, map[string]any{"reason": "x"}).want(t, 403, "not_allowed")
	outage := s.ask(account.RoleInstructor, "POST", confirm, map[string]any{"reason": "emergency stop"}).want(t, 201).json(t)
	s.ask(account.RoleInstructor, "POST", confirm, map[string]any{"reason": "emergency stop"}).want(t, 409, "report_closed")
	s.ask(account.RoleInstructor, "POST", dismiss, map[string]any{"reason": "it works"}).want(t, 200)
	s.ask(account.RoleInstructor, "POST", "/api/v1/fault-reports/none/dismiss", map[string]any{"reason": "it works"}).want(t, 404, "report_unknown")
	s.ask(account.RoleStudent, "POST", "/api/v1/bookings", s.slotBody("PLC-01", 1)).want(t, 422, "station_out_of_order")
	s.wait(time.Second)
	third := report("PLC-02")
	items := s.ask(account.RolePlanner, "GET", "/api/v1/fault-reports?limit=2", nil).want(t, 200).json(t)
	all := items["items"].([]any)
	rest := s.ask(account.RolePlanner, "GET", "/api/v1/fault-reports?limit=2&cursor="+items["next"].(string), nil).want(t, 200).json(t)["items"].([]any)
	if all[0].(map[string]any)["id"] != third["id"] || len(rest) != 1 {
		t.Errorf("the list begins with %v, and goes on with %v", all[0], rest)
	}
	for _, item := range append(all, rest...) {
		r := item.(map[string]any)
		if r["id"] == first["id"] && (r["state"] != "confirmed" || r["outage"] != outage["id"] || r["person"] == nil) {
			t.Errorf("the first is %v", r)
		}
	}
	s.ask(account.RoleStudent, "GET", "/api/v1/fault-reports?cursor=nonsense", nil).want(t, 422, "cursor_unknown")
}
