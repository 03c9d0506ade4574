package booking

import (
	"slices"
	"time"
)

// grid is the instants at which bookings may start, or end: multiples of a length by the clock on the wall, or the edges of
// lesson periods.
type grid struct {
	loc   *time.Location
	every time.Duration
	marks []time.Duration // instead of every: how long after local midnight, in order
}

const wholeDay = 24 * time.Hour

// grids gives where bookings of a policy start and where they end.
func (p Policy) grids(loc *time.Location) (starts, ends grid) {
	starts = grid{loc: loc, every: minutes(p.GridMinutes)}
	if len(p.Periods) == 0 {
		return starts, starts
	}
	starts = grid{loc: loc}
	ends = starts
	for _, period := range p.Periods {
		starts.marks = append(starts.marks, minutes(period.Starts)%wholeDay)
		ends.marks = append(ends.marks, minutes(period.Ends)%wholeDay)
	}
	slices.Sort(starts.marks)
	slices.Sort(ends.marks)
	return starts, ends
}

// on reports whether an instant is on the grid.
func (g grid) on(at time.Time) bool { return g.past(at) == 0 }

// past gives how long ago the clock on the wall showed a time of the grid, by that clock.
func (g grid) past(at time.Time) time.Duration {
	since := sinceMidnight(at.In(g.loc))
	if len(g.marks) == 0 {
		return since % g.every
	}
	for _, mark := range slices.Backward(g.marks) {
		if mark <= since {
			return since - mark
		}
	}
	return since + wholeDay - g.marks[len(g.marks)-1]
}

// ahead gives in how long it will show one.
func (g grid) ahead(at time.Time) time.Duration {
	if len(g.marks) == 0 {
		return (g.every - g.past(at)) % g.every
	}
	since := sinceMidnight(at.In(g.loc))
	for _, mark := range g.marks {
		if mark >= since {
			return mark - since
		}
	}
	return wholeDay - since + g.marks[0]
}

func sinceMidnight(local time.Time) time.Duration {
	return time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute +
		time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
}

// ceil gives the first instant on the grid that is not before at. Where clocks are put on or back, one step does not always
// land on the grid: then it steps again.
func (g grid) ceil(at time.Time) time.Time {
	for ahead := g.ahead(at); ahead != 0; ahead = g.ahead(at) {
		at = at.Add(ahead)
	}
	return at
}

// floor gives the last instant on the grid that is not after at.
func (g grid) floor(at time.Time) time.Time {
	for past := g.past(at); past != 0; past = g.past(at) {
		at = at.Add(-past)
	}
	return at
}

// ceil gives the first start that is not before at, and floor the last end that is not after it.
func (p *place) ceil(at time.Time) time.Time { return p.starts.ceil(at) }

func (p *place) floor(at time.Time) time.Time { return p.ends.floor(at) }

// round gives the shortest length, not below the given one, that bookings on a grid can have. Of periods, that depends on the day.
func (p *place) round(length time.Duration) time.Duration {
	if every := p.starts.every; every > 0 {
		return (length + every - 1) / every * every
	}
	return length
}
