package calendar

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/labtide/labtide/server/fault"
)

func itoa(n int) string { return strconv.Itoa(n) }

// moment is a DATE-TIME as written: what the clocks show, as if they were in UTC, and the zone that they are in.
type moment struct {
	wall time.Time
	zone zone
	day  bool // a DATE, without a time
}

func (m moment) instant() time.Time { return m.zone.instant(m.wall) }

// zone turns what the clocks show into an instant. A time that they leave out is the instant at which they move; of one that
// they show twice it is the first.
type zone interface {
	instant(wall time.Time) time.Time
}

// moments reads the values of DTSTART and its like; RDATE and EXDATE have several.
func (f *file) moments(p property) ([]moment, *fault.Error) {
	if p.fault != nil {
		return nil, p.fault
	}
	var out []moment
	for text := range strings.SplitSeq(p.value, ",") {
		m, err := f.moment(p, strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

func (f *file) moment(p property, text string) (moment, *fault.Error) {
	bad := fault.Invalid("calendar_time_invalid", "%s says %.40q, which is no time such as 20261123T080000", p.name, text)
	if utc, isUTC := strings.CutSuffix(text, "Z"); isUTC {
		wall, err := wallTime(utc)
		if err != nil {
			return moment{}, bad
		}
		return moment{wall: wall, zone: locationZone{time.UTC}}, nil
	}
	in, unknown := f.zoneOf(p.param("TZID"))
	if unknown != nil {
		return moment{}, unknown
	}
	if len(text) == len("20060102") {
		wall, err := time.Parse("20060102", text)
		if err != nil {
			return moment{}, bad
		}
		return moment{wall: wall, zone: in, day: true}, nil
	}
	wall, err := wallTime(text)
	if err != nil {
		return moment{}, bad
	}
	return moment{wall: wall, zone: in}, nil
}

// wallTime reads 20261123T080000.
func wallTime(text string) (time.Time, error) { return time.Parse(localFormat, text) }

// sane keeps to years in which a timetable may start: rules are followed from their first day on, step by step.
func sane(at time.Time) bool { return at.Year() >= 1970 && at.Year() < 2200 }

// length is a DURATION: days by the calendar, and the rest by instants.
type length struct {
	days int
	rest time.Duration
}

// durationText is RFC 5545's dur-value; weeks stand alone there, but not everywhere.
const durationText = `^\+?P(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?$`

func parseLength(text string) (length, bool) {
	parts := regexp.MustCompile(durationText).FindStringSubmatch(strings.ToUpper(strings.TrimSpace(text)))
	if parts == nil {
		return length{}, false
	}
	var n [6]int
	for i := 1; i < len(parts); i++ {
		n[i], _ = strconv.Atoi(parts[i]) // nothing is 0
	}
	return length{
		days: 7*n[1] + n[2],
		rest: time.Duration(n[3])*time.Hour + time.Duration(n[4])*time.Minute + time.Duration(n[5])*time.Second,
	}, true
}

// after gives the instant that lies the length after a moment.
func (l length) after(m moment) time.Time {
	return m.zone.instant(m.wall.AddDate(0, 0, l.days)).Add(l.rest)
}
