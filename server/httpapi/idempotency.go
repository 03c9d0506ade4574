package httpapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"
)

const headerIdempotencyKey = "Idempotency-Key"

// kept are the headers of an answer that are given again with it.
var kept = []string{"Content-Type", "Etag", "Location"}

// once answers a request with an Idempotency-Key: the first time by handling it, afterwards with the same answer. Answers
// that say "try again" are not kept.
func (s *Server) once(c echo.Context, who *caller, op *operation, key string, body []byte, next echo.HandlerFunc) error {
	ctx := c.Request().Context()
	hash := sha256.New()
	hash.Write([]byte(op.id + "\x00"))
	hash.Write(body)
	before, began, err := s.idempotency.Begin(ctx, who.PersonID, key, hash.Sum(nil), s.now())
	if err != nil {
		return err
	}
	if !began {
		return replay(c, before)
	}
	finished := false
	// What was done is noted even when the client has hung up meanwhile, and given up even in a panic.
	noting := context.WithoutCancel(ctx)
	defer func() {
		if !finished {
			if err := s.idempotency.Release(noting, who.PersonID, key); err != nil {
				s.log.Warn("an idempotency key stays claimed for a minute", "request_id", requestID(c), "error", err)
			}
		}
	}()
	recorder := &recorder{ResponseWriter: c.Response().Writer}
	c.Response().Writer = recorder
	if err := next(c); err != nil {
		s.fail(err, c)
	}
	c.Response().Writer = recorder.ResponseWriter
	if worthKeeping(c.Response().Status) {
		finished = s.keep(noting, c, who.PersonID, key, recorder.body.Bytes())
	}
	return nil
}

// answer is a whole HTTP answer, as the client saw it and as it is kept.
type answer struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    []byte            `json:"body"`
}

// replay gives a kept answer again.
func replay(c echo.Context, raw []byte) error {
	var before answer
	if err := json.Unmarshal(raw, &before); err != nil {
		return fmt.Errorf("httpapi: kept answer: %w", err)
	}
	for name, value := range before.Headers {
		c.Response().Header().Set(name, value)
	}
	c.Response().Header().Set("Idempotent-Replayed", "true")
	c.Response().WriteHeader(before.Status)
	_, err := c.Response().Write(before.Body)
	return err
}

func (s *Server) keep(ctx context.Context, c echo.Context, personID, key string, body []byte) bool {
	headers := map[string]string{}
	for _, name := range kept {
		if value := c.Response().Header().Get(name); value != "" {
			headers[name] = value
		}
	}
	raw, err := json.Marshal(answer{Status: c.Response().Status, Headers: headers, Body: body})
	if err == nil {
		err = s.idempotency.Finish(ctx, personID, key, raw)
	}
	if err != nil {
		s.log.Warn("the answer to an idempotency key could not be kept", "request_id", requestID(c), "error", err)
	}
	return err == nil
}

func worthKeeping(status int) bool {
	return status < http.StatusInternalServerError && status != http.StatusTooManyRequests && status != http.StatusUnauthorized
}

// recorder keeps a copy of what is written.
type recorder struct {
	http.ResponseWriter
	body bytes.Buffer
}

func (r *recorder) Write(p []byte) (int, error) {
	r.body.Write(p)
	return r.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController through.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
