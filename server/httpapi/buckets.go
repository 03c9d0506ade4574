package httpapi

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// buckets holds a token bucket for each caller.
type buckets struct {
	perSecond rate.Limit
	burst     int
	now       func() time.Time
	mu        sync.Mutex
	of        map[string]*rate.Limiter
}

const maxCallers = 20_000

func newBuckets(perSecond float64, now func() time.Time) *buckets {
	return &buckets{perSecond: rate.Limit(perSecond), burst: max(1, int(4*perSecond)), now: now, of: map[string]*rate.Limiter{}}
}

// take counts one request; when there were too many it gives how long to wait.
func (b *buckets) take(who string) time.Duration {
	b.mu.Lock()
	l := b.of[who]
	if l == nil {
		if len(b.of) >= maxCallers {
			clear(b.of)
		}
		l = rate.NewLimiter(b.perSecond, b.burst)
		b.of[who] = l
	}
	b.mu.Unlock()
	now := b.now()
	if l.AllowN(now, 1) {
		return 0
	}
	return time.Duration((1 - l.TokensAt(now)) / float64(b.perSecond) * float64(time.Second))
}
