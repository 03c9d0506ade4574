package booking

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/labtide/labtide/server/account"
)

// seated gives each seat of a party its station: of those that would do, the set that loses least. When none would, the set
// with the fewest reasons against it, so that the seats themselves say why.
func seated(v View, actor account.Actor, wishes []wish, now time.Time) ([]wish, *Refusal) {
	how := wishes[0].seating
	if how == nil || how.named {
		return wishes, nil
	}
	best, refusal := weigh(v, actor, wishes[0], now).best(len(wishes), *how)
	if refusal != nil {
		return nil, refusal
	}
	out := slices.Clone(wishes)
	for i := range out {
		out[i].candidates = []string{best[i].ID}
	}
	return out, nil
}

// namedTwice says of which seats the station is that of one before.
func namedTwice(v View, seats []wish) map[int][]Refusal {
	twice, seen := map[int][]Refusal{}, map[string]bool{}
	if how := seats[0].seating; how == nil || !how.named {
		return twice
	}
	for i, w := range seats {
		p := v.Rules.places[w.candidates[0]]
		if seen[p.ID] {
			twice[i] = []Refusal{{Code: CodeStationTwice, Detail: p.Code + " is named twice", StationID: p.ID}}
		}
		seen[p.ID] = true
	}
	return twice
}

// bench is a station as a party weighs it.
type bench struct {
	*place
	rank    int           // among the stations of its room
	against int           // how many reasons speak against it
	loss    time.Duration // the gap that it would be cut out of
}

// benches are the stations that a party may have, in natural order, room by room.
type benches []bench

// weigh looks at every candidate with the eyes of the first seat.
func weigh(v View, actor account.Actor, w wish, now time.Time) benches {
	out := make(benches, 0, len(w.candidates))
	counted := tallies{}
	for _, id := range w.candidates {
		p := v.Rules.places[id]
		q := inquiry{proposal: w.proposal(), place: p, taken: v.Taken, actor: actor, now: now, view: v, counted: counted}
		b := bench{place: p, rank: v.Rules.rank(p), against: len(q.refusals())}
		if b.against == 0 {
			b.loss = p.gapAround(v.Taken, w.span())
		}
		out = append(out, b)
	}
	slices.SortFunc(out, func(a, b bench) int {
		return cmp.Or(cmp.Compare(a.SiteID, b.SiteID), cmp.Compare(a.RoomID, b.RoomID), cmp.Compare(a.rank, b.rank))
	})
	return out
}

// rank gives the place of a station in the natural order of the codes of its room.
func (r *Rules) rank(p *place) int {
	rank := 0
	for _, id := range r.rooms[p.RoomID] {
		if natural(r.places[id].Code, p.Code) < 0 {
			rank++
		}
	}
	return rank
}

// natural compares codes as people read them: PLC-2 before PLC-10, and PLC-02 beside PLC-3.
func natural(a, b string) int {
	for a != "" && b != "" {
		na, nb := digits(a), digits(b)
		if na == 0 || nb == 0 {
			if a[0] != b[0] {
				return cmp.Compare(a[0], b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		x, y := trimZeros(a[:na]), trimZeros(b[:nb])
		if c := cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)); c != 0 {
			return c
		}
		a, b = a[na:], b[nb:]
	}
	return cmp.Compare(len(a), len(b))
}

// digits counts those at the beginning.
func digits(text string) int {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return n
}

func trimZeros(number string) string {
	for len(number) > 1 && number[0] == '0' {
		number = number[1:]
	}
	return number
}

// choice is a set of stations for a party; the less of each, the better, the first most of all.
type choice struct {
	benches
	against int
	tier    int // 0: as wished; more: further apart
	loss    time.Duration
}

func newChoice(set benches, tier int) *choice {
	c := &choice{benches: set, tier: tier}
	for _, b := range set {
		c.against += b.against
		c.loss += b.loss
	}
	return c
}

// better gives the better of two, the first when they are equal; nil is the worst.
func (c *choice) better(other *choice) *choice {
	switch {
	case other == nil:
		return c
	case c == nil || cmp.Or(cmp.Compare(other.against, c.against), cmp.Compare(other.tier, c.tier), cmp.Compare(other.loss, c.loss)) < 0:
		return other
	}
	return c
}

// best chooses seats stations; the refusal says why there can be no such choice.
func (all benches) best(seats int, how seating) (benches, *Refusal) {
	var together, apart *choice
	most, longest := 0, 0
	for _, room := range all.by(func(b bench) string { return b.RoomID }) {
		most = max(most, len(room))
		apart = apart.better(room.cheapest(seats, 1))
		if how.adjacent != AdjacentAny {
			run, length := room.run(seats)
			together, longest = together.better(run), max(longest, length)
		}
	}
	if how.across {
		for _, site := range all.by(func(b bench) string { return b.SiteID }) {
			most = max(most, len(site))
			apart = apart.better(site.cheapest(seats, 2))
		}
	}
	switch {
	case apart == nil:
		return nil, tooFewStations(most, seats, how)
	case how.adjacent != AdjacentRequired:
		return together.better(apart).benches, nil
	case together == nil || together.against > apart.against:
		return nil, &Refusal{
			Code: CodeNotAdjacent, Detail: fmt.Sprintf("there are %d free stations, but not side by side", seats),
			Limit: strconv.Itoa(longest) + " stations", Actual: strconv.Itoa(seats) + " stations",
		}
	}
	return together.benches, nil
}

func tooFewStations(most, seats int, how seating) *Refusal {
	where := "in one room"
	if how.across || how.roomID != "" {
		where = "there"
	}
	return &Refusal{
		Code: CodeTooFewStations, Detail: fmt.Sprintf("there are only %d stations of this kind %s", most, where),
		Limit: strconv.Itoa(most) + " stations", Actual: strconv.Itoa(seats) + " stations",
	}
}

// by splits them into those with the same key, which stand together.
func (all benches) by(key func(bench) string) []benches {
	var out []benches
	for start := 0; start < len(all); {
		end := start + 1
		for end < len(all) && key(all[end]) == key(all[start]) {
			end++
		}
		out = append(out, all[start:end])
		start = end
	}
	return out
}

// cheapest gives those that lose least, in order; nil when there are too few.
func (all benches) cheapest(seats, tier int) *choice {
	if len(all) < seats {
		return nil
	}
	set := slices.Clone(all)
	slices.SortStableFunc(set, func(a, b bench) int {
		return cmp.Or(cmp.Compare(a.against, b.against), cmp.Compare(a.loss, b.loss))
	})
	set = set[:seats]
	slices.SortFunc(set, func(a, b bench) int { return cmp.Or(cmp.Compare(a.RoomID, b.RoomID), cmp.Compare(a.rank, b.rank)) })
	return newChoice(set, tier)
}

// run gives the neighbours that lose least, and how many there are at most.
func (all benches) run(seats int) (best *choice, longest int) {
	length := 0
	for i, b := range all {
		if length++; i > 0 && b.rank != all[i-1].rank+1 {
			length = 1
		}
		longest = max(longest, length)
		if length >= seats {
			best = best.better(newChoice(all[i+1-seats:i+1], 0))
		}
	}
	return best, longest
}
