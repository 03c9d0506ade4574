package sqldb

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/courier"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/webhook"
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

func TestTheAuditTellsWhoLetsPeopleInAndWhoIsTold(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		db := openTest(t, cfg)
		people, hooks := NewAccounts(db), NewCourier(db)
		li, err := people.PutPerson(t.Context(), account.Person{Login: "li", Name: "Li", Role: account.RoleStudent, PasswordHash: "old secret"}) // by an import
		if err != nil {
			t.Fatal(err)
		}
		ctx := account.By(t.Context(), "the admin")
		step := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		li.Role, li.Email = account.RoleInstructor, "li@school.example"
		li, err = people.PutPerson(ctx, li)
		step(err)
		li.Unnamed = true
		li, err = people.PutPerson(ctx, li)
		step(err)
		step(people.InsertLink(ctx, account.Link{Hash: []byte("link"), PersonID: li.ID, ExpiresAt: time.Now().Add(time.Hour)}))
		li, err = people.UseLink(t.Context(), []byte("link"), "new secret", time.Now())
		step(err)
		step(people.InsertToken(account.By(t.Context(), li.ID), account.Token{ID: "t", PersonID: li.ID, Name: "export", Hash: []byte("token secret"), Scopes: []account.Scope{account.ScopeReport}, CreatedAt: time.Now()}))
		step(people.DeleteToken(account.By(t.Context(), li.ID), li.ID, "t"))
		h, err := hooks.PutHook(ctx, courier.Hook{Name: "robot", URL: "https://robot.example/send?key=hidden", Secret: "hidden too", Shape: webhook.ShapeLabtide, CreatedBy: "the admin", CreatedAt: time.Now()})
		step(err)
		step(hooks.DisableHook(t.Context(), h.ID, time.Now()))
		step(hooks.DisableHook(t.Context(), h.ID, time.Now()))
		step(hooks.DeleteHook(ctx, h.ID, h.Version+1))

		lines, err := NewBookings(db).Audit(t.Context(), booking.AuditFilter{})
		step(err)
		got := map[string]int{}
		for _, l := range lines {
			changed := ""
			for _, c := range booking.Differences(l.OldBody, l.Body) {
				changed += " " + c.Name
			}
			who := map[string]string{"": "server", li.ID: "li"}[l.PersonID]
			got[fmt.Sprintf("%s %s%s", cmp.Or(who, l.PersonID), l.Act, changed)]++
			if text := string(l.Body); strings.Contains(text, "secret") || strings.Contains(text, "hidden") || strings.Contains(text, "@") {
				t.Errorf("the audit tells a secret: %s", text)
			}
			if l.Source != booking.AuditWebhook && l.OfID != li.ID {
				t.Errorf("not about Li: %+v", l)
			}
		}
		want := map[string]int{
			"server person_added disabled login name programme role": 1, "the admin person_changed role": 1, "the admin link_made": 1, "li password_set": 1,
			"li token_made name scopes": 1, "li token_revoked name scopes": 1, "the admin webhook_added disabled host name shape": 1,
			"server webhook_changed disabled": 1, "the admin webhook_removed disabled host name shape": 1,
		}
		if !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}
