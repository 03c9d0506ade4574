package recurrence

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// allowed is what a refusal says of the way out.
const allowed = "FREQ (DAILY, WEEKLY, MONTHLY), INTERVAL, COUNT or UNTIL, BYDAY, BYMONTHDAY, X-LABTIDE-WEEKS (ODD, EVEN) and X-LABTIDE-TEACHING-WEEKS (1-8,10)"

const (
	longestText     = 500
	longestInterval = 99
	highestCount    = 9999
)

// Parse reads a rule such as FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10, with or without "RRULE:" before it. What is no rule at all is
// rrule_invalid; what RFC 5545 knows and a series of bookings does not is rrule_unsupported. Both say what is allowed.
//
// UNTIL is a local day and inclusive. Two parts are ours: X-LABTIDE-WEEKS=ODD or EVEN, and X-LABTIDE-TEACHING-WEEKS=1-8,10,
// both for WEEKLY; they may stand together (1-16周, 单周).
func Parse(text string) (Rule, error) {
	if len(text) > longestText {
		return Rule{}, invalid("it is longer than %d characters", longestText)
	}
	text = strings.ToUpper(strings.TrimSpace(text))
	text = strings.TrimSuffix(strings.TrimPrefix(text, "RRULE:"), ";")
	rule := Rule{interval: 1}
	seen := map[string]bool{}
	var byDay string
	for part := range strings.SplitSeq(text, ";") {
		name, value, ok := strings.Cut(part, "=")
		if !ok || name == "" || value == "" {
			return Rule{}, invalid("%.40q is no NAME=VALUE", part)
		}
		if seen[name] {
			return Rule{}, invalid("%.40s stands twice", name)
		}
		seen[name] = true
		if name == "BYDAY" { // what it may say depends on FREQ, which may come later
			byDay = value
			continue
		}
		if err := rule.set(name, value); err != nil {
			return Rule{}, err
		}
	}
	if rule.frequency == 0 {
		return Rule{}, invalid("FREQ is missing")
	}
	if byDay != "" {
		if err := rule.setDays(byDay); err != nil {
			return Rule{}, err
		}
	}
	return rule, rule.check()
}

func invalid(format string, args ...any) error {
	return fault.Invalid("rrule_invalid", "the rule cannot be read: %s; allowed are %s", fmt.Sprintf(format, args...), allowed).On("rule")
}

func unsupported(format string, args ...any) error {
	return fault.Invalid("rrule_unsupported", "a series cannot repeat like this: %s; allowed are %s", fmt.Sprintf(format, args...), allowed).On("rule")
}

func (r *Rule) set(name, value string) (err error) {
	switch name {
	case "FREQ":
		return r.setFrequency(value)
	case "INTERVAL":
		r.interval, err = number(name, value, longestInterval)
	case "COUNT":
		r.count, err = number(name, value, highestCount)
	case "UNTIL":
		return r.setUntil(value)
	case "BYMONTHDAY":
		return r.setMonthDays(value)
	case "WKST":
		if value != "MO" {
			return unsupported("weeks start on Monday, so WKST is MO or left out")
		}
	case "X-LABTIDE-WEEKS":
		switch value {
		case "ODD":
			r.parity = oddWeeks
		case "EVEN":
			r.parity = evenWeeks
		default:
			return invalid("X-LABTIDE-WEEKS is ODD or EVEN")
		}
	case "X-LABTIDE-TEACHING-WEEKS":
		return r.setWeeks(value)
	case "BYSETPOS", "BYMONTH", "BYYEARDAY", "BYWEEKNO", "BYHOUR", "BYMINUTE", "BYSECOND", "BYEASTER", "RSCALE", "SKIP":
		return unsupported("%s is not for bookings", name)
	default:
		return invalid("%.40q is no part of a rule", name)
	}
	return err
}

func (r *Rule) setFrequency(value string) error {
	switch value {
	case "DAILY":
		r.frequency = daily
	case "WEEKLY":
		r.frequency = weekly
	case "MONTHLY":
		r.frequency = monthly
	case "YEARLY", "HOURLY", "MINUTELY", "SECONDLY":
		return unsupported("FREQ=%s is not for bookings", value)
	default:
		return invalid("FREQ=%.20s is unknown", value)
	}
	return nil
}

func (r *Rule) setUntil(value string) error {
	day, err := time.Parse("20060102", value)
	if err != nil || day.Year() < 1 {
		return invalid("UNTIL is the last day by the local calendar, as in 20261231")
	}
	r.until = dayOf(day)
	return nil
}

func (r *Rule) setMonthDays(value string) error {
	for text := range strings.SplitSeq(value, ",") {
		day, err := strconv.Atoi(text)
		switch {
		case err != nil || day == 0 || day > 31 || day < -31:
			return invalid("BYMONTHDAY is 1 … 31, or -1 for the last day of the month")
		case day < -1:
			return unsupported("of the days counted from the end of the month only the last, -1, is allowed")
		case day == -1:
			r.monthDays |= 1
		default:
			r.monthDays |= 1 << day
		}
	}
	return nil
}

// setDays reads BYDAY: MO,WE by the week, 2TU or -1FR by the month.
func (r *Rule) setDays(value string) error {
	for text := range strings.SplitSeq(value, ",") {
		if len(text) < 2 {
			return invalid("BYDAY=%.20q is no day", text)
		}
		day := slices.Index(dayNames(), text[len(text)-2:])
		if day < 0 {
			return invalid("BYDAY=%.20q is none of MO, TU, WE, TH, FR, SA, SU", text)
		}
		ordinal := text[:len(text)-2]
		switch {
		case r.frequency == daily:
			return unsupported("FREQ=DAILY takes no BYDAY; FREQ=WEEKLY;BYDAY=… says the same")
		case r.frequency == weekly && ordinal != "":
			return invalid("BYDAY of a WEEKLY rule has no number")
		case r.frequency == weekly:
			r.weekdays |= 1 << day
			continue
		case ordinal == "":
			return unsupported("BYDAY of a MONTHLY rule says which one: 2TU, 5FR, or -1FR for the last")
		}
		nth, err := strconv.Atoi(ordinal)
		switch {
		case err != nil || nth == 0 || nth > 5 || nth < -5:
			return invalid("BYDAY=%.20q: the number is 1 … 5, or -1 for the last", text)
		case nth < -1:
			return unsupported("of the weekdays counted from the end of the month only the last, -1, is allowed")
		case nth == -1:
			r.nth[day] |= 1
		default:
			r.nth[day] |= 1 << nth
		}
	}
	return nil
}

func (r *Rule) setWeeks(value string) error {
	for text := range strings.SplitSeq(value, ",") {
		low, high, isRange := strings.Cut(text, "-")
		if !isRange {
			high = low
		}
		from, err := number("X-LABTIDE-TEACHING-WEEKS", low, lastWeek)
		if err != nil {
			return err
		}
		until, err := number("X-LABTIDE-TEACHING-WEEKS", high, lastWeek)
		if err != nil {
			return err
		}
		if until < from {
			return invalid("teaching weeks %s run backwards", text)
		}
		for week := from; week <= until; week++ {
			r.weeks |= 1 << week
		}
	}
	return nil
}

// check holds what one part says against the others.
func (r Rule) check() error {
	switch {
	case r.count > 0 && r.until != "":
		return invalid("COUNT and UNTIL exclude each other")
	case r.monthDays != 0 && r.frequency != monthly:
		return invalid("BYMONTHDAY goes with FREQ=MONTHLY")
	case r.monthDays != 0 && r.nth != [7]uint8{}:
		return unsupported("BYMONTHDAY and BYDAY exclude each other")
	case r.teaching() && r.frequency != weekly:
		return unsupported("teaching weeks go with FREQ=WEEKLY")
	case r.teaching() && r.interval != 1:
		return unsupported("teaching weeks and INTERVAL exclude each other")
	}
	return nil
}

func number(name, text string, highest int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > highest {
		return 0, invalid("%s is a whole number from 1 to %d", name, highest)
	}
	return n, nil
}

// dayNames gives the names by time.Weekday.
func dayNames() []string { return []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"} }

// String writes the rule in one fixed way, which Parse reads back as the same rule. The zero Rule is "".
func (r Rule) String() string {
	if r.frequency == 0 {
		return ""
	}
	parts := []string{"FREQ=" + [...]string{daily: "DAILY", weekly: "WEEKLY", monthly: "MONTHLY"}[r.frequency]}
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+"="+value)
		}
	}
	if r.interval > 1 {
		add("INTERVAL", strconv.Itoa(r.interval))
	}
	add("BYDAY", r.days())
	add("BYMONTHDAY", numbers(uint64(r.monthDays)))
	if r.parity != 0 {
		add("X-LABTIDE-WEEKS", [...]string{oddWeeks: "ODD", evenWeeks: "EVEN"}[r.parity])
	}
	add("X-LABTIDE-TEACHING-WEEKS", ranges(r.weeks))
	if r.count > 0 {
		add("COUNT", strconv.Itoa(r.count))
	}
	add("UNTIL", strings.ReplaceAll(string(r.until), "-", ""))
	return strings.Join(parts, ";")
}

// days writes BYDAY from Monday on.
func (r Rule) days() string {
	var out []string
	for i := range 7 {
		day := (i + 1) % 7
		if r.weekdays&(1<<day) != 0 {
			out = append(out, dayNames()[day])
		}
		if r.nth[day] != 0 {
			for nth := range strings.SplitSeq(numbers(uint64(r.nth[day])), ",") {
				out = append(out, nth+dayNames()[day])
			}
		}
	}
	return strings.Join(out, ",")
}

// numbers lists the bits; bit 0 is -1, the last.
func numbers(set uint64) string {
	var out []string
	for bit := 1; bit < 64; bit++ {
		if set&(1<<bit) != 0 {
			out = append(out, strconv.Itoa(bit))
		}
	}
	if set&1 != 0 {
		out = append(out, "-1")
	}
	return strings.Join(out, ",")
}

// ranges lists the bits as 1-8,10.
func ranges(set uint64) string {
	var out []string
	for set != 0 {
		from := bits.TrailingZeros64(set)
		length := bits.TrailingZeros64(^(set >> from))
		if length == 1 {
			out = append(out, strconv.Itoa(from))
		} else {
			out = append(out, fmt.Sprintf("%d-%d", from, from+length-1))
		}
		set &^= (1<<length - 1) << from
	}
	return strings.Join(out, ",")
}

// Until gives the last day that the rule itself allows, "" when it ends by its count or with the term.
func (r Rule) Until() equipment.Day { return r.until }
