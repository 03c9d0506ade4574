package accounttest

import (
	"reflect"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/fault"
)

// RunQualifications runs the conformance suite of qualifications. newStore gives an empty store beside two kinds of station.
func RunQualifications(t *testing.T, newStore func(t *testing.T) (store account.Store, kinds []string)) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, f *fixture, kinds []string)
	}{
		{"a qualification comes back as it was put", testQualification},
		{"qualifications are narrowed by person and kind, the newest last", testQualificationsOf},
		{"a qualification of nobody or for nothing is not stored", testQualificationOfNobody},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, kinds := newStore(t)
			c.run(t, &fixture{t: t, Store: store}, kinds)
		})
	}
}

func testQualification(t *testing.T, f *fixture, kinds []string) {
	q := account.Qualification{
		PersonID: f.person("li").ID, KindID: kinds[0], GrantedBy: "somebody", GrantedAt: start(), ExpiresAt: start().AddDate(1, 0, 0),
		LastUsedAt: start().Add(time.Hour), Note: "安全培训",
	}
	q, err := f.PutQualification(t.Context(), q)
	if err != nil || q.ID == "" || q.Version != 1 {
		t.Fatalf("%+v, %v", q, err)
	}
	stale := q
	q.ExpiresAt, q.RevokedAt, q.RevokedBy, q.Note, q.WarnedAt = time.Time{}, start().Add(2*time.Hour), "other", "", start()
	if q, err = f.PutQualification(t.Context(), q); err != nil || q.Version != 2 {
		t.Fatalf("%+v, %v", q, err)
	}
	got, err := f.QualificationByID(t.Context(), q.ID)
	if err != nil || !reflect.DeepEqual(got, q) {
		t.Errorf("stored is\n%+v, want\n%+v (%v)", got, q, err)
	}
	_, err = f.PutQualification(t.Context(), stale)
	f.want(err, fault.KindStale, "")
	_, err = f.QualificationByID(t.Context(), "none\x00")
	f.want(err, fault.KindNotFound, "qualification_unknown")
}

func testQualificationsOf(t *testing.T, f *fixture, kinds []string) {
	li, wang := f.person("li").ID, f.person("wang").ID
	for i, of := range [][2]string{{li, kinds[1]}, {li, kinds[0]}, {wang, kinds[0]}} {
		q := account.Qualification{PersonID: of[0], KindID: of[1], GrantedAt: start().Add(-time.Duration(i) * time.Hour)}
		if _, err := f.PutQualification(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		person, kind string
		want         []string // persons
	}{{"", "", []string{wang, li, li}}, {li, "", []string{li, li}}, {"", kinds[0], []string{wang, li}}, {wang, kinds[1], nil}, {"\x00", "", nil}} {
		all, err := f.Qualifications(t.Context(), c.person, c.kind)
		var got []string
		for _, q := range all {
			got = append(got, q.PersonID)
		}
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("of %q for %q: %v, want %v (%v)", c.person, c.kind, got, c.want, err)
		}
	}
}

func testQualificationOfNobody(t *testing.T, f *fixture, kinds []string) {
	for _, q := range []account.Qualification{
		{PersonID: "nobody", KindID: kinds[0], GrantedAt: start()},
		{PersonID: f.person("li").ID, KindID: "nothing", GrantedAt: start()},
		{PersonID: "\xff", KindID: kinds[0], GrantedAt: start()},
	} {
		_, err := f.PutQualification(t.Context(), q)
		f.want(err, fault.KindNotFound, "person_or_kind_unknown")
	}
}
