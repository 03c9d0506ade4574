package ingest

import (
	"cmp"
	"slices"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/ledger"
	"github.com/labtide/labtide/server/telemetry"
)

// placed gives the station where a device stood at that minute; placements are of one device, in order.
func placed(placements []equipment.Placement, minute time.Time) (station string, ok bool) {
	for n := len(placements) - 1; n >= 0; n-- {
		if placements[n].Covers(minute) {
			return placements[n].StationID, true
		}
	}
	return "", false
}

// collect turns samples into the facts of the stations where their devices stood, ordered by station and day, so that
// two servers lock rows in the same order. It gives the stations as well, each once.
func collect(samples []telemetry.Sample, placements map[string][]equipment.Placement) (days []ledger.StationDay, stations []string) {
	type key struct {
		station string
		day     ledger.Day
	}
	at := map[key]int{}
	for _, s := range samples {
		station, ok := placed(placements[s.Device], s.Minute)
		if !ok || !s.Seen() {
			continue
		}
		k := key{station, ledger.DayOf(s.Minute)}
		n, ok := at[k]
		if !ok {
			n = len(days)
			at[k] = n
			days = append(days, ledger.StationDay{Station: station, Day: k.day})
		}
		minute := ledger.MinuteOf(s.Minute)
		days[n].Seen.Set(minute)
		if s.Used() {
			days[n].Used.Set(minute)
		}
	}
	slices.SortFunc(days, func(a, b ledger.StationDay) int {
		return cmp.Or(cmp.Compare(a.Station, b.Station), cmp.Compare(a.Day, b.Day))
	})
	for _, d := range days {
		if len(stations) == 0 || stations[len(stations)-1] != d.Station {
			stations = append(stations, d.Station)
		}
	}
	return days, stations
}
