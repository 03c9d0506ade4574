package booking

import (
	"fmt"
	"strconv"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
)

// proposal is a booking that somebody would like to have.
type proposal struct {
	self     string              // id of the booking that changes, which does not stand in its own way; empty: a new one
	stands   *equipment.Interval // what was agreed already, when only the end changes: its start is not judged again
	personID string
	span     equipment.Interval
	purpose  Purpose
	override bool // whoever asks insists: rules that their role may override do not count
	// home is the station from which somebody else moves it to another one at the same time: what holds there, too, is not asked.
	home *place

	programme  string
	teamID     string
	partyID    string
	companions []string
	beside     int // as Booking.Beside
	// was is the booking that changes, as it stands. reassigned: it would count for somebody else, or as something else.
	was        *Booking
	reassigned bool
	regrouped  bool   // others would come along
	agreed     bool   // what it serves has been agreed
	asker      string // who asks, when it is neither the person nor somebody who runs the room
}

// inquiry asks the rules about one proposal on one station.
type inquiry struct {
	proposal
	place *place
	taken []Booking // the active bookings that overlap the span, on this station or of this person, and maybe others
	actor account.Actor
	now   time.Time
	// view is what stands beside bookings: qualifications, strikes, what budgets have spent. Its Taken does not matter.
	view View
	// relaxed asks for off-peak time only: rules that are waived then do not hold.
	relaxed bool
	// counted remembers what has been counted of quotas; nil: nothing is remembered.
	counted tallies
	// sat remembers who sits where, where a search asks about many places; nil: nothing is remembered.
	sat *sittings
	// busy is time that others keep the station, and open when it is open, where a search has read them at once; else nil.
	busy []equipment.Interval
	open []equipment.Interval
}

// finding is what a rule objects to; nil when it does not.
type finding struct {
	detail, limit, actual string
}

// rule is one reason to refuse.
type rule struct {
	code    string
	firm    bool  // nobody may override it
	shorter bool  // it is asked even when a booking that stands only ends earlier: who gives back breaks no other rule
	moved   moved // whether it is asked when somebody else moves a booking; nil: no
	check   func(q *inquiry) *finding
	all     func(q *inquiry) []*finding // instead of check, where there may be several
	account bool                        // it is asked when a booking that stands counts for somebody else
	company bool                        // it is asked when others come along to a booking that stands
	lasting bool                        // a booking that stands is flagged for it: it does not rest on other bookings, nor on when it was made
	skill   bool                        // the same, where the qualifications of the person have been read
}

// find asks the rule.
func (r rule) find(q *inquiry) []*finding {
	if r.all != nil {
		return r.all(q)
	}
	if f := r.check(q); f != nil {
		return []*finding{f}
	}
	return nil
}

// refusal says what the rule has found.
func (r rule) refusal(q *inquiry, f *finding) Refusal {
	out := Refusal{Code: r.code, Detail: f.detail, StationID: q.place.ID, Limit: f.limit, Actual: f.actual}
	if !r.firm {
		out.OverridableBy = overriders()
	}
	return out
}

// ruleBook lists all rules, those that matter most first. Every path that ends in a booking asks exactly these.
func ruleBook() []rule {
	return []rule{
		{code: CodeSlotTaken, firm: true, moved: always, check: slotTaken},
		{code: CodeEmptyInterval, firm: true, shorter: true, moved: always, check: emptyInterval},
		{code: CodeNotBookable, lasting: true, firm: true, moved: always, check: notBookable},
		{code: CodeOutOfOrder, lasting: true, firm: true, moved: always, check: outOfOrder},
		{code: CodeClassNeedsStaff, firm: true, shorter: true, check: classNeedsStaff},
		{code: CodeInPast, firm: true, shorter: true, check: inPast},
		{code: CodeTooLateToChange, check: tooLateToChange},
		{code: CodeTooLittleNotice, check: tooLittleNotice},
		{code: CodeTooFarAhead, lasting: true, check: tooFarAhead},
		{code: CodeOffGrid, lasting: true, shorter: true, check: offGrid},
		{code: CodeOffPeriods, lasting: true, shorter: true, check: offPeriods},
		{code: CodeTooShort, lasting: true, shorter: true, check: tooShort},
		{code: CodeTooLong, lasting: true, check: tooLong},
		{code: CodeOutsideOpeningTime, lasting: true, moved: unlike(outsideOpeningHours), check: outsideOpeningHours},
		{code: CodePersonBusy, check: personBusy},
		{code: CodeTravelTime, company: true, check: travelTime},
		{code: CodeCompanionBusy, company: true, check: companionBusy},
		{code: CodeBuddyNeeded, lasting: true, company: true, moved: stricter(moreCompany), check: buddyNeeded},
		{code: CodeQualificationMissing, skill: true, moved: stricter(moreSkill), check: qualificationMissing},
		{code: CodeQualificationExpired, skill: true, moved: stricter(moreSkill), check: qualificationExpired},
		{code: CodeSuspended, check: suspended},
		{code: CodeCompanionSuspended, company: true, check: companionSuspended},
		{code: CodeTeamDisabled, firm: true, check: teamDisabled},
		{code: CodeNotInTeam, firm: true, check: notInTeam},
		{code: CodeProgrammeNotYours, firm: true, account: true, check: programmeNotYours},
		{code: CodeKeptForTeams, lasting: true, check: keptForTeams},
		{code: CodeQuotaExceeded, lasting: true, all: quotaExceeded, account: true},
		{code: CodeApprovalNeeded, firm: true, account: true, moved: stricter(moreApproval), check: approvalNeeded},
	}
}

// refusals gives every reason against the proposal; none means that it may be booked.
func (q *inquiry) refusals() []Refusal {
	var out []Refusal
	lenient := q.override && account.Allowed(q.actor, account.ActionOverrideRules, "")
	for _, r := range ruleBook() {
		if (lenient && !r.firm) || !q.asks(r) {
			continue
		}
		for _, f := range r.find(q) {
			out = append(out, r.refusal(q, f))
		}
	}
	return out
}

// asks reports whether a rule has a say: not where the policy waives it off-peak, and not about what was agreed.
func (q *inquiry) asks(r rule) bool {
	if q.place.waives(r.code) && q.isOffPeak() {
		return false
	}
	if q.home != nil && (r.moved == nil || !r.moved(r, q)) {
		return false
	}
	return !q.shrinks() || r.shorter || (r.account && q.reassigned) || (r.company && q.regrouped)
}

// isOffPeak reports whether the whole span lies in off-peak hours.
func (q *inquiry) isOffPeak() bool { return q.isOffPeakAt(q.span) }

func (q *inquiry) isOffPeakAt(span equipment.Interval) bool {
	if span.Empty() || span.Until.Sub(span.From) > maxSpan {
		return false
	}
	hours := q.place.offPeak.Open("", span.From, span.Until)
	return len(hours) == 1 && hours[0].Contains(span)
}

// is reports whether b is the booking that changes, which does not stand in its own way.
func (q *inquiry) is(b Booking) bool { return q.self != "" && b.ID == q.self }

// occupied is the span with the buffer after it.
func (q *inquiry) occupied() equipment.Interval {
	if q.span.Empty() {
		return q.span
	}
	return equipment.Interval{From: q.span.From, Until: q.span.Until.Add(q.place.policy.buffer())}
}

// shrinks reports whether the booking stands already and would only end earlier, or stay.
func (q *inquiry) shrinks() bool { return q.stands != nil && !q.span.Until.After(q.stands.Until) }

func emptyInterval(q *inquiry) *finding {
	if !q.span.Empty() {
		return nil
	}
	return &finding{detail: "the end must come after the start", limit: instant(q.span.From), actual: instant(q.span.Until)}
}

func slotTaken(q *inquiry) *finding {
	for _, b := range q.taken {
		if b.StationID == q.place.ID && !q.is(b) && b.blocks(q.occupied()) {
			return &finding{
				detail: fmt.Sprintf("%s is booked %s", q.place.Code, q.place.wall(b.Occupied())),
				limit:  span(b.Occupied()), actual: span(q.occupied()),
			}
		}
	}
	return nil
}

func notBookable(q *inquiry) *finding {
	if q.place.Bookable {
		return nil
	}
	return &finding{detail: fmt.Sprintf("%s cannot be booked; ask whoever runs the room", q.place.Code)}
}

func outOfOrder(q *inquiry) *finding {
	for _, o := range q.place.outages {
		down := outageSpan(o, q.span.Until)
		if !down.Overlaps(q.span) {
			continue
		}
		f := &finding{detail: fmt.Sprintf("%s is out of order until further notice", q.place.Code), limit: instant(o.StartsAt), actual: span(q.span)}
		if !o.EndsAt.IsZero() {
			f.detail = fmt.Sprintf("%s is out of order %s", q.place.Code, q.place.wall(down))
			f.limit = span(down)
		}
		return f
	}
	return nil
}

// outageSpan gives an outage as an interval; an open end is put far enough to cover until.
func outageSpan(o equipment.Outage, until time.Time) equipment.Interval {
	if o.EndsAt.IsZero() {
		return equipment.Interval{From: o.StartsAt, Until: until.Add(time.Hour)}
	}
	return equipment.Interval{From: o.StartsAt, Until: o.EndsAt}
}

func classNeedsStaff(q *inquiry) *finding {
	if q.purpose != PurposeClass || account.Allowed(q.actor, account.ActionBookClass, "") {
		return nil
	}
	return &finding{detail: "only instructors and administrators may book a class", actual: string(q.actor.Role)}
}

// tolerance is how long ago a start may be and still mean "now": the request was on its way, and clocks differ.
const tolerance = time.Minute

// earliestStart gives the first start that is not in the past.
func earliestStart(now time.Time) time.Time { return now.Truncate(time.Minute).Add(-tolerance) }

func inPast(q *inquiry) *finding {
	at, limit := q.span.From, earliestStart(q.now)
	if q.stands != nil {
		// The start has been agreed; an end that is over would rewrite what happened.
		at, limit = q.span.Until, q.now
	}
	if !at.Before(limit) {
		return nil
	}
	return &finding{detail: q.place.moment(at) + " is over", limit: instant(limit), actual: instant(at)}
}

func tooLittleNotice(q *inquiry) *finding {
	notice := time.Duration(q.place.policy.NoticeMinutes) * time.Minute
	limit := q.now.Add(notice)
	if notice == 0 || q.stands != nil || !q.span.From.Before(limit) {
		return nil
	}
	return &finding{
		detail: fmt.Sprintf("book at least %d minutes before the start", q.place.policy.NoticeMinutes),
		limit:  instant(limit), actual: instant(q.span.From),
	}
}

// tooLateToChange goes by the station that the booking stands at: who waits there for it to be free must know in time.
func tooLateToChange(q *inquiry) *finding {
	if q.was == nil || q.view.Rules == nil || (q.was.StationID == q.place.ID && q.was.StartsAt.Equal(q.span.From)) {
		return nil
	}
	p := q.view.Rules.places[q.was.StationID]
	if p == nil {
		return nil
	}
	notice := p.policy.ChangeNoticeMinutes
	if q.was.Status == StatusConfirmed {
		notice = max(notice, p.policy.CancelNoticeMinutes) // else who is too late to cancel would move it away, and cancel there
	}
	limit := q.was.StartsAt.Add(-minutes(notice))
	if notice == 0 || !q.now.After(limit) {
		return nil
	}
	return &finding{
		detail: fmt.Sprintf("a booking is moved at least %d minutes before its start", notice),
		limit:  instant(limit), actual: instant(q.now),
	}
}

// offGrid lets a start be off the grid when it is the minute that runs: whoever stands before a free station does not wait
// for the next slot. The end is on the grid, so everybody else's slots stay whole.
func offGrid(q *inquiry) *finding {
	if len(q.place.policy.Periods) > 0 {
		return nil
	}
	at, off := q.unaligned()
	if !off {
		return nil
	}
	return &finding{
		detail: fmt.Sprintf("bookings start and end at multiples of %d minutes", q.place.policy.GridMinutes),
		limit:  strconv.Itoa(q.place.policy.GridMinutes), actual: instant(at),
	}
}

// offPeriods does the same for lesson periods: one that runs may be joined now.
func offPeriods(q *inquiry) *finding {
	if len(q.place.policy.Periods) == 0 {
		return nil
	}
	at, off := q.unaligned()
	if !off {
		return nil
	}
	near := equipment.Interval{From: q.place.starts.floor(q.span.From), Until: q.place.ends.ceil(q.span.Until)}
	return &finding{
		detail: "bookings start where a lesson period starts and end where one ends, as " + q.place.wall(near),
		limit:  span(near), actual: instant(at),
	}
}

// unaligned gives the start or the end that is not on the place's grid.
func (q *inquiry) unaligned() (at time.Time, off bool) {
	if start := q.span.From; q.stands == nil && !q.place.starts.on(start) && !isNow(start, q.now) {
		return start, true
	}
	end := q.span.Until
	return end, !q.place.ends.on(end) && (q.stands == nil || !end.Equal(q.stands.Until))
}

// isNow reports whether at is a whole minute and the one that runs, give or take the tolerance.
func isNow(at, now time.Time) bool {
	return at.Equal(at.Truncate(time.Minute)) && !at.Before(earliestStart(now)) && !at.After(now.Add(tolerance))
}

func tooShort(q *inquiry) *finding {
	if length := q.span.Until.Sub(q.span.From); length > 0 && length < q.place.policy.shortest() {
		return lengthFinding("a booking lasts at least %d minutes", q.place.policy.shortest(), length)
	}
	return nil
}

func tooLong(q *inquiry) *finding {
	if length, longest := q.span.Until.Sub(q.span.From), q.place.policy.longest(q.purpose); length > longest {
		return lengthFinding("a booking lasts at most %d minutes", longest, length)
	}
	return nil
}

func lengthFinding(format string, limit, actual time.Duration) *finding {
	return &finding{
		detail: fmt.Sprintf(format, int(limit.Minutes())),
		limit:  strconv.Itoa(int(limit.Minutes())), actual: strconv.Itoa(int(actual.Minutes())),
	}
}

func outsideOpeningHours(q *inquiry) *finding {
	if q.span.Empty() || q.span.Until.Sub(q.span.From) > 31*24*time.Hour { // too_long says it; do not walk through years
		return nil
	}
	open := q.place.schedule.Open(q.place.RoomID, q.span.From, q.span.Until)
	if len(open) == 1 && open[0].Contains(q.span) {
		return nil
	}
	f := &finding{detail: "the room is closed then", actual: span(q.span)}
	day := equipment.DayOf(q.span.From, q.place.loc)
	if hours := q.place.schedule.OpenOn(q.place.RoomID, day); len(hours) > 0 {
		f.detail = fmt.Sprintf("the room is open %s", q.place.wall(hours[0]))
		f.limit = span(hours[0])
		for _, more := range hours[1:] {
			f.detail += " and " + q.place.wall(more)
		}
	}
	return f
}

func instant(at time.Time) string { return at.UTC().Format(time.RFC3339) }

func span(i equipment.Interval) string { return instant(i.From) + "/" + instant(i.Until) }

// moment and wall write instants as the clock on the station's wall shows them.
func (p *place) moment(at time.Time) string { return at.In(p.loc).Format("2006-01-02 15:04") }

func (p *place) wall(i equipment.Interval) string {
	until := i.Until.In(p.loc).Format("15:04")
	if equipment.DayOf(i.From, p.loc) != equipment.DayOf(i.Until, p.loc) {
		until = p.moment(i.Until)
	}
	return "from " + p.moment(i.From) + " to " + until
}
