package sqldb

import (
	"encoding/json"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
)

const insertDeed = `INSERT INTO deeds (source, subject_id, version, at, who, act, reason, station_id, kind_id, whom, body)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

// deedWrites gives the statements that note deeds for the audit, in the transaction of what was done.
func deedWrites(deeds ...booking.Deed) []statement {
	out := make([]statement, 0, len(deeds))
	for _, d := range deeds {
		out = append(out, statement{text: insertDeed, args: []any{
			string(d.Source), d.ID, d.Version, d.At.Unix(), d.PersonID, string(d.Act), storable(d.Reason), d.StationID, d.KindID, d.OfID, string(d.Body),
		}})
	}
	return out
}

// qualificationDeed tells what this version of a qualification has changed.
func qualificationDeed(q account.Qualification) booking.Deed {
	if q.ChangedAt.IsZero() {
		q.ChangedAt = time.Now()
	}
	d := booking.Deed{
		Source: booking.AuditQualification, ID: q.ID, Version: q.Version, At: q.ChangedAt, PersonID: q.ChangedBy, Act: booking.ActRenewed, Reason: q.Note,
		KindID: q.KindID, OfID: q.PersonID,
	}
	switch {
	case !q.RevokedAt.IsZero():
		d.Act = booking.ActRevoked
	case q.Version == 1:
		d.Act = booking.ActGranted
	}
	body := map[string]string{}
	if !q.ExpiresAt.IsZero() {
		body["expires_at"] = q.ExpiresAt.UTC().Format(time.RFC3339)
	}
	d.Body, _ = json.Marshal(body) // texts: it cannot fail
	return d
}
