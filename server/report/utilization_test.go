package report_test

import (
	"testing"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/ledger"
	"github.com/labtide/labtide/server/report"
)

func wantCounts(t *testing.T, what string, got, want ledger.Counts) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n%+v, want\n%+v", what, got, want)
	}
}

// wantShare compares a share with a fraction of minutes; a divisor of 0 wants nil.
func wantShare(t *testing.T, what string, got *float64, part, whole float64) {
	t.Helper()
	switch {
	case whole == 0 && got != nil:
		t.Errorf("%s is %v, want nil: a share of nothing is not 0", what, *got)
	case whole != 0 && got == nil:
		t.Errorf("%s is nil, want %v", what, part/whole)
	case whole != 0 && *got != part/whole:
		t.Errorf("%s is %v, want %v", what, *got, part/whole)
	}
}

// TestADayWithEveryLabelCountedByHand is one station of Shanghai, open from 8 to 18.
func TestADayWithEveryLabelCountedByHand(t *testing.T) {
	s := newSchool(t, "Asia/Shanghai", "2026-05-28 12:00")
	s.station("a", "r", "k")
	s.open("", 8*60, 18*60)
	s.saw("a", true, "2026-05-27 07:00", "2026-05-27 08:30")  // 60 after hours, 30 walk-in
	s.saw("a", false, "2026-05-27 08:30", "2026-05-27 09:00") // 30 free
	s.book("a", "mechatronics", false, "2026-05-27 09:00", "2026-05-27 10:00")
	s.saw("a", false, "2026-05-27 09:00", "2026-05-27 09:10") // 10 booked and idle
	s.saw("a", true, "2026-05-27 09:10", "2026-05-27 10:00")  // 50 booked and used
	s.book("a", "", true, "2026-05-27 10:00", "2026-05-27 12:00")
	s.saw("a", true, "2026-05-27 10:00", "2026-05-27 11:00")  // 60 booked (by a class) and used
	s.saw("a", false, "2026-05-27 11:00", "2026-05-27 12:00") // 60 blocked and idle
	// 12 to 15 nobody tells: 180 unknown
	s.outage("a", "2026-05-27 15:00", "2026-05-27 17:00") // 120 down, whatever else
	s.saw("a", true, "2026-05-27 15:00", "2026-05-27 18:00")
	// the last open hour is walk-in
	q := report.Query{From: "2026-05-27", To: "2026-05-28"}
	got := s.utilization(q)
	want := ledger.Counts{
		Closed: 14 * 60, AfterHours: 60, Down: 120, Unknown: 180, BookedUsed: 110, BookedIdle: 10, BlockedIdle: 60,
		WalkIn: 90, Free: 30,
	}
	wantCounts(t, "total", got.Total.Minutes, want)
	if got.Total.Minutes.Total() != 24*60 || got.Total.Minutes.Open() != 600 {
		t.Errorf("the labels add up to %d minutes, the open ones to %d", got.Total.Minutes.Total(), got.Total.Minutes.Open())
	}
	wantShare(t, "utilization", got.Total.Utilization, 200, 300)
	wantShare(t, "coverage", got.Total.Coverage, 300, 480)
	wantShare(t, "low", got.Total.Low, 200, 480)
	wantShare(t, "high", got.Total.High, 380, 480)
	wantShare(t, "frequency", got.Total.Frequency, 200, 300)
	wantShare(t, "occupancy", got.Total.Occupancy, 200, 200)
	if len(got.Items) != 1 || got.Items[0].Key != "s" || got.Items[0].Minutes != want {
		t.Errorf("items are %+v, want the one site", got.Items)
	}

	q.GroupBy = report.GroupProgramme
	got = s.utilization(q)
	wantCounts(t, "mechatronics", s.item(got, "mechatronics").Minutes, ledger.Counts{BookedUsed: 50, BookedIdle: 10})
	want.BookedUsed, want.BookedIdle = 60, 0
	wantCounts(t, "no programme", s.item(got, "").Minutes, want)
	if f := s.item(got, "mechatronics").Frequency; f != nil {
		t.Errorf("a programme has a frequency of %v: no room is its own", *f)
	}
	wantShare(t, "utilization of mechatronics", s.item(got, "mechatronics").Utilization, 50, 60)
}

// TestFrequencyTimesOccupancyIsUtilization is two benches and a CNC in one room, seen for two open hours:
//
//	        0–30  30–60  60–90  90–120
//	a (k)   used  used   idle   idle
//	b (k)   idle  used   idle   idle
//	c (cnc) idle  idle   used   idle
func TestFrequencyTimesOccupancyIsUtilization(t *testing.T) {
	s := newSchool(t, "Europe/Helsinki", "2026-05-28 12:00")
	s.kinds = append(s.kinds, equipment.Kind{ID: "cnc", Code: "cnc"})
	for _, id := range []string{"a", "b"} {
		s.station(id, "r", "k")
	}
	s.station("c", "r", "cnc")
	s.open("", 10*60, 12*60)
	for _, id := range []string{"a", "b", "c"} {
		s.saw(id, false, "2026-05-27 10:00", "2026-05-27 12:00")
	}
	s.saw("a", true, "2026-05-27 10:00", "2026-05-27 11:00")
	s.saw("b", true, "2026-05-27 10:30", "2026-05-27 11:00")
	s.saw("c", true, "2026-05-27 11:00", "2026-05-27 11:30")
	q := report.Query{From: "2026-05-27", To: "2026-05-28", GroupBy: report.GroupRoom}
	room := s.item(s.utilization(q), "r")
	wantShare(t, "U", room.Utilization, 120, 360)
	wantShare(t, "F", room.Frequency, 90, 120)
	wantShare(t, "O", room.Occupancy, 120, 270)

	q.GroupBy = report.GroupKind
	kinds := s.utilization(q)
	bench, cnc := s.item(kinds, "k"), s.item(kinds, "cnc")
	wantShare(t, "U of benches", bench.Utilization, 90, 240)
	wantShare(t, "F of benches", bench.Frequency, 60, 120)
	wantShare(t, "O of benches", bench.Occupancy, 90, 120)
	wantShare(t, "F of CNCs", cnc.Frequency, 30, 120)
	wantShare(t, "O of CNCs", cnc.Occupancy, 30, 30)
	wantShare(t, "F of all kinds", kinds.Total.Frequency, 90, 120)

	q.GroupBy = report.GroupStation
	a := s.item(s.utilization(q), "a")
	wantShare(t, "F of a station", a.Frequency, 60, 120)
	wantShare(t, "O of a station", a.Occupancy, 60, 60)

	q.Kind = "cnc"
	wantShare(t, "F of the total of the chosen CNCs", s.utilization(q).Total.Frequency, 30, 120)
}

func TestRoomsWeighByTheirMinutes(t *testing.T) {
	s := newSchool(t, "UTC", "2026-05-28 12:00")
	s.rooms = append(s.rooms, equipment.Room{ID: "small", SiteID: "s", Code: "Z"})
	s.station("a", "r", "k")
	s.station("z", "small", "k")
	s.open("", 0, 600)
	s.open("small", 0, 60)
	s.saw("a", false, "2026-05-27 00:00", "2026-05-27 10:00")
	s.saw("z", true, "2026-05-27 00:00", "2026-05-27 01:00")
	got := s.utilization(report.Query{From: "2026-05-27", To: "2026-05-28", GroupBy: report.GroupRoom})
	wantShare(t, "small room", s.item(got, "small").Utilization, 60, 60)
	wantShare(t, "large room", s.item(got, "r").Utilization, 0, 600)
	wantShare(t, "total", got.Total.Utilization, 60, 660)
	wantShare(t, "total frequency", got.Total.Frequency, 60, 660)
	if len(got.Items) != 2 || got.Items[0].Key != "r" {
		t.Errorf("items are not in the order of names: %+v", got.Items)
	}
}

func TestAStationWithoutDevicesIsUnknownAndItsSharesAreBounds(t *testing.T) {
	s := newSchool(t, "UTC", "2026-05-28 12:00")
	s.station("a", "r", "k")
	s.open("", 0, 600)
	total := s.utilization(report.Query{From: "2026-05-27", To: "2026-05-28"}).Total
	wantCounts(t, "total", total.Minutes, ledger.Counts{Closed: 840, Unknown: 600})
	wantShare(t, "utilization", total.Utilization, 0, 0)
	wantShare(t, "frequency", total.Frequency, 0, 0)
	wantShare(t, "occupancy", total.Occupancy, 0, 0)
	wantShare(t, "coverage", total.Coverage, 0, 600)
	wantShare(t, "low", total.Low, 0, 600)
	wantShare(t, "high", total.High, 600, 600)
}

func TestAStationIsClosedBeforeItCame(t *testing.T) {
	s := newSchool(t, "UTC", "2026-05-30 12:00")
	s.station("a", "r", "k")
	s.stations[0].Since = s.now.AddDate(0, 0, -2).Add(-3 * time.Hour) // 28 May, 9:00
	s.saw("a", true, "2026-05-28 08:00", "2026-05-28 10:00")
	total := s.utilization(report.Query{From: "2026-05-27", To: "2026-05-29"}).Total
	wantCounts(t, "total", total.Minutes, ledger.Counts{Closed: 1440 + 540, AfterHours: 60, WalkIn: 60, Unknown: 14 * 60})
}

func TestAMinuteThatHasNotPassedCountsNowhere(t *testing.T) {
	s := newSchool(t, "UTC", "2026-05-27 10:00")
	s.now = s.now.Add(59 * time.Second) // within minute 10:00, which is not over
	s.station("a", "r", "k")
	s.saw("a", true, "2026-05-27 09:00", "2026-05-27 11:00")
	s.book("a", "p", false, "2026-05-27 09:30", "2026-05-27 12:00")
	total := s.utilization(report.Query{From: "2026-05-27", To: "2026-05-29"}).Total
	wantCounts(t, "total", total.Minutes, ledger.Counts{Unknown: 540, WalkIn: 30, BookedUsed: 30})
	none := s.utilization(report.Query{From: "2026-06-01", To: "2026-06-03"})
	wantCounts(t, "the future", none.Total.Minutes, ledger.Counts{})
}

func TestOpeningHoursAndHolidaysCountAsTheyWereOnTheirDay(t *testing.T) {
	s := newSchool(t, "Asia/Shanghai", "2026-06-20 12:00")
	s.station("a", "r", "k")
	for _, h := range []equipment.OpeningHours{
		{Opens: 480, Closes: 1080, ValidUntil: "2026-05-26"},
		{Opens: 480, Closes: 720, ValidFrom: "2026-05-27"},
		{Opens: 840, Closes: 960, ValidFrom: "2026-05-27"}, // after lunch
	} {
		h.SiteID = "s"
		for h.Weekday = 0; h.Weekday < 7; h.Weekday++ {
			s.hours = append(s.hours, h)
		}
	}
	s.exceptions = []equipment.Exception{
		{SiteID: "s", Day: "2026-05-28", Closed: true},
		{SiteID: "s", Day: "2026-05-29", Opens: 600, Closes: 601},
		{SiteID: "s", RoomID: "r", Day: "2026-05-29", Opens: 600, Closes: 603},
	}
	for day, open := range map[equipment.Day]int64{"2026-05-26": 600, "2026-05-27": 360, "2026-05-28": 0, "2026-05-29": 3, "2026-05-30": 360} {
		total := s.utilization(report.Query{From: day, To: day.Next()}).Total.Minutes
		if total.Open() != open || total.Total() != 1440 {
			t.Errorf("%s has %d open minutes of %d, want %d", day, total.Open(), total.Total(), open)
		}
	}
	if total := s.utilization(report.Query{From: "2026-05-26", To: "2026-05-31"}).Total.Minutes; total.Open() != 1323 {
		t.Errorf("five days have %d open minutes, want 1323", total.Open())
	}
}

func TestARoomThatIsOpenOverMidnight(t *testing.T) {
	s := newSchool(t, "America/New_York", "2026-06-20 12:00")
	s.station("a", "r", "k")
	s.open("", 0, 2*60)
	s.open("", 22*60, 24*60)
	s.saw("a", true, "2026-05-26 21:00", "2026-05-27 03:00")
	got := s.utilization(report.Query{From: "2026-05-26", To: "2026-05-28"}).Total.Minutes
	wantCounts(t, "two days", got, ledger.Counts{Closed: 2 * 1200, AfterHours: 120, WalkIn: 240, Unknown: 240})
	day, err := s.service.Day(t.Context(), "A", "2026-05-27")
	if err != nil {
		t.Fatal(err)
	}
	var labels []ledger.Label
	for _, r := range day.Runs {
		labels = append(labels, r.Label)
	}
	if len(labels) != 3 || labels[0] != ledger.LabelWalkIn || labels[1] != ledger.LabelClosed || labels[2] != ledger.LabelUnknown {
		t.Errorf("labels of the day are %v", labels)
	}
}

func TestAnOpenEndedOutageLastsUntilNow(t *testing.T) {
	s := newSchool(t, "UTC", "2026-05-29 06:00")
	s.station("a", "r", "k")
	s.station("b", "r", "k")
	s.outage("a", "2026-05-28 18:00", "")
	s.outage("a", "2026-05-28 03:00", "2026-05-28 04:00")
	s.outage("a", "2026-05-28 03:30", "2026-05-28 05:00") // two on one day, one over the other
	got := s.utilization(report.Query{From: "2026-05-28", To: "2026-06-05", GroupBy: report.GroupStation})
	wantCounts(t, "a", s.item(got, "a").Minutes, ledger.Counts{Down: 120 + 720, Unknown: 1800 - 840})
	wantCounts(t, "b", s.item(got, "b").Minutes, ledger.Counts{Unknown: 1800})
}

func TestUseStaysWithTheStationWhereTheDeviceStood(t *testing.T) {
	s := newSchool(t, "UTC", "2026-05-29 06:00")
	s.station("a", "r", "k")
	s.station("b", "r", "k")
	c := ledger.NewCollector(ledger.NewPlacements([]equipment.Placement{
		{DeviceID: "pc", StationID: "a", From: s.at("2026-05-27 00:00"), Until: s.at("2026-05-27 12:00")},
		{DeviceID: "pc", StationID: "b", From: s.at("2026-05-27 12:00")},
	}))
	for m := range 1440 {
		c.Add("pc", s.at("2026-05-27 00:00").Add(time.Duration(m)*time.Minute), true, m%2 == 0)
	}
	if err := s.ledger.Or(t.Context(), c.Days()); err != nil {
		t.Fatal(err)
	}
	got := s.utilization(report.Query{From: "2026-05-27", To: "2026-05-28", GroupBy: report.GroupStation})
	for _, id := range []string{"a", "b"} {
		wantCounts(t, id, s.item(got, id).Minutes, ledger.Counts{WalkIn: 360, Free: 360, Unknown: 720})
	}
}

func TestABadQueryIsRefusedWithItsField(t *testing.T) {
	s := newSchool(t, "UTC", "2026-05-29 06:00")
	s.station("a", "r", "k")
	for code, q := range map[string]report.Query{
		"day_invalid":    {From: "2026-02-30", To: "2026-03-01"},
		"range_empty":    {From: "2026-03-01", To: "2026-03-01"},
		"range_too_long": {From: "2025-01-01", To: "2026-03-01"},
		"group_unknown":  {From: "2026-03-01", To: "2026-03-02", GroupBy: "person"},
		"room_unknown":   {From: "2026-03-01", To: "2026-03-02", Room: "nowhere"},
		"kind_unknown":   {From: "2026-03-01", To: "2026-03-02", Kind: "loom"},
	} {
		if _, err := s.service.Utilization(t.Context(), q); fault.CodeOf(err) != code {
			t.Errorf("%+v gives %v, want %s", q, err, code)
		}
	}
	if _, err := s.service.Utilization(t.Context(), report.Query{From: "2025-01-01", To: "2026-02-05"}); err != nil {
		t.Errorf("%d days give %v", report.LongestDays, err)
	}
	if _, err := s.service.Day(t.Context(), "nobody", "2026-03-01"); fault.KindOf(err) != fault.KindNotFound {
		t.Errorf("an unknown station gives %v", err)
	}
	if _, err := s.service.Day(t.Context(), "a", "soon"); fault.CodeOf(err) != "day_invalid" {
		t.Errorf("no day gives %v", err)
	}
}

func TestASchoolWithoutStationsHasAnEmptyReport(t *testing.T) {
	s := newSchool(t, "UTC", "2026-05-29 06:00")
	got := s.utilization(report.Query{From: "2026-05-01", To: "2026-05-28"})
	if got.Items == nil || len(got.Items) != 0 || got.Total.Utilization != nil {
		t.Errorf("report is %+v", got)
	}
}
