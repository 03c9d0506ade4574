package httpapi

import (
	"context"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// showAttendance adds whether somebody came to a booking that is shown to somebody who may know.
func (s *Server) showAttendance(ctx context.Context, out *Booking, b booking.Booking) error {
	out.Verdict = word[Verdict](b.Verdict)
	out.CheckIn, out.CheckedInAt = word[BookingCheckIn](b.CheckIn), instant(b.CheckedInAt)
	out.WarnedAt = instant(b.WarnedAt)
	if b.Stranger(s.now()) {
		out.Stranger = new(true)
	}
	if b.Evidence != (booking.Evidence{}) {
		out.Evidence = &Evidence{
			GraceMinutes: int32(b.Evidence.GraceMinutes), SeenMinutes: int32(b.Evidence.SeenMinutes), //nolint:gosec // minutes of a booking
			UsedMinutes: int32(b.Evidence.UsedMinutes), FirstUsedAt: instant(b.Evidence.FirstUsedAt), Down: b.Evidence.Down, //nolint:gosec // as above
		}
	}
	follows, err := s.deps.Bookings.Attendance(ctx, b)
	if err != nil {
		return err
	}
	out.CompanyUntil = instant(follows.CompanyUntil)
	out.CheckInFrom, out.CheckInUntil, out.ReleaseAt = instant(follows.CheckInFrom), instant(follows.CheckInUntil), instant(follows.ReleaseAt)
	return nil
}

// CheckIn implements StrictServerInterface.
func (s *Server) CheckIn(ctx context.Context, request CheckInRequestObject) (CheckInResponseObject, error) {
	if _, err := s.visibleBooking(ctx, request.Booking); err != nil {
		return nil, err
	}
	key := given(request.Body.Key)
	if request.Body.How == CheckInHowQr && key == "" {
		return nil, fault.Rule("check_in_key_wrong", "send the key from the code on the station").On("/key")
	}
	b, err := s.deps.Bookings.CheckIn(ctx, callerOf(ctx).Actor, request.Booking, booking.CheckInRequest{
		How: booking.CheckIn(request.Body.How), KeyFits: func(stationID string) bool { return s.deps.Labels.Fits(stationID, key) },
	})
	if err != nil {
		return nil, asRule(err)
	}
	body, tag, err := s.answerChange(ctx, b)
	return CheckIn200JSONResponse{Body: body, Headers: CheckIn200ResponseHeaders{ETag: tag}}, err
}

// KeepBooking implements StrictServerInterface.
func (s *Server) KeepBooking(ctx context.Context, request KeepBookingRequestObject) (KeepBookingResponseObject, error) {
	if _, err := s.visibleBooking(ctx, request.Booking); err != nil {
		return nil, err
	}
	b, err := s.deps.Bookings.Keep(ctx, callerOf(ctx).Actor, request.Booking)
	if err != nil {
		return nil, asRule(err)
	}
	body, tag, err := s.answerChange(ctx, b)
	return KeepBooking200JSONResponse{Body: body, Headers: KeepBooking200ResponseHeaders{ETag: tag}}, err
}

// LeaveBooking implements StrictServerInterface.
func (s *Server) LeaveBooking(ctx context.Context, request LeaveBookingRequestObject) (LeaveBookingResponseObject, error) {
	if _, err := s.visibleBooking(ctx, request.Booking); err != nil {
		return nil, err
	}
	b, err := s.deps.Bookings.Leave(ctx, callerOf(ctx).Actor, request.Booking)
	if err != nil {
		return nil, asRule(err)
	}
	body, tag, err := s.answerChange(ctx, b)
	return LeaveBooking200JSONResponse{Body: body, Headers: LeaveBooking200ResponseHeaders{ETag: tag}}, err
}
