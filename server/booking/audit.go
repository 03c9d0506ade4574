package booking

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// AuditSource is what a line of the audit is about: a booking, what is known of a deed, or the kind of a document.
type AuditSource string

// The sources beside the kinds of documents.
const (
	AuditBooking       AuditSource = "booking"
	AuditOutage        AuditSource = "outage"
	AuditReport        AuditSource = "report" // of a fault
	AuditStrike        AuditSource = "strike"
	AuditQualification AuditSource = "qualification"
	AuditPerson        AuditSource = "person"
	AuditLink          AuditSource = "link" // one-time: it sets a password
	AuditToken         AuditSource = "token"
	AuditWebhook       AuditSource = "webhook"
)

// Rule reports whether it is a kind of document.
func (s AuditSource) Rule() bool {
	switch DocumentKind(s) {
	case DocumentPolicy, DocumentQuota, DocumentSeason, DocumentTerm:
		return true
	}
	return false
}

// The acts on what is not a booking.
const (
	ActSet             Act = "set"     // a document was written
	ActRemoved         Act = "removed" // a document was taken away
	ActStarted         Act = "started" // an outage was noted
	ActOutageChanged   Act = "outage_changed"
	ActOutageEnded     Act = "outage_ended"
	ActOutageWithdrawn Act = "outage_withdrawn" // before it began
	ActReported        Act = "reported"         // a fault
	ActConfirmed       Act = "confirmed"        // the report of one: an outage came of it
	ActDismissed       Act = "dismissed"        // the same: there is none
	ActAppealed        Act = "appealed"         // against a strike
	ActForgiven        Act = "forgiven"
	ActUpheld          Act = "upheld" // the strike stands in spite of the appeal
	ActGranted         Act = "granted"
	ActRenewed         Act = "renewed" // a qualification has another end or note
	ActRevoked         Act = "revoked"
	ActPersonAdded     Act = "person_added"
	ActPersonChanged   Act = "person_changed" // name, role, programme, whether they may sign in …
	ActPasswordSet     Act = "password_set"
	ActLinkMade        Act = "link_made"
	ActTokenMade       Act = "token_made"
	ActTokenRevoked    Act = "token_revoked"
	ActHookAdded       Act = "webhook_added"
	ActHookChanged     Act = "webhook_changed"
	ActHookRemoved     Act = "webhook_removed"
)

// Deed is one thing that was done to what is neither a booking nor a document. It stays when that is gone.
type Deed struct {
	Source    AuditSource
	ID        string // of the outage, report, strike, qualification, person, link, token or webhook
	Version   int64  // that stood afterwards: of each there is one
	At        time.Time
	PersonID  string // who did it; empty: an import, or the server itself
	Act       Act
	Reason    string // in whoever's words
	StationID string // may be empty
	KindID    string // of a qualification
	OfID      string // whose it is; empty: nobody's in particular
	// Body has what stood afterwards by name, as JSON: starts_at, ends_at, note …; empty: nothing that changes.
	Body json.RawMessage
}

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
	// OldBody and Body are a document's or a deed's; empty: there was none, or there is none any more.
	OldBody, Body json.RawMessage
	StationID     string // of a deed, as KindID and OfID
	KindID        string
	OfID          string
}

// AuditFilter narrows the audit; empty fields do not.
type AuditFilter struct {
	PersonID  string // whose booking, report, strike or qualification it is
	StationID string // that was booked, or is at fault
	ActorID   string // who did it
	Act       Act
	Notable   bool // leaves out what is Routine
	From      time.Time
	Until     time.Time
	After     AuditCursor // the page starts behind it
	Limit     int         // 0: all
}

// RoutineActs gives what the server notes of every sound booking without anybody asking. Of ActJudged that is every verdict but
// VerdictAbsent, which is the line's reason.
func RoutineActs() []Act { return []Act{ActCheckedIn, ActKept, ActWarned, ActOffered} }

// Routine reports whether nobody did it, and it is to nobody's disadvantage: what devices saw, for the most part.
func (l AuditLine) Routine() bool {
	return l.PersonID == "" && (slices.Contains(RoutineActs(), l.Act) || (l.Act == ActJudged && l.Reason != string(VerdictAbsent)))
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

// Line gives the deed as the audit shows it. old is what stood before.
func (d Deed) Line(old json.RawMessage) AuditLine {
	return AuditLine{
		At: d.At, Source: d.Source, ID: d.ID, Version: d.Version, PersonID: d.PersonID, Act: d.Act, Reason: d.Reason,
		StationID: d.StationID, KindID: d.KindID, OfID: d.OfID, OldBody: old, Body: d.Body,
	}
}

// OutageDeed tells what was done to an outage.
func OutageDeed(before, after equipment.Outage, by string, now time.Time) Deed {
	d := Deed{
		Source: AuditOutage, ID: after.ID, Version: after.Version, At: now, PersonID: by, Act: ActOutageChanged, Reason: after.Reason, StationID: after.StationID,
	}
	switch {
	case before.ID == "":
		d.Act = ActStarted
	case after.EndsAt.Equal(after.StartsAt):
		d.Act = ActOutageWithdrawn
	case !after.EndsAt.IsZero() && !after.EndsAt.After(now):
		d.Act = ActOutageEnded
	}
	span := struct {
		StartsAt time.Time  `json:"starts_at"`
		EndsAt   *time.Time `json:"ends_at,omitempty"`
	}{StartsAt: after.StartsAt.UTC()}
	if !after.EndsAt.IsZero() {
		span.EndsAt = new(after.EndsAt.UTC())
	}
	d.Body = encode(span)
	return d
}

// deed tells what was done to a report. by is who did it.
func (r Report) deed(act Act, by, reason string, at time.Time) Deed {
	return Deed{Source: AuditReport, ID: r.ID, Version: r.Version, At: at, PersonID: by, Act: act, Reason: reason, StationID: r.StationID, OfID: r.PersonID}
}
