package booking

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// mostLessonRows bounds the bookings of one timetable.
const mostLessonRows = 5_000

// Lesson is one line of a timetable: a class on stations or in a room, by a rule or at given times.
type Lesson struct {
	Line       int
	StationIDs []string // ids or codes; or:
	RoomID     string   // id
	PersonID   string   // who teaches it
	Title      string
	Programme  string
	// Either Rule, First, Starts and Ends as in SeriesRequest, or Times.
	Rule   string
	First  equipment.Day
	Starts int
	Ends   int
	Times  []LessonTime
	// FirstPeriod and LastPeriod, counted from 1, stand for Starts and Ends: the lesson periods of the place. 0: none.
	FirstPeriod int
	LastPeriod  int
}

// LessonTime is one time of a lesson, and where its rule in another calendar had it.
type LessonTime struct {
	Span    equipment.Interval
	Planned time.Time
}

// LessonResult says what became, or would become, of a lesson.
type LessonResult struct {
	Line        int
	SeriesID    string // empty: nothing was booked
	Occurrences []Occurrence
	// Fault says why the lesson as a whole cannot be: an unknown room, a rule that cannot be read.
	Fault *fault.Error
}

// Refused reports whether something speaks against the lesson.
func (l LessonResult) Refused() bool { return l.Fault != nil || refusalOf(l.Occurrences) != nil }

// ImportLessons books a timetable, whole or not at all, or says only what would become of each line. Every lesson is a class,
// a series of its own, and passes the validator that every booking passes; the days on which a room is closed are left out,
// and lessons that are there already stay as they are. imported is false when a line is refused, or for a dry run.
func (s *Service) ImportLessons(ctx context.Context, actor account.Actor, lessons []Lesson, dryRun bool) (results []LessonResult, imported bool, err error) {
	for _, l := range lessons {
		if !account.Allowed(actor, account.ActionBookClass, "") || !account.Allowed(actor, account.ActionBook, l.PersonID) {
			return nil, false, fault.Forbidden("not_allowed", "instructors and administrators bring in timetables")
		}
	}
	serves := map[string]string{}
	for attempt := range attempts {
		results, imported, again, err := s.importLessons(ctx, actor, lessons, serves, dryRun, attempt > 0)
		if !again {
			return results, imported, err
		}
	}
	return nil, false, errUnsettled()
}

// teach is a lesson laid out; fault says why it cannot be.
type teach struct {
	layout
	base  Request
	fault *fault.Error
}

func (l Lesson) lay(rules *Rules, serves map[string]string) (t teach, err error) {
	t.base = Request{PersonID: l.PersonID, Programme: cmp.Or(l.Programme, serves[l.PersonID]), Purpose: PurposeClass}
	if err = checkProgramme(l.Programme); err == nil && (!plain(l.Title) || utf8.RuneCountInString(l.Title) > longestTitle) {
		err = fault.Invalid("title_invalid", "a title is a text of up to %d characters, without control characters", longestTitle)
	}
	if err == nil {
		t.layout, err = l.layout(rules)
	}
	if errors.As(err, &t.fault) {
		t.occasions, err = nil, nil
	}
	return t, err
}

// clock finds what the lesson's periods are by the clock, where its place has such.
func (l *Lesson) clock(rules *Rules) error {
	if l.FirstPeriod == 0 {
		return nil
	}
	places, err := rules.seats(l.StationIDs, l.RoomID)
	if err != nil {
		return err
	}
	periods := slices.SortedFunc(slices.Values(places[0].policy.Periods), func(a, b Period) int { return a.Starts - b.Starts })
	if l.LastPeriod > len(periods) {
		return fault.Rule("period_unknown", "%s has %d lesson periods; look at its rules, or write starts and ends", places[0].Code, len(periods)).On("periods")
	}
	l.Starts, l.Ends = periods[l.FirstPeriod-1].Starts, periods[l.LastPeriod-1].Ends
	return nil
}

func (l Lesson) layout(rules *Rules) (layout, error) {
	if len(l.Times) == 0 {
		if err := l.clock(rules); err != nil {
			return layout{}, err
		}
		return SeriesRequest{StationIDs: l.StationIDs, RoomID: l.RoomID, First: l.First, Rule: l.Rule, Starts: l.Starts, Ends: l.Ends}.lay(rules)
	}
	places, err := rules.seats(l.StationIDs, l.RoomID)
	out := layout{places: places}
	if err != nil {
		return out, err
	}
	for _, at := range l.Times {
		o := rules.occasion(equipment.DayOf(at.Span.From, places[0].loc), at.Span, places)
		if !at.Planned.IsZero() {
			o.planned = at.Planned.UTC()
		}
		out.occasions = append(out.occasions, o)
	}
	return out, nil
}

// layAll lays out the timetable and gives what its decision needs. serves are the programmes of people, as far as known.
func layAll(rules *Rules, lessons []Lesson, serves map[string]string) ([]teach, Ask, error) {
	var all []teach
	var ask Ask
	rows := 0
	for _, l := range lessons {
		t, err := l.lay(rules, serves)
		if err != nil {
			return nil, ask, err
		}
		all = append(all, t)
		if rows += len(t.occasions) * len(t.places); rows > mostLessonRows {
			return nil, ask, fault.Rule("timetable_too_large", "a timetable makes at most %d bookings at once; bring it in in parts", mostLessonRows)
		}
		more, err := t.ask(rules, t.base, ConflictRefuse)
		if err != nil {
			return nil, ask, err
		}
		if more.From.IsZero() {
			continue
		}
		ask.StationIDs, ask.PersonIDs = append(ask.StationIDs, more.StationIDs...), append(ask.PersonIDs, more.PersonIDs...)
		ask.spendAs(more)
		ask.Qualifications, ask.Strikes, ask.Waiting = ask.Qualifications || more.Qualifications, ask.Strikes || more.Strikes, ask.Waiting || more.Waiting
		ask.widen(more.From, more.Until)
	}
	ask.StationIDs, ask.PersonIDs = unique(ask.StationIDs), unique(ask.PersonIDs)
	if ask.Until.Sub(ask.From) > longestSeries {
		return nil, ask, fault.Rule("timetable_too_long", "a timetable is for at most two years; bring it in in parts")
	}
	return all, ask, nil
}

func (s *Service) importLessons(ctx context.Context, actor account.Actor, lessons []Lesson, serves map[string]string, dryRun, fresh bool) (results []LessonResult, imported, again bool, err error) {
	ask, err := s.askFor(ctx, fresh, func(rules *Rules) (Ask, error) { _, ask, err := layAll(rules, lessons, serves); return ask, err })
	if err != nil {
		return nil, false, false, err
	}
	now := s.clock()
	err = s.store.Decide(ctx, ask, func(v View) (Write, error) {
		results, imported, again = nil, false, false
		for id, person := range v.People {
			serves[id] = person.Programme
		}
		all, current, err := layAll(v.Rules, lessons, serves)
		if err != nil {
			return Write{}, err
		}
		if again = !current.From.IsZero() && !ask.covers(current); again {
			return Write{}, nil
		}
		var write Write
		if results, write, err = teachAll(v, actor, lessons, all, now); err != nil {
			return Write{}, err
		}
		for _, r := range results {
			if r.Refused() && !dryRun {
				return Write{Unmet: write.Unmet}, nil
			}
		}
		if imported = !dryRun; dryRun {
			return Write{}, nil
		}
		return write, nil
	})
	return results, imported, again || errors.Is(err, ErrOverlap), err
}

// teachAll decides about the lessons one after another: each sees those before it.
func teachAll(v View, actor account.Actor, lessons []Lesson, all []teach, now time.Time) ([]LessonResult, Write, error) {
	rep := repeater{view: v, actor: actor, now: now, conflict: ConflictRefuse}
	var results []LessonResult
	for i, l := range lessons {
		t := all[i]
		result := LessonResult{Line: l.Line, Fault: t.fault}
		if t.fault == nil {
			rep.out = nil
			made, err := l.teach(&rep, t)
			var no *fault.Error
			if errors.As(err, &no) {
				result.Fault, err = no, nil
			}
			if err != nil {
				return nil, Write{}, err
			}
			result.Occurrences, result.SeriesID = rep.out, made
		}
		results = append(results, result)
	}
	return results, rep.write, nil
}

// teach books a lesson's occasions, and makes their series when there is anything to book.
func (l Lesson) teach(rep *repeater, t teach) (seriesID string, err error) {
	body := SeriesBody{Title: l.Title, Purpose: PurposeClass, Programme: l.Programme, Conflict: ConflictRefuse}
	if t.part.Rule != "" {
		body.Parts = []SeriesPart{t.part}
	}
	series := Series{
		ID: rep.view.NewID(), PersonID: l.PersonID, Body: encode(body), CreatedBy: rep.actor.PersonID, CreatedAt: rep.now, Version: 1,
	}
	before := len(rep.write.Insert)
	for _, o := range t.occasions {
		if err := rep.book(o, t.base, t.places, func(b *Booking) { b.SeriesID = series.ID }); err != nil {
			return "", err
		}
	}
	made := rep.write.Insert[before:]
	if len(made) == 0 {
		return "", nil
	}
	rep.write.Series = append(rep.write.Series, series)
	if series.PersonID != rep.actor.PersonID {
		rep.write.Effects = append(rep.write.Effects, told(series, SeriesResult{Body: body}, made, rep.now))
	}
	return series.ID, nil
}
