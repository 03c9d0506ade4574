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

func TestLedgerIsAStore(t *testing.T) {
	for _, driver := range drivers() {
		t.Run(driver, func(t *testing.T) {
			fresh := emptied(t, driver)
			ledgertest.RunStore(t, func(t *testing.T) ledger.Store { return NewLedger(fresh(t)) })
		})
	}
}

func TestStatesIsAStateStore(t *testing.T) {
	for _, driver := range drivers() {
		t.Run(driver, func(t *testing.T) {
			fresh := emptied(t, driver)
			telemetrytest.RunStateStore(t, func(t *testing.T) telemetry.StateStore { return NewStates(fresh(t)) })
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
			fresh := emptied(t, driver)
			equipmenttest.RunStore(t, func(t *testing.T) equipment.Store { return NewEquipment(fresh(t)) })
		})
	}
}

func TestAccountsIsAStore(t *testing.T) {
	for _, driver := range drivers() {
		t.Run(driver, func(t *testing.T) {
			fresh := emptied(t, driver)
			accounttest.RunStore(t, func(t *testing.T) account.Store { return NewAccounts(fresh(t)) })
		})
	}
}
