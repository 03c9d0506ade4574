package account

import (
	"context"
	"time"

	"github.com/labtide/labtide/server/fault"
)

// Ending is how long before its end a person is told of it, and for how long it is shown as ending.
const Ending = 14 * 24 * time.Hour

// Qualifications gives those of a person, or of a kind, or all: newest grant last, whatever their state.
func (s *Service) Qualifications(ctx context.Context, personID, kindID string) ([]Qualification, error) {
	return s.store.Qualifications(ctx, personID, kindID)
}

// Grant says that a person may use a kind of station; both are ids. Who has it already gets it anew: with this end, note and
// who granted it. Its ExpiresAt must lie ahead.
func (s *Service) Grant(ctx context.Context, actor Actor, q Qualification) (Qualification, error) {
	if err := mayGrant(actor); err != nil {
		return Qualification{}, err
	}
	now := s.now().UTC().Truncate(time.Second)
	if err := checkExpiry(q, now); err != nil {
		return Qualification{}, err
	}
	person, err := s.store.PersonByID(ctx, q.PersonID)
	if err != nil {
		return Qualification{}, err
	}
	if !person.DisabledAt.IsZero() {
		return Qualification{}, fault.Rule("person_disabled", "this person cannot sign in any more").On("/person")
	}
	had, err := s.store.Qualifications(ctx, q.PersonID, q.KindID)
	if err != nil {
		return Qualification{}, err
	}
	granted := Qualification{PersonID: q.PersonID, KindID: q.KindID}
	for _, old := range had {
		if old.RevokedAt.IsZero() {
			granted = old
		}
	}
	granted.GrantedBy, granted.GrantedAt, granted.ExpiresAt = actor.PersonID, now, whole(q.ExpiresAt)
	granted.Note, granted.WarnedAt = q.Note, time.Time{}
	granted.ChangedBy, granted.ChangedAt = actor.PersonID, now
	return s.store.PutQualification(ctx, granted)
}

// Renewal says what shall be different about a qualification; nil leaves it.
type Renewal struct {
	ExpiresAt *time.Time // zero: never
	Note      *string
}

// Renew changes a qualification's end or note. version is the one that the caller has seen, 0 for any.
func (s *Service) Renew(ctx context.Context, actor Actor, id string, version int64, r Renewal) (Qualification, error) {
	q, err := s.standing(ctx, actor, id, version)
	if err != nil {
		return Qualification{}, err
	}
	if r.ExpiresAt != nil {
		q.ExpiresAt, q.WarnedAt = whole(*r.ExpiresAt), time.Time{}
		if err := checkExpiry(q, s.now()); err != nil {
			return Qualification{}, err
		}
	}
	if r.Note != nil {
		q.Note = *r.Note
	}
	q.ChangedBy, q.ChangedAt = actor.PersonID, s.now()
	return s.store.PutQualification(ctx, q)
}

// Revoke takes a qualification away. Bookings that rest on it stand; they are judged when they change.
func (s *Service) Revoke(ctx context.Context, actor Actor, id string, version int64) (Qualification, error) {
	q, err := s.standing(ctx, actor, id, version)
	if err != nil {
		return Qualification{}, err
	}
	q.RevokedAt, q.RevokedBy = s.now().UTC().Truncate(time.Second), actor.PersonID
	q.ChangedBy, q.ChangedAt = q.RevokedBy, q.RevokedAt
	return s.store.PutQualification(ctx, q)
}

// standing reads a qualification that the actor may change and nobody has revoked.
func (s *Service) standing(ctx context.Context, actor Actor, id string, version int64) (Qualification, error) {
	if err := mayGrant(actor); err != nil {
		return Qualification{}, err
	}
	q, err := s.store.QualificationByID(ctx, id)
	switch {
	case err != nil:
		return Qualification{}, err
	case version != 0 && version != q.Version:
		return Qualification{}, fault.Stale("qualification_changed", "the qualification has changed since you read it; look at it again")
	case !q.RevokedAt.IsZero():
		return Qualification{}, fault.Conflict("qualification_revoked", "this qualification has been revoked; grant a new one")
	}
	return q, nil
}

// Granters gives who may grant qualifications, in the order of their logins.
func (s *Service) Granters(ctx context.Context) ([]Person, error) {
	everybody, err := s.store.People(ctx)
	if err != nil {
		return nil, err
	}
	var out []Person
	for _, p := range everybody {
		if p.DisabledAt.IsZero() && Allowed(SignedIn(p.ID, p.Role), ActionGrant, "") {
			out = append(out, p)
		}
	}
	return out, nil
}

func mayGrant(actor Actor) error {
	if Allowed(actor, ActionGrant, "") {
		return nil
	}
	return fault.Forbidden("not_allowed", "instructors and administrators grant qualifications")
}

func checkExpiry(q Qualification, now time.Time) error {
	if q.ExpiresAt.IsZero() || q.ExpiresAt.After(now) {
		return nil
	}
	return fault.Rule("expiry_past", "a qualification ends in the future, or never").On("/expires_at")
}

func whole(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Second)
}
