package httpapi

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/calendar/calendartest"
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

// events fetches a calendar as a program does, without signing in.
func (s *school) events(path string) map[string]calendartest.Event {
	s.t.Helper()
	out := map[string]calendartest.Event{}
	for _, e := range calendartest.Read(s.t, s.ask("", http.MethodGet, path, nil).want(s.t, http.StatusOK).body).Events {
		out[e.UID] = e
	}
	return out
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
	if !first.Starts.Equal(s.clock().Add(30*time.Hour)) || first.Zone != "Asia/Shanghai" || !strings.Contains(first.Location, "可编程控制器综合实训台") {
		t.Errorf("it is %+v", first)
	}
	later := s.clock().Add(33 * time.Hour)
	s.ask(account.RoleStudent, http.MethodPatch, "/api/v1/bookings/"+made["id"].(string), map[string]any{
		"starts_at": later.Format(time.RFC3339), "ends_at": later.Add(time.Hour).Format(time.RFC3339)}).want(t, http.StatusOK)
	moved := s.events(mine)[uid]
	if !moved.Starts.Equal(later) {
		t.Errorf("moved to %v", moved.Starts)
	}
	s.ask(account.RoleStudent, http.MethodDelete, "/api/v1/bookings/"+made["id"].(string), nil)
	cancelled := s.events(mine)[uid]
	if cancelled.Status != "CANCELLED" {
		t.Errorf("status %q", cancelled.Status)
	}
	if first.Sequence != 0 || moved.Sequence <= first.Sequence || cancelled.Sequence <= moved.Sequence {
		t.Errorf("sequences %d, %d, %d", first.Sequence, moved.Sequence, cancelled.Sequence)
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

// The clocks go back on 25 October 2026 in Helsinki, and forward by half an hour on 4 October on Lord Howe Island: a weekly class
// stays at its hour, and its instants are what the calendar's own time zone says.
func TestCase09ASeriesInACalendarKeepsItsHourAndItsUIDsInAnyTimeZone(t *testing.T) {
	for _, zone := range []string{"Asia/Shanghai", "Europe/Helsinki", "Australia/Lord_Howe"} {
		s := newSchool(t)
		s.move(zone)
		s.wait(time.Date(2026, 9, 21, 8, 0, 0, 0, time.UTC).Sub(s.clock()))
		mine, _ := s.feed(account.RoleInstructor, map[string]any{"of": "me", "name": "可编程控制器与工业机器人实训（一号楼三层，数控与自动化方向，双语班）"})
		body := map[string]any{"stations": []string{"PLC-01"}, "rule": "FREQ=WEEKLY;COUNT=8", "first": "2026-09-22", "starts": "14:00", "ends": "16:00", "title": "PLC", "purpose": "class"}
		made := s.ask(account.RoleInstructor, http.MethodPost, "/api/v1/series", body).want(t, http.StatusCreated).json(t)
		before := s.events(mine)
		var ids []string
		for _, o := range made["occurrences"].([]any) {
			id := o.(map[string]any)["bookings"].([]any)[0].(map[string]any)["id"].(string)
			ids = append(ids, id)
			e, there := before[id+"@labtide"]
			loc, err := time.LoadLocation(zone)
			s.must(err)
			if starts := e.Starts.UTC().Format(time.RFC3339); !there || starts != o.(map[string]any)["starts_at"] || e.Zone != zone || e.Starts.In(loc).Hour() != 14 || e.Rule != "" {
				t.Errorf("%s: %v is %+v", zone, o, e)
			}
		}
		if len(before) != 8 || len(ids) != 8 {
			t.Fatalf("%s: %d events of %d bookings", zone, len(before), len(ids))
		}
		s.ask(account.RoleInstructor, http.MethodDelete, "/api/v1/bookings/"+ids[4], nil).want(t, http.StatusOK)
		s.ask(account.RoleInstructor, http.MethodPatch, "/api/v1/series/"+made["series"].(map[string]any)["id"].(string), map[string]any{
			"from": "2026-10-13", "starts": "16:00", "ends": "18:00", "override": true}).want(t, http.StatusOK)
		after := s.events(mine)
		if got := after[ids[4]+"@labtide"]; got.Status != "CANCELLED" {
			t.Errorf("%s: what was left out is %+v", zone, got)
		}
		for i, id := range ids {
			was, is := before[id+"@labtide"], after[id+"@labtide"]
			if moved := i >= 3 && i != 4; moved && (is.Sequence <= was.Sequence || is.Starts.Sub(was.Starts) != 2*time.Hour) {
				t.Errorf("%s: %d was %+v, is %+v", zone, i, was, is)
			} else if i < 3 && is != was {
				t.Errorf("%s: the past has changed: %+v", zone, is)
			}
		}
	}
}

func TestAClassOnSeveralStationsIsOneEventWithItsTitleAndItsUID(t *testing.T) {
	s := newSchool(t)
	mine, _ := s.feed(account.RoleInstructor, map[string]any{"of": "me"})
	room, _ := s.feed(account.RoleStudent, map[string]any{"of": "room", "room": "R1"})
	body := classBody()
	body["title"] = "可编程控制器, 第二组"
	made := s.ask(account.RoleInstructor, http.MethodPost, "/api/v1/series", body).want(t, http.StatusCreated).json(t)
	for _, path := range []string{mine, room} {
		events := s.events(path)
		if len(events) != 3 {
			t.Fatalf("%d events of three lessons on two stations: %+v", len(events), events)
		}
		for _, e := range events {
			if !strings.HasPrefix(e.Summary, "可编程控制器, 第二组 · PLC-01, PLC-02") || !strings.HasPrefix(e.Location, "PLC-01, PLC-02 · ") {
				t.Errorf("%+v", e)
			}
		}
	}
	seats := made["occurrences"].([]any)[1].(map[string]any)["bookings"].([]any)
	ids := []string{seats[0].(map[string]any)["id"].(string), seats[1].(map[string]any)["id"].(string)}
	slices.Sort(ids)
	s.ask(account.RoleInstructor, http.MethodDelete, "/api/v1/bookings/"+ids[0], nil).want(t, http.StatusOK)
	events := s.events(mine)
	if gone, left := events[ids[0]+"@labtide"], events[ids[1]+"@labtide"]; len(events) != 4 || gone.Status != "CANCELLED" || left.Status != "CONFIRMED" || strings.Contains(left.Location, ",") {
		t.Errorf("of the second lesson one station was given back: %+v", events)
	}
}

func TestWhoComesAlongHasItInTheirCalendar(t *testing.T) {
	s := newSchool(t)
	mine, id := s.feed(account.RoleStudent, map[string]any{"of": "me"})
	if got := s.ask(account.RoleStudent, http.MethodGet, "/api/v1/feeds", nil).json(t)["items"].([]any)[0].(map[string]any)["last_used_at"]; got != nil {
		t.Errorf("nobody has come for %s, and it says %v", id, got)
	}
	body := s.slotBody("PLC-01", 30)
	body["companions"] = []string{s.people[account.RoleStudent].ID}
	made := s.ask(account.RoleInstructor, http.MethodPost, "/api/v1/bookings", body).want(t, http.StatusCreated).json(t)
	if _, there := s.events(mine)[made["id"].(string)+"@labtide"]; !there {
		t.Error("it is not there")
	}
	if got := s.ask(account.RoleStudent, http.MethodGet, "/api/v1/feeds", nil).json(t)["items"].([]any)[0].(map[string]any)["last_used_at"]; got != s.clock().UTC().Truncate(time.Second).Format(time.RFC3339) {
		t.Errorf("last used at %v", got)
	}
}

// move puts the school into another time zone.
func (s *school) move(zone string) {
	s.t.Helper()
	sites, err := s.deps.Equipment.Sites(s.t.Context())
	s.must(err)
	sites[0].TimeZone = zone
	_, err = s.deps.Equipment.PutSite(s.t.Context(), sites[0])
	s.must(err)
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
