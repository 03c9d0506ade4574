package equipmenttest

import (
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

func testDevices(t *testing.T, f *fixture) {
	d := f.device("pc-1")
	d.SecretHash, d.EnrolledAt, d.DisabledAt = []byte{1, 0, 255}, hour(1), hour(2)
	d = must[equipment.Device](t)(f.PutDevice(t.Context(), d))
	if got := must[equipment.Device](t)(f.DeviceByID(t.Context(), "pc-1")); !reflect.DeepEqual(got, d) {
		t.Errorf("stored is\n%+v, want\n%+v", got, d)
	}
	made := must[equipment.Device](t)(f.PutDevice(t.Context(), equipment.Device{Name: "no id"}))
	if made.ID == "" || made.CreatedAt.IsZero() {
		t.Errorf("a device without an id became %+v", made)
	}
}

func (f *fixture) placements(from, until time.Time) []equipment.Placement {
	f.t.Helper()
	out := must[[]equipment.Placement](f.t)(f.Placements(f.t.Context(), from, until))
	for i := range out {
		out[i].ID = ""
	}
	return out
}

func testPlace(t *testing.T, f *fixture) {
	ctx := t.Context()
	stations := f.school("A", "B")
	f.device("pc-1")
	a, b := stations[0].ID, stations[1].ID
	place := func(station string, at time.Time) equipment.Placement {
		t.Helper()
		return must[equipment.Placement](t)(f.Place(ctx, "pc-1", station, at))
	}
	if p := place("", hour(0)); p.ID != "" {
		t.Errorf("a device that stands nowhere was ended: %+v", p)
	}
	first := place(a, hour(0))
	if again := place(a, hour(1)); again != first {
		t.Errorf("placing it where it stands gives %+v, want %+v", again, first)
	}
	place(b, hour(2))
	_, err := f.Place(ctx, "pc-1", a, hour(1))
	f.want(err, fault.KindInvalid, "")
	if p := place("", hour(3)); p.StationID != b || !p.Until.Equal(hour(3)) {
		t.Errorf("ended is %+v", p)
	}
	place(a, hour(5))
	place(b, hour(5)) // corrected at once: no moment at a is left
	want := []equipment.Placement{
		{DeviceID: "pc-1", StationID: a, From: hour(0), Until: hour(2)},
		{DeviceID: "pc-1", StationID: b, From: hour(2), Until: hour(3)},
		{DeviceID: "pc-1", StationID: b, From: hour(5)},
	}
	if got := f.placements(hour(-1), time.Time{}); !reflect.DeepEqual(got, want) {
		t.Errorf("the history is\n%+v, want\n%+v", got, want)
	}
}

func testPlacementOverlap(t *testing.T, f *fixture) {
	ctx := t.Context()
	stations := f.school("A", "B")
	f.device("pc-1")
	f.device("pc-2")
	insert := func(device string, from, until time.Time) error {
		_, err := f.InsertPlacement(ctx, equipment.Placement{DeviceID: device, StationID: stations[0].ID, From: from, Until: until})
		return err
	}
	for _, err := range []error{
		insert("pc-1", hour(2), hour(4)), insert("pc-1", hour(4), hour(6)), insert("pc-1", hour(0), hour(2)), insert("pc-2", hour(1), hour(5)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	f.want(insert("pc-1", hour(3), hour(4)), fault.KindConflict, "placement_overlaps")
	f.want(insert("pc-1", hour(-1), time.Time{}), fault.KindConflict, "placement_overlaps")
	f.want(insert("pc-1", hour(9), hour(9)), fault.KindInvalid, "")
	f.want(insert("pc-1", hour(9), hour(8)), fault.KindInvalid, "")
	if n := len(f.placements(hour(-5), time.Time{})); n != 4 {
		t.Errorf("%d placements are stored, want 4", n)
	}
}

func testPlaceConcurrent(t *testing.T, f *fixture) {
	stations := f.school("A", "B")
	f.device("pc-1")
	var wait sync.WaitGroup
	for i := range 32 {
		wait.Go(func() {
			_, err := f.Place(t.Context(), "pc-1", stations[i%2].ID, hour(i%8))
			if err != nil && fault.KindOf(err) != fault.KindInvalid {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	history := f.placements(hour(-1), time.Time{})
	for i, p := range history {
		last := i == len(history)-1
		if p.Until.IsZero() != last || !last && p.Until.After(history[i+1].From) {
			t.Errorf("the history is broken at %d: %+v", i, history)
		}
	}
}

func testPlacementsBetween(t *testing.T, f *fixture) {
	stations := f.school("A")
	f.device("pc-1")
	for _, h := range [][2]int{{0, 2}, {2, 4}} {
		must[equipment.Placement](t)(f.InsertPlacement(t.Context(), equipment.Placement{DeviceID: "pc-1", StationID: stations[0].ID, From: hour(h[0]), Until: hour(h[1])}))
	}
	must[equipment.Placement](t)(f.Place(t.Context(), "pc-1", stations[0].ID, hour(4)))
	for _, c := range []struct {
		from, until time.Time
		want        int
	}{
		{hour(-1), hour(0), 0}, {hour(-1), hour(1), 1}, {hour(1), hour(2), 1}, {hour(2), hour(3), 1}, {hour(1), hour(3), 2},
		{hour(9), hour(10), 1}, {hour(0), time.Time{}, 3},
	} {
		if got := f.placements(c.from, c.until); len(got) != c.want {
			t.Errorf("%d placements from %s to %s, want %d", len(got), c.from, c.until, c.want)
		}
	}
}

func (f *fixture) enroll(device, code string) {
	f.t.Helper()
	must[equipment.Enrollment](f.t)(f.InsertEnrollment(f.t.Context(), equipment.Enrollment{
		CodeHash: []byte(code), DeviceID: device, CreatedBy: "somebody", CreatedAt: start(), ExpiresAt: hour(1),
	}))
}

func testClaim(t *testing.T, f *fixture) {
	ctx := t.Context()
	before := f.device("pc-1")
	f.enroll("pc-1", "code")
	f.enroll("pc-1", "late")
	_, err := f.Claim(ctx, []byte("wrong"), []byte("secret"), start())
	f.want(err, fault.KindNotFound, "enrollment_code_unknown")
	_, err = f.Claim(ctx, []byte("late"), []byte("secret"), hour(1))
	f.want(err, fault.KindNotFound, "enrollment_code_unknown")
	d := must[equipment.Device](t)(f.Claim(ctx, []byte("code"), []byte("secret"), hour(0)))
	if string(d.SecretHash) != "secret" || !d.EnrolledAt.Equal(start()) || d.Version != before.Version+1 {
		t.Errorf("claimed: %+v", d)
	}
	if got := must[equipment.Device](t)(f.DeviceByID(ctx, "pc-1")); !reflect.DeepEqual(got, d) {
		t.Errorf("stored is %+v, claimed was %+v", got, d)
	}
	_, err = f.Claim(ctx, []byte("code"), []byte("other"), start())
	f.want(err, fault.KindNotFound, "enrollment_code_unknown")
}

func testClaimConcurrent(t *testing.T, f *fixture) {
	f.device("pc-1")
	f.enroll("pc-1", "code")
	var wait sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 16 {
		wait.Go(func() {
			_, err := f.Claim(t.Context(), []byte("code"), []byte("secret"), start())
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
				return
			}
			f.want(err, fault.KindNotFound, "enrollment_code_unknown")
		})
	}
	wait.Wait()
	if won != 1 {
		t.Errorf("%d claimed the code", won)
	}
}
