package calendar

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// locationZone is a zone that Go knows.
type locationZone struct{ loc *time.Location }

func (z locationZone) instant(wall time.Time) time.Time {
	day := equipment.Day(wall.Format(time.DateOnly))
	minute := wall.Hour()*60 + wall.Minute()
	return day.Clock(minute, z.loc).Add(time.Duration(wall.Second()) * time.Second)
}

// embeddedZone is one that the file describes by a VTIMEZONE.
type embeddedZone struct {
	before int // seconds east of Greenwich until the first move
	moves  []move
}

// move is an instant at which the clocks change to another offset.
type move struct {
	at     time.Time
	offset int
}

func (z embeddedZone) instant(wall time.Time) time.Time {
	offset, from := z.before, time.Time{}
	for i := 0; ; i++ {
		at := wall.Add(-time.Duration(offset) * time.Second)
		if at.Before(from) {
			return from // the clocks left it out
		}
		if i == len(z.moves) || at.Before(z.moves[i].at) {
			return at
		}
		offset, from = z.moves[i].offset, z.moves[i].at
	}
}

// zoneOf finds the zone of a TZID: by its IANA name, or by the VTIMEZONE in the file. None at all is the zone of the site.
func (f *file) zoneOf(tzid string) (zone, *fault.Error) {
	tzid = strings.TrimSpace(tzid)
	if tzid == "" {
		return locationZone{f.loc}, nil
	}
	if known, ok := f.zones[tzid]; ok {
		if known == nil {
			return nil, unknownZone(tzid)
		}
		return known, nil
	}
	found := f.findZone(tzid)
	f.zones[tzid] = found
	if found == nil {
		return nil, unknownZone(tzid)
	}
	return found, nil
}

func unknownZone(tzid string) *fault.Error {
	return fault.Invalid("calendar_zone_unknown", "the time zone %.60q is none of IANA's, and the file has no VTIMEZONE for it; export it with its time zones", tzid)
}

func (f *file) findZone(tzid string) zone {
	// "Local" is the server's, which is nobody's business.
	if tzid != "Local" {
		if loc, err := time.LoadLocation(tzid); err == nil {
			return locationZone{loc}
		}
	}
	for _, part := range f.timezones {
		if part.text("TZID") == tzid && f.embedded < maxZones {
			f.embedded++
			if z, ok := f.embeddedZone(part); ok {
				return z
			}
		}
	}
	return nil
}

// What a file's own zones may cost.
const (
	maxZones = 50
	maxMoves = 2_000
)

func (f *file) embeddedZone(part *component) (zone, bool) {
	type observance struct {
		onset    time.Time // by the clocks before it
		from, to int
	}
	var all []observance
	for _, sub := range part.parts {
		if sub.name != "STANDARD" && sub.name != "DAYLIGHT" {
			continue
		}
		from, okFrom := parseOffset(sub.text("TZOFFSETFROM"))
		to, okTo := parseOffset(sub.text("TZOFFSETTO"))
		onsets, ok := f.onsets(sub, from)
		if !ok || !okFrom || !okTo || len(all)+len(onsets) > maxMoves {
			return nil, false
		}
		for _, onset := range onsets {
			all = append(all, observance{onset, from, to})
		}
	}
	if len(all) == 0 {
		return nil, false
	}
	var z embeddedZone
	for _, o := range all {
		z.moves = append(z.moves, move{at: o.onset.Add(-time.Duration(o.from) * time.Second), offset: o.to})
	}
	slices.SortStableFunc(z.moves, func(a, b move) int { return a.at.Compare(b.at) })
	first := all[0]
	for _, o := range all {
		if o.onset.Before(first.onset) {
			first = o
		}
	}
	z.before = first.from
	return z, true
}

// onsets gives what the clocks showed at each onset of an observance, up to the end of the window.
func (f *file) onsets(sub *component, offset int) ([]time.Time, bool) {
	start, ok := sub.get("DTSTART")
	first, err := time.Parse(localFormat, strings.TrimSpace(start.value))
	if !ok || err != nil {
		return nil, false
	}
	onsets := []time.Time{first}
	for _, p := range sub.properties {
		switch p.name {
		case "RDATE":
			for text := range strings.SplitSeq(p.value, ",") {
				if at, err := time.Parse(localFormat, strings.TrimSpace(text)); err == nil {
					onsets = append(onsets, at)
				}
			}
		case "RRULE":
			rule, refused := parseRule(p.value)
			if refused != nil {
				return nil, false
			}
			fixed := locationZone{time.FixedZone("", offset)}
			more, refused := f.follow(rule, moment{wall: first, zone: fixed})
			if refused != nil || f.broken != nil {
				return nil, false
			}
			for _, at := range more {
				if !slices.ContainsFunc(onsets, at.Equal) {
					onsets = append(onsets, at)
				}
			}
		}
	}
	return onsets, true
}

// parseOffset reads +0800 or -093015 as seconds.
func parseOffset(text string) (int, bool) {
	if len(text) != 5 && len(text) != 7 || text[0] != '+' && text[0] != '-' {
		return 0, false
	}
	n, err := strconv.ParseUint(text[1:], 10, 32)
	if err != nil {
		return 0, false
	}
	if len(text) == 5 {
		n *= 100
	}
	seconds := int(n/10000*3600 + n/100%100*60 + n%100)
	if seconds > 24*3600 {
		return 0, false
	}
	if text[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}
