package sqldb

import (
	"context"
	"database/sql"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

const qualificationColumns = `id, person_id, kind_id, granted_by, granted_at, expires_at, last_used_at, revoked_at, revoked_by, note, warned_at, version`

func scanQualification(row scanner) (q account.Qualification, err error) {
	var granted, expires, used, revoked, warned sql.NullInt64
	err = row.Scan(&q.ID, &q.PersonID, &q.KindID, &q.GrantedBy, &granted, &expires, &used, &revoked, &q.RevokedBy, &q.Note, &warned, &q.Version)
	q.GrantedAt, q.ExpiresAt, q.LastUsedAt = instant(granted), instant(expires), instant(used)
	q.RevokedAt, q.WarnedAt = instant(revoked), instant(warned)
	return q, err
}

// Qualifications gives those of a person, or of a kind, or all: newest grant last.
func (a *Accounts) Qualifications(ctx context.Context, personID, kindID string) ([]account.Qualification, error) {
	if !keyable(personID + kindID) {
		return nil, nil
	}
	var c conditions
	if personID != "" {
		c.add("person_id = $%d", personID)
	}
	if kindID != "" {
		c.add("kind_id = $%d", kindID)
	}
	out, err := list(a.db.direct(ctx), scanQualification,
		"SELECT "+qualificationColumns+" FROM qualifications"+c.where()+" ORDER BY granted_at, id", c.values...)
	return out, translate(err)
}

// QualificationByID reads one.
func (a *Accounts) QualificationByID(ctx context.Context, id string) (account.Qualification, error) {
	missing := unknown("qualification", id)
	if !keyable(id) {
		return account.Qualification{}, missing
	}
	q, err := scanQualification(a.db.direct(ctx).row("SELECT "+qualificationColumns+" FROM qualifications WHERE id = $1", id))
	return q, translate(found(err, missing))
}

// PutQualification inserts or replaces a qualification; when it was really used is not for it to say.
func (a *Accounts) PutQualification(ctx context.Context, q account.Qualification) (account.Qualification, error) {
	if !keyable(q.PersonID) || !keyable(q.KindID) || !keyable(q.ID) {
		return q, errQualified()
	}
	var stored account.Qualification
	err := a.db.write(ctx, func(t *tx) error {
		id, version, err := t.put(row{table: "qualifications", thing: "qualification", id: q.ID, version: q.Version, fields: []field{
			{"granted_by", q.GrantedBy}, {"granted_at", q.GrantedAt.Unix()}, {"expires_at", unix(q.ExpiresAt)},
			{"revoked_at", unix(q.RevokedAt)}, {"revoked_by", q.RevokedBy}, {"note", q.Note}, {"warned_at", unix(q.WarnedAt)},
		}, fixed: []field{{"person_id", q.PersonID}, {"kind_id", q.KindID}, {"last_used_at", unix(q.LastUsedAt)}}})
		if kind, _ := violated(err); kind == reference {
			return errQualified().Because(err)
		}
		if err != nil {
			return err
		}
		stored = q
		stored.ID, stored.Version = id, version
		return t.send(deedWrites(qualificationDeed(stored))...)
	})
	if err != nil {
		return q, err
	}
	stored.ChangedBy, stored.ChangedAt = "", time.Time{}
	return stored, nil
}

func errQualified() *fault.Error {
	return fault.NotFound("person_or_kind_unknown", "there is no such person, or no such kind of station")
}

// TellEnding tells those whose qualification ends within [from, until), once for each, in one transaction.
func (a *Accounts) TellEnding(ctx context.Context, from, until time.Time) error {
	return a.db.write(ctx, func(t *tx) error {
		ending, err := list(t, scanQualification, `UPDATE qualifications SET warned_at = $1, version = version + 1
			WHERE revoked_at IS NULL AND warned_at IS NULL AND expires_at >= $1 AND expires_at < $2 RETURNING `+qualificationColumns,
			from.Unix(), until.Unix())
		if err != nil {
			return err
		}
		effects := make([]booking.Effect, len(ending))
		for i, q := range ending {
			effects[i] = booking.Effect{
				At: q.WarnedAt, Event: booking.EventQualificationEnding, PersonID: q.PersonID,
				Body: map[string]string{"kind": q.KindID, "qualification": q.ID, "expires_at": q.ExpiresAt.UTC().Format(time.RFC3339)},
			}
		}
		return t.send(effectRows().gather(effectWrites(effectRows(), effects))...)
	})
}
