package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
)

// granted reserves at once: what is left is the edge itself.
type granted struct {
	Bookings
	booking booking.Booking
}

func (g granted) Reserve(context.Context, account.Actor, booking.Request) (booking.Booking, error) {
	return g.booking, nil
}

// BenchmarkTheEdgeOfABooking is everything between the socket and the booking service: routing, token, policy, validation,
// JSON in and out.
func BenchmarkTheEdgeOfABooking(b *testing.B) {
	var grant granted
	s := newSchool(b, func(cfg *Config, deps *Deps) {
		cfg.RequestsPerSec = 1e9
		grant.Bookings = deps.Bookings
		deps.Bookings = &grant
	})
	grant.booking = booking.Booking{
		ID: "b", StationID: s.stations[0].ID, PersonID: s.people[account.RoleStudent].ID, Programme: "mechatronics", Purpose: booking.PurposePractice,
		StartsAt: monday, EndsAt: monday.Add(time.Hour), Status: booking.StatusConfirmed, CreatedAt: monday, ChangedAt: monday, Version: 1,
	}
	browser, _ := s.signIn("student", password)
	ways := map[string]func(r *http.Request){
		"token": func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+s.tokens[account.RoleStudent]) },
		"session": func(r *http.Request) {
			r.AddCookie(&http.Cookie{Name: cookieName, Value: browser.cookie.Value})
			r.Header.Set(headerCSRF, browser.csrf)
		},
	}
	body := fmt.Sprintf(`{"station":"PLC-01","starts_at":"%s","ends_at":"%s"}`, monday.Format(time.RFC3339), monday.Add(time.Hour).Format(time.RFC3339))
	for name, way := range ways {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest(http.MethodPost, "/api/v1/bookings", strings.NewReader(body))
				r.Header.Set("Content-Type", "application/json")
				way(r)
				w := httptest.NewRecorder()
				s.Handler().ServeHTTP(w, r)
				if w.Code != http.StatusCreated {
					b.Fatal(w.Code, w.Body)
				}
			}
		})
	}
}
