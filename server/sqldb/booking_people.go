package sqldb

import (
	"database/sql"

	"github.com/labtide/labtide/server/account"
)

// qualificationReads reads all that the asked people ever had: what is revoked or expired says why one may not book.
func (b *Bookings) qualificationReads(d *decision) []statement {
	if !d.ask.Qualifications || len(d.ask.PersonIDs) == 0 {
		return nil
	}
	return []statement{{
		text: "SELECT id, person_id, kind_id, granted_at, expires_at, last_used_at, revoked_at FROM qualifications WHERE " +
			b.db.dialect.among("person_id", 1) + " ORDER BY granted_at, id",
		args: []any{b.db.dialect.list(distinct(d.ask.PersonIDs))},
		read: func(row scanner) error {
			var q account.Qualification
			var grantedAt int64
			var expiresAt, lastUsedAt, revokedAt sql.NullInt64
			err := row.Scan(&q.ID, &q.PersonID, &q.KindID, &grantedAt, &expiresAt, &lastUsedAt, &revokedAt)
			q.GrantedAt, q.ExpiresAt, q.LastUsedAt, q.RevokedAt = secondsUTC(grantedAt), instant(expiresAt), instant(lastUsedAt), instant(revokedAt)
			d.more.qualifications = append(d.more.qualifications, q)
			return err
		},
	}}
}
