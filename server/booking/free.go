package booking

import (
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// Free is time in which the caller may book: everything on the slot grid within it, of a length that the policy allows, would
// be accepted now.
type Free struct {
	StationID string
	From      time.Time
	Until     time.Time
}

// gaps gives the open time of a place within the window that neither an outage nor one of the bookings covers.
func (p *place) gaps(window equipment.Interval, taken []Booking, inTheWay func(Booking) bool) []equipment.Interval {
	if window.Empty() {
		return nil
	}
	var blocked []equipment.Interval
	for _, o := range p.outages {
		blocked = append(blocked, outageSpan(o, window.Until))
	}
	for _, b := range taken {
		if !b.Active() || !inTheWay(b) {
			continue
		}
		span := b.Interval()
		if b.StationID == p.ID {
			// Whoever comes before it needs time for cleaning, too.
			span = equipment.Interval{From: b.StartsAt.Add(-p.policy.buffer()), Until: b.Occupied().Until}
		}
		if span.Overlaps(window) {
			blocked = append(blocked, span)
		}
	}
	out := subtract(p.schedule.Open(p.RoomID, window.From, window.Until), equipment.Merge(blocked))
	for i, gap := range out {
		out[i] = equipment.Interval{From: gap.From.UTC(), Until: gap.Until.UTC()}
	}
	return out
}

// subtract takes the blocked intervals out of the open ones; both are in order and do not overlap among themselves.
func subtract(open, blocked []equipment.Interval) []equipment.Interval {
	var out []equipment.Interval
	for _, o := range open {
		for _, b := range blocked {
			if !b.From.Before(o.Until) {
				break
			}
			if !b.Overlaps(o) {
				continue
			}
			if before := (equipment.Interval{From: o.From, Until: b.From}); !before.Empty() {
				out = append(out, before)
			}
			o.From = b.Until
		}
		if !o.Empty() {
			out = append(out, o)
		}
	}
	return out
}

// free gives the time within the window in which the inquiry's person could book for its purpose: what refusals would accept.
// The inquiry's span does not matter. Lengths below the policy's shortest are rounded up to it.
func (q *inquiry) free(window equipment.Interval, length time.Duration) []equipment.Interval {
	p := q.place
	length = max(length, p.policy.shortest())
	if !p.Bookable || length > p.policy.longest(q.purpose) || classNeedsStaff(q) != nil {
		return nil
	}
	if horizon := p.policy.horizon(q.purpose, q.now, p.loc); window.Until.After(horizon) {
		window.Until = horizon
	}
	running := q.now.Truncate(time.Minute)
	earliest := running
	if notice := p.policy.NoticeMinutes; notice > 0 {
		earliest = q.now.Add(time.Duration(notice) * time.Minute)
	}
	if window.From.Before(earliest) {
		window.From = earliest
	}
	var out []equipment.Interval
	for _, gap := range p.gaps(window, q.taken, q.inTheWay) {
		if !gap.From.Equal(running) {
			gap.From = p.ceil(gap.From)
		}
		gap.Until = p.floor(gap.Until)
		if gap.Until.Sub(gap.From) >= length {
			out = append(out, gap)
		}
	}
	return out
}

// inTheWay reports whether a booking keeps the inquiry's person off the place: because it has the station, or the person.
func (q *inquiry) inTheWay(b Booking) bool {
	if q.is(b) {
		return false
	}
	if b.StationID == q.place.ID {
		return true
	}
	return !q.place.policy.ManyStations && q.purpose != PurposeClass && b.seats(q.personID)
}

// around is how far from a wish the gap is looked at that it would be cut out of.
const around = 24 * time.Hour

// tightest orders stations that would all accept the span by how little they lose: the shortest gap around it first, so long
// gaps stay whole for those who need them.
func tightest(places []*place, taken []Booking, span equipment.Interval) []*place {
	window := equipment.Interval{From: span.From.Add(-around), Until: span.Until.Add(around)}
	size := func(p *place) time.Duration {
		for _, gap := range p.gaps(window, taken, func(b Booking) bool { return b.StationID == p.ID }) {
			if gap.Contains(span) {
				return gap.Until.Sub(gap.From)
			}
		}
		return 2*around + span.Until.Sub(span.From) // only by an override of the opening hours
	}
	sizes := make(map[*place]time.Duration, len(places))
	for _, p := range places {
		sizes[p] = size(p)
	}
	sorted := slices.Clone(places)
	slices.SortStableFunc(sorted, func(a, b *place) int {
		if sizes[a] != sizes[b] {
			return int((sizes[a] - sizes[b]) / time.Second)
		}
		return strings.Compare(a.Code, b.Code)
	})
	return sorted
}
