package report

import (
	"context"
	"time"

	"github.com/labtide/labtide/server/ledger"
)

// Heatmap gives the hours of the week over the days [q.From, q.To), each site by its own clock. Choose a kind to see when
// it is full.
func (s *Service) Heatmap(ctx context.Context, q Query) (Heatmap, error) {
	if err := q.check(); err != nil {
		return Heatmap{}, err
	}
	sc, err := s.readSchool(ctx, q, s.now())
	if err != nil {
		return Heatmap{}, err
	}
	week := newWeek(sc)
	if err := s.walk(ctx, sc, week); err != nil {
		return Heatmap{}, err
	}
	return week.heatmap(), nil
}

// hoursOfWeek is how many cells there are; cell weekday*24+hour, Monday = 0.
const hoursOfWeek = 7 * 24

// week adds up station-days by hour of the week.
type week struct {
	school *school
	cells  [hoursOfWeek]hour
	day    ledger.Day
	sites  []siteDay
}

// hour is what is known of one cell.
type hour struct {
	open, down, unknown, used, taken int64 // station-minutes
	minutes, full                    int64 // of sites: with a usable station; with more than 80 % of them in use or booked
	peak                             int
}

// siteDay is one site on one UTC day: for each minute, how many of its stations were what.
type siteDay struct {
	segments []segment
	open     counter
	down     counter
	unknown  counter
	used     counter
	taken    counter // booked or blocked, and not down
	busy     counter // used or taken
}

// segment is the minutes first ≤ m < end of a UTC day that belong to one cell by the site's clock.
type segment struct {
	first, end int
	cell       int
}

func newWeek(sc *school) *week {
	return &week{school: sc, day: -1 << 31, sites: make([]siteDay, len(sc.sites))}
}

func (v *week) station(d *stationDay) {
	site := &v.sites[d.site]
	if v.day != d.day {
		v.day = d.day
		for i := range v.sites {
			v.sites[i].segments = v.sites[i].segments[:0]
		}
	}
	if len(site.segments) == 0 {
		site.segments = appendSegments(site.segments, d.day, v.school.sites[d.site].loc)
	}
	f := d.facts
	var open, down, unknown, used, taken, busy ledger.Bits
	for w, mask := range d.within {
		open[w] = mask & f.Open[w]
		down[w] = open[w] & f.Down[w]
		usable := open[w] &^ down[w]
		unknown[w] = usable &^ f.Seen[w]
		used[w] = usable & f.Seen[w] & f.Used[w]
		taken[w] = usable & (f.Booked[w] | f.Blocked[w])
		busy[w] = used[w] | taken[w]
	}
	site.open.add(&open)
	site.down.add(&down)
	site.unknown.add(&unknown)
	site.used.add(&used)
	site.taken.add(&taken)
	site.busy.add(&busy)
}

func (v *week) roomDone(int) {}

// dayDone adds the day to the week.
func (v *week) dayDone(day ledger.Day) {
	if v.day != day {
		return // no minute of it counts
	}
	for i := range v.sites {
		site := &v.sites[i]
		for _, s := range site.segments {
			cell := &v.cells[s.cell]
			cell.open += site.open.sum(s.first, s.end)
			cell.down += site.down.sum(s.first, s.end)
			cell.unknown += site.unknown.sum(s.first, s.end)
			cell.used += site.used.sum(s.first, s.end)
			cell.taken += site.taken.sum(s.first, s.end)
			cell.peak = max(cell.peak, site.used.most(s.first, s.end))
			for m := s.first; m < s.end; m++ {
				if usable := site.open.at(m) - site.down.at(m); usable > 0 {
					cell.minutes++
					if 5*site.busy.at(m) > 4*usable {
						cell.full++
					}
				}
			}
		}
		for _, c := range []*counter{&site.open, &site.down, &site.unknown, &site.used, &site.taken, &site.busy} {
			c.reset()
		}
	}
}

func (v *week) heatmap() Heatmap {
	out := Heatmap{Cells: []Cell{}}
	for i := range v.cells {
		h := &v.cells[i]
		if h.open == 0 {
			continue
		}
		usable := h.open - h.down
		known := usable - h.unknown
		out.Cells = append(out.Cells, Cell{
			Weekday: i/24 + 1, Hour: i % 24, OpenMinutes: h.open,
			Utilization: share(h.used, known), Booked: share(h.taken, usable), Coverage: share(known, usable),
			Peak: h.peak, Full: share(h.full, h.minutes),
		})
	}
	return out
}

// appendSegments cuts a UTC day at the full hours of a zone's clock. An hour that is half an hour long, or comes twice, is
// what the clock says it is.
func appendSegments(to []segment, day ledger.Day, loc *time.Location) []segment {
	start := day.Start()
	cellOf := func(m int) int {
		at := start.Add(time.Duration(m) * time.Minute).In(loc)
		return (int(at.Weekday())+6)%7*24 + at.Hour()
	}
	for m := 0; m < ledger.Minutes; {
		cell := cellOf(m)
		end := min(m+60-start.Add(time.Duration(m)*time.Minute).In(loc).Minute(), ledger.Minutes)
		if cellOf(end-1) != cell { // the clock jumps within this hour
			end = m + 1
			for cellOf(end) == cell {
				end++
			}
		}
		if n := len(to); n > 0 && to[n-1].cell == cell {
			to[n-1].end = end
		} else {
			to = append(to, segment{m, end, cell})
		}
		m = end
	}
	return to
}
