package bookingtest

import (
	"slices"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
)

// showQualifications shows those of the asked people, with no more of each than a database reads.
func (m *Memory) showQualifications(v *booking.View, ask booking.Ask) {
	for _, q := range m.school.Qualifications {
		if ask.Qualifications && slices.Contains(ask.PersonIDs, q.PersonID) {
			v.Qualifications = append(v.Qualifications, account.Qualification{
				ID: q.ID, PersonID: q.PersonID, KindID: q.KindID, GrantedAt: q.GrantedAt, ExpiresAt: q.ExpiresAt, LastUsedAt: q.LastUsedAt,
				RevokedAt: q.RevokedAt,
			})
		}
	}
}
