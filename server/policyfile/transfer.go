package policyfile

import (
	"context"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
)

// Change is one difference that an import makes.
type Change struct {
	booking.Revision
	Act     string // added, changed, removed
	Name    string // of a quota, season or term
	Scope   booking.Scope
	ScopeID string // of a policy
}

// Export writes everything that the school has decided.
func Export(ctx context.Context, charter *booking.Charter) ([]byte, error) {
	docs, err := charter.Documents(ctx, "")
	if err != nil {
		return nil, err
	}
	names, err := charter.Register(ctx)
	if err != nil {
		return nil, err
	}
	var clauses []booking.Clause
	for _, doc := range docs {
		d, err := doc.Clause()
		if err != nil {
			return nil, err
		}
		clauses = append(clauses, d)
	}
	return Write(clauses, names)
}

// Import makes the school's clauses those of a file, all or nothing, and says what that changes; dry only says it. The
// error is Faults when the file is wrong.
func Import(ctx context.Context, charter *booking.Charter, actor account.Actor, text []byte, dry bool) ([]Change, error) {
	names, err := charter.Register(ctx)
	if err != nil {
		return nil, err
	}
	file, err := Read(text, names)
	if err != nil {
		return nil, err
	}
	standing, err := charter.Documents(ctx, "")
	if err != nil {
		return nil, err
	}
	revisions, err := charter.Compare(ctx, file.Clauses, file.Kinds)
	if err != nil {
		return nil, err
	}
	out := make([]Change, len(revisions))
	for i, r := range revisions {
		out[i] = change(r, standing)
	}
	if dry || len(revisions) == 0 {
		return out, nil
	}
	return out, charter.Apply(ctx, actor, revisions)
}

// change says what a revision does, and to what.
func change(r booking.Revision, standing []booking.Document) Change {
	out := Change{Revision: r, Act: "added"}
	said := r.Document
	switch {
	case len(r.Body) == 0:
		out.Act = "removed"
		for _, d := range standing {
			if d.Kind == r.Kind && d.ID == r.ID {
				said = d
			}
		}
	case r.Version > 0:
		out.Act = "changed"
	}
	clause, err := said.Clause()
	if err != nil {
		return out
	}
	if rule, ok := clause.(booking.PolicyRule); ok {
		out.Scope, out.ScopeID = rule.Scope, rule.ScopeID
	}
	out.Name = booking.NameOf(clause)
	return out
}

// Called says in a few words what the change is about: the name, or the scope and its code.
func (c Change) Called(names booking.Register) string {
	if c.Kind != booking.DocumentPolicy {
		return c.Name
	}
	if c.Scope == booking.ScopeSchool {
		return string(c.Scope)
	}
	return string(c.Scope) + " " + names.Name(c.Scope, c.ScopeID)
}
