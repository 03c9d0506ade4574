package httpapi

import (
	"cmp"
	"context"

	"github.com/labtide/labtide/server/equipment"
)

func showKind(v equipment.Kind) Kind {
	return Kind{Id: v.ID, Code: v.Code, Name: name(v.Name), Version: v.Version}
}

// ListKinds implements StrictServerInterface.
func (s *Server) ListKinds(ctx context.Context, _ ListKindsRequestObject) (ListKindsResponseObject, error) {
	kinds, err := s.deps.Equipment.Kinds(ctx)
	if err != nil {
		return nil, err
	}
	out := KindList{Items: make([]Kind, len(kinds))}
	for i, v := range kinds {
		out.Items[i] = showKind(v)
	}
	return ListKinds200JSONResponse(out), nil
}

// CreateKind implements StrictServerInterface.
func (s *Server) CreateKind(ctx context.Context, request CreateKindRequestObject) (CreateKindResponseObject, error) {
	kind, err := s.deps.Equipment.PutKind(ctx, equipment.Kind{Code: request.Body.Code, Name: newName(request.Body.Name)})
	if s.registerChanged(err); err != nil {
		return nil, err
	}
	return CreateKind201JSONResponse{Body: showKind(kind), Headers: CreateKind201ResponseHeaders{ETag: etag(kind.Version)}}, nil
}

// UpdateKind implements StrictServerInterface.
func (s *Server) UpdateKind(ctx context.Context, request UpdateKindRequestObject) (UpdateKindResponseObject, error) {
	d, err := s.directory.fresh(ctx)
	if err != nil {
		return nil, err
	}
	kind, err := d.kind(request.Kind)
	if err != nil {
		return nil, err
	}
	if err := matches(request.Params.IfMatch, etag(kind.Version)); err != nil {
		return nil, err
	}
	kind.Code = *cmp.Or(request.Body.Code, &kind.Code)
	if request.Body.Name != nil {
		kind.Name = newName(*request.Body.Name)
	}
	kind, err = s.deps.Equipment.PutKind(ctx, kind)
	if s.registerChanged(err); err != nil {
		return nil, err
	}
	return UpdateKind200JSONResponse{Body: showKind(kind), Headers: UpdateKind200ResponseHeaders{ETag: etag(kind.Version)}}, nil
}
