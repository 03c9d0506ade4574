package csvimport

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/ledger"
	"github.com/labtide/labtide/server/telemetry"
)

// Bookings is the part of booking.Store that takes bookings as they were.
type Bookings interface {
	List(ctx context.Context, f booking.Filter) ([]booking.Booking, error)
	Import(ctx context.Context, in booking.Bulk) error
}

// Importer writes what a folder says.
type Importer struct {
	Register equipment.Store
	People   account.Store
	Bookings Bookings
	Samples  telemetry.Store
	Ledger   ledger.Store
	// Together runs a function whose writes, made with the context that it is given, all happen or none.
	// The samples are the exception: their store is another one, so they come last and are written again when the
	// import is repeated, which changes nothing.
	Together func(ctx context.Context, fn func(ctx context.Context) error) error
	// Override takes bookings ahead although rules object that staff may override.
	Override bool
}

// errDry takes back what a dry run has written.
var errDry = errors.New("dry run")

// Import reads, checks and, unless dryRun, writes: a dry run does the same and takes it back. Faults in the files come as Faults.
func (im Importer) Import(ctx context.Context, dir fs.FS, dryRun bool) (Summary, error) {
	data, err := Read(dir)
	if err != nil {
		return Summary{}, err
	}
	known, err := stored(ctx, im.Register, im.People)
	if err != nil {
		return Summary{}, fmt.Errorf("read what is stored: %w", err)
	}
	if data.check(known); len(data.faults) > 0 {
		return Summary{}, data.faults
	}
	err = im.Together(ctx, func(ctx context.Context) error {
		known, err := stored(ctx, im.Register, im.People)
		if err != nil {
			return err
		}
		w := writer{Importer: im, data: data, known: known}
		if err := w.all(ctx); err != nil {
			return err
		}
		if dryRun {
			return errDry
		}
		if err := w.samples(ctx); err != nil { // last, for their store is another one
			return fmt.Errorf("import samples: %w", err)
		}
		return nil
	})
	if errors.Is(err, errDry) {
		err = nil
	}
	return data.count(), err
}

// count is what the files hold; the samples of a usage row are its minutes.
func (d *Data) count() Summary {
	s := Summary{Sites: len(d.sites), Rooms: len(d.rooms), Kinds: len(d.kinds), Stations: len(d.stations), Devices: len(d.devices),
		Placements: len(d.placements), Hours: len(d.hours), Outages: len(d.outages), People: len(d.people),
		Qualifications: len(d.qualifications), Teams: len(d.teams), Bookings: len(d.bookings)}
	for _, reports := range d.reports() {
		for range reports.samples() {
			s.Samples++
		}
	}
	return s
}
