package booking

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Need says that some stations of a kind are only for people with a qualification for it.
type Need struct {
	KindID string
	// Unused is after how long without real use it lapses, where the rules are strictest; 0: never.
	Unused time.Duration
}

// Needs gives the kinds that need a qualification, by id.
func (s *Service) Needs(ctx context.Context) ([]Need, error) {
	rules, err := s.store.Rules(ctx)
	if err != nil {
		return nil, err
	}
	found := map[string]Need{}
	for _, p := range rules.places {
		if !p.policy.Qualification || !p.Bookable {
			continue
		}
		n, unused := found[p.KindID], time.Duration(p.policy.QualificationUnusedDays)*24*time.Hour
		if n.KindID = p.KindID; unused > 0 && (n.Unused == 0 || unused < n.Unused) {
			n.Unused = unused
		}
		found[p.KindID] = n
	}
	out := make([]Need, 0, len(found))
	for _, n := range found {
		out = append(out, n)
	}
	slices.SortFunc(out, func(a, b Need) int { return strings.Compare(a.KindID, b.KindID) })
	return out, nil
}
