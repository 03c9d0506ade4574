package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/fault"
)

// TokenPrefix begins every API token, so that people and scanners know one when they see it.
const TokenPrefix = "lt_"

// LinkLifetime is how long a one-time link works.
const LinkLifetime = 72 * time.Hour

// WelcomePath is the page of the dashboard that takes a one-time link's secret, behind a "#": that part of an address never
// leaves the browser, so it is in no log.
const WelcomePath = "/welcome"

// WelcomeURL gives the one-time link for a secret. base is where people reach the server, without a slash at its end.
func WelcomeURL(base, secret string) string { return base + WelcomePath + "#" + secret }

// Hash gives what is stored of a secret that we drew ourselves: it has 128 bits and more, so it needs no salt.
func Hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// newSecret draws 128 bits, in letters and digits.
func newSecret() string { return strings.ToLower(rand.Text()) }

// CreateLink makes a one-time link for a person and gives its secret; earlier links of that person stop working.
func (s *Service) CreateLink(ctx context.Context, personID string) (secret string, expiresAt time.Time, err error) {
	if _, err := s.store.PersonByID(ctx, personID); err != nil {
		return "", time.Time{}, err
	}
	secret = newSecret()
	expiresAt = s.now().UTC().Truncate(time.Second).Add(LinkLifetime)
	err = s.store.InsertLink(ctx, Link{Hash: Hash(secret), PersonID: personID, ExpiresAt: expiresAt})
	return secret, expiresAt, err
}

// UseLink sets the password of the person whom the link was made for; the link then no longer works.
// Unknown and expired ones are fault.KindNotFound "link_unknown".
func (s *Service) UseLink(ctx context.Context, secret, password, address string) (Person, error) {
	giveBack, err := s.Strangers(address)
	if err != nil {
		return Person{}, err
	}
	p, err := s.useLink(ctx, secret, password)
	if fault.KindOf(err) != fault.KindNotFound {
		giveBack()
	}
	return p, err
}

func (s *Service) useLink(ctx context.Context, secret, password string) (Person, error) {
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return Person{}, err
	}
	p, err := s.store.UseLink(ctx, Hash(secret), hash, s.now())
	if err == nil {
		s.people.forget(p.ID)
	}
	return p, err
}

// FirstRun makes the first administrator when there is nobody yet, and gives the secret of a one-time link; "" when
// somebody is there.
func (s *Service) FirstRun(ctx context.Context) (secret string, err error) {
	everybody, err := s.store.People(ctx)
	if err != nil || len(everybody) > 0 {
		return "", err
	}
	p, err := s.Create(ctx, Person{Login: "admin", Name: "Administrator", Role: RoleAdmin})
	if fault.KindOf(err) == fault.KindConflict {
		return "", nil // another server of the same school was first
	}
	if err != nil {
		return "", err
	}
	secret, _, err = s.CreateLink(ctx, p.ID)
	return secret, err
}

// CreateToken makes a token for the actor and gives its secret, which is shown once. Nobody gives a token more scopes than
// they came in with.
func (s *Service) CreateToken(ctx context.Context, actor Actor, name string, scopes []Scope, expiresAt time.Time) (Token, string, error) {
	if len(scopes) == 0 {
		return Token{}, "", fault.Rule("scope_missing", "name at least one scope: read, book, report or admin").On("scopes")
	}
	for _, scope := range scopes {
		if !scope.Valid() {
			return Token{}, "", fault.Rule("scope_unknown", "the scopes are read, book, report and admin, not %q", scope).On("scopes")
		}
		if !actor.Has(scope) {
			return Token{}, "", fault.Forbidden("scope_exceeded", "you do not have the scope %q yourself", scope).On("scopes")
		}
	}
	now := s.now().UTC().Truncate(time.Second)
	if !expiresAt.IsZero() && !expiresAt.After(now) {
		return Token{}, "", fault.Rule("token_expired", "the token would have expired already").On("expires_at")
	}
	secret := TokenPrefix + newSecret()
	t := Token{
		ID: newSecret(), PersonID: actor.PersonID, Name: name, Hash: Hash(secret), Scopes: ordered(scopes),
		CreatedAt: now, ExpiresAt: expiresAt,
	}
	if err := s.store.InsertToken(ctx, t); err != nil {
		return Token{}, "", err
	}
	return t, secret, nil
}

// ordered gives each scope once, in the order of Scopes.
func ordered(scopes []Scope) []Scope {
	return slices.DeleteFunc(Scopes(), func(s Scope) bool { return !slices.Contains(scopes, s) })
}

// Tokens gives the tokens of a person, oldest first.
func (s *Service) Tokens(ctx context.Context, personID string) ([]Token, error) {
	return s.store.Tokens(ctx, personID)
}

// RevokeToken removes a token of that person.
func (s *Service) RevokeToken(ctx context.Context, personID, id string) error {
	if err := s.store.DeleteToken(ctx, personID, id); err != nil {
		return err
	}
	s.tokens.forgetAll()
	return nil
}

// ByToken gives who acts with a token. Unknown, expired or a disabled person's: fault.KindUnauthorized "token_invalid".
func (s *Service) ByToken(ctx context.Context, secret string) (Actor, error) {
	invalid := fault.Unauthorized("token_invalid", "the token is unknown, revoked or expired")
	if !strings.HasPrefix(secret, TokenPrefix) {
		return Actor{}, invalid
	}
	hash := Hash(secret)
	now := s.now()
	t, err := s.tokens.get(string(hash), func() (Token, error) { return s.store.TokenByHash(ctx, hash, now) })
	switch {
	case fault.KindOf(err) == fault.KindNotFound:
		return Actor{}, invalid
	case err != nil:
		return Actor{}, err
	case !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt):
		return Actor{}, invalid
	}
	p, err := s.Person(ctx, t.PersonID)
	if err != nil {
		if fault.KindOf(err) == fault.KindUnauthorized {
			return Actor{}, invalid
		}
		return Actor{}, err
	}
	return Actor{PersonID: p.ID, Role: p.Role, Scopes: t.Scopes}, nil
}

// SessionKey changes with the person's password: a session that was begun with another one is over.
func SessionKey(p Person) string { return hex.EncodeToString(Hash(p.PasswordHash)[:8]) }
