package httpapi

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
)

func TestAnAdministratorBuildsASchool(t *testing.T) {
	s := newSchool(t)
	do := func(method, path string, body any, status int) map[string]any {
		t.Helper()
		return s.ask(account.RoleAdmin, method, path, body).want(t, status).json(t)
	}
	site := do("POST", "/api/v1/sites", map[string]any{"code": "EAST", "name": map[string]string{"en": "East"}, "time_zone": "Europe/Helsinki"}, 201)
	do("PATCH", "/api/v1/sites/EAST", map[string]any{"name": map[string]string{"en": "East", "zh": "东校区"}}, 200)
	do("POST", "/api/v1/rooms", map[string]any{"site": "EAST", "code": "E1", "name": map[string]string{"en": "E1"}}, 201)
	do("POST", "/api/v1/rooms", map[string]any{"site": "MAIN", "code": "E1", "name": map[string]string{"en": "E1"}}, 201)
	s.ask(account.RoleAdmin, "GET", "/api/v1/board?room=E1", nil).want(t, http.StatusConflict, "code_ambiguous")
	rooms := do("GET", "/api/v1/rooms?site="+site["id"].(string), nil, 200)["items"].([]any)
	if len(rooms) != 1 {
		t.Fatalf("rooms of EAST: %v", rooms)
	}
	room := rooms[0].(map[string]any)["id"].(string)
	do("POST", "/api/v1/kinds", map[string]any{"code": "cnc", "name": map[string]string{"en": "CNC"}}, 201)
	made := s.ask(account.RoleAdmin, "POST", "/api/v1/stations", map[string]any{"room": room, "kind": "cnc", "code": "CNC-01"}).want(t, 201)
	if station := made.json(t); station["bookable"] != true || made.header.Get("ETag") != `"1"` {
		t.Fatalf("%s", made.body)
	}
	s.ask(account.RoleAdmin, "PATCH", "/api/v1/stations/CNC-01", map[string]any{"bookable": false}, "If-Match", `"9"`).
		want(t, http.StatusPreconditionFailed, "changed_meanwhile")
	changed := s.ask(account.RoleAdmin, "PATCH", "/api/v1/stations/CNC-01", map[string]any{"bookable": false}, "If-Match", `"1"`).want(t, 200)
	if changed.json(t)["bookable"] != false || changed.header.Get("ETag") != `"2"` {
		t.Fatalf("%s", changed.body)
	}
	s.ask(account.RoleAdmin, "PATCH", "/api/v1/stations/CNC-01", map[string]any{"room": "R1"}).want(t, 422, "room_on_other_site")
	list := do("GET", "/api/v1/stations?kind=cnc&q=01", nil, 200)["items"].([]any)
	if len(list) != 1 {
		t.Fatalf("stations: %v", list)
	}
	first := do("GET", "/api/v1/stations?limit=3", nil, 200)
	rest := do("GET", "/api/v1/stations?cursor="+first["next"].(string), nil, 200)
	if len(first["items"].([]any)) != 3 || len(rest["items"].([]any)) != 1 {
		t.Fatalf("pages: %v %v", first, rest)
	}
}

func TestADeviceIsPlacedEnrolledAndShutOut(t *testing.T) {
	changes := 0
	s := newSchool(t, func(cfg *Config, deps *Deps) {
		cfg.Device = DeviceAccess{BrokerURL: "tls://labtide.test:8883", CA: "PEM"}
		deps.Changed = func(...string) { changes++ }
	})
	s.ask(account.RoleAdmin, "POST", "/api/v1/devices", map[string]any{"id": "pc-7", "station": "PLC-99"}).want(t, 404, "station_unknown")
	s.ask(account.RoleAdmin, "POST", "/api/v1/devices", map[string]any{"id": "pc-7", "name": "PC 7", "station": "PLC-01"}).want(t, 201)
	s.wait(time.Hour)
	moved := s.ask(account.RoleAdmin, "PUT", "/api/v1/devices/pc-7/placement", map[string]any{"station": "PLC-02"}).want(t, 200).json(t)
	if moved["station"].(map[string]any)["code"] != "PLC-02" {
		t.Fatalf("%v", moved)
	}
	s.ask(account.RoleAdmin, "PUT", "/api/v1/devices/pc-7/placement", map[string]any{"at": "1999-01-01T00:00:00Z"}).want(t, 422)

	enrollment := s.ask(account.RoleAdmin, "POST", "/api/v1/enrollments", map[string]any{"device": "pc-7"}).want(t, 201).json(t)
	typed := strings.ToLower(strings.ReplaceAll(enrollment["code"].(string), "-", " "))
	if enrollment["command"] != "agent enroll -server http://labtide.test -code "+enrollment["code"].(string) {
		t.Fatalf("%v", enrollment)
	}
	s.ask("", "POST", "/api/v1/enrollments/claim", map[string]any{"code": "WRONG"}).want(t, 404, "enrollment_code_unknown")
	before := changes
	got := s.ask("", "POST", "/api/v1/enrollments/claim", map[string]any{"code": typed}).want(t, 200).json(t)
	if changes != before+1 {
		t.Fatal("nobody was told to hang up the old connection")
	}
	if got["device"] != "pc-7" || got["username"] != "pc-7" || len(got["password"].(string)) < 20 || got["broker"] != "tls://labtide.test:8883" || got["ca"] != "PEM" {
		t.Fatalf("%v", got)
	}
	s.ask("", "POST", "/api/v1/enrollments/claim", map[string]any{"code": typed}).want(t, 404, "enrollment_code_unknown")
	s.ask(account.RoleAdmin, "PATCH", "/api/v1/devices/pc-7", map[string]any{"disabled": true}).want(t, 200)
	if changes != before+2 {
		t.Fatal("nobody was told to hang up the disabled device")
	}
	devices := s.ask(account.RoleAdmin, "GET", "/api/v1/devices", nil).want(t, 200).json(t)["items"].([]any)
	if device := devices[0].(map[string]any); device["enrolled"] != true || device["disabled"] != true {
		t.Fatalf("%v", device)
	}
	s.ask(account.RoleAdmin, "POST", "/api/v1/enrollments", map[string]any{"device": "pc-7"}).want(t, 422, "device_disabled")
}

func TestOpeningHoursAreReplacedAsAWhole(t *testing.T) {
	s := newSchool(t)
	const path = "/api/v1/sites/MAIN/opening-hours"
	before := s.ask(account.RoleStudent, "GET", path, nil).want(t, 200)
	body := map[string]any{
		"hours": []map[string]any{
			{"weekday": 1, "opens": "08:00", "closes": "22:00"}, {"weekday": 7, "opens": "10:00", "closes": "24:00", "room": "R1"},
		},
		"exceptions": []map[string]any{{"day": "2026-12-25", "reason": "holiday"}, {"day": "2026-12-24", "opens": "08:00", "closes": "12:00"}},
	}
	after := s.ask(account.RoleAdmin, "PUT", path, body, "If-Match", before.header.Get("ETag")).want(t, 200)
	s.ask(account.RoleAdmin, "PUT", path, body, "If-Match", before.header.Get("ETag")).want(t, 412, "changed_meanwhile")
	read := s.ask(account.RoleStudent, "GET", path, nil).want(t, 200)
	if string(read.body) != string(after.body) || read.header.Get("ETag") != after.header.Get("ETag") {
		t.Fatalf("%s, then %s", after.body, read.body)
	}
	text := string(read.body)
	for _, want := range []string{`"closes":"24:00"`, `"weekday":7`, `"room":"R1"`, `"time_zone":"Asia/Shanghai"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	free := "/api/v1/availability?station=PLC-01&from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z"
	items := s.ask(account.RoleStudent, "GET", free, nil).want(t, 200).json(t)["items"].([]any)
	if len(items) != 0 { // R1 has hours of its own, on Sundays only
		t.Fatalf("free %v", items)
	}
	for name, hours := range map[string]map[string]any{
		"closes_before_opening": {"weekday": 1, "opens": "10:00", "closes": "10:00"},
		"room_unknown":          {"weekday": 1, "opens": "10:00", "closes": "11:00", "room": "R9"},
		"span_empty":            {"weekday": 1, "opens": "10:00", "closes": "11:00", "valid_from": "2026-02-01", "valid_until": "2026-01-01"},
	} {
		got := s.ask(account.RoleAdmin, "PUT", path, map[string]any{"hours": []any{hours}, "exceptions": []any{}})
		if got.code() != name {
			t.Errorf("%s: %s", name, got.body)
		}
	}
}

func TestAnOutageTakesAStationDownUntilItIsEnded(t *testing.T) {
	s := newSchool(t)
	s.ask(account.RoleStudent, "POST", "/api/v1/outages", map[string]any{"station": "PLC-01", "reason": "smoke"}).want(t, 403, "not_allowed")
	outage := s.ask(account.RoleInstructor, "POST", "/api/v1/outages", map[string]any{"station": "PLC-01", "reason": "smoke"}).want(t, 201).json(t)
	s.ask(account.RoleStudent, "POST", "/api/v1/bookings", s.slotBody("PLC-01", 1)).want(t, 422, "station_out_of_order")
	s.wait(time.Hour)
	path := "/api/v1/outages/" + outage["id"].(string)
	s.ask(account.RoleInstructor, "PATCH", path, map[string]any{"ends_at": "2026-01-01T00:00:00Z"}).want(t, 422, "span_empty")
	s.ask(account.RoleInstructor, "PATCH", path, map[string]any{"ends_at": s.clock().Format(time.RFC3339)}, "If-Match", `"1"`).want(t, 200)
	now := s.ask(account.RoleStudent, "GET", "/api/v1/outages", nil).want(t, 200).json(t)["items"].([]any)
	past := s.ask(account.RoleStudent, "GET", "/api/v1/outages?station=PLC-01&from=2026-11-22T00:00:00Z", nil).want(t, 200).json(t)["items"].([]any)
	if len(now) != 0 || len(past) != 1 {
		t.Fatalf("now %v, past %v", now, past)
	}
	s.ask(account.RoleInstructor, "PATCH", "/api/v1/outages/none", map[string]any{"reason": "x"}).want(t, 404, "outage_unknown")
}

func TestAWrongReportIsUndoneWithinItsSecond(t *testing.T) {
	s := newSchool(t)
	outage := s.ask(account.RoleInstructor, "POST", "/api/v1/outages", map[string]any{"station": "PLC-01", "reason": "smoke"}).want(t, 201).json(t)
	undone := s.ask(account.RoleInstructor, "PATCH", "/api/v1/outages/"+outage["id"].(string), map[string]any{"ends_at": outage["starts_at"]}).want(t, 200).json(t)
	if undone["ends_at"] != monday.Add(time.Second).Format(time.RFC3339) {
		t.Fatalf("ends at %v", undone["ends_at"])
	}
}

func TestAOneTimeLinkIsKeptUnderNoIdempotencyKey(t *testing.T) {
	s := newSchool(t)
	person := map[string]any{"login": "new", "name": "New", "role": "student"}
	s.ask(account.RoleAdmin, "POST", "/api/v1/people", person, headerIdempotencyKey, "k").want(t, 201)
	s.ask(account.RoleAdmin, "POST", "/api/v1/people", person, headerIdempotencyKey, "k").want(t, 409, "login_taken")
	for _, op := range s.operations {
		switch op.id {
		case "createPerson", "createPersonLink", "createToken", "createEnrollment", "claimEnrollment":
			if op.idempotent {
				t.Errorf("the answer of %s holds a secret: it must not be kept", op.id)
			}
		}
	}
}

func TestFiguresAddUpToTheDay(t *testing.T) {
	s := newSchool(t)
	day := s.ask(account.RoleStudent, "GET", "/api/v1/ledger?station=PLC-01&day=2026-11-22", nil).want(t, 200).json(t)
	runs := day["runs"].([]any)
	if len(runs) != 1 || runs[0].(map[string]any)["label"] != "unknown" || day["time_zone"] != "Asia/Shanghai" {
		t.Fatalf("%v", day)
	}
	report := s.ask(account.RolePlanner, "GET", "/api/v1/reports/utilization?from=2026-11-22&to=2026-11-23&group_by=room", nil).want(t, 200).json(t)
	total := report["total"].(map[string]any)
	if total["open_minutes"] != float64(3*1440) || total["utilization"] != nil || total["coverage"] != float64(0) || len(report["items"].([]any)) != 2 {
		t.Fatalf("%v", report)
	}
	s.ask(account.RolePlanner, "GET", "/api/v1/reports/heatmap?from=2026-11-22&to=2026-11-23&kind=plc-bench", nil).want(t, 200)
	s.ask(account.RoleStudent, "GET", "/api/v1/stations/PLC-01/series?from=2026-11-22T00:00:00Z&to=2026-11-23T00:00:00Z", nil).want(t, 200)
	metrics := s.ask(account.RolePlanner, "GET", "/metrics", nil).want(t, 200)
	if !strings.Contains(string(metrics.body), `labtide_http_request_duration_seconds_count{method="GET",route="/api/v1/ledger",status="200"} 1`) {
		t.Fatalf("%s", metrics.body)
	}
}
