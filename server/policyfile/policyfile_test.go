package policyfile

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
	"github.com/labtide/labtide/server/equipment"
)

var update = flag.Bool("update", false, "write the golden files anew")

// register is a school on two sites, which both have a room R1 and a station PLC-01.
type register struct{}

func (register) Sites(context.Context) ([]equipment.Site, error) {
	return []equipment.Site{{ID: "s1", Code: "MAIN"}, {ID: "s2", Code: "WEST"}}, nil
}

func (register) Rooms(context.Context) ([]equipment.Room, error) {
	return []equipment.Room{{ID: "r1", SiteID: "s1", Code: "R1"}, {ID: "r2", SiteID: "s2", Code: "R1"}, {ID: "r3", SiteID: "s2", Code: "CNC"}}, nil
}

func (register) Kinds(context.Context) ([]equipment.Kind, error) {
	return []equipment.Kind{{ID: "k1", Code: "plc-bench"}, {ID: "k2", Code: "cnc"}}, nil
}

func (register) Stations(context.Context, equipment.StationFilter) ([]equipment.Station, error) {
	return []equipment.Station{
		{ID: "p1", SiteID: "s1", RoomID: "r1", KindID: "k1", Code: "PLC-01"}, {ID: "p2", SiteID: "s2", RoomID: "r2", KindID: "k1", Code: "PLC-01"},
		{ID: "p3", SiteID: "s2", RoomID: "r3", KindID: "k2", Code: "007"},
	}, nil
}

func (register) Teams(context.Context, string) ([]account.Team, error) {
	return []account.Team{{ID: "t1", Code: "robots", Name: "机器人队"}, {ID: "t2", Code: "true", Name: "True"}}, nil
}

func charter() *booking.Charter {
	now := func() time.Time { return time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC) }
	return booking.NewCharter(bookingtest.NewMemory(bookingtest.NewSchool()), register{}, register{}, now)
}

func admin() account.Actor { return account.SignedIn("admin", account.RoleAdmin) }

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestWhatIsExportedAndImportedIsExportedTheSame(t *testing.T) {
	text := read(t, "school.yaml")
	first, second := charter(), charter()
	if _, err := Import(t.Context(), first, admin(), text, false); err != nil {
		t.Fatal(err)
	}
	out, err := Export(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "school.golden.yaml")
	if *update {
		if err := os.WriteFile(golden, out, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if string(out) != string(read(t, "school.golden.yaml")) {
		t.Errorf("exported:\n%s", out)
	}
	if _, err := Import(t.Context(), second, admin(), out, false); err != nil {
		t.Fatal(err)
	}
	again, err := Export(t.Context(), second)
	if err != nil {
		t.Fatal(err)
	}
	if string(again) != string(out) {
		t.Errorf("first\n%s\nthen\n%s", out, again)
	}
	if changes, err := Import(t.Context(), first, admin(), out, true); err != nil || len(changes) != 0 {
		t.Errorf("importing what is there changes %v, %v", changes, err)
	}
}

func TestADryRunSaysWhatWouldChangeAndChangesNothing(t *testing.T) {
	c := charter()
	if _, err := Import(t.Context(), c, admin(), read(t, "school.yaml"), false); err != nil {
		t.Fatal(err)
	}
	before, err := Export(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(before), "longest_minutes: 240", "longest_minutes: 180", 1)
	text = strings.Replace(text, "Eight hours a week", "Nine hours a week", 1)
	changes, err := Import(t.Context(), c, admin(), []byte(text), true)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	names, err := c.Register(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range changes {
		told = append(told, change.Act+" "+change.Called(names))
	}
	if got := strings.Join(told, "; "); got != "changed school; added Nine hours a week; removed Eight hours a week" {
		t.Errorf("differences: %s", got)
	}
	if len(changes[0].Fields) != 1 || string(changes[0].Fields[0].After) != "180" {
		t.Errorf("fields %+v", changes[0].Fields)
	}
	after, err := Export(t.Context(), c)
	if err != nil || string(after) != string(before) {
		t.Errorf("changed: %v\n%s", err, after)
	}
}

func TestASectionThatIsLeftOutStays(t *testing.T) {
	c := charter()
	if _, err := Import(t.Context(), c, admin(), read(t, "school.yaml"), false); err != nil {
		t.Fatal(err)
	}
	if _, err := Import(t.Context(), c, admin(), []byte("terms: []\n"), false); err != nil {
		t.Fatal(err)
	}
	terms, err := c.Documents(t.Context(), booking.DocumentTerm)
	if err != nil || len(terms) != 0 {
		t.Errorf("terms %v, %v", terms, err)
	}
	if quotas, err := c.Documents(t.Context(), booking.DocumentQuota); err != nil || len(quotas) != 2 {
		t.Errorf("quotas %v, %v", quotas, err)
	}
}

func TestEachFaultNamesItsKeyAndLine(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"policies:\n  school:\n    grid_minute: 5\n", "line 3: policies.school.grid_minute: there is no key"},
		{"policies:\n  school:\n    grid_minutes: 7\n", "line 3: policies.school.grid_minutes: "},
		{"policies:\n  school:\n    grid_minutes: 010\n", "line 3: policies.school.grid_minutes: "},
		{"policies:\n  school:\n    grid_minutes: ten\n", "line 3: policies.school.grid_minutes: "},
		{"policies:\n  school:\n    many_stations: 1\n", "line 3: policies.school.many_stations: "},
		{"policies:\n  rooms:\n    R9:\n      grid_minutes: 5\n", "line 3: policies.rooms.R9: there is no room"},
		{"policies:\n  rooms:\n    R1:\n      grid_minutes: 5\n", "line 3: policies.rooms.R1: more than one room"},
		{"policies:\n  room: {}\n", "line 2: policies.room: there is no key"},
		{"rules: {}\n", "line 1: rules: there is no key"},
		{"policies: []\n", "line 1: policies: here keys"},
		{"quotas: {}\n", "line 1: quotas: here a list"},
		{"quotas:\n  - name: a\n    per: person\n    window: day\n", "line 2: quotas[1]: scope is missing"},
		{"quotas:\n  - name: a\n    scope: room\n    place: X\n    per: person\n    window: day\n    most_minutes: 1\n", "line 4: quotas[1].place: there is no room"},
		{"terms:\n  - name: a\n    starts: 2026-13-01\n    ends: 2026-12-01\n", "line 3: terms[1].starts: "},
		{"terms:\n  - {name: a, starts: 2026-01-01, ends: 2026-02-01}\n  - {name: a, starts: 2026-01-01, ends: 2026-02-01}\n", "line 3: terms[2]: the file says this twice"},
		{"seasons:\n  - name: a\n    starts: 2026-01-01\n    ends: 2026-02-01\n    kinds: [cnc]\n    teams: [nobody]\n", "line 6: seasons[1].teams: there is no team"},
		{"policies:\n  school:\n    periods: [\"08:00\"]\n", "line 3: policies.school.periods: "},
		{"policies:\n  school:\n    off_peak:\n      - from: \"18:00\"\n", "line 4: policies.school.off_peak[1]: hours need from and until"},
		{"a: b: c\n", "line 1: this is not YAML"},
		{"policies: &x {}\nterms: *x\n", "line 1: policies: here keys"},
		{"terms: []\n---\nquotas: []\n", "a file holds one document"},
		{"terms: []\nterms: []\n", "line 2: this is not YAML"},
		{"", "the file says nothing"},
		{"# only words\n", "the file says nothing"},
		{strings.Repeat("[\n", 60), "line 51: "},
		{strings.Repeat("- ", 2000), "line 1: "},
	} {
		names, err := charter().Register(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, err = Read([]byte(tc.text), names)
		var faults Faults
		if !errors.As(err, &faults) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q: %v, want %q", tc.text, err, tc.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"school.yaml", "school.golden.yaml"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err == nil {
			f.Add(string(text))
		}
	}
	f.Add("policies: {school: {periods: [\"08:00-09:00\"], approval: none}}\nterms:\n- name: '1'\n  starts: 2026-01-01\n  ends: 2026-01-02\n")
	names, err := charter().Register(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Read([]byte(text), names)
		if err != nil {
			return
		}
		out, err := Write(file.Clauses, names)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Read(out, names)
		if err != nil {
			t.Fatalf("what was written is not read: %v\n%s", err, out)
		}
		twice, err := Write(again.Clauses, names)
		if err != nil || string(twice) != string(out) {
			t.Fatalf("%v\n%s\nthen\n%s", err, out, twice)
		}
	})
}
