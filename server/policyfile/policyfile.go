// Package policyfile writes what a school decides about booking as a file that people read, change and keep under version
// control, and reads it again: policies, quotas, competition seasons and terms, in YAML, with things named by their codes.
//
// It may not know how clauses are stored, served or compared. Invariants: what it writes it reads as the same clauses, and
// writes again byte for byte; what it cannot read it refuses whole, naming the key and the line of each fault.
package policyfile

import (
	"fmt"
	"strings"

	"github.com/labtide/labtide/server/booking"
)

// File is what a file says.
type File struct {
	Clauses []booking.Clause
	// Kinds are the sections that the file has: these it decides whole, of the others it says nothing.
	Kinds []booking.DocumentKind
}

// Fault is one thing that is wrong, and where.
type Fault struct {
	Line int    `json:"line,omitempty"` // from 1; 0: the whole file
	Key  string `json:"key,omitempty"`  // policies.rooms.R1.grid_minutes, quotas[2].per
	Code string `json:"code"`           // stable
	Text string `json:"text"`
}

// String gives "line 12: policies.rooms.R1.grid_minutes: text".
func (f Fault) String() string {
	out := f.Text
	if f.Key != "" {
		out = f.Key + ": " + out
	}
	if f.Line > 0 {
		out = fmt.Sprintf("line %d: %s", f.Line, out)
	}
	return out
}

// Faults is everything that is wrong with a file.
type Faults []Fault

// Error gives one line per fault.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "\n")
}

// The codes of faults that only a file has; the others are those of what it names or decides.
const (
	CodeUnreadable = "policy_file_unreadable"
	CodeEmpty      = "policy_file_empty"
	CodeKeyUnknown = "key_unknown"
)

// The sections of a file, in the order in which they are written.
const (
	sectionPolicies = "policies"
	sectionQuotas   = "quotas"
	sectionSeasons  = "seasons"
	sectionTerms    = "terms"
)

// scopeKey is a scope, and the key below which the file lists its places.
type scopeKey struct {
	scope booking.Scope
	key   string
}

func scopeKeys() []scopeKey {
	return []scopeKey{
		{booking.ScopeSchool, "school"}, {booking.ScopeSite, "sites"}, {booking.ScopeRoom, "rooms"}, {booking.ScopeKind, "kinds"},
		{booking.ScopeStation, "stations"},
	}
}

// weekdays are how the file names them; Monday is the first.
func weekdays() []string { return []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} }
