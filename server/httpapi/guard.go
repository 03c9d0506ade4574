package httpapi

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/fault"
)

// caller is who makes a request, and how.
type caller struct {
	account.Actor
	session *session // nil: by token, or nobody
	address string
	writer  http.ResponseWriter // for cookies
	request *http.Request       // for streams, which ask again who it is
}

type callerKey struct{}

// callerOf gives who makes the request; nobody in public operations.
func callerOf(ctx context.Context) *caller {
	if who, ok := ctx.Value(callerKey{}).(*caller); ok {
		return who
	}
	return &caller{}
}

// guard lets a request through to its operation: known, allowed, not too often, and in the shape of openapi.yaml.
func (s *Server) guard(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		op := s.operation(c)
		if op == nil {
			return next(c)
		}
		who := &caller{address: c.RealIP(), writer: c.Response(), request: c.Request()}
		if !op.public {
			if err := s.identify(c.Request(), who); err != nil {
				return err
			}
			if err := authorise(op, who); err != nil {
				return err
			}
			if err := s.limits.allow(who.PersonID); err != nil {
				return err
			}
			c.Response().Header().Set("Cache-Control", "no-store")
		}
		ctx := account.By(context.WithValue(c.Request().Context(), callerKey{}, who), who.PersonID)
		if !op.stream {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, s.cfg.RequestTimeout)
			defer cancel()
		}
		c.SetRequest(c.Request().WithContext(ctx))
		body, err := s.validator.check(c, op)
		if err != nil {
			return err
		}
		if key := c.Request().Header.Get(headerIdempotencyKey); op.idempotent && key != "" {
			return s.once(c, who, op, key, body, next)
		}
		return next(c)
	}
}

// operation gives what the request asks for; nil when it is no part of the API.
func (s *Server) operation(c echo.Context) *operation {
	method := c.Request().Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	return s.operations[method+" "+c.Path()]
}

// identify finds out who is asking: by token, else by session, which also needs the CSRF header for what changes things.
func (s *Server) identify(r *http.Request, who *caller) error {
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, secret, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return fault.Unauthorized("token_invalid", "send a token as: Authorization: Bearer lt_…")
		}
		actor, err := s.accounts.ByToken(r.Context(), strings.TrimSpace(secret))
		who.Actor = actor
		return err
	}
	found, err := s.sessions.find(r)
	if err != nil {
		var known *fault.Error
		if errors.As(err, &known) {
			return err
		}
		return fault.Unavailable("database", err)
	}
	if found == nil {
		return fault.Unauthorized("sign_in_required", "sign in first")
	}
	person, err := s.accounts.Person(r.Context(), found.personID)
	if err != nil {
		return err
	}
	if account.SessionKey(person) != found.key {
		return fault.Unauthorized("sign_in_required", "the password has changed; sign in again")
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead &&
		subtle.ConstantTimeCompare([]byte(r.Header.Get(headerCSRF)), []byte(found.csrf)) != 1 {
		return fault.Forbidden("csrf_token_wrong", "send the csrf_token of GET /api/v1/me as %s", headerCSRF)
	}
	who.Actor, who.session = account.SignedIn(person.ID, person.Role), found
	return nil
}

// authorise asks the policy whether the caller may do this at all; whose things it may touch is asked where that is known.
func authorise(op *operation, who *caller) error {
	if op.action == actionSignedIn || account.Allowed(who.Actor, op.action, who.PersonID) {
		return nil
	}
	return fault.Forbidden("not_allowed", "you may not do this; it needs the permission %q, in a token with the scope for it", op.action)
}

// limiter bounds how often one caller may ask.
type limiter struct {
	limits *buckets
}

func (l limiter) allow(personID string) error {
	if l.limits == nil {
		return nil
	}
	wait := l.limits.take(personID)
	if wait <= 0 {
		return nil
	}
	err := fault.New(fault.KindRateLimited, "too_many_requests", "too many requests; slow down")
	err.RetryAfter = max(wait, time.Second)
	return err
}
