package httpapi

import (
	"cmp"
	"context"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

func showSite(v equipment.Site) Site {
	return Site{Id: v.ID, Code: v.Code, Name: name(v.Name), TimeZone: v.TimeZone, Version: v.Version}
}

// ListSites implements StrictServerInterface.
func (s *Server) ListSites(ctx context.Context, _ ListSitesRequestObject) (ListSitesResponseObject, error) {
	sites, err := s.deps.Equipment.Sites(ctx)
	if err != nil {
		return nil, err
	}
	out := SiteList{Items: make([]Site, len(sites))}
	for i, v := range sites {
		out.Items[i] = showSite(v)
	}
	return ListSites200JSONResponse(out), nil
}

// CreateSite implements StrictServerInterface.
func (s *Server) CreateSite(ctx context.Context, request CreateSiteRequestObject) (CreateSiteResponseObject, error) {
	in := request.Body
	site, err := s.putSite(ctx, equipment.Site{Code: in.Code, Name: newName(in.Name), TimeZone: in.TimeZone})
	if err != nil {
		return nil, err
	}
	return CreateSite201JSONResponse{Body: showSite(site), Headers: CreateSite201ResponseHeaders{ETag: etag(site.Version)}}, nil
}

// UpdateSite implements StrictServerInterface.
func (s *Server) UpdateSite(ctx context.Context, request UpdateSiteRequestObject) (UpdateSiteResponseObject, error) {
	d, err := s.directory.fresh(ctx)
	if err != nil {
		return nil, err
	}
	site, err := d.site(request.Site)
	if err != nil {
		return nil, err
	}
	if err := matches(request.Params.IfMatch, etag(site.Version)); err != nil {
		return nil, err
	}
	in := request.Body
	site.Code = *cmp.Or(in.Code, &site.Code)
	site.TimeZone = *cmp.Or(in.TimeZone, &site.TimeZone)
	if in.Name != nil {
		site.Name = newName(*in.Name)
	}
	if site, err = s.putSite(ctx, site); err != nil {
		return nil, err
	}
	return UpdateSite200JSONResponse{Body: showSite(site), Headers: UpdateSite200ResponseHeaders{ETag: etag(site.Version)}}, nil
}

func (s *Server) putSite(ctx context.Context, site equipment.Site) (equipment.Site, error) {
	if _, err := time.LoadLocation(site.TimeZone); err != nil || site.TimeZone == "Local" {
		return site, fault.Rule("time_zone_unknown", "%q is no time zone; write it like Asia/Shanghai", site.TimeZone).On("/time_zone")
	}
	site, err := s.deps.Equipment.PutSite(ctx, site)
	s.registerChanged(err)
	return site, err
}

// registerChanged makes names and the board true again after a change of the register.
func (s *Server) registerChanged(err error) {
	s.directory.forget()
	if err == nil {
		s.deps.Changed()
	}
}
