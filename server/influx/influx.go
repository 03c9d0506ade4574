// Package influx keeps samples in InfluxDB: 2.x, and 1.8 by its v2-compatible interface.
//
// It is the only importer of the InfluxDB client and knows nothing of HTTP handlers or SQL. A sample is one point of
// the measurement "sample" with the tags device, site, room, station and kind. Invariants: a field never changes its
// type (counts are integers, all else is float), no text of a user reaches a query unquoted, and what the server says
// by Retry-After is heeded for every write, whoever made it.
package influx

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	influxdb2 "github.com/influxdata/influxdb-client-go/v2"
	"github.com/influxdata/influxdb-client-go/v2/api"
	influxhttp "github.com/influxdata/influxdb-client-go/v2/api/http"

	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/telemetry"
)

// Config says where InfluxDB is. An empty Token means InfluxDB 1.8: 2.x always has one.
type Config struct {
	URL    string
	Bucket string // on 1.8 the database
	// Retention is how long InfluxDB keeps points in a bucket that the store makes; 0 is for ever. A bucket that is
	// there already keeps its own.
	Retention time.Duration
	Timeout   time.Duration // of one request; 0 means 10 s

	// InfluxDB 2.x.
	Org   string
	Token string

	// InfluxDB 1.8. An empty Username means that it asks for none.
	Username        string
	Password        string
	RetentionPolicy string // "" means autogen
}

// Store is a telemetry.Store in InfluxDB.
type Store struct {
	config Config
	client influxdb2.Client
	writes api.WriteAPIBlocking
	now    func() time.Time

	mu      sync.Mutex
	ready   bool      // the bucket is known to be there
	closed  time.Time // until then InfluxDB asked not to be written to
	written int64     // the last stamp that was given to a write
}

var _ telemetry.Store = (*Store)(nil)

// maxLines is how many lines one request may carry.
const maxLines = 5000

// New makes the store. It asks nothing of InfluxDB: that may come up later than we do.
func New(config Config) *Store {
	if config.Timeout <= 0 {
		config.Timeout = 10 * time.Second
	}
	if config.RetentionPolicy == "" {
		config.RetentionPolicy = "autogen"
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 8
	options := influxdb2.DefaultOptions().
		SetHTTPClient(&http.Client{Transport: transport, Timeout: config.Timeout}).
		SetPrecision(time.Second).
		SetUseGZip(true).
		SetApplicationName("labtide").
		SetLogLevel(0) // it would write to the standard logger; errors are returned to us anyway
	s := &Store{config: config, now: time.Now}
	s.client = influxdb2.NewClientWithOptions(config.URL, config.credentials(), options)
	s.writes = s.client.WriteAPIBlocking(config.Org, config.bucket())
	return s
}

// Close lets go of the connections.
func (s *Store) Close() { s.client.Close() }

// Ping says whether InfluxDB answers and has our bucket, which is made when it is missing.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.ensure(ctx); err != nil {
		return err
	}
	up, err := s.client.Ping(ctx)
	if err == nil && !up {
		err = errors.New("ping: not up")
	}
	return unavailable(err)
}

func (c Config) version1() bool { return c.Token == "" }

// bucket is the name by which the v2 interface knows it.
func (c Config) bucket() string {
	if c.version1() {
		return c.Bucket + "/" + c.RetentionPolicy
	}
	return c.Bucket
}

func (c Config) credentials() string {
	switch {
	case !c.version1():
		return c.Token
	case c.Username == "":
		return ""
	default:
		return c.Username + ":" + c.Password
	}
}

// unavailable is the fault for everything that may work when it is tried again: no answer, an answer 5xx, a token
// that is refused until somebody mends it. Nil stays nil.
func unavailable(err error) error {
	if err == nil {
		return nil
	}
	f := fault.Unavailable("influxdb", err)
	var answer *influxhttp.Error
	if errors.As(err, &answer) {
		f.RetryAfter = time.Duration(answer.RetryAfter) * time.Second
		if answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden {
			f.Message = "InfluxDB refuses our credentials; check telemetry.influxdb in the configuration"
		}
	}
	return f
}

// wrap says what was tried; nil stays nil.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
