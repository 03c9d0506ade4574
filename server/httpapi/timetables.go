package httpapi

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/timetable"
)

// ImportTimetable implements StrictServerInterface.
func (s *Server) ImportTimetable(ctx context.Context, request ImportTimetableRequestObject) (ImportTimetableResponseObject, error) {
	in := request.Body
	site, d, err := s.site(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	window := timetable.Window{From: equipment.Day(in.From), Until: equipment.Day(given(in.To))}
	if window.Until != "" && window.Until <= window.From {
		return nil, fault.Rule("span_empty", "to must come after from").On("/to")
	}
	lines, problems, err := readTimetable(string(in.Format), in.Text, site, window)
	if err != nil {
		return nil, asRule(err)
	}
	teacher := personRef(ctx, in.Instructor)
	if teacher == "" {
		teacher = callerOf(ctx).PersonID
	}
	people, err := s.logins(ctx)
	if err != nil {
		return nil, err
	}
	var lessons []booking.Lesson
	titles := map[int]string{}
	for _, line := range lines {
		titles[line.Number] = line.Title
		lesson, no := d.lesson(line, site, teacher, people)
		if no != nil {
			problems = append(problems, timetable.Problem{Number: line.Number, Title: line.Title, Fault: no})
			continue
		}
		lessons = append(lessons, lesson)
	}
	dryRun := given(in.DryRun)
	results, imported, err := s.deps.Bookings.ImportLessons(ctx, callerOf(ctx).Actor, lessons, dryRun || len(problems) > 0)
	if err != nil {
		return nil, asRule(err)
	}
	out := TimetableResult{Imported: imported, Lines: []TimetableLine{}}
	for _, p := range problems {
		out.Lines = append(out.Lines, TimetableLine{
			Line: int32(p.Number), Title: text(p.Title), Refused: true, Code: &p.Fault.Code, Detail: &p.Fault.Message, //nolint:gosec // lines of a short text
			Occurrences: []SeriesOccurrence{},
		})
	}
	for _, r := range results {
		line := TimetableLine{
			Line: int32(r.Line), Title: text(titles[r.Line]), Refused: r.Refused(), Series: text(r.SeriesID), //nolint:gosec // as above
			Occurrences: d.occurrences(r.Occurrences),
		}
		if r.Fault != nil {
			line.Code, line.Detail = &r.Fault.Code, &r.Fault.Message
		}
		out.Lines = append(out.Lines, line)
	}
	slices.SortStableFunc(out.Lines, func(a, b TimetableLine) int { return int(a.Line - b.Line) })
	if !imported && !dryRun {
		return nil, refusedTimetable(out)
	}
	return ImportTimetable200JSONResponse(out), nil
}

func readTimetable(format, text string, site equipment.Site, w timetable.Window) ([]timetable.Line, []timetable.Problem, error) {
	if format == "csv" {
		return timetable.FromCSV(strings.NewReader(text), w)
	}
	return timetable.FromCalendar(strings.NewReader(text), site.Location(), w)
}

// logins gives the ids of those who may hold a class, by what they sign in with.
func (s *Server) logins(ctx context.Context) (map[string]string, error) {
	all, err := s.accounts.People(ctx)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(all))
	for _, p := range all {
		if p.DisabledAt.IsZero() && account.Allowed(account.SignedIn(p.ID, p.Role), account.ActionBookClass, "") {
			out[strings.ToLower(p.Login)] = p.ID
		}
	}
	return out, nil
}

// lesson finds the place and the instructor of a line.
func (d *directory) lesson(line timetable.Line, site equipment.Site, teacher string, people map[string]string) (booking.Lesson, *fault.Error) {
	out := booking.Lesson{
		Line: line.Number, PersonID: teacher, Title: line.Title, Programme: line.Programme,
		Rule: line.Rule, First: line.First, Starts: line.Starts, Ends: line.Ends,
		FirstPeriod: line.FirstPeriod, LastPeriod: line.LastPeriod,
	}
	for _, at := range line.Times {
		out.Times = append(out.Times, booking.LessonTime{Span: at.Span, Planned: at.Planned})
	}
	if line.Instructor != "" {
		if out.PersonID = people[strings.ToLower(line.Instructor)]; out.PersonID == "" {
			return out, fault.NotFound("person_unknown", "nobody who teaches signs in as %.80q", line.Instructor)
		}
	}
	if room, err := d.roomOn(site, &line.Place); err == nil {
		out.RoomID = room
		return out, nil
	}
	for _, word := range strings.FieldsFunc(line.Place, func(r rune) bool { return strings.ContainsRune(" ,;，；、\n\t", r) }) {
		if room, err := d.roomOn(site, &word); err == nil && len(out.StationIDs) == 0 {
			out.RoomID = room
			return out, nil
		}
		for _, station := range d.stations {
			if station.SiteID == site.ID && (station.Code == word || station.ID == word) {
				out.StationIDs = append(out.StationIDs, station.ID)
			}
		}
	}
	if len(out.StationIDs) == 0 {
		return out, fault.NotFound("place_unknown", "%.80q is neither a room nor stations of this site", line.Place)
	}
	return out, nil
}

// refusedTimetable names each line that cannot be.
func refusedTimetable(r TimetableResult) error {
	out := &refusedLines{}
	for _, line := range r.Lines {
		if !line.Refused {
			continue
		}
		field := fmt.Sprintf("/lines/%d", line.Line)
		if line.Code != nil {
			out.errors = append(out.errors, FieldError{Field: field, Code: *line.Code, Detail: given(line.Detail)})
			continue
		}
		for _, o := range line.Occurrences {
			for _, refusal := range given(o.Refusals) {
				detail := o.PlannedAt.Format(time.RFC3339) + ": " + refusal.Detail
				out.errors = append(out.errors, FieldError{Field: field, Code: refusal.Code, Detail: detail})
			}
		}
	}
	return out
}

// refusedLines is a timetable that was not brought in.
type refusedLines struct{ errors []FieldError }

// Error says how much is wrong.
func (r *refusedLines) Error() string {
	return fmt.Sprintf("%d faults in the timetable", len(r.errors))
}

// Unwrap gives the fault that decides the status.
func (r *refusedLines) Unwrap() error {
	return fault.Rule("timetable_refused", "nothing was brought in: %d things are in the way; see errors", len(r.errors))
}
