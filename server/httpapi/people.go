package httpapi

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/fault"
)

func showPerson(p account.Person) Person {
	return Person{
		Id: p.ID, Login: p.Login, Name: p.Name, Role: Role(p.Role), Programme: p.Programme, Language: p.Language, Email: p.Email,
		MayBeNamed: !p.Unnamed, Disabled: !p.DisabledAt.IsZero(), CreatedAt: p.CreatedAt.UTC(), Version: p.Version,
	}
}

// ListPeople implements StrictServerInterface.
func (s *Server) ListPeople(ctx context.Context, request ListPeopleRequestObject) (ListPeopleResponseObject, error) {
	after, err := place("people", 2, request.Params.Cursor)
	if err != nil {
		return nil, err
	}
	people, err := s.accounts.People(ctx)
	if err != nil {
		return nil, err
	}
	key := func(p account.Person) []string { return []string{strings.ToLower(p.Login), p.ID} }
	wanted := strings.ToLower(given(request.Params.Q))
	people = slices.DeleteFunc(people, func(p account.Person) bool {
		return !strings.Contains(strings.ToLower(p.Login), wanted) && !strings.Contains(strings.ToLower(p.Name), wanted) ||
			after != nil && slices.Compare(key(p), after) <= 0
	})
	slices.SortFunc(people, func(a, b account.Person) int { return slices.Compare(key(a), key(b)) })
	out := PersonList{}
	if limit := limitOf(request.Params.Limit); len(people) > limit {
		people = people[:limit]
		out.Next = cursor("people", key(people[limit-1])...)
	}
	out.Items = make([]Person, len(people))
	for i, p := range people {
		out.Items[i] = showPerson(p)
	}
	return ListPeople200JSONResponse(out), nil
}

// CreatePerson implements StrictServerInterface.
func (s *Server) CreatePerson(ctx context.Context, request CreatePersonRequestObject) (CreatePersonResponseObject, error) {
	in := request.Body
	person, err := s.accounts.Create(ctx, account.Person{
		Login: in.Login, Name: in.Name, Role: account.Role(in.Role), Programme: given(in.Programme), Language: string(given(in.Language)),
		Email: given(in.Email),
	})
	if err != nil {
		return nil, err
	}
	link, err := s.newLink(ctx, person.ID)
	if err != nil {
		return nil, err
	}
	return CreatePerson201JSONResponse{
		Body:    PersonWithLink{Person: showPerson(person), Link: link},
		Headers: CreatePerson201ResponseHeaders{ETag: etag(person.Version)},
	}, nil
}

// UpdatePerson implements StrictServerInterface.
func (s *Server) UpdatePerson(ctx context.Context, request UpdatePersonRequestObject) (UpdatePersonResponseObject, error) {
	person, err := s.accounts.ByID(ctx, request.Person)
	if err != nil {
		return nil, err
	}
	if err := matches(request.Params.IfMatch, etag(person.Version)); err != nil {
		return nil, err
	}
	in := request.Body
	person.Login = *cmp.Or(in.Login, &person.Login)
	person.Name = *cmp.Or(in.Name, &person.Name)
	person.Programme = *cmp.Or(in.Programme, &person.Programme)
	person.Email = *cmp.Or(in.Email, &person.Email)
	if in.Role != nil {
		person.Role = account.Role(*in.Role)
	}
	if in.Language != nil {
		person.Language = string(*in.Language)
	}
	if in.Disabled != nil {
		person.DisabledAt = since(person.DisabledAt, *in.Disabled, s.now())
	}
	if person, err = s.accounts.Update(ctx, person); err != nil {
		return nil, err
	}
	return UpdatePerson200JSONResponse{Body: showPerson(person), Headers: UpdatePerson200ResponseHeaders{ETag: etag(person.Version)}}, nil
}

// since turns a switch into the instant from which it has been on; what is on already stays as it was.
func since(at time.Time, on bool, now time.Time) time.Time {
	switch {
	case !on:
		return time.Time{}
	case at.IsZero():
		return now.Truncate(time.Second)
	}
	return at
}

// CreatePersonLink implements StrictServerInterface.
func (s *Server) CreatePersonLink(ctx context.Context, request CreatePersonLinkRequestObject) (CreatePersonLinkResponseObject, error) {
	person, err := s.accounts.ByID(ctx, request.Person)
	if err != nil {
		return nil, err
	}
	if !person.DisabledAt.IsZero() {
		return nil, fault.Rule("person_disabled", "%s is disabled; let them sign in again first", person.Login)
	}
	link, err := s.newLink(ctx, person.ID)
	return CreatePersonLink201JSONResponse(link), err
}

func (s *Server) newLink(ctx context.Context, personID string) (OneTimeLink, error) {
	secret, expiresAt, err := s.accounts.CreateLink(ctx, personID)
	return OneTimeLink{Url: account.WelcomeURL(s.cfg.PublicURL, secret), ExpiresAt: expiresAt.UTC()}, err
}
