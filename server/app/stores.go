package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/config"
	"github.com/labtide/labtide/server/csvimport"
	"github.com/labtide/labtide/server/influx"
	"github.com/labtide/labtide/server/ledger"
	"github.com/labtide/labtide/server/sqldb"
	"github.com/labtide/labtide/server/telemetry"
)

// Stores is everything that is kept, open.
type Stores struct {
	DB          *sqldb.DB
	Equipment   *sqldb.Equipment
	Accounts    *sqldb.Accounts
	Bookings    *sqldb.Bookings
	Courier     *sqldb.Courier
	Ledger      *sqldb.Ledger
	States      *sqldb.States
	Sessions    *sqldb.Sessions
	DeadLetters *sqldb.DeadLetters
	Idempotency *sqldb.Idempotency
	Samples     telemetry.Store
	expire      func(ctx context.Context, before time.Time) error // nil: the store does it itself
	closers     []func() error
}

// OpenStores opens the databases that the configuration names and brings their schemas up to date.
func OpenStores(ctx context.Context, cfg config.Config, log *slog.Logger) (*Stores, error) {
	if err := os.MkdirAll(cfg.Server.Data, 0o750); err != nil {
		return nil, fmt.Errorf("server.data: %w", err)
	}
	dsn := cfg.Database.DSN
	if cfg.Database.Driver == config.DriverSQLite && dsn == "" {
		dsn = filepath.Join(cfg.Server.Data, "labtide.db")
	}
	db, err := sqldb.Open(ctx, sqldb.Config{Driver: cfg.Database.Driver, DSN: dsn}, log.With("part", "database"))
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	s := &Stores{
		DB: db, Equipment: sqldb.NewEquipment(db), Accounts: sqldb.NewAccounts(db), Bookings: sqldb.NewBookings(db),
		Courier: sqldb.NewCourier(db), Ledger: sqldb.NewLedger(db), States: sqldb.NewStates(db), Sessions: sqldb.NewSessions(db),
		DeadLetters: sqldb.NewDeadLetters(db), Idempotency: sqldb.NewIdempotency(db),
		closers: []func() error{db.Close},
	}
	if err := s.openSamples(ctx, cfg, log); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// openSamples opens the time series. InfluxDB need not answer yet: nothing is acknowledged until it does.
func (s *Stores) openSamples(ctx context.Context, cfg config.Config, log *slog.Logger) error {
	retention := time.Duration(cfg.Telemetry.RetentionDays) * 24 * time.Hour
	if cfg.Telemetry.Store == config.StoreInfluxDB {
		c := cfg.Telemetry.InfluxDB
		store := influx.New(influx.Config{URL: c.URL, Org: c.Org, Bucket: c.Bucket, Token: c.Token, Username: c.Username,
			Password: c.Password, RetentionPolicy: c.RetentionPolicy, Timeout: c.Timeout, Retention: retention})
		s.Samples = store
		s.closers = append(s.closers, func() error { store.Close(); return nil })
		return nil
	}
	store, err := sqldb.OpenSamples(ctx, filepath.Join(cfg.Server.Data, "samples.db"), log.With("part", "samples"))
	if err != nil {
		return fmt.Errorf("open the samples: %w", err)
	}
	s.Samples, s.expire = store, store.Expire
	s.closers = append(s.closers, store.Close)
	return nil
}

// Close closes everything, the last opened first.
func (s *Stores) Close() error {
	var faults []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		faults = append(faults, s.closers[i]())
	}
	return errors.Join(faults...)
}

// Importer writes CSV files into these stores.
func (s *Stores) Importer() csvimport.Importer {
	return csvimport.Importer{Register: s.Equipment, People: s.Accounts, Bookings: s.Bookings, Samples: s.Samples,
		Ledger: s.Ledger, Together: s.DB.Together}
}

// Charter keeps in these stores what the school decides.
func (s *Stores) Charter() *booking.Charter {
	return booking.NewCharter(s.Bookings, s.Equipment, s.Accounts, time.Now)
}

// Rebuilder makes the ledger anew from these stores.
func (s *Stores) Rebuilder() ledger.Rebuilder {
	return ledger.Rebuilder{Store: s.Ledger, Placements: s.Equipment.Placements,
		Evidence: func(ctx context.Context, device string, from, until time.Time, each func(time.Time, bool, bool) error) error {
			return s.Samples.Scan(ctx, device, from, until, func(sample telemetry.Sample) error {
				return each(sample.Minute, sample.Seen(), sample.Used())
			})
		}}
}
