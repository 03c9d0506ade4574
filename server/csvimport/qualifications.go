package csvimport

import (
	"context"
	"time"

	"github.com/labtide/labtide/server/account"
)

// qualifications grants what the files say. One that stands already gets their end and note; what was revoked stays so, and
// is granted anew.
func (w *writer) qualifications(ctx context.Context) error {
	if len(w.data.qualifications) == 0 {
		return nil
	}
	stored, err := w.People.Qualifications(ctx, "", "")
	if err != nil {
		return err
	}
	for i := range w.data.qualifications {
		q := &w.data.qualifications[i].v
		q.PersonID, _ = w.known.people.find("person", login(q.person))
		q.KindID, _ = w.known.kinds.find("kind", q.kind)
	}
	return put(w.data.qualifications, stored,
		func(n qualificationRow, old account.Qualification) bool {
			return n.PersonID == old.PersonID && n.KindID == old.KindID && old.RevokedAt.IsZero()
		},
		func(n qualificationRow, old account.Qualification) error {
			granted := old
			if granted.PersonID, granted.KindID = n.PersonID, n.KindID; old.ID == "" {
				granted.GrantedAt = time.Now().UTC().Truncate(time.Second)
			}
			if !n.GrantedAt.IsZero() {
				granted.GrantedAt = n.GrantedAt.UTC().Truncate(time.Second)
			}
			granted.ExpiresAt, granted.Note = n.ExpiresAt, n.Note
			if !granted.ExpiresAt.IsZero() {
				granted.ExpiresAt = granted.ExpiresAt.UTC().Truncate(time.Second)
			}
			if granted == old {
				return nil
			}
			_, err := w.People.PutQualification(ctx, granted)
			return err
		})
}
