package httpapi

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/labtide/labtide/server/fault"
)

// checkTimeout is how long a part may take to say that it is there.
const checkTimeout = 3 * time.Second

// GetHealth implements StrictServerInterface.
func (s *Server) GetHealth(context.Context, GetHealthRequestObject) (GetHealthResponseObject, error) {
	return GetHealth200JSONResponse{Status: Ok}, nil
}

// GetReadiness implements StrictServerInterface.
func (s *Server) GetReadiness(ctx context.Context, _ GetReadinessRequestObject) (GetReadinessResponseObject, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	out := Readiness{Ready: true, Parts: make([]ReadinessPart, len(s.deps.Checks))}
	var group errgroup.Group
	for i, check := range s.deps.Checks {
		group.Go(func() error {
			err := check.Check(ctx)
			out.Parts[i] = ReadinessPart{Name: check.Name, Ready: err == nil}
			if err != nil {
				out.Parts[i].Detail = new(s.whyNot(check.Name, err))
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		out.Ready = false
		answer := GetReadiness503JSONResponse{Body: out}
		answer.Headers.RetryAfter = new(5)
		return answer, nil
	}
	return GetReadiness200JSONResponse(out), nil
}

// whyNot tells strangers what a fault says, and the log the rest: a driver's words may hold addresses and names.
func (s *Server) whyNot(part string, err error) string {
	s.log.Warn("a part is not ready", "part", part, "error", err)
	var known *fault.Error
	switch {
	case errors.As(err, &known):
		return known.Message
	case errors.Is(err, context.DeadlineExceeded):
		return "it does not answer in time"
	}
	return "it does not answer; the server's log says why"
}
