package booking

import (
	"context"
	"slices"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/fault"
)

// earlyCheckIn is how long before the start one may check in.
const earlyCheckIn = 15 * time.Minute

// CheckInRequest says how somebody came.
type CheckInRequest struct {
	How CheckIn // CheckInQR or CheckInInstructor
	// KeyFits reports whether the key from the code that was scanned is the one printed on that station; for CheckInQR.
	KeyFits func(stationID string) bool
}

// CheckIn says that somebody has come: the person themselves, by the code on the station, from a quarter of an hour before the
// start until the end of the grace; or whoever runs the room, until the end, and afterwards to put a verdict right. A strike is
// taken back then. Twice is one.
func (s *Service) CheckIn(ctx context.Context, actor account.Actor, id string, r CheckInRequest) (Booking, error) {
	if r.How != CheckInQR && r.How != CheckInInstructor {
		return Booking{}, fault.Invalid("check_in_unknown", "check in by qr or instructor, not %q", r.How).On("how")
	}
	return s.touch(ctx, actor, id, func(p *place, b Booking, held absences, now time.Time) (*look, error) {
		if r.How == CheckInInstructor && !account.Allowed(actor, account.ActionAttendance, b.PersonID) {
			return nil, fault.Forbidden("not_allowed", "only an instructor or an administrator may say that somebody came")
		}
		if r.How == CheckInQR && !attends(actor, b) {
			return nil, errNotYours()
		}
		l := &look{place: p, was: b, is: b, held: held, now: now}
		if b.Verdict == VerdictArrived && !b.stranger() {
			return l, nil
		}
		if err := l.mayCheckIn(r); err != nil {
			return nil, err
		}
		l.is.Verdict, l.is.VerdictAt = VerdictArrived, now
		l.arrive(r.How, now, actor.PersonID)
		l.is.DueAt = l.next()
		if b.Verdict == VerdictAbsent {
			l.takeBack()
		}
		return l, nil
	})
}

// mayCheckIn refuses a check-in that comes at a wrong time or with a wrong key.
func (l *look) mayCheckIn(r CheckInRequest) error {
	b, corrects := l.was, r.How == CheckInInstructor && (l.was.Verdict == VerdictAbsent || l.was.Verdict == VerdictUnknown)
	switch {
	case !b.judged():
		return fault.Conflict("check_in_not_needed", "nobody has to check in for this booking")
	case corrects:
		return nil
	case b.Status != StatusConfirmed || !l.now.Before(b.EndsAt):
		return errOver()
	case l.now.Before(b.StartsAt.Add(-earlyCheckIn)):
		return fault.Rule("check_in_too_early", "check in from %d minutes before the start", int(earlyCheckIn.Minutes()))
	case r.How == CheckInInstructor:
		return nil
	case !l.place.policy.CheckInQR:
		return fault.Rule("check_in_qr_off", "here one does not check in by the code on the station: work at it, or ask the instructor")
	case r.KeyFits == nil || !r.KeyFits(b.StationID):
		return fault.Rule("check_in_key_wrong", "this is not the code of %s: scan the one on the station itself", l.place.Code).On("key")
	case !l.now.Before(l.place.grace(b).until):
		return fault.Rule("check_in_too_late", "the time to check in is over; ask the instructor")
	}
	return nil
}

// attends reports whether the actor is one of those who are to be there.
func attends(actor account.Actor, b Booking) bool {
	return account.Allowed(actor, account.ActionBook, actor.PersonID) && slices.Contains(b.People(), actor.PersonID)
}

// mayAttend reports whether the actor is there, or may act for those who are.
func mayAttend(actor account.Actor, b Booking) bool {
	return attends(actor, b) || account.Allowed(actor, account.ActionBook, b.PersonID)
}

func errNotYours() error {
	return fault.Forbidden("not_your_booking", "only whoever has the booking, an instructor or an administrator may change it")
}

// looker decides about one booking and the strikes that go with it.
type looker func(p *place, b Booking, held absences, now time.Time) (*look, error)

// touch lets a function decide about one booking; by is who does it.
func (s *Service) touch(ctx context.Context, by account.Actor, id string, decide looker) (Booking, error) {
	return settled(func() (Booking, bool, error) { return s.touchOnce(ctx, by, id, decide) })
}

func (s *Service) touchOnce(ctx context.Context, by account.Actor, id string, decide looker) (after Booking, again bool, err error) {
	seen, err := s.store.ByID(ctx, id)
	if err != nil {
		return Booking{}, false, err
	}
	ask, err := s.askAbout(ctx, seen)
	if err != nil {
		return Booking{}, false, err
	}
	if seen.Beside > 0 {
		if err := s.party(ctx, &ask, seen); err != nil {
			return Booking{}, false, err
		}
	}
	now := s.clock()
	err = s.store.Decide(ctx, ask, func(v View) (Write, error) {
		current, ok := v.Bookings[id]
		p := v.Rules.places[current.StationID]
		if !ok || p == nil {
			return Write{}, errBookingUnknown(id)
		}
		if again = current.StationID != seen.StationID || current.PersonID != seen.PersonID; again {
			return Write{}, nil
		}
		l, err := decide(p, current, v.absences(current), now)
		if err != nil {
			return Write{}, err
		}
		write := v.regroup(l.settle(by.PersonID), ask.PartyIDs, by.PersonID, now)
		if after = l.is; len(write.Update) > 0 {
			after = write.Update[0]
		}
		return write, nil
	})
	return after, again, err
}

// askAbout asks for all that a look at one booking rests on: of a party, for the other seats of the same person. A party gets
// no more seats, and nobody else gets them: who holds which may be read beforehand.
func (s *Service) askAbout(ctx context.Context, b Booking) (Ask, error) {
	ask := Ask{
		StationIDs: []string{b.StationID}, PersonIDs: []string{b.PersonID}, BookingIDs: []string{b.ID},
		From: b.StartsAt.Add(-earlyCheckIn), Until: b.promisedEnd(),
	}
	if b.PartyID != "" {
		seats, err := s.store.List(ctx, Filter{PartyID: b.PartyID, PersonID: b.PersonID})
		if err != nil {
			return ask, err
		}
		for _, seat := range seats {
			ask.BookingIDs = append(ask.BookingIDs, seat.ID)
		}
	}
	ask.BookingIDs = unique(ask.BookingIDs)
	ask.StrikeIDs = ask.BookingIDs
	return ask, nil
}

// strike gives the strike of a booking that was asked for, nil when there is none.
func (v View) strike(id string) *Strike {
	for i := range v.Strikes {
		if v.Strikes[i].ID == id {
			return &v.Strikes[i]
		}
	}
	return nil
}

// Attendance is what follows for a booking from the policy of its station; zero where nothing does.
type Attendance struct {
	CheckInFrom  time.Time // by the code on the station, unless somebody came already
	CheckInUntil time.Time
	ReleaseAt    time.Time // unless somebody answers "still working?"
	CompanyUntil time.Time // somebody else is named for who left, or it is given back
}

// Attendance gives what follows now. It is for people to read, so rules that are a moment old do.
func (s *Service) Attendance(ctx context.Context, b Booking) (a Attendance, err error) {
	if b.Status != StatusConfirmed || !b.judged() || (b.Verdict != "" && b.WarnedAt.IsZero() && b.ShortAt.IsZero() && !b.stranger()) {
		return a, nil
	}
	rules, err := s.store.KnownRules(ctx)
	if err != nil {
		return a, err
	}
	p := rules.places[b.StationID]
	if p == nil {
		return a, nil
	}
	if (b.Verdict == "" || b.stranger()) && p.policy.CheckInQR {
		a.CheckInFrom, a.CheckInUntil = b.StartsAt.Add(-earlyCheckIn), p.grace(b).until
	}
	if p.short(b) {
		a.CompanyUntil = p.mendUntil(b)
	}
	if !b.WarnedAt.IsZero() {
		a.ReleaseAt = b.WarnedAt.Add(minutes(p.policy.IdleWarningMinutes))
	}
	return a, nil
}
