package ledger_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/labtide/labtide/server/ledger"
)

// noise marks each minute with the chance of one in n.
func noise(random *rand.Rand, n int) (b ledger.Bits) {
	for m := range ledger.Minutes {
		if random.IntN(n) == 0 {
			b.Set(m)
		}
	}
	return b
}

func TestARangeMarksExactlyItsMinutes(t *testing.T) {
	edges := []int{0, 1, 62, 63, 64, 65, 127, 128, 719, 720, 1407, 1408, 1438, 1439, 1440}
	for _, first := range edges {
		for _, end := range edges {
			var b ledger.Bits
			b.SetRange(first, end)
			for m := range ledger.Minutes {
				if b.Has(m) != (m >= first && m < end) {
					t.Fatalf("range [%d, %d): minute %d is %v", first, end, m, b.Has(m))
				}
			}
			if want := max(end-first, 0); b.Count() != want {
				t.Fatalf("range [%d, %d) has %d minutes, want %d", first, end, b.Count(), want)
			}
			if b[ledger.Words-1]>>(ledger.Minutes%64) != 0 {
				t.Fatalf("range [%d, %d) marks bits above the day", first, end)
			}
		}
	}
}

func TestTheAlgebraIsThatOfMinutes(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		a, b := noise(random, 2), noise(random, 3)
		or, and, not := a, a, a
		or.Or(&b)
		and.And(&b)
		not.AndNot(&b)
		count := 0
		for m := range ledger.Minutes {
			x, y := a.Has(m), b.Has(m)
			if or.Has(m) != (x || y) || and.Has(m) != (x && y) || not.Has(m) != (x && !y) {
				t.Fatalf("minute %d of %v and %v: or %v, and %v, and not %v", m, x, y, or.Has(m), and.Has(m), not.Has(m))
			}
			if x {
				count++
			}
		}
		if a.Count() != count {
			t.Fatalf("Count is %d, want %d", a.Count(), count)
		}
	}
}

func TestRunsAreTheStretchesOfMarkedMinutes(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	full := ledger.Bits{}
	full.SetRange(0, ledger.Minutes)
	for _, b := range []ledger.Bits{{}, full, noise(random, 2), noise(random, 40), noise(random, 1)} {
		var again ledger.Bits
		last := -1
		b.Runs(func(first, end int) {
			if first <= last || end <= first {
				t.Errorf("run [%d, %d) follows one that ends at %d", first, end, last)
			}
			last = end
			again.SetRange(first, end)
		})
		if again != b {
			t.Errorf("runs of %x make %x", b, again)
		}
	}
}

func TestAMinuteLiesWhereItsFirstInstantLies(t *testing.T) {
	day := ledger.DayOf(time.Date(2026, 5, 27, 0, 0, 0, 0, time.UTC))
	at := func(text string) time.Time {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, c := range []struct {
		from, until string
		first, end  int
	}{
		{"2026-05-27T08:00:00Z", "2026-05-27T09:00:00Z", 480, 540},
		{"2026-05-27T08:00:01Z", "2026-05-27T09:00:01Z", 481, 541},
		{"2026-05-27T08:00:00.001Z", "2026-05-27T08:01:00Z", 481, 481},
		{"2026-05-26T23:59:30Z", "2026-05-27T00:00:30Z", 0, 1},
		{"2026-05-26T08:00:00Z", "2026-05-28T09:00:00Z", 0, 1440},
		{"2026-05-26T08:00:00Z", "2026-05-26T09:00:00Z", 0, 0},
		{"2026-05-28T00:00:00Z", "2026-05-28T09:00:00Z", 1440, 1440},
		{"2026-05-27T09:00:00Z", "2026-05-27T08:00:00Z", 540, 540},
	} {
		if first, end := day.MinutesWithin(at(c.from), at(c.until)); first != c.first || end != c.end {
			t.Errorf("[%s, %s) is minutes [%d, %d), want [%d, %d)", c.from, c.until, first, end, c.first, c.end)
		}
	}
	if first, end := day.MinutesWithin(at("2026-05-27T08:00:00Z"), time.Time{}); first != 480 || end != 1440 {
		t.Errorf("without end it is [%d, %d)", first, end)
	}
}

func TestDaysAreThoseThatASpanTouches(t *testing.T) {
	midnight := time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		from, until time.Duration
		first, end  ledger.Day
	}{
		{0, time.Hour, -1, 0},
		{0, 24 * time.Hour, -1, 0},
		{0, 24*time.Hour + 1, -1, 1},
		{30 * time.Hour, 30 * time.Hour, 0, 0},
		{47 * time.Hour, 49 * time.Hour, 0, 2},
	} {
		if first, end := ledger.Days(midnight.Add(c.from), midnight.Add(c.until)); first != c.first || end != c.end {
			t.Errorf("[%v, %v) touches [%d, %d), want [%d, %d)", c.from, c.until, first, end, c.first, c.end)
		}
	}
}
