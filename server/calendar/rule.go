package calendar

import (
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/labtide/labtide/server/fault"
)

// What the rules of a file may cost.
const (
	maxSteps      = 200_000 // occurrences, those before the window too
	maxEmptyRules = 4       // rules that never happen: each is followed to the year 9999, for up to 0.3 s
	maxRule       = 500     // characters
	maxInterval   = 1_000
)

// rule is an RRULE. The end is kept apart from the rest, for it may be an instant and occurrences are followed by the wall.
type rule struct {
	line   int
	option rrule.ROption
	until  string
}

// parseRule reads an RRULE. All of RFC 5545 passes but what no timetable says: steps below a day, and many hours a day.
func parseRule(text string) (rule, *fault.Error) {
	bad := func(why string) *fault.Error {
		return fault.Invalid("rrule_invalid", "the rule %.80q cannot be followed: %s", text, why)
	}
	if len(text) > maxRule {
		return rule{}, bad("it is too long")
	}
	var r rule
	var kept []string
	for part := range strings.SplitSeq(strings.ToUpper(strings.TrimSpace(text)), ";") {
		if until, ok := strings.CutPrefix(part, "UNTIL="); ok {
			r.until = until
			continue
		}
		if strings.HasPrefix(part, "BYEASTER") || strings.HasPrefix(part, "DTSTART") {
			return rule{}, bad("RFC 5545 has no such part")
		}
		if part != "" {
			kept = append(kept, part)
		}
	}
	option, err := rrule.StrToROption(strings.Join(kept, ";"))
	if err != nil {
		return rule{}, bad(err.Error())
	}
	r.option = *option
	if r.option.Freq > rrule.DAILY || len(r.option.Byhour)*len(r.option.Byminute)*len(r.option.Bysecond) > 24 {
		return rule{}, fault.Invalid("rrule_unsupported", "the rule %.80q repeats within a day; have each repetition as an entry of its own", text)
	}
	if why := doubtful(r.option); why != "" {
		return rule{}, bad(why)
	}
	return r, nil
}

// doubtful says what would lead the library astray: it trusts numbers, and reads its tables by them.
func doubtful(o rrule.ROption) string {
	if o.Interval < 0 || o.Interval > maxInterval || o.Count < 0 {
		return "INTERVAL or COUNT makes no sense"
	}
	if len(o.Byhour) > 24 || len(o.Byminute) > 24 || len(o.Bysecond) > 24 {
		return "it names too many times"
	}
	if len(o.Byweekno) > 0 && o.Freq != rrule.YEARLY || len(o.Byyearday) > 0 && o.Freq != rrule.YEARLY {
		return "BYWEEKNO and BYYEARDAY go with FREQ=YEARLY"
	}
	for _, day := range o.Byweekday {
		highest := 5
		switch {
		case o.Freq > rrule.MONTHLY:
			highest = 0
		case o.Freq == rrule.YEARLY && len(o.Bymonth) == 0:
			highest = 52
		}
		if n := day.N(); n > highest || n < -highest {
			return "BYDAY has a number that no month or year has"
		}
	}
	return ""
}

// follow gives what the clocks show at each occurrence, from the first on to the end of the window. It stops the whole file
// when its rules cost too much.
func (f *file) follow(r rule, first moment) ([]time.Time, *fault.Error) {
	end := f.until.Add(48 * time.Hour) // whatever the zone
	within := func(time.Time) bool { return true }
	if r.until != "" {
		last, refused := f.moment(property{name: "UNTIL"}, r.until)
		if refused != nil {
			return nil, refused
		}
		limit := last.instant()
		switch {
		case last.day: // inclusive
			limit = first.zone.instant(last.wall.AddDate(0, 0, 1)).Add(-time.Second)
		case !strings.HasSuffix(r.until, "Z"):
			limit = first.zone.instant(last.wall)
		}
		within = func(wall time.Time) bool { return !first.zone.instant(wall).After(limit) }
	}
	r.option.Dtstart, r.option.Until = first.wall, end
	library, err := rrule.NewRRule(r.option)
	if err != nil {
		return nil, fault.Invalid("rrule_invalid", "the rule cannot be followed: %s", err)
	}
	if first.wall.After(end) {
		return nil, nil
	}
	var out []time.Time
	happens := false
	next := library.Iterator()
	for wall, ok := next(); ok; wall, ok = next() {
		happens = true
		if f.steps++; f.steps > maxSteps {
			f.broken = fault.New(fault.KindTooLarge, "calendar_too_large", "the rules of this calendar have too many occurrences; export a shorter time")
			return nil, nil
		}
		if !within(wall) {
			break
		}
		out = append(out, wall)
	}
	if !happens {
		if f.empty++; f.empty > maxEmptyRules {
			f.broken = fault.Invalid("calendar_invalid", "many rules of this calendar never happen; export it again")
		}
	}
	return out, nil
}
