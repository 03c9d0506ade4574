package csvimport_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/csvimport"
	"github.com/labtide/labtide/server/demo"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/ledger"
	"github.com/labtide/labtide/server/sqldb"
)

// open gives an importer on a new SQLite database.
func open(t testing.TB) csvimport.Importer {
	t.Helper()
	dir := t.TempDir()
	log := slog.New(slog.DiscardHandler)
	db, err := sqldb.Open(t.Context(), sqldb.Config{Driver: sqldb.SQLite, DSN: filepath.Join(dir, "labtide.db")}, log)
	if err != nil {
		t.Fatal(err)
	}
	samples, err := sqldb.OpenSamples(t.Context(), filepath.Join(dir, "samples.db"), log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(samples.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	return csvimport.Importer{Register: sqldb.NewEquipment(db), People: sqldb.NewAccounts(db), Bookings: sqldb.NewBookings(db),
		Samples: samples, Ledger: sqldb.NewLedger(db), Together: db.Together}
}

// school is the smallest one: a station, a device, a person, a booking, and ten minutes of use in it.
func school() fstest.MapFS {
	text := map[string]string{
		"sites.csv":          "code,name_en,time_zone\nSZ,Shenzhen,Asia/Shanghai\n",
		"rooms.csv":          "site,code,name_en,name_zh\nSZ,B203,PLC room,PLC 实训室\n",
		"kinds.csv":          "code,name_en\nplc-bench,PLC bench\n",
		"stations.csv":       "site,room,kind,code\nSZ,B203,plc-bench,PLC-01\n",
		"devices.csv":        "device\npc-1\n",
		"placements.csv":     "device,station,from\npc-1,PLC-01,2026-11-01T00:00:00Z\n",
		"opening_hours.csv":  "site,weekday,day,opens,closes\nSZ,mon,,8:00,22:00\nSZ,,2026-10-01,,\n",
		"qualifications.csv": "person,kind,granted_at,expires_at,note\nli,plc-bench,2026-09-01T00:00:00Z,2027-09-01T00:00:00Z,safety course\n",
		"outages.csv":        "station,starts_at,ends_at,reason\nPLC-01,2026-11-10T00:00:00Z,2026-11-11T00:00:00Z,repair\n",
		"people.csv":         "login,name,role,programme,email\nli,Li Na,student,Mechatronics,li.na@school.example\n",
		"bookings.csv":       "station,starts_at,ends_at,person,programme\nPLC-01,2026-11-02T02:00:00Z,2026-11-02T04:00:00Z,li,Mechatronics\n",
		"usage.csv":          "device,starts_at,ends_at,state\npc-1,2026-11-02T02:00:00Z,2026-11-02T02:10:00Z,in_use\npc-1,2026-11-02T02:10:00Z,2026-11-02T02:20:20Z,idle\n",
		"samples.csv":        "device,minute,in_use_seconds,idle_seconds,power_watts\npc-1,2026-11-02T03:00:00Z,60,0,81.5\n",
		"teams.csv":          "code,name,captains,members\nWS,WorldSkills,LI,\n",
	}
	out := fstest.MapFS{}
	for name, content := range text {
		out[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return out
}

func TestASchoolComesInWholeAndItsMinutesReachTheLedger(t *testing.T) {
	im, ctx := open(t), t.Context()
	summary, err := im.Import(ctx, school(), false)
	if err != nil {
		t.Fatal(err)
	}
	want := csvimport.Summary{Sites: 1, Rooms: 1, Kinds: 1, Stations: 1, Devices: 1, Placements: 1, Hours: 2, Outages: 1, People: 1, Teams: 1, Qualifications: 1, Bookings: 1, Samples: 22}
	if summary != want {
		t.Errorf("got %+v, want %+v", summary, want)
	}
	station, err := im.Register.StationByID(ctx, "PLC-01")
	if err != nil || station.SiteID == "" || !station.Bookable {
		t.Fatalf("%+v %v", station, err)
	}
	var seen, used int
	day := ledger.DayOf(time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC))
	err = im.Ledger.Scan(ctx, []string{station.ID}, day, day+1, func(d *ledger.StationDay) error {
		for minute := range ledger.Minutes {
			if d.Seen.Has(minute) {
				seen++
			}
			if d.Used.Has(minute) {
				used++
			}
		}
		return nil
	})
	if err != nil || seen != 22 || used != 11 {
		t.Errorf("%d minutes seen, %d used, %v", seen, used, err)
	}
	last, ok, err := im.Samples.Last(ctx, "pc-1")
	if err != nil || !ok || last.PowerWatts == nil || *last.PowerWatts != 81.5 {
		t.Errorf("last %+v %v", last, err)
	}
}

func TestTheSameFolderTwiceChangesNothing(t *testing.T) {
	im, ctx := open(t), t.Context()
	for range 2 {
		if _, err := im.Import(ctx, school(), false); err != nil {
			t.Fatal(err)
		}
	}
	bookings, err := im.Bookings.List(ctx, booking.Filter{From: time.Unix(0, 0), Until: time.Unix(1<<33, 0)})
	if err != nil || len(bookings) != 1 {
		t.Errorf("%d bookings, %v", len(bookings), err)
	}
	teams, err := im.People.Teams(ctx, "")
	if err != nil || len(teams) != 1 || len(teams[0].Members) != 1 || !teams[0].Members[0].Captain {
		t.Errorf("teams %+v, %v", teams, err)
	}
	outages, err := im.Register.Outages(ctx, "", time.Unix(0, 0), time.Unix(1<<33, 0))
	if err != nil || len(outages) != 1 {
		t.Errorf("%d outages, %v", len(outages), err)
	}
	qualified, err := im.People.Qualifications(ctx, "", "")
	if err != nil || len(qualified) != 1 || qualified[0].Version != 1 || qualified[0].Note != "safety course" {
		t.Errorf("qualifications are %+v, %v", qualified, err)
	}
}

// failing refuses to store facts, which come after the register, people and bookings.
type failing struct{ ledger.Store }

func (failing) Or(context.Context, []ledger.StationDay) error { return errors.New("the disk is full") }

func TestAStoreThatFailsAtTheEndLeavesNothing(t *testing.T) {
	im, ctx := open(t), t.Context()
	im.Ledger = failing{im.Ledger}
	if _, err := im.Import(ctx, school(), false); err == nil {
		t.Fatal("no error")
	}
	stations, err := im.Register.Stations(ctx, equipment.StationFilter{})
	if err != nil || len(stations) != 0 {
		t.Errorf("%d stations are left, %v", len(stations), err)
	}
	people, err := im.People.People(ctx)
	if err != nil || len(people) != 0 {
		t.Errorf("%d people are left, %v", len(people), err)
	}
}

func TestADryRunWritesNothing(t *testing.T) {
	im, ctx := open(t), t.Context()
	summary, err := im.Import(ctx, school(), true)
	if err != nil || summary.Samples != 22 {
		t.Errorf("%+v %v", summary, err)
	}
	if sites, err := im.Register.Sites(ctx); err != nil || len(sites) != 0 {
		t.Errorf("%d sites, %v", len(sites), err)
	}
}

func TestReferencesAndOverlapsAreFaultsOfTheirLine(t *testing.T) {
	dir := school()
	add := func(name, lines string) { dir[name].Data = append(dir[name].Data, lines...) }
	add("rooms.csv", "NJ,A1,Nowhere,\n")
	add("stations.csv", "SZ,B999,plc-bench,PLC-02\nSZ,B203,cnc,PLC-03\nSZ,B203,plc-bench,PLC-01\n")
	add("placements.csv", "pc-1,PLC-01,2026-11-05T00:00:00Z\npc-2,PLC-77,2026-11-05T00:00:00Z\n")
	add("bookings.csv", "PLC-01,2026-11-02T03:59:59Z,2026-11-02T05:00:00Z,li,\nPLC-01,2026-11-02T06:00:00Z,2026-11-02T07:00:00Z,nobody,\n")
	add("teams.csv", "WS,Again,li,\nTS,Strangers,nobody,\n")
	add("usage.csv", "pc-9,2026-11-02T02:00:00Z,2026-11-02T02:10:00Z,idle\n")
	_, err := open(t).Import(t.Context(), dir, false)
	var faults csvimport.Faults
	if !errors.As(err, &faults) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{
		"rooms.csv:3:1: there is no site NJ",
		"stations.csv:3:4: there is no room SZ/B999",
		"stations.csv:4:9: there is no kind cnc",
		"stations.csv:5:19: is named already in line 2",
		"placements.csv:3:13: overlaps line 2: device pc-1",
		"placements.csv:4:1: there is no device pc-2",
		"placements.csv:4:6: there is no station PLC-77",
		"bookings.csv:3:8: overlaps line 2: station PLC-01",
		"bookings.csv:4:50: there is no person nobody",
		"teams.csv:3:1: is named already in line 2",
		"teams.csv:4:14: there is no person nobody",
		"usage.csv:4:1: there is no device pc-9",
	} {
		if !strings.Contains(faults.Error()+"\n", want) {
			t.Errorf("no word of %s in\n%s", want, faults)
		}
	}
}

func TestATeamThatCannotBeIsAFaultOfItsLine(t *testing.T) {
	dir := school()
	dir["teams.csv"].Data = append(dir["teams.csv"].Data, "TS,Twice,li,LI\nW S,Spaced,li,\n"...)
	_, err := open(t).Import(t.Context(), dir, false)
	for _, want := range []string{"teams.csv:3:13: LI is named twice", "teams.csv:4:1: a team has a code without spaces"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %s in %v", want, err)
		}
	}
}

func TestAnOverlapWithAStoredBookingIsAFaultOfItsLine(t *testing.T) {
	im, ctx := open(t), t.Context()
	if _, err := im.Import(ctx, school(), false); err != nil {
		t.Fatal(err)
	}
	more := fstest.MapFS{"bookings.csv": {Data: []byte("station,starts_at,ends_at,person\nSZ/PLC-01,2026-11-02T03:00:00Z,2026-11-02T05:00:00Z,LI\n")}}
	_, err := im.Import(ctx, more, true) // a dry run says so, too
	var faults csvimport.Faults
	if !errors.As(err, &faults) || len(faults) != 1 || faults[0].Line != 2 || faults[0].File != "bookings.csv" {
		t.Errorf("got %v", err)
	}
}

func TestEveryFileIsDocumented(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for file, columns := range csvimport.Files() {
		for line := range strings.SplitSeq(string(readme), "\n") {
			if strings.Contains(line, "`"+file+"`") {
				for _, column := range columns {
					if !strings.Contains(line, column) {
						t.Errorf("README does not name column %s of %s", column, file)
					}
				}
				columns = nil
			}
		}
		if columns != nil {
			t.Errorf("README does not name %s", file)
		}
	}
}

func BenchmarkImportADayOfTheDemoSchool(b *testing.B) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	dir := b.TempDir()
	if err := errors.Join(demo.WriteSchool(dir, now), demo.WriteUsage(dir, demo.Today(now).Add(-1), demo.Today(now), now)); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := open(b).Import(b.Context(), os.DirFS(dir), false); err != nil {
			b.Fatal(err)
		}
	}
}
