// Package ledger gives every station-minute exactly one honest label.
//
// It is pure set algebra over the minutes of UTC days: bits in, bits out. It knows no clock, no database and no time
// zone. Invariant: the labels of a day add up to the minutes of the day, and those but closed to the open minutes.
package ledger

import "time"

// Minutes is how many bits a day has: UTC days, so never 23 or 25 hours.
const Minutes = 24 * 60

// Words is how many 64-bit words hold a day.
const Words = (Minutes + 63) / 64

// Bits is one fact about one UTC day: bit m%64 of word m/64 is minute m. The bits above minute 1439 are zero.
type Bits [Words]uint64

// Day is a UTC day, counted from 1970-01-01.
type Day int32

// DayOf gives the UTC day of an instant.
func DayOf(at time.Time) Day {
	sec := at.Unix()
	day := sec / 86400
	if sec%86400 < 0 {
		day--
	}
	return Day(day)
}

// Start gives the first instant of the day.
func (d Day) Start() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// MinuteOf gives the minute of its UTC day, 0 … 1439.
func MinuteOf(at time.Time) int {
	return int((at.Unix() - int64(DayOf(at))*86400) / 60)
}

// Set marks one minute.
func (b *Bits) Set(minute int) { b[minute>>6] |= 1 << (minute & 63) }

// Has reports whether the minute is marked.
func (b *Bits) Has(minute int) bool { return b[minute>>6]&(1<<(minute&63)) != 0 }
