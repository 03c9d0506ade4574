package sqldb

import (
	"testing"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/telemetry"
)

func TestAClaimLetsADeviceStartOverUnlessItIsDisabled(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		db, now := openTest(t, cfg), time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
		e, states := NewEquipment(db), NewStates(db)
		if _, err := e.PutDevice(t.Context(), equipment.Device{ID: "pc-1"}); err != nil {
			t.Fatal(err)
		}
		for _, code := range []string{"first", "second"} {
			if _, err := e.InsertEnrollment(t.Context(), equipment.Enrollment{CodeHash: []byte(code), DeviceID: "pc-1", CreatedAt: now, ExpiresAt: now.Add(time.Hour)}); err != nil {
				t.Fatal(err)
			}
		}
		put := func(session int64) bool {
			t.Helper()
			changed, err := states.PutState(t.Context(), telemetry.DeviceState{Device: "pc-1", Session: session, State: telemetry.StateIdle, Since: now, ReceivedAt: now})
			if err != nil {
				t.Fatal(err)
			}
			return changed
		}
		put(1 << 40) // its clock ran ahead
		if put(5) {
			t.Error("an old session was believed")
		}
		device, err := e.Claim(t.Context(), []byte("first"), []byte("secret"), now)
		if err != nil {
			t.Fatal(err)
		}
		if !put(5) {
			t.Error("after it was enrolled again it is still not believed")
		}
		device.DisabledAt = now
		if device, err = e.PutDevice(t.Context(), device); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Claim(t.Context(), []byte("second"), []byte("other"), now); fault.KindOf(err) != fault.KindNotFound || fault.CodeOf(err) != "enrollment_code_unknown" {
			t.Errorf("a disabled device: %v", err)
		}
		if stored, err := e.DeviceByID(t.Context(), "pc-1"); err != nil || string(stored.SecretHash) != "secret" {
			t.Errorf("stored is %+v, %v", stored, err)
		}
		device.DisabledAt = time.Time{}
		if _, err := e.PutDevice(t.Context(), device); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Claim(t.Context(), []byte("second"), []byte("other"), now); err != nil {
			t.Errorf("the refusal used the code up: %v", err)
		}
	})
}
