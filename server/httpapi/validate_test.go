package httpapi

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/labtide/labtide/server/account"
)

func TestAllFaultsOfARequestAreToldAtOnce(t *testing.T) {
	s := newSchool(t)
	got := s.ask(account.RoleAdmin, "POST", "/api/v1/bookings",
		`{"station":"has space","starts_at":"2026-02-30T10:00:00Z","purpose":"fun","colour":"red"}`, "Idempotency-Key", "no spaces please").
		want(t, http.StatusBadRequest, "request_invalid").json(t)
	found := map[string]string{}
	for _, one := range got["errors"].([]any) {
		fault := one.(map[string]any)
		found[fault["field"].(string)] = fault["code"].(string)
	}
	for field, code := range map[string]string{
		"Idempotency-Key": "wrong_format", "/station": "wrong_format", "/starts_at": "wrong_format", "/ends_at": "required",
		"/purpose": "not_one_of", "/colour": "field_unknown",
	} {
		if found[field] != code {
			t.Errorf("%s: %q, want %q; all: %v", field, found[field], code, found)
		}
	}
}

func TestWhatCannotBeReadIsRefusedAndNeverAFaultOfOurs(t *testing.T) {
	s := newSchool(t)
	ok := `{"station":"PLC-01","starts_at":"2026-11-23T02:00:00Z","ends_at":"2026-11-23T03:00:00Z"}`
	for _, tc := range []struct {
		name, method, path, body string
		status                   int
		headers                  []string
	}{
		{"no body", "POST", "/api/v1/bookings", "", 400, nil},
		{"no JSON", "POST", "/api/v1/bookings", "{", 400, nil},
		{"an array", "POST", "/api/v1/bookings", "[]", 400, nil},
		{"null", "POST", "/api/v1/bookings", "null", 400, nil},
		{"two values", "POST", "/api/v1/bookings", ok + ok, 400, nil},
		{"a number beyond floats", "POST", "/api/v1/bookings", `{"station":1e999}`, 400, nil},
		{"another type", "POST", "/api/v1/bookings", ok, 415, []string{"Content-Type", "text/plain"}},
		{"a broken type", "POST", "/api/v1/bookings", ok, 415, []string{"Content-Type", ";;"}},
		{"too much", "POST", "/api/v1/bookings", `{"programme":"` + strings.Repeat("x", 600<<10) + `"}`, 413, nil},
		{"a NUL in a text", "POST", "/api/v1/bookings", strings.Replace(ok, "{", `{"programme":"a\u0000b",`, 1), 400, nil},
		{"half a character", "POST", "/api/v1/kinds", `{"code":"x\ud800","name":{"en":"x"}}`, 201, nil},
		{"a date that is none", "GET", "/api/v1/ledger?station=PLC-01&day=2026-02-30", "", 400, nil},
		{"a day before time", "GET", "/api/v1/ledger?station=PLC-01&day=0000-00-00", "", 400, nil},
		{"days backwards", "GET", "/api/v1/reports/utilization?from=2026-11-02&to=2026-11-01", "", 422, nil},
		{"too many days", "GET", "/api/v1/reports/utilization?from=1970-01-01&to=2199-12-31", "", 422, nil},
		{"too many points", "GET", "/api/v1/stations/PLC-01/series?from=2026-01-01T00:00:00Z&to=2026-12-31T00:00:00Z&step=60", "", 422, nil},
		{"a step of a second", "GET", "/api/v1/stations/PLC-01/series?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&step=61", "", 400, nil},
		{"a limit beyond integers", "GET", "/api/v1/bookings?limit=99999999999999999999", "", 400, nil},
		{"a limit that is no number", "GET", "/api/v1/bookings?limit=ten", "", 400, nil},
		{"a parameter twice", "GET", "/api/v1/bookings?limit=1&limit=2", "", 400, nil},
		{"an empty parameter", "GET", "/api/v1/bookings?station=", "", 400, nil},
		{"no UTF-8", "GET", "/api/v1/stations?q=%ff", "", 400, nil},
		{"a NUL in a query", "GET", "/api/v1/stations?q=%00", "", 400, nil},
		{"a NUL in a path", "GET", "/api/v1/stations/%00", "", 400, nil},
		{"a slash in a path", "GET", "/api/v1/stations/a%2Fb", "", 400, nil},
		{"a percent sign in a path", "GET", "/api/v1/stations/100%25", "", 404, nil},
		{"Chinese in a path", "GET", "/api/v1/stations/" + url.PathEscape("数控-07"), "", 404, nil},
		{"no UTF-8 in a path", "GET", "/api/v1/stations/%ff", "", 400, nil},
		{"an instant far away", "GET", "/api/v1/bookings?from=9999-12-31T23:59:59Z", "", 400, nil},
		{"the last instant", "GET", "/api/v1/bookings?station=PLC-01&from=2199-12-31T23:59:59.999999999-23:59", "", 200, nil},
		{"a booking in another century", "POST", "/api/v1/bookings", `{"station":"PLC-01","starts_at":"1970-01-01T00:00:00+23:59","ends_at":"2199-12-31T23:59:59Z"}`, 422, nil},
		{"both a station and a kind", "POST", "/api/v1/bookings", strings.Replace(ok, "{", `{"kind":"plc-bench",`, 1), 422, nil},
		{"an unknown zone", "POST", "/api/v1/sites", `{"code":"S","name":{"en":"S"},"time_zone":"Mars/Olympus"}`, 422, nil},
		{"the machine's own zone", "POST", "/api/v1/sites", `{"code":"S","name":{"en":"S"},"time_zone":"Local"}`, 422, nil},
		{"a taken code", "POST", "/api/v1/sites", `{"code":"MAIN","name":{"en":"S"},"time_zone":"UTC"}`, 409, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var body any
			if tc.body != "" {
				body = tc.body
			}
			got := s.ask(account.RoleAdmin, tc.method, tc.path, body, tc.headers...)
			if got.status != tc.status {
				t.Errorf("status %d, want %d: %s", got.status, tc.status, got.body)
			}
		})
	}
}

func FuzzNothingThatAClientSendsIsOurFault(f *testing.F) {
	f.Add("POST", "/api/v1/bookings", `{"station":"PLC-01","starts_at":"2026-11-23T02:00:00Z","ends_at":"2026-11-23T03:00:00Z"}`)
	f.Add("PUT", "/api/v1/sites/MAIN/opening-hours", `{"hours":[{"weekday":1,"opens":"08:00","closes":"24:00"}],"exceptions":[]}`)
	f.Add("POST", "/api/v1/outages", `{"station":"PLC-02","reason":"broken","ends_at":"2026-12-01T00:00:00Z"}`)
	f.Add("GET", "/api/v1/availability?kind=plc-bench&from=2026-11-23T02:00:00Z&to=2026-11-24T02:00:00Z", "")
	f.Add("GET", "/api/v1/people?cursor=cGVvcGxlAGEAYg&limit=1", "")
	f.Add("PATCH", "/api/v1/stations/PLC-03", `{"name":{"en":"x"},"code":"PLC-03"}`)
	s := newSchool(f)
	f.Fuzz(func(t *testing.T, method, path, body string) {
		target, err := url.ParseRequestURI(path)
		if err != nil || !strings.HasPrefix(path, "/") || target.Path == eventsPath {
			t.Skip()
		}
		r := httptest.NewRequest(http.MethodGet, "/", strings.NewReader(body))
		r.Method, r.URL, r.RequestURI = method, target, path
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+s.tokens[account.RoleAdmin])
		if got := s.send(r); got.status >= http.StatusInternalServerError {
			t.Fatalf("%s %q %q: %d %s", method, path, body, got.status, got.body)
		}
	})
}
