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
	// Versions gives a number for each UTC day with from ≤ Day < until that was ever written. It grows, in the same
	// transaction, with every Or and Replace that touches the day: whoever reads the versions first and the facts after
	// them knows later, by comparing, whether what was read is still true. To keep writers from waiting for each other
	// it is the last thing that a transaction touches, in the order of the days.
	Versions(ctx context.Context, from, until Day) (map[Day]int64, error)
}
