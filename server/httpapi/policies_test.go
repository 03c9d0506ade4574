package httpapi

import (
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
)

func limits(t *testing.T, a answered, of string) map[string]any {
	t.Helper()
	out, ok := a.json(t)[of].(map[string]any)
	if !ok {
		t.Fatalf("no %s in %s", of, a.body)
	}
	return out
}

func TestALimitSaysWhichScopeItComesFrom(t *testing.T) {
	s := newSchool(t)
	s.ask(account.RoleAdmin, "PUT", "/api/v1/policies/school", map[string]any{"longest_minutes": 120, "buffer_minutes": 5}).want(t, 200)
	s.ask(account.RoleAdmin, "PUT", "/api/v1/policies/room/R1", map[string]any{
		"buffer_minutes": 10, "periods": []any{map[string]any{"starts": "08:00", "ends": "08:45"}},
	}).want(t, 200)
	s.ask(account.RoleAdmin, "PUT", "/api/v1/policies/station/PLC-01", map[string]any{"approval": "none", "many_stations": true}).want(t, 200)

	holds := s.ask(account.RoleStudent, "GET", "/api/v1/stations/PLC-01/policy", nil).want(t, 200)
	effective, origins := limits(t, holds, "effective"), limits(t, holds, "origins")
	if effective["longest_minutes"] != 120.0 || effective["buffer_minutes"] != 10.0 || effective["grace_minutes"] != 15.0 || effective["approval"] != "none" {
		t.Errorf("effective %v", effective)
	}
	if holds.json(t)["longest_minutes"] != 120.0 {
		t.Errorf("the plain value is gone: %s", holds.body)
	}
	from := func(limit string) string {
		origin, ok := origins[limit].(map[string]any)
		if !ok {
			return "default"
		}
		place, _ := origin["place"].(map[string]any)
		code, _ := place["code"].(string)
		return strings.TrimSpace(origin["scope"].(string) + " " + code)
	}
	for limit, want := range map[string]string{
		"longest_minutes": "school", "buffer_minutes": "room R1", "periods": "room R1", "approval": "station PLC-01",
		"many_stations": "station PLC-01", "grace_minutes": "default",
	} {
		if got := from(limit); got != want {
			t.Errorf("%s comes from %q, want %q", limit, got, want)
		}
	}
	room := s.ask(account.RolePlanner, "GET", "/api/v1/policies/room/R1", nil).want(t, 200)
	if own := limits(t, room, "limits"); len(own) != 2 || limits(t, room, "effective")["longest_minutes"] != 120.0 {
		t.Errorf("the room: %s", room.body)
	}
}

func TestAPolicyIsChangedOnlyByWhoHasReadIt(t *testing.T) {
	s := newSchool(t)
	const path = "/api/v1/policies/kind/plc-bench"
	empty := s.ask(account.RoleAdmin, "GET", path, nil).want(t, 200)
	if tag := empty.header.Get("ETag"); tag != `"0"` {
		t.Fatalf("ETag %s", tag)
	}
	first := s.ask(account.RoleAdmin, "PUT", path, map[string]any{"longest_minutes": 60}, "If-Match", `"0"`).want(t, 200)
	s.ask(account.RoleAdmin, "PUT", path, map[string]any{"longest_minutes": 90}, "If-Match", `"0"`).want(t, 412, "changed_meanwhile")
	s.wait(time.Minute)
	s.ask(account.RoleAdmin, "PUT", path, map[string]any{"longest_minutes": 90, "grace_minutes": 5}, "If-Match", first.header.Get("ETag")).want(t, 200)
	s.ask(account.RolePlanner, "PUT", path, map[string]any{}).want(t, 403, "not_allowed")
	s.ask(account.RoleStudent, "GET", path, nil).want(t, 403, "not_allowed")
	s.ask(account.RoleAdmin, "PUT", path, map[string]any{"grid_minutes": 7}).want(t, 422, "policy_grid_invalid")
	s.ask(account.RoleAdmin, "PUT", path, map[string]any{"longest": 7}).want(t, 400, "request_invalid")
	s.ask(account.RoleAdmin, "PUT", "/api/v1/policies/room/none", map[string]any{}).want(t, 404, "room_unknown")
	s.wait(time.Minute)
	s.ask(account.RoleAdmin, "DELETE", path, nil).want(t, 204)
	s.ask(account.RoleAdmin, "DELETE", path, nil).want(t, 204)

	history := s.ask(account.RolePlanner, "GET", path+"/history", nil).want(t, 200).json(t)["items"].([]any)
	if len(history) != 3 {
		t.Fatalf("history %v", history)
	}
	removed, changed := history[0].(map[string]any), history[1].(map[string]any)
	if removed["removed"] != true || changed["by"].(map[string]any)["name"] != "The admin" {
		t.Errorf("history %v", history)
	}
	fields := changed["fields"].([]any)
	longest := fields[1].(map[string]any)
	if len(fields) != 2 || longest["name"] != "longest_minutes" || longest["before"] != 60.0 || longest["after"] != 90.0 {
		t.Errorf("fields %v", fields)
	}
}

func TestQuotasAndTermsAreDecidedChangedAndRemoved(t *testing.T) {
	s := newSchool(t)
	quota := map[string]any{"name": "Two a week", "scope": "room", "place": "R1", "per": "person", "window": "week", "most_bookings": 2}
	s.ask(account.RolePlanner, "POST", "/api/v1/quotas", quota).want(t, 403, "not_allowed")
	made := s.ask(account.RoleAdmin, "POST", "/api/v1/quotas", quota).want(t, 201)
	id := made.json(t)["id"].(string)
	s.ask(account.RoleAdmin, "POST", "/api/v1/quotas", quota).want(t, 409, "name_taken")
	s.ask(account.RoleAdmin, "POST", "/api/v1/quotas", map[string]any{"name": "x", "scope": "school", "place": "R1", "per": "team", "window": "day", "most_minutes": 1}).
		want(t, 422, "policy_scope_invalid")
	quota["most_bookings"] = 3
	quota["hours"] = []any{map[string]any{"weekdays": []int{1, 7}, "from": "18:00", "until": "24:00"}}
	changed := s.ask(account.RoleAdmin, "PUT", "/api/v1/quotas/"+id, quota, "If-Match", made.header.Get("ETag")).want(t, 200)
	if !strings.Contains(string(changed.body), `"weekdays":[1,7]`) || !strings.Contains(string(changed.body), `"until":"24:00"`) {
		t.Errorf("changed to %s", changed.body)
	}
	here := s.ask(account.RoleStudent, "GET", "/api/v1/stations/PLC-01/policy", nil).want(t, 200).json(t)["quotas"].([]any)
	there := s.ask(account.RoleStudent, "GET", "/api/v1/stations/PLC-03/policy", nil).want(t, 200).json(t)["quotas"].([]any)
	if len(here) != 1 || len(there) != 0 {
		t.Errorf("here %v, there %v", here, there)
	}
	s.ask(account.RoleAdmin, "DELETE", "/api/v1/quotas/"+id, nil, "If-Match", made.header.Get("ETag")).want(t, 412, "changed_meanwhile")
	s.ask(account.RoleAdmin, "DELETE", "/api/v1/quotas/"+id, nil).want(t, 204)
	s.ask(account.RoleAdmin, "DELETE", "/api/v1/quotas/"+id, nil).want(t, 404, "quota_unknown")
	if h := s.ask(account.RolePlanner, "GET", "/api/v1/quotas/"+id+"/history", nil).want(t, 200).json(t)["items"].([]any); len(h) != 3 {
		t.Errorf("history %v", h)
	}
	s.ask(account.RolePlanner, "GET", "/api/v1/quotas/none/history", nil).want(t, 404, "quota_unknown")

	s.ask(account.RoleAdmin, "POST", "/api/v1/terms", map[string]any{"name": "Autumn", "starts": "2026-09-02", "ends": "2027-01-17"}).want(t, 201)
	term := s.ask(account.RoleStudent, "GET", "/api/v1/terms", nil).want(t, 200).json(t)["items"].([]any)[0].(map[string]any)
	if term["week"] != 13.0 { // 2 September 2026 is a Wednesday of the week of 31 August
		t.Errorf("week %v, want 13", term["week"])
	}
	season := map[string]any{"name": "Skills contest", "starts": "2026-11-01", "ends": "2026-12-31", "kinds": []string{"plc-bench"}, "teams": []string{}}
	if got := s.ask(account.RoleAdmin, "POST", "/api/v1/seasons", season).want(t, 201); !strings.Contains(string(got.body), `"code":"plc-bench"`) {
		t.Errorf("%s", got.body)
	}
	season["name"], season["kinds"] = "Other", []string{"lathe"}
	s.ask(account.RoleAdmin, "POST", "/api/v1/seasons", season).want(t, 404, "kind_unknown")
}

func TestAPreviewSaysWhoWouldBeRefusedAndWritesNothing(t *testing.T) {
	s := newSchool(t)
	s.ask(account.RoleStudent, "POST", "/api/v1/bookings", s.slotBody("PLC-01", 24)).want(t, 201) // one hour, tomorrow
	long := s.slotBody("PLC-02", 30)
	long["ends_at"] = s.clock().Add(36 * time.Hour).Format(time.RFC3339)
	s.ask(account.RoleStudent, "POST", "/api/v1/bookings", long).want(t, 422, "too_long")
	preview := func(limit int) map[string]any {
		return s.ask(account.RolePlanner, "POST", "/api/v1/policies/preview", map[string]any{
			"policy": map[string]any{"scope": "school", "limits": map[string]any{"longest_minutes": limit}},
		}).want(t, 200).json(t)
	}
	strict, loose := preview(30), preview(600)
	refused := strict["refused"].([]any)
	if len(refused) != 1 || strict["refused_total"] != 1.0 || strict["accepted_wishes"] != 0.0 {
		t.Fatalf("strict: %v", strict)
	}
	if codes := refused[0].(map[string]any)["codes"].([]any); len(codes) != 1 || codes[0] != "too_long" {
		t.Errorf("codes %v", codes)
	}
	if loose["refused_total"] != 0.0 || loose["accepted_wishes"] != 1.0 || loose["by_code"].([]any)[0].(map[string]any)["code"] != "too_long" {
		t.Errorf("loose: %v", loose)
	}
	s.ask(account.RoleStudent, "POST", "/api/v1/policies/preview", map[string]any{}).want(t, 403, "not_allowed")
	s.ask(account.RolePlanner, "POST", "/api/v1/policies/preview", map[string]any{}).want(t, 422, "preview_one_change")
	if items := s.ask(account.RolePlanner, "GET", "/api/v1/policies", nil).want(t, 200).json(t)["items"].([]any); len(items) != 0 {
		t.Errorf("written: %v", items)
	}
}

func TestThePolicyFileGoesOutAndComesInAgain(t *testing.T) {
	s := newSchool(t)
	s.ask(account.RoleAdmin, "PUT", "/api/v1/policies/room/R1", map[string]any{"buffer_minutes": 10}).want(t, 200)
	out := s.ask(account.RolePlanner, "GET", "/api/v1/policies/export", nil).want(t, 200)
	if out.header.Get("Content-Type") != "application/yaml" || !strings.Contains(string(out.body), "    R1:\n      buffer_minutes: 10\n") {
		t.Fatalf("%s: %s", out.header.Get("Content-Type"), out.body)
	}
	text := strings.Replace(string(out.body), "buffer_minutes: 10", "buffer_minutes: 20", 1)
	send := func(query, body string, role account.Role) answered {
		return s.ask(role, "POST", "/api/v1/policies/import"+query, body, "Content-Type", "application/yaml")
	}
	send("", text, account.RolePlanner).want(t, 403, "not_allowed")
	dry := send("?dry_run=true", text, account.RoleAdmin).want(t, 200)
	if !strings.Contains(string(dry.body), `"before":10`) || !strings.Contains(string(dry.body), `"after":20`) || dry.json(t)["applied"] != false {
		t.Errorf("dry: %s", dry.body)
	}
	if again := s.ask(account.RolePlanner, "GET", "/api/v1/policies/export", nil); string(again.body) != string(out.body) {
		t.Errorf("a dry run changed the rules to %s", again.body)
	}
	send("", text, account.RoleAdmin).want(t, 200)
	if again := s.ask(account.RolePlanner, "GET", "/api/v1/policies/export", nil); string(again.body) != text {
		t.Errorf("exported %s", again.body)
	}
	wrong := send("", strings.Replace(text, "buffer_minutes", "buffer", 1), account.RoleAdmin).want(t, 422, "policy_file_invalid")
	if !strings.Contains(string(wrong.body), `"field":"policies.rooms.R1.buffer"`) || !strings.Contains(string(wrong.body), `"code":"key_unknown"`) {
		t.Errorf("%s", wrong.body)
	}
	s.ask(account.RoleAdmin, "POST", "/api/v1/policies/import", map[string]any{}).want(t, 415)
	send("", "\xff\xfe", account.RoleAdmin).want(t, 400, "request_invalid")
	send("", "", account.RoleAdmin).want(t, 422, "policy_file_invalid")
}
