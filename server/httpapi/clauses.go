package httpapi

import (
	"context"
	"slices"
	"strings"

	"github.com/labtide/labtide/server/booking"
)

// What quotas, seasons and terms have in common: each is a document that somebody decides, changes and removes.

// named is something with a name to sort by.
type named interface{ called() string }

func (q Quota) called() string  { return q.Name }
func (v Season) called() string { return v.Name }
func (t Term) called() string   { return t.Name }

// listDecided shows all documents of a kind by name.
func listDecided[T named](ctx context.Context, s *Server, kind booking.DocumentKind, show func(context.Context, booking.Document) (T, error)) ([]T, error) {
	docs, err := s.deps.Charter.Documents(ctx, kind)
	if err != nil {
		return nil, err
	}
	out := make([]T, len(docs))
	for i, doc := range docs {
		if out[i], err = show(ctx, doc); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(out, func(a, b T) int { return strings.Compare(a.called(), b.called()) })
	return out, nil
}

// decided reads what a document says, and what its answer needs.
func (s *Server) decided(ctx context.Context, doc booking.Document) (*directory, booking.Clause, *PersonRef, error) {
	clause, err := doc.Clause()
	if err != nil {
		return nil, nil, nil, err
	}
	d, err := s.directory.get(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	by, err := s.changedBy(ctx, doc)
	return d, clause, by, err
}

// decide stores a clause of the caller.
func (s *Server) decide(ctx context.Context, clause booking.Clause) (booking.Document, error) {
	doc, err := s.deps.Charter.Put(ctx, callerOf(ctx).Actor, clause)
	return doc, s.rulesChanged(err)
}

// standing gives a document as it stands, if it is the one that was read.
func (s *Server) standing(ctx context.Context, kind booking.DocumentKind, id string, ifMatch *IfMatch) (booking.Document, error) {
	doc, err := s.deps.Charter.Document(ctx, kind, id)
	if err != nil {
		return doc, err
	}
	return doc, matches(ifMatch, etag(doc.Version))
}

// remove removes a document.
func (s *Server) remove(ctx context.Context, kind booking.DocumentKind, id string, ifMatch *IfMatch) error {
	doc, err := s.standing(ctx, kind, id, ifMatch)
	if err != nil {
		return err
	}
	return s.rulesChanged(s.deps.Charter.Remove(ctx, callerOf(ctx).Actor, doc))
}

func showHours(in []booking.Hours) []WeekHours {
	out := make([]WeekHours, len(in))
	for i, h := range in {
		out[i] = WeekHours{From: clock(h.From), Until: clock(h.Until)}
		if len(h.Weekdays) > 0 {
			days := make([]int32, len(h.Weekdays))
			for k, day := range h.Weekdays {
				days[k] = int32((day+6)%7 + 1) //nolint:gosec // 1 … 7
			}
			out[i].Weekdays = &days
		}
	}
	return out
}

func readWeekHours(in *[]WeekHours) []booking.Hours {
	var out []booking.Hours
	for _, h := range given(in) {
		hours := booking.Hours{From: minutes(h.From), Until: minutes(h.Until)}
		for _, day := range given(h.Weekdays) {
			hours.Weekdays = append(hours.Weekdays, int(day%7))
		}
		out = append(out, hours)
	}
	return out
}

func number(n *int) *int32 {
	if n == nil {
		return nil
	}
	return new(int32(*n)) //nolint:gosec // at most a million
}

func count(n *int32) *int {
	if n == nil {
		return nil
	}
	return new(int(*n))
}
