package calendar

import (
	"fmt"
	"slices"
	"time"

	ics "github.com/arran4/golang-ical"
)

// timezone gives the VTIMEZONE of the zone: one STANDARD or DAYLIGHT for each stretch of time between two moves of the clocks
// in which an event starts or ends. Stretches without any are left out: they could only matter for times that are not there.
func timezone(loc *time.Location, events []Event) *ics.VTimezone {
	onsets := map[time.Time]time.Time{} // the start of the stretch, and an instant in it
	for _, event := range events {
		for _, at := range []time.Time{event.Starts.In(loc), event.Ends.In(loc)} {
			from, _ := at.ZoneBounds()
			onsets[from.UTC()] = at
		}
	}
	if len(onsets) == 0 {
		return nil
	}
	starts := make([]time.Time, 0, len(onsets))
	for from := range onsets {
		starts = append(starts, from)
	}
	slices.SortFunc(starts, time.Time.Compare)
	zone := ics.NewTimezone(loc.String())
	for _, from := range starts {
		zone.Components = append(zone.Components, observance(loc, from, onsets[from]))
	}
	return zone
}

// observance describes the stretch that starts at from, zero when it has no start.
func observance(loc *time.Location, from, within time.Time) ics.Component {
	name, offset := within.Zone()
	before, onset := offset, "16010101T000000"
	if !from.IsZero() {
		_, before = from.Add(-1).In(loc).Zone()
		// The onset is what the clocks showed had they not moved.
		onset = from.Add(time.Duration(before) * time.Second).UTC().Format(localFormat)
	}
	var base ics.ComponentBase
	base.AddProperty(ics.ComponentPropertyDtStart, onset)
	base.AddProperty(ics.ComponentProperty(ics.PropertyTzoffsetfrom), utcOffset(before))
	base.AddProperty(ics.ComponentProperty(ics.PropertyTzoffsetto), utcOffset(offset))
	base.AddProperty(ics.ComponentProperty(ics.PropertyTzname), name)
	if within.IsDST() {
		return &ics.Daylight{ComponentBase: base}
	}
	return &ics.Standard{ComponentBase: base}
}

// utcOffset writes seconds east of Greenwich as +0800, with the seconds where a zone of old has them.
func utcOffset(seconds int) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	text := fmt.Sprintf("%c%02d%02d", sign, seconds/3600, seconds/60%60)
	if seconds%60 != 0 {
		text += fmt.Sprintf("%02d", seconds%60)
	}
	return text
}
