package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// broken answers every reservation with one error.
type broken struct {
	Bookings
	err error
}

func (b broken) Reserve(context.Context, account.Actor, booking.Request) (booking.Booking, error) {
	if b.err == nil {
		panic("the roof is on fire")
	}
	return booking.Booking{}, b.err
}

func TestEveryKindOfFaultHasItsStatus(t *testing.T) {
	late := fault.New(fault.KindRateLimited, "slow_down", "slow down")
	late.RetryAfter = 1500 * time.Millisecond
	for _, tc := range []struct {
		err        error
		status     int
		code       string
		retryAfter string
	}{
		{fault.Invalid("bad", "bad"), 422, "bad", ""}, // the shape was right: a rule of the domain said no
		{fault.Unauthorized("who", "who"), 401, "who", ""},
		{fault.Forbidden("no", "no"), 403, "no", ""},
		{fault.NotFound("none", "none"), 404, "none", ""},
		{fault.Conflict("taken", "taken"), 409, "taken", ""},
		{fault.Stale("old", "old"), 412, "old", ""},
		{fault.New(fault.KindTooLarge, "big", "big"), 413, "big", ""},
		{fault.Rule("rule", "rule"), 422, "rule", ""},
		{late, 429, "slow_down", "2"},
		{fault.Unavailable("database", errors.New("password=secret")), 503, "database_unavailable", "1"},
		{fmt.Errorf("wrapped: %w", fault.Conflict("taken", "taken")), 409, "taken", ""},
		{context.DeadlineExceeded, 503, "timeout", "5"},
		{errors.New("password=secret"), 500, "internal", ""},
		{fault.New(fault.KindInternal, "odd", "password=secret"), 500, "internal", ""},
		{nil, 500, "internal", ""}, // a panic
	} {
		var log bytes.Buffer
		s := newSchool(t, func(_ *Config, deps *Deps) {
			deps.Bookings = broken{Bookings: deps.Bookings, err: tc.err}
			deps.Log = slog.New(slog.NewTextHandler(&log, nil))
		})
		got := s.ask(account.RoleStudent, "POST", "/api/v1/bookings", s.slotBody("PLC-01", 1)).want(t, tc.status, tc.code)
		if got.header.Get("Retry-After") != tc.retryAfter {
			t.Errorf("%v: Retry-After %q, want %q", tc.err, got.header.Get("Retry-After"), tc.retryAfter)
		}
		if strings.Contains(string(got.body), "secret") || strings.Contains(string(got.body), "fire") {
			t.Errorf("%v: the answer tells what only the log may: %s", tc.err, got.body)
		}
		p := got.json(t)
		if p["request_id"] != got.header.Get(headerRequestID) || p["status"] != float64(tc.status) || p["title"] != http.StatusText(tc.status) {
			t.Errorf("%v: %s", tc.err, got.body)
		}
		if logged := strings.Contains(log.String(), p["request_id"].(string)); logged != (tc.status >= 500) {
			t.Errorf("%v: logged %v: %s", tc.err, logged, log.String())
		}
	}
}

func TestAnAnswerThatSaysTryAgainIsNotKept(t *testing.T) {
	fails := true
	s := newSchool(t, func(_ *Config, deps *Deps) {
		deps.Bookings = flaky{Bookings: deps.Bookings, fails: &fails}
	})
	body := s.slotBody("PLC-01", 1)
	s.ask(account.RoleStudent, "POST", "/api/v1/bookings", body, "Idempotency-Key", "k").want(t, http.StatusServiceUnavailable)
	fails = false
	s.ask(account.RoleStudent, "POST", "/api/v1/bookings", body, "Idempotency-Key", "k").want(t, http.StatusCreated)
}

type flaky struct {
	Bookings
	fails *bool
}

func (f flaky) Reserve(ctx context.Context, actor account.Actor, r booking.Request) (booking.Booking, error) {
	if *f.fails {
		return booking.Booking{}, fault.Unavailable("database", errors.New("gone"))
	}
	return f.Bookings.Reserve(ctx, actor, r)
}

func TestReadinessNamesThePartThatIsMissing(t *testing.T) {
	s := newSchool(t, func(_ *Config, deps *Deps) {
		deps.Checks = append(deps.Checks, Check{Name: "timeseries", Check: func(context.Context) error {
			return fault.Unavailable("timeseries", errors.New("token=secret"))
		}})
	})
	got := s.ask("", "GET", "/readyz", nil)
	if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Fatalf("%d %v", got.status, got.header)
	}
	body := string(got.body)
	if !strings.Contains(body, `"name":"timeseries","ready":false`) && !strings.Contains(body, "timeseries does not answer") || strings.Contains(body, "secret") {
		t.Fatalf("%s", body)
	}
	s.ask("", "GET", "/healthz", nil).want(t, http.StatusOK)
}
