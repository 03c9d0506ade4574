package httpapi

import (
	"context"
	"slices"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// The states, as openapi.yaml has them.
const (
	qualificationValid   QualificationState = "valid"
	qualificationEnding  QualificationState = "ending"
	qualificationExpired QualificationState = "expired"
	qualificationUnused  QualificationState = "unused"
	qualificationRevoked QualificationState = "revoked"
)

// stateOf says in one word what a qualification is worth now.
func stateOf(q account.Qualification, needs []booking.Need, now time.Time) QualificationState {
	unused := time.Duration(0)
	for _, n := range needs {
		if n.KindID == q.KindID {
			unused = n.Unused
		}
	}
	switch {
	case !q.RevokedAt.IsZero():
		return qualificationRevoked
	case !q.Valid(now, 0):
		return qualificationExpired
	case !q.Valid(now, unused):
		return qualificationUnused
	case !q.Valid(now.Add(account.Ending), 0):
		return qualificationEnding
	}
	return qualificationValid
}

func holds(state QualificationState) bool {
	return state == qualificationValid || state == qualificationEnding
}

func (s *Server) showQualification(ctx context.Context, d *directory, q account.Qualification, needs []booking.Need) (Qualification, error) {
	out := Qualification{
		Id: q.ID, Kind: d.kindRef(q.KindID), State: stateOf(q, needs, s.now()), GrantedAt: q.GrantedAt.UTC(), ExpiresAt: instant(q.ExpiresAt),
		LastUsedAt: instant(q.LastUsedAt), RevokedAt: instant(q.RevokedAt), Note: text(q.Note), Version: q.Version,
	}
	called, err := s.accounts.Name(ctx, q.PersonID)
	out.Person = PersonRef{Id: q.PersonID, Name: called}
	for _, by := range []struct {
		id string
		to **PersonRef
	}{{q.GrantedBy, &out.GrantedBy}, {q.RevokedBy, &out.RevokedBy}} {
		if by.id == "" || err != nil {
			continue
		}
		called, err = s.accounts.Name(ctx, by.id)
		*by.to = &PersonRef{Id: by.id, Name: called}
	}
	return out, err
}

func (s *Server) showQualifications(ctx context.Context, d *directory, all []account.Qualification, needs []booking.Need) ([]Qualification, error) {
	out := make([]Qualification, len(all))
	var err error
	for i, q := range all {
		if out[len(all)-1-i], err = s.showQualification(ctx, d, q, needs); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// answerQualification shows one that was written.
func (s *Server) answerQualification(ctx context.Context, q account.Qualification) (Qualification, string, error) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	d, err := s.directory.get(ctx)
	if err != nil {
		return Qualification{}, "", err
	}
	needs, err := s.deps.Bookings.Needs(ctx)
	if err != nil {
		return Qualification{}, "", err
	}
	out, err := s.showQualification(ctx, d, q, needs)
	return out, etag(q.Version), err
}

// ListQualifications implements StrictServerInterface.
func (s *Server) ListQualifications(ctx context.Context, request ListQualificationsRequestObject) (ListQualificationsResponseObject, error) {
	d, err := s.directory.get(ctx)
	if err != nil {
		return nil, err
	}
	kindID := ""
	if request.Params.Kind != nil {
		kind, err := d.kind(*request.Params.Kind)
		if err != nil {
			return nil, err
		}
		kindID = kind.ID
	}
	all, err := s.accounts.Qualifications(ctx, personRef(ctx, request.Params.Person), kindID)
	if err != nil {
		return nil, err
	}
	needs, err := s.deps.Bookings.Needs(ctx)
	if err != nil {
		return nil, err
	}
	items, err := s.showQualifications(ctx, d, all, needs)
	return ListQualifications200JSONResponse{Items: items}, err
}

// GrantQualification implements StrictServerInterface.
func (s *Server) GrantQualification(ctx context.Context, request GrantQualificationRequestObject) (GrantQualificationResponseObject, error) {
	in := request.Body
	d, err := s.directory.get(ctx)
	if err != nil {
		return nil, err
	}
	kind, err := d.kind(in.Kind)
	if err != nil {
		return nil, err
	}
	q, err := s.accounts.Grant(ctx, callerOf(ctx).Actor, account.Qualification{
		PersonID: personRef(ctx, &in.Person), KindID: kind.ID, ExpiresAt: given(in.ExpiresAt), Note: given(in.Note),
	})
	if err != nil {
		return nil, err
	}
	body, tag, err := s.answerQualification(ctx, q)
	return GrantQualification201JSONResponse{Body: body, Headers: GrantQualification201ResponseHeaders{ETag: tag}}, err
}

// UpdateQualification implements StrictServerInterface.
func (s *Server) UpdateQualification(ctx context.Context, request UpdateQualificationRequestObject) (UpdateQualificationResponseObject, error) {
	in := request.Body
	if in.ExpiresAt != nil && given(in.NeverExpires) {
		return nil, fault.Rule("end_or_never", "a qualification has an end or none, not both").On("/never_expires")
	}
	renewal := account.Renewal{ExpiresAt: in.ExpiresAt, Note: in.Note}
	if given(in.NeverExpires) {
		renewal.ExpiresAt = new(time.Time)
	}
	q, err := s.accounts.Renew(ctx, callerOf(ctx).Actor, request.Qualification, versionOf(request.Params.IfMatch), renewal)
	if err != nil {
		return nil, err
	}
	body, tag, err := s.answerQualification(ctx, q)
	return UpdateQualification200JSONResponse{Body: body, Headers: UpdateQualification200ResponseHeaders{ETag: tag}}, err
}

// RevokeQualification implements StrictServerInterface.
func (s *Server) RevokeQualification(ctx context.Context, request RevokeQualificationRequestObject) (RevokeQualificationResponseObject, error) {
	q, err := s.accounts.Revoke(ctx, callerOf(ctx).Actor, request.Qualification, versionOf(request.Params.IfMatch))
	if err != nil {
		return nil, err
	}
	body, tag, err := s.answerQualification(ctx, q)
	return RevokeQualification200JSONResponse{Body: body, Headers: RevokeQualification200ResponseHeaders{ETag: tag}}, err
}

// GetMyQualifications implements StrictServerInterface.
func (s *Server) GetMyQualifications(ctx context.Context, _ GetMyQualificationsRequestObject) (GetMyQualificationsResponseObject, error) {
	d, err := s.directory.get(ctx)
	if err != nil {
		return nil, err
	}
	mine, err := s.accounts.Qualifications(ctx, callerOf(ctx).PersonID, "")
	if err != nil {
		return nil, err
	}
	needs, err := s.deps.Bookings.Needs(ctx)
	if err != nil {
		return nil, err
	}
	out := MyQualifications{Missing: []MissingQualification{}, Granters: []PersonRef{}}
	if out.Items, err = s.showQualifications(ctx, d, mine, needs); err != nil {
		return nil, err
	}
	for _, need := range needs {
		missing := MissingQualification{Kind: d.kindRef(need.KindID)}
		if !slices.ContainsFunc(out.Items, func(q Qualification) bool {
			if q.Kind.Id == need.KindID && missing.State == nil {
				missing.State = &q.State
			}
			return q.Kind.Id == need.KindID && holds(q.State)
		}) {
			out.Missing = append(out.Missing, missing)
		}
	}
	granters, err := s.accounts.Granters(ctx)
	for _, p := range granters {
		out.Granters = append(out.Granters, PersonRef{Id: p.ID, Name: p.Name})
	}
	return GetMyQualifications200JSONResponse(out), err
}
