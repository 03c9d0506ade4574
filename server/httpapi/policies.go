package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// remake turns a value of the API into one of the domain, or back, where both are written as the same JSON.
func remake[To any](from any) (to To, err error) {
	raw, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(raw, &to)
	}
	if err != nil {
		return to, fmt.Errorf("httpapi: %w", err)
	}
	return to, nil
}

// scopeRef names what a scope is about; nil: the whole school.
func (d *directory) scopeRef(scope booking.Scope, id string) *PlaceRef {
	switch scope {
	case booking.ScopeSite:
		return new(d.siteRef(id))
	case booking.ScopeRoom:
		return new(d.roomRef(id))
	case booking.ScopeKind:
		return new(d.kindRef(id))
	case booking.ScopeStation:
		station := d.stations[id]
		return &PlaceRef{Id: id, Code: station.Code, Name: name(station.Name)}
	}
	return nil
}

// scopeID finds the place of a scope by id or code. The school has none, the others need one.
func (s *Server) scopeID(ctx context.Context, scope PolicyScope, ref *Ref) (string, *directory, error) {
	if (scope == PolicyScope(booking.ScopeSchool)) != (ref == nil) {
		return "", nil, fault.Rule("policy_scope_invalid", "name the site, room, kind or station; the whole school has no place").On("/place")
	}
	switch booking.Scope(scope) {
	case booking.ScopeSite:
		v, d, err := s.site(ctx, *ref)
		return v.ID, d, err
	case booking.ScopeRoom:
		v, d, err := s.room(ctx, *ref)
		return v.ID, d, err
	case booking.ScopeKind:
		v, d, err := s.kind(ctx, *ref)
		return v.ID, d, err
	case booking.ScopeStation:
		v, d, err := s.station(ctx, *ref)
		return v.ID, d, err
	}
	d, err := s.directory.get(ctx)
	return "", d, err
}

// changedBy names who changed a document; nil: an import or a migration.
func (s *Server) changedBy(ctx context.Context, d booking.Document) (*PersonRef, error) {
	if d.ChangedBy == "" {
		return nil, nil
	}
	called, err := s.accounts.Name(ctx, d.ChangedBy)
	return &PersonRef{Id: d.ChangedBy, Name: called}, err
}

// ListPolicies implements StrictServerInterface.
func (s *Server) ListPolicies(ctx context.Context, _ ListPoliciesRequestObject) (ListPoliciesResponseObject, error) {
	d, err := s.directory.get(ctx)
	if err != nil {
		return nil, err
	}
	docs, err := s.deps.Charter.Documents(ctx, booking.DocumentPolicy)
	if err != nil {
		return nil, err
	}
	defaults, err := remake[PolicyLimits](booking.DefaultPolicy().Rule())
	if err != nil {
		return nil, err
	}
	out := PolicyList{Items: make([]PolicyDocument, len(docs)), Defaults: defaults, Waivable: booking.Waivable()}
	for i, doc := range docs {
		if out.Items[i], err = s.policyDocument(ctx, d, doc); err != nil {
			return nil, err
		}
	}
	return ListPolicies200JSONResponse(out), nil
}

func (s *Server) policyDocument(ctx context.Context, d *directory, doc booking.Document) (PolicyDocument, error) {
	clause, err := doc.Clause()
	if err != nil {
		return PolicyDocument{}, err
	}
	rule := clause.(booking.PolicyRule) //nolint:forcetypeassert // the document is a policy
	out := PolicyDocument{
		Scope: PolicyScope(rule.Scope), Place: d.scopeRef(rule.Scope, rule.ScopeID), Version: doc.Version, ChangedAt: instant(doc.ChangedAt),
	}
	if out.Limits, err = remake[PolicyLimits](rule); err != nil {
		return out, err
	}
	out.ChangedBy, err = s.changedBy(ctx, doc)
	return out, err
}

// scopePolicy reads a scope's own limits, and what holds there.
func (s *Server) scopePolicy(ctx context.Context, scope PolicyScope, ref *Ref) (ScopePolicy, string, error) {
	id, d, err := s.scopeID(ctx, scope, ref)
	if err != nil {
		return ScopePolicy{}, "", err
	}
	doc, err := s.deps.Charter.Document(ctx, booking.DocumentPolicy, booking.PolicyID(booking.Scope(scope), id))
	if err != nil {
		return ScopePolicy{}, "", err
	}
	own, err := s.policyDocument(ctx, d, doc)
	if err != nil {
		return ScopePolicy{}, "", err
	}
	holds, err := s.deps.Charter.Explain(ctx, booking.Scope(scope), id)
	if err != nil {
		return ScopePolicy{}, "", err
	}
	effective, err := remake[PolicyLimits](holds.Policy.Rule())
	return ScopePolicy{
		Scope: own.Scope, Place: own.Place, Limits: own.Limits, Version: own.Version, ChangedBy: own.ChangedBy, ChangedAt: own.ChangedAt,
		Effective: effective, Origins: d.origins(holds.Origins),
	}, etag(doc.Version), err
}

func (d *directory) origins(from map[string]booking.Origin) PolicyOrigins {
	out := PolicyOrigins{}
	for limit, origin := range from {
		out[limit] = PolicyOrigin{Scope: PolicyScope(origin.Scope), Place: d.scopeRef(origin.Scope, origin.ScopeID)}
	}
	return out
}

// putPolicy replaces the limits of a scope; nil removes them.
func (s *Server) putPolicy(ctx context.Context, scope PolicyScope, ref *Ref, ifMatch *IfMatch, limits *PolicyLimits) error {
	id, _, err := s.scopeID(ctx, scope, ref)
	if err != nil {
		return err
	}
	doc, err := s.deps.Charter.Document(ctx, booking.DocumentPolicy, booking.PolicyID(booking.Scope(scope), id))
	if err != nil {
		return err
	}
	if err := matches(ifMatch, etag(doc.Version)); err != nil {
		return err
	}
	if limits == nil {
		if doc.Version == 0 {
			return nil
		}
		return s.rulesChanged(s.deps.Charter.Remove(ctx, callerOf(ctx).Actor, doc))
	}
	rule, err := remake[booking.PolicyRule](limits)
	if err != nil {
		return err
	}
	rule.Scope, rule.ScopeID, rule.Version = booking.Scope(scope), id, doc.Version
	_, err = s.deps.Charter.Put(ctx, callerOf(ctx).Actor, rule)
	return s.rulesChanged(err)
}

// rulesChanged tells who shows what may be booked, when something has been changed; what makes no sense is the caller's
// fault.
func (s *Server) rulesChanged(err error) error {
	if err == nil {
		s.deps.Changed()
	}
	return asRule(err)
}

// policyHistory gives the changes of a scope's limits.
func (s *Server) policyHistory(ctx context.Context, scope PolicyScope, ref *Ref) (RevisionList, error) {
	id, _, err := s.scopeID(ctx, scope, ref)
	if err != nil {
		return RevisionList{}, err
	}
	return s.history(ctx, booking.DocumentPolicy, booking.PolicyID(booking.Scope(scope), id))
}

// history gives the changes of a document. One that has never been is not there, but for a policy.
func (s *Server) history(ctx context.Context, kind booking.DocumentKind, id string) (RevisionList, error) {
	revisions, err := s.deps.Charter.History(ctx, kind, id)
	if err != nil {
		return RevisionList{}, err
	}
	if len(revisions) == 0 && kind != booking.DocumentPolicy {
		return RevisionList{}, booking.ErrUnknown(kind, id)
	}
	register, err := s.deps.Charter.Register(ctx)
	if err != nil {
		return RevisionList{}, err
	}
	out := RevisionList{Items: make([]Revision, len(revisions))}
	for i, r := range revisions {
		out.Items[i] = Revision{
			At: r.ChangedAt.UTC(), Version: r.Version, Removed: len(r.Body) == 0, Fields: fieldChanges(register, r.Fields),
		}
		if out.Items[i].By, err = s.changedBy(ctx, r.Document); err != nil {
			return out, err
		}
	}
	return out, nil
}

// fieldChanges shows values that differ, with codes in the place of ids.
func fieldChanges(register booking.Register, changes []booking.FieldChange) FieldChanges {
	out := make(FieldChanges, len(changes))
	for i, c := range changes {
		out[i] = FieldChange{Name: c.Name, Before: shown(register, c.Name, c.Before), After: shown(register, c.Name, c.After)}
		if c.Name == "scope_id" {
			out[i].Name = "place"
		}
	}
	return out
}

func shown(register booking.Register, field string, raw json.RawMessage) any {
	var value any
	if len(raw) == 0 || json.Unmarshal(raw, &value) != nil {
		return nil
	}
	sorts := map[string][]booking.Scope{
		"scope_id": {booking.ScopeSite, booking.ScopeRoom, booking.ScopeKind, booking.ScopeStation}, "site": {booking.ScopeSite},
		"kinds": {booking.ScopeKind}, "teams": {booking.SortTeam},
	}[field]
	code := func(v any) any {
		id, _ := v.(string)
		for _, sort := range sorts {
			if named := register.Name(sort, id); named != "" {
				return named
			}
		}
		return v
	}
	if list, ok := value.([]any); ok && len(sorts) > 0 {
		list = slices.Clone(list)
		for i := range list {
			list[i] = code(list[i])
		}
		return list
	}
	return code(value)
}
