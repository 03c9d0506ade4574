package booking

import (
	"maps"
	"testing"
	"time"
)

func TestWhoeverTriesAgainWishesOnceAndAPartyForEachSeat(t *testing.T) {
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	wish := func(person string, asked time.Duration, codes ...string) Wanted {
		return Wanted{Unmet: Unmet{
			At: at.Add(asked), PersonID: person, KindID: "plc", StartsAt: at.Add(time.Hour), EndsAt: at.Add(3 * time.Hour), Codes: codes,
		}}
	}
	again := wish("a", time.Minute, CodeQuotaExceeded)
	again.Elsewhere = true
	seats := wish("b", 0, CodeSlotTaken, CodeTooLong)
	seats.Seats = 2
	other := wish("b", 0, CodeSlotTaken)
	other.KindID = "cnc"
	groups, total := Tally([]Wanted{
		wish("a", 0, CodeSlotTaken), again, // tried twice
		seats,
		other,
	}, func(w Wanted) string { return w.KindID })
	if total.Wishes != 4 || total.People != 2 || total.Minutes != 480 || total.Elsewhere != 1 ||
		!maps.Equal(total.Codes, map[string]int{CodeQuotaExceeded: 1, CodeSlotTaken: 3, CodeTooLong: 2}) {
		t.Errorf("the total is %+v", total)
	}
	if plc := groups["plc"]; len(groups) != 2 || plc.Wishes != 3 || plc.People != 2 || plc.Minutes != 360 {
		t.Errorf("the groups are %+v", groups)
	}
}
