package report

import "github.com/labtide/labtide/server/ledger"

// Figures are the shares that planners expect, 0 … 1; nil: a share of nothing.
//
// Known minutes are those whose label says whether the station was used: open, in order, and seen. All shares of groups
// are ratios of sums, never means of ratios.
type Figures struct {
	// Utilization is used ÷ known station-minutes: the U of the UK Space Management Group (2006), U = F × O.
	Utilization *float64
	// Frequency is the F: room-minutes with at least one station in use ÷ room-minutes of which anything is known. Groups
	// across rooms sum both over the rooms, counting in each only the stations of the group.
	Frequency *float64
	// Occupancy is the O: used station-minutes ÷ known station-minutes at the minutes when the room was in use. Where the
	// same stations of a room are known at all minutes, U = F × O holds exactly for that room.
	Occupancy *float64
	// Coverage is known ÷ (known + unknown) station-minutes. Down minutes are neither: nobody could have used them.
	Coverage *float64
	// Low and High bound the utilization: all unknown minutes idle, all used.
	Low  *float64
	High *float64
}

// tally is what the figures of a group are made of.
type tally struct {
	minutes     ledger.Counts
	roomKnown   int64 // room-minutes of which anything is known
	roomUsed    int64 // … with at least one station in use
	knownInUse  int64 // known station-minutes at those
	roomsMatter bool  // programmes have no rooms of their own: no frequency, no occupancy
}

func (t *tally) add(o *tally) {
	t.minutes.Add(&o.minutes)
	t.roomKnown += o.roomKnown
	t.roomUsed += o.roomUsed
	t.knownInUse += o.knownInUse
	t.roomsMatter = t.roomsMatter || o.roomsMatter
}

func (t *tally) figures() Figures {
	used, known, unknown := t.minutes.Used(), t.minutes.Known(), t.minutes.Unknown
	f := Figures{
		Utilization: share(used, known),
		Coverage:    share(known, known+unknown),
		Low:         share(used, known+unknown),
		High:        share(used+unknown, known+unknown),
	}
	if t.roomsMatter {
		f.Frequency = share(t.roomUsed, t.roomKnown)
		f.Occupancy = share(used, t.knownInUse)
	}
	return f
}

func share(part, whole int64) *float64 {
	if whole == 0 {
		return nil
	}
	s := float64(part) / float64(whole)
	return &s
}
