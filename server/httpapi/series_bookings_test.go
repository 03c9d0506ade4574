package httpapi

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/labtide/labtide/server/account"
)

// classBody is a weekly class in room R1.
func classBody() map[string]any {
	return map[string]any{
		"room": "R1", "rule": "FREQ=WEEKLY;COUNT=3", "first": "2026-11-24", "starts": "14:00", "ends": "16:00", "purpose": "class", "title": "PLC",
	}
}

// outcomes lists what became of each occurrence of a result, or of a line.
func outcomes(result map[string]any) string {
	var out []string
	for _, o := range result["occurrences"].([]any) {
		out = append(out, o.(map[string]any)["outcome"].(string))
	}
	return strings.Join(out, " ")
}

func TestASeriesIsPreviewedMadeChangedAndCancelled(t *testing.T) {
	s := newSchool(t)
	s.ask(account.RoleInstructor, "POST", "/api/v1/bookings", map[string]any{"station": "PLC-01", "starts_at": "2026-12-01T07:00:00Z", "ends_at": "2026-12-01T08:00:00Z"}).want(t, http.StatusCreated)
	body := classBody()
	preview := maps.Clone(body)
	preview["dry_run"] = true
	plan := s.ask(account.RoleInstructor, "POST", "/api/v1/series", preview).want(t, http.StatusOK).json(t)
	if got := outcomes(plan); got != "booked refused booked" || plan["dry_run"] != true {
		t.Fatalf("previewed %s: %v", got, plan)
	}
	refused := s.ask(account.RoleInstructor, "POST", "/api/v1/series", body).want(t, http.StatusConflict, "slot_taken").json(t)
	if len(refused["refusals"].([]any)) != 1 {
		t.Errorf("%v", refused)
	}
	body["conflict"] = "skip"
	made := s.ask(account.RoleInstructor, "POST", "/api/v1/series", body).want(t, http.StatusCreated)
	series := made.json(t)["series"].(map[string]any)
	if got := outcomes(made.json(t)); got != "booked skipped booked" || made.header.Get("ETag") != `"1"` || series["starts"] != "14:00" || len(series["stations"].([]any)) != 2 {
		t.Fatalf("made %s: %s", got, made.body)
	}
	path := "/api/v1/series/" + series["id"].(string)
	first := "/api/v1/bookings/" + made.json(t)["occurrences"].([]any)[0].(map[string]any)["bookings"].([]any)[0].(map[string]any)["id"].(string)
	if got := s.ask(account.RolePlanner, "GET", first, nil).want(t, http.StatusOK).json(t)["series"]; got != series["id"] {
		t.Errorf("its first booking names the series %v", got)
	}
	s.ask(account.RoleStudent, "GET", path, nil).want(t, http.StatusNotFound, "series_unknown")
	s.ask(account.RoleStudent, "PATCH", path, map[string]any{"title": "mine"}).want(t, http.StatusNotFound, "series_unknown")
	s.ask(account.RolePlanner, "DELETE", path, nil).want(t, http.StatusForbidden)
	s.ask(account.RolePlanner, "GET", path, nil).want(t, http.StatusOK)
	if items := s.ask(account.RoleInstructor, "GET", "/api/v1/series", nil).want(t, http.StatusOK).json(t)["items"].([]any); len(items) != 1 {
		t.Errorf("%v", items)
	}
	s.ask(account.RoleStudent, "GET", "/api/v1/series?person="+s.people[account.RoleInstructor].ID, nil).want(t, http.StatusForbidden)
	s.ask(account.RoleInstructor, "PATCH", path, map[string]any{"starts": "15:00"}).want(t, http.StatusUnprocessableEntity, "times_invalid")
	s.ask(account.RoleInstructor, "PATCH", path, map[string]any{"title": "x"}, "If-Match", `"9"`).want(t, http.StatusPreconditionFailed, "series_changed")
	moved := s.ask(account.RoleInstructor, "PATCH", path, map[string]any{"from": "2026-12-02", "starts": "16:00", "ends": "18:00"}, "If-Match", `"1"`).want(t, http.StatusOK)
	if got := outcomes(moved.json(t)); got != "moved moved" || moved.header.Get("ETag") != `"2"` { // two stations
		t.Errorf("moved %s: %s", got, moved.body)
	}
	gone := s.ask(account.RoleInstructor, "DELETE", path+"?from=2026-12-01", nil).want(t, http.StatusOK)
	if got := outcomes(gone.json(t)); got != "cancelled cancelled" {
		t.Errorf("cancelled %s", got)
	}
	s.ask(account.RoleInstructor, "DELETE", path, nil).want(t, http.StatusOK)
	s.ask(account.RoleInstructor, "DELETE", path, nil).want(t, http.StatusOK)
}

func TestAClassMakesOthersLeaveAndSaysWhereTheyGo(t *testing.T) {
	s := newSchool(t)
	had := s.ask(account.RoleStudent, "POST", "/api/v1/bookings", map[string]any{"station": "PLC-01", "starts_at": "2026-11-24T07:00:00Z", "ends_at": "2026-11-24T08:00:00Z"}).want(t, http.StatusCreated).json(t)
	body := classBody()
	body["conflict"], body["dry_run"] = "displace", true
	plan := s.ask(account.RoleInstructor, "POST", "/api/v1/series", body).want(t, http.StatusOK).json(t)
	if d, ok := plan["displaced"].(map[string]any); !ok || len(d["items"].([]any)) != 1 {
		t.Fatalf("%v", plan)
	}
	body["dry_run"] = false
	made := s.ask(account.RoleInstructor, "POST", "/api/v1/series", body).want(t, http.StatusCreated).json(t)
	if got := outcomes(made); got != "booked booked booked" || made["series"].(map[string]any)["conflict"] != "skip" {
		t.Errorf("made %s: %v", got, made["series"])
	}
	now := s.ask(account.RoleStudent, "GET", "/api/v1/bookings/"+had["id"].(string), nil).want(t, http.StatusOK).json(t)
	if now["status"] == "confirmed" && now["station"].(map[string]any)["code"] == "PLC-01" {
		t.Errorf("it is still there: %v", now)
	}
	body["purpose"] = "practice"
	s.ask(account.RoleInstructor, "POST", "/api/v1/series", body).want(t, http.StatusUnprocessableEntity, "displace_for_class")
}

func TestASeriesWithoutSenseIsRefused(t *testing.T) {
	s := newSchool(t)
	for _, c := range []struct {
		key   string
		value any
		code  string
	}{
		{"rule", "FREQ=YEARLY", "rrule_unsupported"}, {"rule", "nonsense", "rrule_invalid"}, {"rule", "FREQ=DAILY", "series_endless"},
		{"rule", "FREQ=DAILY;COUNT=9999", "series_too_long"}, {"rule", "FREQ=WEEKLY;X-LABTIDE-WEEKS=ODD;COUNT=3", "term_missing"},
		{"stations", []string{"PLC-03"}, "stations_or_room"}, {"purpose", "practice", "too_far_ahead"},
	} {
		body := classBody()
		body[c.key] = c.value
		s.ask(account.RoleInstructor, "POST", "/api/v1/series", body).want(t, http.StatusUnprocessableEntity, c.code)
	}
	s.ask(account.RoleStudent, "POST", "/api/v1/series", classBody()).want(t, http.StatusUnprocessableEntity, "class_needs_instructor")
	far := classBody()
	far["first"] = "2026-02-31"
	s.ask(account.RoleInstructor, "POST", "/api/v1/series", far).want(t, http.StatusBadRequest)
	night := classBody()
	night["starts"], night["ends"] = "22:00", "06:00"
	if got := s.ask(account.RoleInstructor, "POST", "/api/v1/series", night).want(t, http.StatusCreated).json(t); got["series"].(map[string]any)["ends"] != "06:00" {
		t.Errorf("%v", got)
	}
}

func timetableBody(text string) map[string]any {
	return map[string]any{"format": "csv", "site": "MAIN", "from": "2026-11-23", "to": "2026-12-12", "text": text}
}

func TestATimetableIsCheckedLineByLineAndBroughtInWhole(t *testing.T) {
	s := newSchool(t)
	head := "room,stations,weekday,day,starts,ends,instructor,title\n"
	bad := timetableBody(head + "R1,,tue,,08:00,09:30,instructor,PLC\n,PLC-01,tue,,09:00,10:00,,\nB-204,,tue,,8:00,9:00,,\nR2,,moon,,8:00,9:00,,\nR2,,mon,,8:00,9:00,nobody,\nR2,,mon,,8:00,9:00,student,\n")
	bad["dry_run"] = true
	report := s.ask(account.RoleInstructor, "POST", "/api/v1/timetables", bad).want(t, http.StatusOK).json(t)
	var got []string
	for _, l := range report["lines"].([]any) {
		line := l.(map[string]any)
		got = append(got, fmt.Sprint(line["line"], line["refused"], line["code"], " ", outcomes(line)))
	}
	want := "2 false <nil> booked booked booked|3 true <nil> refused refused refused|4 trueplace_unknown |5 truetimetable_invalid |6 trueperson_unknown |7 trueperson_unknown "
	if strings.Join(got, "|") != want || report["imported"] != false {
		t.Errorf("got\n%s, want\n%s", strings.Join(got, "|"), want)
	}
	bad["dry_run"] = false
	refused := s.ask(account.RoleInstructor, "POST", "/api/v1/timetables", bad).want(t, http.StatusUnprocessableEntity, "timetable_refused").json(t)
	if errors := refused["errors"].([]any); len(errors) != 7 || errors[0].(map[string]any)["field"] != "/lines/3" {
		t.Errorf("%v", refused["errors"])
	}
	good := timetableBody(head + "R1,,tue,,08:00,09:30,instructor,PLC\n,PLC-03,,2026-11-25,08:00,09:30,,CAD\n")
	for range 2 {
		if done := s.ask(account.RoleAdmin, "POST", "/api/v1/timetables", good).want(t, http.StatusOK).json(t); done["imported"] != true {
			t.Errorf("%v", done)
		}
	}
	list := s.ask(account.RoleInstructor, "GET", "/api/v1/bookings?station=PLC-01", nil).want(t, http.StatusOK).json(t)["items"].([]any)
	if len(list) != 3 {
		t.Errorf("%d bookings", len(list))
	}
	s.ask(account.RoleStudent, "POST", "/api/v1/timetables", good).want(t, http.StatusForbidden)
}

func TestATimetableComesAsICalendar(t *testing.T) {
	s := newSchool(t)
	body := timetableBody(strings.ReplaceAll("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:可编程控制器\nLOCATION:R1\\, 二楼\nDTSTART:20261124T080000\nDTEND:20261124T093000\nRRULE:FREQ=WEEKLY;COUNT=2\nEND:VEVENT\nEND:VCALENDAR\n", "\n", "\r\n"))
	body["format"], body["instructor"] = "icalendar", s.people[account.RoleInstructor].ID
	done := s.ask(account.RoleAdmin, "POST", "/api/v1/timetables", body).want(t, http.StatusOK).json(t)
	line := done["lines"].([]any)[0].(map[string]any)
	if outcomes(line) != "booked booked" || line["title"] != "可编程控制器" {
		t.Errorf("%v", done)
	}
	one := s.ask(account.RoleInstructor, "GET", "/api/v1/series/"+line["series"].(string), nil).want(t, http.StatusOK).json(t)
	if one["series"].(map[string]any)["mine"] != true || len(one["occurrences"].([]any)) != 2 {
		t.Errorf("%v", one)
	}
	body["text"] = "room,weekday\n"
	s.ask(account.RoleAdmin, "POST", "/api/v1/timetables", body).want(t, http.StatusUnprocessableEntity, "calendar_invalid")
}
