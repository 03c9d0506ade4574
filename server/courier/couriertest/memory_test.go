package couriertest

import (
	"testing"

	"github.com/labtide/labtide/server/courier"
)

func TestMemoryPassesTheSuite(t *testing.T) {
	RunStore(t, func(*testing.T) Backend {
		m := NewMemory()
		return Backend{Stores: [2]courier.Store{m, m}, Happen: m.Happen}
	})
}
