package httpapi

import (
	"context"

	"github.com/labtide/labtide/server/booking"
)

const wholeSchool = PolicyScope(booking.ScopeSchool)

// GetSchoolPolicy implements StrictServerInterface.
func (s *Server) GetSchoolPolicy(ctx context.Context, _ GetSchoolPolicyRequestObject) (GetSchoolPolicyResponseObject, error) {
	body, tag, err := s.scopePolicy(ctx, wholeSchool, nil)
	return GetSchoolPolicy200JSONResponse{Body: body, Headers: GetSchoolPolicy200ResponseHeaders{ETag: tag}}, err
}

// PutSchoolPolicy implements StrictServerInterface.
func (s *Server) PutSchoolPolicy(ctx context.Context, request PutSchoolPolicyRequestObject) (PutSchoolPolicyResponseObject, error) {
	if err := s.putPolicy(ctx, wholeSchool, nil, request.Params.IfMatch, request.Body); err != nil {
		return nil, err
	}
	body, tag, err := s.scopePolicy(ctx, wholeSchool, nil)
	return PutSchoolPolicy200JSONResponse{Body: body, Headers: PutSchoolPolicy200ResponseHeaders{ETag: tag}}, err
}

// DeleteSchoolPolicy implements StrictServerInterface.
func (s *Server) DeleteSchoolPolicy(ctx context.Context, request DeleteSchoolPolicyRequestObject) (DeleteSchoolPolicyResponseObject, error) {
	return DeleteSchoolPolicy204Response{}, s.putPolicy(ctx, wholeSchool, nil, request.Params.IfMatch, nil)
}

// GetSchoolPolicyHistory implements StrictServerInterface.
func (s *Server) GetSchoolPolicyHistory(ctx context.Context, _ GetSchoolPolicyHistoryRequestObject) (GetSchoolPolicyHistoryResponseObject, error) {
	out, err := s.policyHistory(ctx, wholeSchool, nil)
	return GetSchoolPolicyHistory200JSONResponse(out), err
}

// GetScopePolicy implements StrictServerInterface.
func (s *Server) GetScopePolicy(ctx context.Context, request GetScopePolicyRequestObject) (GetScopePolicyResponseObject, error) {
	body, tag, err := s.scopePolicy(ctx, PolicyScope(request.Scope), &request.Place)
	return GetScopePolicy200JSONResponse{Body: body, Headers: GetScopePolicy200ResponseHeaders{ETag: tag}}, err
}

// PutScopePolicy implements StrictServerInterface.
func (s *Server) PutScopePolicy(ctx context.Context, request PutScopePolicyRequestObject) (PutScopePolicyResponseObject, error) {
	scope := PolicyScope(request.Scope)
	if err := s.putPolicy(ctx, scope, &request.Place, request.Params.IfMatch, request.Body); err != nil {
		return nil, err
	}
	body, tag, err := s.scopePolicy(ctx, scope, &request.Place)
	return PutScopePolicy200JSONResponse{Body: body, Headers: PutScopePolicy200ResponseHeaders{ETag: tag}}, err
}

// DeleteScopePolicy implements StrictServerInterface.
func (s *Server) DeleteScopePolicy(ctx context.Context, request DeleteScopePolicyRequestObject) (DeleteScopePolicyResponseObject, error) {
	return DeleteScopePolicy204Response{}, s.putPolicy(ctx, PolicyScope(request.Scope), &request.Place, request.Params.IfMatch, nil)
}

// GetScopePolicyHistory implements StrictServerInterface.
func (s *Server) GetScopePolicyHistory(ctx context.Context, request GetScopePolicyHistoryRequestObject) (GetScopePolicyHistoryResponseObject, error) {
	out, err := s.policyHistory(ctx, PolicyScope(request.Scope), &request.Place)
	return GetScopePolicyHistory200JSONResponse(out), err
}

// GetPolicy implements StrictServerInterface.
func (s *Server) GetPolicy(ctx context.Context, request GetPolicyRequestObject) (GetPolicyResponseObject, error) {
	station, d, err := s.station(ctx, request.Station)
	if err != nil {
		return nil, err
	}
	holds, err := s.deps.Charter.Explain(ctx, booking.ScopeStation, station.ID)
	if err != nil {
		return nil, err
	}
	effective, err := remake[PolicyLimits](holds.Policy.Rule())
	if err != nil {
		return nil, err
	}
	teams, err := s.teamRefs(ctx, len(holds.Seasons) > 0)
	if err != nil {
		return nil, err
	}
	out := Policy{
		Station: d.stationRef(station), GridMinutes: *effective.GridMinutes, ShortestMinutes: *effective.ShortestMinutes,
		LongestMinutes: *effective.LongestMinutes, HorizonDays: *effective.HorizonDays, NoticeMinutes: *effective.NoticeMinutes,
		ClassLongestMinutes: *effective.ClassLongestMinutes, ClassHorizonDays: *effective.ClassHorizonDays,
		ManyStations: *effective.ManyStations, Effective: effective, Origins: d.origins(holds.Origins),
		Quotas: []Quota{}, Seasons: []Season{}, Terms: []Term{},
	}
	for _, q := range holds.Quotas {
		out.Quotas = append(out.Quotas, d.showQuota(q))
	}
	for _, v := range holds.Seasons {
		out.Seasons = append(out.Seasons, d.showSeason(v, teams))
	}
	for _, t := range holds.Terms {
		out.Terms = append(out.Terms, s.showTerm(d, t))
	}
	return GetPolicy200JSONResponse(out), nil
}
