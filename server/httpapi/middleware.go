package httpapi

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

const headerRequestID = "X-Request-Id"

// policy is the content security policy: everything comes from here. Only style attributes are
// free, because a heatmap's shades are data. Nothing may frame the dashboard.
const policy = "default-src 'self'; img-src 'self' data:; style-src 'self'; style-src-attr 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

// requestID gives the id that the answer carries.
func requestID(c echo.Context) string { return c.Response().Header().Get(headerRequestID) }

// observe is the outermost: it names the request, counts it, and turns errors and panics into answers.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		started := time.Now()
		s.headers(c.Response().Header())
		defer func() {
			if r := recover(); r != nil {
				if r == http.ErrAbortHandler { //nolint:errorlint // net/http panics with exactly this value
					panic(r)
				}
				err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
			}
			if err != nil {
				s.fail(err, c)
				err = nil
			}
			s.metrics.count(c, time.Since(started))
		}()
		return next(c)
	}
}

func (s *Server) headers(h http.Header) {
	h.Set(headerRequestID, strings.ToLower(rand.Text()[:16]))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	if s.secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// escaped makes the router see paths as they were sent, so that each parameter is unescaped exactly once.
func escaped(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		u := c.Request().URL
		u.RawPath = u.EscapedPath()
		return next(c)
	}
}

// compress packs answers of some size to who reads, but for the event stream, and files that are packed already.
func compress(operations operations) echo.MiddlewareFunc {
	return middleware.GzipWithConfig(middleware.GzipConfig{
		Level:     4, // of nine: half the time of the default for a few percent more bytes
		MinLength: 1024,
		Skipper: func(c echo.Context) bool {
			if c.Request().Method != http.MethodGet {
				return true // small answers: making a compressor ready costs more than the rest of the edge
			}
			op := operations[c.Request().Method+" "+c.Path()]
			return op == nil || op.stream
		},
	})
}
