// Package fault is the one shape of an error that a person may see: a kind that decides the HTTP status,
// a stable code for machines and translations, and a message that says what to do.
//
// Everything else (a driver's words, a stack) stays in the wrapped error and reaches only the log.
// The package knows the standard library and nothing of the house.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind is the class of a fault; the HTTP edge turns it into a status.
type Kind string

// The kinds, in the order of the statuses that they become.
const (
	KindInvalid      Kind = "invalid"      // 400: the input does not have the right shape
	KindUnauthorized Kind = "unauthorized" // 401: nobody is signed in
	KindForbidden    Kind = "forbidden"    // 403: signed in, but not allowed
	KindNotFound     Kind = "not_found"    // 404: not there, or not for you to know
	KindConflict     Kind = "conflict"     // 409: something else came first
	KindStale        Kind = "stale"        // 412: changed since it was read
	KindTooLarge     Kind = "too_large"    // 413
	KindRule         Kind = "rule"         // 422: a rule says no
	KindRateLimited  Kind = "rate_limited" // 429
	KindUnavailable  Kind = "unavailable"  // 503: a part that is needed does not answer
	KindInternal     Kind = "internal"     // 500: ours, never the caller's
)

// Error is a fault with a stable code.
type Error struct {
	Kind    Kind
	Code    string // snake_case, stable: a translation key
	Message string // English, says what to do
	Field   string // the input that is at fault, if one is: a JSON pointer or a config key
	// RetryAfter says when it makes sense to try again; zero when nobody knows.
	RetryAfter time.Duration
	Err        error // the cause, for the log only
}

// Error gives the message and the cause: for logs.
func (e *Error) Error() string {
	text := e.Code + ": " + e.Message
	if e.Field != "" {
		text = e.Field + ": " + text
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Because attaches the cause and returns the same fault.
func (e *Error) Because(err error) *Error {
	e.Err = err
	return e
}

// On names the field at fault and returns the same fault.
func (e *Error) On(field string) *Error {
	e.Field = field
	return e
}

// New makes a fault of any kind.
func New(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Invalid says that input does not have the right shape.
func Invalid(code, format string, args ...any) *Error {
	return New(KindInvalid, code, format, args...)
}

// NotFound says that there is no such thing, or none that the caller may know of.
func NotFound(code, format string, args ...any) *Error {
	return New(KindNotFound, code, format, args...)
}

// Conflict says that something else came first.
func Conflict(code, format string, args ...any) *Error {
	return New(KindConflict, code, format, args...)
}

// Forbidden says that the caller may not do this.
func Forbidden(code, format string, args ...any) *Error {
	return New(KindForbidden, code, format, args...)
}

// Unauthorized says that the caller has to sign in first.
func Unauthorized(code, format string, args ...any) *Error {
	return New(KindUnauthorized, code, format, args...)
}

// Rule says that a rule of the school forbids it.
func Rule(code, format string, args ...any) *Error {
	return New(KindRule, code, format, args...)
}

// Stale says that the thing has changed since the caller read it.
func Stale(code, format string, args ...any) *Error {
	return New(KindStale, code, format, args...)
}

// Unavailable says that a part which is needed does not answer; part names it.
func Unavailable(part string, err error) *Error {
	return New(KindUnavailable, part+"_unavailable", "%s does not answer; try again in a moment", part).Because(err)
}

// KindOf gives the kind of err: KindInternal when err is no fault, "" when err is nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindInternal
}

// CodeOf gives the stable code of err: "internal" when err is no fault, "" when err is nil.
func CodeOf(err error) string {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return "internal"
}
