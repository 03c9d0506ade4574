package ledgertest

import (
	"testing"

	"github.com/labtide/labtide/server/ledger"
)

func TestMemoryIsAStore(t *testing.T) {
	RunStore(t, func(*testing.T) ledger.Store { return NewMemory() })
}
