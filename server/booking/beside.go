package booking

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// Where several people must be there, those of a party are there for each other: whoever has its seats in the same room, for all
// of the time, and whoever comes along to one of them. Of a team for which one person holds several seats a member comes for
// each seat, as long as the team has members. How many that are is noted on each seat (Booking.Beside), so that every path asks
// the one validator and reads nothing more; who gives a seat back, moves it or leaves it, leaves the others as company does.

// beside gives for each of a party's seats how many people are there beyond those that it names itself.
func (v View) beside(seats []Booking) []int {
	out := make([]int, len(seats))
	if len(seats) < 2 {
		return out
	}
	type sitting struct {
		room string
		equipment.Interval
	}
	counted := map[sitting]int{}
	for i, b := range seats {
		p := v.Rules.places[b.StationID]
		if p == nil {
			continue
		}
		key := sitting{p.RoomID, b.Interval()}
		if _, known := counted[key]; !known {
			counted[key] = v.present(seats, p.RoomID, b.Interval())
		}
		out[i] = max(counted[key]-len(b.People()), 0)
	}
	return out
}

// present counts the people of a party who are in a room for all of a time.
func (v View) present(seats []Booking, roomID string, span equipment.Interval) int {
	named, outsiders, benches := map[string]bool{}, map[string]bool{}, 0
	team, ofTeam := v.Teams[seats[0].TeamID]
	for _, b := range seats {
		p := v.Rules.places[b.StationID]
		if p == nil || p.RoomID != roomID || !b.Interval().Contains(span) {
			continue
		}
		benches++
		for _, id := range b.People() {
			named[id] = true
			if !team.Has(id) {
				outsiders[id] = true
			}
		}
	}
	if !ofTeam {
		return len(named)
	}
	return max(len(named), min(benches, len(team.Members))+len(outsiders))
}

// expected reports whether those of a booking are still to be there.
func (b Booking) expected(now time.Time) bool {
	return (b.Status == StatusConfirmed || b.Status == StatusRequested) && now.Before(b.EndsAt)
}

// party adds to an ask what regroup needs: the other seats of the booking's party.
func (s *Service) party(ctx context.Context, ask *Ask, b Booking) error {
	if b.PartyID == "" {
		return nil
	}
	seats, err := s.store.List(ctx, Filter{PartyID: b.PartyID})
	for _, seat := range seats {
		ask.StationIDs = append(ask.StationIDs, seat.StationID)
	}
	ask.PartyIDs = append(ask.PartyIDs, b.PartyID)
	if b.TeamID != "" {
		ask.TeamIDs = append(ask.TeamIDs, b.TeamID)
	}
	return err
}

// regroup adds to what a decision writes what follows for the other seats of the parties, of which the view shows all: whom
// fewer people are beside from now on is told so when they are too few. by is who left; empty: whose the seat was.
func (v View) regroup(w Write, parties []string, by string, now time.Time) Write {
	for _, b := range w.Update {
		if !slices.Contains(parties, b.PartyID) {
			continue
		}
		seats := v.remaining(b.PartyID, now, w.Update...)
		for i, beside := range v.beside(seats) {
			if p := v.Rules.places[seats[i].StationID]; p != nil && seats[i].Beside != beside {
				w.reseat(p, seats[i], beside, cmp.Or(by, b.PersonID), now)
			}
		}
		parties = slices.DeleteFunc(slices.Clone(parties), func(id string) bool { return id == b.PartyID })
	}
	return w
}

// remaining gives the seats of a party whose people are still to be there, when some have changed.
func (v View) remaining(partyID string, now time.Time, changed ...Booking) []Booking {
	return slices.DeleteFunc(replaced(v.seats(partyID), changed), func(b Booking) bool { return b.PartyID != partyID || !b.expected(now) })
}

// besideAt gives how many are beside a seat that would be so.
func (v View) besideAt(b Booking, now time.Time) int {
	seats := v.remaining(b.PartyID, now, b)
	at := slices.IndexFunc(seats, func(seat Booking) bool { return seat.ID == b.ID })
	if at < 0 {
		return b.Beside
	}
	return v.beside(seats)[at]
}

// reseat writes how many people are beside a seat from now on.
func (w *Write) reseat(p *place, was Booking, beside int, by string, now time.Time) {
	b := was
	b.Beside = beside
	lacks := p.lacksPeople(b)
	switch {
	case lacks && b.Status == StatusConfirmed && !p.lacksPeople(was):
		p.startShort(&b, now)
		w.Effects = append(w.Effects, withCompany(Effect{
			At: now, Event: EventCompanyLeft, PersonID: b.PersonID, BookingID: b.ID, StationID: b.StationID,
			Body: map[string]string{"person": by, "expires_at": instant(p.mendUntil(b))},
		}, b, "")...)
	case !lacks && now.Before(b.StartsAt):
		b.ShortAt = time.Time{}
	}
	if at := slices.IndexFunc(w.Update, func(u Booking) bool { return u.ID == b.ID }); at >= 0 {
		w.Update[at] = b // it is the next version already
		return
	}
	act := ActLeft
	if beside > was.Beside {
		act = ActChanged
	}
	b.Version++
	b.ChangedAt = now
	w.Update = append(w.Update, b)
	w.Trail = append(w.Trail, Entry{BookingID: b.ID, At: now, PersonID: by, Act: act, After: b})
}

// startShort notes that too few people are left, and when it is looked at whether somebody else was named.
func (p *place) startShort(b *Booking, now time.Time) {
	if b.ShortAt.IsZero() { // else friends take turns: the time to find somebody does not begin anew
		b.ShortAt = now
	}
	if mend := p.mendUntil(*b); b.DueAt.IsZero() || mend.Before(b.DueAt) {
		b.DueAt = mend
	}
}

// drafts gives the seats of wishes whose stations are known, as they would be.
func drafts(wishes []wish) []Booking {
	out := make([]Booking, len(wishes))
	for i, w := range wishes {
		out[i] = Booking{
			PersonID: w.PersonID, Companions: strings.Join(w.Companions, " "), TeamID: w.TeamID, StartsAt: w.StartsAt, EndsAt: w.EndsAt,
		}
		if len(w.candidates) == 1 {
			out[i].StationID = w.candidates[0]
		}
	}
	return out
}

// seatTogether notes on each wish who is beside it; where stations are still to be chosen, that all would be in one room.
func (v View) seatTogether(wishes []wish) {
	seats := drafts(wishes)
	if how := wishes[0].seating; how != nil && !how.named && len(wishes[0].candidates) > 1 {
		for i := range seats {
			seats[i].StationID = wishes[0].candidates[0]
		}
	}
	for i, beside := range v.beside(seats) {
		wishes[i].beside = beside
	}
}
