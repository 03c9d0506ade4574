package httpapi

import (
	"context"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
)

// Approvals is the part of booking.Service that those who approve need.
type Approvals interface {
	Requests(ctx context.Context, actor account.Actor) ([]booking.Booking, error)
	Approve(ctx context.Context, actor account.Actor, id string, version int64) (booking.Booking, error)
	DeclineRequest(ctx context.Context, actor account.Actor, id string, version int64, reason string) (booking.Booking, error)
}

// ListRequests implements StrictServerInterface.
func (s *Server) ListRequests(ctx context.Context, _ ListRequestsRequestObject) (ListRequestsResponseObject, error) {
	requests, err := s.deps.Bookings.Requests(ctx, callerOf(ctx).Actor)
	if err != nil {
		return nil, err
	}
	d, err := s.directory.get(ctx)
	if err != nil {
		return nil, err
	}
	out := BookingList{Items: make([]Booking, len(requests))}
	for i, b := range requests {
		if out.Items[i], err = s.showBooking(ctx, d, b); err != nil {
			return nil, err
		}
	}
	return ListRequests200JSONResponse(out), nil
}

// ApproveBooking implements StrictServerInterface.
func (s *Server) ApproveBooking(ctx context.Context, request ApproveBookingRequestObject) (ApproveBookingResponseObject, error) {
	if _, err := s.visibleBooking(ctx, request.Booking); err != nil {
		return nil, err
	}
	approved, err := s.deps.Bookings.Approve(ctx, callerOf(ctx).Actor, request.Booking, versionOf(request.Params.IfMatch))
	if err != nil {
		return nil, asRule(err)
	}
	body, tag, err := s.answerChange(ctx, approved)
	return ApproveBooking200JSONResponse{Body: body, Headers: ApproveBooking200ResponseHeaders{ETag: tag}}, err
}

// DeclineBooking implements StrictServerInterface.
func (s *Server) DeclineBooking(ctx context.Context, request DeclineBookingRequestObject) (DeclineBookingResponseObject, error) {
	if _, err := s.visibleBooking(ctx, request.Booking); err != nil {
		return nil, err
	}
	no, err := s.deps.Bookings.DeclineRequest(ctx, callerOf(ctx).Actor, request.Booking, versionOf(request.Params.IfMatch), request.Body.Reason)
	if err != nil {
		return nil, asRule(err)
	}
	body, tag, err := s.answerChange(ctx, no)
	return DeclineBooking200JSONResponse{Body: body, Headers: DeclineBooking200ResponseHeaders{ETag: tag}}, err
}
