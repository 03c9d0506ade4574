package httpapi

import (
	"cmp"
	"context"

	"github.com/labtide/labtide/server/booking"
)

// GetAllowance implements StrictServerInterface.
func (s *Server) GetAllowance(ctx context.Context, request GetAllowanceRequestObject) (GetAllowanceResponseObject, error) {
	station, _, err := s.station(ctx, request.Station)
	if err != nil {
		return nil, err
	}
	at := s.now()
	if request.Params.At != nil {
		at = *request.Params.At
	}
	person := cmp.Or(personRef(ctx, request.Params.Person), callerOf(ctx).PersonID)
	all, err := s.deps.Bookings.Allowance(ctx, callerOf(ctx).Actor, person, station.ID, at)
	if err != nil {
		return nil, asRule(err)
	}
	out := AllowanceList{Items: make([]Allowance, len(all))}
	for i, a := range all {
		out.Items[i] = showAllowance(a)
	}
	return GetAllowance200JSONResponse(out), nil
}

func showAllowance(a booking.Allowance) Allowance {
	out := Allowance{
		Quota: a.Quota.ID, Name: a.Quota.Name, Per: AllowancePer(a.Quota.Per), Window: AllowanceWindow(a.Quota.Window),
		StartsAt: a.Window.From.UTC(), EndsAt: a.Window.Until.UTC(),
	}
	amount := func(n int) *int32 { return new(int32(n)) } //nolint:gosec // Quota.Validate bounds it, and nobody spends more in a term
	if most := a.Quota.MostBookings; most != nil {
		out.MostBookings, out.SpentBookings, out.LeftBookings = amount(*most), amount(a.Spent), amount(a.Left)
	} else if most := a.Quota.MostMinutes; most != nil {
		out.MostMinutes, out.SpentMinutes, out.LeftMinutes = amount(*most), amount(a.Spent), amount(a.Left)
	}
	return out
}

// companions finds people by id or login. Whom nobody knows stays as named: the booking rules say so.
func (s *Server) companions(ctx context.Context, refs []Ref) ([]string, error) {
	out := make([]string, len(refs))
	for i, ref := range refs {
		id, err := s.accounts.Find(ctx, ref)
		if err != nil {
			return nil, err
		}
		out[i] = cmp.Or(id, ref)
	}
	return out, nil
}

// showRules shows who comes along, and what the rules would say today.
func (s *Server) showRules(ctx context.Context, out *Booking, b booking.Booking) error {
	var err error
	out.Companions, err = s.people(ctx, b.People()[1:])
	return err
}

// people names people; nil: nobody.
func (s *Server) people(ctx context.Context, ids []string) (*[]PersonRef, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	out := make([]PersonRef, len(ids))
	for i, id := range ids {
		called, err := s.accounts.Name(ctx, id)
		if err != nil {
			return nil, err
		}
		out[i] = PersonRef{Id: id, Name: called}
	}
	return &out, nil
}

// flagged shows which rules would refuse the bookings today; the caller has been shown them.
func (s *Server) flagged(ctx context.Context, shown []*Booking, bookings ...booking.Booking) error {
	flags, err := s.deps.Bookings.Flags(ctx, bookings...)
	for i, codes := range flags {
		if len(codes) > 0 && shown[i].Person != nil {
			shown[i].Flags = &codes
		}
	}
	return err
}
