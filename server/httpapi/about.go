package httpapi

import (
	"bytes"
	"context"
)

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
