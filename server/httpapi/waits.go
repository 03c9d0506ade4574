package httpapi

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// Waitlist is the part of booking.Service that those who wait need.
type Waitlist interface {
	Join(ctx context.Context, actor account.Actor, r booking.WaitRequest) (booking.Wait, error)
	Withdraw(ctx context.Context, actor account.Actor, id string) (booking.Wait, error)
	WaitByID(ctx context.Context, id string) (booking.Wait, error)
	Waits(ctx context.Context, f booking.WaitFilter) ([]booking.Wait, error)
	Places(ctx context.Context, waits []booking.Wait) (map[string]int, error)
	Accept(ctx context.Context, actor account.Actor, id string) (booking.Booking, error)
	Decline(ctx context.Context, actor account.Actor, id string) (booking.Booking, error)
}

// JoinWaitlist implements StrictServerInterface.
func (s *Server) JoinWaitlist(ctx context.Context, request JoinWaitlistRequestObject) (JoinWaitlistResponseObject, error) {
	in := request.Body
	team, person, err := s.bookingTeam(ctx, in.Team, in.Person)
	if err != nil {
		return nil, err
	}
	companions, err := s.companions(ctx, given(in.Companions))
	if err != nil {
		return nil, err
	}
	wish := booking.WaitRequest{
		StationID: given(in.Station), KindID: given(in.Kind), PersonID: person, TeamID: team, From: in.From, Until: in.Until,
		Wanted: time.Duration(in.WantedMinutes) * time.Minute, Shortest: time.Duration(given(in.ShortestMinutes)) * time.Minute,
		Programme: given(in.Programme), Purpose: booking.Purpose(given(in.Purpose)), Companions: companions,
	}
	if in.Room != nil {
		room, _, err := s.room(ctx, *in.Room)
		if err != nil {
			return nil, err
		}
		wish.RoomID = room.ID
	}
	joined, err := s.deps.Bookings.Join(ctx, callerOf(ctx).Actor, wish)
	if err != nil {
		return nil, asRule(err)
	}
	out, err := s.answerWait(ctx, joined)
	return JoinWaitlist201JSONResponse(out), err
}

// WithdrawWait implements StrictServerInterface.
func (s *Server) WithdrawWait(ctx context.Context, request WithdrawWaitRequestObject) (WithdrawWaitResponseObject, error) {
	w, err := s.deps.Bookings.WaitByID(ctx, request.Wait)
	if err != nil {
		return nil, err
	}
	who := callerOf(ctx)
	if !account.Allowed(who.Actor, account.ActionSeeNames, w.PersonID) && !account.Allowed(who.Actor, account.ActionBook, w.PersonID) {
		return nil, fault.NotFound("wait_unknown", "there is no waitlist entry %q", request.Wait)
	}
	if w, err = s.deps.Bookings.Withdraw(ctx, who.Actor, request.Wait); err != nil {
		return nil, err
	}
	out, err := s.answerWait(ctx, w)
	return WithdrawWait200JSONResponse(out), err
}

// answerWait shows an entry that was just written.
func (s *Server) answerWait(ctx context.Context, w booking.Wait) (Wait, error) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	shown, err := s.showWaits(ctx, []booking.Wait{w})
	if err != nil {
		return Wait{}, err
	}
	return shown[0], nil
}

// ListWaits implements StrictServerInterface.
func (s *Server) ListWaits(ctx context.Context, request ListWaitsRequestObject) (ListWaitsResponseObject, error) {
	who := callerOf(ctx)
	limit := limitOf(request.Params.Limit)
	filter := booking.WaitFilter{PersonID: who.PersonID, Limit: limit + 1}
	if given(request.Params.Of) == "all" {
		if !account.Allowed(who.Actor, account.ActionSeeNames, "") {
			return nil, fault.Forbidden("not_allowed", "you may list your own places in the waitlist")
		}
		filter.PersonID = ""
	}
	if !given(request.Params.Closed) {
		filter.States = []booking.WaitState{booking.WaitWaiting, booking.WaitOffered}
	}
	after, err := place("waits", 2, request.Params.Cursor)
	if err != nil {
		return nil, err
	}
	if after != nil {
		second, err := strconv.ParseInt(after[0], 10, 64)
		if err != nil || second < 0 || second > everEnd.Unix() {
			return nil, fault.Rule("cursor_unknown", "this is not a cursor of this list; start again without one").On("cursor")
		}
		filter.After = booking.WaitCursor{CreatedAt: time.Unix(second, 0).UTC(), ID: after[1]}
	}
	waits, err := s.deps.Bookings.Waits(ctx, filter)
	if err != nil {
		return nil, err
	}
	out := WaitList{}
	if len(waits) > limit {
		waits = waits[:limit]
		last := waits[limit-1].Cursor()
		out.Next = cursor("waits", strconv.FormatInt(last.CreatedAt.Unix(), 10), last.ID)
	}
	out.Items, err = s.showWaits(ctx, waits)
	return ListWaits200JSONResponse(out), err
}

// showWaits shows entries with their place in line and their offers.
func (s *Server) showWaits(ctx context.Context, waits []booking.Wait) ([]Wait, error) {
	who := callerOf(ctx)
	d, err := s.directory.get(ctx)
	if err != nil {
		return nil, err
	}
	places, err := s.deps.Bookings.Places(ctx, waits)
	if err != nil {
		return nil, err
	}
	offers, err := s.offersOf(ctx, waits)
	if err != nil {
		return nil, err
	}
	out := make([]Wait, len(waits))
	for i, w := range waits {
		shown := Wait{
			Id: w.ID, Mine: w.PersonID == who.PersonID, From: w.FromAt.UTC(), Until: w.UntilAt.UTC(), WantedMinutes: int(w.Wanted.Minutes()),
			ShortestMinutes: int(w.Shortest.Minutes()), Programme: text(w.Programme), Purpose: Purpose(w.Purpose), State: WaitState(w.State),
			Reasons: strings.Fields(w.Reason), CreatedAt: w.CreatedAt.UTC(),
		}
		switch {
		case w.StationID != "":
			shown.Station = new(d.stationRef(d.stations[w.StationID]))
		case w.KindID != "":
			shown.Kind = new(d.kindRef(w.KindID))
		default:
			shown.Room = new(d.roomRef(w.RoomID))
		}
		if shown.Reasons == nil {
			shown.Reasons = []string{}
		}
		if n := places[w.ID]; n > 0 {
			shown.Place = &n
		}
		called, err := s.accounts.Name(ctx, w.PersonID)
		if err != nil {
			return nil, err
		}
		shown.Person = &PersonRef{Id: w.PersonID, Name: called}
		if shown.Companions, err = s.people(ctx, w.People()[1:]); err != nil {
			return nil, err
		}
		if b, ok := offers[w.BookingID]; ok {
			offer, err := s.showBooking(ctx, d, b)
			if err != nil {
				return nil, err
			}
			shown.Offer = &offer
		}
		out[i] = shown
	}
	return out, nil
}

// offersOf gives the bookings that the entries were offered, by id, in one question.
func (s *Server) offersOf(ctx context.Context, waits []booking.Wait) (map[string]booking.Booking, error) {
	var f booking.Filter
	for _, w := range waits {
		if w.BookingID != "" {
			f.IDs = append(f.IDs, w.BookingID)
		}
	}
	out := map[string]booking.Booking{}
	if len(f.IDs) == 0 {
		return out, nil
	}
	found, err := s.deps.Bookings.List(ctx, f)
	for _, b := range found {
		out[b.ID] = b
	}
	return out, err
}

// AcceptOffer implements StrictServerInterface.
func (s *Server) AcceptOffer(ctx context.Context, request AcceptOfferRequestObject) (AcceptOfferResponseObject, error) {
	if _, err := s.visibleBooking(ctx, request.Booking); err != nil {
		return nil, err
	}
	taken, err := s.deps.Bookings.Accept(ctx, callerOf(ctx).Actor, request.Booking)
	if err != nil {
		return nil, asRule(err)
	}
	body, tag, err := s.answerChange(ctx, taken)
	return AcceptOffer200JSONResponse{Body: body, Headers: AcceptOffer200ResponseHeaders{ETag: tag}}, err
}

// DeclineOffer implements StrictServerInterface.
func (s *Server) DeclineOffer(ctx context.Context, request DeclineOfferRequestObject) (DeclineOfferResponseObject, error) {
	if _, err := s.visibleBooking(ctx, request.Booking); err != nil {
		return nil, err
	}
	gone, err := s.deps.Bookings.Decline(ctx, callerOf(ctx).Actor, request.Booking)
	if err != nil {
		return nil, asRule(err)
	}
	body, tag, err := s.answerChange(ctx, gone)
	return DeclineOffer200JSONResponse{Body: body, Headers: DeclineOffer200ResponseHeaders{ETag: tag}}, err
}
