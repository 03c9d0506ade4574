package equipment

import (
	"context"
	"time"
)

// Store keeps the register. Lists come ordered by code (devices by id). An unknown id gives fault.KindNotFound;
// a code or id that is taken fault.KindConflict "code_taken"; an edit whose Version is not the stored one
// fault.KindStale. Put functions insert when Version is 0, else replace and add one to the version.
// Where a method takes an id, a code is accepted too when it is unambiguous.
type Store interface {
	Registry
	DeviceStore
	CalendarStore
}

// Registry keeps sites, rooms, kinds and stations.
type Registry interface {
	Sites(ctx context.Context) ([]Site, error)
	Rooms(ctx context.Context) ([]Room, error)
	Kinds(ctx context.Context) ([]Kind, error)
	Stations(ctx context.Context, filter StationFilter) ([]Station, error)
	// StationByID takes an id or a code.
	StationByID(ctx context.Context, idOrCode string) (Station, error)
	PutSite(ctx context.Context, s Site) (Site, error)
	PutRoom(ctx context.Context, r Room) (Room, error)
	PutKind(ctx context.Context, k Kind) (Kind, error)
	PutStation(ctx context.Context, s Station) (Station, error)
}

// StationFilter narrows a list; empty fields do not. Room and Kind take ids or codes.
type StationFilter struct {
	Room  string
	Kind  string
	Query string // part of the code or of a name, without regard to case
	After string // cursor: the code and id after which the page starts, as "code\x00id"
	Limit int    // 0: all
}

// DeviceStore keeps devices, placements and enrolment codes.
type DeviceStore interface {
	Devices(ctx context.Context) ([]Device, error)
	DeviceByID(ctx context.Context, id string) (Device, error)
	PutDevice(ctx context.Context, d Device) (Device, error)
	// Placements gives those that overlap [from, until), ordered by device and From; until zero: no end.
	Placements(ctx context.Context, from, until time.Time) ([]Placement, error)
	// Place ends the device's placement at that instant, if it has one, and starts the new one.
	// An empty station only ends it. One transaction. Ending before its start is fault.KindInvalid.
	Place(ctx context.Context, deviceID, stationID string, at time.Time) (Placement, error)
	// InsertPlacement adds history (import); one that overlaps another of the same device is fault.KindConflict "placement_overlaps".
	InsertPlacement(ctx context.Context, p Placement) (Placement, error)
	InsertEnrollment(ctx context.Context, e Enrollment) (Enrollment, error)
	// Claim finds an enrolment by the hash of its code and, in one transaction, marks it as claimed and stores the
	// device's new secret; the device's sessions count from the start again. Unknown, expired or claimed, or of a device that
	// is disabled: fault.KindNotFound "enrollment_code_unknown".
	Claim(ctx context.Context, codeHash, secretHash []byte, now time.Time) (Device, error)
}

// CalendarStore keeps opening hours, exceptions and outages.
type CalendarStore interface {
	OpeningHours(ctx context.Context, siteID string) ([]OpeningHours, []Exception, error)
	// PutOpeningHours replaces all rules and exceptions of a site.
	PutOpeningHours(ctx context.Context, siteID string, hours []OpeningHours, exceptions []Exception) error
	// Outages gives those that overlap [from, until), ordered by start; station empty: of all.
	Outages(ctx context.Context, stationID string, from, until time.Time) ([]Outage, error)
	PutOutage(ctx context.Context, o Outage) (Outage, error)
}
