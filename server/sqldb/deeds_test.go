package sqldb

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
)

func TestTheAuditTellsWhoGrantedRenewedAndRevokedAQualification(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		db := openTest(t, cfg)
		people, now := NewAccounts(db), time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
		kind, err := NewEquipment(db).PutKind(t.Context(), equipment.Kind{Code: "cnc"})
		if err != nil {
			t.Fatal(err)
		}
		ids := map[account.Role]string{}
		for _, role := range []account.Role{account.RoleStudent, account.RoleInstructor} {
			p, err := people.PutPerson(t.Context(), account.Person{Login: string(role), Name: string(role), Role: role, CreatedAt: now})
			if err != nil {
				t.Fatal(err)
			}
			ids[role] = p.ID
		}
		service, err := account.New(people, func() time.Time { return now })
		if err != nil {
			t.Fatal(err)
		}
		teacher := account.SignedIn(ids[account.RoleInstructor], account.RoleInstructor)
		granted, err := service.Grant(t.Context(), teacher, account.Qualification{PersonID: ids[account.RoleStudent], KindID: kind.ID, Note: "passed"})
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Hour)
		if granted, err = service.Renew(t.Context(), teacher, granted.ID, granted.Version, account.Renewal{ExpiresAt: new(now.AddDate(1, 0, 0))}); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Hour)
		if _, err = service.Revoke(t.Context(), teacher, granted.ID, granted.Version); err != nil {
			t.Fatal(err)
		}
		lines, err := NewBookings(db).Audit(t.Context(), booking.AuditFilter{PersonID: ids[account.RoleStudent]})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range lines {
			got = append(got, fmt.Sprintf("%s %s %s", l.Source, l.Act, l.At.Format(time.TimeOnly)))
			if l.PersonID != ids[account.RoleInstructor] || l.KindID != kind.ID || l.OfID != ids[account.RoleStudent] || l.Reason != "passed" {
				t.Errorf("a line is %+v", l)
			}
		}
		if want := []string{"qualification revoked 04:00:00", "qualification renewed 03:00:00", "qualification granted 02:00:00"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if changed := booking.Differences(lines[1].OldBody, lines[1].Body); len(changed) != 1 || changed[0].Name != "expires_at" {
			t.Errorf("the renewal changed %+v", changed)
		}
	})
}
