package account

import (
	"context"
	"strings"
	"time"

	"github.com/labtide/labtide/server/fault"
)

// Remembered is how long a person or a token may be acted upon without asking the store again: a role that is taken away
// or a token that is revoked on another server stops working here within this time, on the same server at once.
const Remembered = 5 * time.Second

// Service answers who somebody is, and keeps their passwords, tokens and one-time links.
type Service struct {
	store    Store
	now      func() time.Time
	hasher   *hasher
	attempts *attempts
	people   *recent[Person]
	tokens   *recent[Token]
	teams    *recent[[]Team] // of a person
	team     *recent[Team]   // by id
}

// New makes the service on its store; now tells the time.
func New(store Store, now func() time.Time) (*Service, error) {
	h, err := newHasher()
	if err != nil {
		return nil, err
	}
	return &Service{
		store: store, now: now, hasher: h, attempts: newAttempts(now),
		people: newRecent[Person](Remembered, now), tokens: newRecent[Token](Remembered, now),
		teams: newRecent[[]Team](Remembered, now), team: newRecent[Team](Remembered, now),
	}, nil
}

// SignIn gives the person with that login and password. The address is where the attempt comes from. Unknown logins,
// wrong passwords and disabled people give the same error, "login_failed", after the same time.
func (s *Service) SignIn(ctx context.Context, login, password, address string) (Person, error) {
	login = strings.TrimSpace(login)
	giveBack, err := s.attempts.allow(login, address)
	if err != nil {
		return Person{}, err
	}
	p, err := s.byPassword(ctx, login, password)
	if fault.KindOf(err) != fault.KindUnauthorized {
		giveBack()
	}
	return p, err
}

func (s *Service) byPassword(ctx context.Context, login, password string) (Person, error) {
	p, err := s.store.PersonByLogin(ctx, login)
	if err != nil && fault.KindOf(err) != fault.KindNotFound {
		return Person{}, err
	}
	hash := ""
	if err == nil && p.DisabledAt.IsZero() {
		hash = p.PasswordHash
	}
	ok, err := s.hasher.matches(ctx, password, hash)
	if err != nil {
		return Person{}, err
	}
	if !ok {
		return Person{}, fault.Unauthorized("login_failed", "the login or the password is wrong")
	}
	return p, nil
}

// ChangePassword gives a person another password, if they know the one they have: a wrong one is "password_wrong", and
// counts like a failed attempt to sign in. Sessions that began with the old one end.
func (s *Service) ChangePassword(ctx context.Context, personID, current, password, address string) (Person, error) {
	if err := CheckPassword(password); err != nil {
		return Person{}, err
	}
	p, err := s.Person(ctx, personID)
	if err != nil {
		return Person{}, err
	}
	giveBack, err := s.attempts.allow(p.Login, address)
	if err != nil {
		return Person{}, err
	}
	p, err = s.changePassword(ctx, personID, current, password)
	if fault.CodeOf(err) != "password_wrong" {
		giveBack()
	}
	return p, err
}

func (s *Service) changePassword(ctx context.Context, personID, current, password string) (Person, error) {
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return Person{}, err
	}
	for {
		p, err := s.store.PersonByID(ctx, personID)
		if err != nil {
			return Person{}, err
		}
		ok, err := s.hasher.matches(ctx, current, p.PasswordHash)
		if err != nil {
			return Person{}, err
		}
		if !ok {
			return Person{}, fault.Rule("password_wrong", "this is not your password").On("current")
		}
		p.PasswordHash = hash
		// Whoever changed them meanwhile may have changed the password, too.
		if p, err = s.put(ctx, p); fault.KindOf(err) != fault.KindStale {
			return p, err
		}
	}
}

// SetNamed says whether others may name the person as company.
func (s *Service) SetNamed(ctx context.Context, personID string, may bool) (Person, error) {
	for {
		p, err := s.store.PersonByID(ctx, personID)
		if err != nil || p.Unnamed == !may {
			return p, err
		}
		p.Unnamed = !may
		if p, err = s.put(ctx, p); fault.KindOf(err) != fault.KindStale {
			return p, err
		}
	}
}

// Strangers limits those who try secrets without saying who they are: call it before the try, and giveBack unless the
// secret was wrong.
func (s *Service) Strangers(address string) (giveBack func(), err error) {
	return s.attempts.allow("", address)
}

// Person gives who that is, at most Remembered old. Someone who is disabled is fault.KindUnauthorized.
func (s *Service) Person(ctx context.Context, id string) (Person, error) {
	p, err := s.people.get(id, func() (Person, error) { return s.store.PersonByID(ctx, id) })
	switch {
	case fault.KindOf(err) == fault.KindNotFound:
		return Person{}, errSignedOut()
	case err != nil:
		return Person{}, err
	case !p.DisabledAt.IsZero():
		return Person{}, errSignedOut()
	}
	return p, nil
}

func errSignedOut() error {
	return fault.Unauthorized("sign_in_required", "sign in first")
}

// People gives everybody.
func (s *Service) People(ctx context.Context) ([]Person, error) { return s.store.People(ctx) }

// ByID gives a person as stored now, disabled or not.
func (s *Service) ByID(ctx context.Context, id string) (Person, error) {
	return s.store.PersonByID(ctx, id)
}

// Create adds a person; the login is unique without regard to case.
func (s *Service) Create(ctx context.Context, p Person) (Person, error) {
	p.Version, p.CreatedAt = 0, s.now().UTC().Truncate(time.Second)
	return s.put(ctx, p)
}

// Update changes a person; an old Version is fault.KindStale. Nobody may take the last administrator away.
func (s *Service) Update(ctx context.Context, p Person) (Person, error) {
	if p.Role != RoleAdmin || !p.DisabledAt.IsZero() {
		if err := s.keepAnAdmin(ctx, p.ID); err != nil {
			return Person{}, err
		}
	}
	return s.put(ctx, p)
}

func (s *Service) put(ctx context.Context, p Person) (Person, error) {
	p.Login, p.Email = strings.TrimSpace(p.Login), strings.TrimSpace(p.Email)
	switch {
	case p.Login == "":
		return Person{}, fault.Rule("login_empty", "a person needs a login").On("login")
	case !p.Role.Valid():
		return Person{}, fault.Rule("role_unknown", "the role is student, instructor, planner or admin, not %q", p.Role).On("role")
	case p.Email != "" && !ValidEmail(p.Email):
		return Person{}, fault.Rule("email_invalid", "%q is no mail address; write name@school.example", p.Email).On("email")
	}
	p, err := s.store.PutPerson(ctx, p)
	if err == nil {
		s.people.forget(p.ID)
	}
	return p, err
}

// keepAnAdmin refuses to take the last person who could let others in again. Two such changes at the same instant could
// both pass; `user add` on the server lets an administrator in again.
func (s *Service) keepAnAdmin(ctx context.Context, leaving string) error {
	everybody, err := s.store.People(ctx)
	if err != nil {
		return err
	}
	was := false
	for _, p := range everybody {
		if p.Role != RoleAdmin || !p.DisabledAt.IsZero() {
			continue
		}
		if p.ID != leaving {
			return nil
		}
		was = true
	}
	if !was {
		return nil
	}
	return fault.Rule("last_admin", "this is the last administrator; make somebody else one first")
}

// HashPassword gives what Person.PasswordHash keeps.
func (s *Service) HashPassword(ctx context.Context, password string) (string, error) {
	return s.hasher.hash(ctx, password)
}

// Actor gives who acts in a session of that person.
func (s *Service) Actor(ctx context.Context, personID string) (Actor, error) {
	p, err := s.Person(ctx, personID)
	if err != nil {
		return Actor{}, err
	}
	return SignedIn(p.ID, p.Role), nil
}

// Find gives the id of a person by id or login; empty: there is nobody.
func (s *Service) Find(ctx context.Context, idOrLogin string) (string, error) {
	p, err := s.store.PersonByID(ctx, idOrLogin)
	if fault.KindOf(err) == fault.KindNotFound {
		p, err = s.store.PersonByLogin(ctx, strings.TrimSpace(idOrLogin))
	}
	if fault.KindOf(err) == fault.KindNotFound {
		return "", nil
	}
	return p.ID, err
}

// Name gives how a person is called, disabled or not; "" when there is nobody. It is at most Remembered old.
func (s *Service) Name(ctx context.Context, personID string) (string, error) {
	p, err := s.people.get(personID, func() (Person, error) { return s.store.PersonByID(ctx, personID) })
	if fault.KindOf(err) == fault.KindNotFound {
		return "", nil
	}
	return p.Name, err
}
