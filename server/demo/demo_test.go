package demo

import (
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/csvimport"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/policyfile"
)

var now = time.Date(2026, 11, 23, 3, 17, 42, 0, time.UTC)

func TestThereAreFortyStationsOfFiveKindsInThreeRooms(t *testing.T) {
	if n := len(stations()); n != 40 || len(kinds()) != 5 || len(rooms()) != 3 {
		t.Errorf("%d stations, %d kinds, %d rooms", n, len(kinds()), len(rooms()))
	}
}

func TestTheSameDayIsAlwaysPlannedAlike(t *testing.T) {
	day := Today(now)
	if !reflect.DeepEqual(schoolDay(day, location()), schoolDay(day, location())) {
		t.Error("two plans of one day differ")
	}
}

func TestNobodyIsPromisedTwoSeatsAndNoStationTwice(t *testing.T) {
	for day := Today(now); day < Today(now).Add(8); day = day.Next() {
		byPerson := map[string][]equipment.Interval{}
		for code, p := range schoolDay(day, location()) {
			var last time.Time
			for _, b := range p.bookings {
				if b.From.Before(last) || b.Empty() {
					t.Errorf("%s on %s: bookings overlap at %s", code, day, b.From)
				}
				last = b.Until
				if b.person == instructor {
					continue
				}
				for _, other := range byPerson[b.person] {
					if other.Overlaps(b.Interval) {
						t.Errorf("%s sits at two stations on %s", b.person, b.From)
					}
				}
				byPerson[b.person] = append(byPerson[b.person], b.Interval)
			}
		}
	}
}

func TestUseStaysWithinTheHoursThatTheDeviceIsOn(t *testing.T) {
	for code, p := range schoolDay(Today(now), location()) {
		var last time.Time
		for _, u := range p.used {
			if u.From.Before(last) || u.Empty() {
				t.Errorf("%s: use overlaps at %s", code, u.From)
			}
			last = u.Until
		}
	}
}

func TestTheSchoolIsAliveAtEveryHour(t *testing.T) {
	plans := schoolDay(Today(now), location())
	for hour := range 24 {
		at, powered := Today(now).Start(location()).Add(time.Duration(hour)*time.Hour), 0
		for _, p := range plans {
			if !at.Before(p.powered.From) && at.Before(p.powered.Until) {
				powered++
			}
		}
		if powered < 10 {
			t.Errorf("only %d devices are on at %d:00", powered, hour)
		}
	}
}

func TestTheFilesCanBeImported(t *testing.T) {
	dir := t.TempDir()
	if err := WriteSchool(dir, now); err != nil {
		t.Fatal(err)
	}
	if err := WriteUsage(dir, Today(now).Add(-2), Today(now).Next(), now); err != nil {
		t.Fatal(err)
	}
	if _, err := csvimport.Read(os.DirFS(dir)); err != nil {
		t.Error(err)
	}
}

func TestNothingIsReportedFromTheFuture(t *testing.T) {
	w := writer{now: now, loc: location()}
	for _, s := range stations() {
		for _, piece := range w.seen(s, schoolDay(Today(now), location())[s.code]) {
			if piece.Until.After(now) {
				t.Errorf("%s reports %s", s.code, piece.Until)
			}
			if s.code == silentStation && piece.Until.After(now.Add(-silentFor)) {
				t.Errorf("the silent device reports %s", piece.Until)
			}
		}
	}
}

func TestAMinuteOfAPlayedDeviceIsTheOneThatWouldHaveBeenImported(t *testing.T) {
	s := stations()[0]
	p := plan{used: []equipment.Interval{{From: now.Truncate(time.Minute).Add(20 * time.Second), Until: now.Add(time.Hour)}}}
	d := newDevice(s, "", "", now, nil)
	if got := d.sample(p, now.Truncate(time.Minute)); got.InUseSeconds != 40 || got.IdleSeconds != 20 {
		t.Errorf("in use %d s, idle %d s", got.InUseSeconds, got.IdleSeconds)
	}
}

func TestTheRulesOfTheSchoolAreThoseOfAPolicyFile(t *testing.T) {
	names := booking.Register{Rooms: []equipment.Room{{ID: "d305", Code: "D305"}}, Teams: []account.Team{{ID: "rob", Code: robotTeam}}}
	for _, k := range kinds() {
		names.Kinds = append(names.Kinds, equipment.Kind{ID: k.code, Code: k.code})
	}
	for day := range 7 {
		at := now.AddDate(0, 0, day)
		file, err := policyfile.Read(Rules(at), names)
		if err != nil || len(file.Kinds) != 4 {
			t.Fatalf("%v, %v", file.Kinds, err)
		}
		for _, clause := range file.Clauses {
			if term, ok := clause.(booking.Term); ok && (term.Starts.Weekday() != time.Monday || term.Ends.Weekday() != time.Sunday || term.Ends < Today(at)) {
				t.Errorf("the term of %s is from %s to %s", Today(at), term.Starts, term.Ends)
			}
		}
	}
}
