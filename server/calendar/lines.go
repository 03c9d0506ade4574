package calendar

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"

	"github.com/labtide/labtide/server/fault"
)

// What Parse takes at most.
const (
	maxBytes   = 2 << 20
	maxLine    = 20 << 10 // unfolded
	maxEvents  = 5_000
	maxEntries = 20_000 // occurrences within the window
)

// property is one content line that matters here, with the number of its first line in the file.
type property struct {
	line   int
	name   string // upper case
	value  string // unescaped where it is text
	params map[string][]string
	fault  *fault.Error // the line cannot be read
}

// param gives the first value of a parameter.
func (p property) param(name string) string {
	for key, values := range p.params {
		if strings.EqualFold(key, name) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

// component is a VEVENT, a VTIMEZONE or a part of one.
type component struct {
	line       int
	name       string
	properties []property
	parts      []*component
}

// get gives the first property of that name.
func (c *component) get(name string) (property, bool) {
	for _, p := range c.properties {
		if p.name == name {
			return p, true
		}
	}
	return property{line: c.line}, false
}

// text gives the value of a property, "" without one.
func (c *component) text(name string) string {
	p, _ := c.get(name)
	return strings.TrimSpace(clean(p.value))
}

func notACalendar(line int, format string, args ...any) *fault.Error {
	f := fault.Invalid("calendar_invalid", format, args...)
	if line > 0 {
		f.Message += " (line " + itoa(line) + ")"
	}
	return f
}

// read gives the file's components. The library would refuse a whole file for one line, and say no number: here it reads
// single lines, of those that matter.
func read(r io.Reader) (*component, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	switch {
	case err != nil:
		var f *fault.Error
		if errors.As(err, &f) {
			return nil, f
		}
		return nil, notACalendar(0, "the file could not be read to its end; send it again").Because(err)
	case len(data) > maxBytes:
		return nil, fault.New(fault.KindTooLarge, "calendar_too_large", "a calendar has at most %d MiB; export a shorter time", maxBytes>>20)
	case !utf8.Valid(data):
		return nil, notACalendar(0, "the file is not in UTF-8; export it again, or save it as UTF-8")
	}
	root := &component{}
	open := []*component{root}
	events := 0
	for line, text := range contentLines(bytes.TrimPrefix(data, []byte("\ufeff"))) {
		p, matters := parseLine(line, text)
		if !matters {
			continue
		}
		innermost := open[len(open)-1]
		switch {
		case p.fault == nil && p.name == "BEGIN":
			part := &component{line: line, name: strings.ToUpper(p.value)}
			if part.name == "VEVENT" {
				events++
			}
			if len(open) > 4 || events > maxEvents {
				return nil, notACalendar(line, "a calendar has at most %d entries, and no boxes within boxes; export a shorter time", maxEvents)
			}
			innermost.parts = append(innermost.parts, part)
			open = append(open, part)
		case p.fault == nil && p.name == "END":
			if len(open) == 1 || innermost.name != strings.ToUpper(p.value) {
				return nil, notACalendar(line, "END:%.40s closes nothing that is open; the file is damaged, export it again", p.value)
			}
			open = open[:len(open)-1]
		default:
			innermost.properties = append(innermost.properties, p)
		}
	}
	if len(open) > 1 {
		return nil, notACalendar(open[len(open)-1].line, "the file ends within %.40s; it was cut off, export it again", open[len(open)-1].name)
	}
	return root, nil
}

// contentLines joins folded lines and gives each with the number of its first.
func contentLines(data []byte) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		var whole []byte
		start, number := 1, 0
		for line := range bytes.Lines(data) {
			number++
			line = bytes.TrimRight(line, "\r\n")
			if len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
				whole = append(whole, line[1:]...)
				continue
			}
			if len(whole) > 0 && !yield(start, string(whole)) {
				return
			}
			whole, start = append(whole[:0], line...), number
		}
		if len(whole) > 0 {
			yield(start, string(whole))
		}
	}
}

// parseLine reads a line if it is of those that matter.
func parseLine(line int, text string) (property, bool) {
	name, _, _ := strings.Cut(text, ":")
	name, _, _ = strings.Cut(name, ";")
	p := property{line: line, name: strings.ToUpper(strings.TrimSpace(name))}
	if !slices.Contains([]string{
		"BEGIN", "END", "METHOD", "UID", "SUMMARY", "DESCRIPTION", "LOCATION", "STATUS",
		"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID",
		"TZID", "TZOFFSETFROM", "TZOFFSETTO",
	}, p.name) {
		return p, false
	}
	p.fault = notACalendar(line, "the line %.60q cannot be read; mend it, or export the calendar again", text)
	if len(text) > maxLine {
		return p, true
	}
	parsed, err := ics.ParseProperty(ics.ContentLine(text))
	if err != nil || parsed == nil {
		return p, true
	}
	p.value, p.params, p.fault = parsed.Value, parsed.ICalParameters, nil
	if p.name == "BEGIN" || p.name == "END" {
		p.value = strings.TrimSpace(p.value)
	}
	return p, true
}
