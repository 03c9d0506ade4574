package httpapi

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
)

func TestPagesOfWhatIsFreeGiveAllOfItInOrder(t *testing.T) {
	begun := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	var all []booking.Free
	for n := range 500 { // many start at the same time
		all = append(all, booking.Free{StationID: fmt.Sprintf("s%03d", n), From: begun.Add(time.Duration(rand.N(40)) * time.Hour)}) //nolint:gosec // chance
	}
	order := func(a, b booking.Free) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.StationID, b.StationID))
	}
	var got []booking.Free
	var params GetAvailabilityParams
	params.Limit = new(Limit(7))
	for {
		page, next, err := availabilityPage(slices.Clone(all), order, params)
		if err != nil || len(page) > 7 {
			t.Fatal(len(page), err)
		}
		got = append(got, page...)
		if next == nil {
			break
		}
		params.Cursor = next
	}
	if slices.SortFunc(all, order); !slices.Equal(got, all) {
		t.Errorf("%d of %d, or in another order", len(got), len(all))
	}
}
