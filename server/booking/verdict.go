package booking

import (
	"slices"
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// Minutes is what the devices of a station have said about the minutes that follow From: one value for each. A minute that
// nobody has told of is neither seen nor used.
type Minutes struct {
	From time.Time // a whole minute
	Seen []bool
	Used []bool
}

// of gives what is known of the minute that begins at an instant.
func (m Minutes) of(minute time.Time) (seen, used bool) {
	n := int(minute.Sub(m.From) / time.Minute)
	return n >= 0 && n < len(m.Seen) && m.Seen[n], n >= 0 && n < len(m.Used) && m.Used[n]
}

// grace is the time in which somebody must come, [from, until), and the minutes that tell: first ≤ minute < end.
//
// A minute counts as used when somebody was there for half of it. Whoever comes in the grace's last second is seen to work
// in the minute after it, so that minute tells too, for the person: as long as it is still theirs.
type grace struct {
	from, until time.Time
	first, end  time.Time
}

// grace gives the grace of a booking. It begins when the booking does, or when it was made or its offer could still be
// taken, and ends with it at the latest. What was imported is as if it had always been there: its people knew of it.
//
// Whoever gave the station back early answers for their own time only. A code that was scanned gives the device as long again
// to see use: the code can be photographed, work cannot.
func (p *place) grace(b Booking) grace {
	promised := b.promisedEnd()
	if b.Status == StatusEnded {
		promised = b.EndsAt
	}
	g := grace{from: b.StartsAt}
	if b.CreatedBy != "" {
		g.from = later(g.from, b.CreatedAt)
	}
	if b.HeldUntil.Before(promised) {
		g.from = later(g.from, b.HeldUntil)
	}
	g.until = g.from.Add(minutes(p.policy.GraceMinutes))
	if b.CheckIn == CheckInQR {
		g.until = later(g.until, b.CheckedInAt.Add(minutes(p.policy.GraceMinutes)))
	}
	if g.until.After(promised) {
		g.until = promised
	}
	g.first = g.from.Truncate(time.Minute)
	g.end = ceilMinute(g.until).Add(time.Minute)
	if own := ceilMinute(promised); g.end.After(own) {
		g.end = own
	}
	return g
}

// promisedEnd is when the booking was to end when nobody gave it back.
func (b Booking) promisedEnd() time.Time { return later(b.EndsAt, b.PlannedEnd) }

func ceilMinute(at time.Time) time.Time {
	if whole := at.Truncate(time.Minute); !whole.Equal(at) {
		return whole.Add(time.Minute)
	}
	return at
}

// due is when all that tells has been said, unless a device is late.
func (g grace) due() time.Time { return g.end.Add(lag) }

// judge says what the minutes tell. It is monotone: with more minutes seen or used, unknown becomes absent or arrived, absent
// becomes arrived, and nothing goes the other way. A station that was down says nothing about a person who did not come.
func (g grace) judge(m Minutes, outages []equipment.Outage) (Verdict, Evidence) {
	var e Evidence
	for minute := g.first; minute.Before(g.end); minute = minute.Add(time.Minute) {
		seen, used := m.of(minute)
		e.GraceMinutes++
		if seen || used {
			e.SeenMinutes++
		}
		if used {
			if e.UsedMinutes++; e.FirstUsedAt.IsZero() {
				e.FirstUsedAt = minute
			}
		}
	}
	e.Down = slices.ContainsFunc(outages, func(o equipment.Outage) bool {
		return outageSpan(o, g.until).Overlaps(equipment.Interval{From: g.from, Until: g.until})
	})
	switch {
	case e.UsedMinutes > 0:
		return VerdictArrived, e
	case !e.Down && e.SeenMinutes == e.GraceMinutes && e.GraceMinutes > 0:
		return VerdictAbsent, e
	}
	return VerdictUnknown, e
}

// judged reports whether anybody asks if somebody came: not for a class, which is there whether or not each station is used,
// and not for what others ended before anybody asked.
func (b Booking) judged() bool {
	return b.Purpose != PurposeClass && (b.Status == StatusConfirmed || (b.Status == StatusEnded && (b.Verdict != "" || !b.DueAt.IsZero())))
}

// unproven reports whether the booking says that somebody came, or does not say anything yet, and no device has seen them.
func (b Booking) unproven() bool {
	return b.Purpose != PurposeClass && (b.Verdict == "" || (b.Verdict == VerdictArrived && b.CheckIn == CheckInQR && b.Evidence.FirstUsedAt.IsZero()))
}

// lookAgain are the times after the grace at which a verdict that may still change is looked at again. Whoever stores late
// minutes says so at once; these heal what was lost on the way.
func lookAgain() []time.Duration {
	const day = 24 * time.Hour
	return []time.Duration{10 * time.Minute, time.Hour, 6 * time.Hour, day, 3 * day, 7 * day, 14 * day}
}

// nextLook gives when a verdict is to be looked at after now; zero when late minutes no longer count.
func (g grace) nextLook(now time.Time) time.Time {
	due := g.due()
	if due.After(now) {
		return due
	}
	for _, step := range lookAgain() {
		if at := due.Add(step); at.After(now) {
			return at
		}
	}
	return time.Time{}
}

// sighting is what was read about a booking's station before deciding about it.
type sighting struct {
	minutes Minutes
	outages []equipment.Outage
}

// look is one look at a booking by nobody in particular: what changes, and who is told.
type look struct {
	place *place
	was   Booking
	is    Booking
	saw   sighting
	held  absences
	// followed says that somebody else had the station right before.
	followed bool
	now      time.Time
	act      Act // what is said in the trail; empty: nothing changed
	reason   string
	effects  []Effect
	write    Write
}

// judge brings the verdict up to date. Only what a code says can be contradicted, by a device that has seen the whole grace.
func (l *look) judge() {
	g := l.place.grace(l.is)
	verdict, evidence := g.judge(l.saw.minutes, l.saw.outages)
	evidence.WalkedIn = l.is.Evidence.WalkedIn
	switch {
	case l.is.Verdict == VerdictArrived && (verdict != VerdictAbsent || !l.is.unproven()):
		if l.confirm(evidence); !g.due().After(l.now) {
			l.refund(VerdictArrived)
		}
		return
	case verdict == VerdictUnknown && l.is.Verdict == "" && g.due().After(l.now):
		return // the grace is not over
	}
	if verdict == l.is.Verdict && evidence == l.is.Evidence {
		return
	}
	l.is.Evidence = evidence
	if verdict == l.is.Verdict {
		return // a minute more is known: it is kept, and is no news
	}
	before := l.is.Verdict
	l.is.Verdict, l.is.VerdictAt = verdict, l.now
	l.say(ActJudged, string(verdict))
	if before == VerdictAbsent {
		l.takeBack()
	}
	switch verdict {
	case VerdictUnknown:
		l.refund(verdict)
	case VerdictArrived:
		l.refund(verdict)
		l.arrive(CheckInEvidence, later(l.is.StartsAt, evidence.FirstUsedAt), "")
		if l.walkedIn() {
			l.suspect()
		} else {
			l.use()
		}
	case VerdictAbsent:
		l.free()
		l.blame()
	}
}

// confirm adds to an arrival that somebody made known what the device saw.
func (l *look) confirm(evidence Evidence) {
	if l.is.Evidence == evidence {
		return
	}
	first := l.is.Evidence.FirstUsedAt.IsZero() && !evidence.FirstUsedAt.IsZero()
	l.is.Evidence = evidence
	if first {
		l.use()
	}
}

// arrive notes who made the arrival known, and how.
func (l *look) arrive(how CheckIn, at time.Time, by string) {
	if l.is.CheckIn != "" && how != CheckInInstructor && !l.is.stranger() {
		return
	}
	l.is.CheckIn, l.is.CheckedInAt, l.is.CheckedInBy = how, at, by
	l.say(ActCheckedIn, string(how))
}

// use notes real use: a qualification does not lapse.
func (l *look) use() {
	l.write.Used = append(l.write.Used, Use{PersonID: l.is.PersonID, KindID: l.place.KindID, At: l.is.Evidence.FirstUsedAt})
}

// free gives the rest of the slot to others when nobody came. It stays charged as if they had.
func (l *look) free() {
	if !l.place.policy.FreesAbsent || l.is.Status != StatusConfirmed || !l.now.Truncate(time.Minute).Before(l.is.EndsAt) {
		return
	}
	l.is = endEarly(l.is, l.now)
	l.is.ChargedUntil = l.is.PlannedEnd
	l.say(ActReleased, string(VerdictAbsent))
}

// refund charges no more than was had, of what was given back early, when it is not known that nobody came. Who gave back too late
// must have come. A charge never grows again: what was free has been spent by then.
func (l *look) refund(verdict Verdict) {
	if l.is.Status == StatusEnded && (verdict == VerdictArrived || l.place.policy.CancelNoticeMinutes == 0) {
		l.is.ChargedUntil = l.is.EndsAt
	}
}

// endEarly ends a booking that has begun, in whole minutes so that the next one may start in the same minute, and at least
// one minute after its start. The buffer that was promised to the next one stays.
func endEarly(b Booking, now time.Time) Booking {
	buffer := b.Occupied().Until.Sub(b.EndsAt)
	end := later(now.Truncate(time.Minute), b.StartsAt.Add(time.Minute))
	b.Status, b.PlannedEnd, b.EndsAt = StatusEnded, b.EndsAt, end
	b.OccupiedUntil, b.ChargedUntil = end.Add(buffer), end
	return b
}

// say notes what the trail will tell; the last word counts.
func (l *look) say(act Act, reason string) { l.act, l.reason = act, reason }

// tell adds an effect for the person whose booking it is; that their time is over concerns all who are there.
func (l *look) tell(event Event, body map[string]string) {
	e := Effect{At: l.now, Event: event, PersonID: l.is.PersonID, BookingID: l.is.ID, StationID: l.is.StationID, Body: body}
	if event == EventReleased {
		l.effects = append(l.effects, withCompany(e, l.is, "")...)
		return
	}
	l.effects = append(l.effects, e)
}

// settle makes the write of what the look has changed. Only what people may see makes a new version: when it is looked at again
// is nobody's business, and must not make a page stale.
func (l *look) settle(by string) Write {
	if l.is == l.was {
		return l.write
	}
	if l.act != "" {
		l.is.Version++
		l.is.ChangedAt = l.now
		l.write.Trail = append(l.write.Trail, Entry{
			BookingID: l.is.ID, At: l.now, PersonID: by, Act: l.act, Reason: l.reason, After: l.is,
		})
	}
	l.write.Update = append(l.write.Update, l.is)
	l.write.Effects = append(l.write.Effects, l.effects...)
	return l.write
}
