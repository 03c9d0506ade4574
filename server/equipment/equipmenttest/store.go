// Package equipmenttest holds every equipment.Store to the same answers.
//
// It may not know any database. Invariant: what one store passes here and another does not is a fault of the other.
package equipmenttest

import (
	"testing"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// RunStore runs the conformance suite. newStore gives an empty store and sees to its end with t.Cleanup; the suite asks
// for one per subtest.
func RunStore(t *testing.T, newStore func(t *testing.T) equipment.Store) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, f *fixture)
	}{
		{"what is put comes back, with an id and a version", testRoundTrip},
		{"an edit of an old version is stale and changes nothing", testStale},
		{"a code is unique where it is printed", testCodeTaken},
		{"an unknown id is not found", testUnknown},
		{"a code does where an id does, unless two have it", testCodes},
		{"a station is on the site of its room", testSites},
		{"lists are in the order of the codes", testOrder},
		{"stations are found by room, kind and part of a name", testFilter},
		{"pages of stations survive inserts", testPages},
		{"a device keeps its secret and when it was made", testDevices},
		{"placing a device ends where it stood", testPlace},
		{"a device never stands in two places", testPlacementOverlap},
		{"of many who place a device at once the history stays whole", testPlaceConcurrent},
		{"placements are found by the time they cover", testPlacementsBetween},
		{"an enrolment code works once and in time", testClaim},
		{"of many who claim a code at once one gets the device", testClaimConcurrent},
		{"opening hours are replaced as a whole", testOpeningHours},
		{"outages are found by the time they cover", testOutages},
		{"texts that no database likes are refused, not broken", testStrangeTexts},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, &fixture{t: t, Store: newStore(t)}) })
	}
}

type fixture struct {
	t *testing.T
	equipment.Store
}

// start is a whole second, as stores keep them.
func start() time.Time { return time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC) }

func hour(n int) time.Time { return start().Add(time.Duration(n) * time.Hour) }

func name(en string) equipment.Text { return equipment.Text{En: en, Zh: en + "室"} }

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (f *fixture) site(code string) equipment.Site {
	f.t.Helper()
	return must[equipment.Site](f.t)(f.PutSite(f.t.Context(), equipment.Site{Code: code, Name: name("Campus " + code), TimeZone: "Asia/Shanghai"}))
}

func (f *fixture) room(siteID, code string) equipment.Room {
	f.t.Helper()
	return must[equipment.Room](f.t)(f.PutRoom(f.t.Context(), equipment.Room{SiteID: siteID, Code: code, Name: name("Room " + code)}))
}

func (f *fixture) kind(code string) equipment.Kind {
	f.t.Helper()
	return must[equipment.Kind](f.t)(f.PutKind(f.t.Context(), equipment.Kind{Code: code, Name: name("Kind " + code)}))
}

func (f *fixture) station(roomID, kindID, code string) equipment.Station {
	f.t.Helper()
	return must[equipment.Station](f.t)(f.PutStation(f.t.Context(),
		equipment.Station{RoomID: roomID, KindID: kindID, Code: code, Name: name("Bench " + code), Bookable: true}))
}

func (f *fixture) device(id string) equipment.Device {
	f.t.Helper()
	return must[equipment.Device](f.t)(f.PutDevice(f.t.Context(), equipment.Device{ID: id, Name: "PC " + id, CreatedAt: start()}))
}

// school makes one site, room and kind with the stations, and gives these.
func (f *fixture) school(codes ...string) []equipment.Station {
	f.t.Helper()
	room, kind := f.room(f.site("NS").ID, "A101"), f.kind("plc-bench")
	out := make([]equipment.Station, len(codes))
	for i, code := range codes {
		out[i] = f.station(room.ID, kind.ID, code)
	}
	return out
}

// want checks the kind and, unless it is empty, the code of a fault.
func (f *fixture) want(err error, kind fault.Kind, code string) {
	f.t.Helper()
	if fault.KindOf(err) != kind || code != "" && fault.CodeOf(err) != code {
		f.t.Errorf("got %v, want %s %s", err, kind, code)
	}
}
