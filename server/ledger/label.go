package ledger

import "time"

// Label is what one station-minute was. Exactly one holds; ledger.md has the definitions, first match wins.
type Label string

// The labels, in the order in which they are tried.
const (
	LabelClosed      Label = "closed"
	LabelDown        Label = "down"
	LabelUnknown     Label = "unknown"
	LabelBookedUsed  Label = "booked_used"
	LabelBookedIdle  Label = "booked_idle"
	LabelBlockedIdle Label = "blocked_idle"
	LabelWalkIn      Label = "walk_in"
	LabelFree        Label = "free"
)

// Run is a stretch of minutes with the same label, [StartsAt, EndsAt).
type Run struct {
	StartsAt time.Time
	EndsAt   time.Time
	Label    Label
}
