package ledger_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/labtide/labtide/server/ledger"
)

func TestEachLabelByHand(t *testing.T) {
	// One minute for each combination that matters: o open, d down, s seen, u used, b booked, c class.
	for facts, want := range map[string]ledger.Label{
		"":       ledger.LabelClosed,
		"su":     ledger.LabelClosed,
		"dsub":   ledger.LabelClosed,
		"od":     ledger.LabelDown,
		"odsub":  ledger.LabelDown,
		"o":      ledger.LabelUnknown,
		"ob":     ledger.LabelUnknown,
		"oc":     ledger.LabelUnknown,
		"ou":     ledger.LabelUnknown, // used without seen says nothing
		"osub":   ledger.LabelBookedUsed,
		"osuc":   ledger.LabelBookedUsed,
		"osb":    ledger.LabelBookedIdle,
		"osbc":   ledger.LabelBookedIdle,
		"osc":    ledger.LabelBlockedIdle,
		"osu":    ledger.LabelWalkIn,
		"os":     ledger.LabelFree,
		"osubc":  ledger.LabelBookedUsed,
		"odsubc": ledger.LabelDown,
	} {
		var f ledger.Facts
		sets := map[rune]*ledger.Bits{'o': &f.Open, 'd': &f.Down, 's': &f.Seen, 'u': &f.Used, 'b': &f.Booked, 'c': &f.Blocked}
		for _, letter := range facts {
			sets[letter].Set(700)
		}
		if got := f.Label(700); got != want {
			t.Errorf("%q is %s, want %s", facts, got, want)
		}
		var within ledger.Bits
		within.Set(700)
		var c ledger.Counts
		c.Count(&f, &within)
		if c.Of(want) != 1 || c.Total() != 1 {
			t.Errorf("%q counts as %+v, want one %s", facts, c, want)
		}
	}
}

func randomFacts(random *rand.Rand) ledger.Facts {
	return ledger.Facts{
		Seen: noise(random, 1+random.IntN(4)), Used: noise(random, 1+random.IntN(4)), Open: noise(random, 1+random.IntN(4)),
		Down: noise(random, 2+random.IntN(9)), Booked: noise(random, 1+random.IntN(4)), Blocked: noise(random, 2+random.IntN(9)),
	}
}

func TestTheLabelsOfAnyDayAddUp(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		f, within := randomFacts(random), noise(random, 1+random.IntN(3))
		var got ledger.Counts
		got.Count(&f, &within)
		if got.Total() != int64(within.Count()) {
			t.Fatalf("labels add up to %d minutes of %d", got.Total(), within.Count())
		}
		open := f.Open
		open.And(&within)
		if got.Open() != int64(open.Count()) {
			t.Fatalf("labels but closed add up to %d minutes of %d open ones", got.Open(), open.Count())
		}
		want := map[ledger.Label]int64{}
		after := int64(0)
		for m := range ledger.Minutes {
			if !within.Has(m) {
				continue
			}
			want[f.Label(m)]++
			if !f.Open.Has(m) && f.Seen.Has(m) && f.Used.Has(m) {
				after++
			}
		}
		for _, label := range ledger.Labels() {
			if got.Of(label) != want[label] {
				t.Fatalf("%s: %d minutes by words, %d by minutes", label, got.Of(label), want[label])
			}
		}
		if got.AfterHours != after {
			t.Fatalf("after hours: %d minutes by words, %d by minutes", got.AfterHours, after)
		}
	}
}

func TestRunsTileTheirSpan(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	const day ledger.Day = 20600
	one, two := randomFacts(random), randomFacts(random)
	runs := one.AppendRuns(nil, day, 900, ledger.Minutes)
	runs = two.AppendRuns(runs, day+1, 0, 901)
	at := day.Start().Add(900 * time.Minute)
	for i, r := range runs {
		if !r.StartsAt.Equal(at) || !r.EndsAt.After(r.StartsAt) {
			t.Fatalf("run %d is %v … %v, want a start at %v", i, r.StartsAt, r.EndsAt, at)
		}
		if i > 0 && runs[i-1].Label == r.Label {
			t.Fatalf("runs %d and %d are both %s", i-1, i, r.Label)
		}
		for m := r.StartsAt; m.Before(r.EndsAt); m = m.Add(time.Minute) {
			f := &one
			if ledger.DayOf(m) == day+1 {
				f = &two
			}
			if got := f.Label(ledger.MinuteOf(m)); got != r.Label {
				t.Fatalf("minute %v is %s, the run says %s", m, got, r.Label)
			}
		}
		at = r.EndsAt
	}
	if want := (day + 1).Start().Add(901 * time.Minute); !at.Equal(want) {
		t.Errorf("runs end at %v, want %v", at, want)
	}
}

func BenchmarkCountADay(b *testing.B) {
	f := randomFacts(rand.New(rand.NewPCG(11, 12)))
	var within ledger.Bits
	within.SetRange(0, ledger.Minutes)
	var c ledger.Counts
	for b.Loop() {
		c.Count(&f, &within)
	}
}
