package csvimport

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/text/encoding/simplifiedchinese"
)

func files(contents map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, text := range contents {
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

func TestEveryFaultComesWithFileLineAndColumn(t *testing.T) {
	_, err := Read(files(map[string]string{
		"sites.csv":         "code,name_en,time_zone\nSZ,Shenzhen,Asia/Nowhere\n",
		"devices.csv":       "device\nGood One\n",
		"opening_hours.csv": "site,weekday,opens,closes\nSZ,someday,8:00,22:00\nSZ,mon,22:00,8:00\nSZ,mon,8.00,9:00\n",
		"people.csv":        "login,name,role,email\nli,Li Na,king,nobody\n",
		"bookings.csv":      "station,starts_at,ends_at,person,purpose\nPLC-01,2026-11-22T10:00:00Z,2026-11-22T09:00:00Z,li,fun\n,yesterday,,li,\n",
		"usage.csv":         "device,starts_at,ends_at,state\npc,2026-11-22T10:00:00Z,2026-11-22T10:00:00Z,asleep\n",
		"samples.csv":       "device,minute,in_use_seconds,idle_seconds,power_watts\npc,2026-11-22T10:00:30Z,40,30,NaN\npc,2026-11-22T10:00:00Z,61,x,\n",
		"outages.csv":       "station,starts_at,ends_at\nPLC-01,2026-11-22T10:00:00+08:00,2026-11-22T01:00:00Z\n",
	}))
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{
		"sites.csv:2:13: \"Asia/Nowhere\" is no time zone",
		"devices.csv:2:1: \"Good One\" cannot name a device",
		"opening_hours.csv:2:4: \"someday\" is no day of the week",
		"opening_hours.csv:3:14: must be after opens",
		"opening_hours.csv:4:8: \"8.00\" is no time of day",
		"people.csv:2:15: \"nobody\" is no mail address",
		"people.csv:2:10: \"king\" is no role",
		"bookings.csv:2:29: must be after starts_at",
		"bookings.csv:2:53: \"fun\" is no purpose",
		"bookings.csv:3:1: station is empty",
		"bookings.csv:3:2: \"yesterday\" is no instant",
		"bookings.csv:3:12: ends_at is empty",
		"usage.csv:2:46: \"asleep\" is no state",
		"usage.csv:2:25: must be after starts_at",
		"samples.csv:2:28: a minute has 60 seconds; in use and idle are 70",
		"samples.csv:2:4: must be a whole minute",
		"samples.csv:2:31: \"NaN\" is no number",
		"samples.csv:3:25: \"61\" is no number of seconds",
		"samples.csv:3:28: \"x\" is no number of seconds",
		"outages.csv:2:34: must be after starts_at",
	} {
		if !strings.Contains(faults.Error()+"\n", want) {
			t.Errorf("no word of %s", want)
		}
	}
	if t.Failed() {
		t.Logf("said:\n%s", faults)
	}
}

func TestFilesThatAreNoTablesAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":          {"", "kinds.csv: is empty; its first line names the columns: code,name_en"},
		"unknown column": {"code,name_en,colour\n", "kinds.csv:1:14: column \"colour\" is unknown"},
		"column twice":   {"code,code,name_en\n", "kinds.csv:1:6: column \"code\" is unknown or named twice"},
		"missing column": {"code\n", "kinds.csv:1:1: column \"name_en\" is missing"},
		"fields too few": {"code,name_en\nplc\n", "kinds.csv:2:1: has 1 fields, the header 2"},
		"open quote":     {"code,name_en\n\"plc,PLC\n", "kinds.csv:2:10:"},
		"no text":        {"code,name_en\nplc,\xff\n", "kinds.csv:2:5: is neither UTF-8 nor GBK text"},
		"NUL":            {"code,name_en\nplc,a\x00b\n", "kinds.csv:2:5: is neither UTF-8 nor GBK text"},
	} {
		_, err := Read(files(map[string]string{"kinds.csv": c.text}))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

func TestASpreadsheetsByteOrderMarkIsNoFault(t *testing.T) {
	data, err := Read(files(map[string]string{"kinds.csv": "\ufeffcode,name_en,name_zh\r\nplc,PLC bench,PLC 实训台\r\n"}))
	if err != nil || len(data.kinds) != 1 || data.kinds[0].v.Name.Zh != "PLC 实训台" {
		t.Errorf("%+v %v", data, err)
	}
}

// Excel in China saves CSV files in GBK.
func TestEveryFileIsReadInGBKAsInUTF8(t *testing.T) {
	texts := map[string]string{
		"sites.csv":          "code,name_en,name_zh,time_zone\nSZ,Shenzhen,深圳校区,Asia/Shanghai\n",
		"rooms.csv":          "site,code,name_en,name_zh\nSZ,B-204,PLC room,可编程控制器实训室\n",
		"kinds.csv":          "code,name_en,name_zh\nplc,PLC bench,实训台\n",
		"stations.csv":       "room,kind,code,name_zh\nB-204,plc,PLC-01,一号实训台\n",
		"outages.csv":        "station,starts_at,reason\nPLC-01,2026-11-22T00:00:00Z,电源故障\n",
		"people.csv":         "login,name,role,programme\nlin,林晓,student,机电一体化\n",
		"teams.csv":          "code,name,members\nT1,一队,lin\n",
		"qualifications.csv": "person,kind,note\nlin,plc,通过考核\n",
		"bookings.csv":       "station,starts_at,ends_at,person,programme\nPLC-01,2026-11-20T02:00:00Z,2026-11-20T03:00:00Z,lin,机电一体化\n",
	}
	want, err := Read(files(texts))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range texts {
		if texts[name], err = simplifiedchinese.GBK.NewEncoder().String(text); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Read(files(texts))
	if err != nil {
		t.Fatal(err)
	}
	text := func(d *Data) string {
		return fmt.Sprint(d.sites[0].v, d.rooms[0].v, d.kinds[0].v, d.stations[0].v, d.outages[0].v, d.people[0].v, d.teams[0].v, d.qualifications[0].v, d.bookings[0].v)
	}
	if text(got) != text(want) {
		t.Errorf("got\n%s, want\n%s", text(got), text(want))
	}
}

func TestAFolderWithNoneOfTheFilesIsTheWrongFolder(t *testing.T) {
	if _, err := Read(files(map[string]string{"notes.txt": ""})); err == nil {
		t.Error("accepted")
	}
}

func TestTheFaultsOfAHopelessFileAreBounded(t *testing.T) {
	_, err := Read(files(map[string]string{"devices.csv": "device\n" + strings.Repeat("No Device\n", 10000)}))
	var faults Faults
	if !errors.As(err, &faults) || len(faults) != most+1 {
		t.Errorf("%d faults", len(faults))
	}
}

func FuzzRead(f *testing.F) {
	f.Add("station,starts_at,ends_at,person\nPLC-01,2026-11-22T10:00:00Z,2026-11-22T11:00:00Z,li\n", "device,starts_at,ends_at,state\npc,2026-11-22T10:00:00Z,2026-11-22T10:10:00Z,in_use\n")
	f.Add("\ufeff\"station\",x", "device\n\"")
	f.Fuzz(func(t *testing.T, bookings, usage string) {
		data, err := Read(files(map[string]string{"bookings.csv": bookings, "usage.csv": usage}))
		if err != nil {
			return
		}
		for _, b := range data.bookings {
			if !b.v.StartsAt.Before(b.v.EndsAt) {
				t.Errorf("accepted a booking from %s to %s", b.v.StartsAt, b.v.EndsAt)
			}
		}
	})
}
