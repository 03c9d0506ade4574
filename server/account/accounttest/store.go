// Package accounttest holds every account.Store to the same answers.
//
// It may not know any database. Invariant: what one store passes here and another does not is a fault of the other.
package accounttest

import (
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/fault"
)

// RunStore runs the conformance suite. newStore gives an empty store and sees to its end with t.Cleanup; the suite asks
// for one per subtest.
func RunStore(t *testing.T, newStore func(t *testing.T) account.Store) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, f *fixture)
	}{
		{"a person comes back as it was put", testPerson},
		{"a login is found and unique without regard to case", testLogin},
		{"an edit of an old version is stale", testStale},
		{"of many who take a login at once one gets it", testLoginConcurrent},
		{"people are in the order of their logins", testOrder},
		{"an unknown person is not found", testUnknown},
		{"a token is found by its hash until it expires", testToken},
		{"the use of a token is noted once a minute", testTokenUse},
		{"a token is removed by its owner only", testTokenDelete},
		{"a link works once and in time", testLink},
		{"a new link replaces the old one", testLinkReplaced},
		{"of many who use a link at once one sets the password", testLinkConcurrent},
		{"a team comes back as it was put, captains first", testTeam},
		{"a person sees the teams they are in", testTeamsOf},
		{"a team's code is unique, and an old version is stale", testTeamConflicts},
		{"a team of strangers is not stored", testTeamStrangers},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, &fixture{t: t, Store: newStore(t)}) })
	}
}

type fixture struct {
	t *testing.T
	account.Store
}

func start() time.Time { return time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC) }

func (f *fixture) person(login string) account.Person {
	f.t.Helper()
	p, err := f.PutPerson(f.t.Context(), account.Person{Login: login, Name: "学生 " + login, Role: account.RoleStudent, CreatedAt: start()})
	if err != nil {
		f.t.Fatal(err)
	}
	return p
}

func (f *fixture) want(err error, kind fault.Kind, code string) {
	f.t.Helper()
	if fault.KindOf(err) != kind || code != "" && fault.CodeOf(err) != code {
		f.t.Errorf("got %v, want %s %s", err, kind, code)
	}
}

func testPerson(t *testing.T, f *fixture) {
	p := f.person("li")
	if p.ID == "" || p.Version != 1 {
		t.Errorf("a new person has the id %q and the version %d", p.ID, p.Version)
	}
	p.Role, p.Programme, p.Language, p.PasswordHash, p.Email = account.RolePlanner, "mechatronics", "zh-CN", "hash", "li@school.example"
	p.DisabledAt = start().Add(time.Hour)
	p, err := f.PutPerson(t.Context(), p)
	if err != nil || p.Version != 2 {
		t.Fatalf("version %d, %v", p.Version, err)
	}
	byID, err := f.PersonByID(t.Context(), p.ID)
	if err != nil || !reflect.DeepEqual(byID, p) {
		t.Errorf("by id %+v, want %+v (%v)", byID, p, err)
	}
	all, err := f.People(t.Context())
	if err != nil || !reflect.DeepEqual(all, []account.Person{p}) {
		t.Errorf("all are %+v, want %+v (%v)", all, p, err)
	}
}

func testLogin(t *testing.T, f *fixture) {
	p := f.person("Zoë.Li")
	for _, login := range []string{"Zoë.Li", "zoë.li", "ZOË.LI"} {
		if got, err := f.PersonByLogin(t.Context(), login); err != nil || got.ID != p.ID || got.Login != "Zoë.Li" {
			t.Errorf("%q gives %+v, %v", login, got, err)
		}
	}
	_, err := f.PutPerson(t.Context(), account.Person{Login: "ZOË.li", Role: account.RoleStudent})
	f.want(err, fault.KindConflict, "login_taken")
	other := f.person("wang")
	other.Login = "zoë.LI"
	_, err = f.PutPerson(t.Context(), other)
	f.want(err, fault.KindConflict, "login_taken")
}

func testStale(t *testing.T, f *fixture) {
	p := f.person("li")
	first, second := p, p
	first.Name, second.Name = "first", "second"
	if _, err := f.PutPerson(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	_, err := f.PutPerson(t.Context(), second)
	f.want(err, fault.KindStale, "")
	if got, err := f.PersonByID(t.Context(), p.ID); err != nil || got.Name != "first" {
		t.Errorf("stored is %+v, %v", got, err)
	}
}

func testLoginConcurrent(t *testing.T, f *fixture) {
	f.race(func(int) error {
		_, err := f.PutPerson(t.Context(), account.Person{Login: "admin", Role: account.RoleAdmin})
		return err
	}, fault.KindConflict)
}

// race runs act sixteen times at once; one may succeed, the others get the kind of fault.
func (f *fixture) race(act func(n int) error, kind fault.Kind) {
	f.t.Helper()
	errs := make([]error, 16)
	var wait sync.WaitGroup
	for i := range errs {
		wait.Go(func() { errs[i] = act(i) })
	}
	wait.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		f.want(err, kind, "")
	}
	if won != 1 {
		f.t.Errorf("%d of %d won", won, len(errs))
	}
}

func testOrder(t *testing.T, f *fixture) {
	for _, login := range []string{"b", "C", "a", "王"} {
		f.person(login)
	}
	people, err := f.People(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, p := range people {
		got += p.Login
	}
	if got != "abC王" {
		t.Errorf("the order is %s", got)
	}
}

func testUnknown(t *testing.T, f *fixture) {
	ctx := t.Context()
	for _, text := range []string{"nobody", "", "\x00", "\xff"} {
		_, err := f.PersonByID(ctx, text)
		f.want(err, fault.KindNotFound, "")
		_, err = f.PersonByLogin(ctx, text)
		f.want(err, fault.KindNotFound, "")
	}
	_, err := f.PutPerson(ctx, account.Person{ID: "nobody", Login: "x", Version: 4})
	f.want(err, fault.KindNotFound, "")
	f.want(f.InsertToken(ctx, account.Token{PersonID: "nobody", Hash: []byte("x"), CreatedAt: start()}), fault.KindNotFound, "")
	f.want(f.InsertLink(ctx, account.Link{PersonID: "nobody", Hash: []byte("x"), ExpiresAt: start()}), fault.KindNotFound, "")
	if tokens, err := f.Tokens(ctx, "nobody"); err != nil || len(tokens) != 0 {
		t.Errorf("tokens of nobody: %v, %v", tokens, err)
	}
}
