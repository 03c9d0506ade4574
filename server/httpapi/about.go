package httpapi

import (
	"bytes"
	"context"

	"github.com/labtide/labtide/server/account"
)

// DemoAccountOf shows how to sign in as somebody of the demonstration.
func DemoAccountOf(login, password, name string, role account.Role) DemoAccount {
	return DemoAccount{Login: login, Password: password, Name: name, Role: Role(role)}
}

// GetAbout implements StrictServerInterface.
func (s *Server) GetAbout(context.Context, GetAboutRequestObject) (GetAboutResponseObject, error) {
	accounts := s.cfg.DemoAccounts
	if accounts == nil {
		accounts = []DemoAccount{}
	}
	return GetAbout200JSONResponse{
		Name: "Labtide", Version: s.cfg.Version, Demo: s.cfg.Demo, DemoAccounts: accounts, Languages: []Language{En, ZhCN},
	}, nil
}

// GetOpenapi implements StrictServerInterface.
func (s *Server) GetOpenapi(context.Context, GetOpenapiRequestObject) (GetOpenapiResponseObject, error) {
	return GetOpenapi200ApplicationyamlResponse{Body: bytes.NewReader(description), ContentLength: int64(len(description))}, nil
}
