package booking

import (
	"context"
	"encoding/json"
	"time"
)

// AuditSource is what a line of the audit is about: a booking, an outage, or the kind of a document.
type AuditSource string

// The sources beside the kinds of documents.
const (
	AuditBooking AuditSource = "booking"
	AuditOutage  AuditSource = "outage"
)

// The acts on what is not a booking.
const (
	ActSet     Act = "set"     // a document was written
	ActRemoved Act = "removed" // a document was taken away
	ActStarted Act = "started" // an outage was noted
)

// AuditLine is one thing that was done: who, when, to what, and what stood before and afterwards.
type AuditLine struct {
	At       time.Time
	Source   AuditSource
	ID       string // of the booking, the outage or the document
	Version  int64  // that stood afterwards
	PersonID string // who did it; empty: an import, or the server itself
	Act      Act
	Reason   string
	// Before and After are those of a booking, as Trail gives them; Before has no ID when this is the first line of it.
	Before, After Booking
	// OldBody and Body are a document's; empty: there was none, or there is none any more.
	OldBody, Body json.RawMessage
	StationID     string // of an outage
}

// AuditFilter narrows the audit; empty fields do not.
type AuditFilter struct {
	PersonID  string // whose booking it is
	StationID string // that was booked, or is out of order
	ActorID   string // who did it
	Act       Act
	From      time.Time
	Until     time.Time
	After     AuditCursor // the page starts behind it
	Limit     int         // 0: all
}

// AuditCursor is a place in the order of Audit; the zero one is before everything.
type AuditCursor struct {
	At      time.Time
	Source  AuditSource
	ID      string
	Version int64
}

// Cursor gives the line's place in the order of Audit.
func (l AuditLine) Cursor() AuditCursor {
	return AuditCursor{At: l.At, Source: l.Source, ID: l.ID, Version: l.Version}
}

// Audit gives what was done to bookings, rules and stations, the newest first. Who may read it is for the caller to ask.
func (s *Service) Audit(ctx context.Context, f AuditFilter) ([]AuditLine, error) {
	return s.store.Audit(ctx, f)
}
