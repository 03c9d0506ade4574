package booking

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/fault"
)

// MostSeats bounds a party.
const MostSeats = 100

// Adjacent says whether the stations of a party are side by side: neighbours in the order of the codes of their room.
type Adjacent string

// The values of Adjacent.
const (
	AdjacentAny       Adjacent = "" // it does not matter
	AdjacentPreferred Adjacent = "preferred"
	AdjacentRequired  Adjacent = "required"
)

// PartyRequest asks for several stations at once, all or nothing: those that are named, or Count of a kind.
type PartyRequest struct {
	StationIDs []string // ids or codes; or:
	KindID     string   // id or code
	Count      int
	RoomID     string // only there, by id
	Adjacent   Adjacent
	// AcrossRooms allows several rooms of one site. Else all are in one room.
	AcrossRooms bool

	StartsAt  time.Time
	EndsAt    time.Time
	Programme string  // empty: the team's, else the person's
	Purpose   Purpose // empty: practice
	// PersonIDs are those who sit there, in the order of the stations. One holds all the seats; none: the actor does.
	PersonIDs []string
	TeamID    string // by id
	// Companions are people who come along, by id: with whoever has the first station.
	Companions []string
	Override   bool
}

// seating is how the stations of a party are found.
type seating struct {
	named    bool // each wish has its station
	adjacent Adjacent
	across   bool
	roomID   string
}

// ReserveTogether makes a party, whole or not at all: each seat is a booking, and they share a PartyID. They come in the
// order of the stations. The error is *Refused when rules or other bookings say no to any seat.
func (s *Service) ReserveTogether(ctx context.Context, actor account.Actor, r PartyRequest) ([]Booking, error) {
	requests, err := r.requests()
	if err != nil {
		return nil, err
	}
	return s.reserveAll(ctx, actor, requests, &seating{named: len(r.StationIDs) > 0, adjacent: r.Adjacent, across: r.AcrossRooms, roomID: r.RoomID})
}

// requests gives one for each seat.
func (r PartyRequest) requests() ([]Request, error) {
	named := len(r.StationIDs) > 0
	seats := r.Count
	switch {
	case named == (r.KindID != ""):
		return nil, fault.Invalid("station_or_kind", "name either stations or a kind").On("stations")
	case named && (r.Adjacent != AdjacentAny || r.RoomID != "" || r.Count != 0):
		return nil, fault.Invalid("party_named", "stations that are named are those and no others: leave count, room and adjacent out").On("stations")
	case named:
		seats = len(r.StationIDs)
	}
	if seats < 1 || seats > MostSeats {
		return nil, fault.Invalid("party_size", "a party has from 1 to %d seats", MostSeats).On("count")
	}
	if r.Adjacent != AdjacentAny && r.Adjacent != AdjacentPreferred && r.Adjacent != AdjacentRequired {
		return nil, fault.Invalid("adjacent_unknown", "adjacent is preferred or required, not %q", r.Adjacent).On("adjacent")
	}
	if n := len(r.PersonIDs); n > 1 && n != seats {
		return nil, fault.Invalid("party_people", "name one person for each of the %d seats, or one who holds all, or nobody", seats).On("people")
	}
	out := make([]Request, seats)
	for i := range out {
		out[i] = Request{
			KindID: r.KindID, StartsAt: r.StartsAt, EndsAt: r.EndsAt, Programme: r.Programme, Purpose: r.Purpose, TeamID: r.TeamID,
			Override: r.Override,
		}
		if named {
			out[i].StationID = r.StationIDs[i]
		}
		if i == 0 {
			out[i].Companions = r.Companions
		}
		switch len(r.PersonIDs) {
		case 0:
		case 1:
			out[i].PersonID = r.PersonIDs[0]
		default:
			out[i].PersonID = r.PersonIDs[i]
		}
	}
	return out, nil
}

// enrol checks who is to sit there, and fills in what the wishes leave open.
func (v View) enrol(actor account.Actor, wishes []wish) ([]wish, error) {
	out := slices.Clone(wishes)
	partyID := ""
	if len(out) > 1 || out[0].seating != nil {
		partyID = v.NewID()
	}
	for i := range out {
		w := &out[i]
		person, ok := v.People[w.PersonID]
		if !ok || !person.DisabledAt.IsZero() {
			return nil, errPersonUnknown(w.PersonID)
		}
		if err := v.admits(actor, *w); err != nil {
			return nil, err
		}
		if err := v.knows(w.Companions); err != nil {
			return nil, err
		}
		w.Programme, w.partyID = v.programme(*w), partyID
	}
	return out, nil
}

// of says which seat of a party the refusals are about.
func (w wish) of(seat int, refusals []Refusal) []Refusal {
	out := slices.Clone(refusals)
	for i := range out {
		if w.partyID != "" {
			out[i].Seat = seat + 1
		}
	}
	return out
}

// unmetSeats records a refused party as what it is: none of its seats was had. Those that nothing speaks against are refused
// for the reasons of the others. Those that any station of the kind would have served are one wish for several.
func unmetSeats(now time.Time, seats []wish, against map[int][]Refusal, all []Refusal) []Unmet {
	var out []Unmet
	for i, w := range seats {
		reasons := against[i]
		if len(reasons) == 0 {
			reasons = all
		}
		u := w.unmet(now, reasons)
		at := slices.IndexFunc(out, func(o Unmet) bool { return u.StationID == "" && o.StationID == "" && o.KindID == u.KindID })
		if at < 0 {
			out = append(out, u)
			continue
		}
		out[at].Seats++
		for _, code := range u.Codes {
			if !slices.Contains(out[at].Codes, code) {
				out[at].Codes = append(out[at].Codes, code)
			}
		}
	}
	return out
}

// admits refuses whoever may not book for the wish's team.
func (v View) admits(actor account.Actor, w wish) error {
	team, ok := v.Teams[w.TeamID]
	switch {
	case w.TeamID == "":
		return nil
	case !ok:
		return fault.NotFound("team_unknown", "there is no team %q", w.TeamID).On("team")
	case team.DisabledAt.IsZero() && !account.MayBookFor(actor, team):
		return errNotCaptain()
	}
	return nil
}

// Time for a team is for whoever is in it, while it is one; what a team that nobody knows has stays. A programme is that of the
// team, else of the person, whom a team that has none is charged to: its budget is not everybody's to spend, nor their own one's to
// escape. Who has none names none. These are rules, so that who breaks them learns what else is in the way.

func teamDisabled(q *inquiry) *finding {
	if team, ok := q.view.Teams[q.teamID]; ok && !team.DisabledAt.IsZero() {
		return &finding{detail: fmt.Sprintf("the team %s is no longer active", team.Code)}
	}
	return nil
}

func notInTeam(q *inquiry) *finding {
	if team, ok := q.view.Teams[q.teamID]; ok && !team.Has(q.personID) {
		return &finding{detail: fmt.Sprintf("somebody who is to sit there is not in the team %s", team.Code)}
	}
	return nil
}

func programmeNotYours(q *inquiry) *finding {
	_, known := q.view.People[q.personID]
	same := q.programme == ""
	if q.was != nil {
		same = q.programme == q.was.Programme
	}
	own := q.view.serves(Request{PersonID: q.personID, TeamID: q.teamID})
	if same || q.agreed || !known || q.programme == own || account.Allowed(q.actor, account.ActionChooseProgramme, "") {
		return nil
	}
	if own == "" {
		return &finding{detail: "who has no programme names none; instructors choose one"}
	}
	return &finding{detail: fmt.Sprintf("this counts for the programme %q; instructors choose another one", own)}
}

// standing refuses a wish because of who asks, and for what; nil: nothing is against it. It is for where nothing is booked yet.
func (v View) standing(actor account.Actor, w wish) error {
	q := inquiry{proposal: w.proposal(), actor: actor, view: v}
	refused := &Refused{}
	for _, r := range ruleBook() {
		switch r.code {
		case CodeTeamDisabled, CodeNotInTeam, CodeProgrammeNotYours:
			if f := r.check(&q); f != nil {
				refused.Refusals = append(refused.Refusals, Refusal{Code: r.code, Detail: f.detail})
			}
		}
	}
	if len(refused.Refusals) == 0 {
		return nil
	}
	return refused
}

func errNotCaptain() error {
	return fault.Forbidden("not_captain", "only the captains of a team, instructors and administrators book for it")
}

// programme gives what a booking of the wish is for.
func (v View) programme(w wish) string {
	return cmp.Or(w.Programme, v.serves(w.Request))
}

// Party gives all seats of a party, cancelled ones too, ordered by start, then id.
func (s *Service) Party(ctx context.Context, id string) ([]Booking, error) {
	if id == "" || !plain(id) {
		return nil, errPartyUnknown(id)
	}
	seats, err := s.store.List(ctx, Filter{PartyID: id})
	if err == nil && len(seats) == 0 {
		err = errPartyUnknown(id)
	}
	return seats, err
}

func errPartyUnknown(id string) error {
	return fault.NotFound("party_unknown", "there is no party %q", id)
}
