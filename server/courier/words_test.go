package courier

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func sample(e booking.Event) facts {
	zone := time.FixedZone("Asia/Shanghai", 8*3600)
	from := time.Date(2026, 11, 24, 10, 0, 0, 0, zone)
	f := facts{
		effect:   booking.Effect{ID: "e-1", At: from, Event: e, PersonID: "p-1", BookingID: "b-1", StationID: "s-7", Body: map[string]string{FactReason: "驱动器故障 drive fault"}},
		station:  Station{Code: "PLC-07", Name: equipment.Text{En: "PLC bench 7", Zh: "PLC 实训台 7"}, Room: equipment.Text{En: "Room 301", Zh: "301 室"}, Zone: zone},
		startsAt: from, endsAt: from.Add(2 * time.Hour), who: "李伟",
	}
	switch e {
	case booking.EventMovedByOther:
		f.from = Station{Code: "PLC-03", Room: equipment.Text{En: "Room 302", Zh: "302 室"}}
	case booking.EventOfferMade, booking.EventReleaseWarning:
		f.until = from.Add(-10 * time.Minute)
	case booking.EventQualificationEnding:
		f.station, f.startsAt, f.kind, f.until = Station{}, time.Time{}, equipment.Text{En: "PLC bench", Zh: "PLC 实训台"}, from
	case booking.EventAppealDecided:
		f.effect.Body[FactDecision] = "accepted"
	}
	return f
}

func TestEveryEventHasWordsInBothLanguages(t *testing.T) {
	for _, tag := range []string{English, Chinese} {
		l := in(tag)
		if len(l.events) != len(Events()) {
			t.Errorf("%s has words for %d of %d events", tag, len(l.events), len(Events()))
		}
		var all strings.Builder
		for _, e := range Events() {
			m := l.write(sample(e), "https://labs.school.example")
			text := m.text(l, "李伟")
			for _, part := range []string{m.subject, m.lead, m.linkText} {
				if strings.TrimSpace(part) == "" || strings.ContainsAny(part, "{}") {
					t.Errorf("%s, %s: %q", tag, e, part)
				}
			}
			fmt.Fprintf(&all, "=== %s\nSubject: %s\n\n%s\n", e, m.subject, text)
		}
		golden(t, "mails."+tag+".txt", all.String())
	}
}

func TestWithoutAStationTheSubjectEndsWell(t *testing.T) {
	for _, tag := range []string{English, Chinese} {
		m := in(tag).write(facts{effect: booking.Effect{Event: booking.EventSeriesChanged}}, "")
		if want := map[string]string{English: "Series changed", Chinese: "系列预约已变更"}[tag]; m.subject != want || len(m.lines) != 0 {
			t.Errorf("%q %q", m.subject, m.lines)
		}
	}
}

func TestATimeNamesItsSecondDayAndItsZone(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		t.Skip(err)
	}
	// The clock goes back at four: the hour between three and four comes twice.
	from := time.Date(2026, 10, 24, 22, 0, 0, 0, zone)
	if got, want := english().span(from, from.Add(8*time.Hour)), "Sat 24 Oct 2026 22:00 – Sun 25 Oct 2026 05:00 (Europe/Helsinki)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := chinese().span(from, from.Add(time.Hour)), "2026年10月24日 周六 22:00–23:00 (Europe/Helsinki)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPausesGrowToSixHoursAndNeverCollide(t *testing.T) {
	for attempts, around := range map[int]time.Duration{1: time.Minute, 2: 2 * time.Minute, 5: 16 * time.Minute, 12: 6 * time.Hour, 500: 6 * time.Hour} {
		seen := map[time.Duration]bool{}
		for range 50 {
			p := pause(ChannelMail, attempts)
			if p < around*4/5 || p > around*6/5 {
				t.Fatalf("%v after %d attempts, want about %v", p, attempts, around)
			}
			seen[p] = true
		}
		if len(seen) < 10 {
			t.Errorf("after %d attempts the pauses are %v", attempts, seen)
		}
	}
}

func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != text {
		t.Errorf("%s differs; look at what -update makes of it", name)
	}
}
