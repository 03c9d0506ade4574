package httpapi

import (
	"context"
	"strconv"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// myself is how a caller names themselves in a filter.
const myself = "me"

// showBooking shows a booking to somebody: whose it is and what for only if they may see it.
func (s *Server) showBooking(ctx context.Context, d *directory, b booking.Booking) (Booking, error) {
	out := Booking{
		Id: b.ID, Station: d.stationRef(d.stations[b.StationID]), Mine: b.PersonID == callerOf(ctx).PersonID,
		StartsAt: b.StartsAt.UTC(), EndsAt: b.EndsAt.UTC(), OccupiedUntil: buffered(b.EndsAt, b.OccupiedUntil),
		PlannedEnd: instant(b.PlannedEnd), Status: BookingStatus(b.Status),
		CreatedAt: b.CreatedAt.UTC(), Version: b.Version, HeldUntil: instant(b.HeldUntil),
	}
	if sees, err := s.sees(ctx, b); err != nil || !sees {
		return out, err
	}
	called, err := s.accounts.Name(ctx, b.PersonID)
	if err != nil {
		return out, err
	}
	out.Person, out.Party = &PersonRef{Id: b.PersonID, Name: called}, text(b.PartyID)
	if out.Mine || account.Allowed(callerOf(ctx).Actor, account.ActionSeeNames, b.PersonID) {
		out.Series = text(b.SeriesID) // a team's others see the booking, not the series
	}
	if b.Involves(callerOf(ctx).PersonID) && !out.Mine {
		out.Along = new(true)
	}
	out.Team, err = s.teamRef(ctx, b.TeamID)
	out.Programme, out.Purpose, out.Wait = text(b.Programme), new(Purpose(b.Purpose)), text(b.WaitID)
	if err == nil {
		err = s.showAttendance(ctx, &out, b)
	}
	if err == nil {
		err = s.showRules(ctx, &out, b)
	}
	return out, err
}

// sees reports whether the caller may know whose booking it is: they are there by it, it is their team's, or by their role.
func (s *Server) sees(ctx context.Context, b booking.Booking) (bool, error) {
	who := callerOf(ctx)
	if b.Involves(who.PersonID) || account.Allowed(who.Actor, account.ActionSeeNames, b.PersonID) {
		return true, nil
	}
	if b.TeamID == "" {
		return false, nil
	}
	team, err := s.accounts.TeamSeen(ctx, b.TeamID)
	return team.Has(who.PersonID), err
}

// answerBooking shows a booking with its ETag. A station that was added on another server a moment ago is looked up again.
func (s *Server) answerBooking(ctx context.Context, b booking.Booking) (Booking, string, error) {
	_, d, err := s.station(ctx, b.StationID)
	if err != nil {
		return Booking{}, "", err
	}
	out, err := s.showBooking(ctx, d, b)
	return out, etag(b.Version), err
}

// answerWithin is how long the answer to what has been done may take beyond the request's own time.
const answerWithin = 5 * time.Second

// afterwards is a context for what follows from a change: the change stands, so its answer is not "try again" only because
// the request's time is over.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
}

// answerChange is answerBooking for a booking that was just written.
func (s *Server) answerChange(ctx context.Context, b booking.Booking) (Booking, string, error) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	return s.answerBooking(ctx, b)
}

// CreateBooking implements StrictServerInterface.
func (s *Server) CreateBooking(ctx context.Context, request CreateBookingRequestObject) (CreateBookingResponseObject, error) {
	in := request.Body
	if (in.Station == nil) == (in.Kind == nil) {
		return nil, fault.Rule("station_or_kind", "name either a station or a kind").On("/station")
	}
	team, person, err := s.bookingTeam(ctx, in.Team, in.Person)
	if err != nil {
		return nil, err
	}
	companions, err := s.companions(ctx, given(in.Companions))
	if err != nil {
		return nil, err
	}
	made, err := s.deps.Bookings.Reserve(ctx, callerOf(ctx).Actor, booking.Request{
		StationID: given(in.Station), KindID: given(in.Kind), PersonID: person, TeamID: team, StartsAt: in.StartsAt, EndsAt: in.EndsAt,
		Programme: given(in.Programme), Purpose: booking.Purpose(given(in.Purpose)), Override: given(in.Override), Companions: companions,
	})
	if err != nil {
		return nil, asRule(err)
	}
	body, tag, err := s.answerChange(ctx, made)
	return CreateBooking201JSONResponse{Body: body, Headers: CreateBooking201ResponseHeaders{ETag: tag}}, err
}

func personRef(ctx context.Context, ref *Ref) string {
	if ref != nil && *ref == myself {
		return callerOf(ctx).PersonID
	}
	return given(ref)
}

// GetBooking implements StrictServerInterface.
func (s *Server) GetBooking(ctx context.Context, request GetBookingRequestObject) (GetBookingResponseObject, error) {
	b, err := s.visibleBooking(ctx, request.Booking)
	if err != nil {
		return nil, err
	}
	body, tag, err := s.answerBooking(ctx, b)
	if err != nil {
		return nil, err
	}
	err = s.flagged(ctx, []*Booking{&body}, b)
	return GetBooking200JSONResponse{Body: body, Headers: GetBooking200ResponseHeaders{ETag: tag}}, err
}

// visibleBooking gives a booking that the caller may know of, or change; another's is as if it were not there.
func (s *Server) visibleBooking(ctx context.Context, id string) (booking.Booking, error) {
	b, err := s.deps.Bookings.ByID(ctx, id)
	if err != nil {
		return b, err
	}
	sees, err := s.sees(ctx, b)
	if err == nil && !sees && !account.Allowed(callerOf(ctx).Actor, account.ActionBook, b.PersonID) {
		err = fault.NotFound("booking_unknown", "there is no booking %q", id)
	}
	return b, err
}

// UpdateBooking implements StrictServerInterface.
func (s *Server) UpdateBooking(ctx context.Context, request UpdateBookingRequestObject) (UpdateBookingResponseObject, error) {
	if _, err := s.visibleBooking(ctx, request.Booking); err != nil {
		return nil, err
	}
	in := request.Body
	change := booking.Change{
		StationID: in.Station, StartsAt: in.StartsAt, EndsAt: in.EndsAt, Programme: in.Programme, Override: given(in.Override),
	}
	if in.Purpose != nil {
		change.Purpose = new(booking.Purpose(*in.Purpose))
	}
	if in.Companions != nil {
		companions, err := s.companions(ctx, *in.Companions)
		if err != nil {
			return nil, err
		}
		change.Companions = &companions
	}
	changed, err := s.deps.Bookings.Change(ctx, callerOf(ctx).Actor, request.Booking, versionOf(request.Params.IfMatch), change)
	if err != nil {
		return nil, asRule(err)
	}
	body, tag, err := s.answerChange(ctx, changed)
	return UpdateBooking200JSONResponse{Body: body, Headers: UpdateBooking200ResponseHeaders{ETag: tag}}, err
}

// CancelBooking implements StrictServerInterface.
func (s *Server) CancelBooking(ctx context.Context, request CancelBookingRequestObject) (CancelBookingResponseObject, error) {
	if _, err := s.visibleBooking(ctx, request.Booking); err != nil {
		return nil, err
	}
	gone, err := s.deps.Bookings.Cancel(ctx, callerOf(ctx).Actor, request.Booking, versionOf(request.Params.IfMatch))
	if err != nil {
		return nil, asRule(err)
	}
	body, tag, err := s.answerChange(ctx, gone)
	return CancelBooking200JSONResponse{Body: body, Headers: CancelBooking200ResponseHeaders{ETag: tag}}, err
}

// ListBookings implements StrictServerInterface.
func (s *Server) ListBookings(ctx context.Context, request ListBookingsRequestObject) (ListBookingsResponseObject, error) {
	filter, err := s.bookingFilter(ctx, request.Params)
	if err != nil {
		return nil, err
	}
	limit := filter.Limit
	filter.Limit++ // one more tells whether there is a next page
	bookings, err := s.deps.Bookings.List(ctx, filter)
	if err != nil {
		return nil, err
	}
	d, err := s.directory.get(ctx)
	if err != nil {
		return nil, err
	}
	out := BookingList{}
	if len(bookings) > limit {
		bookings = bookings[:limit]
		last := bookings[limit-1].Cursor()
		out.Next = cursor("bookings", strconv.FormatInt(last.StartsAt.Unix(), 10), last.ID)
	}
	out.Items = make([]Booking, len(bookings))
	for i, b := range bookings {
		if out.Items[i], err = s.showBooking(ctx, d, b); err != nil {
			return nil, err
		}
	}
	shown := make([]*Booking, len(bookings))
	for i := range out.Items {
		shown[i] = &out.Items[i]
	}
	return ListBookings200JSONResponse(out), s.flagged(ctx, shown, bookings...)
}

func (s *Server) bookingFilter(ctx context.Context, params ListBookingsParams) (booking.Filter, error) {
	who := callerOf(ctx)
	filter := booking.Filter{
		InvolvedID: personRef(ctx, params.Person), From: given(params.From), Until: given(params.To),
		Status: booking.Status(given(params.Status)), Limit: limitOf(params.Limit),
	}
	if params.Station != nil {
		station, _, err := s.station(ctx, *params.Station)
		if err != nil {
			return filter, err
		}
		filter.StationIDs = []string{station.ID}
	}
	if params.Team != nil {
		team, err := s.visibleTeam(ctx, *params.Team)
		if err != nil {
			return filter, err
		}
		filter.TeamID = team.ID
	}
	switch {
	case params.Person == nil && params.Station == nil && params.Team == nil:
		filter.InvolvedID = who.PersonID
	case filter.InvolvedID != "" && filter.InvolvedID != who.PersonID && !account.Allowed(who.Actor, account.ActionSeeNames, filter.InvolvedID):
		return filter, fault.Forbidden("not_allowed", "you may list your own bookings, or those of a station")
	}
	after, err := place("bookings", 2, params.Cursor)
	if err != nil || after == nil {
		return filter, err
	}
	second, err := strconv.ParseInt(after[0], 10, 64)
	if err != nil || second < 0 || second > everEnd.Unix() {
		return filter, fault.Rule("cursor_unknown", "this is not a cursor of this list; start again without one").On("cursor")
	}
	filter.After = booking.Cursor{StartsAt: time.Unix(second, 0).UTC(), ID: after[1]}
	return filter, nil
}
