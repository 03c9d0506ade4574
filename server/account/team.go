package account

import (
	"context"
	"time"
)

// Team is a group of people who book together, for a competition or a project.
type Team struct {
	ID         string
	Code       string // unique
	Name       string
	Programme  string // the course of study that its bookings serve; empty: that of whoever sits there
	Members    []Member
	DisabledAt time.Time
	Version    int64
}

// Member is a person in a team. Captains book for the team; so do those who run the room.
type Member struct {
	PersonID string
	Captain  bool
}

// Captain reports whether the person may book for the team.
func (t Team) Captain(personID string) bool {
	for _, m := range t.Members {
		if m.PersonID == personID {
			return m.Captain
		}
	}
	return false
}

// Has reports whether the person is in the team.
func (t Team) Has(personID string) bool {
	for _, m := range t.Members {
		if m.PersonID == personID {
			return true
		}
	}
	return false
}

// Holder gives who has the seats that nobody is named for: the person, if they are in the team, else a captain, else the first
// member. It is the person, too, when the team has no members.
func (t Team) Holder(personID string) string {
	if t.Has(personID) || len(t.Members) == 0 {
		return personID
	}
	for _, m := range t.Members {
		if m.Captain {
			return m.PersonID
		}
	}
	return t.Members[0].PersonID
}

// MayBookFor reports whether the actor may book for the team, and change what it has: its captains, and who may book for anybody.
func MayBookFor(actor Actor, t Team) bool {
	owner := t.ID
	if t.Captain(actor.PersonID) {
		owner = actor.PersonID
	}
	return Allowed(actor, ActionBook, owner)
}

// TeamStore keeps teams. An unknown id is fault.KindNotFound "team_unknown", a code that is taken fault.KindConflict
// "code_taken", an old Version fault.KindStale, a member whom nobody knows fault.KindNotFound "person_unknown".
type TeamStore interface {
	// Teams gives those that the person is in, by code; no person: all. Members: captains first, then by id.
	Teams(ctx context.Context, personID string) ([]Team, error)
	// TeamByID takes an id or a code.
	TeamByID(ctx context.Context, idOrCode string) (Team, error)
	// PutTeam inserts when Version is 0, else replaces, members and all, and adds one to the version.
	PutTeam(ctx context.Context, t Team) (Team, error)
}

// Qualification is proof that a person may use a kind of station.
type Qualification struct {
	ID         string
	PersonID   string
	KindID     string
	GrantedBy  string // person; empty: an import
	GrantedAt  time.Time
	ExpiresAt  time.Time // zero: never
	LastUsedAt time.Time // real use of such a station that a device saw; zero: none since it was granted
	RevokedAt  time.Time
	RevokedBy  string
	Note       string
	WarnedAt   time.Time // when its person was told that it ends; zero: not yet
	Version    int64
	// Who writes this version, and when: for the audit, and not read back. Empty: an import, now.
	ChangedBy string
	ChangedAt time.Time
}

// Valid reports whether it still holds at that instant. unused is after how long without real use it lapses; 0: never.
func (q Qualification) Valid(at time.Time, unused time.Duration) bool {
	if !q.RevokedAt.IsZero() || (!q.ExpiresAt.IsZero() && at.After(q.ExpiresAt)) {
		return false
	}
	if unused <= 0 {
		return true
	}
	last := q.GrantedAt
	if q.LastUsedAt.After(last) {
		last = q.LastUsedAt
	}
	return !at.After(last.Add(unused))
}

// QualificationStore keeps qualifications. Unknown: fault.KindNotFound "qualification_unknown"; an old Version: fault.KindStale.
type QualificationStore interface {
	// Qualifications gives those of a person, or of a kind, or all: newest grant last. Revoked and expired ones too.
	Qualifications(ctx context.Context, personID, kindID string) ([]Qualification, error)
	QualificationByID(ctx context.Context, id string) (Qualification, error)
	// PutQualification inserts when Version is 0, else replaces and adds one to the version. Person, kind and last use stay as they
	// were. A person or kind that is not there is fault.KindNotFound "person_or_kind_unknown".
	PutQualification(ctx context.Context, q Qualification) (Qualification, error)
}
