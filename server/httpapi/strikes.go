package httpapi

import (
	"context"
	"strconv"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// showStrike shows a strike to the person whose it is, or to somebody who looks after attendance.
func (s *Server) showStrike(ctx context.Context, k booking.Strike) (Strike, error) {
	out := Strike{
		Id: k.ID, Mine: k.PersonID == callerOf(ctx).PersonID, At: k.At.UTC(), ExpiresAt: k.ExpiresAt.UTC(), State: StrikeState(k.State),
		Counts: k.Counts(s.now()), Appeal: text(k.Appeal), AppealedAt: instant(k.AppealedAt), Answer: text(k.Answer),
		DecidedAt: instant(k.DecidedAt), Version: k.Version,
	}
	b, err := s.deps.Bookings.ByID(ctx, k.BookingID)
	if err != nil {
		return out, err
	}
	if out.Booking, _, err = s.answerBooking(ctx, b); err != nil {
		return out, err
	}
	called, err := s.accounts.Name(ctx, k.PersonID)
	out.Person = &PersonRef{Id: k.PersonID, Name: called}
	return out, err
}

// ListStrikes implements StrictServerInterface.
func (s *Server) ListStrikes(ctx context.Context, request ListStrikesRequestObject) (ListStrikesResponseObject, error) {
	who, params := callerOf(ctx), request.Params
	limit := limitOf(params.Limit)
	filter := booking.StrikeFilter{PersonID: personRef(ctx, params.Person), Open: given(params.Open), Limit: limit + 1} // one more tells whether there is a next page
	if params.Person == nil && (!filter.Open || !account.Allowed(who.Actor, account.ActionAttendance, "")) {
		filter.PersonID = who.PersonID
	}
	after, err := place("strikes", 2, params.Cursor)
	if err != nil {
		return nil, err
	}
	if after != nil {
		second, err := strconv.ParseInt(after[0], 10, 64)
		if err != nil || second < 0 || second > everEnd.Unix() {
			return nil, fault.Rule("cursor_unknown", "this is not a cursor of this list; start again without one").On("cursor")
		}
		filter.After = booking.StrikeCursor{At: time.Unix(second, 0).UTC(), ID: after[1]}
	}
	strikes, err := s.deps.Bookings.Strikes(ctx, who.Actor, filter)
	if err != nil {
		return nil, err
	}
	out := StrikeList{}
	if len(strikes) > limit {
		strikes = strikes[:limit]
		last := strikes[limit-1]
		out.Next = cursor("strikes", strconv.FormatInt(last.At.Unix(), 10), last.ID)
	}
	out.Items = make([]Strike, len(strikes))
	for i, k := range strikes {
		if out.Items[i], err = s.showStrike(ctx, k); err != nil {
			return nil, err
		}
	}
	return ListStrikes200JSONResponse(out), nil
}

// AppealStrike implements StrictServerInterface.
func (s *Server) AppealStrike(ctx context.Context, request AppealStrikeRequestObject) (AppealStrikeResponseObject, error) {
	k, err := s.deps.Bookings.Appeal(ctx, callerOf(ctx).Actor, request.Strike, request.Body.Text)
	if err != nil {
		return nil, asRule(err)
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	body, err := s.showStrike(ctx, k)
	return AppealStrike200JSONResponse(body), err
}

// DecideStrike implements StrictServerInterface.
func (s *Server) DecideStrike(ctx context.Context, request DecideStrikeRequestObject) (DecideStrikeResponseObject, error) {
	in := request.Body
	k, err := s.deps.Bookings.DecideStrike(ctx, callerOf(ctx).Actor, request.Strike, booking.Decision{Forgive: in.Forgive, Answer: given(in.Answer)})
	if err != nil {
		return nil, asRule(err)
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	body, err := s.showStrike(ctx, k)
	return DecideStrike200JSONResponse(body), err
}
