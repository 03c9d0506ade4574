package sqldb

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

const reportColumns = "id, station_id, person_id, description, at, state, outage_id, closed_by, closed_at, answer, version"

func scanReport(row scanner) (r booking.Report, err error) {
	var at int64
	var closedAt sql.NullInt64
	err = row.Scan(&r.ID, &r.StationID, &r.PersonID, &r.Description, &at, &r.State, &r.OutageID, &r.ClosedBy, &closedAt, &r.Answer, &r.Version)
	r.At, r.ClosedAt = secondsUTC(at), instant(closedAt)
	return r, err
}

// reportRows are the fault reports that a decision asks for.
type reportRows []booking.Report

func (r *reportRows) reads(d dialect, ask booking.Ask) []statement {
	*r = nil
	read := func(row scanner) error {
		found, err := scanReport(row)
		*r = append(*r, found)
		return err
	}
	var out []statement
	if len(ask.ReportIDs) > 0 {
		out = append(out, statement{
			text: "SELECT " + reportColumns + " FROM fault_reports WHERE " + d.among("id", 1), args: []any{d.list(distinct(ask.ReportIDs))}, read: read,
		})
	}
	if ask.OpenReports {
		out = append(out, statement{
			text: "SELECT " + reportColumns + " FROM fault_reports WHERE state = 'open' AND (" + d.among("person_id", 1) + " OR " + d.among("station_id", 2) + ")",
			args: []any{d.list(distinct(ask.PersonIDs)), d.list(distinct(ask.StationIDs))}, read: read,
		})
	}
	return out
}

func (r *reportRows) show(v *booking.View) {
	if len(*r) == 0 {
		return
	}
	v.Reports = make(map[string]booking.Report, len(*r))
	for _, found := range *r {
		v.Reports[found.ID] = found
	}
}

func reportWrites(w booking.Write) []statement {
	var out []statement
	for _, r := range w.Reports {
		if r.Version == 1 {
			out = append(out, statement{text: insertInto("fault_reports", reportColumns), args: []any{
				r.ID, r.StationID, r.PersonID, r.Description, r.At.Unix(), string(r.State), r.OutageID, r.ClosedBy, unix(r.ClosedAt), r.Answer, r.Version,
			}})
			continue
		}
		out = append(out, statement{
			text: updateOf("fault_reports", "state, outage_id, closed_by, closed_at, answer, version"),
			args: []any{r.ID, string(r.State), r.OutageID, r.ClosedBy, unix(r.ClosedAt), r.Answer, r.Version},
		})
	}
	return out
}

// ReportByID reads one fault report.
func (b *Bookings) ReportByID(ctx context.Context, id string) (booking.Report, error) {
	missing := fault.NotFound("report_unknown", "there is no fault report %q", id)
	if !keyable(id) {
		return booking.Report{}, missing
	}
	r, err := scanReport(b.db.direct(ctx).row("SELECT "+reportColumns+" FROM fault_reports WHERE id = $1", id))
	return r, translate(found(err, missing))
}

// Reports gives the fault reports of a filter, open ones first, then the newest first.
func (b *Bookings) Reports(ctx context.Context, f booking.ReportFilter) ([]booking.Report, error) {
	if !keyable(f.StationID + f.PersonID + string(f.State) + f.After.ID) {
		return nil, nil
	}
	var c conditions
	for _, by := range []struct{ column, value string }{{"station_id", f.StationID}, {"person_id", f.PersonID}, {"state", string(f.State)}} {
		if by.value != "" {
			c.add(by.column+" = $%d", by.value)
		}
	}
	const closed = "CASE state WHEN 'open' THEN 0 ELSE 1 END"
	if f.After != (booking.ReportCursor{}) {
		n := len(c.values)
		c.values = append(c.values, 0, f.After.At.Unix(), f.After.ID)
		if f.After.Closed {
			c.values[n] = 1
		}
		c.texts = append(c.texts, fmt.Sprintf("(%[1]s > $%[2]d OR (%[1]s = $%[2]d AND (at < $%[3]d OR (at = $%[3]d AND id < $%[4]d))))", closed, n+1, n+2, n+3))
	}
	query := "SELECT " + reportColumns + " FROM fault_reports" + c.where() + " ORDER BY " + closed + ", at DESC, id DESC"
	if f.Limit > 0 {
		c.values = append(c.values, f.Limit)
		query += fmt.Sprintf(" LIMIT $%d", len(c.values))
	}
	out, err := list(b.db.direct(ctx), scanReport, query, c.values...)
	return out, translate(err)
}
