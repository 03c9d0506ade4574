package influx

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// row is one value of one field of one minute, as Flux's annotated CSV gives it. The client's own reader makes a map
// for each row, which takes four times as long as InfluxDB takes to answer.
type row struct {
	at    time.Time
	tags  [4]string // in the order of tagNames
	field string
	value value
}

// value is a number or a text. Counts are kept as integers, too: a stamp in nanoseconds does not fit a float.
type value struct {
	number  float64
	count   int64
	text    string
	numeric bool
}

// tagNames is the order of the tags in a row.
var tagNames = [4]string{"site", "room", "station", "kind"}

// table is what the annotations and the header say about the rows below them; an index is -1 for no such column.
type table struct {
	types              []string
	time, field, value int
	tags               [4]int
	failure            int
}

// decodeRows calls take for every row of an answer.
func decodeRows(answer string, take func(row) error) error {
	reader := csv.NewReader(strings.NewReader(answer))
	reader.FieldsPerRecord = -1
	reader.ReuseRecord = true
	var current table
	header := true
	for {
		record, err := reader.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read the answer: %w", err)
		case record[0] == "#datatype":
			current = table{types: slices.Clone(record)}
			header = true
		case strings.HasPrefix(record[0], "#"):
		case header:
			current.columns(record)
			header = false
		default:
			r, err := current.row(record)
			if err != nil {
				return err
			}
			if err := take(r); err != nil {
				return err
			}
		}
	}
}

func (t *table) columns(header []string) {
	t.time, t.field, t.value = slices.Index(header, "_time"), slices.Index(header, "_field"), slices.Index(header, "_value")
	t.failure = slices.Index(header, "error")
	for i, name := range tagNames {
		t.tags[i] = slices.Index(header, name)
	}
}

func (t *table) row(record []string) (row, error) {
	// An answer that fails half way ends with a table of its own.
	if t.failure >= 0 && t.time < 0 {
		return row{}, fmt.Errorf("the query failed: %s", cell(record, t.failure))
	}
	at, err := time.Parse(time.RFC3339Nano, cell(record, t.time))
	if err != nil {
		return row{}, fmt.Errorf("read the answer: %w", err)
	}
	r := row{at: at, field: cell(record, t.field)}
	for i, column := range t.tags {
		r.tags[i] = cell(record, column)
	}
	r.value, err = parseValue(cell(t.types, t.value), cell(record, t.value))
	return r, err
}

func parseValue(kind, text string) (value, error) {
	v := value{text: text}
	var err error
	switch kind {
	case "long":
		v.count, err = strconv.ParseInt(text, 10, 64)
		v.number, v.numeric = float64(v.count), true
	case "double":
		v.number, err = strconv.ParseFloat(text, 64)
		v.numeric = true
	}
	if err != nil {
		return value{}, fmt.Errorf("read the answer: %w", err)
	}
	return v, nil
}

// cell is the column's text, "" when there is no such column.
func cell(record []string, column int) string {
	if column < 0 || column >= len(record) {
		return ""
	}
	return record[column]
}
