package httpapi

import (
	"context"

	"github.com/labtide/labtide/server/booking"
)

// ListQuotas implements StrictServerInterface.
func (s *Server) ListQuotas(ctx context.Context, _ ListQuotasRequestObject) (ListQuotasResponseObject, error) {
	items, err := listDecided(ctx, s, booking.DocumentQuota, s.answerQuota)
	return ListQuotas200JSONResponse{Items: items}, err
}

// CreateQuota implements StrictServerInterface.
func (s *Server) CreateQuota(ctx context.Context, request CreateQuotaRequestObject) (CreateQuotaResponseObject, error) {
	quota, err := s.readQuota(ctx, *request.Body)
	if err != nil {
		return nil, err
	}
	doc, err := s.decide(ctx, quota)
	if err != nil {
		return nil, err
	}
	body, err := s.answerQuota(ctx, doc)
	return CreateQuota201JSONResponse{Body: body, Headers: CreateQuota201ResponseHeaders{ETag: etag(doc.Version)}}, err
}

// PutQuota implements StrictServerInterface.
func (s *Server) PutQuota(ctx context.Context, request PutQuotaRequestObject) (PutQuotaResponseObject, error) {
	stands, err := s.standing(ctx, booking.DocumentQuota, request.Quota, request.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	quota, err := s.readQuota(ctx, *request.Body)
	if err != nil {
		return nil, err
	}
	quota.ID, quota.Version = stands.ID, stands.Version
	doc, err := s.decide(ctx, quota)
	if err != nil {
		return nil, err
	}
	body, err := s.answerQuota(ctx, doc)
	return PutQuota200JSONResponse{Body: body, Headers: PutQuota200ResponseHeaders{ETag: etag(doc.Version)}}, err
}

// DeleteQuota implements StrictServerInterface.
func (s *Server) DeleteQuota(ctx context.Context, request DeleteQuotaRequestObject) (DeleteQuotaResponseObject, error) {
	return DeleteQuota204Response{}, s.remove(ctx, booking.DocumentQuota, request.Quota, request.Params.IfMatch)
}

// GetQuotaHistory implements StrictServerInterface.
func (s *Server) GetQuotaHistory(ctx context.Context, request GetQuotaHistoryRequestObject) (GetQuotaHistoryResponseObject, error) {
	out, err := s.history(ctx, booking.DocumentQuota, request.Quota)
	return GetQuotaHistory200JSONResponse(out), err
}

func (d *directory) showQuota(q booking.Quota) Quota {
	out := Quota{
		Id: q.ID, Name: q.Name, Scope: PolicyScope(q.Scope), Place: d.scopeRef(q.Scope, q.ScopeID), Per: QuotaPer(q.Per),
		Window: QuotaWindow(q.Window), MostBookings: number(q.MostBookings), MostMinutes: number(q.MostMinutes), Version: q.Version,
	}
	if len(q.Hours) > 0 {
		out.Hours = new(showHours(q.Hours))
	}
	return out
}

func (s *Server) answerQuota(ctx context.Context, doc booking.Document) (Quota, error) {
	d, clause, by, err := s.decided(ctx, doc)
	if err != nil {
		return Quota{}, err
	}
	out := d.showQuota(clause.(booking.Quota)) //nolint:forcetypeassert // the document is a quota
	out.ChangedBy, out.ChangedAt = by, instant(doc.ChangedAt)
	return out, nil
}

func (s *Server) readQuota(ctx context.Context, in NewQuota) (booking.Quota, error) {
	id, _, err := s.scopeID(ctx, in.Scope, in.Place)
	return booking.Quota{
		Name: in.Name, Scope: booking.Scope(in.Scope), ScopeID: id, Per: booking.QuotaPer(in.Per), Window: booking.QuotaWindow(in.Window),
		MostBookings: count(in.MostBookings), MostMinutes: count(in.MostMinutes), Hours: readWeekHours(in.Hours),
	}, err
}
