package sqldb

import (
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking/bookingtest"
	"github.com/labtide/labtide/server/e2e/rig"
)

var propertySeed = flag.Uint64("seed", 0, "the seed of the random walk; 0: another one each time")

// TestAHundredThousandRandomOperationsKeepTheInvariants walks on both databases, alone and with many at once; on
// PostgreSQL on two handles, as two server processes would. On failure it prints the seed; -seed walks the same way again.
//
//	go test ./server/sqldb -run HundredThousand -seed 42 -v
func TestAHundredThousandRandomOperationsKeepTheInvariants(t *testing.T) {
	seed := *propertySeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	for _, walk := range []struct {
		name    string
		workers int
		each    int
		config  func(testing.TB) Config
	}{
		{"sqlite alone", 1, 15_000, liteConfig},
		{"sqlite at once", 32, 1_200, liteConfig},
		{"postgres alone", 1, 15_000, postgresConfig},
		{"postgres at once", 32, 1_200, postgresConfig},
	} {
		t.Run(walk.name, func(t *testing.T) {
			t.Parallel()
			p := bookingtest.Property{Seed: seed, Workers: walk.workers, Each: walk.each}
			var walked *Bookings
			bookingtest.RunProperty(t, p, func(tb testing.TB, s bookingtest.School) bookingtest.Backend {
				b := bookingBackend(walk.config(tb))(tb, s)
				if strings.HasPrefix(walk.name, SQLite) {
					b.Stores = b.Stores[:1] // a school that stays on SQLite has one server
				}
				walked = b.Stores[0].(*Bookings) //nolint:forcetypeassert // of this package
				return b
			})
			labelsAddUp(t, walked, seed)
		})
	}
}

func postgresConfig(tb testing.TB) Config {
	tb.Helper()
	return Config{Driver: Postgres, DSN: rig.Postgres(tb)}
}
