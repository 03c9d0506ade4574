package sqldb

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/account/accounttest"
	"github.com/labtide/labtide/server/booking"
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

func TestAccountsIsAQualificationStore(t *testing.T) {
	for _, driver := range drivers() {
		t.Run(driver, func(t *testing.T) {
			fresh := emptied(t, driver)
			accounttest.RunQualifications(t, func(t *testing.T) (account.Store, []string) {
				db := fresh(t)
				var kinds []string
				for _, code := range []string{"cnc", "plc-bench"} {
					kind, err := NewEquipment(db).PutKind(t.Context(), equipment.Kind{Code: code, Name: equipment.Text{En: code}})
					if err != nil {
						t.Fatal(err)
					}
					kinds = append(kinds, kind.ID)
				}
				return NewAccounts(db), kinds
			})
		})
	}
}

func TestWhoseQualificationEndsIsToldOnce(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		db, ctx, now := openTest(t, cfg), t.Context(), time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
		people := NewAccounts(db)
		kind, err := NewEquipment(db).PutKind(ctx, equipment.Kind{Code: "cnc", Name: equipment.Text{En: "CNC"}})
		if err != nil {
			t.Fatal(err)
		}
		for i, days := range []int{-1, 0, 5, 13, 14, 0} {
			p, err := people.PutPerson(ctx, account.Person{Login: fmt.Sprint("p", i), Name: "p", Role: account.RoleStudent, CreatedAt: now})
			if err != nil {
				t.Fatal(err)
			}
			q := account.Qualification{PersonID: p.ID, KindID: kind.ID, GrantedAt: now.AddDate(-1, 0, 0), ExpiresAt: now.AddDate(0, 0, days)}
			if i == 5 {
				q.RevokedAt = now
			}
			if _, err := people.PutQualification(ctx, q); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if err := people.TellEnding(ctx, now, now.Add(account.Ending)); err != nil {
				t.Fatal(err)
			}
		}
		told, err := list(db.direct(ctx), func(row scanner) (s string, err error) { return s, row.Scan(&s) },
			"SELECT event FROM effects WHERE person_id <> ''")
		if err != nil || len(told) != 3 || told[0] != string(booking.EventQualificationEnding) {
			t.Errorf("told are %v, %v", told, err)
		}
	})
}
