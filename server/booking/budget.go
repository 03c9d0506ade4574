package booking

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// bound is a quota as it holds for the stations of one site: by that site's clock.
type bound struct {
	Quota
	loc   *time.Location
	terms []Term
	hours *equipment.Schedule // when it counts; nil: always
	each  bool                // each booking must be known: of some, only a part counts
}

// longestCounted bounds the length of what is counted: no policy allows more.
const longestCounted = mostOfALimit * time.Minute

// windows gives those that a span touches, in order and whole.
func (x *bound) windows(span equipment.Interval) []equipment.Interval {
	if span.Empty() || span.Until.Sub(span.From) > longestCounted {
		return nil
	}
	if x.Window == WindowTerm {
		return x.termsOf(span)
	}
	var out []equipment.Interval
	for day := x.Window.first(equipment.DayOf(span.From, x.loc)); ; {
		next := x.Window.next(day)
		window := equipment.Interval{From: day.Start(x.loc), Until: next.Start(x.loc)}
		if !window.From.Before(span.Until) {
			return out
		}
		out, day = append(out, window), next
	}
}

// termsOf gives the terms that a span touches. A day that two terms claim belongs to the earlier one.
func (x *bound) termsOf(span equipment.Interval) []equipment.Interval {
	var out []equipment.Interval
	var end time.Time
	for _, t := range x.terms {
		term := equipment.Interval{From: later(t.Starts.Start(x.loc), end), Until: t.Ends.Next().Start(x.loc)}
		if term.Empty() {
			continue
		}
		if end = term.Until; term.Overlaps(span) {
			out = append(out, term)
		}
	}
	return out
}

// first gives the first day of the window that a day lies in.
func (w QuotaWindow) first(day equipment.Day) equipment.Day {
	switch w {
	case WindowWeek:
		return day.Add(-int((day.Weekday() + 6) % 7))
	case WindowMonth:
		return day[:len("2006-01-")] + "01"
	}
	return day
}

// next gives the first day of the window after the one that starts on that day.
func (w QuotaWindow) next(day equipment.Day) equipment.Day {
	switch w {
	case WindowWeek:
		return day.Add(7)
	case WindowMonth:
		return w.first(day.Add(31))
	}
	return day.Next()
}

// charges gives what of a span at a place counts: within the quota's hours, and not off-peak where that waives quotas.
func (x *bound) charges(p *place, span equipment.Interval) []equipment.Interval {
	spans := []equipment.Interval{span}
	if x.hours != nil {
		spans = x.hours.Open("", span.From, span.Until)
	}
	if p.waives(CodeQuotaExceeded) {
		spans = subtract(spans, p.offPeak.Open("", span.From, span.Until))
	}
	return spans
}

func clip(span, window equipment.Interval) equipment.Interval {
	span.From = later(span.From, window.From)
	if span.Until.After(window.Until) {
		span.Until = window.Until
	}
	return span
}

// subject gives whom the quota counts for a proposal; empty: it does not hold.
func (x *bound) subject(pr proposal) string {
	switch {
	case pr.purpose == PurposeClass:
		return ""
	case x.Per == PerTeam:
		return pr.teamID
	case x.Per == PerProgramme:
		return pr.programme
	}
	return pr.personID
}

// seat is one booking in a window: the time that it takes, and what of it counts.
type seat struct {
	span   equipment.Interval
	counts []equipment.Interval
}

// tally is what somebody is charged for in one window of a quota, without the booking that is asked about.
type tally struct {
	window   equipment.Interval
	minutes  time.Duration
	bookings int
	// party are the seats that the person has by the party that is asked about: what comes at the same time costs nothing more.
	party []seat
}

// add counts a booking of no party.
func (t *tally) add(counts []equipment.Interval) {
	for _, span := range counts {
		t.minutes += span.Until.Sub(span.From)
	}
	t.bookings++
}

// with gives what would be charged with that booking, too.
func (t *tally) with(s seat) (time.Duration, int) {
	before, had := together(t.party)
	after, has := together(append(t.party[:len(t.party):len(t.party)], s))
	return t.minutes + after - before, t.bookings + has - had
}

// together gives what the seats of one person and party count: the time that at least one takes, and how many follow each other.
func together(seats []seat) (length time.Duration, bookings int) {
	var counts, spans []equipment.Interval
	for _, s := range seats {
		counts, spans = append(counts, s.counts...), append(spans, s.span)
	}
	for _, span := range equipment.Merge(counts) {
		length += span.Until.Sub(span.From)
	}
	slices.SortFunc(spans, func(a, b equipment.Interval) int { return a.From.Compare(b.From) })
	var end time.Time
	for _, span := range spans {
		if !span.From.Before(end) {
			bookings++
		}
		end = later(end, span.Until)
	}
	return length, bookings
}

// tallyKey names a count: the quota on a site, whom it is about, which window.
type tallyKey struct {
	x       *bound
	subject string
	from    int64
}

// tallies remembers what was counted for one proposal: candidates share it.
type tallies map[tallyKey]*tally

// tally counts what the subject is charged for in a window.
func (q *inquiry) tally(x *bound, subject string, window equipment.Interval) *tally {
	key := tallyKey{x, subject, window.From.Unix()}
	if known := q.counted[key]; known != nil {
		return known
	}
	sum := q.view.Sums[x.budget(subject, window)]
	t := &tally{window: window, minutes: sum.Length, bookings: sum.Bookings}
	parties := map[string][]seat{}
	for _, b := range q.view.Spent {
		if !q.isCharged(x, subject, b, window) {
			continue
		}
		p := q.view.Rules.places[b.StationID]
		if p == nil || !within(x.Scope, x.ScopeID, p.Station) {
			continue
		}
		span := clip(b.Charged(), window)
		counts := x.charges(p, span)
		switch {
		case len(counts) == 0:
		case x.Per != PerPerson || b.PartyID == "":
			t.add(counts)
		default:
			parties[b.PartyID] = append(parties[b.PartyID], seat{span, counts})
		}
	}
	for id, seats := range parties {
		length, bookings := together(seats)
		t.minutes, t.bookings = t.minutes+length, t.bookings+bookings
		if id == q.partyID {
			t.party = seats
		}
	}
	if q.counted != nil {
		q.counted[key] = t
	}
	return t
}

// isCharged reports whether a booking counts for the subject in the window: not the one that changes, no class, no offer that
// has lapsed.
func (q *inquiry) isCharged(x *bound, subject string, b Booking, window equipment.Interval) bool {
	return x.budget(subject, window).Concerns(b) && !q.is(b) && b.Purpose != PurposeClass && !b.Lapsed(q.now)
}

// quotaExceeded says which quotas have too little left.
func quotaExceeded(q *inquiry) []*finding {
	var out []*finding
	for _, x := range q.place.quotas {
		if subject := x.subject(q.proposal); subject != "" {
			if f := q.overspends(x, subject); f != nil {
				out = append(out, f)
			}
		}
	}
	return out
}

// overspends says in which window, the first, the proposal would be charged more than the quota allows.
func (q *inquiry) overspends(x *bound, subject string) *finding {
	if q.span.Until.Sub(q.span.From) > longestCounted {
		return &finding{detail: fmt.Sprintf("this is longer than the quota %q can count", x.Name), limit: x.limit(), actual: span(q.span)}
	}
	for _, window := range x.windows(q.span) {
		s := seat{span: clip(q.span, window)}
		if s.counts = x.charges(q.place, s.span); len(s.counts) == 0 {
			continue
		}
		t := q.tally(x, subject, window)
		if minutes, bookings := t.with(s); !x.allows(minutes, bookings) {
			return &finding{
				detail: fmt.Sprintf("the quota %q allows %s for each %s in a %s; %s %s left", x.Name, x.words(x.most()), x.Per, x.Window,
					q.place.wall(window), x.leaves(t)),
				limit: x.limit(), actual: x.amount(minutes, bookings),
			}
		}
	}
	return nil
}

// exhausted gives the time within a span for which quotas leave less than a length.
func (q *inquiry) exhausted(span equipment.Interval, length time.Duration) []equipment.Interval {
	var out []equipment.Interval
	for _, x := range q.place.quotas {
		subject := x.subject(q.proposal)
		if subject == "" {
			continue
		}
		for _, window := range x.windows(span) {
			if t := q.tally(x, subject, window); !x.allows(t.minutes+length, t.bookings+1) {
				out = append(out, x.charges(q.place, clip(span, window))...)
			}
		}
	}
	return out
}

// longestIn gives the longest booking that quotas allow anywhere within a gap, and the policy.
func (q *inquiry) longestIn(gap equipment.Interval) time.Duration {
	longest := gap.Until.Sub(gap.From)
	if !q.place.waives(CodeTooLong) || !q.isOffPeakAt(gap) {
		longest = min(longest, q.place.policy.longest(q.purpose))
	}
	for _, x := range q.place.quotas {
		subject := x.subject(q.proposal)
		if subject == "" || x.MostMinutes == nil {
			continue
		}
		for _, window := range x.windows(gap) {
			if len(x.charges(q.place, clip(gap, window))) > 0 {
				longest = min(longest, minutes(*x.MostMinutes)-q.tally(x, subject, window).minutes)
			}
		}
	}
	return longest
}

func (x *bound) allows(length time.Duration, bookings int) bool {
	if x.MostBookings != nil {
		return bookings <= *x.MostBookings
	}
	return x.MostMinutes == nil || length <= minutes(*x.MostMinutes)
}

// most gives what the quota allows, in its unit.
func (q Quota) most() int {
	if q.MostBookings != nil {
		return *q.MostBookings
	}
	if q.MostMinutes != nil {
		return *q.MostMinutes
	}
	return 0
}

// limit and amount write what is allowed and what was asked for, as Refusal says.
func (q Quota) limit() string {
	if q.MostBookings != nil {
		return q.amount(0, *q.MostBookings)
	}
	return q.amount(minutes(q.most()), 0)
}

func (q Quota) amount(length time.Duration, bookings int) string {
	if q.MostBookings != nil {
		return strconv.Itoa(bookings) + " bookings"
	}
	return strconv.Itoa(int((length + time.Minute - 1) / time.Minute))
}

// words writes an amount for people.
func (q Quota) words(n int) string {
	switch {
	case q.MostBookings != nil && n == 1:
		return "1 booking"
	case q.MostBookings != nil:
		return fmt.Sprintf("%d bookings", n)
	case n >= 60 && n%60 == 0:
		return fmt.Sprintf("%d h", n/60)
	case n > 60:
		return fmt.Sprintf("%d h %d min", n/60, n%60)
	}
	return fmt.Sprintf("%d min", n)
}

// left gives how much of the quota a tally leaves, in its unit, never less than nothing.
func (q Quota) left(t *tally) int {
	if q.MostBookings != nil {
		return max(0, *q.MostBookings-t.bookings)
	}
	return max(0, q.most()-int((t.minutes+time.Minute-1)/time.Minute))
}

func (q Quota) leaves(t *tally) string {
	left := q.left(t)
	if q.MostBookings != nil && left == 1 {
		return q.words(left) + " is"
	}
	return q.words(left) + " are"
}

// within reports whether a station lies in a scope.
func within(scope Scope, id string, s equipment.Station) bool {
	switch scope {
	case ScopeSchool:
		return true
	case ScopeSite:
		return id == s.SiteID
	case ScopeRoom:
		return id == s.RoomID
	case ScopeKind:
		return id == s.KindID
	}
	return scope == ScopeStation && id == s.ID
}
