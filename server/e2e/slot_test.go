package e2e

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/config"
	"github.com/labtide/labtide/server/e2e/rig"
)

// Two people want the same slot in the same instant, on two servers with one PostgreSQL: one gets it, the other is told
// why not and what else there is, and both boards show the one booking.
func TestCase01TwoPeopleFightForASlot(t *testing.T) {
	t.Parallel()
	dsn := rig.Postgres(t)
	onPostgres := func(cfg *config.Config) { cfg.Database.Driver, cfg.Database.DSN = config.DriverPostgres, dsn }
	one, two := move(t, settings(t, onPostgres)), move(t, settings(t, onPostgres))
	li := token(t, one.server, "li", []account.Scope{account.ScopeRead, account.ScopeBook})
	chen := token(t, two.server, "chen", []account.Scope{account.ScopeRead, account.ScopeBook})
	for round := range 10 {
		start := time.Now().UTC().Truncate(24 * time.Hour).Add(time.Duration(26+round) * time.Hour)
		wish := map[string]any{"station": "PLC-01", "starts_at": start, "ends_at": start.Add(time.Hour), "purpose": "practice"}
		var both sync.WaitGroup
		answers := make([]answer, 2)
		both.Go(func() { answers[0] = one.ask(http.MethodPost, "/api/v1/bookings", li, wish) })
		both.Go(func() { answers[1] = two.ask(http.MethodPost, "/api/v1/bookings", chen, wish) })
		both.Wait()
		winner, loser := answers[0], answers[1]
		if winner.status != http.StatusCreated {
			winner, loser = loser, winner
		}
		if winner.status != http.StatusCreated || loser.status != http.StatusConflict {
			t.Fatalf("round %d: %d %s and %d %s", round, winner.status, winner.body, loser.status, loser.body)
		}
		refusal := read[struct {
			Code         string
			Refusals     []struct{ Code string }
			Alternatives []struct{ Station any }
		}](t, loser)
		if len(refusal.Refusals) == 0 || refusal.Refusals[0].Code != "slot_taken" || len(refusal.Alternatives) == 0 {
			t.Errorf("round %d: the loser is not told enough: %s", round, loser.body)
		}
	}
	for _, h := range []*house{one, two} {
		list := read[struct{ Items []any }](t, h.get("/api/v1/bookings?station=PLC-01&limit=100"))
		if len(list.Items) != 10 {
			t.Errorf("%d bookings are stored, want 10", len(list.Items))
		}
	}
}
