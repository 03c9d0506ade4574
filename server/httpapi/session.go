package httpapi

import (
	"context"
	"slices"

	"github.com/labtide/labtide/server/account"
)

// SignIn implements StrictServerInterface.
func (s *Server) SignIn(ctx context.Context, request SignInRequestObject) (SignInResponseObject, error) {
	who := callerOf(ctx)
	person, err := s.accounts.SignIn(ctx, request.Body.Login, request.Body.Password, who.address)
	if err != nil {
		return nil, err
	}
	me, err := s.enter(ctx, who, person)
	return SignIn200JSONResponse(me), err
}

// UseLink implements StrictServerInterface.
func (s *Server) UseLink(ctx context.Context, request UseLinkRequestObject) (UseLinkResponseObject, error) {
	who := callerOf(ctx)
	person, err := s.accounts.UseLink(ctx, request.Body.Secret, request.Body.Password, who.address)
	if err != nil {
		return nil, err
	}
	me, err := s.enter(ctx, who, person)
	return UseLink200JSONResponse(me), err
}

// ChangePassword implements StrictServerInterface. The sessions of the old password end, so the caller begins a new one.
func (s *Server) ChangePassword(ctx context.Context, request ChangePasswordRequestObject) (ChangePasswordResponseObject, error) {
	who := callerOf(ctx)
	person, err := s.accounts.ChangePassword(ctx, who.PersonID, request.Body.Current, request.Body.Password, who.address)
	if err != nil {
		return nil, err
	}
	me, err := s.enter(ctx, who, person)
	return ChangePassword200JSONResponse(me), err
}

// UpdateMe implements StrictServerInterface.
func (s *Server) UpdateMe(ctx context.Context, request UpdateMeRequestObject) (UpdateMeResponseObject, error) {
	who := callerOf(ctx)
	person, err := s.accounts.SetNamed(ctx, who.PersonID, request.Body.MayBeNamed)
	if err != nil {
		return nil, err
	}
	return UpdateMe200JSONResponse(me(who.Actor, person, who.session)), nil
}

// enter begins a session.
func (s *Server) enter(ctx context.Context, who *caller, person account.Person) (Me, error) {
	begun, err := s.sessions.start(ctx, who.writer, person)
	if err != nil {
		return Me{}, err
	}
	return me(account.SignedIn(person.ID, person.Role), person, begun), nil
}

// SignOut implements StrictServerInterface.
func (s *Server) SignOut(ctx context.Context, _ SignOutRequestObject) (SignOutResponseObject, error) {
	who := callerOf(ctx)
	if who.session != nil {
		if err := s.sessions.end(ctx, who.writer, who.session); err != nil {
			return nil, err
		}
	}
	return SignOut204Response{}, nil
}

// GetMe implements StrictServerInterface.
func (s *Server) GetMe(ctx context.Context, _ GetMeRequestObject) (GetMeResponseObject, error) {
	who := callerOf(ctx)
	person, err := s.accounts.Person(ctx, who.PersonID)
	if err != nil {
		return nil, err
	}
	return GetMe200JSONResponse(me(who.Actor, person, who.session)), nil
}

func me(actor account.Actor, person account.Person, in *session) Me {
	permissions := slices.DeleteFunc(account.Actions(), func(action account.Action) bool {
		owner := actor.PersonID
		if action == account.ActionSeeNames {
			owner = "" // of others: one's own name is no permission
		}
		return !account.Allowed(actor, action, owner)
	})
	out := Me{Person: showPerson(person), Permissions: convert[Action](permissions), Scopes: convert[Scope](actor.Scopes)}
	if in != nil {
		out.CsrfToken = &in.csrf
	}
	return out
}
