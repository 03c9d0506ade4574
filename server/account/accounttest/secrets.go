package accounttest

import (
	"reflect"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/fault"
)

func (f *fixture) token(p account.Person, id, hash string, expiresAt time.Time) account.Token {
	f.t.Helper()
	k := account.Token{
		ID: id, PersonID: p.ID, Name: "script", Hash: []byte(hash), Scopes: []account.Scope{account.ScopeRead, account.ScopeBook},
		CreatedAt: start(), ExpiresAt: expiresAt,
	}
	if err := f.InsertToken(f.t.Context(), k); err != nil {
		f.t.Fatal(err)
	}
	return k
}

func testToken(t *testing.T, f *fixture) {
	p := f.person("li")
	forever := f.token(p, "one", "hash 1", time.Time{})
	short := f.token(p, "two", "hash 2", start().Add(time.Hour))
	if got, err := f.Tokens(t.Context(), p.ID); err != nil || !reflect.DeepEqual(got, []account.Token{forever, short}) {
		t.Errorf("stored is\n%+v, want\n%+v\n%+v (%v)", got, forever, short, err)
	}
	now := start().Add(time.Hour)
	got, err := f.TokenByHash(t.Context(), []byte("hash 1"), now)
	forever.LastUsedAt = now
	if err != nil || !reflect.DeepEqual(got, forever) {
		t.Errorf("by hash %+v, want %+v (%v)", got, forever, err)
	}
	if _, err := f.TokenByHash(t.Context(), []byte("hash 2"), now.Add(-time.Second)); err != nil {
		t.Errorf("a second before it expires: %v", err)
	}
	_, err = f.TokenByHash(t.Context(), []byte("hash 2"), now)
	f.want(err, fault.KindNotFound, "")
	_, err = f.TokenByHash(t.Context(), []byte("wrong"), now)
	f.want(err, fault.KindNotFound, "")
}

func testTokenUse(t *testing.T, f *fixture) {
	p := f.person("li")
	f.token(p, "one", "hash", time.Time{})
	for _, c := range []struct{ use, noted time.Duration }{{0, 0}, {59 * time.Second, 0}, {60 * time.Second, 60 * time.Second}} {
		if _, err := f.TokenByHash(t.Context(), []byte("hash"), start().Add(c.use)); err != nil {
			t.Fatal(err)
		}
		tokens, err := f.Tokens(t.Context(), p.ID)
		if err != nil || !tokens[0].LastUsedAt.Equal(start().Add(c.noted)) {
			t.Errorf("after a use at %s the last one is %s (%v)", c.use, tokens[0].LastUsedAt, err)
		}
	}
}

func testTokenDelete(t *testing.T, f *fixture) {
	ctx := t.Context()
	li, wang := f.person("li"), f.person("wang")
	f.token(li, "one", "hash", time.Time{})
	f.want(f.DeleteToken(ctx, wang.ID, "one"), fault.KindNotFound, "")
	f.want(f.DeleteToken(ctx, li.ID, "other"), fault.KindNotFound, "")
	if err := f.DeleteToken(ctx, li.ID, "one"); err != nil {
		t.Error(err)
	}
	f.want(f.DeleteToken(ctx, li.ID, "one"), fault.KindNotFound, "")
	_, err := f.TokenByHash(ctx, []byte("hash"), start())
	f.want(err, fault.KindNotFound, "")
}

func (f *fixture) link(p account.Person, hash string) {
	f.t.Helper()
	if err := f.InsertLink(f.t.Context(), account.Link{Hash: []byte(hash), PersonID: p.ID, ExpiresAt: start().Add(time.Hour)}); err != nil {
		f.t.Fatal(err)
	}
}

func testLink(t *testing.T, f *fixture) {
	ctx := t.Context()
	p := f.person("li")
	f.link(p, "link")
	_, err := f.UseLink(ctx, []byte("link"), "password", start().Add(time.Hour))
	f.want(err, fault.KindNotFound, "link_unknown")
	used, err := f.UseLink(ctx, []byte("link"), "password", start())
	if err != nil || used.ID != p.ID || used.PasswordHash != "password" || used.Version != p.Version+1 {
		t.Errorf("used: %+v, %v", used, err)
	}
	if stored, err := f.PersonByID(ctx, p.ID); err != nil || !reflect.DeepEqual(stored, used) {
		t.Errorf("stored is %+v, used was %+v (%v)", stored, used, err)
	}
	_, err = f.UseLink(ctx, []byte("link"), "other", start())
	f.want(err, fault.KindNotFound, "link_unknown")
}

func testLinkReplaced(t *testing.T, f *fixture) {
	p := f.person("li")
	f.link(p, "old")
	f.link(p, "new")
	_, err := f.UseLink(t.Context(), []byte("old"), "password", start())
	f.want(err, fault.KindNotFound, "link_unknown")
	if _, err := f.UseLink(t.Context(), []byte("new"), "password", start()); err != nil {
		t.Error(err)
	}
}

func testLinkConcurrent(t *testing.T, f *fixture) {
	f.link(f.person("li"), "link")
	f.race(func(int) error {
		_, err := f.UseLink(t.Context(), []byte("link"), "password", start())
		return err
	}, fault.KindNotFound)
}
