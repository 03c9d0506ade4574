package csvimport

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/labtide/labtide/server/csvtext"
	"github.com/labtide/labtide/server/equipment"
)

// layout says which columns a file has. A file may leave optional ones out; an unknown column is a fault, because it is
// more likely misspelt than meant for nobody.
type layout struct {
	file     string
	required []string
	optional []string
}

// row is one record with its place, so that a fault found later can still name line and column.
type row struct {
	lay     *layout
	columns map[string]int
	fields  []string
	line    int
	starts  []int // column at which each field starts
	faults  *Faults
}

// read calls each for the rows of the file. A file that is not there has none.
func (l *layout) read(dir fs.FS, faults *Faults, each func(row)) error {
	file, err := dir.Open(l.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open %s: %w", l.file, err)
	}
	defer func() { _ = file.Close() }() // read only
	text, err := csvtext.Reader(file)
	if !l.readable(err, faults) {
		return nil
	}
	reader := csv.NewReader(text)
	reader.FieldsPerRecord = -1
	columns, ok := l.header(reader, faults)
	if !ok {
		return nil
	}
	for {
		fields, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if !l.readable(err, faults) {
			return nil
		}
		line, _ := reader.FieldPos(0)
		if len(fields) != len(columns) {
			faults.add(l.file, line, 1, "has %d fields, the header %d", len(fields), len(columns))
			continue
		}
		r := row{lay: l, columns: columns, fields: fields, line: line, starts: make([]int, len(fields)), faults: faults}
		for i := range fields {
			_, r.starts[i] = reader.FieldPos(i)
		}
		if r.encoded() {
			each(r)
		}
	}
}

func (l *layout) readable(err error, faults *Faults) bool {
	var parse *csv.ParseError
	switch {
	case err == nil:
		return true
	case errors.As(err, &parse):
		faults.add(l.file, parse.Line, parse.Column, "%v", parse.Err)
	default:
		faults.add(l.file, 0, 0, "cannot be read: %v", err)
	}
	return false
}

func (l *layout) header(reader *csv.Reader, faults *Faults) (map[string]int, bool) {
	fields, err := reader.Read()
	if errors.Is(err, io.EOF) {
		faults.add(l.file, 0, 0, "is empty; its first line names the columns: %s", strings.Join(l.required, ","))
		return nil, false
	}
	if !l.readable(err, faults) {
		return nil, false
	}
	columns, sound := map[string]int{}, true
	for i, name := range fields {
		_, column := reader.FieldPos(i)
		name = strings.TrimSpace(name)
		if _, twice := columns[name]; twice || !l.knows(name) {
			faults.add(l.file, 1, column, "column %q is unknown or named twice; the columns are %s",
				name, strings.Join(append(append([]string{}, l.required...), l.optional...), ","))
			sound = false
		}
		columns[name] = i
	}
	for _, name := range l.required {
		if _, ok := columns[name]; !ok {
			faults.add(l.file, 1, 1, "column %q is missing", name)
			sound = false
		}
	}
	return columns, sound
}

func (l *layout) knows(name string) bool {
	for _, list := range [][]string{l.required, l.optional} {
		for _, known := range list {
			if known == name {
				return true
			}
		}
	}
	return false
}

func (r row) encoded() bool {
	for i, field := range r.fields {
		if !csvtext.Sound(field) {
			r.faults.add(r.lay.file, r.line, r.starts[i], "is neither UTF-8 nor GBK text; save the file as \"CSV UTF-8\"")
			return false
		}
	}
	return true
}

// fault notes what is wrong with a column of this row.
func (r row) fault(column, format string, args ...any) {
	at := 1
	if i, ok := r.columns[column]; ok {
		at = r.starts[i]
	}
	r.faults.add(r.lay.file, r.line, at, format, args...)
}

// text gives a field without the spaces around it; "" when the file has no such column.
func (r row) text(column string) string {
	i, ok := r.columns[column]
	if !ok {
		return ""
	}
	return strings.TrimSpace(r.fields[i])
}

// need is text that may not be empty.
func (r row) need(column string) string {
	s := r.text(column)
	if s == "" {
		r.fault(column, "%s is empty", column)
	}
	return s
}

// name is a text in both languages.
func (r row) name() equipment.Text {
	return equipment.Text{En: r.text("name_en"), Zh: r.text("name_zh")}
}

// instant reads RFC 3339; the zero time with no fault when the field is empty.
func (r row) instant(column string) time.Time {
	s := r.text(column)
	if s == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		r.fault(column, "%q is no instant; write 2026-11-22T03:41:00Z", s)
	}
	return at.UTC().Truncate(time.Second)
}

// needInstant is an instant that may not be left out.
func (r row) needInstant(column string) time.Time {
	if r.need(column) == "" {
		return time.Time{}
	}
	return r.instant(column)
}

// day reads 2026-11-22; "" when the field is empty.
func (r row) day(column string) equipment.Day {
	s := r.text(column)
	if s == "" {
		return ""
	}
	day, err := equipment.ParseDay(s)
	if err != nil {
		r.fault(column, "%q is no day; write 2026-11-22", s)
	}
	return day
}

// clock reads 08:30 as minutes after midnight; 24:00 is the end of the day.
func (r row) clock(column string) int {
	s := r.need(column)
	hours, minutes, ok := strings.Cut(s, ":")
	h, errH := strconv.Atoi(hours)
	m, errM := strconv.Atoi(minutes)
	if !ok || errH != nil || errM != nil || h < 0 || m < 0 || m > 59 || h*60+m > 24*60 {
		if s != "" {
			r.fault(column, "%q is no time of day; write 08:30", s)
		}
		return 0
	}
	return h*60 + m
}

// truth reads true or false; the given value when the field is empty.
func (r row) truth(column string, otherwise bool) bool {
	s := r.text(column)
	if s == "" {
		return otherwise
	}
	b, err := strconv.ParseBool(s)
	if err != nil {
		r.fault(column, "%q is neither true nor false", s)
	}
	return b
}

// seconds reads a whole number from 0 to 60.
func (r row) seconds(column string) int {
	s := r.need(column)
	n, err := strconv.Atoi(s)
	if s != "" && (err != nil || n < 0 || n > 60) {
		r.fault(column, "%q is no number of seconds from 0 to 60", s)
	}
	return n
}

// number reads a finite number; nil when the field is empty.
func (r row) number(column string) *float64 {
	s := r.text(column)
	if s == "" {
		return nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f-f != 0 {
		r.fault(column, "%q is no number", s)
		return nil
	}
	return &f
}
