package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
)

// browser holds what a browser holds.
type browser struct {
	*school
	cookie *http.Cookie
	csrf   string
}

func (s *school) signIn(login, with string) (*browser, answered) {
	s.t.Helper()
	got := s.ask("", "POST", "/api/v1/session", map[string]string{"login": login, "password": with})
	b := &browser{school: s}
	for _, cookie := range (&http.Response{Header: got.header}).Cookies() {
		if cookie.Name == cookieName {
			b.cookie = cookie
		}
	}
	var me Me
	_ = json.Unmarshal(got.body, &me)
	b.csrf = given(me.CsrfToken)
	return b, got
}

func (b *browser) ask(method, path, body string, headers ...string) answered {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.AddCookie(&http.Cookie{Name: cookieName, Value: b.cookie.Value})
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return b.send(r)
}

func TestABrowserSignsInActsAndSignsOut(t *testing.T) {
	s := newSchool(t)
	b, got := s.signIn("student", password)
	got.want(t, http.StatusOK)
	if b.cookie == nil || !b.cookie.HttpOnly || b.cookie.SameSite != http.SameSiteLaxMode || b.cookie.Secure {
		t.Fatalf("cookie %+v", b.cookie)
	}
	me := b.ask("GET", "/api/v1/me", "").want(t, http.StatusOK).json(t)
	if me["csrf_token"] != b.csrf || b.csrf == "" {
		t.Fatalf("csrf token %v, want %q", me["csrf_token"], b.csrf)
	}
	b.ask("DELETE", "/api/v1/session", "", headerCSRF, b.csrf).want(t, http.StatusNoContent)
	b.ask("GET", "/api/v1/me", "").want(t, http.StatusUnauthorized, "sign_in_required")
}

func TestACookieIsForTLSOnlyWhenPeopleComeByTLS(t *testing.T) {
	s := newSchool(t, func(cfg *Config, _ *Deps) { cfg.PublicURL = "https://labtide.test/" })
	b, got := s.signIn("student", password)
	got.want(t, http.StatusOK)
	if !b.cookie.Secure || got.header.Get("Strict-Transport-Security") == "" {
		t.Fatalf("cookie %+v, headers %v", b.cookie, got.header)
	}
}

func TestAWrongPasswordAndAnUnknownLoginLookTheSame(t *testing.T) {
	s := newSchool(t)
	_, wrong := s.signIn("student", "not the password")
	_, unknown := s.signIn("nobody", password)
	wrong.want(t, http.StatusUnauthorized, "login_failed")
	unknown.want(t, http.StatusUnauthorized, "login_failed")
	for range 4 {
		s.signIn("student", "not the password")
	}
	_, limited := s.signIn("student", password)
	if limited.want(t, http.StatusTooManyRequests, "too_many_attempts").header.Get("Retry-After") == "" {
		t.Fatal("no Retry-After")
	}
}

func TestASessionChangesNothingWithoutTheCSRFHeader(t *testing.T) {
	s := newSchool(t)
	b, _ := s.signIn("student", password)
	raw, err := json.Marshal(s.slotBody("PLC-01", 1))
	s.must(err)
	b.ask("POST", "/api/v1/bookings", string(raw)).want(t, http.StatusForbidden, "csrf_token_wrong")
	b.ask("POST", "/api/v1/bookings", string(raw), headerCSRF, "guess").want(t, http.StatusForbidden, "csrf_token_wrong")
	b.ask("POST", "/api/v1/bookings", string(raw), headerCSRF, b.csrf).want(t, http.StatusCreated)
}

func TestANewPasswordEndsTheSessionsOfTheOldOne(t *testing.T) {
	s := newSchool(t)
	b, _ := s.signIn("student", password)
	link := s.ask(account.RoleAdmin, "POST", "/api/v1/people/"+s.people[account.RoleStudent].ID+"/link", nil).want(t, http.StatusCreated).json(t)
	base, secret, ok := strings.Cut(link["url"].(string), "#")
	if !ok || base != "http://labtide.test/welcome" {
		t.Fatalf("link %v", link["url"])
	}
	used := s.ask("", "POST", "/api/v1/links/use", map[string]string{"secret": secret, "password": "another password"}).want(t, http.StatusOK)
	if used.header.Get("Set-Cookie") == "" {
		t.Fatal("not signed in by the link")
	}
	b.ask("GET", "/api/v1/me", "").want(t, http.StatusUnauthorized, "sign_in_required")
	s.ask("", "POST", "/api/v1/links/use", map[string]string{"secret": secret, "password": "another password"}).want(t, http.StatusNotFound, "link_unknown")
}

func TestAPersonChangesTheirPasswordAndTheirOtherSessionsEnd(t *testing.T) {
	s := newSchool(t)
	b, _ := s.signIn("student", password)
	elsewhere, _ := s.signIn("student", password)
	change := func(b *browser, current string) answered {
		body := `{"current":"` + current + `","password":"another password"}`
		return b.ask("PUT", "/api/v1/me/password", body, headerCSRF, b.csrf)
	}
	change(b, "not the password").want(t, http.StatusUnprocessableEntity, "password_wrong")
	elsewhere.ask("GET", "/api/v1/me", "").want(t, http.StatusOK)
	changed := change(b, password).want(t, http.StatusOK)
	if csrf := changed.json(t)["csrf_token"]; csrf == b.csrf || csrf == nil || changed.header.Get("Set-Cookie") == "" {
		t.Fatalf("no new session: csrf token %v, headers %v", csrf, changed.header)
	}
	elsewhere.ask("GET", "/api/v1/me", "").want(t, http.StatusUnauthorized, "sign_in_required")
	b.ask("GET", "/api/v1/me", "").want(t, http.StatusUnauthorized, "sign_in_required")
	_, again := s.signIn("student", "another password")
	again.want(t, http.StatusOK)
}

func TestADisabledPersonIsOutAtOnce(t *testing.T) {
	s := newSchool(t)
	b, _ := s.signIn("student", password)
	b.ask("GET", "/api/v1/me", "").want(t, http.StatusOK)
	s.ask(account.RoleAdmin, "PATCH", "/api/v1/people/"+s.people[account.RoleStudent].ID, map[string]any{"disabled": true}).want(t, http.StatusOK)
	b.ask("GET", "/api/v1/me", "").want(t, http.StatusUnauthorized)
	s.ask(account.RoleStudent, "GET", "/api/v1/me", nil).want(t, http.StatusUnauthorized, "token_invalid")
}

func TestASessionEnds(t *testing.T) {
	s := newSchool(t, func(cfg *Config, _ *Deps) { cfg.SessionLifetime = time.Nanosecond })
	b, _ := s.signIn("student", password)
	b.ask("GET", "/api/v1/me", "").want(t, http.StatusUnauthorized, "sign_in_required")
}

// exampleOf fills in a path's parameters with something that exists nowhere.
func exampleOf(route string) string {
	parts := strings.Split(route, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, ":") {
			parts[i] = "none"
		}
	}
	return strings.Join(parts, "/")
}

func TestEveryOperationAsksThePolicyForEveryRole(t *testing.T) {
	s := newSchool(t)
	for _, op := range s.operations {
		if op.stream {
			continue
		}
		path := exampleOf(op.route)
		if op.public {
			if got := s.ask("", op.method, path, nil); got.status == http.StatusUnauthorized || got.status == http.StatusForbidden {
				t.Errorf("%s is public, and answers %d", op.id, got.status)
			}
			continue
		}
		if got := s.ask("", op.method, path, nil); got.status != http.StatusUnauthorized {
			t.Errorf("%s answers nobody with %d: %s", op.id, got.status, got.body)
		}
		for _, role := range account.Roles() {
			actor := account.SignedIn(s.people[role].ID, role)
			allowed := op.action == actionSignedIn || account.Allowed(actor, op.action, actor.PersonID)
			got := s.ask(role, op.method, path, nil)
			if refused := got.status == http.StatusForbidden && got.code() == "not_allowed"; refused == allowed {
				t.Errorf("%s by %s: allowed %v, answered %d: %s", op.id, role, allowed, got.status, got.body)
			}
			if got.status >= http.StatusInternalServerError {
				t.Errorf("%s by %s: %d: %s", op.id, role, got.status, got.body)
			}
		}
	}
}

func TestATokenReachesOnlyWhatItsScopesAllow(t *testing.T) {
	s := newSchool(t)
	admin := s.people[account.RoleAdmin]
	for _, scope := range account.Scopes() {
		_, secret, err := s.accounts.CreateToken(t.Context(), account.SignedIn(admin.ID, admin.Role), "one", []account.Scope{scope}, time.Time{})
		s.must(err)
		actor := account.Actor{PersonID: admin.ID, Role: admin.Role, Scopes: []account.Scope{scope}}
		for _, op := range s.operations {
			if op.public || op.stream || op.action == actionSignedIn {
				continue
			}
			got := s.ask("", op.method, exampleOf(op.route), nil, "Authorization", "Bearer "+secret)
			if refused := got.code() == "not_allowed"; refused == account.Allowed(actor, op.action, admin.ID) {
				t.Errorf("%s with scope %s answered %d %s", op.id, scope, got.status, got.code())
			}
		}
	}
}

func TestTooManyRequestsOfOneCallerAreRefusedAndOthersAreNot(t *testing.T) {
	s := newSchool(t, func(cfg *Config, _ *Deps) { cfg.RequestsPerSec = 1 })
	for range 4 {
		s.ask(account.RoleStudent, "GET", "/api/v1/me", nil).want(t, http.StatusOK)
	}
	limited := s.ask(account.RoleStudent, "GET", "/api/v1/me", nil).want(t, http.StatusTooManyRequests, "too_many_requests")
	if limited.header.Get("Retry-After") != "1" {
		t.Fatalf("Retry-After %q", limited.header.Get("Retry-After"))
	}
	s.ask(account.RoleInstructor, "GET", "/api/v1/me", nil).want(t, http.StatusOK)
	s.wait(time.Second)
	s.ask(account.RoleStudent, "GET", "/api/v1/me", nil).want(t, http.StatusOK)
}

func TestTheAddressIsTheProxysWordOnlyWhenTheProxyIsTrusted(t *testing.T) {
	for _, tc := range []struct {
		proxies []string
		want    string
	}{{nil, "192.0.2.1"}, {[]string{"192.0.2.0/24"}, "203.0.113.9"}, {[]string{"10.0.0.0/8"}, "192.0.2.1"}} {
		extract, err := addressOf(tc.proxies)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(context.Background(), "GET", "/", nil) // from 192.0.2.1
		r.Header.Set("X-Forwarded-For", "203.0.113.9")
		if got := extract(r); got != tc.want {
			t.Errorf("behind %v: %s, want %s", tc.proxies, got, tc.want)
		}
	}
	if _, err := addressOf([]string{"10.0.0.1"}); err == nil {
		t.Error("an address is no range")
	}
}
