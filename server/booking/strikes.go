package booking

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/fault"
)

// A strike has the id of its booking: there is at most one for each, whatever happens and whoever writes.

// blame gives whoever did not come a strike, where the policy wants it.
func (l *look) blame() {
	l.tell(EventVerdictAbsent, map[string]string{"ends_at": instant(l.is.promisedEnd())})
	policy := l.place.policy
	if !policy.StrikeAbsent || l.strike != nil {
		return
	}
	l.write.Strikes = append(l.write.Strikes, Strike{
		ID: l.is.ID, BookingID: l.is.ID, PersonID: l.is.PersonID, TeamID: l.is.TeamID,
		At: l.now, ExpiresAt: l.now.AddDate(0, 0, policy.StrikeDays), State: StrikeStanding, Version: 1,
	})
}

// takeBack takes the strike back: whoever got it was there after all.
func (l *look) takeBack() {
	if l.strike == nil || l.strike.State != StrikeStanding {
		return
	}
	s := *l.strike
	s.State, s.Version = StrikeTakenBack, s.Version+1
	l.write.Strikes = append(l.write.Strikes, s)
	l.tell(EventStrikeTakenBack, nil)
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
func (k Strike) deed(e Effect) Deed {
	d := Deed{
		Source: AuditStrike, ID: k.ID, Version: k.Version, At: e.At, PersonID: k.PersonID, Act: ActAppealed, Reason: k.Appeal, StationID: e.StationID, OfID: k.PersonID,
	}
	if e.Event == EventAppealDecided {
		if d.PersonID, d.Act, d.Reason = k.DecidedBy, ActUpheld, k.Answer; k.State == StrikeForgiven {
			d.Act = ActForgiven
		}
	}
	return d
}

func errStrikeUnknown(id string) error {
	return fault.NotFound("strike_unknown", "there is no strike %q", id)
}
