package report

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/ledger"
)

// Utilization counts the minutes of [q.From, q.To) by label, and gives the figures that follow from them. Outages,
// opening hours, placements and bookings count as they were. Groups without a station in the choice have no item.
func (s *Service) Utilization(ctx context.Context, q Query) (Utilization, error) {
	if err := q.check(); err != nil {
		return Utilization{}, err
	}
	sc, err := s.readSchool(ctx, q, s.now())
	if err != nil {
		return Utilization{}, err
	}
	sum := newSummary(sc, cmp.Or(q.GroupBy, GroupSite))
	if err := s.walk(ctx, sc, sum); err != nil {
		return Utilization{}, err
	}
	return sum.report(s.programmes), nil
}

// summary adds up station-days. Station-minutes are added for each station, and folded into groups at the end; what
// counts rooms is added for each room and, when kinds are asked for, for the stations of each kind in it.
type summary struct {
	school *school
	group  Group

	stations   []ledger.Counts
	rooms      []tally
	kinds      map[string]*tally
	programmes []tally // by number

	known []ledger.Bits // of the room's stations, today
	used  []ledger.Bits
	place []int
}

func newSummary(sc *school, group Group) *summary {
	return &summary{
		school: sc, group: group,
		stations: make([]ledger.Counts, len(sc.stations)), rooms: make([]tally, len(sc.rooms)),
		kinds: map[string]*tally{},
	}
}

func (s *summary) station(d *stationDay) {
	if s.group == GroupProgramme {
		s.byProgramme(d)
	}
	s.stations[d.place].Count(d.facts, d.within)
	s.known, s.used, s.place = append(s.known, ledger.Bits{}), append(s.used, ledger.Bits{}), append(s.place, d.place)
	known, used, f := &s.known[len(s.known)-1], &s.used[len(s.used)-1], d.facts
	for w, mask := range d.within {
		known[w] = mask & f.Open[w] &^ f.Down[w] & f.Seen[w]
		used[w] = known[w] & f.Used[w]
	}
}

// byProgramme gives each minute to the programme whose booking covers it, or to none.
func (s *summary) byProgramme(d *stationDay) {
	rest := *d.within
	for _, stretch := range d.stretches {
		if number := stretch.programme(); number != 0 {
			s.programme(number).minutes.Take(d.facts, &rest, int(stretch.first), int(stretch.end))
		}
	}
	s.programme(0).minutes.Count(d.facts, &rest)
}

// programme gives the tally of a programme.
func (s *summary) programme(number int) *tally {
	if number >= len(s.programmes) {
		s.programmes = append(s.programmes, make([]tally, number+1-len(s.programmes))...)
	}
	return &s.programmes[number]
}

// roomDone adds the room-minutes, once all its stations of the day are known.
func (s *summary) roomDone(room int) {
	s.rooms[room].addRoom(s.known, s.used)
	if s.group == GroupKind {
		// Stations of a kind stand side by side.
		for first := 0; first < len(s.place); {
			kind := s.school.stations[s.place[first]].KindID
			end := first + 1
			for end < len(s.place) && s.school.stations[s.place[end]].KindID == kind {
				end++
			}
			if s.kinds[kind] == nil {
				s.kinds[kind] = &tally{}
			}
			s.kinds[kind].addRoom(s.known[first:end], s.used[first:end])
			first = end
		}
	}
	s.known, s.used, s.place = s.known[:0], s.used[:0], s.place[:0]
}

func (s *summary) dayDone(ledger.Day) {}

// addRoom adds the room-minutes of some stations of a room on one day.
func (t *tally) addRoom(known, used []ledger.Bits) {
	t.roomsMatter = true
	var anyKnown, anyUsed ledger.Bits
	for i := range known {
		anyKnown.Or(&known[i])
		anyUsed.Or(&used[i])
	}
	t.roomKnown += int64(anyKnown.Count())
	inUse := anyUsed.Count()
	if inUse == 0 {
		return
	}
	t.roomUsed += int64(inUse)
	for i := range known {
		at := known[i]
		at.And(&anyUsed)
		t.knownInUse += int64(at.Count())
	}
}

// report folds the stations into groups.
func (s *summary) report(programmes *names) Utilization {
	total := tally{}
	for i := range s.stations {
		total.minutes.Add(&s.stations[i])
	}
	for i := range s.rooms {
		total.add(&s.rooms[i])
	}
	out := Utilization{Items: []Item{}, Total: total.item("", "", equipment.Text{})}
	switch s.group {
	case GroupProgramme:
		for number, t := range s.programmes {
			if t.minutes == (ledger.Counts{}) {
				continue // its bookings are of another time
			}
			name := programmes.text(number)
			out.Items = append(out.Items, t.item(name, "", equipment.Text{En: name}))
		}
	case GroupStation:
		for i, st := range s.school.stations {
			t := single(s.stations[i])
			out.Items = append(out.Items, t.item(st.ID, st.Code, st.Name))
		}
	case GroupKind:
		out.Items = s.kindItems()
	case GroupRoom:
		for i, room := range s.school.rooms {
			t := s.roomTally(i)
			out.Items = append(out.Items, t.item(room.ID, room.Code, room.Name))
		}
	case GroupSite:
		for i, site := range s.school.sites {
			var t tally
			for r := range s.school.rooms {
				if s.school.rooms[r].site == i {
					room := s.roomTally(r)
					t.add(&room)
				}
			}
			out.Items = append(out.Items, t.item(site.ID, site.Code, site.Name))
		}
	}
	slices.SortFunc(out.Items, func(a, b Item) int {
		return cmp.Or(strings.Compare(a.title(), b.title()), strings.Compare(a.Code, b.Code), strings.Compare(a.Key, b.Key))
	})
	return out
}

func (s *summary) kindItems() []Item {
	minutes := map[string]*tally{}
	for i, st := range s.school.stations {
		t := minutes[st.KindID]
		if t == nil {
			t = &tally{}
			if rooms := s.kinds[st.KindID]; rooms != nil {
				*t = *rooms
			}
			minutes[st.KindID] = t
		}
		t.minutes.Add(&s.stations[i])
	}
	var items []Item
	for id, t := range minutes {
		kind := s.school.kinds[id]
		items = append(items, t.item(id, kind.Code, kind.Name))
	}
	return items
}

// roomTally gives a room with the minutes of its stations.
func (s *summary) roomTally(room int) tally {
	t := s.rooms[room]
	for i := s.school.rooms[room].first; i < s.school.rooms[room].end; i++ {
		t.minutes.Add(&s.stations[i])
	}
	return t
}

// single makes the tally of a station: a room of one.
func single(minutes ledger.Counts) tally {
	used := minutes.Used()
	return tally{minutes: minutes, roomKnown: minutes.Known(), roomUsed: used, knownInUse: used, roomsMatter: true}
}

func (t *tally) item(key, code string, name equipment.Text) Item {
	return Item{Key: key, Code: code, Name: name, Minutes: t.minutes, Figures: t.figures()}
}

// title is what a person sees.
func (i Item) title() string { return cmp.Or(i.Name.In("en"), i.Code) }
