package sqldb

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/labtide/labtide/server/fault"
)

// field is a column and its value.
type field struct {
	column string
	value  any
}

// row is what put stores in a table with an id and a version.
type row struct {
	table   string
	thing   string // what the row is, in codes and messages: "site"
	id      string // empty: one is made
	version int64  // as it was read; 0: a new row
	fields  []field
	fixed   []field // written when the row is new, and never again
}

// put inserts a row, or replaces the fields of the one that still has the version; it gives the id and the new version.
func (t *tx) put(r row) (id string, version int64, err error) {
	if r.version == 0 {
		return t.insert(r)
	}
	set := make([]string, len(r.fields))
	args := []any{r.id, r.version}
	for i, f := range r.fields {
		set[i] = fmt.Sprintf("%s = $%d", f.column, i+3)
		args = append(args, f.value)
	}
	n, err := t.exec("UPDATE "+r.table+" SET version = version + 1, "+strings.Join(set, ", ")+
		" WHERE id = $1 AND version = $2", args...)
	if err != nil {
		return "", 0, err
	}
	if n == 0 {
		return "", 0, t.missed(r)
	}
	return r.id, r.version + 1, nil
}

func (t *tx) insert(r row) (string, int64, error) {
	if r.id == "" {
		r.id = NewID()
	}
	columns, marks := []string{"id", "version"}, []string{"$1", "1"}
	args := []any{r.id}
	for _, f := range append(r.fields, r.fixed...) {
		columns = append(columns, f.column)
		args = append(args, f.value)
		marks = append(marks, fmt.Sprintf("$%d", len(args)))
	}
	_, err := t.exec("INSERT INTO "+r.table+" ("+strings.Join(columns, ", ")+") VALUES ("+strings.Join(marks, ", ")+")", args...)
	return r.id, 1, err
}

// missed tells why an update found no row: never there, or changed by somebody else.
func (t *tx) missed(r row) error {
	var version int64
	err := t.row("SELECT version FROM "+r.table+" WHERE id = $1", r.id).Scan(&version)
	if errors.Is(err, sql.ErrNoRows) {
		return unknown(r.thing, r.id)
	}
	if err != nil {
		return err
	}
	return fault.Stale("version_stale", "the %s has changed since it was read; read it again", r.thing)
}

// unknown is the fault of an id that is not there: site_unknown.
func unknown(thing, id string) *fault.Error {
	return fault.NotFound(thing+"_unknown", "there is no %s %q", thing, id)
}

// resolve finds the id of a row by its id or by its code.
func (t *tx) resolve(table, thing, idOrCode string) (string, error) {
	if !keyable(idOrCode) {
		return "", unknown(thing, idOrCode)
	}
	var ids []string
	exact := false
	err := t.each(func(row scanner) error {
		var id string
		err := row.Scan(&id)
		exact = exact || id == idOrCode
		ids = append(ids, id)
		return err
	}, "SELECT id FROM "+table+" WHERE id = $1 OR code = $1", idOrCode)
	switch {
	case err != nil:
		return "", err
	case exact: // an id wins against a code of the same letters
		return idOrCode, nil
	case len(ids) == 1:
		return ids[0], nil
	case len(ids) > 1:
		return "", fault.Conflict("code_ambiguous", "more than one %s has the code %q; use its id", thing, idOrCode)
	}
	return "", unknown(thing, idOrCode)
}
