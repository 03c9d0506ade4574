package sqldb

import (
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
)

var _ scs.CtxStore = (*Sessions)(nil)

func TestASessionIsFoundUntilItExpiresOrIsDeleted(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		s := NewSessions(openTest(t, cfg))
		ctx := t.Context()
		soon := time.Now().Add(time.Hour)
		find := func(token, want string) {
			t.Helper()
			data, ok, err := s.FindCtx(ctx, token)
			if err != nil || ok != (want != "") || string(data) != want {
				t.Errorf("session %q is %q, %v (%v), want %q", token, data, ok, err, want)
			}
		}
		commit := func(token, data string, expiry time.Time) {
			t.Helper()
			if err := s.CommitCtx(ctx, token, []byte(data), expiry); err != nil {
				t.Fatal(err)
			}
		}
		commit("one", "first", soon)
		commit("one", "second", soon)
		commit("old", "data", time.Now().Add(-time.Second))
		find("one", "second")
		find("old", "")
		find("none", "")
		find("\x00", "")
		for range 2 {
			if err := s.DeleteCtx(ctx, "one"); err != nil {
				t.Error(err)
			}
		}
		find("one", "")
	})
}

func TestASweepDeletesWhatHasExpiredAndNothingElse(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		db := openTest(t, cfg)
		now := time.Now()
		keys := NewIdempotency(db)
		for key, at := range map[string]time.Time{"old": now.Add(-25 * time.Hour), "young": now.Add(-23 * time.Hour)} {
			if _, _, err := keys.Begin(t.Context(), "li", key, []byte("body"), at); err != nil {
				t.Fatal(err)
			}
			if err := NewSessions(db).CommitCtx(t.Context(), key, []byte("x"), at.Add(24*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Sweep(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		for _, query := range []string{"SELECT token FROM sessions", "SELECT key FROM idempotency_keys"} {
			kept, err := list(db.direct(t.Context()), func(row scanner) (s string, err error) { return s, row.Scan(&s) }, query)
			if err != nil || len(kept) != 1 || kept[0] != "young" {
				t.Errorf("%s: %q, %v", query, kept, err)
			}
		}
	})
}
