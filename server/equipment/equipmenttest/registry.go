package equipmenttest

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

func testRoundTrip(t *testing.T, f *fixture) {
	site := f.site("NS")
	room := f.room(site.ID, "A101")
	kind := f.kind("cnc")
	station := f.station(room.ID, kind.ID, "CNC-1")
	for what, version := range map[string]int64{site.ID: site.Version, room.ID: room.Version, kind.ID: kind.Version, station.ID: station.Version} {
		if what == "" || version != 1 {
			t.Errorf("a new thing has the id %q and the version %d", what, version)
		}
	}
	station.Bookable, station.Name, station.Since = false, equipment.Text{En: "The old one"}, time.Unix(1700000000, 0).UTC()
	station = must[equipment.Station](t)(f.PutStation(t.Context(), station))
	if station.Version != 2 {
		t.Errorf("after an edit the version is %d", station.Version)
	}
	ctx := t.Context()
	for _, pair := range [][2]any{
		{must[[]equipment.Site](t)(f.Sites(ctx)), []equipment.Site{site}},
		{must[[]equipment.Room](t)(f.Rooms(ctx)), []equipment.Room{room}},
		{must[[]equipment.Kind](t)(f.Kinds(ctx)), []equipment.Kind{kind}},
		{must[[]equipment.Station](t)(f.Stations(ctx, equipment.StationFilter{})), []equipment.Station{station}},
		{must[equipment.Station](t)(f.StationByID(ctx, station.ID)), station},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("stored is\n%+v, want\n%+v", pair[0], pair[1])
		}
	}
}

func testStale(t *testing.T, f *fixture) {
	kind := f.kind("cnc")
	first := kind
	first.Name.En = "First"
	must[equipment.Kind](t)(f.PutKind(t.Context(), first))
	second := kind
	second.Name.En = "Second"
	_, err := f.PutKind(t.Context(), second)
	f.want(err, fault.KindStale, "")
	if kinds := must[[]equipment.Kind](t)(f.Kinds(t.Context())); kinds[0].Name.En != "First" || kinds[0].Version != 2 {
		t.Errorf("stored is %+v", kinds[0])
	}
}

func testCodeTaken(t *testing.T, f *fixture) {
	ctx := t.Context()
	one, two := f.site("NS"), f.site("BA")
	f.kind("cnc")
	room := f.room(one.ID, "A101")
	kind := f.kind("plc")
	f.station(room.ID, kind.ID, "P-1")
	other := f.room(two.ID, "A101") // the same code on another site
	f.station(other.ID, kind.ID, "P-1")

	_, err := f.PutSite(ctx, equipment.Site{Code: "NS", Name: name("x"), TimeZone: "UTC"})
	f.want(err, fault.KindConflict, "code_taken")
	_, err = f.PutRoom(ctx, equipment.Room{SiteID: one.ID, Code: "A101", Name: name("x")})
	f.want(err, fault.KindConflict, "code_taken")
	_, err = f.PutKind(ctx, equipment.Kind{Code: "cnc", Name: name("x")})
	f.want(err, fault.KindConflict, "code_taken")
	_, err = f.PutStation(ctx, equipment.Station{RoomID: room.ID, KindID: kind.ID, Code: "P-1"})
	f.want(err, fault.KindConflict, "code_taken")
	kind.Code = "cnc"
	_, err = f.PutKind(ctx, kind)
	f.want(err, fault.KindConflict, "code_taken")
	f.device("pc-1")
	_, err = f.PutDevice(ctx, equipment.Device{ID: "pc-1"})
	f.want(err, fault.KindConflict, "code_taken")
}

func testUnknown(t *testing.T, f *fixture) {
	ctx := t.Context()
	_, err := f.StationByID(ctx, "nothing")
	f.want(err, fault.KindNotFound, "")
	_, err = f.DeviceByID(ctx, "nothing")
	f.want(err, fault.KindNotFound, "")
	_, err = f.PutKind(ctx, equipment.Kind{ID: "nothing", Code: "x", Version: 3})
	f.want(err, fault.KindNotFound, "")
	_, err = f.PutRoom(ctx, equipment.Room{SiteID: "nothing", Code: "x"})
	f.want(err, fault.KindNotFound, "")
	_, err = f.Place(ctx, "nothing", "", start())
	f.want(err, fault.KindNotFound, "")
	_, _, err = f.OpeningHours(ctx, "nothing")
	f.want(err, fault.KindNotFound, "")
	_, err = f.InsertEnrollment(ctx, equipment.Enrollment{CodeHash: []byte("x"), DeviceID: "nothing", CreatedAt: start(), ExpiresAt: hour(1)})
	f.want(err, fault.KindNotFound, "")
	_, err = f.PutOutage(ctx, equipment.Outage{StationID: "nothing", StartsAt: start()})
	f.want(err, fault.KindNotFound, "")
}

func testCodes(t *testing.T, f *fixture) {
	ctx := t.Context()
	one, two := f.site("NS"), f.site("BA")
	room := must[equipment.Room](t)(f.PutRoom(ctx, equipment.Room{SiteID: "NS", Code: "A101", Name: name("a")}))
	if room.SiteID != one.ID {
		t.Errorf("the room is on the site %q, want %q", room.SiteID, one.ID)
	}
	f.kind("cnc")
	station := must[equipment.Station](t)(f.PutStation(ctx, equipment.Station{RoomID: "A101", KindID: "cnc", Code: "C-1"}))
	if got := must[equipment.Station](t)(f.StationByID(ctx, "C-1")); got.ID != station.ID || got.RoomID != room.ID {
		t.Errorf("by code: %+v", got)
	}
	f.device("pc-1")
	if p := must[equipment.Placement](t)(f.Place(ctx, "pc-1", "C-1", start())); p.StationID != station.ID {
		t.Errorf("placed at %q", p.StationID)
	}
	if o := must[equipment.Outage](t)(f.PutOutage(ctx, equipment.Outage{StationID: "C-1", StartsAt: start()})); o.StationID != station.ID {
		t.Errorf("the outage is of %q", o.StationID)
	}
	if n := len(must[[]equipment.Outage](t)(f.Outages(ctx, "C-1", start(), hour(1)))); n != 1 {
		t.Errorf("%d outages by code", n)
	}
	f.room(two.ID, "A101")
	_, err := f.PutStation(ctx, equipment.Station{RoomID: "A101", KindID: "cnc", Code: "C-2"})
	f.want(err, fault.KindConflict, "code_ambiguous")
	second := must[equipment.Station](t)(f.PutStation(ctx, equipment.Station{SiteID: "BA", RoomID: "A101", KindID: "cnc", Code: "C-1"}))
	if second.SiteID != two.ID {
		t.Errorf("the station is on the site %q", second.SiteID)
	}
	_, err = f.StationByID(ctx, "C-1")
	f.want(err, fault.KindConflict, "code_ambiguous")
}

func testSites(t *testing.T, f *fixture) {
	one, two := f.site("NS"), f.site("BA")
	room, kind := f.room(one.ID, "A101"), f.kind("cnc")
	if s := f.station(room.ID, kind.ID, "C-1"); s.SiteID != one.ID {
		t.Errorf("the station is on the site %q, want that of its room", s.SiteID)
	}
	_, err := f.PutStation(t.Context(), equipment.Station{SiteID: two.ID, RoomID: room.ID, KindID: kind.ID, Code: "C-2"})
	f.want(err, fault.KindInvalid, "room_on_other_site")
}

func codes(stations []equipment.Station) []string {
	out := make([]string, len(stations))
	for i, s := range stations {
		out[i] = s.Code
	}
	return out
}

func testOrder(t *testing.T, f *fixture) {
	ctx := t.Context()
	f.school("b-1", "B-2", "A_3", "A-10", "Ä", "台")
	want := []string{"A-10", "A_3", "B-2", "b-1", "Ä", "台"} // by bytes, in every database
	if got := codes(must[[]equipment.Station](t)(f.Stations(ctx, equipment.StationFilter{}))); !slices.Equal(got, want) {
		t.Errorf("stations are %q, want %q", got, want)
	}
	for _, id := range []string{"pc-2", "pc-10", "pc-1"} {
		f.device(id)
	}
	var ids []string
	for _, d := range must[[]equipment.Device](t)(f.Devices(ctx)) {
		ids = append(ids, d.ID)
	}
	if want := []string{"pc-1", "pc-10", "pc-2"}; !slices.Equal(ids, want) {
		t.Errorf("devices are %q, want %q", ids, want)
	}
}

func testFilter(t *testing.T, f *fixture) {
	site := f.site("NS")
	a, b := f.room(site.ID, "A101"), f.room(site.ID, "B202")
	cnc, plc := f.kind("cnc"), f.kind("plc")
	f.station(a.ID, cnc.ID, "C-1")
	f.station(a.ID, plc.ID, "P_1")
	f.station(b.ID, plc.ID, "P%2")
	must[equipment.Station](t)(f.PutStation(t.Context(), equipment.Station{RoomID: b.ID, KindID: cnc.ID, Code: "C-9", Name: equipment.Text{En: "École", Zh: "数控机床"}}))
	for _, c := range []struct {
		filter equipment.StationFilter
		want   []string
	}{
		{equipment.StationFilter{Room: a.ID}, []string{"C-1", "P_1"}},
		{equipment.StationFilter{Room: "B202", Kind: "plc"}, []string{"P%2"}},
		{equipment.StationFilter{Kind: cnc.ID}, []string{"C-1", "C-9"}},
		{equipment.StationFilter{Query: "p_"}, []string{"P_1"}},
		{equipment.StationFilter{Query: "P%"}, []string{"P%2"}},
		{equipment.StationFilter{Query: "BENCH"}, []string{"C-1", "P%2", "P_1"}},
		{equipment.StationFilter{Query: "éCOLE"}, []string{"C-9"}},
		{equipment.StationFilter{Query: "机床"}, []string{"C-9"}},
		{equipment.StationFilter{Room: "nothing"}, []string{}},
		{equipment.StationFilter{Query: `\`}, []string{}},
	} {
		if got := codes(must[[]equipment.Station](t)(f.Stations(t.Context(), c.filter))); !slices.Equal(got, c.want) {
			t.Errorf("%+v gives %q, want %q", c.filter, got, c.want)
		}
	}
}

func testPages(t *testing.T, f *fixture) {
	stations := f.school("B", "D", "F", "H")
	first := must[[]equipment.Station](t)(f.Stations(t.Context(), equipment.StationFilter{Limit: 2}))
	f.station(stations[0].RoomID, stations[0].KindID, "A")
	f.station(stations[0].RoomID, stations[0].KindID, "E")
	after := first[1].Code + "\x00" + first[1].ID
	rest := must[[]equipment.Station](t)(f.Stations(t.Context(), equipment.StationFilter{Limit: 10, After: after}))
	if got := append(codes(first), codes(rest)...); !slices.Equal(got, []string{"B", "D", "E", "F", "H"}) {
		t.Errorf("the pages are %q", got)
	}
	_, err := f.Stations(t.Context(), equipment.StationFilter{After: "no cursor"})
	f.want(err, fault.KindInvalid, "")
}

func testStrangeTexts(t *testing.T, f *fixture) {
	f.school("C-1")
	for _, text := range []string{"\x00", "a\x00b", "\xff\xfe", "'; DROP TABLE stations; --"} {
		_, err := f.StationByID(t.Context(), text)
		f.want(err, fault.KindNotFound, "")
		_, err = f.DeviceByID(t.Context(), text)
		f.want(err, fault.KindNotFound, "")
		if n := len(must[[]equipment.Station](t)(f.Stations(t.Context(), equipment.StationFilter{Query: text}))); n != 0 {
			t.Errorf("%q finds %d stations", text, n)
		}
	}
}
