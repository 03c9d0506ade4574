package sqldb

import (
	"path/filepath"
	"testing"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/account/accounttest"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/equipment/equipmenttest"
	"github.com/labtide/labtide/server/ledger"
	"github.com/labtide/labtide/server/ledger/ledgertest"
	"github.com/labtide/labtide/server/telemetry"
	"github.com/labtide/labtide/server/telemetry/telemetrytest"
)

// fresh gives a new, empty database of that driver for each subtest.
func fresh(t *testing.T, driver string) *DB {
	t.Helper()
	return openTest(t, configOf(t, driver))
}

func TestLedgerIsAStore(t *testing.T) {
	for _, driver := range drivers() {
		t.Run(driver, func(t *testing.T) {
			ledgertest.RunStore(t, func(t *testing.T) ledger.Store { return NewLedger(fresh(t, driver)) })
		})
	}
}

func TestStatesIsAStateStore(t *testing.T) {
	for _, driver := range drivers() {
		t.Run(driver, func(t *testing.T) {
			telemetrytest.RunStateStore(t, func(t *testing.T) telemetry.StateStore { return NewStates(fresh(t, driver)) })
		})
	}
}

func TestSamplesIsATelemetryStore(t *testing.T) {
	telemetrytest.RunStore(t, func(t *testing.T) telemetry.Store { return openSamples(t) })
}

func openSamples(t testing.TB) *Samples {
	t.Helper()
	s, err := OpenSamples(t.Context(), filepath.Join(t.TempDir(), "samples.db"), discard())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestEquipmentIsAStore(t *testing.T) {
	for _, driver := range drivers() {
		t.Run(driver, func(t *testing.T) {
			equipmenttest.RunStore(t, func(t *testing.T) equipment.Store { return NewEquipment(fresh(t, driver)) })
		})
	}
}

func TestAccountsIsAStore(t *testing.T) {
	for _, driver := range drivers() {
		t.Run(driver, func(t *testing.T) {
			accounttest.RunStore(t, func(t *testing.T) account.Store { return NewAccounts(fresh(t, driver)) })
		})
	}
}
