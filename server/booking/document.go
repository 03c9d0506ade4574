package booking

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// DocumentKind is what a document decides about.
type DocumentKind string

// The kinds of documents.
const (
	DocumentPolicy DocumentKind = "policy"
	DocumentQuota  DocumentKind = "quota"
	DocumentSeason DocumentKind = "season"
	DocumentTerm   DocumentKind = "term"
)

// Document is one thing that the school decides: stored as JSON, with its history. Every change gives the rules a new version.
type Document struct {
	Kind      DocumentKind
	ID        string
	Body      json.RawMessage // empty: removed
	Version   int64
	ChangedBy string // person; empty: an import or a migration
	ChangedAt time.Time
}

// PolicyID gives the id of a scope's policy document: "school", or "room:" and the room's id.
func PolicyID(scope Scope, scopeID string) string {
	if scope == ScopeSchool {
		return string(ScopeSchool)
	}
	return string(scope) + ":" + scopeID
}

// Document gives the rule as it is stored.
func (r PolicyRule) Document() Document {
	return Document{Kind: DocumentPolicy, ID: PolicyID(r.Scope, r.ScopeID), Body: encode(r), Version: r.Version}
}

// Document gives the quota as it is stored.
func (q Quota) Document() Document {
	return Document{Kind: DocumentQuota, ID: q.ID, Body: encode(q), Version: q.Version}
}

// Document gives the season as it is stored.
func (s Season) Document() Document {
	return Document{Kind: DocumentSeason, ID: s.ID, Body: encode(s), Version: s.Version}
}

// Document gives the term as it is stored.
func (t Term) Document() Document {
	return Document{Kind: DocumentTerm, ID: t.ID, Body: encode(t), Version: t.Version}
}

// encode writes numbers, texts and lists of them: it cannot fail.
func encode(v any) json.RawMessage {
	body, _ := json.Marshal(v)
	return body
}

// Add puts a stored document among the facts. A kind that a newer server has written is left out.
func (f *Facts) Add(d Document) error {
	var err error
	switch d.Kind {
	case DocumentPolicy:
		r := PolicyRule{Version: d.Version}
		scope, id, _ := strings.Cut(d.ID, ":")
		r.Scope, r.ScopeID = Scope(scope), id
		err = json.Unmarshal(d.Body, &r)
		f.Policies = append(f.Policies, r)
	case DocumentQuota:
		q := Quota{ID: d.ID, Version: d.Version}
		err = json.Unmarshal(d.Body, &q)
		f.Quotas = append(f.Quotas, q)
	case DocumentSeason:
		s := Season{ID: d.ID, Version: d.Version}
		err = json.Unmarshal(d.Body, &s)
		f.Seasons = append(f.Seasons, s)
	case DocumentTerm:
		t := Term{ID: d.ID, Version: d.Version}
		err = json.Unmarshal(d.Body, &t)
		f.Terms = append(f.Terms, t)
	}
	if err != nil {
		return fmt.Errorf("booking: the %s %q is stored as something else: %w", d.Kind, d.ID, err)
	}
	return nil
}
