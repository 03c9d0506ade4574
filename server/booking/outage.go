package booking

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// OutageResult is an outage, and what became of those who had booked its time.
type OutageResult struct {
	Outage    equipment.Outage
	Displaced []Displaced // in the order of their starts
}

// OutageChange says what shall be different; nil leaves it.
type OutageChange struct {
	StartsAt *time.Time // only while it has not begun
	EndsAt   *time.Time // zero: until further notice
	Reason   *string
}

// StartOutage puts a station out of order, and finds other places for all who have booked it meanwhile, in one transaction.
// EndsAt zero is until further notice. dry only looks: nothing changes, and the outage gets no id.
func (s *Service) StartOutage(ctx context.Context, actor account.Actor, o equipment.Outage, dry bool) (OutageResult, error) {
	o.ID, o.Version = "", 0
	o.CreatedBy, o.CreatedAt = actor.PersonID, s.clock()
	return s.outage(ctx, actor, outageWork{station: o.StationID, dry: dry, next: func(v View) (equipment.Outage, error) {
		if o.ID = v.NewID(); dry {
			o.ID = ""
		}
		return o, nil
	}})
}

// ChangeOutage moves an outage's ends or words. Who has booked time that it takes now is displaced. version is the one that
// the caller has seen, 0 for any; another one is fault.KindStale.
func (s *Service) ChangeOutage(ctx context.Context, actor account.Actor, id string, version int64, c OutageChange, dry bool) (OutageResult, error) {
	now := s.clock()
	return s.changeOutage(ctx, actor, id, version, dry, func(o equipment.Outage) (equipment.Outage, error) {
		if c.StartsAt != nil && !c.StartsAt.Equal(o.StartsAt) {
			if !now.Before(o.StartsAt) {
				return o, fault.Conflict("outage_started", "the outage has begun: only its end can change").On("/starts_at")
			}
			o.StartsAt = *c.StartsAt
		}
		set(&o.EndsAt, c.EndsAt)
		set(&o.Reason, c.Reason)
		return o, nil
	})
}

// EndOutage ends an outage now. One that has not begun is withdrawn: it never was. One that is over stays as it is.
func (s *Service) EndOutage(ctx context.Context, actor account.Actor, id string, version int64) (OutageResult, error) {
	now := s.clock()
	return s.changeOutage(ctx, actor, id, version, false, func(o equipment.Outage) (equipment.Outage, error) {
		switch {
		case !now.After(o.StartsAt):
			o.EndsAt = o.StartsAt
		case o.EndsAt.IsZero() || now.Before(o.EndsAt):
			o.EndsAt = now
		}
		return o, nil
	})
}

func (s *Service) changeOutage(
	ctx context.Context, actor account.Actor, id string, version int64, dry bool, edit func(equipment.Outage) (equipment.Outage, error),
) (OutageResult, error) {
	seen, err := s.store.OutageByID(ctx, id)
	if err != nil {
		return OutageResult{}, err
	}
	return s.outage(ctx, actor, outageWork{station: seen.StationID, id: id, dry: dry, next: func(v View) (equipment.Outage, error) {
		current, ok := v.Outages[id]
		switch {
		case !ok:
			return current, fault.NotFound("outage_unknown", "there is no outage %q", id)
		case version != 0 && version != current.Version:
			return current, fault.Stale("outage_changed", "the outage has changed since you read it; look at it again")
		}
		return edit(current)
	}})
}

// outageWork is one decision about an outage.
type outageWork struct {
	station string // id or code
	id      string // of the outage that changes; empty: a new one
	report  string // the fault report that it comes of; empty: none
	dry     bool
	line    *line  // who waits for the time that it gives back
	freed   []Free // what the try before would have given back
	// next gives the outage as it shall be; its StationID is filled in afterwards.
	next func(v View) (equipment.Outage, error)
}

func (s *Service) outage(ctx context.Context, actor account.Actor, w outageWork) (OutageResult, error) {
	if !account.Allowed(actor, account.ActionManageOutages, "") {
		return OutageResult{}, fault.Forbidden("not_allowed", "instructors and administrators say whether a station is out of order")
	}
	w.line = &line{}
	return settled(func() (OutageResult, bool, error) { return s.tryOutage(ctx, actor, &w) })
}

func (s *Service) tryOutage(ctx context.Context, actor account.Actor, w *outageWork) (out OutageResult, again bool, err error) {
	ask, err := s.askOutage(ctx, *w)
	if err != nil {
		return out, false, err
	}
	now := s.clock()
	err = s.store.Decide(ctx, ask, func(v View) (Write, error) {
		out, again = OutageResult{}, false
		next, err := w.next(v)
		if err != nil {
			return Write{}, err
		}
		p := v.Rules.place(w.station)
		if p == nil {
			return Write{}, errStationUnknown(w.station)
		}
		next.StationID = p.ID
		if err := checkOutage(&next, w.id); err != nil {
			return Write{}, err
		}
		e, hit := outageEviction(v, actor, next, v.Outages[w.id], now)
		if needed := needed(v.Rules, p, hit, now); !ask.covers(needed) || !covers(ask.WaitIDs, needed.WaitIDs) {
			again = true
			return Write{}, nil
		}
		var write Write
		if write, out.Displaced = decideOutage(v, e, next, *w); w.dry {
			out.Outage = next
			return Write{}, nil
		}
		out.Outage = write.Outages[0]
		if w.freed = givenBack(v.Outages[w.id], next, now); len(w.freed) == 0 {
			return write, nil
		}
		if again = !ask.Waiting; again {
			return Write{}, nil
		}
		v.Rules = v.Rules.with(next)
		write, again = w.line.promote(v, ask, write, w.freed, now)
		return write, nil
	})
	return outcome(out, again, nil, err)
}

// askOutage asks for the station and its equivalents, and for everybody who has booked it from now on: an outage may have
// no end.
func (s *Service) askOutage(ctx context.Context, w outageWork) (Ask, error) {
	rules, err := s.store.Rules(ctx)
	if err != nil {
		return Ask{}, err
	}
	p := rules.place(w.station)
	if p == nil {
		return Ask{}, errStationUnknown(w.station)
	}
	now := s.clock()
	ask := Ask{Alone: true}
	if w.id != "" {
		ask.OutageIDs = []string{w.id}
	}
	if w.report != "" {
		ask.ReportIDs = []string{w.report}
	}
	booked, err := s.store.Active(ctx, []string{p.ID}, "", now, never())
	rules.needs(&ask, p, booked, now)
	ask.widen(ask.From, never())
	if len(w.freed) > 0 {
		w.line.ask(rules, &ask, w.freed...)
	}
	return ask, err
}

// never is later than every booking.
func never() time.Time { return time.Date(2201, 1, 1, 0, 0, 0, 0, time.UTC) }

// needed gives what displacing these asks for.
func needed(rules *Rules, p *place, hit []Booking, now time.Time) Ask {
	var ask Ask
	rules.needs(&ask, p, hit, now)
	return ask
}

// checkOutage makes an outage whole seconds, and refuses one that ends before it starts. One that changes may end when it
// starts: it is withdrawn.
func checkOutage(o *equipment.Outage, id string) error {
	o.StartsAt = o.StartsAt.UTC().Truncate(time.Second)
	if !o.EndsAt.IsZero() {
		o.EndsAt = o.EndsAt.UTC().Truncate(time.Second)
		if o.EndsAt.Before(o.StartsAt) || (id == "" && o.EndsAt.Equal(o.StartsAt)) {
			return fault.Rule("span_empty", "an outage must end after it starts").On("/ends_at")
		}
	}
	if !plain(o.Reason) {
		return fault.Invalid("reason_invalid", "a reason is a text without control characters").On("/reason")
	}
	return nil
}

// outageEviction finds who has booked the time that an outage takes and did not take before.
func outageEviction(v View, actor account.Actor, next, before equipment.Outage, now time.Time) (e eviction, hit []Booking) {
	e = eviction{actor: actor, reason: next.Reason, now: now, stationID: next.StationID}
	var known []equipment.Interval
	if before.ID != "" {
		known = []equipment.Interval{outageSpan(before, never())}
	}
	future := outageSpan(next, never())
	future.From = later(future.From, now.Truncate(time.Minute))
	if !future.Empty() {
		e.spans = subtract([]equipment.Interval{future}, known)
	}
	for _, b := range v.Taken {
		if e.hits(b) {
			hit = append(hit, b)
		}
	}
	return e, hit
}

// givenBack is the time that an outage took before and does not take any more: those who wait for it are asked. Without an end
// they are asked about a year.
func givenBack(before, next equipment.Outage, now time.Time) []Free {
	if before.ID == "" {
		return nil
	}
	end := now.AddDate(1, 0, 0)
	was := outageSpan(before, end)
	was.From = later(was.From, now.Truncate(time.Minute))
	if was.Empty() {
		return nil
	}
	var out []Free
	var still []equipment.Interval
	if span := outageSpan(next, end); !span.Empty() {
		still = append(still, span)
	}
	for _, span := range subtract([]equipment.Interval{was}, still) {
		out = append(out, Free{StationID: next.StationID, From: span.From, Until: span.Until})
	}
	return out
}

// decideOutage displaces whom the outage hits, and writes it.
func decideOutage(v View, e eviction, next equipment.Outage, w outageWork) (Write, []Displaced) {
	v.Rules = v.Rules.with(next)
	write, displaced := displace(v, e)
	next.Version++
	write.Outages = []equipment.Outage{next}
	write.Deeds = []Deed{OutageDeed(v.Outages[w.id], next, e.actor.PersonID, e.now)}
	if w.report != "" {
		report := v.Reports[w.report].closed(ReportConfirmed, e.actor, e.now)
		report.OutageID = next.ID
		write.Reports = []Report{report}
		write.Deeds = append(write.Deeds, report.deed(ActConfirmed, e.actor.PersonID, next.Reason, e.now))
	}
	before := v.Outages[w.id]
	event := EventOutageStarted
	if before.ID != "" && !next.EndsAt.IsZero() && !next.EndsAt.After(e.now) {
		event = EventOutageEnded
	}
	if before.ID == "" || event == EventOutageEnded {
		write.Effects = append(write.Effects, Effect{
			At: e.now, Event: event, StationID: next.StationID, Body: map[string]string{"reason": next.Reason, "outage": next.ID},
		})
	}
	return write, displaced
}

// with gives the rules as they are with this outage, in place of the one with its id.
func (r *Rules) with(o equipment.Outage) *Rules {
	p := *r.places[o.StationID]
	p.outages = slices.DeleteFunc(slices.Clone(p.outages), func(old equipment.Outage) bool { return old.ID == o.ID && o.ID != "" })
	if o.EndsAt.IsZero() || o.EndsAt.After(o.StartsAt) {
		p.outages = append(p.outages, o)
	}
	out := *r
	out.places = maps.Clone(r.places)
	out.places[p.ID] = &p
	return &out
}
