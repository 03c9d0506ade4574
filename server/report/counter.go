package report

import (
	"math/bits"

	"github.com/labtide/labtide/server/ledger"
)

// counter counts, for each minute of a day, in how many of the added sets it is. It is a vertical counter: plane p holds
// bit p of every minute's count, so adding a set takes a few operations for 64 minutes at once.
type counter struct {
	planes []ledger.Bits
}

// add counts the minutes of a set.
func (c *counter) add(set *ledger.Bits) {
	for w, carry := range set {
		for p := 0; carry != 0; p++ {
			if p == len(c.planes) {
				c.planes = append(c.planes, ledger.Bits{})
			}
			plane := &c.planes[p][w]
			*plane, carry = *plane^carry, *plane&carry
		}
	}
}

// reset forgets all sets.
func (c *counter) reset() {
	clear(c.planes)
}

// at gives the count of one minute.
func (c *counter) at(minute int) int {
	n := 0
	for p := range c.planes {
		n |= int(c.planes[p][minute>>6]>>(minute&63)&1) << p
	}
	return n
}

// most gives the largest count among the minutes first ≤ m < end: from the highest plane down, it keeps the minutes that
// have the bit, if there are any.
func (c *counter) most(first, end int) int {
	var left ledger.Bits
	left.SetRange(first, end)
	n := 0
	for p := len(c.planes) - 1; p >= 0; p-- {
		with := left
		with.And(&c.planes[p])
		if !with.Empty() {
			left, n = with, n|1<<p
		}
	}
	return n
}

// sum gives the counts of the minutes first ≤ m < end together.
func (c *counter) sum(first, end int) int64 {
	n := int64(0)
	for p := range c.planes {
		n += int64(countRange(&c.planes[p], first, end)) << p
	}
	return n
}

// countRange gives how many minutes first ≤ m < end of a set are marked.
func countRange(set *ledger.Bits, first, end int) int {
	if first >= end {
		return 0
	}
	low, high := first>>6, (end-1)>>6
	head, tail := ^uint64(0)<<(first&63), ^uint64(0)>>(63-(end-1)&63)
	if low == high {
		return bits.OnesCount64(set[low] & head & tail)
	}
	n := bits.OnesCount64(set[low]&head) + bits.OnesCount64(set[high]&tail)
	for w := low + 1; w < high; w++ {
		n += bits.OnesCount64(set[w])
	}
	return n
}
