package live

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/ledger"
	"github.com/labtide/labtide/server/telemetry"
)

// Sources is what a card is made of.
type Sources struct {
	Register Register
	States   States
	People   People
	Bookings Bookings
	Days     Days
	Reports  Reports          // nil: nobody reports faults
	Now      func() time.Time // nil: the clock
}

// Register is the part of equipment.Store that the board reads.
type Register interface {
	Sites(ctx context.Context) ([]equipment.Site, error)
	Rooms(ctx context.Context) ([]equipment.Room, error)
	Stations(ctx context.Context, filter equipment.StationFilter) ([]equipment.Station, error)
	Placements(ctx context.Context, from, until time.Time) ([]equipment.Placement, error)
	OpeningHours(ctx context.Context, siteID string) ([]equipment.OpeningHours, []equipment.Exception, error)
	Outages(ctx context.Context, stationID string, from, until time.Time) ([]equipment.Outage, error)
}

// States is the part of telemetry.StateStore that the board reads.
type States interface {
	States(ctx context.Context) ([]telemetry.DeviceState, error)
}

// People is the part of account.Store that the board reads.
type People interface {
	People(ctx context.Context) ([]account.Person, error)
}

// Bookings gives those that overlap [from, until), in order of their start. No stations: all.
type Bookings interface {
	Between(ctx context.Context, stationIDs []string, from, until time.Time) ([]booking.Booking, error)
}

// Days labels the minutes of [from, until) that have passed, per station id.
type Days interface {
	Runs(ctx context.Context, stations []equipment.Station, from, until time.Time) (map[string][]ledger.Run, error)
}

// Reports is the part of booking.Store that the board reads of fault reports.
type Reports interface {
	Reports(ctx context.Context, f booking.ReportFilter) ([]booking.Report, error)
}

func (s Sources) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// cards makes the cards of these stations (nil: all), in the order of room and code.
func (s Sources) cards(ctx context.Context, ids []string) ([]Card, error) {
	now := s.now().UTC()
	stations, err := s.stations(ctx, ids)
	if err != nil {
		return nil, err
	}
	p, err := s.gather(ctx, now)
	if err != nil {
		return nil, err
	}
	var out []Card
	for site, group := range bySite(stations) {
		cards, err := s.siteCards(ctx, p, site, group, now)
		if err != nil {
			return nil, err
		}
		out = append(out, cards...)
	}
	slices.SortFunc(out, func(a, b Card) int {
		if c := strings.Compare(p.roomCode[a.Station.RoomID], p.roomCode[b.Station.RoomID]); c != 0 {
			return c
		}
		return strings.Compare(a.Station.Code, b.Station.Code)
	})
	return out, nil
}

func (s Sources) stations(ctx context.Context, ids []string) ([]equipment.Station, error) {
	all, err := s.Register.Stations(ctx, equipment.StationFilter{})
	if err != nil || ids == nil {
		return all, err
	}
	return slices.DeleteFunc(all, func(st equipment.Station) bool { return !slices.Contains(ids, st.ID) }), nil
}

func bySite(stations []equipment.Station) map[string][]equipment.Station {
	out := map[string][]equipment.Station{}
	for _, st := range stations {
		out[st.SiteID] = append(out[st.SiteID], st)
	}
	return out
}

// parts is what is read once for all sites.
type parts struct {
	sites    map[string]equipment.Site
	roomCode map[string]string
	states   map[string][]telemetry.DeviceState // by station
	people   map[string]string                  // names
	outages  map[string]equipment.Outage        // by station, now
	planned  map[string][]equipment.Interval    // by station, now and in the next day
	reported map[string]bool                    // stations of open fault reports
}

// longestDay is when the clocks go back, and no less.
const longestDay = 26 * time.Hour

func (s Sources) gather(ctx context.Context, now time.Time) (parts, error) {
	p := parts{sites: map[string]equipment.Site{}, roomCode: map[string]string{}, states: map[string][]telemetry.DeviceState{},
		people: map[string]string{}, outages: map[string]equipment.Outage{},
		planned: map[string][]equipment.Interval{}, reported: map[string]bool{}}
	sites, err := s.Register.Sites(ctx)
	if err != nil {
		return p, err
	}
	for _, site := range sites {
		p.sites[site.ID] = site
	}
	rooms, err := s.Register.Rooms(ctx)
	if err != nil {
		return p, err
	}
	for _, r := range rooms {
		p.roomCode[r.ID] = r.Code
	}
	people, err := s.People.People(ctx)
	if err != nil {
		return p, err
	}
	for _, person := range people {
		p.people[person.ID] = person.Name
	}
	outages, err := s.Register.Outages(ctx, "", now, now.Add(longestDay))
	if err != nil {
		return p, err
	}
	for _, o := range outages {
		p.planned[o.StationID] = append(p.planned[o.StationID], equipment.Interval{From: o.StartsAt, Until: o.EndsAt})
		if o.Covers(now) {
			p.outages[o.StationID] = o
		}
	}
	if err := s.gatherReports(ctx, p); err != nil {
		return p, err
	}
	return p, s.placeStates(ctx, p, now)
}

func (s Sources) gatherReports(ctx context.Context, p parts) error {
	if s.Reports == nil {
		return nil
	}
	open, err := s.Reports.Reports(ctx, booking.ReportFilter{State: booking.ReportOpen})
	for _, r := range open {
		p.reported[r.StationID] = true
	}
	return err
}

// placeStates gives each station the states of the devices that stand there now.
func (s Sources) placeStates(ctx context.Context, p parts, now time.Time) error {
	states, err := s.States.States(ctx)
	if err != nil {
		return err
	}
	placements, err := s.Register.Placements(ctx, now, now.Add(time.Second))
	if err != nil {
		return err
	}
	byDevice := make(map[string]telemetry.DeviceState, len(states))
	for _, state := range states {
		byDevice[state.Device] = state
	}
	for _, placement := range placements {
		if state, ok := byDevice[placement.DeviceID]; ok && placement.Covers(now) {
			p.states[placement.StationID] = append(p.states[placement.StationID], state)
		}
	}
	return nil
}

// siteCards makes the cards of one site: its local day is the same for all of them.
func (s Sources) siteCards(ctx context.Context, p parts, siteID string, stations []equipment.Station, now time.Time) ([]Card, error) {
	loc := p.sites[siteID].Location()
	hours, exceptions, err := s.Register.OpeningHours(ctx, siteID)
	if err != nil {
		return nil, err
	}
	schedule := equipment.NewSchedule(loc, hours, exceptions)
	day := equipment.DayOf(now, loc)
	from, until := day.Start(loc).UTC(), day.Next().Start(loc).UTC()
	ids := make([]string, len(stations))
	for i, st := range stations {
		ids[i] = st.ID
	}
	bookings, err := s.Bookings.Between(ctx, ids, from, until)
	if err != nil {
		return nil, err
	}
	runs, err := s.Days.Runs(ctx, stations, from, until)
	if err != nil {
		return nil, err
	}
	out := make([]Card, len(stations))
	for i, st := range stations {
		strip := Strip{StartsAt: from, EndsAt: until, Open: schedule.Open(st.RoomID, from, until), Runs: runs[st.ID]}
		for _, b := range bookings {
			if b.StationID == st.ID && b.Active() && !b.Lapsed(now) {
				strip.Bookings = append(strip.Bookings, slot(b, p.people))
			}
		}
		for _, o := range p.planned[st.ID] {
			if o.From.Before(until) {
				strip.Outages = append(strip.Outages, o)
			}
		}
		out[i] = card(st, strip, p, now)
	}
	return out, nil
}

func slot(b booking.Booking, names map[string]string) Slot {
	return Slot{BookingID: b.ID, PersonID: b.PersonID, Companions: b.Companions, PersonName: names[b.PersonID], Programme: b.Programme, Purpose: b.Purpose,
		StartsAt: b.StartsAt, EndsAt: b.EndsAt, OccupiedUntil: b.Occupied().Until, Status: b.Status, Verdict: b.Verdict, Stranger: b.Stranger(b.StartsAt),
		WarnedAt: b.WarnedAt, Version: b.Version}
}

func card(st equipment.Station, strip Strip, p parts, now time.Time) Card {
	c := Card{Station: st, Day: strip}
	e := weigh(p.states[st.ID], now)
	c.Source, c.DeviceSeenAt = e.source, e.seenAt
	if e.known {
		c.Since = e.since
	}
	if outage, ok := p.outages[st.ID]; ok {
		c.Outage = &outage
	}
	c.FaultReported = p.reported[st.ID]
	o := look(strip, now)
	c.Booking, c.Next, c.Held, c.FreeFrom, c.FreeUntil = o.running, o.next, o.held, o.freeFrom, o.freeUntil
	open := slices.ContainsFunc(strip.Open, func(i equipment.Interval) bool { return !now.Before(i.From) && now.Before(i.Until) })
	c.State = decide(e, open, c.Booking != nil, c.Held != nil, c.Outage)
	if !st.Bookable || c.Outage != nil {
		c.FreeUntil = time.Time{}
	}
	return c
}
