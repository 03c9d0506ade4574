package httpapi

import (
	"context"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// CreateParty implements StrictServerInterface.
func (s *Server) CreateParty(ctx context.Context, request CreatePartyRequestObject) (CreatePartyResponseObject, error) {
	in := request.Body
	wish := booking.PartyRequest{
		StationIDs: given(in.Stations), KindID: given(in.Kind), Count: int(given(in.Count)), Adjacent: booking.Adjacent(given(in.Adjacent)),
		AcrossRooms: given(in.AcrossRooms), StartsAt: in.StartsAt, EndsAt: in.EndsAt, Programme: given(in.Programme),
		Purpose: booking.Purpose(given(in.Purpose)), Override: given(in.Override),
	}
	if in.Room != nil {
		room, _, err := s.room(ctx, *in.Room)
		if err != nil {
			return nil, err
		}
		wish.RoomID = room.ID
	}
	for _, ref := range given(in.People) {
		wish.PersonIDs = append(wish.PersonIDs, personRef(ctx, &ref))
	}
	team, holder, err := s.bookingTeam(ctx, in.Team, nil)
	if err != nil {
		return nil, err
	}
	if wish.Companions, err = s.companions(ctx, given(in.Companions)); err != nil {
		return nil, err
	}
	if wish.TeamID = team; len(wish.PersonIDs) == 0 && holder != "" {
		wish.PersonIDs = []string{holder}
	}
	seats, err := s.deps.Bookings.ReserveTogether(ctx, callerOf(ctx).Actor, wish)
	if err != nil {
		return nil, asRule(err)
	}
	body, tag, err := s.answerParty(ctx, seats)
	return CreateParty201JSONResponse{Body: body, Headers: CreateParty201ResponseHeaders{ETag: tag}}, err
}

// bookingTeam finds the team that a booking is for, and who sits there when nobody is named.
func (s *Server) bookingTeam(ctx context.Context, team, person *Ref) (teamID, personID string, err error) {
	if personID = personRef(ctx, person); team == nil {
		return "", personID, nil
	}
	t, err := s.accounts.Team(ctx, *team)
	if err != nil {
		return "", "", err
	}
	if personID == "" {
		personID = t.Holder(callerOf(ctx).PersonID)
	}
	return t.ID, personID, nil
}

// answerParty shows a party with its ETag, though the request's time may be over.
func (s *Server) answerParty(ctx context.Context, seats []booking.Booking) (Party, string, error) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	version := booking.PartyVersion(seats)
	out := Party{Id: seats[0].PartyID, Seats: make([]Booking, len(seats)), Version: version}
	for i, b := range seats {
		_, d, err := s.station(ctx, b.StationID)
		if err != nil {
			return out, "", err
		}
		if out.Seats[i], err = s.showBooking(ctx, d, b); err != nil {
			return out, "", err
		}
	}
	var err error
	out.Team, err = s.teamRef(ctx, seats[0].TeamID)
	return out, etag(version), err
}

// visibleParty gives a party of which the caller may see a seat; another's is as if it were not there.
func (s *Server) visibleParty(ctx context.Context, id string) ([]booking.Booking, error) {
	seats, err := s.deps.Bookings.Party(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, b := range seats {
		if sees, err := s.sees(ctx, b); err != nil || sees {
			return seats, err
		}
	}
	return nil, fault.NotFound("party_unknown", "there is no party %q", id)
}

// GetParty implements StrictServerInterface.
func (s *Server) GetParty(ctx context.Context, request GetPartyRequestObject) (GetPartyResponseObject, error) {
	seats, err := s.visibleParty(ctx, request.Party)
	if err != nil {
		return nil, err
	}
	body, tag, err := s.answerParty(ctx, seats)
	return GetParty200JSONResponse{Body: body, Headers: GetParty200ResponseHeaders{ETag: tag}}, err
}

// UpdateParty implements StrictServerInterface.
func (s *Server) UpdateParty(ctx context.Context, request UpdatePartyRequestObject) (UpdatePartyResponseObject, error) {
	if _, err := s.visibleParty(ctx, request.Party); err != nil {
		return nil, err
	}
	in := request.Body
	change := booking.Change{StartsAt: in.StartsAt, EndsAt: in.EndsAt, Programme: in.Programme, Override: given(in.Override)}
	if in.Purpose != nil {
		change.Purpose = new(booking.Purpose(*in.Purpose))
	}
	seats, err := s.deps.Bookings.ChangeParty(ctx, callerOf(ctx).Actor, request.Party, versionOf(request.Params.IfMatch), change)
	if err != nil {
		return nil, asRule(err)
	}
	body, tag, err := s.answerParty(ctx, seats)
	return UpdateParty200JSONResponse{Body: body, Headers: UpdateParty200ResponseHeaders{ETag: tag}}, err
}

// CancelParty implements StrictServerInterface.
func (s *Server) CancelParty(ctx context.Context, request CancelPartyRequestObject) (CancelPartyResponseObject, error) {
	if _, err := s.visibleParty(ctx, request.Party); err != nil {
		return nil, err
	}
	seats, err := s.deps.Bookings.CancelParty(ctx, callerOf(ctx).Actor, request.Party, versionOf(request.Params.IfMatch))
	if err != nil {
		return nil, asRule(err)
	}
	body, tag, err := s.answerParty(ctx, seats)
	return CancelParty200JSONResponse{Body: body, Headers: CancelParty200ResponseHeaders{ETag: tag}}, err
}
