package sqldb

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// Accounts is an account.Store.
type Accounts struct{ db *DB }

// NewAccounts makes the store.
func NewAccounts(db *DB) *Accounts { return &Accounts{db: db} }

const personColumns = "id, login, name, role, programme, language, email, unnamed, password_hash, disabled_at, created_at, version"

func scanPerson(row scanner) (p account.Person, err error) {
	var disabled, created sql.NullInt64
	err = row.Scan(&p.ID, &p.Login, &p.Name, &p.Role, &p.Programme, &p.Language, &p.Email, &p.Unnamed, &p.PasswordHash, &disabled, &created, &p.Version)
	p.DisabledAt, p.CreatedAt = instant(disabled), instant(created)
	return p, err
}

// People lists all people by login.
func (a *Accounts) People(ctx context.Context) ([]account.Person, error) {
	out, err := list(a.db.direct(ctx), scanPerson, "SELECT "+personColumns+" FROM people ORDER BY login_key")
	return out, translate(err)
}

// PersonByID reads one person.
func (a *Accounts) PersonByID(ctx context.Context, id string) (account.Person, error) {
	return a.person(ctx, "id", id, id)
}

// PersonByLogin finds a person without regard to case.
func (a *Accounts) PersonByLogin(ctx context.Context, login string) (account.Person, error) {
	return a.person(ctx, "login_key", strings.ToLower(login), login)
}

func (a *Accounts) person(ctx context.Context, column, key, given string) (account.Person, error) {
	if !keyable(key) {
		return account.Person{}, unknown("person", given)
	}
	p, err := scanPerson(a.db.direct(ctx).row("SELECT "+personColumns+" FROM people WHERE "+column+" = $1", key))
	return p, translate(found(err, unknown("person", given)))
}

// PutPerson inserts or replaces a person.
func (a *Accounts) PutPerson(ctx context.Context, p account.Person) (account.Person, error) {
	if p.CreatedAt.IsZero() {
		p.CreatedAt = time.Now().UTC().Truncate(time.Second)
	}
	err := a.db.write(ctx, func(t *tx) error {
		var before account.Person
		if p.Version > 0 {
			stands, err := scanPerson(t.row("SELECT "+personColumns+" FROM people WHERE id = $1", p.ID))
			if before = stands; err != nil {
				return found(err, unknown("person", p.ID))
			}
		}
		id, version, err := t.put(row{table: "people", thing: "person", id: p.ID, version: p.Version, fields: []field{
			{"login", p.Login}, {"login_key", strings.ToLower(p.Login)}, {"name", p.Name}, {"role", string(p.Role)},
			{"programme", p.Programme}, {"language", p.Language}, {"email", p.Email}, {"unnamed", p.Unnamed}, {"password_hash", p.PasswordHash},
			{"disabled_at", unix(p.DisabledAt)},
		}, fixed: []field{{"created_at", unix(p.CreatedAt)}}})
		if err != nil {
			return taken(err, fault.Conflict("login_taken", "the login %q is taken; choose another one", p.Login).On("/login"))
		}
		p.ID, p.Version = id, version
		return t.notePerson(ctx, before, p)
	})
	return p, err
}

const tokenColumns = "id, person_id, name, hash, scopes, created_at, last_used_at, expires_at"

func scanToken(row scanner) (k account.Token, err error) {
	var created, used, expires sql.NullInt64
	var scopes string
	err = row.Scan(&k.ID, &k.PersonID, &k.Name, &k.Hash, &scopes, &created, &used, &expires)
	k.CreatedAt, k.LastUsedAt, k.ExpiresAt = instant(created), instant(used), instant(expires)
	for scope := range strings.FieldsSeq(scopes) {
		k.Scopes = append(k.Scopes, account.Scope(scope))
	}
	return k, err
}

// Tokens gives those of a person, oldest first.
func (a *Accounts) Tokens(ctx context.Context, personID string) ([]account.Token, error) {
	if !keyable(personID) {
		return nil, nil
	}
	out, err := list(a.db.direct(ctx), scanToken, "SELECT "+tokenColumns+" FROM tokens WHERE person_id = $1 ORDER BY created_at, id", personID)
	return out, translate(err)
}

// InsertToken adds a token.
func (a *Accounts) InsertToken(ctx context.Context, k account.Token) error {
	if k.ID == "" {
		k.ID = NewID()
	}
	scopes := make([]string, len(k.Scopes))
	for i, scope := range k.Scopes {
		scopes[i] = string(scope)
	}
	return a.db.write(ctx, func(t *tx) error {
		_, err := t.exec("INSERT INTO tokens ("+tokenColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
			k.ID, k.PersonID, k.Name, k.Hash, strings.Join(scopes, " "), k.CreatedAt.Unix(), unix(k.LastUsedAt), unix(k.ExpiresAt))
		if err != nil {
			return personMissing(err, k.PersonID)
		}
		return t.note(tokenDeed(ctx, booking.ActTokenMade, k))
	})
}

func personMissing(err error, id string) error {
	if kind, _ := violated(err); kind == reference {
		return unknown("person", id).Because(err)
	}
	return err
}

// usedEvery is how precise a token's last use is: a write for each request would cost more than the request.
const usedEvery = time.Minute

// TokenByHash finds a token that has not expired, and notes its use.
func (a *Accounts) TokenByHash(ctx context.Context, hash []byte, now time.Time) (account.Token, error) {
	k, err := scanToken(a.db.direct(ctx).row("SELECT "+tokenColumns+` FROM tokens
		WHERE hash = $1 AND (expires_at IS NULL OR expires_at > $2)`, hash, now.Unix()))
	if err != nil {
		return account.Token{}, translate(found(err, fault.NotFound("token_unknown", "this token is unknown or has expired")))
	}
	if now.Sub(k.LastUsedAt) < usedEvery {
		return k, nil
	}
	err = a.db.write(ctx, func(t *tx) error {
		_, err := t.exec("UPDATE tokens SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)", k.ID, now.Unix())
		return err
	})
	k.LastUsedAt = now.UTC().Truncate(time.Second)
	return k, err
}

// DeleteToken removes a token of that person.
func (a *Accounts) DeleteToken(ctx context.Context, personID, id string) error {
	missing := unknown("token", id)
	if !keyable(id) || !keyable(personID) {
		return missing
	}
	return a.db.write(ctx, func(t *tx) error {
		n, err := t.exec("DELETE FROM tokens WHERE id = $1 AND person_id = $2", id, personID)
		if err == nil && n == 0 {
			return missing
		}
		if err != nil {
			return err
		}
		return t.note(tokenDeed(ctx, booking.ActTokenRevoked, account.Token{ID: id, PersonID: personID}))
	})
}

// InsertLink adds a one-time link, and removes those that the person had.
func (a *Accounts) InsertLink(ctx context.Context, l account.Link) error {
	return a.db.write(ctx, func(t *tx) error {
		if _, err := t.exec("DELETE FROM links WHERE person_id = $1", l.PersonID); err != nil {
			return err
		}
		_, err := t.exec("INSERT INTO links (hash, person_id, expires_at) VALUES ($1, $2, $3)", l.Hash, l.PersonID, l.ExpiresAt.Unix())
		if err != nil {
			return personMissing(err, l.PersonID)
		}
		made := deed(ctx, booking.AuditLink, booking.ActLinkMade, NewID(), 1, nil)
		made.OfID = l.PersonID
		return t.note(made)
	})
}

// UseLink trades a link for a new password. Of two at once, one gets it.
func (a *Accounts) UseLink(ctx context.Context, hash []byte, passwordHash string, now time.Time) (p account.Person, err error) {
	refused := fault.NotFound("link_unknown", "this link is unknown, used or too old; ask for a new one")
	err = a.db.write(ctx, func(t *tx) error {
		var person string
		err := t.row("DELETE FROM links WHERE hash = $1 AND expires_at > $2 RETURNING person_id", hash, now.Unix()).Scan(&person)
		if err != nil {
			return found(err, refused)
		}
		before, err := scanPerson(t.row("SELECT "+personColumns+" FROM people WHERE id = $1", person))
		if err != nil {
			return err
		}
		p, err = scanPerson(t.row("UPDATE people SET password_hash = $2, version = version + 1 WHERE id = $1 RETURNING "+personColumns,
			person, passwordHash))
		if err != nil {
			return err
		}
		return t.notePerson(ctx, before, p)
	})
	return p, err
}
