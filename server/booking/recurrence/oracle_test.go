package recurrence_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/labtide/labtide/server/booking/recurrence"
	"github.com/labtide/labtide/server/equipment"
)

// some gives one to three of the words.
func some(r *rand.Rand, words ...string) string {
	r.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	return strings.Join(words[:1+r.IntN(3)], ",")
}

// randomRule is one that RFC 5545 knows, too.
func randomRule(r *rand.Rand) string {
	text := ""
	switch r.IntN(4) {
	case 0:
		text = "FREQ=DAILY"
	case 1:
		text = "FREQ=WEEKLY;BYDAY=" + some(r, "MO", "TU", "WE", "TH", "FR", "SA", "SU")
	case 2:
		text = "FREQ=MONTHLY;BYMONTHDAY=" + some(r, "1", "15", "28", "29", "30", "31", "-1")
	case 3:
		text = "FREQ=MONTHLY;BYDAY=" + some(r, "1MO", "2TU", "5FR", "-1FR", "4SU", "3WE", "5MO")
	}
	text += fmt.Sprintf(";INTERVAL=%d", 1+r.IntN(3))
	if r.IntN(2) == 0 {
		return text + fmt.Sprintf(";COUNT=%d", 1+r.IntN(12))
	}
	return text + fmt.Sprintf(";UNTIL=2027%02d%02d", 1+r.IntN(12), 1+r.IntN(28))
}

func TestAnotherLibraryGivesTheSameDays(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		text := randomRule(r)
		first := time.Date(2026, time.Month(1+r.IntN(12)), 1+r.IntN(28), 0, 0, 0, 0, time.UTC)
		other, err := rrule.StrToROption(text)
		if err != nil {
			t.Fatal(err)
		}
		other.Dtstart = first
		foreign, err := rrule.NewRRule(*other)
		if err != nil {
			t.Fatal(err)
		}
		var want []equipment.Day
		for _, at := range foreign.All() {
			want = append(want, equipment.Day(at.Format(time.DateOnly)))
		}
		rule, err := recurrence.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := recurrence.Expand(rule, equipment.Day(first.Format(time.DateOnly)), nil, 1000)
		if len(want) == 0 {
			wantCode(t, err, "series_empty")
			continue
		}
		if last := want[len(want)-1]; last > equipment.Day(first.AddDate(10, 0, 0).Format(time.DateOnly)) {
			wantCode(t, err, "series_too_long") // the other one goes on; a school plans no further
			continue
		}
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("seed %d: %s from %s gives\n%v, want\n%v: %v", seed, text, first.Format(time.DateOnly), got, want, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10", "RRULE:FREQ=DAILY;INTERVAL=3;UNTIL=20261231", "FREQ=MONTHLY;BYMONTHDAY=31,-1;COUNT=3",
		"FREQ=MONTHLY;BYDAY=5FR,-1MO", "FREQ=WEEKLY;X-LABTIDE-WEEKS=ODD;X-LABTIDE-TEACHING-WEEKS=1-8,10", "FREQ=YEARLY", ";;=",
	} {
		f.Add(text, "2026-11-23")
	}
	f.Fuzz(func(t *testing.T, text, first string) {
		rule, err := recurrence.Parse(text)
		if err != nil {
			return
		}
		again, err := recurrence.Parse(rule.String())
		if err != nil || again != rule {
			t.Fatalf("%q is written %q, which is read as %q: %v", text, rule, again, err)
		}
		days, err := recurrence.Expand(rule, equipment.Day(first), autumn(), 0)
		if len(days) > recurrence.DefaultLimit || (err == nil) != (len(days) > 0) || !slices.IsSorted(days) {
			t.Fatalf("%s from %q: %d days, %v", rule, first, len(days), err)
		}
	})
}
