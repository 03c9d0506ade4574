package timetable_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/timetable"
)

func window() timetable.Window { return timetable.Window{From: "2026-09-02"} }

func read(t *testing.T, text string, w timetable.Window) ([]timetable.Line, []timetable.Problem) {
	t.Helper()
	lines, problems, err := timetable.FromCSV(strings.NewReader(text), w)
	if err != nil {
		t.Fatal(err)
	}
	return lines, problems
}

func TestALineSaysWhatTakesPlaceWhereAndWhen(t *testing.T) {
	lines, problems := read(t, "\ufeffroom,weekday,weeks,starts,ends,instructor,programme,title\n"+
		"B-204,mon,1-16周(单),8:00,09:35,chen,mechatronics,可编程控制器\n"+
		"B-204,TUE,\"1-8,10\",14:00,16:00,,,\n", window())
	if len(problems) > 0 || len(lines) != 2 {
		t.Fatalf("%v %v", lines, problems)
	}
	if got, want := fmt.Sprintf("%+v", lines[0]), "{Number:2 Place:B-204 Instructor:chen Title:可编程控制器 Programme:mechatronics "+
		"Rule:FREQ=WEEKLY;BYDAY=MO;X-LABTIDE-WEEKS=ODD;X-LABTIDE-TEACHING-WEEKS=1-16 First:2026-09-02 Starts:480 Ends:575 FirstPeriod:0 LastPeriod:0 Times:[]}"; got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
	if lines[1].Rule != "FREQ=WEEKLY;BYDAY=TU;X-LABTIDE-TEACHING-WEEKS=1-8,10" || lines[1].Number != 3 {
		t.Errorf("%+v", lines[1])
	}
}

func TestATimetableInGBKIsReadLikeOneInUTF8(t *testing.T) {
	text := "room,weekday,weeks,starts,ends,title\nB-204,mon,1-16周（单）,8:00,9:35,可编程控制器\n"
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := read(t, text, window())
	got, problems := read(t, gbk, window())
	if len(problems) > 0 || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("got\n%+v %v, want\n%+v", got, problems, want)
	}
}

func TestWeeksAreWrittenInManyWays(t *testing.T) {
	for weeks, want := range map[string]string{
		"": "", "1-16": ";X-LABTIDE-TEACHING-WEEKS=1-16", "odd": ";X-LABTIDE-WEEKS=ODD", "双周": ";X-LABTIDE-WEEKS=EVEN",
		"1-15 odd": ";X-LABTIDE-WEEKS=ODD;X-LABTIDE-TEACHING-WEEKS=1-15", "2-16周（双）": ";X-LABTIDE-WEEKS=EVEN;X-LABTIDE-TEACHING-WEEKS=2-16",
		"1–8，10周": ";X-LABTIDE-TEACHING-WEEKS=1-8,10",
	} {
		lines, problems := read(t, "stations,weekday,weeks,starts,ends\nPLC-01 PLC-02,wed,\""+weeks+"\",08:00,09:00\n", window())
		if len(problems) > 0 || lines[0].Rule != "FREQ=WEEKLY;BYDAY=WE"+want {
			t.Errorf("%q: %v %v", weeks, lines, problems)
		}
	}
}

func TestATimetableSaysItInChineseAndByLessonPeriods(t *testing.T) {
	lines, problems := read(t, "实训室,星期,周次,节次,课程\nB-204,周一,1-16周(单),1-2节,可编程控制器\nB-204,星期日,,\"第3、4节\",\nB-204,7,,5,\n", window())
	if len(problems) > 0 || len(lines) != 3 {
		t.Fatalf("%v %v", lines, problems)
	}
	for i, want := range []string{"FREQ=WEEKLY;BYDAY=MO;X-LABTIDE-WEEKS=ODD;X-LABTIDE-TEACHING-WEEKS=1-16 1 2", "FREQ=WEEKLY;BYDAY=SU 3 4", "FREQ=WEEKLY;BYDAY=SU 5 5"} {
		if got := fmt.Sprint(lines[i].Rule, " ", lines[i].FirstPeriod, " ", lines[i].LastPeriod); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for _, periods := range []string{"0", "2-1", "1-2-3", "1,3", "x", "31", "-", "1-"} {
		if lines, _ := read(t, "room,weekday,periods\nA,mon,\""+periods+"\"\n", window()); len(lines) > 0 {
			t.Errorf("%q is read as %+v", periods, lines[0])
		}
	}
	if _, problems := read(t, "room,weekday,starts,ends,periods\nA,mon,8:00,9:00,1\n", window()); len(problems) != 1 {
		t.Error("both are accepted")
	}
}

func TestADayOrAnEndBoundsTheRule(t *testing.T) {
	w := window()
	w.Until = "2026-12-01"
	lines, problems := read(t, "room,weekday,day,starts,ends\nA,,2026-11-23,08:00,09:00\nA,thu,,08:00,24:00\n", w)
	if len(problems) > 0 || lines[0].Rule != "FREQ=DAILY;COUNT=1" || lines[0].First != "2026-11-23" || lines[1].Rule != "FREQ=WEEKLY;BYDAY=TH;UNTIL=20261130" {
		t.Errorf("%+v %v", lines, problems)
	}
}

func TestEachLineThatCannotBeReadIsSaid(t *testing.T) {
	bad := []string{
		"A,,mon,,8:00,9:00,", "A,,,2026-11-23,,9:00,", "A,,,2026-11-23,8:00,7:00,", "A,,,2026-13-23,8:00,9:00,", "A,,mon,2026-11-23,8:00,9:00,",
		"A,,moon,,8:00,9:00,1", ",,mon,,8:00,9:00,", "A,PLC-1,mon,,8:00,9:00,", "A,,mon,,8:00,9:00,every other", "A,,mon,,8:00", "A,,,,8:00,9:00,",
		"A,,mon,,25:00,26:00,", "\xff,,mon,,8:00,9:00,",
	}
	lines, problems := read(t, "room,stations,weekday,day,starts,ends,weeks\n"+strings.Join(bad, "\n")+"\n", window())
	if len(lines) != 1 || len(problems) != len(bad)-1 { // the first is sound
		t.Fatalf("%d lines, %d problems: %v", len(lines), len(problems), problems)
	}
	for i, p := range problems {
		if p.Number != i+3 || p.Fault.Code != "timetable_invalid" {
			t.Errorf("line %d: %v", p.Number, p.Fault)
		}
	}
}

func TestAFileWithoutSenseIsOneFault(t *testing.T) {
	for _, text := range []string{"", "room\nA\n", "room,weekday,starts,ends\n", "room,colour,weekday,starts,ends\nA,red,mon,8:00,9:00\n", "room,room,weekday,starts,ends\n", "room,weekday,starts,ends\n\"A,mon\n"} {
		if _, _, err := timetable.FromCSV(strings.NewReader(text), window()); fault.CodeOf(err) != "timetable_invalid" {
			t.Errorf("%q: %v", text, err)
		}
	}
	many := "room,weekday,starts,ends\n" + strings.Repeat("A,mon,8:00,9:00\n", 2001)
	if _, _, err := timetable.FromCSV(strings.NewReader(many), window()); fault.KindOf(err) != fault.KindTooLarge {
		t.Errorf("%v", err)
	}
}

func TestACalendarGivesALineForEachEntryAndPlace(t *testing.T) {
	text := strings.ReplaceAll(`BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1
SUMMARY:PLC
LOCATION:B-204
DTSTART:20260907T080000
DTEND:20260907T093500
RRULE:FREQ=WEEKLY;COUNT=3
END:VEVENT
BEGIN:VEVENT
UID:1
SUMMARY:PLC
LOCATION:A-101
RECURRENCE-ID:20260914T080000
DTSTART:20260915T080000
DTEND:20260915T093500
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;VALUE=DATE:20261001
END:VEVENT
END:VCALENDAR
`, "\n", "\r\n")
	shenzhen, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	lines, problems, err := timetable.FromCalendar(strings.NewReader(text), shenzhen, window())
	if err != nil || len(lines) != 2 || len(problems) != 1 {
		t.Fatalf("%v %v %v", lines, problems, err)
	}
	if a := lines[0]; a.Number != 2 || a.Place != "B-204" || len(a.Times) != 2 {
		t.Errorf("%+v", a)
	}
	if b := lines[1]; b.Number != 10 || b.Place != "A-101" || b.Times[0].Planned.Format(time.RFC3339) != "2026-09-14T00:00:00Z" || b.Times[0].Span.From.Format(time.RFC3339) != "2026-09-15T00:00:00Z" {
		t.Errorf("%+v", b)
	}
	if problems[0].Number != 20 {
		t.Errorf("%+v", problems[0])
	}
}

func TestTheReadmeNamesEachColumn(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(readme)) {
		if strings.HasPrefix(line, "| timetable") {
			for _, column := range timetable.Columns() {
				if !strings.Contains(line, column) {
					t.Errorf("README does not name column %s", column)
				}
			}
			return
		}
	}
	t.Error("README has no row of the timetable")
}

func FuzzFromCSV(f *testing.F) {
	f.Add("room,weekday,weeks,starts,ends\nB-204,mon,1-16周(单),8:00,09:35\n")
	f.Add("stations,day,starts,ends\nPLC-01 PLC-02,2026-11-23,08:00,24:00\n")
	f.Add("实训室,星期,节次\nB-204,周一,第1、2节\n")
	f.Fuzz(func(t *testing.T, text string) {
		lines, problems, err := timetable.FromCSV(strings.NewReader(text), window())
		if err != nil && len(lines)+len(problems) > 0 {
			t.Fatal(err)
		}
		for _, l := range lines {
			if l.FirstPeriod > 0 && l.FirstPeriod <= l.LastPeriod && l.LastPeriod <= 30 {
				l.Starts, l.Ends = 0, 1
			}
			if l.Number < 2 || l.Starts < 0 || l.Ends <= l.Starts || l.Ends > 1440 || l.Rule == "" || l.First == "" {
				t.Fatalf("%+v", l)
			}
		}
	})
}
