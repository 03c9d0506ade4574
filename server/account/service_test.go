package account_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/sqldb"
)

// office is the service over SQLite, with a clock that the test moves.
type office struct {
	*account.Service
	t  *testing.T
	mu sync.Mutex
	at time.Time
}

func newOffice(t *testing.T) *office {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.Config{Driver: sqldb.SQLite, DSN: filepath.Join(t.TempDir(), "labtide.db")}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	o := &office{t: t, at: time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)}
	o.Service, err = account.New(sqldb.NewAccounts(db), o.clock)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *office) clock() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.at
}

func (o *office) wait(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.at = o.at.Add(d)
}

func (o *office) person(login string, role account.Role) account.Person {
	o.t.Helper()
	hash, err := o.HashPassword(context.Background(), "open sesame")
	if err != nil {
		o.t.Fatal(err)
	}
	p, err := o.Create(context.Background(), account.Person{Login: login, Name: login, Role: role, PasswordHash: hash})
	if err != nil {
		o.t.Fatal(err)
	}
	return p
}

func wantKind(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	if fault.KindOf(err) != kind || fault.CodeOf(err) != code {
		t.Fatalf("got %v, want %s %s", err, kind, code)
	}
}

func TestOnlyTheRightPasswordSignsIn(t *testing.T) {
	o := newOffice(t)
	lin := o.person("Lin", account.RoleStudent)
	got, err := o.SignIn(t.Context(), " lin ", "open sesame", "10.0.0.1")
	if err != nil || got.ID != lin.ID {
		t.Fatalf("%v %v", got, err)
	}
	_, err = o.SignIn(t.Context(), "lin", "open sesam", "10.0.0.1")
	wantKind(t, err, fault.KindUnauthorized, "login_failed")
	_, err = o.SignIn(t.Context(), "nobody", "open sesame", "10.0.0.1")
	wantKind(t, err, fault.KindUnauthorized, "login_failed")

	lin.DisabledAt = o.clock()
	if _, err := o.Update(t.Context(), lin); err != nil {
		t.Fatal(err)
	}
	_, err = o.SignIn(t.Context(), "lin", "open sesame", "10.0.0.1")
	wantKind(t, err, fault.KindUnauthorized, "login_failed")
}

func TestSomebodyWithoutAPasswordCannotSignInWithTheDecoys(t *testing.T) {
	o := newOffice(t)
	if _, err := o.Create(t.Context(), account.Person{Login: "new", Name: "new", Role: account.RoleStudent}); err != nil {
		t.Fatal(err)
	}
	for _, guess := range []string{"", "nobody has this password"} {
		_, err := o.SignIn(t.Context(), "new", guess, "10.0.0.1")
		wantKind(t, err, fault.KindUnauthorized, "login_failed")
	}
}

func TestWhoGuessesIsSlowedDownAndOthersAreNot(t *testing.T) {
	o := newOffice(t)
	o.person("lin", account.RoleStudent)
	o.person("wei", account.RoleStudent)
	for range 5 {
		_, err := o.SignIn(t.Context(), "lin", "wrong", "10.0.0.1")
		wantKind(t, err, fault.KindUnauthorized, "login_failed")
	}
	_, err := o.SignIn(t.Context(), "LIN", "open sesame", "10.0.0.1")
	wantKind(t, err, fault.KindRateLimited, "too_many_attempts")
	if _, err := o.SignIn(t.Context(), "wei", "open sesame", "10.0.0.1"); err != nil {
		t.Fatalf("another person at the same address: %v", err)
	}
	if _, err := o.SignIn(t.Context(), "lin", "open sesame", "10.0.0.2"); err != nil {
		t.Fatalf("the same person at another address: %v", err)
	}
	o.wait(20 * time.Second)
	if _, err := o.SignIn(t.Context(), "lin", "open sesame", "10.0.0.1"); err != nil {
		t.Fatalf("after the wait: %v", err)
	}
}

func TestWhoKnowsTheirPasswordChangesIt(t *testing.T) {
	o := newOffice(t)
	lin := o.person("lin", account.RoleStudent)
	_, err := o.ChangePassword(t.Context(), lin.ID, "open sesam", "a better one", "10.0.0.1")
	wantKind(t, err, fault.KindRule, "password_wrong")
	_, err = o.ChangePassword(t.Context(), lin.ID, "open sesame", "short", "10.0.0.1")
	wantKind(t, err, fault.KindRule, "password_length")
	changed, err := o.ChangePassword(t.Context(), lin.ID, "open sesame", "a better one", "10.0.0.1")
	if err != nil || account.SessionKey(changed) == account.SessionKey(lin) {
		t.Fatalf("sessions of the old password go on: %v", err)
	}
	_, err = o.SignIn(t.Context(), "lin", "open sesame", "10.0.0.1")
	wantKind(t, err, fault.KindUnauthorized, "login_failed")
	if _, err := o.SignIn(t.Context(), "lin", "a better one", "10.0.0.1"); err != nil {
		t.Fatal(err)
	}
}

func TestWhoGuessesThePasswordOfAnOpenSessionIsSlowedDown(t *testing.T) {
	o := newOffice(t)
	lin := o.person("lin", account.RoleStudent)
	for range 5 {
		_, err := o.ChangePassword(t.Context(), lin.ID, "a guess", "a better one", "10.0.0.1")
		wantKind(t, err, fault.KindRule, "password_wrong")
	}
	_, err := o.ChangePassword(t.Context(), lin.ID, "open sesame", "a better one", "10.0.0.1")
	wantKind(t, err, fault.KindRateLimited, "too_many_attempts")
	_, err = o.SignIn(t.Context(), "lin", "open sesame", "10.0.0.1")
	wantKind(t, err, fault.KindRateLimited, "too_many_attempts")
}

func TestALinkWorksOnceAndNotForEver(t *testing.T) {
	o := newOffice(t)
	lin := o.person("lin", account.RoleStudent)
	older, _, err := o.CreateLink(t.Context(), lin.ID)
	if err != nil {
		t.Fatal(err)
	}
	secret, _, err := o.CreateLink(t.Context(), lin.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.UseLink(t.Context(), older, "another password", "10.0.0.1")
	wantKind(t, err, fault.KindNotFound, "link_unknown")
	_, err = o.UseLink(t.Context(), secret, "short", "10.0.0.1")
	wantKind(t, err, fault.KindRule, "password_length")
	before, _ := o.ByID(t.Context(), lin.ID)
	p, err := o.UseLink(t.Context(), secret, "another password", "10.0.0.1")
	if err != nil || p.ID != lin.ID {
		t.Fatalf("%v %v", p, err)
	}
	if account.SessionKey(before) == account.SessionKey(p) {
		t.Fatal("a new password must end the sessions of the old one")
	}
	_, err = o.UseLink(t.Context(), secret, "another password", "10.0.0.1")
	wantKind(t, err, fault.KindNotFound, "link_unknown")
	if _, err := o.SignIn(t.Context(), "lin", "another password", "10.0.0.1"); err != nil {
		t.Fatal(err)
	}
	late, _, err := o.CreateLink(t.Context(), lin.ID)
	if err != nil {
		t.Fatal(err)
	}
	o.wait(account.LinkLifetime)
	_, err = o.UseLink(t.Context(), late, "another password", "10.0.0.1")
	wantKind(t, err, fault.KindNotFound, "link_unknown")
}

func TestTheFirstRunMakesOneAdministrator(t *testing.T) {
	o := newOffice(t)
	secret, err := o.FirstRun(t.Context())
	if err != nil || secret == "" {
		t.Fatalf("%q %v", secret, err)
	}
	again, err := o.FirstRun(t.Context())
	if err != nil || again != "" {
		t.Fatalf("the second run gave %q, %v", again, err)
	}
	p, err := o.UseLink(t.Context(), secret, "open sesame", "10.0.0.1")
	if err != nil || p.Role != account.RoleAdmin {
		t.Fatalf("%v %v", p, err)
	}
}

func TestATokenActsAsItsPersonWithinItsScopes(t *testing.T) {
	o := newOffice(t)
	lin := o.person("lin", account.RoleInstructor)
	actor := account.SignedIn(lin.ID, lin.Role)
	token, secret, err := o.CreateToken(t.Context(), actor, "script", []account.Scope{account.ScopeBook, account.ScopeRead, account.ScopeRead}, o.clock().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(secret, account.TokenPrefix) || strings.Contains(string(token.Hash), secret) {
		t.Fatalf("unexpected secret %q", secret)
	}
	got, err := o.ByToken(t.Context(), secret)
	if err != nil || got.PersonID != lin.ID || got.Role != lin.Role || len(got.Scopes) != 2 {
		t.Fatalf("%+v %v", got, err)
	}
	_, _, err = o.CreateToken(t.Context(), got, "more", []account.Scope{account.ScopeAdmin}, time.Time{})
	wantKind(t, err, fault.KindForbidden, "scope_exceeded")
	_, err = o.ByToken(t.Context(), secret+"x")
	wantKind(t, err, fault.KindUnauthorized, "token_invalid")
	o.wait(time.Hour)
	_, err = o.ByToken(t.Context(), secret)
	wantKind(t, err, fault.KindUnauthorized, "token_invalid")
}

func TestARevokedTokenStopsAtOnceAndOnlyItsOwnerMayRevokeIt(t *testing.T) {
	o := newOffice(t)
	lin, wei := o.person("lin", account.RoleStudent), o.person("wei", account.RoleStudent)
	token, secret, err := o.CreateToken(t.Context(), account.SignedIn(lin.ID, lin.Role), "script", []account.Scope{account.ScopeRead}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.ByToken(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	if err := o.RevokeToken(t.Context(), wei.ID, token.ID); fault.KindOf(err) != fault.KindNotFound {
		t.Fatalf("somebody else revoked it: %v", err)
	}
	if err := o.RevokeToken(t.Context(), lin.ID, token.ID); err != nil {
		t.Fatal(err)
	}
	_, err = o.ByToken(t.Context(), secret)
	wantKind(t, err, fault.KindUnauthorized, "token_invalid")
}

func TestADisabledPersonsTokensStop(t *testing.T) {
	o := newOffice(t)
	lin := o.person("lin", account.RoleStudent)
	_, secret, err := o.CreateToken(t.Context(), account.SignedIn(lin.ID, lin.Role), "script", []account.Scope{account.ScopeRead}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.ByToken(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	lin.DisabledAt = o.clock()
	if _, err := o.Update(t.Context(), lin); err != nil {
		t.Fatal(err)
	}
	_, err = o.ByToken(t.Context(), secret)
	wantKind(t, err, fault.KindUnauthorized, "token_invalid")
}

func TestTheLastAdministratorStays(t *testing.T) {
	o := newOffice(t)
	admin := o.person("admin", account.RoleAdmin)
	admin.Role = account.RolePlanner
	_, err := o.Update(t.Context(), admin)
	wantKind(t, err, fault.KindRule, "last_admin")
	o.person("second", account.RoleAdmin)
	if _, err := o.Update(t.Context(), admin); err != nil {
		t.Fatal(err)
	}
}
