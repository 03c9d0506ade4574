package account

import (
	"sync"
	"time"
)

// recent remembers what was read for a short time, so that a burst of requests of one person asks the store once.
type recent[V any] struct {
	lifetime time.Duration
	now      func() time.Time
	mu       sync.Mutex
	entries  map[string]recentEntry[V]
}

type recentEntry[V any] struct {
	value V
	until time.Time
}

// maxRecent bounds the memory; beyond it everything is read again.
const maxRecent = 20_000

func newRecent[V any](lifetime time.Duration, now func() time.Time) *recent[V] {
	return &recent[V]{lifetime: lifetime, now: now, entries: map[string]recentEntry[V]{}}
}

// get gives what is remembered, else what read gives, and remembers that. Errors are not remembered.
func (r *recent[V]) get(key string, read func() (V, error)) (V, error) {
	now := r.now()
	r.mu.Lock()
	entry, ok := r.entries[key]
	r.mu.Unlock()
	if ok && now.Before(entry.until) {
		return entry.value, nil
	}
	value, err := read()
	if err != nil {
		return value, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.entries) >= maxRecent {
		clear(r.entries)
	}
	r.entries[key] = recentEntry[V]{value: value, until: now.Add(r.lifetime)}
	return value, nil
}

// forget makes the next get read again.
func (r *recent[V]) forget(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.entries, key)
}

// forgetAll makes every get read again.
func (r *recent[V]) forgetAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.entries)
}
