package app

import (
	"context"
	"time"

	"github.com/labtide/labtide/server/account"
)

// sweepEvery is how often what has expired is thrown away.
const sweepEvery = time.Hour

// keepHouse throws away what has expired: sessions, codes, keys, and samples beyond the retention; and tells people of
// qualifications that are about to.
func (s *Server) keepHouse(ctx context.Context) error {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("what has expired could not be thrown away; it is tried again in an hour", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (s *Server) sweep(ctx context.Context) error {
	now := time.Now()
	if err := s.stores.DB.Sweep(ctx, now); err != nil {
		return err
	}
	if err := s.stores.Accounts.TellEnding(ctx, now, now.Add(account.Ending)); err != nil {
		return err
	}
	if s.stores.expire == nil {
		return nil
	}
	return s.stores.expire(ctx, now.AddDate(0, 0, -s.cfg.Telemetry.RetentionDays))
}
