package httpapi

import (
	"context"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
)

func TestABookingIsMadeReadChangedAndCancelled(t *testing.T) {
	s := newSchool(t)
	made := s.ask(account.RoleStudent, "POST", "/api/v1/bookings", s.slotBody("PLC-01", 1)).want(t, http.StatusCreated)
	b := made.json(t)
	if b["mine"] != true || b["status"] != "confirmed" || b["programme"] != "mechatronics" {
		t.Fatalf("unexpected booking: %s", made.body)
	}
	if made.header.Get("ETag") != `"1"` {
		t.Fatalf("ETag %s", made.header.Get("ETag"))
	}
	path := "/api/v1/bookings/" + b["id"].(string)
	s.ask(account.RoleStudent, "GET", path, nil).want(t, http.StatusOK)

	later := s.slotBody("PLC-01", 2)
	delete(later, "station")
	s.ask(account.RoleStudent, "PATCH", path, later, "If-Match", `"7"`).want(t, http.StatusPreconditionFailed, "booking_changed")
	moved := s.ask(account.RoleStudent, "PATCH", path, later, "If-Match", `"1"`).want(t, http.StatusOK)
	if moved.json(t)["starts_at"] != later["starts_at"] || moved.header.Get("ETag") != `"2"` {
		t.Fatalf("not moved: %s", moved.body)
	}
	gone := s.ask(account.RoleStudent, "DELETE", path, nil).want(t, http.StatusOK)
	if gone.json(t)["status"] != "cancelled" {
		t.Fatalf("not cancelled: %s", gone.body)
	}
	s.ask(account.RoleStudent, "DELETE", path, nil).want(t, http.StatusOK)
}

func TestARefusalTellsEveryReasonAndAWayOut(t *testing.T) {
	s := newSchool(t)
	s.ask(account.RoleStudent, "POST", "/api/v1/bookings", s.slotBody("PLC-01", 1)).want(t, http.StatusCreated)
	taken := s.ask(account.RoleInstructor, "POST", "/api/v1/bookings", s.slotBody("PLC-01", 1)).want(t, http.StatusConflict, "slot_taken").json(t)
	if len(taken["refusals"].([]any)) != 1 || len(taken["alternatives"].([]any)) == 0 {
		t.Fatalf("no reasons or no alternatives: %v", taken)
	}
	crooked := s.slotBody("PLC-02", 1)
	crooked["ends_at"] = s.clock().Add(30*time.Hour + 7*time.Second).Format(time.RFC3339)
	ruled := s.ask(account.RoleStudent, "POST", "/api/v1/bookings", crooked).want(t, http.StatusUnprocessableEntity).json(t)
	if len(ruled["refusals"].([]any)) < 2 {
		t.Fatalf("want the grid and the length: %v", ruled["refusals"])
	}
}

func TestNamesAreForThoseWhoMaySeeThem(t *testing.T) {
	s := newSchool(t)
	made := s.ask(account.RoleInstructor, "POST", "/api/v1/bookings", s.slotBody("PLC-01", 1)).want(t, http.StatusCreated).json(t)
	path := "/api/v1/bookings/" + made["id"].(string)
	s.ask(account.RoleStudent, "GET", path, nil).want(t, http.StatusNotFound, "booking_unknown")
	s.ask(account.RoleStudent, "DELETE", path, nil).want(t, http.StatusNotFound, "booking_unknown")
	s.ask(account.RolePlanner, "GET", path, nil).want(t, http.StatusOK)
	s.ask(account.RolePlanner, "DELETE", path, nil).want(t, http.StatusForbidden)
	for role, sees := range map[account.Role]bool{account.RoleStudent: false, account.RoleInstructor: true, account.RolePlanner: true, account.RoleAdmin: true} {
		list := s.ask(role, "GET", "/api/v1/bookings?station=PLC-01", nil).want(t, http.StatusOK).json(t)
		item := list["items"].([]any)[0].(map[string]any)
		if _, named := item["person"]; named != sees {
			t.Errorf("%s sees the name: %v, want %v", role, named, sees)
		}
		if _, told := item["purpose"]; told != sees {
			t.Errorf("%s sees the purpose: %v, want %v", role, told, sees)
		}
	}
	s.ask(account.RoleStudent, "GET", "/api/v1/bookings?person="+s.people[account.RoleInstructor].ID, nil).want(t, http.StatusForbidden)
}

func TestABookingListGoesOnWhereItEnded(t *testing.T) {
	s := newSchool(t)
	for hour := range 5 {
		s.ask(account.RoleInstructor, "POST", "/api/v1/bookings", s.slotBody("PLC-01", hour+1)).want(t, http.StatusCreated)
	}
	seen := map[string]bool{}
	path := "/api/v1/bookings?limit=2"
	for pages := 0; path != ""; pages++ {
		list := s.ask(account.RoleInstructor, "GET", path, nil).want(t, http.StatusOK).json(t)
		for _, item := range list["items"].([]any) {
			seen[item.(map[string]any)["id"].(string)] = true
		}
		path = ""
		if next, ok := list["next"].(string); ok {
			path = "/api/v1/bookings?limit=2&cursor=" + next
		}
		if pages > 3 {
			t.Fatal("the list does not end")
		}
	}
	if len(seen) != 5 {
		t.Fatalf("saw %d bookings, want 5", len(seen))
	}
	s.ask(account.RoleInstructor, "GET", "/api/v1/people?cursor=abc", nil).want(t, http.StatusForbidden)
	s.ask(account.RoleInstructor, "GET", "/api/v1/bookings?cursor=abc", nil).want(t, http.StatusUnprocessableEntity, "cursor_unknown")
}

// late does everything, and comes back when the request's time is over.
type late struct{ Bookings }

func (l late) Reserve(ctx context.Context, actor account.Actor, r booking.Request) (booking.Booking, error) {
	defer func() { <-ctx.Done() }()
	return l.Bookings.Reserve(context.WithoutCancel(ctx), actor, r)
}

func (l late) Change(ctx context.Context, actor account.Actor, id string, version int64, c booking.Change) (booking.Booking, error) {
	defer func() { <-ctx.Done() }()
	return l.Bookings.Change(context.WithoutCancel(ctx), actor, id, version, c)
}

func (l late) Cancel(ctx context.Context, actor account.Actor, id string, version int64) (booking.Booking, error) {
	defer func() { <-ctx.Done() }()
	return l.Bookings.Cancel(context.WithoutCancel(ctx), actor, id, version)
}

func TestWhatIsDoneIsSaidThoughTheTimeIsOver(t *testing.T) {
	s := newSchool(t, func(cfg *Config, deps *Deps) {
		cfg.RequestTimeout = 300 * time.Millisecond
		deps.Bookings = late{deps.Bookings}
	})
	b := s.ask(account.RoleStudent, "POST", "/api/v1/bookings", s.slotBody("PLC-01", 1)).want(t, http.StatusCreated).json(t)
	path := "/api/v1/bookings/" + b["id"].(string)
	s.wait(2 * directoryLifetime) // so that the answer reads the names again
	s.ask(account.RoleStudent, "PATCH", path, map[string]any{"purpose": "research"}).want(t, http.StatusOK)
	s.wait(2 * directoryLifetime)
	s.ask(account.RoleStudent, "DELETE", path, nil).want(t, http.StatusOK)
}

func TestATokenForBookingChangesWhatItMayBook(t *testing.T) {
	s := newSchool(t)
	instructor := s.people[account.RoleInstructor]
	_, secret, err := s.accounts.CreateToken(t.Context(), account.SignedIn(instructor.ID, instructor.Role), "one", []account.Scope{account.ScopeBook}, time.Time{})
	s.must(err)
	body := s.slotBody("PLC-01", 1)
	body["person"] = s.people[account.RoleStudent].ID
	made := s.ask("", "POST", "/api/v1/bookings", body, "Authorization", "Bearer "+secret).want(t, http.StatusCreated).json(t)
	path := "/api/v1/bookings/" + made["id"].(string)
	changed := s.ask("", "PATCH", path, map[string]any{"programme": "welding"}, "Authorization", "Bearer "+secret).want(t, http.StatusOK).json(t)
	if changed["person"] != nil {
		t.Fatalf("a token without read sees the name: %v", changed)
	}
	s.ask("", "DELETE", path, nil, "Authorization", "Bearer "+secret).want(t, http.StatusOK)
}

func TestTheSameKeyAndBodyGiveTheSameAnswer(t *testing.T) {
	s := newSchool(t)
	body := s.slotBody("PLC-01", 1)
	first := s.ask(account.RoleStudent, "POST", "/api/v1/bookings", body, "Idempotency-Key", "k1").want(t, http.StatusCreated)
	again := s.ask(account.RoleStudent, "POST", "/api/v1/bookings", body, "Idempotency-Key", "k1").want(t, http.StatusCreated)
	if string(first.body) != string(again.body) || again.header.Get("ETag") != first.header.Get("ETag") {
		t.Fatalf("another answer: %s", again.body)
	}
	s.ask(account.RoleStudent, "POST", "/api/v1/bookings", s.slotBody("PLC-02", 1), "Idempotency-Key", "k1").
		want(t, http.StatusUnprocessableEntity, "idempotency_key_reused")
	refused := s.ask(account.RoleInstructor, "POST", "/api/v1/bookings", body, "Idempotency-Key", "k1").want(t, http.StatusConflict, "slot_taken")
	s.ask(account.RoleStudent, "DELETE", "/api/v1/bookings/"+first.json(t)["id"].(string), nil).want(t, http.StatusOK)
	kept := s.ask(account.RoleInstructor, "POST", "/api/v1/bookings", body, "Idempotency-Key", "k1").want(t, http.StatusConflict, "slot_taken")
	if string(kept.body) != string(refused.body) {
		t.Fatalf("a refusal must be kept, too: %s", kept.body)
	}
}

func TestAvailabilityComesInPagesThatMissNothing(t *testing.T) {
	s := newSchool(t)
	base := "/api/v1/availability?kind=plc-bench&from=2026-11-23T00:00:00Z&to=2026-11-30T00:00:00Z"
	whole := s.ask(account.RoleStudent, "GET", base+"&limit=1000", nil).want(t, 200).json(t)
	if whole["next"] != nil {
		t.Fatalf("a page behind the last: %v", whole["next"])
	}
	var paged []any
	for next, pages := "", 0; ; pages++ {
		page := s.ask(account.RoleStudent, "GET", base+"&limit=2"+next, nil).want(t, 200).json(t)
		paged = append(paged, page["items"].([]any)...)
		if page["next"] == nil {
			break
		}
		if next = "&cursor=" + page["next"].(string); pages > 100 {
			t.Fatal("the pages do not end")
		}
	}
	if want := whole["items"].([]any); len(want) < 2 || !reflect.DeepEqual(paged, want) {
		t.Errorf("the pages hold %v, all at once %v", paged, want)
	}
	s.ask(account.RoleStudent, "GET", base+"&cursor=nonsense", nil).want(t, 422, "cursor_unknown")
}
