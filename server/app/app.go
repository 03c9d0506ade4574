// Package app wires the server: it is the only place that knows all rooms of the house.
//
// New builds in named steps and starts nothing that runs on; Run runs it all. Run ends in this order: the HTTP edge stops
// taking requests and ends the event streams, the courier gives back what it has in hand, ingest finishes and acknowledges
// the batch in hand, the broker hangs up, the board and the housekeeping stop, and only then are the stores closed.
package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/labtide/labtide/dashboard"
	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/broker"
	"github.com/labtide/labtide/server/config"
	"github.com/labtide/labtide/server/courier"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/httpapi"
	"github.com/labtide/labtide/server/ingest"
	"github.com/labtide/labtide/server/live"
	"github.com/labtide/labtide/server/report"
	"github.com/labtide/labtide/server/telemetry"
)

// Options is what does not come from the configuration.
type Options struct {
	Version      string
	Demo         bool
	DemoAccounts []httpapi.DemoAccount
}

// Server is the whole program, ready to run.
type Server struct {
	cfg     config.Config
	log     *slog.Logger
	stores  *Stores
	broker  *broker.Broker // nil: an external one
	ingest  *ingest.Ingest
	board   *live.Board
	courier *courier.Worker
	tender  *booking.Tender
	gossip  *gossip
	port    net.Listener // of the API
	url     string       // where people reach it
	api     *httpapi.Server
	hung    hangUps
}

// New opens the stores and the ports. Close what it gives, or Run it, which closes it.
func New(ctx context.Context, cfg config.Config, options Options, log *slog.Logger) (*Server, error) {
	stores, err := OpenStores(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, log: log, stores: stores}
	if err := s.build(ctx, options); err != nil {
		return nil, errors.Join(err, s.abandon())
	}
	return s, nil
}

// abandon gives up what New opened and nobody will run.
func (s *Server) abandon() error {
	if s.broker == nil {
		return s.close()
	}
	over, end := context.WithCancel(context.Background())
	end()
	return errors.Join(s.broker.Run(over), s.close()) // it closes its ports
}

// close closes what is left when Run has ended.
func (s *Server) close() error {
	var err error
	if s.port != nil {
		if err = s.port.Close(); errors.Is(err, net.ErrClosed) {
			err = nil
		}
	}
	return errors.Join(err, s.stores.Close())
}

func (s *Server) build(ctx context.Context, options Options) error {
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	bookings := booking.New(s.stores.Bookings, time.Now)
	s.tender = booking.NewTender(bookings, witness{ledger: s.stores.Ledger, outages: s.stores.Equipment})
	s.gossip = newGossip(bookings.Reconsider, s.log.With("part", "bookings"))
	reports := report.New(report.Sources{Register: s.stores.Equipment, Bookings: s.stores.Bookings, Ledger: s.stores.Ledger})
	s.board = live.New(live.Sources{Register: s.stores.Equipment, States: s.stores.States, People: s.stores.Accounts,
		Bookings: bookings, Days: reports, Reports: s.stores.Bookings}, s.log.With("part", "board"))
	if err := s.openPort(ctx); err != nil {
		return err
	}
	if err := s.buildBroker(ctx, metrics); err != nil {
		return err
	}
	if err := s.buildIngest(metrics); err != nil {
		return err
	}
	secret, err := s.stores.DB.Secret(ctx, "labels")
	if err != nil {
		return fmt.Errorf("read the secret of the labels: %w", err)
	}
	if err := s.buildCourier(metrics); err != nil {
		return err
	}
	accounts, err := account.New(s.stores.Accounts, time.Now)
	if err != nil {
		return err
	}
	return s.buildAPI(options, httpapi.Deps{
		Charter:  s.stores.Charter(),
		Accounts: accounts, Sessions: s.stores.Sessions, Equipment: s.stores.Equipment, Bookings: bookings,
		Samples: telemetry.NewService(s.stores.Samples, s.stores.Equipment, time.Now), States: s.stores.States, Board: s.board, Reports: reports,
		Idempotency: s.stores.Idempotency, Messages: s.courier.Desk(), Feeds: s.feeds(), Labels: equipment.NewLabelKeys(secret),
		Metrics: metrics, Dashboard: dashboard.Dist(), Changed: s.registerChanged, Log: s.log.With("part", "http"),
	})
}

// openPort listens already, so that a port that is taken is known before anything is said to be up.
func (s *Server) openPort(ctx context.Context) (err error) {
	var listen net.ListenConfig
	if s.port, err = listen.Listen(ctx, "tcp", s.cfg.Server.Listen); err != nil {
		return fmt.Errorf("server.listen: %w", err)
	}
	if s.url = strings.TrimSuffix(s.cfg.Server.PublicURL, "/"); s.url != "" {
		return nil
	}
	scheme := "http"
	if s.cfg.Server.TLSCert != "" {
		scheme = "https"
	}
	s.url = scheme + "://" + s.reachable(s.port.Addr().String())
	return nil
}

func (s *Server) buildBroker(ctx context.Context, metrics prometheus.Registerer) (err error) {
	m := s.cfg.MQTT
	if !m.Embedded {
		return nil
	}
	s.broker, err = broker.New(broker.Config{
		Listen: m.Listen, TLSListen: m.TLSListen, TLSCert: m.TLSCert, TLSKey: m.TLSKey, MaxClients: m.MaxClients,
		Authenticate: s.authenticate, Metrics: metrics, Log: s.log.With("part", "broker"),
	})
	if err != nil {
		return err
	}
	return s.broker.Listen(ctx)
}

func (s *Server) buildIngest(metrics prometheus.Registerer) (err error) {
	m := s.cfg.MQTT
	cfg := ingest.Config{Broker: m.Broker, Username: m.Username, Password: m.Password, CAFile: m.CA, ShareGroup: m.ShareGroup,
		Retention: time.Duration(s.cfg.Telemetry.RetentionDays) * 24 * time.Hour}
	if s.broker != nil {
		// The server's own way in needs no password; the name only tells it from the devices.
		cfg.Dial, cfg.Username, cfg.Password = s.broker.Dial, m.Username, rand.Text()
	}
	s.ingest, err = ingest.New(cfg, ingest.Deps{Samples: s.stores.Samples, Ledger: s.stores.Ledger, States: s.stores.States,
		DeadLetters: s.stores.DeadLetters, Register: s.stores.Equipment, Touch: s.board.Touch, Learned: s.gossip.learned, Metrics: metrics,
		Log: s.log.With("part", "ingest")})
	return err
}

func (s *Server) buildAPI(options Options, deps httpapi.Deps) (err error) {
	c := s.cfg.Server
	access, err := s.deviceAccess()
	if err != nil {
		return err
	}
	deps.Checks = []httpapi.Check{
		{Name: "database", Check: s.stores.DB.Ping},
		{Name: "telemetry", Check: s.stores.Samples.Ping},
		{Name: "ingest", Check: func(context.Context) error { return s.ingest.Ready() }},
	}
	s.api, err = httpapi.New(httpapi.Config{
		PublicURL: s.url, TLSCert: c.TLSCert, TLSKey: c.TLSKey, TrustedProxies: c.TrustedProxies,
		Version: options.Version, Demo: options.Demo, DemoAccounts: options.DemoAccounts, Device: access,
	}, deps)
	if err != nil {
		return fmt.Errorf("build the API: %w", err)
	}
	return nil
}

// registerChanged is told by the API: what is shown and where samples belong may be different now.
func (s *Server) registerChanged(stationIDs ...string) {
	s.ingest.Invalidate()
	s.board.Touch(stationIDs...)
	if s.broker != nil {
		s.hangUp()
	}
}

// Run runs everything until ctx ends or a part fails, then closes the stores.
func (s *Server) Run(ctx context.Context, with ...func(ctx context.Context) error) error {
	if s.broker != nil {
		s.hangUp() // notes who has enrolled
	}
	stages := []stage{{"board", together(s.board.Run, s.listen, s.keepHouse, s.tend)}}
	if s.broker != nil {
		stages = append(stages, stage{"broker", s.broker.Run})
	}
	stages = append(stages, stage{"ingest", s.ingest.Run}, stage{"courier", s.courier.Run})
	serve := func(ctx context.Context) error { return s.api.Serve(ctx, s.port) }
	stages = append(stages, stage{"http", together(append(with, serve)...)})
	return errors.Join(runStages(ctx, stages), s.close())
}

// tend looks at bookings that are due and at the waitlist, and passes on what devices have said.
func (s *Server) tend(ctx context.Context) error {
	look := func(ctx context.Context) error { return tend(ctx, s.tender, s.log.With("part", "bookings")) }
	waits := func(ctx context.Context) error {
		return tendWaits(ctx, s.tender.Service, s.log.With("part", "waitlist"))
	}
	return together(look, waits, s.gossip.run)(ctx)
}

// listen tells the board of bookings that this or another process changed.
func (s *Server) listen(ctx context.Context) error {
	return s.stores.Bookings.Listen(ctx, func(stationID string) {
		if stationID == "" {
			s.board.Touch()
			return
		}
		s.board.Touch(stationID)
	})
}

// Stores gives what the server stores in.
func (s *Server) Stores() *Stores { return s.stores }

// URL is where people reach the server.
func (s *Server) URL() string { return s.url }

// BrokerURL is where devices reach the broker.
func (s *Server) BrokerURL() string { return s.brokerURL() }

// Log is the server's logger.
func (s *Server) Log() *slog.Logger { return s.log }

// Board is what the server shows live.
func (s *Server) Board() *live.Board { return s.board }
