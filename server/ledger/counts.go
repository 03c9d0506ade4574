package ledger

import "math/bits"

// Counts is how many station-minutes had each label.
type Counts struct {
	Closed      int64
	Down        int64
	Unknown     int64
	BookedUsed  int64
	BookedIdle  int64
	BlockedIdle int64
	WalkIn      int64
	Free        int64
	// AfterHours is use while closed: a part of Closed, and never lost.
	AfterHours int64
}

// Open gives the open minutes: all but the closed ones.
func (c *Counts) Open() int64 { return c.Down + c.Unknown + c.Known() }

// Known gives the minutes whose label says whether the station was used.
func (c *Counts) Known() int64 {
	return c.BookedUsed + c.BookedIdle + c.BlockedIdle + c.WalkIn + c.Free
}

// Used gives the minutes in use while open.
func (c *Counts) Used() int64 { return c.BookedUsed + c.WalkIn }

// Total gives all minutes.
func (c *Counts) Total() int64 { return c.Closed + c.Open() }

// Of gives the minutes of one label.
func (c *Counts) Of(label Label) int64 {
	switch label {
	case LabelClosed:
		return c.Closed
	case LabelDown:
		return c.Down
	case LabelUnknown:
		return c.Unknown
	case LabelBookedUsed:
		return c.BookedUsed
	case LabelBookedIdle:
		return c.BookedIdle
	case LabelBlockedIdle:
		return c.BlockedIdle
	case LabelWalkIn:
		return c.WalkIn
	case LabelFree:
		return c.Free
	}
	return 0
}

// Add adds the minutes of o.
func (c *Counts) Add(o *Counts) {
	c.Closed += o.Closed
	c.Down += o.Down
	c.Unknown += o.Unknown
	c.BookedUsed += o.BookedUsed
	c.BookedIdle += o.BookedIdle
	c.BlockedIdle += o.BlockedIdle
	c.WalkIn += o.WalkIn
	c.Free += o.Free
	c.AfterHours += o.AfterHours
}

// Count adds the labels of the minutes within to c. It says the same as Label, a word at a time.
func (c *Counts) Count(f *Facts, within *Bits) {
	var all, closed, open, up, known, bookedUsed, bookedIdle, blockedIdle, walkIn, after int
	for w, mask := range within {
		if mask == 0 {
			continue
		}
		opened := mask & f.Open[w]
		usable := opened &^ f.Down[w]
		seen := usable & f.Seen[w]
		used := seen & f.Used[w]
		idle := seen &^ f.Used[w]
		taken := f.Booked[w] | f.Blocked[w]
		all += bits.OnesCount64(mask)
		open += bits.OnesCount64(opened)
		up += bits.OnesCount64(usable)
		known += bits.OnesCount64(seen)
		bookedUsed += bits.OnesCount64(used & taken)
		walkIn += bits.OnesCount64(used &^ taken)
		bookedIdle += bits.OnesCount64(idle & f.Booked[w])
		blockedIdle += bits.OnesCount64(idle & f.Blocked[w] &^ f.Booked[w])
		after += bits.OnesCount64(mask &^ f.Open[w] & f.Seen[w] & f.Used[w])
	}
	closed = all - open
	c.Closed += int64(closed)
	c.Down += int64(open - up)
	c.Unknown += int64(up - known)
	c.BookedUsed += int64(bookedUsed)
	c.BookedIdle += int64(bookedIdle)
	c.BlockedIdle += int64(blockedIdle)
	c.WalkIn += int64(walkIn)
	c.Free += int64(known - bookedUsed - walkIn - bookedIdle - blockedIdle)
	c.AfterHours += int64(after)
}
