// Package account knows people: who they are, what role they have, how they prove it, and what they may do.
//
// It may not know HTTP or how things are stored. Invariant: every question "may this person do that?" is answered by one
// function, Allowed.
package account

import (
	"context"
	"time"
)

// Role is what a person is in the school.
type Role string

// The roles.
const (
	RoleStudent    Role = "student"
	RoleInstructor Role = "instructor"
	RolePlanner    Role = "planner"
	RoleAdmin      Role = "admin"
)

// Person is somebody who can sign in.
type Person struct {
	ID           string
	Login        string // unique, without regard to case
	Name         string
	Role         Role
	Programme    string // the course of study that the person's bookings serve; who may ActionChooseProgramme says otherwise
	Language     string // "zh-CN" or "en"; empty: the browser decides
	Email        string // where the person is written to; empty: nowhere
	Unnamed      bool   // nobody may name them as company
	PasswordHash string // argon2id; empty: cannot sign in by password
	DisabledAt   time.Time
	CreatedAt    time.Time
	Version      int64
}

// Scope is what a token may be used for.
type Scope string

// The scopes.
const (
	ScopeRead   Scope = "read"
	ScopeBook   Scope = "book"
	ScopeReport Scope = "report"
	ScopeAdmin  Scope = "admin"
)

// Token lets a program act as a person, within its scopes. The secret is shown once; only its SHA-256 is stored.
type Token struct {
	ID         string
	PersonID   string
	Name       string
	Hash       []byte
	Scopes     []Scope
	CreatedAt  time.Time
	LastUsedAt time.Time
	ExpiresAt  time.Time // zero: never
}

// Link is a one-time link that lets a person set a password (first run, reset).
type Link struct {
	Hash      []byte // SHA-256 of the secret in the link
	PersonID  string
	ExpiresAt time.Time
}

// Store keeps people and what lets them in. Unknown: fault.KindNotFound; a login that is taken: fault.KindConflict
// "login_taken"; an edit of an old Version: fault.KindStale.
type Store interface {
	PersonStore
	TokenStore
	LinkStore
	TeamStore
	QualificationStore
}

// PersonStore keeps people.
type PersonStore interface {
	People(ctx context.Context) ([]Person, error)
	PersonByID(ctx context.Context, id string) (Person, error)
	PersonByLogin(ctx context.Context, login string) (Person, error)
	// PutPerson inserts when Version is 0, else replaces and adds one to the version.
	PutPerson(ctx context.Context, p Person) (Person, error)
}

// TokenStore keeps API tokens.
type TokenStore interface {
	// Tokens gives those of a person, oldest first.
	Tokens(ctx context.Context, personID string) ([]Token, error)
	InsertToken(ctx context.Context, t Token) error
	// TokenByHash also notes the use, at most once a minute.
	TokenByHash(ctx context.Context, hash []byte, now time.Time) (Token, error)
	// DeleteToken removes a token of that person; another's is fault.KindNotFound, too.
	DeleteToken(ctx context.Context, personID, id string) error
}

// LinkStore keeps one-time links.
type LinkStore interface {
	// InsertLink replaces the links that the person has.
	InsertLink(ctx context.Context, l Link) error
	// UseLink sets the password and removes the link in one transaction; unknown or expired: fault.KindNotFound "link_unknown".
	UseLink(ctx context.Context, hash []byte, passwordHash string, now time.Time) (Person, error)
}
