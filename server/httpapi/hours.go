package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// GetOpeningHours implements StrictServerInterface.
func (s *Server) GetOpeningHours(ctx context.Context, request GetOpeningHoursRequestObject) (GetOpeningHoursResponseObject, error) {
	site, d, err := s.site(ctx, request.Site)
	if err != nil {
		return nil, err
	}
	body, tag, err := s.openingHours(ctx, d, site)
	return GetOpeningHours200JSONResponse{Body: body, Headers: GetOpeningHours200ResponseHeaders{ETag: tag}}, err
}

// PutOpeningHours implements StrictServerInterface.
func (s *Server) PutOpeningHours(ctx context.Context, request PutOpeningHoursRequestObject) (PutOpeningHoursResponseObject, error) {
	site, d, err := s.site(ctx, request.Site)
	if err != nil {
		return nil, err
	}
	if request.Params.IfMatch != nil {
		_, tag, err := s.openingHours(ctx, d, site)
		if err != nil {
			return nil, err
		}
		if err := matches(request.Params.IfMatch, tag); err != nil {
			return nil, err
		}
	}
	hours := make([]equipment.OpeningHours, len(request.Body.Hours))
	for i, in := range request.Body.Hours {
		if hours[i], err = d.readHours(site, in); err != nil {
			return nil, at(err, "/hours/"+strconv.Itoa(i))
		}
	}
	exceptions := make([]equipment.Exception, len(request.Body.Exceptions))
	for i, in := range request.Body.Exceptions {
		if exceptions[i], err = d.readException(site, in); err != nil {
			return nil, at(err, "/exceptions/"+strconv.Itoa(i))
		}
	}
	if err := s.deps.Equipment.PutOpeningHours(ctx, site.ID, hours, exceptions); err != nil {
		return nil, asRule(err)
	}
	s.deps.Changed()
	body, tag, err := s.openingHours(ctx, d, site)
	return PutOpeningHours200JSONResponse{Body: body, Headers: PutOpeningHours200ResponseHeaders{ETag: tag}}, err
}

// openingHours reads the hours of a site. They have no version of their own: the ETag is made of what they are.
func (s *Server) openingHours(ctx context.Context, d *directory, site equipment.Site) (OpeningHours, string, error) {
	hours, exceptions, err := s.deps.Equipment.OpeningHours(ctx, site.ID)
	if err != nil {
		return OpeningHours{}, "", err
	}
	out := OpeningHours{
		TimeZone: site.TimeZone, Hours: make([]WeeklyHours, len(hours)), Exceptions: make([]HoursException, len(exceptions)),
	}
	for i, h := range hours {
		out.Hours[i] = WeeklyHours{
			Room: text(d.rooms[h.RoomID].Code), Weekday: int32((h.Weekday+6)%7 + 1), Opens: clock(h.Opens), Closes: clock(h.Closes), //nolint:gosec // 1 … 7
			ValidFrom: text(string(h.ValidFrom)), ValidUntil: text(string(h.ValidUntil)),
		}
	}
	for i, e := range exceptions {
		out.Exceptions[i] = HoursException{Room: text(d.rooms[e.RoomID].Code), Day: string(e.Day), Reason: text(e.Reason)}
		if !e.Closed {
			out.Exceptions[i].Opens, out.Exceptions[i].Closes = new(clock(e.Opens)), new(clock(e.Closes))
		}
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return out, "", fmt.Errorf("httpapi: opening hours: %w", err)
	}
	sum := sha256.Sum256(raw)
	return out, `"` + hex.EncodeToString(sum[:8]) + `"`, nil
}

func (d *directory) readHours(site equipment.Site, in WeeklyHours) (equipment.OpeningHours, error) {
	room, err := d.roomOn(site, in.Room)
	if err != nil {
		return equipment.OpeningHours{}, err
	}
	out := equipment.OpeningHours{
		SiteID: site.ID, RoomID: room, Weekday: time.Weekday(in.Weekday % 7), Opens: minutes(in.Opens), Closes: minutes(in.Closes),
		ValidFrom: equipment.Day(given(in.ValidFrom)), ValidUntil: equipment.Day(given(in.ValidUntil)),
	}
	if out.Closes <= out.Opens {
		return out, errClosesFirst()
	}
	if out.ValidFrom != "" && out.ValidUntil != "" && out.ValidUntil < out.ValidFrom {
		return out, fault.Rule("span_empty", "valid_until must not be before valid_from")
	}
	return out, nil
}

func (d *directory) readException(site equipment.Site, in HoursException) (equipment.Exception, error) {
	room, err := d.roomOn(site, in.Room)
	if err != nil {
		return equipment.Exception{}, err
	}
	out := equipment.Exception{SiteID: site.ID, RoomID: room, Day: equipment.Day(in.Day), Reason: given(in.Reason)}
	switch {
	case in.Opens == nil && in.Closes == nil:
		out.Closed = true
		return out, nil
	case in.Opens == nil || in.Closes == nil:
		return out, fault.Rule("hours_incomplete", "give both opens and closes, or neither for a day that is closed")
	}
	if out.Opens, out.Closes = minutes(*in.Opens), minutes(*in.Closes); out.Closes <= out.Opens {
		return out, errClosesFirst()
	}
	return out, nil
}

func errClosesFirst() error {
	return fault.Rule("closes_before_opening", "closes must be later than opens; for hours past midnight give two rules")
}

// roomOn gives the id of a room of that site; "" for the whole site.
func (d *directory) roomOn(site equipment.Site, ref *Ref) (string, error) {
	if ref == nil {
		return "", nil
	}
	for _, room := range d.rooms {
		if room.SiteID == site.ID && (room.ID == *ref || room.Code == *ref) {
			return room.ID, nil
		}
	}
	return "", fault.NotFound("room_unknown", "there is no room %q on this site", *ref)
}

// at says which entry a fault is about.
func at(err error, field string) error {
	if known, ok := err.(*fault.Error); ok { //nolint:errorlint // made just now
		return known.On(field)
	}
	return err
}

// minutes reads "08:30"; its shape has been checked.
func minutes(clock Clock) int {
	hour, _ := strconv.Atoi(clock[:2])
	minute, _ := strconv.Atoi(clock[3:])
	return hour*60 + minute
}

func clock(minutes int) Clock { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }
