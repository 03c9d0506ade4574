package bookingtest

import (
	"context"
	"slices"
	"testing"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
)

// peopleRules books where the policy asks about people, in every process: what it rests on must be read as it stands.
func peopleRules(t *testing.T, b bench) {
	rule := booking.PolicyRule{Scope: booking.ScopeSchool, Qualification: new(true), StrikeLimit: new(1), MinPeople: new(2)}
	if _, err := b.Stores[0].PutDocument(t.Context(), rule.Document()); err != nil {
		t.Fatal(err)
	}
	s := NewSchool()
	s.Qualifications = []account.Qualification{
		{ID: "q0", PersonID: StudentID(0), KindID: "kind-plc", GrantedAt: At(-9, 0, 0), LastUsedAt: At(-1, 0, 0)},
		{ID: "q1", PersonID: StudentID(1), KindID: "kind-plc", GrantedAt: At(-9, 0, 0), ExpiresAt: At(1, 12, 0)},
		{ID: "q2", PersonID: StudentID(2), KindID: "kind-plc", GrantedAt: At(-9, 0, 0), RevokedAt: At(-1, 0, 0)},
	}
	b.Put(t, s)
	ask := func(handle, person, hour int, companions ...string) error {
		r := request(person, At(1, hour, 0), At(1, hour+1, 0))
		r.Companions = companions
		_, err := b.service(handle).Reserve(t.Context(), Student(person), r)
		return err
	}
	refusedFor(t, ask(0, 0, 10), booking.CodeBuddyNeeded)
	refusedFor(t, ask(1, 1, 12, StudentID(9)), booking.CodeQualificationExpired)
	refusedFor(t, ask(0, 2, 10, StudentID(9)), booking.CodeQualificationMissing)
	for person := range 2 {
		if err := ask(person, person, 10, StudentID(20+person)); err != nil {
			t.Errorf("student %d: %v", person, err)
		}
	}
	busy := request(0, At(1, 10, 0), At(1, 11, 0))
	busy.StationID, busy.Companions = StationID(4), []string{StudentID(1)}
	_, err := b.service(1).Reserve(t.Context(), Student(0), busy)
	refusedFor(t, err, booking.CodePersonBusy, booking.CodeCompanionBusy)
	strike := booking.Strike{ID: "strike", BookingID: "gone", PersonID: StudentID(0), At: At(-2, 0, 0), ExpiresAt: At(9, 0, 0), State: booking.StrikeStanding, Version: 1}
	err = b.Stores[0].Decide(t.Context(), booking.Ask{PersonIDs: []string{StudentID(0)}}, func(booking.View) (booking.Write, error) {
		return booking.Write{Strikes: []booking.Strike{strike}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	refusedFor(t, ask(1, 0, 14, StudentID(9)), booking.CodeSuspended)
}

// looks counts how often somebody looks.
type looks struct {
	booking.Store
	n *int
}

func (l looks) Look(ctx context.Context, ask booking.Ask) (booking.View, error) {
	*l.n++
	return l.Store.Look(ctx, ask)
}

// case14Flags: what a school decides about qualifications and quotas later flags what stands, however long the list, with one look.
func case14Flags(t *testing.T, b bench) {
	var all []booking.Booking
	for n := range 3 {
		all = append(all, b.reserve(t, Student(n), request(n, At(1, 10, 0), At(1, 11, 0))))
	}
	class := request(4, At(1, 14, 0), At(1, 15, 0))
	class.Purpose = booking.PurposeClass
	all = append(all, b.reserve(t, Instructor(), class))
	n := 0
	flags := func() [][]string {
		t.Helper()
		n = 0
		got, err := booking.New(looks{b.Stores[len(b.Stores)-1], &n}, Now).Flags(t.Context(), all...)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	want := func(when string, codes ...[]string) {
		t.Helper()
		for i, got := range flags() {
			if !slices.Equal(got, codes[i]) {
				t.Errorf("%s: booking %d is flagged %v, want %v", when, i, got, codes[i])
			}
		}
	}
	if want("as made", nil, nil, nil, nil); n != 0 {
		t.Errorf("looked %d times where nothing is needed", n)
	}
	s := NewSchool()
	s.Qualifications = []account.Qualification{
		{ID: "q0", PersonID: StudentID(0), KindID: "kind-plc", GrantedAt: At(-9, 0, 0)},
		{ID: "q1", PersonID: StudentID(1), KindID: "kind-plc", GrantedAt: At(-9, 0, 0), ExpiresAt: At(1, 10, 30)},
	}
	b.Put(t, s)
	rule := booking.PolicyRule{Scope: booking.ScopeKind, ScopeID: "kind-plc", Qualification: new(true), Approval: new(booking.ApprovalInstructor)}
	if _, err := b.Stores[0].PutDocument(t.Context(), rule.Document()); err != nil {
		t.Fatal(err)
	}
	missing, expired := []string{booking.CodeQualificationMissing}, []string{booking.CodeQualificationExpired}
	if want("a qualification is needed", nil, expired, missing, nil); n != 1 {
		t.Errorf("looked %d times, want once", n)
	}
	for _, most := range []int{60, 59} {
		quota := booking.Quota{ID: "day", Name: "day", Scope: booking.ScopeSchool, Per: booking.PerPerson, Window: booking.WindowDay, MostMinutes: &most}
		d := quota.Document()
		d.Version = int64(60 - most)
		if _, err := b.Stores[0].PutDocument(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		if most == 60 {
			want("a quota that allows it", nil, expired, missing, nil)
		}
	}
	over := booking.CodeQuotaExceeded
	want("a quota that does not", []string{over}, append(expired, over), append(missing, over), nil)
}
