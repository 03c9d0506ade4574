package httpapi

import (
	"context"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
)

// ListTerms implements StrictServerInterface.
func (s *Server) ListTerms(ctx context.Context, _ ListTermsRequestObject) (ListTermsResponseObject, error) {
	items, err := listDecided(ctx, s, booking.DocumentTerm, s.answerTerm)
	return ListTerms200JSONResponse{Items: items}, err
}

// CreateTerm implements StrictServerInterface.
func (s *Server) CreateTerm(ctx context.Context, request CreateTermRequestObject) (CreateTermResponseObject, error) {
	term, err := s.readTerm(ctx, *request.Body)
	if err != nil {
		return nil, err
	}
	doc, err := s.decide(ctx, term)
	if err != nil {
		return nil, err
	}
	body, err := s.answerTerm(ctx, doc)
	return CreateTerm201JSONResponse{Body: body, Headers: CreateTerm201ResponseHeaders{ETag: etag(doc.Version)}}, err
}

// PutTerm implements StrictServerInterface.
func (s *Server) PutTerm(ctx context.Context, request PutTermRequestObject) (PutTermResponseObject, error) {
	stands, err := s.standing(ctx, booking.DocumentTerm, request.Term, request.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	term, err := s.readTerm(ctx, *request.Body)
	if err != nil {
		return nil, err
	}
	term.ID, term.Version = stands.ID, stands.Version
	doc, err := s.decide(ctx, term)
	if err != nil {
		return nil, err
	}
	body, err := s.answerTerm(ctx, doc)
	return PutTerm200JSONResponse{Body: body, Headers: PutTerm200ResponseHeaders{ETag: etag(doc.Version)}}, err
}

// DeleteTerm implements StrictServerInterface.
func (s *Server) DeleteTerm(ctx context.Context, request DeleteTermRequestObject) (DeleteTermResponseObject, error) {
	return DeleteTerm204Response{}, s.remove(ctx, booking.DocumentTerm, request.Term, request.Params.IfMatch)
}

// GetTermHistory implements StrictServerInterface.
func (s *Server) GetTermHistory(ctx context.Context, request GetTermHistoryRequestObject) (GetTermHistoryResponseObject, error) {
	out, err := s.history(ctx, booking.DocumentTerm, request.Term)
	return GetTermHistory200JSONResponse(out), err
}

func (s *Server) showTerm(d *directory, t booking.Term) Term {
	out := Term{Id: t.ID, Name: t.Name, Starts: Day(t.Starts), Ends: Day(t.Ends), Version: t.Version}
	zone := time.UTC
	for _, site := range d.sites {
		zone = site.Location()
	}
	if t.SiteID != "" {
		out.Site = new(d.siteRef(t.SiteID))
		zone = d.sites[t.SiteID].Location()
	}
	if week := teachingWeek(t, equipment.DayOf(s.now(), zone)); week > 0 {
		out.Week = &week
	}
	return out
}

// teachingWeek gives which week of the term a day lies in, counted from 1; 0: none.
func teachingWeek(t booking.Term, day equipment.Day) int32 {
	if day < t.Starts || day > t.Ends {
		return 0
	}
	week := int32(1)
	monday := t.Starts.Add(-(int(t.Starts.Weekday()) + 6) % 7)
	for next := monday.Add(7); next <= day; next = next.Add(7) {
		week++
	}
	return week
}

func (s *Server) answerTerm(ctx context.Context, doc booking.Document) (Term, error) {
	d, clause, by, err := s.decided(ctx, doc)
	if err != nil {
		return Term{}, err
	}
	out := s.showTerm(d, clause.(booking.Term)) //nolint:forcetypeassert // the document is a term
	out.ChangedBy, out.ChangedAt = by, instant(doc.ChangedAt)
	return out, nil
}

func (s *Server) readTerm(ctx context.Context, in NewTerm) (booking.Term, error) {
	out := booking.Term{Name: in.Name, Starts: equipment.Day(in.Starts), Ends: equipment.Day(in.Ends)}
	if in.Site == nil {
		return out, nil
	}
	site, _, err := s.site(ctx, *in.Site)
	out.SiteID = site.ID
	return out, err
}
