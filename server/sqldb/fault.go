package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/labtide/labtide/server/fault"
)

// violation is a constraint that a statement ran into.
type violation string

const (
	noViolation violation = ""
	uniqueness  violation = "unique"    // a key that is taken
	reference   violation = "reference" // a row that is not there, or is still referred to
	overlap     violation = "overlap"   // an exclusion constraint, or the trigger that stands for it in SQLite
	checked     violation = "check"     // a CHECK or NOT NULL
)

// violated names the kind of constraint and, for overlap, its name: the same in both databases, because SQLite's triggers
// raise the name of PostgreSQL's constraint as their message. For the others the name is the driver's wording.
func violated(err error) (violation, string) {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "23505":
			return uniqueness, pg.ConstraintName
		case "23503":
			return reference, pg.ConstraintName
		case "23P01":
			return overlap, pg.ConstraintName
		case "23514", "23502":
			return checked, pg.ConstraintName
		}
		return noViolation, ""
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
			return uniqueness, lite.Error()
		case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
			return reference, lite.Error()
		case sqlite3.SQLITE_CONSTRAINT_TRIGGER:
			return overlap, raised(lite.Error())
		case sqlite3.SQLITE_CONSTRAINT_CHECK, sqlite3.SQLITE_CONSTRAINT_NOTNULL:
			return checked, lite.Error()
		}
	}
	return noViolation, ""
}

// raised finds the text of RAISE(ABORT, 'text') in the driver's message "constraint failed: text (1811)".
func raised(message string) string {
	message = strings.TrimPrefix(message, "constraint failed: ")
	if cut := strings.LastIndex(message, " ("); cut > 0 {
		message = message[:cut]
	}
	return message
}

// taken answers with the given fault when err says that a key is taken.
func taken(err error, conflict *fault.Error) error {
	if kind, _ := violated(err); kind == uniqueness {
		return conflict.Because(err)
	}
	return err
}

// retryable reports whether the same transaction may simply be run again: it lost against another one, and is undone.
func retryable(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "40001" || pg.Code == "40P01"
	}
	return false // SQLite has one writer; when another process holds it for longer than busy_timeout, so be it
}

// translate turns what is left of driver errors into faults at the edge of the package. A fault and the caller's own
// cancellation pass as they are; an error that nobody foresaw passes, too, and becomes an internal one.
func translate(err error) error {
	var known *fault.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	switch kind, name := violated(err); kind {
	case uniqueness:
		return fault.Conflict("already_exists", "something with this key is there already").Because(err)
	case overlap:
		return fault.Conflict(name, "this overlaps with something that is there already").Because(err)
	case reference:
		return fault.Invalid("reference_unknown", "this refers to something that is not there").Because(err)
	case checked:
		return fault.Invalid("value_out_of_range", "a value is missing or out of its range").Because(err)
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) && strings.HasPrefix(pg.Code, "22") { // a NUL in a text, a number too large
		return fault.Invalid("value_out_of_range", "a value cannot be stored: a text with a NUL, or a number too large").Because(err)
	}
	if retryable(err) || unreachable(err) {
		return fault.Unavailable("database", err)
	}
	return err
}

// unreachable reports whether the database, not the statement, is at fault: gone, starting, full, or out of connections.
func unreachable(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code[:2] {
		case "08", "53", "57", "58": // connection, resources, operator intervention, system
			return true
		}
		return pg.Code == "25006" // read-only: a standby
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN,
			sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PERM:
			return true
		}
		return false
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		pgconn.SafeToRetry(err)
}
