package telemetrytest

import (
	"testing"

	"github.com/labtide/labtide/server/telemetry"
)

func TestMemoryIsAStore(t *testing.T) {
	RunStore(t, func(*testing.T) telemetry.Store { return NewMemory() })
}

func TestMemoryIsAStateStore(t *testing.T) {
	RunStateStore(t, func(*testing.T) telemetry.StateStore { return NewMemoryStates() })
}
