package bookingtest

import (
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
)

func TestTheStoreInMemoryKeepsTheContract(t *testing.T) {
	RunStore(t, func(_ testing.TB, s School) Backend {
		m := NewMemory(s)
		return Backend{Stores: []booking.Store{m}, Put: func(_ testing.TB, s School) { m.Put(s) }}
	})
}

func TestAWalkInMemoryIsLongEnoughToMeetEveryRule(t *testing.T) {
	RunProperty(t, Property{Seed: uint64(time.Now().UnixNano()), Workers: 1, Each: 4_000}, func(_ testing.TB, s School) Backend {
		m := NewMemory(s)
		return Backend{Stores: []booking.Store{m}, Put: func(_ testing.TB, s School) { m.Put(s) }}
	})
}
