package booking

import (
	"context"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
)

// CloseWaits closes the entries whose time is over. What nobody could be given is unmet demand.
func (s *Service) CloseWaits(ctx context.Context, now time.Time) error {
	over, err := s.store.Waits(ctx, WaitFilter{States: []WaitState{WaitWaiting}, OverAt: now})
	if err != nil || len(over) == 0 {
		return err
	}
	rules, err := s.store.Rules(ctx)
	if err != nil {
		return err
	}
	for _, w := range over {
		u := Unmet{
			At: now, PersonID: w.PersonID, StationID: w.StationID, KindID: w.KindID, StartsAt: w.FromAt, EndsAt: w.FromAt.Add(w.Wanted),
			Programme: w.Programme, Purpose: w.Purpose, Codes: []string{CodeWaitlistExpired},
		}
		if stations, err := rules.target(&w); err == nil {
			u.KindID = rules.places[stations[0]].KindID
		}
		if _, err := s.closeWait(ctx, w, WaitExpired, []Unmet{u}); err != nil {
			return err
		}
	}
	return nil
}

// OfferFree offers time that is free all the same to those who wait for it: it became free without a release (an outage or a
// closed day was taken back, a rule changed), or whoever was passed over could have it now.
func (s *Service) OfferFree(ctx context.Context, now time.Time) error {
	waits, err := s.store.Waits(ctx, WaitFilter{States: []WaitState{WaitWaiting}})
	if err != nil || len(waits) == 0 {
		return err
	}
	rules, err := s.store.Rules(ctx)
	if err != nil {
		return err
	}
	for _, w := range waits {
		stations, err := rules.target(&w)
		if err != nil {
			continue
		}
		window := equipment.Interval{From: later(w.FromAt, now.Truncate(time.Minute)), Until: w.UntilAt}
		reach := rules.reach(stations...)
		taken, err := s.store.Active(ctx, stations, w.PersonID, window.From.Add(-reach), window.Until.Add(reach))
		if err != nil {
			return err
		}
		// What role they have matters for classes only, and the decision asks again.
		anyActor := account.SignedIn(w.PersonID, account.RoleInstructor)
		var free []Free
		for _, id := range stations {
			q := inquiry{proposal: w.proposal(), place: rules.places[id], taken: taken, actor: anyActor, now: now}
			for _, gap := range q.free(window, w.Shortest) {
				free = append(free, Free{StationID: id, From: gap.From, Until: gap.Until})
			}
		}
		if err := s.offerFree(ctx, free[:min(len(free), 3)]); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) offerFree(ctx context.Context, free []Free) error {
	var l line
	again := len(free) > 0
	for attempt := 0; again && attempt < attempts; attempt++ {
		rules, err := s.store.KnownRules(ctx)
		if err != nil {
			return err
		}
		var ask Ask
		l.ask(rules, &ask, free...)
		now := s.clock()
		err = s.store.Decide(ctx, ask, func(v View) (w Write, _ error) {
			w, again = l.promote(v, ask, Write{}, free, now)
			return w, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
