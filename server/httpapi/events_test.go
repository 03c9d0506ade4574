package httpapi

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/live"
)

// watcher reads an event stream over a real connection.
type watcher struct {
	t      *testing.T
	lines  *bufio.Scanner
	closes context.CancelFunc
}

func (s *school) watch(role account.Role, query, lastID string) *watcher {
	s.t.Helper()
	return s.watchAs(query, "Authorization", "Bearer "+s.tokens[role], "Last-Event-ID", lastID)
}

func (s *school) watchAs(query string, headers ...string) *watcher {
	s.t.Helper()
	server := httptest.NewServer(s.Handler())
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	s.t.Cleanup(func() { stop(); server.Close() })
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+eventsPath+query, nil)
	s.must(err)
	r.Header.Set("Accept-Encoding", "gzip")
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	answer, err := http.DefaultClient.Do(r)
	s.must(err)
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != eventStream || answer.Header.Get("Content-Encoding") != "" {
		s.t.Fatalf("%d %v", answer.StatusCode, answer.Header)
	}
	return &watcher{t: s.t.(*testing.T), lines: bufio.NewScanner(answer.Body), closes: stop}
}

// next gives the fields of the next event or comment; nil at the end of the stream.
func (w *watcher) next() map[string]string {
	event := map[string]string{}
	for w.lines.Scan() {
		if w.lines.Text() == "" {
			return event
		}
		field, value, _ := strings.Cut(w.lines.Text(), ": ")
		if field == "" {
			field, value = "comment", strings.TrimPrefix(w.lines.Text(), ": ")
		}
		event[field] = value
	}
	return nil
}

// ended waits until the server ends the stream.
func (w *watcher) ended() {
	w.t.Helper()
	for w.next() != nil { //nolint:revive // until the end
	}
	if err := w.lines.Err(); err != nil {
		w.t.Fatalf("the server did not end the stream: %v", err)
	}
}

// station waits for the next event of a station.
func (w *watcher) station() (id string, card BoardStation) {
	w.t.Helper()
	for {
		event := w.next()
		if event == nil || event["event"] == "reset" {
			w.t.Fatalf("the stream ended or was reset: %v", event)
		}
		if event["event"] == "station" {
			if err := json.Unmarshal([]byte(event["data"]), &card); err != nil {
				w.t.Fatal(err)
			}
			return event["id"], card
		}
	}
}

func TestABookingReachesThoseWhoWatchAndOnlySomeSeeTheName(t *testing.T) {
	s := newSchool(t)
	student, planner := s.watch(account.RoleStudent, "", ""), s.watch(account.RolePlanner, "?room=R1", "")
	student.next()
	planner.next()
	s.ask(account.RoleInstructor, "POST", "/api/v1/bookings", s.slotBody("PLC-01", 1)).want(t, http.StatusCreated)
	s.board.Touch(s.stations[0].ID)
	_, seen := student.station()
	if seen.NextBooking == nil || seen.NextBooking.PersonName != nil || seen.NextBooking.Mine || seen.NextBooking.Purpose != nil {
		t.Fatalf("a student sees %+v", seen.NextBooking)
	}
	_, seen = planner.station()
	if seen.NextBooking == nil || given(seen.NextBooking.PersonName) != "The instructor" {
		t.Fatalf("a planner sees %+v", seen.NextBooking)
	}
	board := s.ask(account.RoleInstructor, "GET", "/api/v1/board?room=R1", nil).want(t, http.StatusOK).json(t)
	if len(board["stations"].([]any)) != 2 || board["seq"] == "" {
		t.Fatalf("board %v", board)
	}
}

func TestAWatcherThatComesBackMissesNothingOrIsToldSo(t *testing.T) {
	s := newSchool(t)
	first := s.watch(account.RoleStudent, "", "")
	first.next()
	s.ask(account.RoleStudent, "POST", "/api/v1/bookings", s.slotBody("PLC-01", 1)).want(t, http.StatusCreated)
	s.board.Touch(s.stations[0].ID)
	id, _ := first.station()
	first.closes()
	s.ask(account.RoleStudent, "POST", "/api/v1/bookings", s.slotBody("PLC-02", 2)).want(t, http.StatusCreated)
	s.board.Touch(s.stations[1].ID)

	back := s.watch(account.RoleStudent, "?after=elsewhere-1", id) // the header goes first
	if _, card := back.station(); card.Station.Code != "PLC-02" {
		t.Fatalf("missed PLC-02, got %s", card.Station.Code)
	}
	lost := s.watch(account.RoleStudent, "?after=elsewhere-1", "")
	lost.next()
	if event := lost.next(); event["event"] != "reset" {
		t.Fatalf("want a reset, got %v", event)
	}
}

func TestAQuietStreamSaysThatItIsAliveAndEndsWithTheServer(t *testing.T) {
	s := newSchool(t)
	s.heartbeat = 10 * time.Millisecond
	w := s.watch(account.RoleStudent, "", "")
	w.next()
	if event := w.next(); event["comment"] == "" {
		t.Fatalf("want a comment, got %v", event)
	}
	s.stop()
	w.ended()
}

func TestAStreamEndsWhenThePersonIsShutOut(t *testing.T) {
	s := newSchool(t)
	s.recheck = 10 * time.Millisecond
	w := s.watch(account.RoleStudent, "", "")
	s.ask(account.RoleAdmin, "PATCH", "/api/v1/people/"+s.people[account.RoleStudent].ID, map[string]any{"disabled": true}).want(t, http.StatusOK)
	w.ended()
}

func TestAStreamEndsWithTheSessionOrTheTokenThatBeganIt(t *testing.T) {
	s := newSchool(t)
	s.recheck = 10 * time.Millisecond
	student, _ := s.signIn("student", password)
	signedIn := s.watchAs("", "Cookie", student.cookie.Name+"="+student.cookie.Value)
	student.ask("DELETE", "/api/v1/session", "", headerCSRF, student.csrf).want(t, http.StatusNoContent)
	signedIn.ended()

	byToken := s.watch(account.RolePlanner, "", "")
	planner := s.people[account.RolePlanner].ID
	tokens, err := s.accounts.Tokens(t.Context(), planner)
	s.must(err)
	s.must(s.accounts.RevokeToken(t.Context(), planner, tokens[0].ID))
	byToken.ended()
}

func TestAStreamShowsNamesByTheRoleOfNow(t *testing.T) {
	s := newSchool(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, eventsPath, nil)
	r.Header.Set("Authorization", "Bearer "+s.tokens[account.RoleStudent])
	st := &stream{Server: s.Server, ctx: t.Context(), who: &caller{request: r}}
	s.must(st.identifyAgain())
	if st.who.Role != account.RoleStudent {
		t.Fatalf("role %s", st.who.Role)
	}
	s.ask(account.RoleAdmin, "PATCH", "/api/v1/people/"+s.people[account.RoleStudent].ID, map[string]any{"role": "planner"}).want(t, http.StatusOK)
	s.must(st.identifyAgain())
	if st.who.Role != account.RolePlanner {
		t.Fatalf("role %s after the change", st.who.Role)
	}
}

func TestAQuietRoomInABusySchoolHearsThatTheStreamIsAlive(t *testing.T) {
	s := newSchool(t)
	s.heartbeat = 2 * live.Spacing // events come more often
	w := s.watch(account.RoleStudent, "?room=R2", "")
	w.next()
	alive := make(chan map[string]string)
	go func() { alive <- w.next() }()
	for round := 0; ; round++ {
		select {
		case event := <-alive:
			if event["comment"] == "" {
				t.Fatalf("want a comment, got %v", event)
			}
			return
		case <-time.After(live.Settle): // each round changes a card in the other room
			body := map[string]any{"name": map[string]string{"en": fmt.Sprint("Bench ", round)}}
			s.ask(account.RoleAdmin, "PATCH", "/api/v1/stations/PLC-01", body).want(t, http.StatusOK)
		}
	}
}

func TestRunStopsWithStreamsOpen(t *testing.T) {
	s := newSchool(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	s.watch(account.RoleStudent, "", "")
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if s.stopping.Err() == nil {
		t.Fatal("streams were not told")
	}
}
