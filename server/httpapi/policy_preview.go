package httpapi

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// mostShown bounds how many bookings an answer names; all are counted.
const mostShown = 100

// PreviewPolicy implements StrictServerInterface.
func (s *Server) PreviewPolicy(ctx context.Context, request PreviewPolicyRequestObject) (PreviewPolicyResponseObject, error) {
	in := *request.Body
	clause, kind, id, err := s.readPreview(ctx, in)
	if err != nil {
		return nil, err
	}
	var from, until time.Time
	if in.From != nil {
		from = in.From.UTC()
	}
	if in.To != nil {
		until = in.To.UTC()
	}
	if !from.IsZero() && !until.IsZero() && !from.Before(until) {
		return nil, fault.Rule("span_empty", "to must be later than from").On("/to")
	}
	preview, err := s.deps.Charter.Preview(ctx, clause, kind, id, from, until)
	if err != nil {
		return nil, asRule(err)
	}
	out, err := s.showPreview(ctx, preview)
	return PreviewPolicy200JSONResponse(out), err
}

// readPreview finds out what is to be changed: exactly one thing.
func (s *Server) readPreview(ctx context.Context, in PreviewRequest) (booking.Clause, booking.DocumentKind, string, error) {
	given := 0
	for _, there := range []bool{in.Policy != nil, in.Quota != nil, in.Season != nil, in.Term != nil, in.Kind != nil} {
		if there {
			given++
		}
	}
	if given != 1 || in.Kind != nil && in.Id == nil || in.Policy != nil && in.Id != nil {
		return nil, "", "", fault.Rule("preview_one_change", "give one change: a policy, quota, season or term, or kind and id of what is to be removed")
	}
	if in.Policy != nil {
		return s.previewPolicy(ctx, *in.Policy)
	}
	kind, clause, err := s.previewClause(ctx, in)
	if err != nil || in.Id == nil {
		return clause, kind, "", err
	}
	stands, err := s.deps.Charter.Document(ctx, kind, *in.Id)
	switch v := clause.(type) {
	case booking.Quota:
		v.ID, v.Version = stands.ID, stands.Version
		clause = v
	case booking.Season:
		v.ID, v.Version = stands.ID, stands.Version
		clause = v
	case booking.Term:
		v.ID, v.Version = stands.ID, stands.Version
		clause = v
	}
	return clause, kind, stands.ID, err
}

func (s *Server) previewPolicy(ctx context.Context, in PreviewPolicy) (booking.Clause, booking.DocumentKind, string, error) {
	place, _, err := s.scopeID(ctx, in.Scope, in.Place)
	id := booking.PolicyID(booking.Scope(in.Scope), place)
	if err != nil || in.Limits == nil {
		return nil, booking.DocumentPolicy, id, err
	}
	rule, err := remake[booking.PolicyRule](in.Limits)
	rule.Scope, rule.ScopeID = booking.Scope(in.Scope), place
	return rule, booking.DocumentPolicy, id, err
}

func (s *Server) previewClause(ctx context.Context, in PreviewRequest) (booking.DocumentKind, booking.Clause, error) {
	switch {
	case in.Quota != nil:
		v, err := s.readQuota(ctx, *in.Quota)
		return booking.DocumentQuota, v, err
	case in.Season != nil:
		v, err := s.readSeason(ctx, *in.Season)
		return booking.DocumentSeason, v, err
	case in.Term != nil:
		v, err := s.readTerm(ctx, *in.Term)
		return booking.DocumentTerm, v, err
	}
	return booking.DocumentKind(*in.Kind), nil, nil
}

func (s *Server) showPreview(ctx context.Context, p booking.Preview) (Preview, error) {
	out := Preview{
		From: p.From.UTC(), To: p.Until.UTC(), JudgedBookings: int32(p.Judged), RefusedTotal: int32(len(p.Refused)), //nolint:gosec // thousands
		JudgedWishes: int32(p.Wishes), AcceptedWishes: int32(p.Accepted), Truncated: p.Truncated, //nolint:gosec // as above
		Refused: []PreviewRefusal{}, ByCode: []CodeCount{},
	}
	for code, n := range p.ByCode {
		out.ByCode = append(out.ByCode, CodeCount{Code: code, Count: int32(n)}) //nolint:gosec // as above
	}
	slices.SortFunc(out.ByCode, func(a, b CodeCount) int {
		if a.Count != b.Count {
			return int(b.Count - a.Count)
		}
		return strings.Compare(a.Code, b.Code)
	})
	d, err := s.directory.get(ctx)
	if err != nil {
		return out, err
	}
	for _, refused := range p.Refused[:min(len(p.Refused), mostShown)] {
		shown, err := s.showBooking(ctx, d, refused.Booking)
		if err != nil {
			return out, err
		}
		out.Refused = append(out.Refused, PreviewRefusal{Booking: shown, Codes: refused.Codes})
	}
	return out, nil
}
