package csvimport

import (
	"sort"
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// check holds every reference against what is stored and what the files bring, and finds what the files say twice.
// The rows note the faults.
func (d *Data) check(c *catalog) {
	d.announce(c)
	d.checkCodes()
	d.checkReferences(c)
	d.checkOverlaps()
}

// announce adds the codes that the files bring, under names that only have to be distinct.
func (d *Data) announce(c *catalog) {
	for _, s := range d.sites {
		c.sites.add("", s.v.Code, keep(c.sites, s.v.Code))
	}
	for _, r := range d.rooms {
		full := under(r.v.site, r.v.Code)
		c.rooms.add(r.v.site, r.v.Code, keep(c.rooms, full))
		c.roomSite[keep(c.rooms, full)] = r.v.site
	}
	for _, k := range d.kinds {
		c.kinds.add("", k.v.Code, keep(c.kinds, k.v.Code))
	}
	for _, s := range d.stations {
		c.stations.add(s.v.site, s.v.Code, keep(c.stations, under(s.v.site, s.v.Code)))
	}
	for _, v := range d.devices {
		c.devices.add("", v.v.ID, v.v.ID)
	}
	for _, p := range d.people {
		c.people.add("", login(p.v.Login), keep(c.people, login(p.v.Login)))
	}
}

// keep gives the stored id of a name, or a new one made of the name itself.
func keep(n names, name string) string {
	if id, ok := n[name]; ok && id != ambiguous {
		return id
	}
	return "new:" + name
}

func (d *Data) checkReferences(c *catalog) {
	refer := func(r row, n names, what, column, ref string) {
		if ref == "" {
			return // said already, where it may not be empty
		}
		if _, fault := n.find(what, ref); fault != "" {
			r.fault(column, "%s", fault)
		}
	}
	for _, r := range d.rooms {
		refer(r.row, c.sites, "site", "site", r.v.site)
	}
	for _, s := range d.stations {
		refer(s.row, c.rooms, "room", "room", under(s.v.site, s.v.room))
		refer(s.row, c.kinds, "kind", "kind", s.v.kind)
	}
	for _, p := range d.placements {
		refer(p.row, c.devices, "device", "device", p.v.device)
		refer(p.row, c.stations, "station", "station", p.v.station)
	}
	for _, h := range d.hours {
		refer(h.row, c.sites, "site", "site", h.v.site)
		if h.v.room != "" {
			refer(h.row, c.rooms, "room", "room", under(h.v.site, h.v.room))
		}
	}
	for _, o := range d.outages {
		refer(o.row, c.stations, "station", "station", o.v.station)
	}
	for _, q := range d.qualifications {
		refer(q.row, c.people, "person", "person", login(q.v.person))
		refer(q.row, c.kinds, "kind", "kind", q.v.kind)
	}
	for _, t := range d.teams {
		for _, who := range t.v.captains {
			refer(t.row, c.people, "person", "captains", login(who))
		}
		for _, who := range t.v.members {
			refer(t.row, c.people, "person", "members", login(who))
		}
	}
	for _, b := range d.bookings {
		refer(b.row, c.stations, "station", "station", b.v.station)
		refer(b.row, c.people, "person", "person", login(b.v.person))
	}
	for _, u := range d.usage {
		refer(u.row, c.devices, "device", "device", u.v.device)
	}
	for _, s := range d.samples {
		refer(s.row, c.devices, "device", "device", s.v.Device)
	}
}

// checkCodes finds codes that a file names twice.
func (d *Data) checkCodes() {
	seen := map[string]int{}
	once := func(r row, column, key string) {
		key = r.lay.file + "\x00" + key
		if first, ok := seen[key]; ok {
			r.fault(column, "is named already in line %d", first)
			return
		}
		seen[key] = r.line
	}
	for _, s := range d.sites {
		once(s.row, "code", s.v.Code)
	}
	for _, r := range d.rooms {
		once(r.row, "code", under(r.v.site, r.v.Code))
	}
	for _, k := range d.kinds {
		once(k.row, "code", k.v.Code)
	}
	for _, s := range d.stations {
		once(s.row, "code", under(s.v.site, s.v.Code))
	}
	for _, v := range d.devices {
		once(v.row, "device", v.v.ID)
	}
	for _, t := range d.teams {
		once(t.row, "code", t.v.Code)
	}
	for _, p := range d.people {
		once(p.row, "login", login(p.v.Login))
	}
	for _, q := range d.qualifications {
		once(q.row, "person", login(q.v.person)+"\x00"+q.v.kind)
	}
}

// claim is a stretch of time that may not overlap another one under the same key.
type claim struct {
	row
	key    string
	column string
	equipment.Interval
}

func (d *Data) checkOverlaps() {
	var claims []claim
	for _, b := range d.bookings {
		if b.v.Active() {
			claims = append(claims, claim{b.row, "station " + b.v.station, "starts_at", b.v.Interval()})
		}
	}
	for _, p := range d.placements {
		until := p.v.Until
		if until.IsZero() {
			until = time.Unix(1<<40, 0)
		}
		claims = append(claims, claim{p.row, "device " + p.v.device, "from", equipment.Interval{From: p.v.From, Until: until}})
	}
	sort.SliceStable(claims, func(i, j int) bool {
		if claims[i].key != claims[j].key {
			return claims[i].key < claims[j].key
		}
		return claims[i].From.Before(claims[j].From)
	})
	for i := 1; i < len(claims); i++ {
		a, b := claims[i-1], claims[i]
		if a.key == b.key && a.Overlaps(b.Interval) {
			b.fault(b.column, "overlaps line %d: %s", a.line, b.key)
		}
	}
}
