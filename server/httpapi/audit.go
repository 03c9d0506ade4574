package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// fact is one field of a booking in words that people read.
type fact struct{ field, value string }

// facts gives what people have decided and seen about a booking. Whoever may not see names gets those of nobody.
func (s *Server) facts(ctx context.Context, d *directory, b booking.Booking) ([]fact, error) {
	if b.ID == "" {
		return nil, nil
	}
	var people []string
	for _, id := range b.People() {
		if !account.Allowed(callerOf(ctx).Actor, account.ActionSeeNames, id) {
			continue
		}
		called, err := s.accounts.Name(ctx, id)
		if err != nil {
			return nil, err
		}
		people = append(people, cmp.Or(called, id))
	}
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	return []fact{
		{"station", cmp.Or(d.stations[b.StationID].Code, b.StationID)}, {"starts_at", at(b.StartsAt)}, {"ends_at", at(b.EndsAt)},
		{"planned_end", at(b.PlannedEnd)}, {"status", string(b.Status)}, {"people", strings.Join(people, ", ")},
		{"programme", b.Programme}, {"purpose", string(b.Purpose)}, {"check_in", string(b.CheckIn)}, {"verdict", string(b.Verdict)},
	}, nil
}

// changes says what differs between two states of a booking. The first state of all says everything.
func (s *Server) changes(ctx context.Context, d *directory, before, after booking.Booking) ([]TrailChange, error) {
	was, err := s.facts(ctx, d, before)
	if err != nil {
		return nil, err
	}
	is, err := s.facts(ctx, d, after)
	out := []TrailChange{}
	for i, f := range is {
		from := ""
		if was != nil {
			from = was[i].value
		}
		if from != f.value {
			out = append(out, TrailChange{Field: f.field, From: text(from), To: text(f.value)})
		}
	}
	return out, err
}

// doer says who did something, as far as the caller may know.
func (s *Server) doer(ctx context.Context, personID string) (mine, automatic *bool, person *PersonRef, err error) {
	who := callerOf(ctx)
	if personID == "" {
		return nil, new(true), nil, nil
	}
	if personID == who.PersonID {
		mine = new(true)
	}
	if !account.Allowed(who.Actor, account.ActionSeeNames, personID) {
		return mine, nil, nil, nil
	}
	called, err := s.accounts.Name(ctx, personID)
	return mine, nil, &PersonRef{Id: personID, Name: cmp.Or(called, personID)}, err
}

// GetBookingTrail implements StrictServerInterface.
func (s *Server) GetBookingTrail(ctx context.Context, request GetBookingTrailRequestObject) (GetBookingTrailResponseObject, error) {
	b, err := s.visibleBooking(ctx, request.Booking)
	if err != nil {
		return nil, err
	}
	_, d, err := s.station(ctx, b.StationID)
	if err != nil {
		return nil, err
	}
	trail, err := s.deps.Bookings.Trail(ctx, b.ID)
	if err != nil {
		return nil, err
	}
	out := Trail{Items: make([]TrailLine, len(trail))}
	var before booking.Booking
	for i, e := range trail {
		l := TrailLine{At: e.At.UTC(), Act: string(e.Act), Reason: text(e.Reason)}
		if l.Mine, l.Automatic, l.Person, err = s.doer(ctx, e.PersonID); err != nil {
			return nil, err
		}
		if l.Changes, err = s.changes(ctx, d, before, e.After); err != nil {
			return nil, err
		}
		out.Items[i], before = l, e.After
	}
	return GetBookingTrail200JSONResponse(out), nil
}

// ListAudit implements StrictServerInterface.
func (s *Server) ListAudit(ctx context.Context, request ListAuditRequestObject) (ListAuditResponseObject, error) {
	p := request.Params
	filter := booking.AuditFilter{
		PersonID: personRef(ctx, p.Person), ActorID: personRef(ctx, p.Actor), Act: booking.Act(given(p.Act)), Notable: given(p.Notable), From: given(p.From), Until: given(p.To),
	}
	d, err := s.directory.get(ctx)
	if err != nil {
		return nil, err
	}
	if p.Station != nil {
		station, fresh, err := s.station(ctx, *p.Station)
		if err != nil {
			return nil, err
		}
		filter.StationID, d = station.ID, fresh
	}
	if filter.After, err = auditCursor(p.Cursor); err != nil {
		return nil, err
	}
	limit := limitOf(p.Limit)
	filter.Limit = limit + 1
	lines, err := s.deps.Bookings.Audit(ctx, filter)
	if err != nil {
		return nil, err
	}
	out := AuditList{}
	if len(lines) > limit {
		lines = lines[:limit]
		last := lines[limit-1].Cursor()
		out.Next = cursor("audit", strconv.FormatInt(last.At.Unix(), 10), string(last.Source), last.ID, strconv.FormatInt(last.Version, 10))
	}
	out.Items = make([]AuditLine, len(lines))
	register := sync.OnceValues(func() (booking.Register, error) { return s.deps.Charter.Register(ctx) })
	for i, l := range lines {
		if out.Items[i], err = s.showAudit(ctx, d, register, l); err != nil {
			return nil, err
		}
	}
	return ListAudit200JSONResponse(out), nil
}

func auditCursor(given *string) (c booking.AuditCursor, err error) {
	after, err := place("audit", 4, given)
	if err != nil || after == nil {
		return c, err
	}
	second, err := strconv.ParseInt(after[0], 10, 64)
	version, failed := strconv.ParseInt(after[3], 10, 64)
	if err != nil || failed != nil || second < 0 || second > everEnd.Unix() || version < 0 {
		return c, fault.Rule("cursor_unknown", "this is not a cursor of this list; start again without one").On("cursor")
	}
	return booking.AuditCursor{At: time.Unix(second, 0).UTC(), Source: booking.AuditSource(after[1]), ID: after[2], Version: version}, nil
}

// showAudit shows a line; register gives what rules may name.
func (s *Server) showAudit(ctx context.Context, d *directory, register func() (booking.Register, error), l booking.AuditLine) (out AuditLine, err error) {
	out = AuditLine{At: l.At.UTC(), Source: string(l.Source), Id: l.ID, Version: l.Version, Act: string(l.Act), Reason: text(l.Reason), Changes: []TrailChange{}}
	if out.Mine, out.Automatic, out.Person, err = s.doer(ctx, l.PersonID); err != nil {
		return out, err
	}
	stationID, ofID := l.StationID, l.OfID
	switch {
	case l.Source == booking.AuditBooking:
		stationID, ofID = l.After.StationID, l.After.PersonID
		out.StartsAt, out.EndsAt = instant(l.After.StartsAt), instant(l.After.EndsAt)
		if out.Changes, err = s.changes(ctx, d, l.Before, l.After); err != nil {
			return out, err
		}
	case l.Source.Rule():
		named, err := register()
		if err != nil {
			return out, err
		}
		showRule(d, named, l, &out)
	default:
		if l.Source == booking.AuditToken || l.Source == booking.AuditWebhook {
			out.Name = nameIn(l.Body, l.OldBody)
		}
		out.Fields = new(fieldChanges(booking.Register{}, booking.Differences(l.OldBody, l.Body)))
	}
	if ofID != "" {
		called, err := s.accounts.Name(ctx, ofID)
		if err != nil {
			return out, err
		}
		out.Of = &PersonRef{Id: ofID, Name: cmp.Or(called, ofID)}
	}
	if l.KindID != "" {
		out.Kind = new(d.kindRef(l.KindID))
	}
	if station, ok := d.stations[stationID]; ok {
		out.Station = new(d.stationRef(station))
	}
	return out, nil
}

// nameIn gives the name in the first of the bodies that has one; nil: none has.
func nameIn(bodies ...json.RawMessage) *string {
	for _, body := range bodies {
		var named struct {
			Name string `json:"name"`
		}
		if json.Unmarshal(body, &named) == nil && named.Name != "" {
			return &named.Name
		}
	}
	return nil
}

// showRule says which rule it is, and what differs about it.
func showRule(d *directory, register booking.Register, l booking.AuditLine, out *AuditLine) {
	out.Fields = new(fieldChanges(register, booking.Differences(l.OldBody, l.Body)))
	body := l.Body
	if len(body) == 0 {
		body = l.OldBody // it was removed
	}
	clause, err := booking.Document{Kind: booking.DocumentKind(l.Source), ID: l.ID, Body: body}.Clause()
	if err != nil {
		return // another version of the server wrote it
	}
	if rule, ok := clause.(booking.PolicyRule); ok {
		out.Scope, out.Place = new(PolicyScope(rule.Scope)), d.scopeRef(rule.Scope, rule.ScopeID)
		return
	}
	out.Name = text(booking.NameOf(clause))
}
