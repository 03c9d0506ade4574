package booking

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
)

// Revision is one change of a document, made or to be made: what it becomes, and every value that differs.
type Revision struct {
	Document
	Fields []FieldChange // by name
}

// FieldChange is a value of a document that differs; nil: there was, or is, none.
type FieldChange struct {
	Name   string
	Before json.RawMessage
	After  json.RawMessage
}

// History gives the changes of one document, newest first; no id: of all of that kind.
func (c *Charter) History(ctx context.Context, kind DocumentKind, id string) ([]Revision, error) {
	versions, err := c.store.DocumentHistory(ctx, kind, id)
	if err != nil {
		return nil, err
	}
	before := map[string]json.RawMessage{}
	out := make([]Revision, len(versions))
	for i, d := range versions {
		out[i] = Revision{Document: d, Fields: Differences(before[d.ID], d.Body)}
		before[d.ID] = d.Body
	}
	slices.Reverse(out)
	return out, nil
}

// Differences compares two bodies; an empty one has no values.
func Differences(before, after json.RawMessage) []FieldChange {
	was, is := bodyFields(before), bodyFields(after)
	names := maps.Clone(was)
	maps.Copy(names, is)
	var out []FieldChange
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !bytes.Equal(was[name], is[name]) {
			out = append(out, FieldChange{Name: name, Before: was[name], After: is[name]})
		}
	}
	return out
}

// bodyFields takes a body apart, each value written the same way whoever stored it.
func bodyFields(body json.RawMessage) map[string]json.RawMessage {
	values := map[string]json.RawMessage{}
	_ = json.Unmarshal(body, &values) // what is no object has no values
	for name, value := range values {
		var tight bytes.Buffer
		if json.Compact(&tight, value) == nil {
			values[name] = tight.Bytes()
		}
	}
	return values
}

// Compare finds what has to change so that the clauses of these kinds are exactly the wanted ones; those of the other kinds
// stay. Quotas, seasons and terms are known by their names: the one that stands keeps its id. Nothing is written.
func (c *Charter) Compare(ctx context.Context, wanted []Clause, kinds []DocumentKind) ([]Revision, error) {
	standing, err := c.store.Documents(ctx, "")
	if err != nil {
		return nil, err
	}
	byTitle := map[string]Document{}
	for _, d := range standing {
		if clause, err := d.Clause(); err == nil && slices.Contains(kinds, d.Kind) {
			byTitle[Title(clause)] = d
		}
	}
	var out []Revision
	for _, w := range wanted {
		d := w.Document()
		before, stands := byTitle[Title(w)]
		delete(byTitle, Title(w))
		switch {
		case stands:
			d.ID, d.Version = before.ID, before.Version
		case d.ID == "":
			d.ID = newDocumentID()
		}
		if changed := Differences(before.Body, d.Body); len(changed) > 0 || !stands {
			out = append(out, Revision{Document: d, Fields: changed})
		}
	}
	for _, d := range standing {
		clause, err := d.Clause()
		if err != nil {
			continue
		}
		if _, gone := byTitle[Title(clause)]; gone {
			delete(byTitle, Title(clause))
			removed := Document{Kind: d.Kind, ID: d.ID, Version: d.Version}
			out = append(out, Revision{Document: removed, Fields: Differences(d.Body, nil)})
		}
	}
	return out, nil
}
