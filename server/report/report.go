// Package report answers a planner's questions: projections of the ledger, the calendar and the bookings.
//
// It may not know HTTP or SQL, and it stores nothing: what it keeps in memory is checked against versions of the stores
// before each use, so any number of servers give the same answer. Invariants: the minutes of all items of a report add
// up to its total, whatever it is grouped by; a minute that has not passed counts nowhere.
package report

import (
	"context"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/ledger"
)

// Register is the part of equipment.Store that reports read.
type Register interface {
	Sites(ctx context.Context) ([]equipment.Site, error)
	Rooms(ctx context.Context) ([]equipment.Room, error)
	Kinds(ctx context.Context) ([]equipment.Kind, error)
	Stations(ctx context.Context, filter equipment.StationFilter) ([]equipment.Station, error)
	StationByID(ctx context.Context, idOrCode string) (equipment.Station, error)
	OpeningHours(ctx context.Context, siteID string) ([]equipment.OpeningHours, []equipment.Exception, error)
	Outages(ctx context.Context, stationID string, from, until time.Time) ([]equipment.Outage, error)
}

// Occupation is a booking as reports count it: when it occupied its station, as it stood. One that was cancelled before
// its start is none; one that was given back ends there.
type Occupation struct {
	StationID string
	Programme string
	Class     bool // it blocked the station for a group
	From      time.Time
	Until     time.Time
}

// Bookings gives what bookings occupied.
type Bookings interface {
	// Occupied calls each for the occupations that overlap [from, until), in any order, whole. No stations: all. An
	// error of each ends the scan and is returned. The occupation is valid during the call.
	Occupied(ctx context.Context, stationIDs []string, from, until time.Time, each func(*Occupation) error) error
	// OccupiedVersions gives a number for each UTC day with from ≤ Day < until. It grows, in the same transaction, with
	// every change to what was occupied on a day that had been over for SettledAfter by the database's clock; days
	// without such changes are left out. Younger days change without a trace, so that bookings made at the same time need
	// not wait for each other: nobody may keep those.
	OccupiedVersions(ctx context.Context, from, until ledger.Day) (map[ledger.Day]int64, error)
}

// SettledAfter is how long after its end a UTC day's bookings are versioned (Bookings.OccupiedVersions).
const SettledAfter = 24 * time.Hour

// Sources is what reports are made of.
type Sources struct {
	Register Register
	Bookings Bookings
	Ledger   ledger.Store
	Now      func() time.Time // nil: the clock
}

// Group says what the items of a report stand for.
type Group string

// The groups. A programme's item holds the minutes that its bookings covered; all other minutes, walk-in and free ones
// too, belong to the item with the empty key.
const (
	GroupSite      Group = "site"
	GroupRoom      Group = "room"
	GroupKind      Group = "kind"
	GroupStation   Group = "station"
	GroupProgramme Group = "programme"
)

// Query asks for the days [From, To), each in its site's time zone. Room and Kind narrow it, by id or code; "" does not.
type Query struct {
	From    equipment.Day
	To      equipment.Day
	GroupBy Group // Utilization only; "": site
	Room    string
	Kind    string
}

// LongestDays is the longest span that one report answers: a year and a bit.
const LongestDays = 400

// Utilization is one item for each group, ordered by name, and the total.
type Utilization struct {
	Items []Item
	Total Item
}

// Item is the figures of one group. A share is nil when its divisor is 0.
type Item struct {
	Key     string         // id of the site, room, kind or station; the programme; "" in the total
	Code    string         // "" for programmes and the total
	Name    equipment.Text // may be empty: then the code is the name
	Minutes ledger.Counts
	Figures
}

// Heatmap is the hours of the week, by the site's clock, in which anything was open; ordered by weekday and hour.
type Heatmap struct {
	Cells []Cell
}

// Cell is one hour of one weekday, over all its days.
type Cell struct {
	Weekday     int // 1 is Monday, 7 is Sunday
	Hour        int // 0 … 23
	OpenMinutes int64
	Utilization *float64 // used ÷ known station-minutes
	Booked      *float64 // booked or blocked ÷ open station-minutes that were not down
	Coverage    *float64
	// Peak is the most stations in use at one minute; Full the share of open minutes at which more than 80 % of the
	// stations that could be used were in use or booked.
	Peak int
	Full *float64
}

// Day is the labelled minutes of a station on one day of its site.
type Day struct {
	Station  equipment.Station
	Day      equipment.Day
	TimeZone string
	Runs     []ledger.Run // in order, without gaps, from the day's start to its end or to now
}
