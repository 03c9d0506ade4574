// Package csvimport brings a school's past and its register in, from a folder of CSV files: all or nothing.
//
// It reads everything, checks everything, and says every fault with file, line and column before the first write. It may
// not know how things are stored. Invariant: importing the same folder twice changes nothing the second time.
package csvimport

import (
	"errors"
	"io/fs"

	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/telemetry"
)

// Data is what the files say. Things name each other by code, as in the files.
type Data struct {
	sites      []located[equipment.Site]
	rooms      []located[roomRow]
	kinds      []located[equipment.Kind]
	stations   []located[stationRow]
	devices    []located[equipment.Device]
	placements []located[placementRow]
	hours      []located[hoursRow]
	outages    []located[outageRow]
	people     []located[account.Person]
	teams      []located[teamRow]
	bookings   []located[bookingRow]
	// qualifications are granted by nobody in particular
	qualifications []located[qualificationRow]
	usage          []located[usageRow]
	samples        []located[telemetry.Sample]
	faults         Faults // the rows hold its address
}

// located is a thing and the row that it came from.
type located[T any] struct {
	row
	v T
}

type roomRow struct {
	site string
	equipment.Room
}

type stationRow struct {
	site, room, kind string
	equipment.Station
}

type placementRow struct {
	device, station string
	equipment.Placement
}

// hoursRow is a weekly rule, or, when it names a day, an exception.
type hoursRow struct {
	site, room string
	weekly     equipment.OpeningHours
	exception  equipment.Exception
	isWeekly   bool
}

type outageRow struct {
	station string
	equipment.Outage
}

type qualificationRow struct {
	person, kind string
	account.Qualification
}

// teamRow names its people by login.
type teamRow struct {
	captains, members []string
	account.Team
}

type bookingRow struct {
	station, person string
	booking.Booking
}

type usageRow struct {
	device   string
	interval wire.Interval
}

// Read reads the files of a folder. Files that are not there have no rows; an error that is not Faults means that the
// folder could not be read. References are not checked yet: Importer does.
func Read(dir fs.FS) (*Data, error) {
	r := reader{dir: dir, data: &Data{}}
	if err := r.files(); err != nil {
		return nil, err
	}
	if len(r.data.faults) > 0 {
		return nil, r.data.faults
	}
	return r.data, nil
}

type reader struct {
	dir  fs.FS
	data *Data
}

// parse reads one file with one function per row. A function of its own, because methods have no type parameters.
func parse[T any](r *reader, into *[]located[T], lay layout, each func(row) T) error {
	return lay.read(r.dir, &r.data.faults, func(line row) {
		*into = append(*into, located[T]{line, each(line)})
	})
}

// Files names every file that is read, with its columns, required ones first: for the documentation and its test.
func Files() map[string][]string {
	out := map[string][]string{}
	for _, l := range layouts() {
		out[l.file] = append(append([]string{}, l.required...), l.optional...)
	}
	return out
}

// anyFile reports a folder without a single known file: most likely the wrong folder.
func anyFile(dir fs.FS) error {
	for name := range Files() {
		if _, err := fs.Stat(dir, name); err == nil {
			return nil
		}
	}
	return errors.New("the folder holds none of the files that can be imported (sites.csv, stations.csv, bookings.csv, …)")
}

// Summary counts what an import brought in.
type Summary struct {
	Sites          int `json:"sites"`
	Rooms          int `json:"rooms"`
	Kinds          int `json:"kinds"`
	Stations       int `json:"stations"`
	Devices        int `json:"devices"`
	Placements     int `json:"placements"`
	Hours          int `json:"opening_hours"`
	Outages        int `json:"outages"`
	People         int `json:"people"`
	Teams          int `json:"teams"`
	Qualifications int `json:"qualifications"`
	Bookings       int `json:"bookings"`
	Samples        int `json:"samples"`
}
