package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/policyfile"
)

const problemType = "application/problem+json"

// statuses says which HTTP status a fault becomes.
func status(kind fault.Kind) int {
	switch kind {
	case fault.KindInvalid:
		return http.StatusBadRequest
	case fault.KindUnauthorized:
		return http.StatusUnauthorized
	case fault.KindForbidden:
		return http.StatusForbidden
	case fault.KindNotFound:
		return http.StatusNotFound
	case fault.KindConflict:
		return http.StatusConflict
	case fault.KindStale:
		return http.StatusPreconditionFailed
	case fault.KindTooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.KindRule:
		return http.StatusUnprocessableEntity
	case fault.KindRateLimited:
		return http.StatusTooManyRequests
	case fault.KindUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// badRequest is a request that does not fit openapi.yaml: all its faults.
type badRequest struct{ faults []FieldError }

func (b *badRequest) Error() string { return "the request does not fit the description" }

// fail answers with the problem that err is. It is the only place where an error becomes an answer.
func (s *Server) fail(err error, c echo.Context) {
	if c.Response().Committed {
		if !gone(err) {
			s.log.Error("an answer broke off", "request_id", requestID(c), "error", err)
		}
		return
	}
	p, retry := s.problem(c.Request().Context(), err)
	p.RequestId = requestID(c)
	s.report(c, p, err)
	header := c.Response().Header()
	switch p.Status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		header.Set("Retry-After", strconv.Itoa(int(math.Ceil(max(retry, time.Second).Seconds()))))
	case http.StatusUnauthorized:
		header.Set("WWW-Authenticate", `Bearer realm="labtide"`)
	}
	header.Set("Content-Type", problemType)
	header.Set("Cache-Control", "no-store")
	c.Response().WriteHeader(int(p.Status))
	if c.Request().Method != http.MethodHead {
		_ = json.NewEncoder(c.Response()).Encode(p) // the client is gone, then
	}
}

// report logs what an operator has to know: our faults, and parts that do not answer.
func (s *Server) report(c echo.Context, p Problem, err error) {
	level := slog.LevelDebug
	switch {
	case gone(err):
	case p.Status >= http.StatusInternalServerError:
		level = slog.LevelError
	}
	s.log.Log(c.Request().Context(), level, "request refused", "request_id", p.RequestId, "method", c.Request().Method,
		"route", c.Path(), "status", p.Status, "code", p.Code, "error", err)
}

// gone reports whether the client has hung up.
func gone(err error) bool { return errors.Is(err, context.Canceled) }

// problem turns an error into what the client may know of it.
func (s *Server) problem(ctx context.Context, err error) (Problem, time.Duration) {
	var bad *badRequest
	var refused *booking.Refused
	var lines *refusedLines
	var wrong policyfile.Faults
	var known *fault.Error
	var http_ *echo.HTTPError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &bad):
		p := newProblem(http.StatusBadRequest, "request_invalid", "the request does not fit the description; see errors")
		p.Errors = &bad.faults
		return p, 0
	case errors.As(err, &wrong):
		return fileProblem(wrong), 0
	case errors.As(err, &refused) && len(refused.Refusals) > 0:
		return s.refusal(ctx, refused), 0
	case errors.As(err, &lines):
		p := newProblem(http.StatusUnprocessableEntity, fault.CodeOf(err), lines.Error())
		p.Errors = &lines.errors
		return p, 0
	case errors.As(err, &known) && known.Kind != fault.KindInternal:
		p := newProblem(status(known.Kind), known.Code, known.Message)
		if known.Field != "" {
			p.Errors = &[]FieldError{{Field: known.Field, Code: known.Code, Detail: known.Message}}
		}
		return p, known.RetryAfter
	case errors.As(err, &tooLarge):
		return newProblem(http.StatusRequestEntityTooLarge, "body_too_large", "the body is larger than "+strconv.FormatInt(tooLarge.Limit, 10)+" bytes"), 0
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return newProblem(http.StatusServiceUnavailable, "timeout", "the answer took too long; try again in a moment"), 5 * time.Second
	case errors.As(err, &http_):
		return webProblem(http_.Code), 0
	}
	return newProblem(http.StatusInternalServerError, "internal", "something is wrong on the server; tell an administrator the request id"), 0
}

// webProblem is for what the web framework refuses by itself.
func webProblem(status int) Problem {
	switch status {
	case http.StatusNotFound:
		return newProblem(status, "path_unknown", "there is nothing at this path; /api/docs lists what there is")
	case http.StatusMethodNotAllowed:
		return newProblem(status, "method_not_allowed", "this path does not know that method; the Allow header lists those it knows")
	case http.StatusUnsupportedMediaType:
		return newProblem(status, "body_not_json", "send the body as application/json, or as the type that /api/docs names for this path")
	case http.StatusInternalServerError:
		return newProblem(status, "internal", "something is wrong on the server; tell an administrator the request id")
	}
	if status < http.StatusBadRequest || status > http.StatusInternalServerError {
		status = http.StatusBadRequest
	}
	return newProblem(status, "request_invalid", "the request could not be read")
}

func newProblem(status int, code, detail string) Problem {
	return Problem{Type: "about:blank", Title: http.StatusText(status), Status: int32(status), Code: code, Detail: &detail} //nolint:gosec // a status
}

// refusal tells every reason why a booking cannot be, and the ways out.
func (s *Server) refusal(ctx context.Context, r *booking.Refused) Problem {
	p := newProblem(status(fault.KindOf(r.Unwrap())), fault.CodeOf(r.Unwrap()), r.Refusals[0].Detail)
	refusals := make([]Refusal, len(r.Refusals))
	for i, refusal := range r.Refusals {
		refusals[i] = Refusal{Code: refusal.Code, Detail: refusal.Detail, Limit: text(refusal.Limit), Actual: text(refusal.Actual)}
		if len(refusal.OverridableBy) > 0 {
			refusals[i].OverridableBy = new(convert[Role](refusal.OverridableBy))
		}
		if refusal.Seat > 0 {
			refusals[i].Seat = new(int32(refusal.Seat)) //nolint:gosec // at most MostSeats
		}
	}
	p.Refusals = &refusals
	directory, err := s.directory.get(context.WithoutCancel(ctx)) // the request's own context may have ended with its handler
	if err != nil {
		return p // the refusal is the answer; without names it has no alternatives
	}
	for i, refusal := range r.Refusals {
		if station, ok := directory.stations[refusal.StationID]; ok {
			refusals[i].Station = new(directory.stationRef(station))
		}
	}
	if len(r.Alternatives) == 0 {
		return p
	}
	alternatives := make([]Alternative, 0, len(r.Alternatives))
	for _, a := range r.Alternatives {
		if station, ok := directory.stations[a.StationID]; ok {
			alternatives = append(alternatives, Alternative{
				Station: directory.stationRef(station), StartsAt: a.StartsAt.UTC(), EndsAt: a.EndsAt.UTC(), Why: AlternativeWhy(a.Why),
				Stations: directory.stationRefs(strings.Fields(a.StationIDs)),
			})
		}
	}
	p.Alternatives = &alternatives
	return p
}
