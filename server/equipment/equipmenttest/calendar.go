package equipmenttest

import (
	"reflect"
	"testing"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

func testOpeningHours(t *testing.T, f *fixture) {
	ctx := t.Context()
	site, other := f.site("NS"), f.site("BA")
	room := f.room(site.ID, "A101")
	elsewhere := f.room(other.ID, "B1")
	hours := []equipment.OpeningHours{
		{SiteID: site.ID, Weekday: time.Sunday, Opens: 0, Closes: 1440},
		{SiteID: site.ID, Weekday: time.Monday, Opens: 480, Closes: 720, ValidFrom: "2026-03-01", ValidUntil: "2026-07-01"},
		{SiteID: site.ID, RoomID: room.ID, Weekday: time.Monday, Opens: 500, Closes: 600},
	}
	days := []equipment.Exception{
		{SiteID: site.ID, Day: "2026-10-01", Closed: true, Reason: "国庆"},
		{SiteID: site.ID, RoomID: room.ID, Day: "2026-10-10", Opens: 540, Closes: 1080},
	}
	put := func(hours []equipment.OpeningHours, days []equipment.Exception) error {
		return f.PutOpeningHours(ctx, "NS", hours, days)
	}
	if err := put(hours, days); err != nil {
		t.Fatal(err)
	}
	if err := f.PutOpeningHours(ctx, other.ID, hours[:1], nil); err != nil {
		t.Fatal(err)
	}
	f.wantHours(site.ID, hours, days)
	if err := put(hours[1:2], nil); err != nil {
		t.Fatal(err)
	}
	f.wantHours("NS", hours[1:2], nil)
	f.want(put([]equipment.OpeningHours{{Weekday: 1, Opens: 600, Closes: 600}}, nil), fault.KindInvalid, "hours_invalid")
	f.want(put([]equipment.OpeningHours{{Weekday: 7, Opens: 1, Closes: 2}}, nil), fault.KindInvalid, "hours_invalid")
	f.want(put(nil, []equipment.Exception{{Day: "2026-10-01", Opens: 900, Closes: 1500}}), fault.KindInvalid, "hours_invalid")
	f.want(put([]equipment.OpeningHours{{RoomID: elsewhere.ID, Opens: 1, Closes: 2}}, nil), fault.KindInvalid, "room_on_other_site")
	f.wantHours(site.ID, hours[1:2], nil)
}

// wantHours compares all but the ids.
func (f *fixture) wantHours(site string, hours []equipment.OpeningHours, days []equipment.Exception) {
	f.t.Helper()
	gotHours, gotDays, err := f.OpeningHours(f.t.Context(), site)
	if err != nil {
		f.t.Fatal(err)
	}
	for i := range gotHours {
		gotHours[i].ID = ""
	}
	for i := range gotDays {
		gotDays[i].ID = ""
	}
	if !reflect.DeepEqual(gotHours, hours) || len(gotDays)+len(days) > 0 && !reflect.DeepEqual(gotDays, days) {
		f.t.Errorf("stored is\n%+v\n%+v, want\n%+v\n%+v", gotHours, gotDays, hours, days)
	}
}

func testOutages(t *testing.T, f *fixture) {
	ctx := t.Context()
	stations := f.school("A", "B")
	put := func(station string, from, until time.Time) equipment.Outage {
		t.Helper()
		return must[equipment.Outage](t)(f.PutOutage(ctx, equipment.Outage{
			StationID: station, StartsAt: from, EndsAt: until, Reason: "spindle", CreatedBy: "somebody", CreatedAt: start(),
		}))
	}
	open := put(stations[0].ID, hour(3), time.Time{})
	short := put(stations[1].ID, hour(1), hour(2))
	if got := must[[]equipment.Outage](t)(f.Outages(ctx, "", start(), hour(9))); !reflect.DeepEqual(got, []equipment.Outage{short, open}) {
		t.Errorf("stored is\n%+v, want\n%+v", got, []equipment.Outage{short, open})
	}
	for _, c := range []struct {
		station     string
		from, until time.Time
		want        int
	}{
		{"", hour(0), hour(1), 0}, {"", hour(2), hour(3), 0}, {"", hour(1), hour(2), 1}, {"", hour(8), hour(9), 1},
		{"", hour(0), time.Time{}, 2}, {stations[1].ID, hour(0), time.Time{}, 1},
	} {
		if got := must[[]equipment.Outage](t)(f.Outages(ctx, c.station, c.from, c.until)); len(got) != c.want {
			t.Errorf("%d outages of %q from %s, want %d", len(got), c.station, c.from, c.want)
		}
	}
	ended := open
	ended.EndsAt = hour(4)
	ended = must[equipment.Outage](t)(f.PutOutage(ctx, ended))
	if n := len(must[[]equipment.Outage](t)(f.Outages(ctx, stations[0].ID, hour(8), hour(9)))); n != 0 || ended.Version != 2 {
		t.Errorf("%d outages after its end, version %d", n, ended.Version)
	}
	_, err := f.PutOutage(ctx, open)
	f.want(err, fault.KindStale, "")
	_, err = f.PutOutage(ctx, equipment.Outage{StationID: stations[0].ID, StartsAt: hour(2), EndsAt: hour(2)})
	f.want(err, fault.KindInvalid, "")
}
