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
	for w, mask := range within {
		if mask != 0 {
			c.countWord(f, w, mask)
		}
	}
}

// Take adds the labels of those minutes first ≤ m < end that are in rest, and takes them out of it: whoever takes a minute
// first has it alone.
func (c *Counts) Take(f *Facts, rest *Bits, first, end int) {
	if first >= end {
		return
	}
	low, high := first>>6, (end-1)>>6
	for w := low; w <= high; w++ {
		mask := rest[w]
		if w == low {
			mask &= ^uint64(0) << (first & 63)
		}
		if w == high {
			mask &= ^uint64(0) >> (63 - (end-1)&63)
		}
		rest[w] &^= mask
		c.countWord(f, w, mask)
	}
}

// countWord adds the labels of the minutes that mask marks in word w. Whole words of one label are common: nights,
// holidays, a station that nobody books.
func (c *Counts) countWord(f *Facts, w int, mask uint64) {
	opened, active := mask&f.Open[w], f.Seen[w]&f.Used[w]
	if out := mask &^ opened; out != 0 {
		c.Closed += ones(out)
		if out &= active; out != 0 {
			c.AfterHours += ones(out)
		}
	}
	if opened == 0 {
		return
	}
	if down := opened & f.Down[w]; down != 0 {
		c.Down += ones(down)
		opened &^= down
	}
	if unseen := opened &^ f.Seen[w]; unseen != 0 {
		c.Unknown += ones(unseen)
		opened &^= unseen
	}
	idle, taken := opened, f.Booked[w]|f.Blocked[w]
	if used := opened & active; used != 0 {
		booked := ones(used & taken)
		c.BookedUsed += booked
		c.WalkIn += ones(used) - booked
		idle &^= used
	}
	if idle == 0 {
		return
	}
	if taken &= idle; taken != 0 {
		booked := ones(taken & f.Booked[w])
		c.BookedIdle += booked
		c.BlockedIdle += ones(taken) - booked
		idle &^= taken
	}
	c.Free += ones(idle)
}

func ones(word uint64) int64 { return int64(bits.OnesCount64(word)) }
