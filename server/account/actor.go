package account

import "slices"

// Actor is who asks: a person, with the role of that moment and the scopes of the way they came in.
// The zero Actor is nobody and may do nothing.
type Actor struct {
	PersonID string
	Role     Role
	// Scopes bound what the role may do. A session has all of them, a token those it was made with.
	Scopes []Scope
}

// SignedIn is the actor of a session: everything that the role may do.
func SignedIn(personID string, role Role) Actor {
	return Actor{PersonID: personID, Role: role, Scopes: Scopes()}
}

// Has reports whether the actor came in with that scope.
func (a Actor) Has(scope Scope) bool { return slices.Contains(a.Scopes, scope) }

// Scopes gives every scope, in the order in which people read them.
func Scopes() []Scope { return []Scope{ScopeRead, ScopeBook, ScopeReport, ScopeAdmin} }

// Roles gives every role, from the least to the most powerful.
func Roles() []Role { return []Role{RoleStudent, RoleInstructor, RolePlanner, RoleAdmin} }

// Valid reports whether r is one of the roles.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// Valid reports whether s is one of the scopes.
func (s Scope) Valid() bool { return slices.Contains(Scopes(), s) }
