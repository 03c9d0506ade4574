package httpapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/labtide/labtide/server/account"
)

// Server is the HTTP edge. Its methods named as operations of openapi.yaml implement StrictServerInterface.
type Server struct {
	deps        Deps
	cfg         Config
	secure      bool // people reach it by https
	log         *slog.Logger
	accounts    *account.Service
	sessions    *sessions
	idempotency Idempotency
	operations  operations
	validator   *validator
	limits      limiter
	directory   *directories
	metrics     *requestMetrics
	gatherer    prometheus.Gatherer
	reference   []byte
	echo        *echo.Echo
	heartbeat   time.Duration
	recheck     time.Duration
	stopping    context.Context // ends when the server stops: streams watch it
	stop        context.CancelFunc
}

var _ StrictServerInterface = (*Server)(nil)

// New wires the edge; it opens no port. It fails when openapi.yaml, the dashboard or the settings are wrong.
func New(cfg Config, deps Deps) (*Server, error) {
	cfg = withDefaults(cfg)
	if deps.Now == nil {
		deps.Now = time.Now
	}
	if deps.Changed == nil {
		deps.Changed = func(...string) {}
	}
	read, err := described()
	if err != nil {
		return nil, err
	}
	s := &Server{
		deps: deps, cfg: cfg, secure: strings.HasPrefix(cfg.PublicURL, "https://"), log: deps.Log,
		accounts: deps.Accounts, idempotency: deps.Idempotency, operations: read.operations, reference: read.reference, validator: newValidator(cfg.MaxBody),
		directory: &directories{store: deps.Equipment, now: deps.Now}, gatherer: prometheus.NewRegistry(),
		heartbeat: heartbeat, recheck: recheck,
	}
	s.sessions = newSessions(deps.Sessions, cfg.SessionLifetime, s.secure, deps.Now)
	if cfg.RequestsPerSec > 0 {
		s.limits.limits = newBuckets(cfg.RequestsPerSec, deps.Now)
	}
	var registry prometheus.Registerer
	if deps.Metrics != nil {
		registry, s.gatherer = deps.Metrics, deps.Metrics
	}
	if s.metrics, err = newRequestMetrics(registry); err != nil {
		return nil, fmt.Errorf("httpapi: metrics: %w", err)
	}
	s.stopping, s.stop = context.WithCancel(context.Background())
	return s, s.route()
}

func withDefaults(cfg Config) Config {
	cfg.SessionLifetime = cmp.Or(cfg.SessionLifetime, 12*time.Hour)
	cfg.RequestTimeout = cmp.Or(cfg.RequestTimeout, 30*time.Second)
	cfg.MaxBody = cmp.Or(cfg.MaxBody, 512<<10)
	cfg.RequestsPerSec = cmp.Or(cfg.RequestsPerSec, 500)
	cfg.ShutdownTimeout = cmp.Or(cfg.ShutdownTimeout, 10*time.Second)
	if cfg.PublicURL == "" {
		scheme := "http://"
		if cfg.TLSCert != "" {
			scheme = "https://"
		}
		cfg.PublicURL = scheme + cfg.Listen
	}
	cfg.PublicURL = strings.TrimSuffix(cfg.PublicURL, "/")
	return cfg
}

// route makes the router: the operations of openapi.yaml, a plain "no" to their other methods, and the dashboard.
func (s *Server) route() error {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = s.fail
	var err error
	if e.IPExtractor, err = addressOf(s.cfg.TrustedProxies); err != nil {
		return err
	}
	files, err := newStatic(s.deps.Dashboard)
	if err != nil {
		return err
	}
	e.Pre(escaped)
	e.Use(s.observe, compress(s.operations), s.guard)
	wrapper := ServerInterfaceWrapper{Handler: NewStrictHandler(s, []StrictMiddlewareFunc{refuseByRule})}
	RegisterHandlers(heads{e}, wrapper.Handler)
	for route, allowed := range s.allowedMethods() {
		for _, method := range methods {
			if !strings.Contains(allowed, method) {
				e.Add(method, route, refuseMethod(allowed))
			}
		}
	}
	e.GET("/*", files.serve)
	e.HEAD("/*", files.serve)
	s.echo = e
	return nil
}

// heads registers each GET for HEAD, too, but for the event stream, which would never end.
type heads struct{ *echo.Echo }

// GET implements EchoRouter.
func (h heads) GET(path string, handler echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	if path != eventsPath {
		h.HEAD(path, handler, m...)
	}
	return h.Echo.GET(path, handler, m...)
}

var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, http.MethodTrace,
}

// allowedMethods gives the Allow header of each route.
func (s *Server) allowedMethods() map[string]string {
	out := map[string]string{}
	for _, method := range methods {
		for _, op := range s.operations {
			if op.method == method || (method == http.MethodHead && op.method == http.MethodGet && !op.stream) {
				if out[op.route] != "" {
					out[op.route] += ", "
				}
				out[op.route] += method
			}
		}
	}
	return out
}

func refuseMethod(allowed string) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set("Allow", allowed)
		return echo.ErrMethodNotAllowed
	}
}

// addressOf says whose word is taken for the address of a client: only that of the proxies in the settings.
func addressOf(proxies []string) (echo.IPExtractor, error) {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect(), nil
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, proxy := range proxies {
		_, network, err := net.ParseCIDR(proxy)
		if err != nil {
			return nil, fmt.Errorf("httpapi: trusted proxy %q is no range of addresses such as 10.0.0.0/8", proxy)
		}
		options = append(options, echo.TrustIPRange(network))
	}
	return echo.ExtractIPFromXFFHeader(options...), nil
}

// Handler gives the edge without a port, for tests and for servers of one's own.
func (s *Server) Handler() http.Handler { return s.echo }

// Run listens until ctx ends. Then, in this order: event streams end, no new connection is accepted, requests that are under
// way are finished, for as long as ShutdownTimeout lets them.
func (s *Server) Run(ctx context.Context) error {
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", s.cfg.Listen)
	if err != nil {
		return fmt.Errorf("httpapi: listen: %w", err)
	}
	return s.Serve(ctx, listener)
}

// Serve is Run on a listener that is open already.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: s.echo, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		WriteTimeout: s.cfg.RequestTimeout + 30*time.Second, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	group, running := errgroup.WithContext(ctx)
	group.Go(func() error {
		s.log.Info("listening", "address", listener.Addr().String(), "url", s.cfg.PublicURL)
		serve := func() error { return server.Serve(listener) }
		if s.cfg.TLSCert != "" {
			serve = func() error { return server.ServeTLS(listener, s.cfg.TLSCert, s.cfg.TLSKey) }
		}
		if err := serve(); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("httpapi: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-running.Done()
		s.stop()
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.ShutdownTimeout)
		defer cancel()
		if err := server.Shutdown(ending); err != nil {
			return errors.Join(fmt.Errorf("httpapi: shut down: %w", err), server.Close())
		}
		return nil
	})
	return group.Wait()
}

func (s *Server) now() time.Time { return s.deps.Now().UTC() }
