package account

import (
	"strings"
	"sync"
	"time"

	"github.com/labtide/labtide/server/fault"
)

// How often one may fail to sign in. A whole school may come from one address, so an address may fail often; a person who
// guesses somebody else's password from one address may not. Nobody can lock out a person everywhere but by failing
// from many addresses, and then for minutes only.
var (
	perLoginAndAddress = allowance{burst: 5, every: 20 * time.Second}
	perLogin           = allowance{burst: 30, every: 30 * time.Second}
	perAddress         = allowance{burst: 100, every: time.Second}
)

// allowance is a bucket: burst failures at once, then one more per every.
type allowance struct {
	burst float64
	every time.Duration
}

// maxBuckets bounds the memory that strangers can take.
const maxBuckets = 50_000

// attempts counts failures to sign in, by login and by address.
type attempts struct {
	now     func() time.Time
	mu      sync.Mutex
	buckets map[string]*bucket
}

type bucket struct {
	left float64
	at   time.Time
	allowance
}

func newAttempts(now func() time.Time) *attempts {
	return &attempts{now: now, buckets: map[string]*bucket{}}
}

// allow refuses when one of the allowances is used up. It takes nothing from them.
func (a *attempts) allow(login, address string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, allowed := range allowances(login, address) {
		b := a.bucket(key, allowed)
		if b.left < 1 {
			return tooManyAttempts(time.Duration((1 - b.left) * float64(b.every)))
		}
	}
	return nil
}

// failed takes one from each allowance.
func (a *attempts) failed(login, address string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, allowed := range allowances(login, address) {
		a.bucket(key, allowed).left--
	}
}

func allowances(login, address string) map[string]allowance {
	login = strings.ToLower(login)
	out := map[string]allowance{"address\x00" + address: perAddress}
	if login != "" {
		out["both\x00"+login+"\x00"+address], out["login\x00"+login] = perLoginAndAddress, perLogin
	}
	return out
}

// bucket needs the lock. It fills the bucket up to now.
func (a *attempts) bucket(key string, allowed allowance) *bucket {
	now := a.now()
	b := a.buckets[key]
	if b == nil {
		if len(a.buckets) >= maxBuckets {
			a.sweep(now)
		}
		b = &bucket{left: allowed.burst, at: now, allowance: allowed}
		a.buckets[key] = b
	}
	b.fill(now)
	return b
}

func (b *bucket) fill(now time.Time) {
	b.left = min(b.burst, b.left+float64(now.Sub(b.at))/float64(b.every))
	b.at = now
}

// sweep forgets full buckets, which say nothing; all of them when none is full.
func (a *attempts) sweep(now time.Time) {
	for key, b := range a.buckets {
		if b.fill(now); b.left >= b.burst {
			delete(a.buckets, key)
		}
	}
	if len(a.buckets) >= maxBuckets {
		clear(a.buckets)
	}
}

func tooManyAttempts(wait time.Duration) error {
	wait = max(wait, time.Second)
	err := fault.New(fault.KindRateLimited, "too_many_attempts", "too many attempts; wait %d s and try again", int(wait.Seconds()+0.999))
	err.RetryAfter = wait
	return err
}
