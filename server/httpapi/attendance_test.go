package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
)

// nobodyThere has seen every minute, and nobody in any.
type nobodyThere struct{}

func (nobodyThere) Minutes(_ context.Context, _ string, from, until time.Time) (booking.Minutes, error) {
	m := booking.Minutes{From: from}
	for at := from; at.Before(until); at = at.Add(time.Minute) {
		m.Seen = append(m.Seen, true)
	}
	return m, nil
}

func (nobodyThere) Outages(context.Context, string, time.Time, time.Time) ([]equipment.Outage, error) {
	return nil, nil
}

// absent makes a booking of the student whose grace passes without anybody coming, and gives its id.
func (s *school) absent(station string) string {
	s.t.Helper()
	made := s.ask(account.RoleStudent, "POST", "/api/v1/bookings", s.slotBody(station, 1)).want(s.t, http.StatusCreated).json(s.t)
	s.wait(80 * time.Minute)
	tender := booking.NewTender(s.deps.Bookings.(*booking.Service), nobodyThere{})
	if n, err := tender.Tend(s.t.Context()); n != 1 || err != nil {
		s.t.Fatalf("looked at %d, %v", n, err)
	}
	return made["id"].(string)
}

func (s *school) key(station string) string {
	s.t.Helper()
	list := s.ask(account.RoleAdmin, "GET", "/api/v1/labels", nil).want(s.t, http.StatusOK).json(s.t)
	for _, item := range list["items"].([]any) {
		label := item.(map[string]any)
		if label["station"].(map[string]any)["code"] == station {
			address, err := url.Parse(label["address"].(string))
			s.must(err)
			if address.Path != "/s/"+station || address.Host != "labtide.test" {
				s.t.Fatalf("the address of %s: %s", station, address)
			}
			return address.Query().Get("k")
		}
	}
	s.t.Fatalf("no label for %s", station)
	return ""
}

func TestACheckInNeedsTheCodeOfTheStationAndTheRightTime(t *testing.T) {
	s := newSchool(t)
	key := s.key("PLC-01")
	made := s.ask(account.RoleStudent, "POST", "/api/v1/bookings", s.slotBody("PLC-01", 1)).want(t, http.StatusCreated).json(t)
	path := "/api/v1/bookings/" + made["id"].(string) + "/check-in"
	if made["check_in_from"] != "2026-11-23T01:45:00Z" || made["check_in_until"] != "2026-11-23T02:15:00Z" {
		t.Errorf("from %v until %v", made["check_in_from"], made["check_in_until"])
	}
	qr := map[string]any{"how": "qr", "key": key}
	s.ask(account.RoleStudent, "POST", path, qr).want(t, http.StatusUnprocessableEntity, "check_in_too_early")
	s.wait(50 * time.Minute)
	s.ask(account.RoleStudent, "POST", path, map[string]any{"how": "qr"}).want(t, http.StatusUnprocessableEntity, "check_in_key_wrong")
	s.ask(account.RoleStudent, "POST", path, map[string]any{"how": "qr", "key": s.key("PLC-02")}).want(t, http.StatusUnprocessableEntity, "check_in_key_wrong")
	s.ask(account.RoleStudent, "POST", path, map[string]any{"how": "instructor"}).want(t, http.StatusForbidden, "not_allowed")
	s.ask(account.RoleStudent, "POST", path, map[string]any{"how": "evidence"}).want(t, http.StatusBadRequest)
	s.ask(account.RolePlanner, "POST", path, qr).want(t, http.StatusForbidden, "not_your_booking")
	for range 2 {
		b := s.ask(account.RoleStudent, "POST", path, qr).want(t, http.StatusOK).json(t)
		if b["verdict"] != "arrived" || b["check_in"] != "qr" || b["checked_in_at"] != "2026-11-23T01:50:00Z" || b["version"] != 2.0 || b["check_in_from"] != nil {
			t.Fatalf("%v", b)
		}
	}
	s.ask(account.RoleStudent, "POST", "/api/v1/bookings/"+made["id"].(string)+"/keep", nil).want(t, http.StatusOK)

	s.wait(10 * time.Minute)
	made = s.ask(account.RoleStudent, "POST", "/api/v1/bookings", s.slotBody("PLC-02", 1)).want(t, http.StatusCreated).json(t)
	s.wait(75 * time.Minute)
	path = "/api/v1/bookings/" + made["id"].(string) + "/check-in"
	s.ask(account.RoleStudent, "POST", path, map[string]any{"how": "qr", "key": s.key("PLC-02")}).want(t, http.StatusUnprocessableEntity, "check_in_too_late")
	b := s.ask(account.RoleInstructor, "POST", path, map[string]any{"how": "instructor"}).want(t, http.StatusOK).json(t)
	if b["verdict"] != "arrived" || b["check_in"] != "instructor" {
		t.Errorf("%v", b)
	}
}

func TestAnAbsenceIsExplainedAppealedAgainstAndForgiven(t *testing.T) {
	s := newSchool(t)
	id := s.absent("PLC-01")
	list := s.ask(account.RoleStudent, "GET", "/api/v1/strikes", nil).want(t, http.StatusOK).json(t)
	strike := list["items"].([]any)[0].(map[string]any)
	of := strike["booking"].(map[string]any)
	evidence := of["evidence"].(map[string]any)
	if strike["counts"] != true || strike["mine"] != true || of["verdict"] != "absent" || of["status"] != "ended" || of["planned_end"] == nil ||
		evidence["seen_minutes"] != 16.0 || evidence["used_minutes"] != 0.0 {
		t.Fatalf("%v", strike)
	}
	open := func() []any {
		return s.ask(account.RoleInstructor, "GET", "/api/v1/strikes?open=true", nil).want(t, http.StatusOK).json(t)["items"].([]any)
	}
	if got := open(); len(got) != 0 {
		t.Errorf("nobody has appealed: %v", got)
	}
	path := "/api/v1/strikes/" + id
	decide := map[string]any{"forgive": false}
	s.ask(account.RoleInstructor, "POST", path+"/decide", decide).want(t, http.StatusUnprocessableEntity, "appeal_missing")
	s.ask(account.RoleInstructor, "POST", path+"/appeal", map[string]any{"text": "not mine"}).want(t, http.StatusNotFound, "strike_unknown")
	s.ask(account.RoleStudent, "POST", path+"/appeal", map[string]any{"text": "  \n "}).want(t, http.StatusUnprocessableEntity, "appeal_text_invalid")
	s.ask(account.RoleStudent, "POST", path+"/appeal", map[string]any{"text": "a\x00b"}).want(t, http.StatusUnprocessableEntity, "appeal_text_invalid")
	s.ask(account.RoleStudent, "POST", path+"/appeal", map[string]any{"text": strings.Repeat("我", 2001)}).want(t, http.StatusBadRequest)
	s.ask(account.RoleStudent, "POST", path+"/appeal", map[string]any{"text": "I was wiring;\n屏幕关着"}).want(t, http.StatusOK)
	s.ask(account.RoleStudent, "POST", path+"/appeal", map[string]any{"text": "again"}).want(t, http.StatusConflict, "strike_appealed")
	if got := open(); len(got) != 1 || got[0].(map[string]any)["person"] == nil {
		t.Errorf("one has: %v", got)
	}
	s.ask(account.RoleStudent, "POST", path+"/decide", map[string]any{"forgive": true}).want(t, http.StatusForbidden)
	answer := map[string]any{"forgive": true, "answer": "Seen on the camera"}
	after := s.ask(account.RoleInstructor, "POST", path+"/decide", answer).want(t, http.StatusOK).json(t)
	if after["state"] != "forgiven" || after["counts"] != false || after["answer"] != "Seen on the camera" {
		t.Errorf("%v", after)
	}
	s.ask(account.RoleInstructor, "POST", path+"/decide", answer).want(t, http.StatusConflict, "strike_decided")
	s.ask(account.RoleInstructor, "POST", "/api/v1/strikes/no/decide", answer).want(t, http.StatusNotFound, "strike_unknown")
	s.ask(account.RoleStudent, "GET", "/api/v1/strikes?person="+s.people[account.RoleInstructor].ID, nil).want(t, http.StatusForbidden)
	s.ask(account.RoleInstructor, "GET", "/api/v1/strikes?person="+s.people[account.RoleStudent].ID, nil).want(t, http.StatusOK)
}

func TestAnInstructorPutsAnAbsenceRight(t *testing.T) {
	s := newSchool(t)
	id := s.absent("PLC-01")
	s.wait(24 * time.Hour)
	b := s.ask(account.RoleInstructor, "POST", "/api/v1/bookings/"+id+"/check-in", map[string]any{"how": "instructor"}).want(t, http.StatusOK).json(t)
	if b["verdict"] != "arrived" || b["check_in"] != "instructor" || b["status"] != "ended" {
		t.Errorf("%v", b)
	}
	strike := s.ask(account.RoleStudent, "GET", "/api/v1/strikes", nil).want(t, http.StatusOK).json(t)["items"].([]any)[0].(map[string]any)
	if strike["state"] != "taken_back" {
		t.Errorf("%v", strike)
	}
}

func TestALabelTellsStrangersOnlyWhatTheyStandBefore(t *testing.T) {
	s := newSchool(t)
	got := s.ask("", "GET", "/api/v1/labels/PLC-01?key="+s.key("PLC-01"), nil).want(t, http.StatusOK).json(t)
	if got["state"] != "unknown" || got["time_zone"] != "Asia/Shanghai" {
		t.Errorf("%v", got)
	}
	s.ask("", "GET", "/api/v1/labels/PLC-02?key="+s.key("PLC-01"), nil).want(t, http.StatusNotFound, "label_unknown")
	s.ask("", "GET", "/api/v1/labels/PLC-99?key=abc", nil).want(t, http.StatusNotFound, "label_unknown")
	s.ask("", "GET", "/api/v1/labels/PLC-01", nil).want(t, http.StatusBadRequest)
	s.ask(account.RoleInstructor, "GET", "/api/v1/labels", nil).want(t, http.StatusForbidden)
}

func TestWhoHasComeIsForThoseWhoMaySeeNames(t *testing.T) {
	s := newSchool(t)
	id := s.absent("PLC-01")
	for _, role := range []account.Role{account.RoleStudent, account.RoleInstructor, account.RolePlanner} {
		if b := s.ask(role, "GET", "/api/v1/bookings/"+id, nil).want(t, http.StatusOK).json(t); b["verdict"] != "absent" {
			t.Errorf("%s: %v", role, b)
		}
	}
	other := booking.Booking{ID: "other", StationID: s.stations[0].ID, PersonID: s.people[account.RoleInstructor].ID, Verdict: booking.VerdictAbsent}
	d, err := s.directory.get(t.Context())
	s.must(err)
	who := &caller{Actor: account.SignedIn(s.people[account.RoleStudent].ID, account.RoleStudent)}
	shown, err := s.showBooking(context.WithValue(t.Context(), callerKey{}, who), d, other)
	if err != nil || shown.Verdict != nil || shown.Person != nil {
		t.Errorf("a student is told of another's: %+v, %v", shown, err)
	}
}
