package ledger

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// Placements answers where a device stood.
type Placements struct {
	byDevice map[string][]equipment.Placement // in order of From
}

// NewPlacements makes the lookup; the placements may come in any order.
func NewPlacements(all []equipment.Placement) Placements {
	byDevice := make(map[string][]equipment.Placement)
	for _, p := range all {
		byDevice[p.DeviceID] = append(byDevice[p.DeviceID], p)
	}
	for _, of := range byDevice {
		slices.SortFunc(of, func(a, b equipment.Placement) int { return a.From.Compare(b.From) })
	}
	return Placements{byDevice: byDevice}
}

// At gives the station where the device stood at that instant; false when it stood nowhere.
func (p Placements) At(device string, at time.Time) (stationID string, ok bool) {
	of := p.byDevice[device]
	n, _ := slices.BinarySearchFunc(of, at, func(placement equipment.Placement, at time.Time) int {
		if placement.From.After(at) {
			return 1
		}
		return -1
	})
	if n == 0 || !of[n-1].Covers(at) {
		return "", false
	}
	return of[n-1].StationID, true
}

// Devices gives the devices that have placements, in order.
func (p Placements) Devices() []string {
	ids := make([]string, 0, len(p.byDevice))
	for id := range p.byDevice {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Collector turns what devices say about minutes into facts for Store.Or. A minute counts for the station where the
// device stood at its first instant; what stood nowhere is left out.
type Collector struct {
	places Placements
	days   map[stationDay]*StationDay
}

type stationDay struct {
	station string
	day     Day
}

// NewCollector makes an empty one.
func NewCollector(places Placements) *Collector {
	return &Collector{places: places, days: make(map[stationDay]*StationDay)}
}

// Add notes one minute of one device: whether it knew anything, and whether it says that the station was used.
func (c *Collector) Add(device string, minute time.Time, seen, used bool) {
	if !seen {
		return
	}
	station, ok := c.places.At(device, minute)
	if !ok {
		return
	}
	key := stationDay{station, DayOf(minute)}
	d := c.days[key]
	if d == nil {
		d = &StationDay{Station: station, Day: key.day}
		c.days[key] = d
	}
	m := MinuteOf(minute)
	d.Seen.Set(m)
	if used {
		d.Used.Set(m)
	}
}

// Days gives what was collected, ordered by station, then day.
func (c *Collector) Days() []StationDay {
	out := make([]StationDay, 0, len(c.days))
	for _, d := range c.days {
		out = append(out, *d)
	}
	slices.SortFunc(out, func(a, b StationDay) int {
		return cmp.Or(strings.Compare(a.Station, b.Station), cmp.Compare(a.Day, b.Day))
	})
	return out
}
