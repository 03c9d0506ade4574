package bookingtest

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/labtide/labtide/server/booking"
)

// Audit gives what was done to bookings, rules and stations, the newest first.
func (m *Memory) Audit(_ context.Context, f booking.AuditFilter) ([]booking.AuditLine, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []booking.AuditLine
	last := map[string]booking.Booking{}
	for _, e := range m.trail {
		l := booking.AuditLine{
			At: e.At, Source: booking.AuditBooking, ID: e.BookingID, Version: e.After.Version, PersonID: e.PersonID, Act: e.Act, Reason: e.Reason,
			Before: last[e.BookingID], After: e.After,
		}
		last[e.BookingID] = e.After
		if (f.PersonID == "" || e.After.PersonID == f.PersonID) && (f.StationID == "" || e.After.StationID == f.StationID) {
			all = append(all, l)
		}
	}
	old := map[string]json.RawMessage{}
	for _, d := range m.deeds {
		subject := string(d.Source) + d.ID
		if (f.PersonID == "" || f.PersonID == d.OfID) && (f.StationID == "" || f.StationID == d.StationID) {
			all = append(all, d.Line(old[subject]))
		}
		old[subject] = d.Body
	}
	if f.PersonID == "" && f.StationID == "" {
		all = append(all, m.auditDocuments()...)
	}
	all = slices.DeleteFunc(all, func(l booking.AuditLine) bool {
		return (f.ActorID != "" && l.PersonID != f.ActorID) || (f.Act != "" && l.Act != f.Act) || (f.Notable && l.Routine()) ||
			(!f.From.IsZero() && l.At.Before(f.From)) || (!f.Until.IsZero() && !l.At.Before(f.Until)) ||
			(f.After != booking.AuditCursor{} && orderAudit(l.Cursor(), f.After) <= 0)
	})
	slices.SortFunc(all, func(a, b booking.AuditLine) int { return orderAudit(a.Cursor(), b.Cursor()) })
	if f.Limit > 0 && len(all) > f.Limit {
		all = all[:f.Limit]
	}
	return all, nil
}

func (m *Memory) auditDocuments() []booking.AuditLine {
	var all []booking.AuditLine
	for i, d := range m.documents {
		l := booking.AuditLine{
			At: d.ChangedAt, Source: booking.AuditSource(d.Kind), ID: d.ID, Version: d.Version, PersonID: d.ChangedBy, Act: booking.ActSet, Body: d.Body,
		}
		if len(d.Body) == 0 {
			l.Act = booking.ActRemoved
		}
		for _, old := range m.documents[:i] {
			if old.Kind == d.Kind && old.ID == d.ID {
				l.OldBody = old.Body
			}
		}
		all = append(all, l)
	}
	return all
}

func orderAudit(a, b booking.AuditCursor) int {
	return cmp.Or(b.At.Compare(a.At), strings.Compare(string(a.Source), string(b.Source)), strings.Compare(a.ID, b.ID), cmp.Compare(b.Version, a.Version))
}
