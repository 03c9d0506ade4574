package httpapi

import (
	"context"

	"github.com/labtide/labtide/server/account"
)

func showToken(t account.Token) Token {
	return Token{
		Id: t.ID, Name: t.Name, Scopes: convert[Scope](t.Scopes), CreatedAt: t.CreatedAt.UTC(),
		LastUsedAt: instant(t.LastUsedAt), ExpiresAt: instant(t.ExpiresAt),
	}
}

// ListTokens implements StrictServerInterface.
func (s *Server) ListTokens(ctx context.Context, _ ListTokensRequestObject) (ListTokensResponseObject, error) {
	tokens, err := s.accounts.Tokens(ctx, callerOf(ctx).PersonID)
	if err != nil {
		return nil, err
	}
	out := TokenList{Items: make([]Token, len(tokens))}
	for i, t := range tokens {
		out.Items[i] = showToken(t)
	}
	return ListTokens200JSONResponse(out), nil
}

// CreateToken implements StrictServerInterface.
func (s *Server) CreateToken(ctx context.Context, request CreateTokenRequestObject) (CreateTokenResponseObject, error) {
	in := request.Body
	token, secret, err := s.accounts.CreateToken(ctx, callerOf(ctx).Actor, in.Name, convert[account.Scope](in.Scopes), given(in.ExpiresAt))
	if err != nil {
		return nil, err
	}
	return CreateToken201JSONResponse{Token: showToken(token), Secret: secret}, nil
}

// RevokeToken implements StrictServerInterface.
func (s *Server) RevokeToken(ctx context.Context, request RevokeTokenRequestObject) (RevokeTokenResponseObject, error) {
	if err := s.accounts.RevokeToken(ctx, callerOf(ctx).PersonID, request.Token); err != nil {
		return nil, err
	}
	return RevokeToken204Response{}, nil
}
