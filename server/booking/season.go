package booking

import (
	"fmt"
	"slices"
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// campaign is a season as it holds at the stations of one site.
type campaign struct {
	Season
	span  equipment.Interval
	hours *equipment.Schedule // those that are kept; nil: none
}

// campaignSet makes each season once for each site.
type campaignSet struct {
	seasons   []Season
	kindCodes map[string]string
	made      map[[2]string]*campaign
}

// of gives the seasons that are about a place.
func (s campaignSet) of(p *place) []*campaign {
	var out []*campaign
	for _, season := range s.seasons {
		kind := slices.Contains(season.Kinds, p.KindID) || slices.Contains(season.Kinds, s.kindCodes[p.KindID])
		if !kind || (season.SiteID != "" && season.SiteID != p.SiteID) {
			continue
		}
		key := [2]string{season.ID, p.SiteID}
		if s.made[key] == nil {
			s.made[key] = &campaign{
				Season: season, hours: clockOf(season.Priority, p.loc),
				span: equipment.Interval{From: season.Starts.Start(p.loc), Until: season.Ends.Next().Start(p.loc)},
			}
		}
		out = append(out, s.made[key])
	}
	return out
}

// first reports whether the proposal is for a team of the season that has not lost its priority by staying away.
func (q *inquiry) first(c *campaign) bool {
	if q.teamID == "" || !slices.Contains(c.Teams, q.teamID) {
		return false
	}
	absences := standingStrikes(q.view.Strikes, q.now, func(s Strike) bool { return s.TeamID == q.teamID })
	return c.DecayAfter == 0 || len(absences) < c.DecayAfter
}

// judgesStrikes reports whether the season asks about those of a team.
func (c *campaign) judgesStrikes(teamID string) bool {
	return c.DecayAfter > 0 && teamID != "" && slices.Contains(c.Teams, teamID)
}

// horizon gives how far ahead everybody may book, and the time beyond it that is open to the proposal's team.
func (q *inquiry) horizon() (everybody time.Time, team []equipment.Interval) {
	p := q.place
	everybody = p.policy.horizon(q.purpose, q.now, p.loc)
	for _, c := range p.seasons {
		if q.purpose == PurposeClass || !q.first(c) {
			continue
		}
		own := Policy{HorizonDays: c.HorizonDays}.horizon(q.purpose, q.now, p.loc)
		if more := clip(c.span, equipment.Interval{From: everybody, Until: own}); !more.Empty() {
			team = append(team, more)
		}
	}
	return everybody, equipment.Merge(team)
}

func tooFarAhead(q *inquiry) *finding {
	limit, team := q.horizon()
	if !q.span.Until.After(limit) {
		return nil
	}
	beyond := equipment.Interval{From: later(q.span.From, limit), Until: q.span.Until}
	if slices.ContainsFunc(team, func(open equipment.Interval) bool { return open.Contains(beyond) }) {
		return nil
	}
	return &finding{detail: "bookings are open until " + q.place.moment(limit), limit: instant(limit), actual: instant(q.span.Until)}
}

// keptForTeams keeps a season's hours for its teams until so long before they begin.
func keptForTeams(q *inquiry) *finding {
	if q.span.Empty() || q.span.Until.Sub(q.span.From) > maxSpan {
		return nil
	}
	for _, c := range q.place.seasons {
		for _, block := range q.kept(c, q.span) {
			if block.Overlaps(q.span) {
				return &finding{
					detail: fmt.Sprintf("%s: kept for the teams of %s until %s", q.place.wall(block), c.Name, q.place.moment(c.released(block))),
					limit:  span(block), actual: span(q.span),
				}
			}
		}
	}
	return nil
}

func (c *campaign) released(block equipment.Interval) time.Time {
	return block.From.Add(-time.Duration(c.ReleaseHours) * time.Hour)
}

// kept gives the hours around a span that a season keeps from the proposal now.
func (q *inquiry) kept(c *campaign, around equipment.Interval) []equipment.Interval {
	if c.hours == nil || !c.span.Overlaps(around) || q.first(c) {
		return nil
	}
	var out []equipment.Interval
	last := equipment.DayOf(around.Until, q.place.loc)
	for day := equipment.DayOf(around.From, q.place.loc); day <= last; day = day.Next() {
		for _, block := range c.hours.OpenOn("", day) {
			if block.Overlaps(c.span) && q.now.Before(c.released(block)) {
				out = append(out, block)
			}
		}
	}
	return out
}
