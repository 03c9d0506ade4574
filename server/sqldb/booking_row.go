package sqldb

import (
	"database/sql"
	"encoding/json"
	"strings"
	"time"

	"github.com/labtide/labtide/server/booking"
)

// fixedColumns never change, aboutColumns rarely: stateColumns are what becomes of a booking. bookingColumns are all.
const (
	fixedColumns = "id, person_id, created_by, created_at, party_id, wait_id"
	aboutColumns = "station_id, programme, purpose, starts_at, ends_at, occupied_until, team_id, series_id, series_start, companions"
	stateColumns = `status, planned_end, changed_at, version, charged_until, due_at, held_until, checked_in_at, checked_in_by, check_in, verdict,
	verdict_at, evidence, warned_at, kept_at, short_at, beside`
	changeColumns  = aboutColumns + ", " + stateColumns
	bookingColumns = fixedColumns + ", " + changeColumns
)

func scanBooking(row scanner) (b booking.Booking, err error) {
	var startsAt, endsAt, createdAt, changedAt, occupiedUntil, chargedUntil int64
	var plannedEnd, dueAt, seriesStart, heldUntil, checkedInAt, verdictAt, warnedAt, keptAt, shortAt sql.NullInt64
	var evidence string
	err = row.Scan(&b.ID, &b.PersonID, &b.CreatedBy, &createdAt, &b.PartyID, &b.WaitID,
		&b.StationID, &b.Programme, &b.Purpose, &startsAt, &endsAt, &occupiedUntil, &b.TeamID, &b.SeriesID, &seriesStart, &b.Companions,
		&b.Status, &plannedEnd, &changedAt, &b.Version, &chargedUntil, &dueAt, &heldUntil, &checkedInAt, &b.CheckedInBy, &b.CheckIn,
		&b.Verdict, &verdictAt, &evidence, &warnedAt, &keptAt, &shortAt, &b.Beside)
	if err != nil {
		return b, err
	}
	b.StartsAt, b.EndsAt, b.CreatedAt, b.ChangedAt = secondsUTC(startsAt), secondsUTC(endsAt), secondsUTC(createdAt), secondsUTC(changedAt)
	b.OccupiedUntil, b.ChargedUntil = secondsUTC(occupiedUntil), secondsUTC(chargedUntil)
	for _, at := range []struct {
		to    *time.Time
		value sql.NullInt64
	}{
		{&b.PlannedEnd, plannedEnd}, {&b.DueAt, dueAt}, {&b.SeriesStart, seriesStart}, {&b.HeldUntil, heldUntil},
		{&b.CheckedInAt, checkedInAt}, {&b.VerdictAt, verdictAt}, {&b.WarnedAt, warnedAt}, {&b.KeptAt, keptAt}, {&b.ShortAt, shortAt},
	} {
		*at.to = instant(at.value)
	}
	b.Evidence, err = readEvidence(evidence)
	return b, err
}

// bookingValues gives the parameters in the order of bookingColumns.
func bookingValues(b booking.Booking) []any {
	return append([]any{b.ID, b.PersonID, b.CreatedBy, b.CreatedAt.Unix(), b.PartyID, b.WaitID}, changeValues(b)...)
}

// changeValues gives the parameters in the order of changeColumns.
func changeValues(b booking.Booking) []any { return append(aboutValues(b), stateValues(b)...) }

func aboutValues(b booking.Booking) []any {
	return []any{
		b.StationID, b.Programme, string(b.Purpose), b.StartsAt.Unix(), b.EndsAt.Unix(), b.Occupied().Until.Unix(), b.TeamID, b.SeriesID,
		unix(b.SeriesStart), b.Companions,
	}
}

func stateValues(b booking.Booking) []any {
	return []any{
		string(b.Status), unix(b.PlannedEnd), b.ChangedAt.Unix(), b.Version, b.Charged().Until.Unix(), unix(b.DueAt), unix(b.HeldUntil),
		unix(b.CheckedInAt), b.CheckedInBy, string(b.CheckIn), string(b.Verdict), unix(b.VerdictAt), evidenceText(b.Evidence), unix(b.WarnedAt), unix(b.KeptAt), unix(b.ShortAt), b.Beside,
	}
}

// update changes what differs of a booking that stands so; of one that is not known, everything. What it leaves alone costs
// neither indexes nor checks.
func update(stands, now booking.Booking, known bool) statement {
	columns, values := strings.Split(changeColumns, ","), changeValues(now)
	args := []any{now.ID}
	var sets []string
	was := changeValues(stands)
	for i, value := range values {
		if !known || was[i] != value {
			args = append(args, value)
			sets = append(sets, strings.TrimSpace(columns[i]))
		}
	}
	return statement{text: updateOf("bookings", strings.Join(sets, ",")), args: args}
}

// insertInto makes an INSERT of one row.
func insertInto(table, columns string) string {
	params := make([]string, strings.Count(columns, ",")+1)
	for i := range params {
		params[i] = param(i + 1)
	}
	return "INSERT INTO " + table + " (" + columns + ") VALUES (" + strings.Join(params, ", ") + ")"
}

// updateOf makes an UPDATE of the columns of one row; its id is the first parameter.
func updateOf(table, columns string) string {
	sets := strings.Split(columns, ",")
	for i, column := range sets {
		sets[i] = strings.TrimSpace(column) + " = " + param(i+2)
	}
	return "UPDATE " + table + " SET " + strings.Join(sets, ", ") + " WHERE id = $1"
}

// proof is how evidence is stored.
type proof struct {
	GraceMinutes int   `json:"grace_minutes"`
	SeenMinutes  int   `json:"seen_minutes"`
	UsedMinutes  int   `json:"used_minutes"`
	FirstUsedAt  int64 `json:"first_used_at,omitempty"`
	Down         bool  `json:"down,omitempty"`
	WalkedIn     bool  `json:"walked_in,omitempty"`
}

func evidenceText(e booking.Evidence) string {
	if e == (booking.Evidence{}) {
		return ""
	}
	p := proof{GraceMinutes: e.GraceMinutes, SeenMinutes: e.SeenMinutes, UsedMinutes: e.UsedMinutes, Down: e.Down, WalkedIn: e.WalkedIn}
	if !e.FirstUsedAt.IsZero() {
		p.FirstUsedAt = e.FirstUsedAt.Unix()
	}
	text, _ := json.Marshal(p) // numbers: it cannot fail
	return string(text)
}

func readEvidence(text string) (e booking.Evidence, err error) {
	if text == "" {
		return e, nil
	}
	var p proof
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return e, err
	}
	e = booking.Evidence{GraceMinutes: p.GraceMinutes, SeenMinutes: p.SeenMinutes, UsedMinutes: p.UsedMinutes, Down: p.Down, WalkedIn: p.WalkedIn}
	if p.FirstUsedAt != 0 {
		e.FirstUsedAt = secondsUTC(p.FirstUsedAt)
	}
	return e, nil
}
