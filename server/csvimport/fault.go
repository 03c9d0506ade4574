package csvimport

import (
	"fmt"
	"strings"
)

// Fault is one thing that is wrong, and where. Line and Column count from 1; both are 0 when the whole file is meant.
type Fault struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Text   string `json:"text"`
}

// String gives "bookings.csv:12:3: text".
func (f Fault) String() string {
	if f.Line == 0 {
		return f.File + ": " + f.Text
	}
	return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Text)
}

// Faults is everything that is wrong with the files: nothing was imported.
type Faults []Fault

// Error gives one line per fault.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "\n")
}

// most is how many faults are kept: a file in the wrong encoding has one in each line.
const most = 200

func (f *Faults) add(file string, line, column int, format string, args ...any) {
	switch {
	case len(*f) < most:
		*f = append(*f, Fault{file, line, column, fmt.Sprintf(format, args...)})
	case len(*f) == most:
		*f = append(*f, Fault{File: file, Text: "more faults follow; mend these first"})
	}
}
