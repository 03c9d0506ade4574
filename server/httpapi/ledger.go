package httpapi

import (
	"context"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/ledger"
)

// GetLedgerDay implements StrictServerInterface.
func (s *Server) GetLedgerDay(ctx context.Context, request GetLedgerDayRequestObject) (GetLedgerDayResponseObject, error) {
	station, d, err := s.station(ctx, request.Params.Station)
	if err != nil {
		return nil, err
	}
	day, err := s.deps.Reports.Day(ctx, station.ID, equipment.Day(request.Params.Day))
	if err != nil {
		return nil, asRule(err)
	}
	return GetLedgerDay200JSONResponse{
		Station: d.stationRef(station), Day: string(day.Day), TimeZone: day.TimeZone, Runs: runs(day.Runs),
	}, nil
}

func runs(in []ledger.Run) []Run {
	out := make([]Run, len(in))
	for i, run := range in {
		out[i] = Run{StartsAt: run.StartsAt.UTC(), EndsAt: run.EndsAt.UTC(), Label: Label(run.Label)}
	}
	return out
}
