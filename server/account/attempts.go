package account

import (
	"strings"
	"sync"
	"time"

	"github.com/labtide/labtide/server/fault"
)

// How often one may fail to sign in. A whole school may come from one address, so an address may fail often; a person who
// guesses somebody else's password from one address may not. A person's own bucket fills faster than one address can empty
// it, so only who fails from several addresses keeps a person out everywhere, and only while they go on: a bucket never
// owes anything, so one try is free again after its every, at most 20 s.
var (
	perLoginAndAddress = allowance{burst: 5, every: 20 * time.Second}
	perLogin           = allowance{burst: 30, every: 15 * time.Second}
	perAddress         = allowance{burst: 100, every: time.Second}
)

// allowance is a bucket: burst failures at once, then one more per every.
type allowance struct {
	burst float64
	every time.Duration
}

// maxBuckets bounds the memory that strangers can take.
const maxBuckets = 50_000

// attempts counts tries to sign in that failed or are under way, by login and by address.
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

// allow takes one from each allowance, or refuses and takes nothing when one is used up. Tries that are under way count like
// failures, or many at once would all be let through; giveBack says that this one was none.
func (a *attempts) allow(login, address string) (giveBack func(), err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := allowances(login, address)
	for key, allowed := range all {
		b := a.bucket(key, allowed)
		if b.left < 1 {
			return nil, tooManyAttempts(time.Duration((1 - b.left) * float64(b.every)))
		}
	}
	for key, allowed := range all {
		a.bucket(key, allowed).left--
	}
	return func() { a.giveBack(all) }, nil
}

func (a *attempts) giveBack(all map[string]allowance) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, allowed := range all {
		b := a.bucket(key, allowed)
		b.left = min(b.burst, b.left+1)
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
