package influx

import (
	"strings"
	"testing"
	"time"
)

// answer has two tables with other columns each, as InfluxDB sends them.
const answer = "#datatype,string,long,dateTime:RFC3339,long,string,string\r\n" +
	"#group,false,false,false,false,true,true\r\n" +
	"#default,_result,,,,,\r\n" +
	",result,table,_time,_value,_field,station\r\n" +
	",,0,2026-11-02T08:00:00Z,1793606400000000001,written_at,PLC-01\r\n" +
	"\r\n" +
	"#datatype,string,long,dateTime:RFC3339,string,string\r\n" +
	"#group,false,false,false,false,true\r\n" +
	"#default,_result,,,,\r\n" +
	",result,table,_time,_value,_field\r\n" +
	",,1,2026-11-02T08:01:00Z,\"a, \"\"b\"\"\nc\",application\r\n\r\n"

func TestRowsOfSeveralTablesAreRead(t *testing.T) {
	var rows []row
	if err := decodeRows(answer, func(r row) error { rows = append(rows, r); return nil }); err != nil {
		t.Fatal(err)
	}
	want := []row{
		{at: start, tags: [4]string{2: "PLC-01"}, field: "written_at", value: value{
			number: 1793606400000000001, count: 1793606400000000001, text: "1793606400000000001", numeric: true,
		}},
		{at: start.Add(time.Minute), field: "application", value: value{text: "a, \"b\"\nc"}},
	}
	if len(rows) != 2 || rows[0] != want[0] || rows[1] != want[1] {
		t.Errorf("rows\n%+v\nwant\n%+v", rows, want)
	}
}

func TestAnAnswerThatFailsHalfWayIsAnError(t *testing.T) {
	failed := answer + "#datatype,string,string\r\n#group,true,true\r\n#default,,\r\n,error,reference\r\n,out of memory,897\r\n"
	if err := decodeRows(failed, func(row) error { return nil }); err == nil || !strings.Contains(err.Error(), "out of memory") {
		t.Errorf("got %v, want the words of the server", err)
	}
}

func FuzzRows(f *testing.F) {
	f.Add(answer)
	f.Add("#datatype,string\r\n,error\r\n,no\r\n")
	f.Add(",_time,_value\n,2026-11-02T08:00:00Z")
	f.Fuzz(func(_ *testing.T, text string) {
		_ = decodeRows(text, func(row) error { return nil }) // any error will do, a panic will not
	})
}
