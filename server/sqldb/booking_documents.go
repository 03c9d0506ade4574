package sqldb

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

const documentColumns = "kind, id, body, version, changed_by, changed_at"

func scanDocument(row scanner) (d booking.Document, err error) {
	var body string
	var changedAt int64
	err = row.Scan(&d.Kind, &d.ID, &body, &d.Version, &d.ChangedBy, &changedAt)
	d.Body, d.ChangedAt = json.RawMessage(body), secondsUTC(changedAt)
	return d, err
}

// PutDocument inserts, replaces or removes a document.
func (b *Bookings) PutDocument(ctx context.Context, d booking.Document) (booking.Document, error) {
	var stored booking.Document
	err := b.db.write(ctx, func(t *tx) (err error) {
		stored, err = putDocument(t, d)
		return err
	})
	return stored, err
}

// PutDocuments does so for all, or for none.
func (b *Bookings) PutDocuments(ctx context.Context, all []booking.Document) error {
	return b.db.write(ctx, func(t *tx) error {
		for _, d := range all {
			if _, err := putDocument(t, d); err != nil {
				return err
			}
		}
		return nil
	})
}

func putDocument(t *tx, d booking.Document) (booking.Document, error) {
	stale := fault.Stale("document_changed", "this has changed since you read it; look at it again")
	if !keyable(d.ID) {
		return d, fault.Invalid("document_id_invalid", "the id %q cannot be stored", d.ID)
	}
	var stands int64
	err := t.row("SELECT version FROM booking_documents WHERE kind = $1 AND id = $2"+t.dialect.forUpdate, string(d.Kind), d.ID).Scan(&stands)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return d, err
	}
	if stands != d.Version {
		return d, stale
	}
	last := sql.NullInt64{}
	if err := t.row("SELECT max(version) FROM booking_document_versions WHERE kind = $1 AND id = $2", string(d.Kind), d.ID).Scan(&last); err != nil {
		return d, err
	}
	d.Version = last.Int64 + 1
	args := []any{string(d.Kind), d.ID, string(d.Body), d.Version, d.ChangedBy, d.ChangedAt.Unix()}
	text := "INSERT INTO booking_documents (" + documentColumns + ") VALUES ($1, $2, $3, $4, $5, $6)"
	switch {
	case len(d.Body) == 0:
		text = "DELETE FROM booking_documents WHERE kind = $1 AND id = $2"
	case stands > 0:
		text = "UPDATE booking_documents SET body = $3, version = $4, changed_by = $5, changed_at = $6 WHERE kind = $1 AND id = $2"
	}
	given := args
	if len(d.Body) == 0 {
		given = args[:2]
	}
	if _, err := t.exec(text, given...); err != nil {
		return d, taken(err, stale)
	}
	_, err = t.exec("INSERT INTO booking_document_versions ("+documentColumns+") VALUES ($1, $2, $3, $4, $5, $6)", args...)
	return d, taken(err, stale)
}

// Documents gives those of a kind as they stand, by id; no kind: all.
func (b *Bookings) Documents(ctx context.Context, kind booking.DocumentKind) ([]booking.Document, error) {
	if !keyable(string(kind)) {
		return nil, nil
	}
	out, err := list(b.db.direct(ctx), scanDocument,
		"SELECT "+documentColumns+" FROM booking_documents WHERE kind = $1 OR $1 = '' ORDER BY kind, id", string(kind))
	return out, translate(err)
}

// DocumentHistory gives every version of one, oldest first; an empty id: of all of that kind, by instant.
func (b *Bookings) DocumentHistory(ctx context.Context, kind booking.DocumentKind, id string) ([]booking.Document, error) {
	if !keyable(string(kind) + id) {
		return nil, nil
	}
	out, err := list(b.db.direct(ctx), scanDocument, "SELECT "+documentColumns+` FROM booking_document_versions
		WHERE kind = $1 AND (id = $2 OR $2 = '') ORDER BY changed_at, id, version`, string(kind), id)
	return out, translate(err)
}
