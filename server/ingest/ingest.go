// Package ingest brings what devices say into the stores: it subscribes, decodes, judges, stores, and only then
// acknowledges. It is the only importer of paho in the server, and knows neither which broker it talks to nor which
// stores it writes to.
//
// It keeps no queue: what it has taken and not yet stored is unacknowledged, and comes again from the agents' outboxes
// when this process dies. Its invariants: an ack names exactly the samples that are in the time series and in the
// ledger, or that are refused for ever and were written to the dead letters; a bad sample or message never holds up the
// good ones behind it; while a store is away nothing is acknowledged, Ready says why, and work goes on by itself when
// it is back. Every write may happen twice and changes nothing then, so two servers, a crash between two writes and
// redelivery are all harmless.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/ledger"
	"github.com/labtide/labtide/server/telemetry"
)

// Config says which broker to talk to, and how.
type Config struct {
	// Broker is tcp://host:port or ssl://host:port. Not used when Dial is set.
	Broker string
	// Dial connects to a broker in this process.
	Dial func(ctx context.Context) (net.Conn, error)
	// Username and Password are the server's account. The client id is the user name and a random end.
	Username string
	Password string
	// CAFile is a PEM file of the authority that signed the broker's certificate; empty: those of the system.
	CAFile string
	// ShareGroup lets several servers share the usage messages; empty: each gets all of them. States are never shared,
	// for every server shows them, and a shared subscription gets no retained messages.
	ShareGroup string
	// Retention is how old a sample may be; 0: any age.
	Retention time.Duration
	// QueueMessages is how many usage messages may wait here, unacknowledged; 0: 1,024. A broker should not have
	// more of them on their way to us at once.
	QueueMessages int
}

// Register is the part of equipment.Store that ingest reads.
type Register interface {
	Sites(ctx context.Context) ([]equipment.Site, error)
	Rooms(ctx context.Context) ([]equipment.Room, error)
	Kinds(ctx context.Context) ([]equipment.Kind, error)
	Stations(ctx context.Context, filter equipment.StationFilter) ([]equipment.Station, error)
	Devices(ctx context.Context) ([]equipment.Device, error)
	DeviceByID(ctx context.Context, id string) (equipment.Device, error)
	Placements(ctx context.Context, from, until time.Time) ([]equipment.Placement, error)
}

// Deps is what ingest writes to and reads from.
type Deps struct {
	Samples     telemetry.Store
	Ledger      ledger.Store
	States      telemetry.StateStore
	DeadLetters telemetry.DeadLetters
	Register    Register
	// Touch is told which stations have news, for the live board; it must return at once. Nil: nobody is told.
	Touch func(stationIDs ...string)
	// Learned is told which minutes have become known, after they are stored; it must return at once. Nil: nobody is told.
	Learned func(days []ledger.StationDay)
	Metrics prometheus.Registerer // nil: none
	Log     *slog.Logger
}

// Bounds of a batch: whichever comes first.
const (
	batchPoints = 5000
	batchLinger = 250 * time.Millisecond
	batchQuiet  = 20 * time.Millisecond
)

// lastWords is how long a batch that is being stored may go on after the end was asked for.
const lastWords = 5 * time.Second

// Ingest is one consumer.
type Ingest struct {
	config  Config
	deps    Deps
	log     *slog.Logger
	metrics *metrics
	link    *link
	catalog catalog
	recent  recent
	usage   chan delivery
	states  stateQueue
	storing trouble // why usage cannot be stored now
	stating trouble // why states cannot be stored now
}

// delivery is one message from the broker.
type delivery struct {
	device   string
	topic    string
	payload  []byte
	retained bool
	at       time.Time
	done     func() // acknowledges it to the broker; harmless when the link is gone
}

// New makes a consumer and starts nothing.
func New(config Config, deps Deps) (*Ingest, error) {
	if config.QueueMessages == 0 {
		config.QueueMessages = 1024
	}
	if deps.Learned == nil {
		deps.Learned = func([]ledger.StationDay) {}
	}
	if deps.Touch == nil {
		deps.Touch = func(...string) {}
	}
	i := &Ingest{
		config: config,
		deps:   deps,
		log:    deps.Log,
		usage:  make(chan delivery, config.QueueMessages),
		states: newStateQueue(),
		recent: newRecent(),
	}
	i.catalog.register = deps.Register
	i.metrics = newMetrics(deps.Metrics, i)
	l, err := newLink(config, deps.Log, i.receive)
	if err != nil {
		return nil, err
	}
	i.link = l
	return i, nil
}

// Run consumes until the context ends. A batch that is being stored then may finish and is acknowledged; the link to
// the broker closes last.
func (i *Ingest) Run(ctx context.Context) error {
	linked, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	defer hangUp()
	var link, work errgroup.Group
	link.Go(func() error { return i.link.run(linked) })
	batches := make(chan *batch)
	work.Go(func() error { i.gather(ctx, batches); return nil })
	work.Go(func() error { i.store(ctx, batches); return nil })
	work.Go(func() error { i.keepStates(ctx); return nil })
	_ = work.Wait() // none of them fails
	i.link.flush()
	hangUp()
	return link.Wait()
}

// Ready says why nothing can be taken or stored now, or nil.
func (i *Ingest) Ready() error {
	var faults []error
	if err := i.link.trouble.reason(); err != nil {
		faults = append(faults, fault.Unavailable("broker", err))
	}
	for _, t := range []*trouble{&i.storing, &i.stating} {
		if err := t.reason(); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// receive is called on paho's read loop, message by message and in order: it only puts them where they belong. When
// the queue is full it waits, and so does the broker.
func (i *Ingest) receive(ctx context.Context, d delivery) {
	device, channel, ok := wire.ParseTopic(d.topic)
	d.device = device
	i.metrics.messages.WithLabelValues(label(channel, ok)).Inc()
	switch {
	case ok && channel == wire.ChannelUsage:
		select {
		case i.usage <- d:
		case <-ctx.Done(): // unacknowledged
		}
	case ok && channel == wire.ChannelState:
		i.receiveState(d)
	default:
		d.done() // not one that we asked for
	}
}

func label(channel wire.Channel, ok bool) string {
	if !ok {
		return "other"
	}
	return string(channel)
}

// Invalidate makes the next batch read the register anew: call it when stations or devices have changed. Without it,
// tags in the time series are up to a quarter of a minute behind; who may send and the ledger never are.
func (i *Ingest) Invalidate() { i.catalog.invalidate() }

// trouble is why something does not work now. The zero value says that it works.
type trouble struct{ err atomic.Pointer[error] }

func (t *trouble) set(err error) { t.err.Store(&err) }

func (t *trouble) clear() { t.err.Store(nil) }

func (t *trouble) reason() error {
	if p := t.err.Load(); p != nil {
		return *p
	}
	return nil
}

// errRefuses is what a part says that answers, but does not take what it is given: waiting does not help.
var errRefuses = errors.New("it refuses what it is given")

// part says which part of the server an error came from, in the words of /readyz.
func part(name string, err error) error {
	if err == nil {
		return nil
	}
	switch {
	case fault.KindOf(err) == fault.KindUnavailable:
		return err
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return fault.Unavailable(name, fmt.Errorf("%s: %w", name, err))
	}
	return fault.Unavailable(name, fmt.Errorf("%s: %w: %w", name, errRefuses, err))
}
