package bookingtest

import (
	"testing"

	"github.com/labtide/labtide/server/booking"
)

func TestTheStoreInMemoryKeepsTheContract(t *testing.T) {
	RunStore(t, func(_ testing.TB, s School) Backend {
		m := NewMemory(s)
		return Backend{Stores: []booking.Store{m}, Put: func(_ testing.TB, s School) { m.Put(s) }}
	})
}
