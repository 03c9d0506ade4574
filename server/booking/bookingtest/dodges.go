package bookingtest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
)

// Ways around the rules that somebody has found, and that are closed.

// classBecomesPractice: a class for a student, who says that it is none.
func classBecomesPractice(t *testing.T, b bench) {
	far := request(0, At(40, 8, 0), At(40, 20, 0))
	far.Purpose, far.PersonID = booking.PurposeClass, StudentID(0)
	class := b.reserve(t, Instructor(), far)
	near := request(0, At(1, 10, 0), At(1, 12, 0))
	near.Purpose, near.PersonID = booking.PurposeClass, StudentID(0)
	soon := b.reserve(t, Instructor(), near)
	b.reserve(t, Student(0), request(1, At(1, 11, 0), At(1, 12, 0)))
	practice := booking.Change{Purpose: new(booking.PurposePractice)}
	_, err := b.service(1).Change(t.Context(), Student(0), class.ID, 0, practice)
	refusedFor(t, err, booking.CodeTooFarAhead, booking.CodeTooLong)
	_, err = b.service(1).Change(t.Context(), Student(0), soon.ID, 0, practice)
	refusedFor(t, err, booking.CodePersonBusy)
	got, err := b.service(1).Change(t.Context(), Student(0), soon.ID, 0, booking.Change{Purpose: practice.Purpose, EndsAt: new(At(1, 11, 0))})
	if err != nil || got.DueAt.IsZero() {
		t.Errorf("as practice it is judged like any other: %+v, %v", got, err)
	}
	_, err = b.clocked(1, At(1, 10, 1)).Change(t.Context(), Instructor(), soon.ID, 0, booking.Change{Purpose: new(booking.PurposeClass)})
	refusedFor(t, err, booking.CodeAlreadyStarted)
}

// allAtOnce: who asks for what is not theirs learns what else is in the way, and the planner that it was wanted.
func allAtOnce(t *testing.T, b bench) {
	s := NewSchool()
	s.Teams = []account.Team{
		{ID: "team", Code: "WS", Name: "WS", Version: 1, Members: []account.Member{{PersonID: StudentID(0), Captain: true}}},
		{ID: "gone", Code: "GO", Name: "GO", Version: 1, DisabledAt: Now(), Members: []account.Member{{PersonID: StudentID(0), Captain: true}}},
	}
	b.Put(t, s)
	_, err := b.service(0).SetPolicy(t.Context(), Instructor(), booking.PolicyRule{Scope: booking.ScopeSchool, MinPeople: new(2)})
	if err != nil {
		t.Fatal(err)
	}
	all := []string{booking.CodeTooFarAhead, booking.CodeTooLong, booking.CodeBuddyNeeded}
	r := request(0, At(90, 8, 0), At(90, 18, 0))
	for _, c := range []struct {
		person, team, programme string
		codes                   []string
	}{
		{StudentID(0), "", "robotics", []string{booking.CodeProgrammeNotYours}},
		{StudentID(9), "team", "", []string{booking.CodeNotInTeam}},
		{StudentID(0), "gone", "", []string{booking.CodeTeamDisabled}},
		{StudentID(9), "gone", "robotics", []string{booking.CodeTeamDisabled, booking.CodeNotInTeam, booking.CodeProgrammeNotYours}},
	} {
		r.PersonID, r.TeamID, r.Programme = c.person, c.team, c.programme
		_, err := b.service(0).Reserve(t.Context(), Student(0), r)
		if refused := refusedFor(t, err, slices.Concat(all, c.codes)...); len(refused.Alternatives) > 0 {
			t.Errorf("%v: no other time helps: %+v", c.codes, refused.Alternatives)
		}
	}
	_, err = b.service(0).ReserveTogether(t.Context(), Instructor(), booking.PartyRequest{
		StationIDs: []string{StationID(0), "PLC-00"}, StartsAt: At(90, 8, 0), EndsAt: At(90, 9, 0), PersonIDs: []string{StudentID(3), StudentID(4)},
	})
	var seats []int
	for _, refusal := range refusedFor(t, err, booking.CodeTooFarAhead, booking.CodeStationTwice, booking.CodeTooFarAhead).Refusals {
		seats = append(seats, refusal.Seat)
	}
	if !slices.Equal(seats, []int{1, 2, 2}) {
		t.Errorf("the refusals are of the seats %v", seats)
	}
	got := b.unmet(t)
	for _, code := range []string{booking.CodeProgrammeNotYours, booking.CodeNotInTeam, booking.CodeTeamDisabled, booking.CodeStationTwice} {
		if len(got) != 6 || !slices.ContainsFunc(got, func(u booking.Unmet) bool { return slices.Contains(u.Codes, code) }) {
			t.Errorf("%s is not among what is recorded: %+v", code, got)
		}
	}
}

func (b bench) unmet(t *testing.T) []booking.Unmet {
	t.Helper()
	got, err := b.Stores[0].Unmet(t.Context(), Now().Add(-time.Hour), At(9, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// refusedAnswers: a request and an offer that can no longer be had were wanted all the same.
func refusedAnswers(t *testing.T, b bench) {
	b.askFirst(t, 0, booking.ApprovalInstructor)
	asked := b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 12, 0)))
	taken := b.reserve(t, Student(1), request(1, At(1, 10, 0), At(1, 12, 0)))
	w := b.join(t, 2, waitFor(1, At(1, 10, 0), At(1, 12, 0), 120, 120))
	b.cancel(t, Student(1), taken.ID)
	hold := b.offered(t, w, 1, At(1, 10, 0), At(1, 12, 0))
	if _, err := b.service(0).SetPolicy(t.Context(), Instructor(), booking.PolicyRule{Scope: booking.ScopeSchool, LongestMinutes: new(60)}); err != nil {
		t.Fatal(err)
	}
	_, err := b.service(1).Approve(t.Context(), Instructor(), asked.ID, 0)
	refusedFor(t, err, booking.CodeTooLong)
	_, err = b.service(1).Accept(t.Context(), Student(2), hold.ID)
	refusedFor(t, err, booking.CodeTooLong)
	got := b.unmet(t)
	slices.SortFunc(got, func(a, b booking.Unmet) int { return strings.Compare(a.PersonID, b.PersonID) })
	if len(got) != 2 || got[0].PersonID != StudentID(0) || got[1].PersonID != StudentID(2) || got[1].StationID != StationID(1) || got[0].KindID != "kind-plc" {
		t.Errorf("recorded is %+v", got)
	}
}

// suspendedCompany: strikes count against those who come along, and against a captain who books in a member's name.
func suspendedCompany(t *testing.T, b bench) {
	s := NewSchool()
	s.Teams = []account.Team{{ID: "team", Code: "WS", Name: "WS", Version: 1, Members: []account.Member{{PersonID: StudentID(0), Captain: true}, {PersonID: StudentID(1)}}}}
	b.Put(t, s)
	if _, err := b.service(0).SetPolicy(t.Context(), Instructor(), booking.PolicyRule{Scope: booking.ScopeSchool, StrikeLimit: new(1)}); err != nil {
		t.Fatal(err)
	}
	own := request(0, At(2, 10, 0), At(2, 11, 0))
	own.TeamID, own.PersonID, own.Companions = "team", StudentID(1), []string{StudentID(5)}
	made := b.reserve(t, Student(0), own)
	strike := booking.Strike{ID: "s", BookingID: "s", PersonID: StudentID(0), At: Now(), ExpiresAt: At(9, 0, 0), State: booking.StrikeStanding, Version: 1}
	other := strike
	other.ID, other.BookingID, other.PersonID = "o", "o", StudentID(5)
	err := b.Stores[0].Decide(t.Context(), booking.Ask{}, func(booking.View) (booking.Write, error) {
		return booking.Write{Strikes: []booking.Strike{strike, other}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	with := request(1, At(1, 10, 0), At(1, 11, 0))
	with.Companions = []string{StudentID(4), StudentID(5)}
	_, err = b.service(1).Reserve(t.Context(), Student(3), with)
	refusedFor(t, err, booking.CodeCompanionSuspended)
	alone := b.reserve(t, Student(3), request(1, At(1, 10, 0), At(1, 11, 0)))
	_, err = b.service(1).Change(t.Context(), Student(3), alone.ID, 0, booking.Change{Companions: &[]string{StudentID(5)}})
	refusedFor(t, err, booking.CodeCompanionSuspended)

	member := request(2, At(1, 14, 0), At(1, 15, 0))
	member.TeamID, member.PersonID = "team", StudentID(1)
	_, err = b.service(1).Reserve(t.Context(), Student(0), member)
	refusedFor(t, err, booking.CodeSuspended)
	_, err = b.service(1).Change(t.Context(), Student(0), made.ID, 0, booking.Change{EndsAt: new(At(2, 11, 15))})
	refusedFor(t, err, booking.CodeSuspended, booking.CodeCompanionSuspended)
	if _, err = b.service(1).Change(t.Context(), Student(0), made.ID, 0, booking.Change{EndsAt: new(At(2, 10, 45)), Companions: &[]string{StudentID(5), StudentID(6)}}); err != nil {
		t.Errorf("who gives back breaks no rule: %v", err)
	}
	member.TeamID = ""
	b.reserve(t, Instructor(), member)
}
