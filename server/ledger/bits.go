// Package ledger gives every station-minute exactly one honest label.
//
// It is pure set algebra over the minutes of UTC days: bits in, bits out. It knows no clock, no database and no time
// zone. A minute lies in an interval when its first instant does: so intervals that touch never share a minute, and none
// is lost between them. Invariant: the labels of a day add up to the minutes of the day, and those but closed to the
// open minutes.
package ledger

import (
	"math/bits"
	"time"
)

// Minutes is how many bits a day has: UTC days, so never 23 or 25 hours.
const Minutes = 24 * 60

// Words is how many 64-bit words hold a day.
const Words = (Minutes + 63) / 64

// Bits is one fact about one UTC day: bit m%64 of word m/64 is minute m. The bits above minute 1439 are zero.
type Bits [Words]uint64

// Day is a UTC day, counted from 1970-01-01.
type Day int32

const daySeconds = 86400

// DayOf gives the UTC day of an instant.
func DayOf(at time.Time) Day {
	sec := at.Unix()
	day := sec / daySeconds
	if sec%daySeconds < 0 {
		day--
	}
	return Day(day)
}

// Start gives the first instant of the day.
func (d Day) Start() time.Time { return time.Unix(int64(d)*daySeconds, 0).UTC() }

// MinuteOf gives the minute of its UTC day, 0 … 1439.
func MinuteOf(at time.Time) int {
	return int((at.Unix() - int64(DayOf(at))*daySeconds) / 60)
}

// Days gives the UTC days that [from, until) touches: first ≤ day < end.
func Days(from, until time.Time) (first, end Day) {
	first = DayOf(from)
	if !from.Before(until) {
		return first, first
	}
	return first, DayOf(until.Add(-1)) + 1
}

// MinutesWithin gives the minutes first ≤ m < end of the day that lie in [from, until). A zero until has no end.
func (d Day) MinutesWithin(from, until time.Time) (first, end int) {
	first, end = d.minuteFrom(from), Minutes
	if !until.IsZero() {
		end = d.minuteFrom(until)
	}
	return first, max(first, end)
}

// minuteFrom gives the first minute of the day that begins at the instant or after it, 0 … 1440.
func (d Day) minuteFrom(at time.Time) int {
	sec := at.Unix() - int64(d)*daySeconds
	if at.Nanosecond() > 0 {
		sec++
	}
	return int(min(max((sec+59)/60, 0), Minutes))
}

// Set marks one minute.
func (b *Bits) Set(minute int) { b[minute>>6] |= 1 << (minute & 63) }

// Has reports whether the minute is marked.
func (b *Bits) Has(minute int) bool { return b[minute>>6]&(1<<(minute&63)) != 0 }

// SetRange marks the minutes first ≤ m < end, both 0 … 1440.
func (b *Bits) SetRange(first, end int) {
	if first >= end {
		return
	}
	low, high := first>>6, (end-1)>>6
	head, tail := ^uint64(0)<<(first&63), ^uint64(0)>>(63-(end-1)&63)
	if low == high {
		b[low] |= head & tail
		return
	}
	b[low] |= head
	for w := low + 1; w < high; w++ {
		b[w] = ^uint64(0)
	}
	b[high] |= tail
}

// SetSpan marks the minutes of that day which lie in [from, until). A zero until has no end.
func (b *Bits) SetSpan(day Day, from, until time.Time) {
	b.SetRange(day.MinutesWithin(from, until))
}

// Or marks what is marked in o, too.
func (b *Bits) Or(o *Bits) {
	for w := range b {
		b[w] |= o[w]
	}
}

// And keeps what is marked in o.
func (b *Bits) And(o *Bits) {
	for w := range b {
		b[w] &= o[w]
	}
}

// AndNot takes away what is marked in o.
func (b *Bits) AndNot(o *Bits) {
	for w := range b {
		b[w] &^= o[w]
	}
}

// Count gives how many minutes are marked.
func (b *Bits) Count() int {
	n := 0
	for _, word := range b {
		n += bits.OnesCount64(word)
	}
	return n
}

// Empty reports whether no minute is marked.
func (b *Bits) Empty() bool { return *b == Bits{} }

// Runs calls each for every stretch of marked minutes, first ≤ m < end, in order.
func (b *Bits) Runs(each func(first, end int)) {
	for m := b.next(0, 0); m < Minutes; {
		end := b.next(m, ^uint64(0))
		each(m, end)
		m = b.next(end, 0)
	}
}

// next gives the first marked minute from m on, or, with flip all ones, the first that is not; Minutes when there is none.
func (b *Bits) next(m int, flip uint64) int {
	for w := m >> 6; w < Words; w++ {
		word := b[w] ^ flip
		if w == m>>6 {
			word &= ^uint64(0) << (m & 63)
		}
		if word != 0 {
			return min(w<<6+bits.TrailingZeros64(word), Minutes)
		}
	}
	return Minutes
}
