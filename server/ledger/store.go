package ledger

import "context"

// StationDay is the stored facts of one station on one UTC day.
type StationDay struct {
	Station string // id
	Day     Day
	Seen    Bits
	Used    Bits
}

// Store keeps the facts. Storing is bitwise OR: it commutes, and doing it twice changes nothing.
type Store interface {
	// Or adds the bits of each station-day, all in one transaction, durably.
	Or(ctx context.Context, days []StationDay) error
	// Scan calls each for the stored station-days with from ≤ Day < until, ordered by station, then day. No stations: all.
	// An error of each ends the scan and is returned.
	Scan(ctx context.Context, stations []string, from, until Day, each func(*StationDay) error) error
	// Replace sets the bits of all station-days with from ≤ Day < until to exactly these, in one transaction.
	Replace(ctx context.Context, from, until Day, days []StationDay) error
}
