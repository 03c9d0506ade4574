package booking

import (
	"context"
	"crypto/rand"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// Charter keeps what the school decides: policies, quotas, seasons and terms. It refuses what makes no sense or names what
// is not there, remembers who changed what, and says beforehand what a change would do. Who may ask is for the caller to know.
type Charter struct {
	store    Store
	register Registry
	teams    Teams
	now      func() time.Time
}

// NewCharter makes a charter; now tells the time.
func NewCharter(store Store, register Registry, teams Teams, now func() time.Time) *Charter {
	return &Charter{store: store, register: register, teams: teams, now: now}
}

func (c *Charter) clock() time.Time { return c.now().UTC().Truncate(time.Second) }

// Clause is one thing that the school decides: a PolicyRule, Quota, Season or Term.
type Clause interface {
	Document() Document
	Validate() error
}

// Clause reads a stored document.
func (d Document) Clause() (Clause, error) {
	var f Facts
	if err := f.Add(d); err != nil {
		return nil, err
	}
	switch d.Kind {
	case DocumentPolicy:
		return f.Policies[0], nil
	case DocumentQuota:
		return f.Quotas[0], nil
	case DocumentSeason:
		return f.Seasons[0], nil
	case DocumentTerm:
		return f.Terms[0], nil
	}
	return nil, fault.Invalid("document_kind_unknown", "there are no documents of kind %q", d.Kind)
}

// Register reads everything that a document may name.
func (c *Charter) Register(ctx context.Context) (r Register, err error) {
	if r.Sites, err = c.register.Sites(ctx); err != nil {
		return r, err
	}
	if r.Rooms, err = c.register.Rooms(ctx); err != nil {
		return r, err
	}
	if r.Kinds, err = c.register.Kinds(ctx); err != nil {
		return r, err
	}
	if r.Stations, err = c.register.Stations(ctx, equipment.StationFilter{}); err != nil {
		return r, err
	}
	r.Teams, err = c.teams.Teams(ctx, "")
	return r, err
}

// Documents gives those of a kind as they stand, by id; no kind: all.
func (c *Charter) Documents(ctx context.Context, kind DocumentKind) ([]Document, error) {
	return c.store.Documents(ctx, kind)
}

// Document gives one as it stands. One that is not there is KindNotFound "document_unknown"; a policy of a scope that sets
// nothing is an empty one of Version 0.
func (c *Charter) Document(ctx context.Context, kind DocumentKind, id string) (Document, error) {
	all, err := c.store.Documents(ctx, kind)
	if err != nil {
		return Document{}, err
	}
	for _, d := range all {
		if d.ID == id {
			return d, nil
		}
	}
	if kind == DocumentPolicy {
		return Document{Kind: kind, ID: id, Body: encode(PolicyRule{})}, nil
	}
	return Document{}, ErrUnknown(kind, id)
}

// ErrUnknown says that there is no such document.
func ErrUnknown(kind DocumentKind, id string) error {
	switch kind {
	case DocumentQuota:
		return fault.NotFound("quota_unknown", "there is no quota %q", id)
	case DocumentSeason:
		return fault.NotFound("season_unknown", "there is no competition season %q", id)
	case DocumentTerm:
		return fault.NotFound("term_unknown", "there is no term %q", id)
	}
	return fault.NotFound("policy_unknown", "there is no policy %q", id)
}

// Put stores a clause, and gives it as it is stored. A new quota, season or term gets an id.
func (c *Charter) Put(ctx context.Context, actor account.Actor, d Clause) (Document, error) {
	doc, err := c.check(ctx, d)
	if err != nil {
		return doc, err
	}
	doc.ChangedBy, doc.ChangedAt = actor.PersonID, c.clock()
	if doc.ID == "" {
		doc.ID = newDocumentID()
	}
	return c.store.PutDocument(ctx, doc)
}

func newDocumentID() string { return strings.ToLower(rand.Text()) }

// Remove removes a document of that version.
func (c *Charter) Remove(ctx context.Context, actor account.Actor, d Document) error {
	d.Body, d.ChangedBy, d.ChangedAt = nil, actor.PersonID, c.clock()
	_, err := c.store.PutDocument(ctx, d)
	return err
}

// Apply stores and removes documents that Compare found to differ: all of them, or none.
func (c *Charter) Apply(ctx context.Context, actor account.Actor, all []Revision) error {
	docs := make([]Document, len(all))
	for i, r := range all {
		docs[i] = r.Document
		docs[i].ChangedBy, docs[i].ChangedAt = actor.PersonID, c.clock()
	}
	return c.store.PutDocuments(ctx, docs)
}

// check refuses a clause that makes no sense, names what is not there, or has the name of another of its kind.
func (c *Charter) check(ctx context.Context, d Clause) (Document, error) {
	doc := d.Document()
	if err := CheckClause(d); err != nil {
		return doc, err
	}
	register, err := c.Register(ctx)
	if err != nil {
		return doc, err
	}
	if err := register.Check(d); err != nil {
		return doc, err
	}
	all, err := c.store.Documents(ctx, doc.Kind)
	if err != nil {
		return doc, err
	}
	for _, other := range all {
		standing, err := other.Clause()
		if err == nil && other.ID != doc.ID && Title(standing) == Title(d) {
			return doc, fault.Conflict("name_taken", "there is a %s of that name already; choose another name", doc.Kind).On("/name")
		}
	}
	return doc, nil
}

// CheckClause refuses a clause that makes no sense by itself, or has a name that nobody can read.
func CheckClause(d Clause) error {
	if err := d.Validate(); err != nil {
		return err
	}
	name := NameOf(d)
	if d.Document().Kind == DocumentPolicy {
		return nil
	}
	if name == "" || strings.TrimSpace(name) != name || !plain(name) || utf8.RuneCountInString(name) > longestName {
		return fault.Invalid("name_invalid", "a name has 1 to %d characters, none of them a control character, and no space at its ends", longestName).On("/name")
	}
	return nil
}

// longestName bounds the name of a quota, season or term, in characters.
const longestName = 120

// NameOf gives the name of a quota, season or term; a policy has none.
func NameOf(d Clause) string {
	switch v := d.(type) {
	case Quota:
		return v.Name
	case Season:
		return v.Name
	case Term:
		return v.Name
	}
	return ""
}

// Title is what people know a clause by: the scope of a policy, else its kind and name, of a term with its site. It is no
// text to read.
func Title(d Clause) string {
	doc := d.Document()
	switch v := d.(type) {
	case PolicyRule:
		return string(doc.Kind) + "\x00" + doc.ID
	case Term:
		return string(doc.Kind) + "\x00" + v.SiteID + "\x00" + v.Name
	}
	return string(doc.Kind) + "\x00" + NameOf(d)
}

// Check refuses a clause that names what is not there.
func (r Register) Check(d Clause) error {
	missing := func(field string, sort Scope, ids ...string) error {
		for _, id := range ids {
			if !r.has(sort, id) {
				return fault.NotFound(string(sort)+"_unknown", "there is no %s %q", sort, id).On(field)
			}
		}
		return nil
	}
	site := func(id string) error {
		if id == "" {
			return nil
		}
		return missing("/site", ScopeSite, id)
	}
	switch v := d.(type) {
	case PolicyRule:
		if v.Scope != ScopeSchool {
			return missing("/place", v.Scope, v.ScopeID)
		}
	case Quota:
		if v.Scope != ScopeSchool {
			return missing("/place", v.Scope, v.ScopeID)
		}
	case Season:
		if err := site(v.SiteID); err != nil {
			return err
		}
		if err := missing("/kinds", ScopeKind, v.Kinds...); err != nil {
			return err
		}
		return missing("/teams", SortTeam, v.Teams...)
	case Term:
		return site(v.SiteID)
	}
	return nil
}

// Explain tells what holds for a scope, by id, and where each value comes from: at a station with the seasons and terms that
// concern it.
func (c *Charter) Explain(ctx context.Context, scope Scope, id string) (Explained, error) {
	rules, err := c.store.Rules(ctx)
	if err != nil {
		return Explained{}, err
	}
	if scope == ScopeStation {
		out, ok := rules.Explain(id, c.now())
		if !ok {
			return out, errStationUnknown(id)
		}
		return out, nil
	}
	register, err := c.Register(ctx)
	if err != nil {
		return Explained{}, err
	}
	return rules.explain(register.chain(scope, id)), nil
}
