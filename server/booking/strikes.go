package booking

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/fault"
)

// A strike has the id of the booking that it was given for: there is at most one for each, whatever happens and whoever writes.
// Of the seats that one person holds in a party one stands for all: one person who does not come is one absence.

// absences is what is held against whoever has a booking, for it and for the other seats that they hold in its party.
type absences struct {
	strikes []Strike
	seats   []Booking // the others
}

// absences gives those of a booking that askAbout was asked about.
func (v View) absences(b Booking) absences {
	var out absences
	for _, seat := range v.Bookings {
		if seat.ID != b.ID && b.PartyID != "" && seat.PartyID == b.PartyID && seat.PersonID == b.PersonID {
			out.seats = append(out.seats, seat)
		}
	}
	slices.SortFunc(out.seats, func(a, b Booking) int { return strings.Compare(a.ID, b.ID) })
	for _, s := range v.Strikes {
		if s.ID == b.ID || slices.ContainsFunc(out.seats, func(seat Booking) bool { return seat.ID == s.ID }) {
			out.strikes = append(out.strikes, s)
		}
	}
	return out
}

// standing gives the strike that stands for the booking; nil: none.
func (a absences) standing(b Booking) *Strike {
	at := slices.IndexFunc(a.strikes, func(s Strike) bool { return s.State == StrikeStanding && s.BookingID == b.ID })
	if at < 0 {
		return nil
	}
	return &a.strikes[at]
}

// unblamed gives another seat at which nobody came, and which has had no strike.
func (a absences) unblamed() *Booking {
	for i, seat := range a.seats {
		if seat.Verdict == VerdictAbsent && !slices.ContainsFunc(a.strikes, func(s Strike) bool { return s.BookingID == seat.ID || s.ID == seat.ID }) {
			return &a.seats[i]
		}
	}
	return nil
}

// blame tells whoever did not come, once for all seats of a party, and gives them a strike where the policy wants it.
func (l *look) blame() {
	if !slices.ContainsFunc(l.held.seats, func(seat Booking) bool { return seat.Verdict == VerdictAbsent }) {
		l.tell(EventVerdictAbsent, map[string]string{"ends_at": instant(l.is.promisedEnd())})
	}
	policy := l.place.policy
	settled := slices.ContainsFunc(l.held.strikes, func(s Strike) bool { return s.ID == l.is.ID || s.State != StrikeTakenBack })
	if !policy.StrikeAbsent || settled {
		return
	}
	l.write.Strikes = append(l.write.Strikes, Strike{
		ID: l.is.ID, BookingID: l.is.ID, PersonID: l.is.PersonID, TeamID: l.is.TeamID,
		At: l.now, ExpiresAt: l.now.AddDate(0, 0, policy.StrikeDays), State: StrikeStanding, Version: 1,
	})
}

// takeBack takes the strike back: whoever got it was there after all. When they left another seat of the party empty, it stands
// for that one.
func (l *look) takeBack() {
	standing := l.held.standing(l.was)
	if standing == nil {
		return
	}
	s := *standing
	s.Version++
	if seat := l.held.unblamed(); seat != nil {
		s.BookingID = seat.ID
	} else {
		s.State = StrikeTakenBack
		l.tell(EventStrikeTakenBack, nil)
	}
	l.write.Strikes = append(l.write.Strikes, s)
}

// Strikes gives those of a filter, the latest first: one's own, or anybody's for those who look after attendance.
func (s *Service) Strikes(ctx context.Context, actor account.Actor, f StrikeFilter) ([]Strike, error) {
	if !account.Allowed(actor, account.ActionAttendance, f.PersonID) && (f.PersonID == "" || f.PersonID != actor.PersonID) {
		return nil, fault.Forbidden("not_allowed", "you may list your own strikes")
	}
	return s.store.Strikes(ctx, f)
}

// longestPlea bounds the words of an appeal and of its answer, in characters.
const longestPlea = 2000

func checkPlea(text, field string, least int) error {
	trimmed := strings.TrimSpace(text)
	breaks := strings.NewReplacer("\n", " ", "\r", " ", "\t", " ")
	if n := utf8.RuneCountInString(trimmed); n < least || n > longestPlea || !plain(breaks.Replace(text)) {
		return fault.Invalid("appeal_text_invalid", "write %d to %d characters, without control characters", least, longestPlea).On(field)
	}
	return nil
}

// Appeal asks those who look after attendance to forgive a strike. One may ask once.
func (s *Service) Appeal(ctx context.Context, actor account.Actor, id, text string) (Strike, error) {
	if err := checkPlea(text, "text", 1); err != nil {
		return Strike{}, err
	}
	return s.changeStrike(ctx, id, func(k *Strike, now time.Time) (Effect, error) {
		switch {
		case k.PersonID != actor.PersonID || !account.Allowed(actor, account.ActionBook, k.PersonID):
			return Effect{}, errStrikeUnknown(id)
		case !k.Counts(now):
			return Effect{}, fault.Conflict("strike_over", "this strike no longer counts")
		case !k.AppealedAt.IsZero() || !k.DecidedAt.IsZero():
			return Effect{}, fault.Conflict("strike_appealed", "you have appealed already; the answer stands beside the strike")
		}
		k.Appeal, k.AppealedAt = strings.TrimSpace(text), now
		return Effect{Event: EventAppealMade, Body: map[string]string{"person": k.PersonID, "reason": k.Appeal}}, nil
	})
}

// Decision is the answer to an appeal.
type Decision struct {
	Forgive bool
	Answer  string
}

// DecideStrike answers an appeal, or forgives a strike that nobody has appealed against. Nobody decides about their own.
func (s *Service) DecideStrike(ctx context.Context, actor account.Actor, id string, d Decision) (Strike, error) {
	if err := checkPlea(d.Answer, "answer", 0); err != nil {
		return Strike{}, err
	}
	return s.changeStrike(ctx, id, func(k *Strike, now time.Time) (Effect, error) {
		switch {
		case !account.Allowed(actor, account.ActionAttendance, k.PersonID):
			return Effect{}, fault.Forbidden("not_allowed", "only an instructor or an administrator may decide about a strike")
		case k.PersonID == actor.PersonID:
			return Effect{}, fault.Forbidden("own_strike", "somebody else decides about your own strikes")
		case k.State != StrikeStanding || !k.DecidedAt.IsZero():
			return Effect{}, fault.Conflict("strike_decided", "this has been decided already")
		case !d.Forgive && k.AppealedAt.IsZero():
			return Effect{}, fault.Rule("appeal_missing", "nobody has appealed against this strike: it stands anyway")
		}
		decision := "rejected"
		if d.Forgive {
			k.State, decision = StrikeForgiven, "accepted"
		}
		k.Answer, k.DecidedBy, k.DecidedAt = strings.TrimSpace(d.Answer), actor.PersonID, now
		return Effect{Event: EventAppealDecided, PersonID: k.PersonID, Body: map[string]string{"decision": decision, "answer": k.Answer}}, nil
	})
}

// changeStrike lets a function change a strike, and tells of it.
func (s *Service) changeStrike(ctx context.Context, id string, change func(*Strike, time.Time) (Effect, error)) (after Strike, err error) {
	seen, err := s.store.StrikeByID(ctx, id)
	if err != nil {
		return Strike{}, err
	}
	now := s.clock()
	ask := Ask{PersonIDs: []string{seen.PersonID}, StrikeIDs: []string{id}, BookingIDs: []string{seen.BookingID}}
	err = s.store.Decide(ctx, ask, func(v View) (Write, error) {
		found := v.strike(id)
		if found == nil {
			return Write{}, errStrikeUnknown(id)
		}
		after = *found
		effect, err := change(&after, now)
		if err != nil {
			return Write{}, err
		}
		after.Version++
		effect.At, effect.BookingID, effect.StationID = now, after.BookingID, v.Bookings[after.BookingID].StationID
		return Write{Strikes: []Strike{after}, Effects: []Effect{effect}, Deeds: []Deed{after.deed(effect)}}, nil
	})
	return after, err
}

// deed tells of an appeal, or of the answer to one.
func (s Strike) deed(e Effect) Deed {
	d := Deed{
		Source: AuditStrike, ID: s.ID, Version: s.Version, At: e.At, PersonID: s.PersonID, Act: ActAppealed, Reason: s.Appeal, StationID: e.StationID, OfID: s.PersonID,
	}
	if e.Event == EventAppealDecided {
		if d.PersonID, d.Act, d.Reason = s.DecidedBy, ActUpheld, s.Answer; s.State == StrikeForgiven {
			d.Act = ActForgiven
		}
	}
	return d
}

func errStrikeUnknown(id string) error {
	return fault.NotFound("strike_unknown", "there is no strike %q", id)
}
