package booking

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/labtide/labtide/server/booking/recurrence"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// What a series may be at most.
const (
	mostOccurrences   = recurrence.DefaultLimit
	mostSeriesRows    = 2_000 // occurrences times stations
	longestSeries     = 2 * 366 * 24 * time.Hour
	mostSeriesRefused = 100 // refusals that an error lists
)

// Conflict says what is to become of occurrences that the rules refuse: the person chooses.
type Conflict string

// The choices. Days on which the school is closed are left out whatever the choice.
const (
	ConflictRefuse Conflict = "refuse" // then none is booked; the default
	ConflictSkip   Conflict = "skip"   // the others are booked; of a change: what cannot move stays as it is
	ConflictShift  Conflict = "shift"  // to the nearest time of the same day, at most four hours away; else as skip
	ConflictFewer  Conflict = "fewer"  // only the stations that are free; none: as skip
	// ConflictDisplace lets others make room for a class when it is made: each finds another place, or is offered another
	// time. What is in the way all the same, as another class, is left out. Later the series goes by ConflictSkip.
	ConflictDisplace Conflict = "displace"
)

// Valid reports whether c is one of the choices for what is there already.
func (c Conflict) Valid() bool {
	return c == ConflictRefuse || c == ConflictSkip || c == ConflictShift || c == ConflictFewer
}

func errConflictUnknown(c Conflict) error {
	return fault.Invalid("conflict_unknown", "what is in the way is refuse, skip, shift or fewer, or displace for a new class, not %q", c).On("conflict")
}

// SeriesPart is the rule of a series from a day on, until the next part. One without a rule is its end.
type SeriesPart struct {
	From       equipment.Day `json:"from"`
	First      equipment.Day `json:"first,omitempty"`  // from which the rule counts
	Rule       string        `json:"rule,omitempty"`   // see package recurrence
	Starts     int           `json:"starts,omitempty"` // minutes after local midnight, by the wall clock
	Ends       int           `json:"ends,omitempty"`
	StationIDs []string      `json:"stations,omitempty"`
}

func (p SeriesPart) times() recurrence.Times { return recurrence.Times{Start: p.Starts, End: p.Ends} }

// SeriesBody is what the occurrences of a series share, as Series.Body holds it. A series of an imported calendar has no
// parts: its occurrences are its bookings.
type SeriesBody struct {
	Title      string       `json:"title,omitempty"`
	Purpose    Purpose      `json:"purpose"`
	Programme  string       `json:"programme,omitempty"`
	TeamID     string       `json:"team,omitempty"`
	Companions []string     `json:"companions,omitempty"`
	Conflict   Conflict     `json:"conflict"`
	Parts      []SeriesPart `json:"parts,omitempty"` // by From
	// Elsewhere are the starts of what the rules put, or left, at another time than planned, in unix seconds, by the day that
	// the series' rule gave it: nobody changed those for themselves.
	Elsewhere map[equipment.Day]int64 `json:"elsewhere,omitempty"`
}

// Describe reads the body.
func (s Series) Describe() (SeriesBody, error) {
	var body SeriesBody
	if err := json.Unmarshal(s.Body, &body); err != nil {
		return body, fmt.Errorf("booking: the series %q is stored as something else: %w", s.ID, err)
	}
	return body, nil
}

// Current gives the last part that has a rule; ok is false when there is none.
func (b SeriesBody) Current() (part SeriesPart, ok bool) {
	for _, p := range b.Parts {
		if p.Rule != "" {
			part, ok = p, true
		}
	}
	return part, ok
}

// on gives the part that holds on a day.
func (b SeriesBody) on(day equipment.Day) (part SeriesPart, ok bool) {
	for _, p := range b.Parts {
		if p.From <= day {
			part, ok = p, true
		}
	}
	return part, ok
}

// with replaces what holds from the part's day on. A change that brings no rule of its own leaves the end where it is.
func (b SeriesBody) with(part SeriesPart, anew bool) SeriesBody {
	var parts []SeriesPart
	for _, p := range b.Parts {
		if p.From < part.From {
			parts = append(parts, p)
		}
	}
	parts = append(parts, part)
	if over, ok := b.over(); ok && !anew && over > part.From {
		parts = append(parts, SeriesPart{From: over})
	}
	b.Parts = parts
	return b
}

// over gives the day from which on there is nothing more, whatever the rule says: the series was cancelled from there on.
func (b SeriesBody) over() (day equipment.Day, ok bool) {
	if n := len(b.Parts); n > 0 && b.Parts[n-1].Rule == "" {
		return b.Parts[n-1].From, true
	}
	return "", false
}

// remember keeps where occurrences are that could not be as planned, and forgets it of those that are again.
func (b *SeriesBody) remember(all []Occurrence) {
	elsewhere := maps.Clone(b.Elsewhere)
	for _, o := range all {
		switch {
		case o.Outcome == OutcomeShifted, o.Outcome == OutcomeKept && o.Reason == ReasonConflict:
			if elsewhere == nil {
				elsewhere = map[equipment.Day]int64{}
			}
			elsewhere[o.Day] = o.At.From.Unix()
		case o.Outcome == OutcomeBooked, o.Outcome == OutcomeMoved, o.Outcome == OutcomeCancelled:
			delete(elsewhere, o.Day)
		}
	}
	b.Elsewhere = elsewhere
}

// Outcome says what became, or would become, of an occurrence.
type Outcome string

// The outcomes.
const (
	OutcomeBooked    Outcome = "booked"
	OutcomeShifted   Outcome = "shifted"   // booked at another time of the day
	OutcomeSkipped   Outcome = "skipped"   // left out; Reason says why
	OutcomeRefused   Outcome = "refused"   // the rules say no, and with it to the whole series
	OutcomeMoved     Outcome = "moved"     // it was there, and is changed
	OutcomeKept      Outcome = "kept"      // it was there, and stays as it is; Reason says why
	OutcomeCancelled Outcome = "cancelled" // it was there, and is given back
)

// The reasons for which an occurrence is left out or stays. They are not refusals: nothing speaks against the rest.
const (
	ReasonClosed    = "school_closed"      // the room does not open on that day
	ReasonClocks    = "clocks_leave_out"   // the clocks leave out all of it
	ReasonConflict  = "conflict"           // Refusals say which
	ReasonItself    = "changed_for_itself" // somebody changed this one
	ReasonException = "cancelled_for_itself"
	ReasonThere     = "there_already" // the same booking is there: of a timetable imported twice
	ReasonPending   = "not_confirmed" // it waits for somebody's approval
)

// Occurrence is one time at which a series happens.
type Occurrence struct {
	Day      equipment.Day
	Planned  equipment.Interval // by the rule
	At       equipment.Interval // where it is, or would be: differs when shifted or kept
	Outcome  Outcome
	Reason   string
	Detail   string // English
	Refusals []Refusal
	Bookings []Booking // one for each station
}

// SeriesResult is a series with what became of each occurrence, in order.
type SeriesResult struct {
	Series      Series
	Body        SeriesBody
	Occurrences []Occurrence
	Displaced   []Displaced // who made, or would make, room
}

// Count gives how many occurrences came out that way.
func (r SeriesResult) Count(outcome Outcome) int {
	n := 0
	for _, o := range r.Occurrences {
		if o.Outcome == outcome {
			n++
		}
	}
	return n
}

// SeriesReader reads series.
type SeriesReader interface {
	// SeriesByID reads one; an unknown id is fault.KindNotFound "series_unknown".
	SeriesByID(ctx context.Context, id string) (Series, error)
	// SeriesOf gives those of a person, the newest first, at most limit; an empty id: everybody's. They say LastEndsAt.
	SeriesOf(ctx context.Context, personID string, limit int) ([]Series, error)
}

func errSeriesUnknown(id string) error {
	return fault.NotFound("series_unknown", "there is no series %q", id)
}

// refusal makes one error of all refused occurrences; nil when there are none.
func refusalOf(all []Occurrence) *Refused {
	var refused Refused
	for _, o := range all {
		if o.Outcome == OutcomeRefused && len(refused.Refusals) < mostSeriesRefused {
			refused.Refusals = append(refused.Refusals, o.Refusals...)
		}
	}
	if len(refused.Refusals) == 0 {
		return nil
	}
	return &refused
}
