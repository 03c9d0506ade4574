package booking

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// Facts is what a store reads to build Rules.
type Facts struct {
	// Version grows with every change of what follows, by whichever process.
	Version    int64
	Sites      []equipment.Site
	Kinds      []equipment.Kind
	Stations   []equipment.Station
	Hours      []equipment.OpeningHours
	Exceptions []equipment.Exception
	// Outages may leave out those that ended more than a day ago.
	Outages  []equipment.Outage
	Policies []PolicyRule
	Quotas   []Quota
	Seasons  []Season
	Terms    []Term
}

// Rules is everything but the bookings that decides whether a booking may be: stations, opening hours, outages and
// policies, as of one version. It never changes, so it may be kept for as long as the stored version is the same.
type Rules struct {
	facts   Facts
	version int64
	places  map[string]*place
	codes   map[string]string   // station code -> id; "" when two sites use it
	kinds   map[string][]string // kind id or code -> station ids, in order
	rooms   map[string][]string // room id -> station ids, in order
	all     []string
	travel  time.Duration // the longest way between two sites
}

// place is a station with all that holds for it.
type place struct {
	equipment.Station
	loc      *time.Location
	schedule equipment.Schedule
	outages  []equipment.Outage
	policy   Policy
	quotas   []*bound            // those that are about it
	seasons  []*campaign         // the same
	offPeak  *equipment.Schedule // the policy's OffPeak; nil: never
	starts   grid
	ends     grid
}

// NewRules puts the facts into the order in which the validator asks for them.
func NewRules(f Facts) *Rules {
	r := &Rules{
		facts: f, version: f.Version, places: make(map[string]*place, len(f.Stations)), codes: make(map[string]string, len(f.Stations)),
		kinds: map[string][]string{}, rooms: map[string][]string{},
	}
	sites := schedules(f)
	kindCodes := map[string]string{}
	for _, k := range f.Kinds {
		kindCodes[k.ID] = k.Code
		r.kinds[k.ID], r.kinds[k.Code] = nil, nil
	}
	policies := map[[2]string]PolicyRule{}
	for _, p := range f.Policies {
		policies[[2]string{string(p.Scope), p.ScopeID}] = p
	}
	bounds, seasons := boundsOf(f), campaignSet{seasons: f.Seasons, kindCodes: kindCodes, made: map[[2]string]*campaign{}}
	stations := slices.Clone(f.Stations)
	slices.SortFunc(stations, func(a, b equipment.Station) int { return strings.Compare(a.ID, b.ID) })
	for _, s := range stations {
		schedule, ok := sites[s.SiteID]
		if !ok {
			schedule = equipment.NewSchedule(time.UTC, nil, nil)
		}
		p := &place{Station: s, loc: schedule.Location(), schedule: schedule, policy: policyOf(s, policies)}
		p.quotas, p.seasons = bounds.of(p), seasons.of(p)
		p.offPeak = clockOf(p.policy.OffPeak, p.loc)
		p.starts, p.ends = p.policy.grids(p.loc)
		r.places[s.ID] = p
		if _, twice := r.codes[s.Code]; twice {
			r.codes[s.Code] = ""
		} else {
			r.codes[s.Code] = s.ID
		}
		if len(f.Sites) > 1 {
			r.travel = max(r.travel, minutes(p.policy.TravelMinutes))
		}
		r.all = append(r.all, s.ID)
		r.rooms[s.RoomID] = append(r.rooms[s.RoomID], s.ID)
		r.kinds[s.KindID] = append(r.kinds[s.KindID], s.ID)
		if code := kindCodes[s.KindID]; code != "" && code != s.KindID {
			r.kinds[code] = append(r.kinds[code], s.ID)
		}
	}
	bounds.weigh(r.places)
	for _, o := range f.Outages {
		if p := r.places[o.StationID]; p != nil {
			p.outages = append(p.outages, o)
		}
	}
	return r
}

// schedules makes one schedule for each site.
func schedules(f Facts) map[string]equipment.Schedule {
	hours, exceptions := map[string][]equipment.OpeningHours{}, map[string][]equipment.Exception{}
	for _, h := range f.Hours {
		hours[h.SiteID] = append(hours[h.SiteID], h)
	}
	for _, e := range f.Exceptions {
		exceptions[e.SiteID] = append(exceptions[e.SiteID], e)
	}
	out := make(map[string]equipment.Schedule, len(f.Sites))
	for _, s := range f.Sites {
		out[s.ID] = equipment.NewSchedule(s.Location(), hours[s.ID], exceptions[s.ID])
	}
	return out
}

// boundSet makes each quota once for each site.
type boundSet struct {
	quotas []Quota
	terms  []Term // by their first day
	made   map[[2]string]*bound
}

func boundsOf(f Facts) boundSet {
	terms := slices.Clone(f.Terms)
	slices.SortFunc(terms, func(a, b Term) int {
		return cmp.Or(strings.Compare(string(a.Starts), string(b.Starts)), strings.Compare(a.ID, b.ID))
	})
	return boundSet{quotas: f.Quotas, terms: terms, made: map[[2]string]*bound{}}
}

// of gives the quotas that are about a place.
func (s boundSet) of(p *place) []*bound {
	var out []*bound
	for _, quota := range s.quotas {
		if !within(quota.Scope, quota.ScopeID, p.Station) {
			continue
		}
		key := [2]string{quota.ID, p.SiteID}
		x := s.made[key]
		if x == nil {
			x = &bound{Quota: quota, loc: p.loc, hours: clockOf(quota.Hours, p.loc)}
			for _, t := range s.terms {
				if t.SiteID == "" || t.SiteID == p.SiteID {
					x.terms = append(x.terms, t)
				}
			}
			s.made[key] = x
		}
		out = append(out, x)
	}
	return out
}

// weigh finds the quotas of which bookings cannot be added up: those of some hours, and those that some place waives.
func (s boundSet) weigh(places map[string]*place) {
	var waiving []*place
	for _, p := range places {
		if p.waives(CodeQuotaExceeded) {
			waiving = append(waiving, p)
		}
	}
	for _, x := range s.made {
		x.each = x.hours != nil || slices.ContainsFunc(waiving, func(p *place) bool { return within(x.Scope, x.ScopeID, p.Station) })
	}
}

// clockOf makes a schedule that is open at the hours; none: nil.
func clockOf(hours []Hours, loc *time.Location) *equipment.Schedule {
	var open []equipment.OpeningHours
	for _, h := range hours {
		for day := range 7 {
			if len(h.Weekdays) == 0 || slices.Contains(h.Weekdays, day) {
				open = append(open, equipment.OpeningHours{Weekday: time.Weekday(day), Opens: h.From, Closes: h.Until})
			}
		}
	}
	if len(open) == 0 {
		return nil
	}
	return new(equipment.NewSchedule(loc, open, nil))
}

// waives reports whether a rule does not hold off-peak.
func (p *place) waives(code string) bool {
	return p.offPeak != nil && slices.Contains(p.policy.OffPeakWaives, code)
}

// policyOf lays the rules of the station's scopes over each other, the narrowest last.
func policyOf(s equipment.Station, rules map[[2]string]PolicyRule) Policy {
	p := DefaultPolicy()
	for _, scope := range [][2]string{
		{string(ScopeSchool), ""}, {string(ScopeSite), s.SiteID}, {string(ScopeRoom), s.RoomID},
		{string(ScopeKind), s.KindID}, {string(ScopeStation), s.ID},
	} {
		if rule, ok := rules[scope]; ok {
			p = rule.over(p)
		}
	}
	return p
}

// Version tells which state of the stored facts these rules show.
func (r *Rules) Version() int64 { return r.version }

// place finds a station by id, or by a code that only one site uses.
func (r *Rules) place(idOrCode string) *place {
	if p := r.places[idOrCode]; p != nil {
		return p
	}
	return r.places[r.codes[idOrCode]]
}

// count reports whether some quota of the stations is of that kind.
func (r *Rules) count(per QuotaPer, stationIDs []string) bool {
	return slices.ContainsFunc(stationIDs, func(id string) bool {
		p := r.places[id]
		return p != nil && slices.ContainsFunc(p.quotas, func(x *bound) bool { return x.Per == per })
	})
}

// reach gives how far beyond its span a booking on one of the stations matters to others, or theirs to it.
func (r *Rules) reach(stationIDs ...string) time.Duration {
	most := r.travel
	for _, id := range stationIDs {
		if p := r.places[id]; p != nil {
			most = max(most, p.policy.buffer())
		}
	}
	return most
}

// inRoom, ofKind and stations give station ids in order. ok is false when there is no such kind.
func (r *Rules) inRoom(room string) []string { return r.rooms[room] }

func (r *Rules) ofKind(kind string) (ids []string, ok bool) {
	ids, ok = r.kinds[kind]
	return ids, ok
}
