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
// The inquiry's span does not matter. Lengths below the policy's shortest are rounded up to it. Time that is free only because
// a rule does not hold off-peak is an interval of its own.
func (q *inquiry) free(window equipment.Interval, length time.Duration) []equipment.Interval {
	out := q.freeBy(window, length)
	if q.place.offPeak == nil || len(q.place.policy.OffPeakWaives) == 0 {
		return out
	}
	relaxed := *q
	relaxed.relaxed = true
	var more []equipment.Interval
	for _, hours := range q.place.offPeak.Open("", window.From, window.Until) {
		for _, gap := range subtract(relaxed.freeBy(hours, length), out) {
			if gap = relaxed.aligned(gap); gap.Until.Sub(gap.From) >= relaxed.least(length) {
				more = append(more, gap)
			}
		}
	}
	out = append(out, more...)
	slices.SortFunc(out, func(a, b equipment.Interval) int { return a.From.Compare(b.From) })
	return out
}

// freeBy is free where each rule holds, or for a relaxed inquiry each that is not waived off-peak.
func (q *inquiry) freeBy(window equipment.Interval, length time.Duration) []equipment.Interval {
	p := q.place
	length = q.least(length)
	if !p.Bookable || classNeedsStaff(q) != nil || (q.holds(CodeTooLong) && length > p.policy.longest(q.purpose)) || q.unwelcome() {
		return nil
	}
	window, blocked := q.bounds(window)
	if window.Empty() {
		return nil
	}
	blocked = append(blocked, q.taking()...)
	if q.holds(CodeQuotaExceeded) {
		blocked = append(blocked, q.exhausted(window, p.round(length))...)
	}
	gaps := p.gaps(window, q.apart(window), blocked)
	out := gaps[:0]
	for _, gap := range gaps {
		if gap = q.aligned(gap); gap.Until.Sub(gap.From) >= length {
			out = append(out, gap)
		}
	}
	return out
}

// apart takes what is busy out of what is open; nil where a search has read neither.
func (q *inquiry) apart(window equipment.Interval) []equipment.Interval {
	open := q.open
	if !q.holds(CodeOutsideOpeningTime) {
		open = []equipment.Interval{window}
	}
	if len(q.busy) == 0 || open == nil {
		return open
	}
	kept := make([]equipment.Interval, len(q.busy))
	for i, span := range q.busy {
		kept[i] = q.place.kept(span)
	}
	left := subtract(open, equipment.Merge(kept))
	if left == nil {
		left = []equipment.Interval{} // closed, and not unknown
	}
	return left
}

// holds reports whether a rule has a say: all but those that are waived, to a relaxed inquiry.
func (q *inquiry) holds(code string) bool { return !q.relaxed || !q.place.waives(code) }

// least gives the length that a booking must have.
func (q *inquiry) least(length time.Duration) time.Duration {
	if !q.holds(CodeTooShort) {
		return max(length, time.Minute)
	}
	return max(length, q.place.policy.shortest())
}

// unwelcome reports whether something about the person speaks against any booking there.
func (q *inquiry) unwelcome() bool {
	return (q.holds(CodeSuspended) && suspended(q) != nil) || (q.holds(CodeCompanionSuspended) && companionSuspended(q) != nil) || (q.holds(CodeQualificationMissing) && qualificationMissing(q) != nil) ||
		(q.holds(CodeBuddyNeeded) && len(q.companions) > 0 && buddyNeeded(q) != nil)
}

// bounds cuts the window to the time that may be booked now, and gives what of it may not.
func (q *inquiry) bounds(window equipment.Interval) (within equipment.Interval, blocked []equipment.Interval) {
	p := q.place
	window.From = later(window.From, q.now.Truncate(time.Minute))
	if notice := p.policy.NoticeMinutes; notice > 0 && q.holds(CodeTooLittleNotice) {
		window.From = later(window.From, q.now.Add(minutes(notice)))
	}
	if everybody, team := q.horizon(); q.holds(CodeTooFarAhead) && window.Until.After(everybody) {
		blocked = subtract([]equipment.Interval{{From: everybody, Until: window.Until}}, team)
	}
	if all, needed := q.qualifications(); needed && len(all) > 0 && q.holds(CodeQualificationExpired) {
		if until := p.policy.qualifiedUntil(all); !until.IsZero() && until.Before(window.Until) {
			window.Until = until
		}
	}
	if q.holds(CodeKeptForTeams) {
		for _, c := range p.seasons {
			blocked = append(blocked, q.kept(c, window)...)
		}
	}
	return window, blocked
}

// aligned cuts a gap to where bookings may start and end. One may start in the minute that runs.
func (q *inquiry) aligned(gap equipment.Interval) equipment.Interval {
	code := CodeOffGrid
	if len(q.place.policy.Periods) > 0 {
		code = CodeOffPeriods
	}
	if !q.holds(code) {
		return gap
	}
	if !gap.From.Equal(q.now.Truncate(time.Minute)) {
		gap.From = q.place.ceil(gap.From)
	}
	gap.Until = q.place.floor(gap.Until)
	return gap
}

// taking gives what of the bookings that were read keeps the inquiry's people off the place. Of the place's own, whoever comes
// before needs time for cleaning, too.
func (q *inquiry) taking() []equipment.Interval {
	if q.sat == nil || q.relaxed || q.sat.at[q.place.ID] {
		return q.take()
	}
	key := sitting{siteID: q.place.SiteID, travel: q.place.policy.TravelMinutes, many: q.place.policy.ManyStations}
	spans, known := q.sat.elsewhere[key]
	if !known {
		spans = q.take()
		q.sat.elsewhere[key] = spans
	}
	return spans
}

// sittings remembers what taking gives where none of what was read is on the place itself: it differs by little.
type sittings struct {
	at        map[string]bool // the stations of what was read
	elsewhere map[sitting][]equipment.Interval
}

// sitting is what taking looks at of such a place.
type sitting struct {
	siteID string
	travel int
	many   bool
}

func sittingsOf(taken []Booking) *sittings {
	s := &sittings{at: map[string]bool{}, elsewhere: map[sitting][]equipment.Interval{}}
	for _, b := range taken {
		s.at[b.StationID] = true
	}
	return s
}

func (q *inquiry) take() []equipment.Interval {
	var out []equipment.Interval
	people := q.people()
	for _, b := range q.taken {
		switch {
		case !b.Active() || q.is(b):
		case b.StationID == q.place.ID:
			out = append(out, q.place.kept(b.Occupied()))
		case q.place.policy.ManyStations || q.purpose == PurposeClass || q.together(b):
		case slices.ContainsFunc(people, b.seats):
			span, code := b.Interval(), CodePersonBusy
			if !b.seats(q.personID) {
				code = CodeCompanionBusy
			}
			if !q.holds(code) {
				span = equipment.Interval{}
			}
			if way := q.travel(b); way > 0 && q.holds(CodeTravelTime) {
				span = widened(b.Interval(), way)
			}
			out = append(out, span)
		}
	}
	return out
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
