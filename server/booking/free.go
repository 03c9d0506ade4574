package booking

import (
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// Free is time in which the caller may book: everything on the slot grid within it, of a length that the policy allows and up
// to Longest, would be accepted now.
type Free struct {
	StationID string
	From      time.Time
	Until     time.Time
	Longest   time.Duration // less than the policy's where a quota leaves no more
}

// gaps gives the open time of a place within the window that neither an outage nor anything blocked covers.
func (p *place) gaps(window equipment.Interval, open, blocked []equipment.Interval) []equipment.Interval {
	if window.Empty() {
		return nil
	}
	if open == nil {
		open = p.schedule.Open(p.RoomID, window.From, window.Until)
	}
	for _, o := range p.outages {
		blocked = append(blocked, outageSpan(o, window.Until))
	}
	out := subtract(open, equipment.Merge(blocked))
	clipped := out[:0]
	for _, gap := range out {
		gap.From, gap.Until = later(gap.From.UTC(), window.From.UTC()), gap.Until.UTC()
		if gap.Until.After(window.Until) {
			gap.Until = window.Until.UTC()
		}
		if !gap.Empty() {
			clipped = append(clipped, gap)
		}
	}
	return clipped
}

// blocked gives what of the bookings keeps somebody off the place. Of the place's own, whoever comes before needs time for
// cleaning, too.
func (p *place) blocked(taken []Booking, inTheWay func(Booking) bool) []equipment.Interval {
	var out []equipment.Interval
	for _, b := range taken {
		switch {
		case !b.Active() || !inTheWay(b):
		case b.StationID == p.ID:
			out = append(out, p.kept(b.Occupied()))
		default:
			out = append(out, b.Interval())
		}
	}
	return out
}

// kept widens what others keep by the buffer that whoever comes before them needs.
func (p *place) kept(span equipment.Interval) equipment.Interval {
	return equipment.Interval{From: span.From.Add(-p.policy.buffer()), Until: span.Until}
}

// subtract takes the blocked intervals out of the open ones; both are in order and do not overlap among themselves.
func subtract(open, blocked []equipment.Interval) []equipment.Interval {
	out := make([]equipment.Interval, 0, len(open)+len(blocked))
	for _, o := range open {
		for len(blocked) > 0 && !blocked[0].Until.After(o.From) {
			blocked = blocked[1:]
		}
		for _, b := range blocked {
			if !b.From.Before(o.Until) {
				break
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
	blocked := append(p.blocked(q.taken, q.inTheWay), q.exhausted(window, length)...)
	gaps := p.gaps(window, q.apart(), blocked)
	out := gaps[:0]
	for _, gap := range gaps {
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

// apart takes what is busy out of what is open; nil where a search has read neither.
func (q *inquiry) apart() []equipment.Interval {
	if len(q.busy) == 0 || q.open == nil {
		return q.open
	}
	kept := make([]equipment.Interval, len(q.busy))
	for i, span := range q.busy {
		kept[i] = q.place.kept(span)
	}
	left := subtract(q.open, equipment.Merge(kept))
	if left == nil {
		left = []equipment.Interval{} // closed, and not unknown
	}
	return left
}

// inTheWay reports whether a booking keeps the inquiry's person off the place: because it has the station, or the person.
func (q *inquiry) inTheWay(b Booking) bool {
	if q.is(b) || (b.StationID != q.place.ID && q.together(b)) {
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
	sizes := make(map[*place]time.Duration, len(places))
	for _, p := range places {
		sizes[p] = p.gapAround(taken, span)
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

// gapAround gives the length of the gap that the span would be cut out of, as far as a day around.
func (p *place) gapAround(taken []Booking, span equipment.Interval) time.Duration {
	window := equipment.Interval{From: span.From.Add(-around), Until: span.Until.Add(around)}
	for _, gap := range p.gaps(window, nil, p.blocked(taken, func(b Booking) bool { return b.StationID == p.ID })) {
		if gap.Contains(span) {
			return gap.Until.Sub(gap.From)
		}
	}
	return 2*around + span.Until.Sub(span.From) // only by an override of the opening hours
}
