package httpapi

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-ical"

	"github.com/labtide/labtide/server/account"
)

// feed makes a calendar link and gives its path and id.
func (s *school) feed(role account.Role, body map[string]any) (path, id string) {
	s.t.Helper()
	made := s.ask(role, http.MethodPost, "/api/v1/feeds", body).want(s.t, http.StatusCreated).json(s.t)
	address := made["url"].(string)
	if !strings.HasPrefix(address, "http://labtide.test/calendar/") || !strings.HasSuffix(address, ".ics") {
		s.t.Fatalf("the address is %s", address)
	}
	return strings.TrimPrefix(address, "http://labtide.test"), made["feed"].(map[string]any)["id"].(string)
}

// events fetches a calendar as a program does, without signing in, and reads it with another library than the one that
// wrote it.
func (s *school) events(path string) map[string]ical.Event {
	s.t.Helper()
	got := s.ask("", http.MethodGet, path, nil).want(s.t, http.StatusOK)
	for line := range bytes.SplitSeq(got.body, []byte("\r\n")) {
		if len(line) > 75 {
			s.t.Errorf("a line of %d octets: %s", len(line), line)
		}
	}
	calendar, err := ical.NewDecoder(bytes.NewReader(got.body)).Decode()
	s.must(err)
	out := map[string]ical.Event{}
	for _, e := range calendar.Events() {
		uid := e.Props.Get(ical.PropUID)
		if uid == nil || out[uid.Value].Component != nil {
			s.t.Fatalf("an event without a UID of its own: %v", e.Props)
		}
		out[uid.Value] = e
	}
	return out
}

func property(t *testing.T, e ical.Event, name string) string {
	t.Helper()
	p := e.Props.Get(name)
	if p == nil {
		return ""
	}
	return p.Value
}

func TestCase09ICalendarStableUIDSequenceCancelFoldingAndRevocableTokens(t *testing.T) {
	s := newSchool(t)
	s.must(s.rename("PLC-01", "西门子 S7-1500 可编程控制器综合实训台(带触摸屏与变频器)一号位"))
	mine, id := s.feed(account.RoleStudent, map[string]any{"of": "me"})
	if len(s.events(mine)) != 0 {
		t.Fatal("there is something in it already")
	}
	made := s.ask(account.RoleStudent, http.MethodPost, "/api/v1/bookings", s.slotBody("PLC-01", 30)).want(t, http.StatusCreated).json(t)
	uid := made["id"].(string) + "@labtide"
	first, ok := s.events(mine)[uid]
	if !ok {
		t.Fatalf("no event %s", uid)
	}
	starts, err := first.DateTimeStart(time.UTC)
	s.must(err)
	if !starts.Equal(s.clock().Add(30*time.Hour)) || !strings.Contains(property(t, first, ical.PropLocation), "可编程控制器综合实训台") {
		t.Errorf("starts %v, location %q", starts, property(t, first, ical.PropLocation))
	}
	later := s.clock().Add(33 * time.Hour)
	s.ask(account.RoleStudent, http.MethodPatch, "/api/v1/bookings/"+made["id"].(string), map[string]any{
		"starts_at": later.Format(time.RFC3339), "ends_at": later.Add(time.Hour).Format(time.RFC3339)}).want(t, http.StatusOK)
	moved := s.events(mine)[uid]
	if starts, err = moved.DateTimeStart(time.UTC); err != nil || !starts.Equal(later) {
		t.Errorf("moved to %v, %v", starts, err)
	}
	s.ask(account.RoleStudent, http.MethodDelete, "/api/v1/bookings/"+made["id"].(string), nil)
	cancelled := s.events(mine)[uid]
	if property(t, cancelled, ical.PropStatus) != "CANCELLED" {
		t.Errorf("status %q", property(t, cancelled, ical.PropStatus))
	}
	var sequences []int
	for _, e := range []ical.Event{first, moved, cancelled} {
		n, err := strconv.Atoi(property(t, e, ical.PropSequence))
		s.must(err)
		sequences = append(sequences, n)
	}
	if sequences[0] >= sequences[1] || sequences[1] >= sequences[2] {
		t.Errorf("sequences %v", sequences)
	}
	s.wait(31 * 24 * time.Hour)
	if _, there := s.events(mine)[uid]; there {
		t.Error("it is shown as cancelled for ever")
	}
	s.ask(account.RoleInstructor, http.MethodDelete, "/api/v1/feeds/"+id, nil).want(t, http.StatusNotFound, "feed_unknown")
	s.ask(account.RoleStudent, http.MethodDelete, "/api/v1/feeds/"+id, nil).want(t, http.StatusNoContent)
	s.ask("", http.MethodGet, mine, nil).want(t, http.StatusNotFound, "feed_unknown")
	s.ask(account.RoleStudent, http.MethodDelete, "/api/v1/feeds/"+id, nil).want(t, http.StatusNotFound, "feed_unknown")
}

// rename gives a station a name in Chinese.
func (s *school) rename(code, name string) error {
	station, err := s.deps.Equipment.StationByID(s.t.Context(), code)
	if err != nil {
		return err
	}
	station.Name.Zh, station.Name.En = name, code
	_, err = s.deps.Equipment.PutStation(s.t.Context(), station)
	return err
}

func TestARoomsCalendarNamesNobody(t *testing.T) {
	s := newSchool(t)
	room, _ := s.feed(account.RoleInstructor, map[string]any{"of": "room", "room": "R1", "name": "一号实训室"})
	other, _ := s.feed(account.RoleInstructor, map[string]any{"of": "room", "room": "R2"})
	made := s.ask(account.RoleStudent, http.MethodPost, "/api/v1/bookings", s.slotBody("PLC-02", 30)).want(t, http.StatusCreated).json(t)
	got := s.ask("", http.MethodGet, room, nil).want(t, http.StatusOK)
	for _, name := range []string{"student", "The ", "mechatronics"} {
		if strings.Contains(string(got.body), name) {
			t.Errorf("%q is in\n%s", name, got.body)
		}
	}
	if _, there := s.events(room)[made["id"].(string)+"@labtide"]; !there {
		t.Error("the booking is missing")
	}
	if len(s.events(other)) != 0 {
		t.Error("it is in another room's calendar")
	}
	if got.header.Get("Content-Type") != "text/calendar; charset=utf-8" || got.header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("headers %v", got.header)
	}
}

func TestACalendarThatHasNotChangedIsNotSentAgain(t *testing.T) {
	s := newSchool(t)
	path, _ := s.feed(account.RoleStudent, map[string]any{"of": "me"})
	s.ask(account.RoleStudent, http.MethodPost, "/api/v1/bookings", s.slotBody("PLC-02", 30)).want(t, http.StatusCreated)
	tag := s.ask("", http.MethodGet, path, nil).want(t, http.StatusOK).header.Get("ETag")
	s.wait(time.Hour)
	for _, header := range []string{tag, "W/" + tag, `"x", ` + tag} {
		if got := s.ask("", http.MethodGet, path, nil, "If-None-Match", header); got.status != http.StatusNotModified || len(got.body) != 0 || got.header.Get("ETag") != tag {
			t.Errorf("%s: %d %s", header, got.status, got.body)
		}
	}
	s.ask(account.RoleStudent, http.MethodPost, "/api/v1/bookings", s.slotBody("PLC-02", 35)).want(t, http.StatusCreated)
	s.ask("", http.MethodGet, path, nil, "If-None-Match", tag).want(t, http.StatusOK)
}

func TestWhoGuessesCalendarsIsSlowedDown(t *testing.T) {
	s := newSchool(t)
	path, _ := s.feed(account.RoleStudent, map[string]any{"of": "me"})
	limited := false
	for i := 0; i < 200 && !limited; i++ {
		r := httptest.NewRequest(http.MethodGet, "/calendar/cal"+strconv.Itoa(i)+".ics", nil)
		r.RemoteAddr = "203.0.113.7:1"
		switch got := s.send(r); got.status {
		case http.StatusTooManyRequests:
			limited = got.header.Get("Retry-After") != ""
		case http.StatusNotFound:
		default:
			t.Fatalf("got %d %s", got.status, got.body)
		}
	}
	if !limited {
		t.Error("nobody minds 200 guesses")
	}
	s.ask("", http.MethodGet, path, nil).want(t, http.StatusOK) // from elsewhere
}

func TestWrongFeedsAreRefused(t *testing.T) {
	s := newSchool(t)
	for _, body := range []map[string]any{{"of": "room"}, {"of": "me", "room": "R1"}} {
		s.ask(account.RoleStudent, http.MethodPost, "/api/v1/feeds", body).want(t, http.StatusUnprocessableEntity, "feed_room_missing")
	}
	s.ask(account.RoleStudent, http.MethodPost, "/api/v1/feeds", map[string]any{"of": "room", "room": "R9"}).want(t, http.StatusNotFound, "room_unknown")
	for range 20 {
		s.feed(account.RoleStudent, map[string]any{"of": "me"})
	}
	s.ask(account.RoleStudent, http.MethodPost, "/api/v1/feeds", map[string]any{"of": "me"}).want(t, http.StatusUnprocessableEntity, "feeds_too_many")
	if items := s.ask(account.RoleStudent, http.MethodGet, "/api/v1/feeds", nil).json(t)["items"].([]any); len(items) != 20 {
		t.Errorf("%d links", len(items))
	}
}

func TestTheCalendarOfSomebodyWhoLeftIsGone(t *testing.T) {
	s := newSchool(t)
	path, _ := s.feed(account.RoleStudent, map[string]any{"of": "me"})
	s.ask("", http.MethodGet, path, nil).want(t, http.StatusOK)
	s.ask(account.RoleAdmin, http.MethodPatch, "/api/v1/people/"+s.people[account.RoleStudent].ID, map[string]any{"disabled": true}).want(t, http.StatusOK)
	s.ask("", http.MethodGet, path, nil).want(t, http.StatusNotFound, "feed_unknown")
}
