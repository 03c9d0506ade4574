package timetable

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/labtide/labtide/server/booking/recurrence"
	"github.com/labtide/labtide/server/csvtext"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// maxLines bounds a CSV timetable.
const maxLines = 2_000

// Columns gives the columns that a CSV timetable may have. A file has starts and ends, or periods; at least one of room and
// stations; and at least one of weekday and day. Chinese schools may call them as they do: see inEnglish.
func Columns() []string {
	return []string{"starts", "ends", "periods", "room", "stations", "weekday", "day", "weeks", "instructor", "programme", "title"}
}

// FromCSV reads a CSV file with a header line. The error is a fault of the file as a whole.
func FromCSV(r io.Reader, w Window) ([]Line, []Problem, error) {
	text, err := csvtext.Reader(r)
	if err != nil {
		return nil, nil, unreadable(err)
	}
	reader := csv.NewReader(text)
	reader.FieldsPerRecord = -1
	reader.TrimLeadingSpace = true
	head, err := reader.Read()
	if err != nil {
		return nil, nil, unreadable(err)
	}
	columns, err := header(head)
	if err != nil {
		return nil, nil, err
	}
	var lines []Line
	var problems []Problem
	for {
		fields, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, unreadable(err)
		}
		number, _ := reader.FieldPos(0)
		if len(lines)+len(problems) == maxLines {
			return nil, nil, fault.New(fault.KindTooLarge, "timetable_too_large", "a timetable has at most %d lines; bring it in in parts", maxLines)
		}
		rec := record{columns: columns, fields: fields}
		line, no := rec.line(w)
		line.Number = number
		if no != nil {
			problems = append(problems, Problem{Number: number, Title: line.Title, Fault: no})
			continue
		}
		lines = append(lines, line)
	}
	if len(lines)+len(problems) == 0 {
		return nil, nil, invalid("the file has no lines below its header")
	}
	return lines, problems, nil
}

func invalid(format string, args ...any) *fault.Error {
	return fault.Invalid("timetable_invalid", format, args...)
}

func unreadable(err error) error {
	var bad *csv.ParseError
	if errors.As(err, &bad) {
		return invalid("line %d is no CSV: %v", bad.StartLine, bad.Err)
	}
	return invalid("the file is empty, or breaks off").Because(err)
}

func header(head []string) (map[string]int, error) {
	columns := map[string]int{}
	for i, name := range head {
		name = inEnglish(strings.ToLower(strings.TrimSpace(name)))
		if !slices.Contains(Columns(), name) {
			return nil, invalid("column %.40q is none of %s", name, strings.Join(Columns(), ", "))
		}
		if _, twice := columns[name]; twice {
			return nil, invalid("column %s stands twice", name)
		}
		columns[name] = i
	}
	has := func(name string) bool { _, ok := columns[name]; return ok }
	clocks := has("starts") && has("ends")
	if !clocks && !has("periods") || !has("room") && !has("stations") || !has("weekday") && !has("day") {
		return nil, invalid("the header needs starts and ends or periods, one of room and stations, and one of weekday and day")
	}
	return columns, nil
}

// record is a line with the columns that its file has.
type record struct {
	columns map[string]int
	fields  []string
}

func (r record) get(name string) string {
	if i, ok := r.columns[name]; ok && i < len(r.fields) {
		return strings.TrimSpace(r.fields[i])
	}
	return ""
}

func (r record) line(w Window) (line Line, no *fault.Error) {
	line = Line{Instructor: r.get("instructor"), Title: r.get("title"), Programme: r.get("programme")}
	switch {
	case slices.ContainsFunc(r.fields, func(f string) bool { return !csvtext.Sound(f) }):
		line.Title = ""
		return line, invalid("the line is neither UTF-8 nor GBK text; save the file as UTF-8")
	case len(r.fields) != len(r.columns):
		return line, invalid("the line has %d fields, the header %d", len(r.fields), len(r.columns))
	case (r.get("room") == "") == (r.get("stations") == ""):
		return line, invalid("give either a room or stations")
	}
	line.Place = r.get("room") + r.get("stations")
	if no = r.times(&line); no == nil {
		line.First, line.Rule, no = r.rule(w)
	}
	return line, no
}

// times reads when on a day the lesson takes place: by the clock, or by lesson periods.
func (r record) times(line *Line) (no *fault.Error) {
	var ok bool
	if periods := r.get("periods"); periods != "" {
		if r.get("starts")+r.get("ends") != "" {
			return invalid("give either starts and ends or periods")
		}
		if line.FirstPeriod, line.LastPeriod, ok = periodsOf(periods); !ok {
			return invalid("periods are written as 1-2 or 3, not %.20q", periods)
		}
		return nil
	}
	if line.Starts, ok = clock(r.get("starts")); !ok {
		return invalid("starts is a time such as 08:00, not %.20q", r.get("starts"))
	}
	if line.Ends, ok = clock(r.get("ends")); !ok {
		return invalid("ends is a time such as 09:30, not %.20q", r.get("ends"))
	}
	if line.Ends <= line.Starts {
		return invalid("the lesson ends before it starts, or at once")
	}
	return nil
}

// mostPeriods is the last lesson period of a day that a line can name.
const mostPeriods = 30

// periodsOf reads "3", "1-2", "1-2节", "第3、4节" as the first and the last lesson period.
func periodsOf(text string) (first, last int, ok bool) {
	text = strings.NewReplacer("第", "", "节", "", "–", "-", "~", "-", "、", ",", "，", ",", " ", "").Replace(text)
	var numbers []int
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '-' || r == ',' }) {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 || n > mostPeriods {
			return 0, 0, false
		}
		numbers = append(numbers, n)
	}
	for i := 1; i < len(numbers); i++ { // a list has no gaps: that would be two lessons
		if numbers[i] <= numbers[i-1] || strings.Contains(text, ",") && numbers[i] != numbers[i-1]+1 {
			return 0, 0, false
		}
	}
	if len(numbers) == 0 || strings.Contains(text, "-") && len(numbers) != 2 {
		return 0, 0, false
	}
	return numbers[0], numbers[len(numbers)-1], true
}

// rule says on which days the lesson takes place.
func (r record) rule(w Window) (first equipment.Day, rule string, no *fault.Error) {
	weekday, day, weeks := r.get("weekday"), r.get("day"), r.get("weeks")
	switch {
	case (weekday == "") == (day == ""):
		return "", "", invalid("give either a weekday or a day")
	case day != "" && weeks != "":
		return "", "", invalid("weeks go with a weekday")
	case day != "":
		on, err := equipment.ParseDay(day)
		if err != nil {
			return "", "", invalid("day is written as 2026-11-23, not %.20q", day)
		}
		return on, "FREQ=DAILY;COUNT=1", nil
	}
	at := weekdayOf(weekday)
	if at < 0 {
		return "", "", invalid("weekday is mon, tue, wed, thu, fri, sat or sun, not %.20q", weekday)
	}
	rule = "FREQ=WEEKLY;BYDAY=" + []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}[at]
	more, no := weeksRule(weeks)
	if no != nil {
		return "", "", no
	}
	rule += more
	if w.Until != "" {
		rule += ";UNTIL=" + strings.ReplaceAll(string(w.Until.Add(-1)), "-", "")
	}
	return w.From, rule, nil
}

// weeksRule reads "1-16", "1-15 odd", "2-16双", "单周": teaching weeks, and which of them.
func weeksRule(text string) (string, *fault.Error) {
	ranges := strings.ToLower(text)
	odd := strings.Contains(ranges, "odd") || strings.Contains(ranges, "单")
	even := strings.Contains(ranges, "even") || strings.Contains(ranges, "双")
	rule := ""
	switch {
	case odd && !even:
		rule = ";X-LABTIDE-WEEKS=ODD"
	case even && !odd:
		rule = ";X-LABTIDE-WEEKS=EVEN"
	}
	ranges = strings.NewReplacer("odd", "", "even", "", "单", "", "双", "").Replace(ranges)
	ranges = strings.NewReplacer("周", "", "(", "", ")", "", "（", "", "）", "", "，", ",", "–", "-", "~", "-", " ", "").Replace(ranges)
	if ranges != "" {
		rule += ";X-LABTIDE-TEACHING-WEEKS=" + ranges
	}
	if rule == "" {
		return "", nil
	}
	if _, err := recurrence.Parse("FREQ=WEEKLY" + rule); err != nil {
		return "", invalid("weeks are written as 1-16, 1-8,10, 1-15 odd or 2-16 even, not %.40q", text)
	}
	return rule, nil
}

// clock reads 08:00 or 8:00 as minutes after midnight.
func clock(text string) (int, bool) {
	hour, minute, ok := strings.Cut(strings.ReplaceAll(text, "：", ":"), ":")
	h, err := strconv.Atoi(hour)
	m, err2 := strconv.Atoi(minute)
	if !ok || err != nil || err2 != nil || len(minute) != 2 || h < 0 || m < 0 || m > 59 || h*60+m > 24*60 {
		return 0, false
	}
	return h*60 + m, true
}
