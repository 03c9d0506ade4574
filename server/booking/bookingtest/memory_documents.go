package bookingtest

import (
	"context"
	"slices"
	"strings"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// PutDocument inserts, replaces or removes.
func (m *Memory) PutDocument(ctx context.Context, d booking.Document) (booking.Document, error) {
	if err := m.PutDocuments(ctx, []booking.Document{d}); err != nil {
		return d, err
	}
	d.Version++
	return d, nil
}

// PutDocuments does so for all, or for none.
func (m *Memory) PutDocuments(_ context.Context, all []booking.Document) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := len(m.documents)
	for _, d := range all {
		last, found := m.latest(d.Kind, d.ID)
		stands := found && len(last.Body) > 0
		if (d.Version == 0) == stands || (stands && d.Version != last.Version) {
			m.documents = m.documents[:before]
			return fault.Stale("document_changed", "this has changed since you read it; look at it again")
		}
		d.Version = last.Version + 1
		m.documents = append(m.documents, d)
	}
	m.version++
	return nil
}

func (m *Memory) latest(kind booking.DocumentKind, id string) (last booking.Document, found bool) {
	for _, d := range m.documents {
		if d.Kind == kind && d.ID == id {
			last, found = d, true
		}
	}
	return last, found
}

// standing gives the documents of a kind that have not been removed, by kind and id.
func (m *Memory) standing(kind booking.DocumentKind) []booking.Document {
	var out []booking.Document
	for i, d := range m.documents {
		newer := slices.ContainsFunc(m.documents[i+1:], func(n booking.Document) bool { return n.Kind == d.Kind && n.ID == d.ID })
		if !newer && len(d.Body) > 0 && (kind == "" || d.Kind == kind) {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b booking.Document) int {
		if c := strings.Compare(string(a.Kind), string(b.Kind)); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

// Documents gives those of a kind as they stand.
func (m *Memory) Documents(_ context.Context, kind booking.DocumentKind) ([]booking.Document, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.standing(kind), nil
}

// DocumentHistory gives every version, oldest first.
func (m *Memory) DocumentHistory(_ context.Context, kind booking.DocumentKind, id string) ([]booking.Document, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := slices.DeleteFunc(slices.Clone(m.documents), func(d booking.Document) bool {
		return d.Kind != kind || (id != "" && d.ID != id)
	})
	slices.SortStableFunc(out, func(a, b booking.Document) int { return a.ChangedAt.Compare(b.ChangedAt) })
	return out, nil
}
