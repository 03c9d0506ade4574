package httpapi

import (
	"context"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// CreateSeries implements StrictServerInterface.
func (s *Server) CreateSeries(ctx context.Context, request CreateSeriesRequestObject) (CreateSeriesResponseObject, error) {
	in := request.Body
	wish := booking.SeriesRequest{
		StationIDs: given(in.Stations), First: equipment.Day(in.First), Rule: in.Rule, Starts: minutes(in.Starts), Ends: endOf(in.Starts, in.Ends),
		Title: given(in.Title), Programme: given(in.Programme), Purpose: booking.Purpose(given(in.Purpose)),
		Conflict: booking.Conflict(given(in.Conflict)), Override: given(in.Override),
	}
	if in.Room != nil {
		room, _, err := s.room(ctx, *in.Room)
		if err != nil {
			return nil, err
		}
		wish.RoomID = room.ID
	}
	var err error
	if wish.TeamID, wish.PersonID, err = s.bookingTeam(ctx, in.Team, in.Person); err != nil {
		return nil, err
	}
	if wish.Companions, err = s.companions(ctx, given(in.Companions)); err != nil {
		return nil, err
	}
	made, err := s.deps.Bookings.CreateSeries(ctx, callerOf(ctx).Actor, wish, given(in.DryRun))
	if err != nil {
		return nil, asRule(err)
	}
	body, tag, err := s.answerSeries(ctx, made, given(in.DryRun))
	if given(in.DryRun) {
		return CreateSeries200JSONResponse(body), err
	}
	return CreateSeries201JSONResponse{Body: body, Headers: CreateSeries201ResponseHeaders{ETag: tag}}, err
}

// endOf gives the end in minutes after the midnight before the start: at or before it, it is on the next day.
func endOf(starts, ends Clock) int {
	end := minutes(ends)
	if end <= minutes(starts) {
		end += 24 * 60
	}
	return end
}

// ListBookingSeries implements StrictServerInterface.
func (s *Server) ListBookingSeries(ctx context.Context, request ListBookingSeriesRequestObject) (ListBookingSeriesResponseObject, error) {
	who := callerOf(ctx)
	person := who.PersonID
	if request.Params.Person != nil {
		person = personRef(ctx, request.Params.Person)
	}
	all, err := s.deps.Bookings.SeriesOf(ctx, who.Actor, person)
	if err != nil {
		return nil, err
	}
	d, err := s.directory.get(ctx)
	if err != nil {
		return nil, err
	}
	out := BookingSeriesList{Items: make([]BookingSeries, len(all))}
	for i, one := range all {
		if out.Items[i], err = s.showSeries(ctx, d, one); err != nil {
			return nil, err
		}
	}
	return ListBookingSeries200JSONResponse(out), nil
}

// GetBookingSeries implements StrictServerInterface.
func (s *Server) GetBookingSeries(ctx context.Context, request GetBookingSeriesRequestObject) (GetBookingSeriesResponseObject, error) {
	one, err := s.deps.Bookings.SeriesByID(ctx, callerOf(ctx).Actor, request.Series)
	if err != nil {
		return nil, err
	}
	body, tag, err := s.answerSeries(ctx, one, false)
	return GetBookingSeries200JSONResponse{Body: body, Headers: GetBookingSeries200ResponseHeaders{ETag: tag}}, err
}

// UpdateSeries implements StrictServerInterface.
func (s *Server) UpdateSeries(ctx context.Context, request UpdateSeriesRequestObject) (UpdateSeriesResponseObject, error) {
	if err := s.visibleSeries(ctx, request.Series); err != nil {
		return nil, err
	}
	in := request.Body
	if (in.Starts == nil) != (in.Ends == nil) {
		return nil, fault.Rule("times_invalid", "give both starts and ends, or neither").On("/starts")
	}
	change := booking.SeriesChange{
		From: equipment.Day(given(in.From)), Rule: in.Rule, StationIDs: in.Stations, Title: in.Title, Programme: in.Programme,
		Override: given(in.Override),
	}
	if in.Starts != nil {
		change.Starts, change.Ends = new(minutes(*in.Starts)), new(endOf(*in.Starts, *in.Ends))
	}
	if in.Conflict != nil {
		change.Conflict = new(booking.Conflict(*in.Conflict))
	}
	done, err := s.deps.Bookings.ChangeSeries(ctx, callerOf(ctx).Actor, request.Series, versionOf(request.Params.IfMatch), change, given(in.DryRun))
	if err != nil {
		return nil, asRule(err)
	}
	body, tag, err := s.answerSeries(ctx, done, given(in.DryRun))
	return UpdateSeries200JSONResponse{Body: body, Headers: UpdateSeries200ResponseHeaders{ETag: tag}}, err
}

// CancelSeries implements StrictServerInterface.
func (s *Server) CancelSeries(ctx context.Context, request CancelSeriesRequestObject) (CancelSeriesResponseObject, error) {
	if err := s.visibleSeries(ctx, request.Series); err != nil {
		return nil, err
	}
	gone, err := s.deps.Bookings.CancelSeries(
		ctx, callerOf(ctx).Actor, request.Series, versionOf(request.Params.IfMatch), equipment.Day(given(request.Params.From)))
	if err != nil {
		return nil, asRule(err)
	}
	body, tag, err := s.answerSeries(ctx, gone, false)
	return CancelSeries200JSONResponse{Body: body, Headers: CancelSeries200ResponseHeaders{ETag: tag}}, err
}

// visibleSeries refuses a series that the caller may not know of as if it were not there.
func (s *Server) visibleSeries(ctx context.Context, id string) error {
	_, err := s.deps.Bookings.SeriesByID(ctx, callerOf(ctx).Actor, id)
	return err
}

// answerSeries shows a series with its ETag, though the request's time may be over.
func (s *Server) answerSeries(ctx context.Context, r booking.SeriesResult, dryRun bool) (SeriesResult, string, error) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	d, err := s.directory.get(ctx)
	if err != nil {
		return SeriesResult{}, "", err
	}
	out := SeriesResult{DryRun: dryRun, Occurrences: d.occurrences(r.Occurrences)}
	if out.Series, err = s.showSeries(ctx, d, r); err != nil {
		return SeriesResult{}, "", err
	}
	if len(r.Displaced) > 0 {
		out.Displaced, err = s.displacements(ctx, d, r.Displaced)
	}
	return out, etag(r.Series.Version), err
}

func (s *Server) showSeries(ctx context.Context, d *directory, r booking.SeriesResult) (BookingSeries, error) {
	who := callerOf(ctx)
	out := BookingSeries{
		Id: r.Series.ID, Mine: r.Series.PersonID == who.PersonID, Title: text(r.Body.Title), Programme: text(r.Body.Programme),
		Conflict: SeriesConflict(r.Body.Conflict), EndedAt: instant(r.Series.EndedAt), LastEndsAt: instant(r.Series.LastEndsAt), CreatedAt: r.Series.CreatedAt.UTC(), Version: r.Series.Version,
	}
	if r.Body.Purpose != "" {
		out.Purpose = new(Purpose(r.Body.Purpose))
	}
	if part, ok := r.Body.Current(); ok {
		out.Rule, out.First = &part.Rule, text(string(part.First))
		out.Starts, out.Ends = new(clock(part.Starts)), new(clock(wrap(part.Ends)))
		out.Stations = d.stationRefs(part.StationIDs)
	}
	if out.Mine || account.Allowed(who.Actor, account.ActionSeeNames, r.Series.PersonID) {
		called, err := s.accounts.Name(ctx, r.Series.PersonID)
		if err != nil {
			return out, err
		}
		out.Person = &PersonRef{Id: r.Series.PersonID, Name: called}
	}
	return out, nil
}

// wrap is the way back from endOf.
func wrap(minutes int) int {
	if minutes > 24*60 {
		return minutes - 24*60
	}
	return minutes
}

// refusals shows reasons, each with its station.
func (d *directory) refusals(all []booking.Refusal) []Refusal {
	out := make([]Refusal, len(all))
	for i, r := range all {
		out[i] = Refusal{Code: r.Code, Detail: r.Detail, Limit: text(r.Limit), Actual: text(r.Actual)}
		if len(r.OverridableBy) > 0 {
			out[i].OverridableBy = new(convert[Role](r.OverridableBy))
		}
		if station, ok := d.stations[r.StationID]; ok {
			out[i].Station = new(d.stationRef(station))
		}
	}
	return out
}

func (d *directory) occurrences(all []booking.Occurrence) []SeriesOccurrence {
	out := make([]SeriesOccurrence, len(all))
	for i, o := range all {
		shown := SeriesOccurrence{
			PlannedAt: o.Planned.From.UTC(), StartsAt: o.At.From.UTC(), EndsAt: o.At.Until.UTC(), Outcome: SeriesOccurrenceOutcome(o.Outcome),
			Detail: text(o.Detail), Bookings: make([]SeriesSeat, len(o.Bookings)),
		}
		if o.Reason != "" {
			shown.Reason = new(SeriesOccurrenceReason(o.Reason))
		}
		for j, b := range o.Bookings {
			shown.Bookings[j] = SeriesSeat{Id: b.ID, Station: d.stationRef(d.stations[b.StationID])}
		}
		if len(o.Refusals) > 0 {
			shown.Refusals = new(d.refusals(o.Refusals))
		}
		out[i] = shown
	}
	return out
}
