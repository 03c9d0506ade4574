package sqldb

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/labtide/labtide/server/booking"
)

// auditQuery puts the parts of an audit together: each gives its newest lines that the filter wants.
type auditQuery struct {
	conditions
	filter booking.AuditFilter
}

// placeholder adds a parameter.
func (q *auditQuery) placeholder(value any) string {
	q.values = append(q.values, value)
	return param(len(q.values))
}

// part is a SELECT of at, source, id, version, who, act, reason, station, kind, whom and body under these names.
func (q *auditQuery) part(columns, from string) string {
	f := q.filter
	var where []string
	for _, by := range []struct{ column, value string }{{"who", f.ActorID}, {"act", string(f.Act)}} {
		if by.value != "" {
			where = append(where, by.column+" = "+q.placeholder(by.value))
		}
	}
	if f.Notable { // as booking.AuditLine.Routine says it
		acts := make([]string, len(booking.RoutineActs()))
		for i, act := range booking.RoutineActs() {
			acts[i] = q.placeholder(string(act))
		}
		where = append(where, fmt.Sprintf("NOT (who = '' AND (act IN (%s) OR (act = %s AND reason <> %s)))", strings.Join(acts, ", "),
			q.placeholder(string(booking.ActJudged)), q.placeholder(string(booking.VerdictAbsent))))
	}
	if !f.From.IsZero() {
		where = append(where, "at >= "+q.placeholder(f.From.Unix()))
	}
	if !f.Until.IsZero() {
		where = append(where, "at < "+q.placeholder(f.Until.Unix()))
	}
	if a := f.After; a != (booking.AuditCursor{}) {
		where = append(where, fmt.Sprintf("(at < %[1]s OR (at = %[1]s AND (source > %[2]s OR (source = %[2]s AND (id > %[3]s OR (id = %[3]s AND version < %[4]s))))))",
			q.placeholder(a.At.Unix()), q.placeholder(string(a.Source)), q.placeholder(a.ID), q.placeholder(a.Version)))
	}
	text := "SELECT * FROM (SELECT " + columns + " FROM " + from + ") lines"
	if len(where) > 0 {
		text += " WHERE " + strings.Join(where, " AND ")
	}
	return text + q.order()
}

func (q *auditQuery) order() string {
	order := " ORDER BY at DESC, source, id, version DESC"
	if q.filter.Limit > 0 {
		order += " LIMIT " + q.placeholder(q.filter.Limit)
	}
	return order
}

// about gives the condition that lines are about the person and the station of the filter: booking_entries and deeds call their columns alike.
func (q *auditQuery) about() string {
	text, word := "", " WHERE "
	for _, by := range []struct{ column, id string }{{"whom", q.filter.PersonID}, {"station_id", q.filter.StationID}} {
		if by.id != "" {
			text, word = text+word+by.column+" = "+q.placeholder(by.id), " AND "
		}
	}
	return text
}

// text gives the whole statement. What is asked for a person or a station is not about rules.
func (q *auditQuery) text() string {
	f := q.filter
	parts := []string{
		q.part(`at, 'booking' AS source, booking_id AS id, version, person_id AS who, act, reason, '' AS station, '' AS kind, '' AS whom, after AS body`,
			"booking_entries"+q.about()),
		q.part(`at, source, subject_id AS id, version, who, act, reason, station_id AS station, kind_id AS kind, whom, body`, "deeds"+q.about()),
	}
	if f.PersonID == "" && f.StationID == "" {
		parts = append(parts, q.part(`changed_at AS at, kind AS source, id, version, changed_by AS who,
			CASE body WHEN '' THEN 'removed' ELSE 'set' END AS act, '' AS reason, '' AS station, '' AS kind, '' AS whom, body`, "booking_document_versions"))
	}
	for i, part := range parts {
		parts[i] = "SELECT * FROM (" + part + ") part" + fmt.Sprint(i)
	}
	return `SELECT a.at, a.source, a.id, a.version, a.who, a.act, a.reason, a.station, a.kind, a.whom, a.body,
		CASE a.source WHEN 'booking' THEN (SELECT b.after FROM booking_entries b WHERE b.booking_id = a.id AND b.version < a.version
			ORDER BY b.version DESC LIMIT 1)
		ELSE COALESCE((SELECT d.body FROM deeds d WHERE d.source = a.source AND d.subject_id = a.id AND d.version < a.version
			ORDER BY d.version DESC LIMIT 1), (SELECT d.body FROM booking_document_versions d WHERE d.kind = a.source AND d.id = a.id
			AND d.version < a.version ORDER BY d.version DESC LIMIT 1)) END
		FROM (SELECT * FROM (` + strings.Join(parts, " UNION ALL ") + ") every" + q.order() + ") a ORDER BY a.at DESC, a.source, a.id, a.version DESC"
}

// Audit gives what was done to bookings, rules and stations, the newest first.
func (b *Bookings) Audit(ctx context.Context, f booking.AuditFilter) ([]booking.AuditLine, error) {
	if !keyable(f.PersonID + f.StationID + f.ActorID + string(f.Act) + string(f.After.Source) + f.After.ID) {
		return nil, nil
	}
	q := auditQuery{filter: f}
	text := q.text()
	out, err := list(b.db.direct(ctx), scanAudit, text, q.values...)
	return out, translate(err)
}

func scanAudit(row scanner) (l booking.AuditLine, err error) {
	var at int64
	var body string
	var before sql.NullString
	if err := row.Scan(&at, &l.Source, &l.ID, &l.Version, &l.PersonID, &l.Act, &l.Reason, &l.StationID, &l.KindID, &l.OfID, &body, &before); err != nil {
		return l, err
	}
	l.At = secondsUTC(at)
	if l.Source != booking.AuditBooking {
		l.Body, l.OldBody = json.RawMessage(body), json.RawMessage(before.String)
		return l, nil
	}
	if l.After, err = readStood(l.ID, body); err != nil {
		return l, err
	}
	l.After.Version, l.After.ChangedAt = l.Version, l.At
	if before.Valid {
		l.Before, err = readStood(l.ID, before.String)
	}
	return l, err
}
