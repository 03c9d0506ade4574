package csvtext_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/labtide/labtide/server/csvtext"
)

const table = "code,name_zh\r\nplc,可编程控制器实训台，第三组\r\ncnc,数控机床\r\n"

func gb18030(t testing.TB, text string) string {
	t.Helper()
	out, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func read(t testing.TB, file io.Reader) string {
	t.Helper()
	r, err := csvtext.Reader(file)
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestAFileIsTheSameTextHoweverASpreadsheetSavedIt(t *testing.T) {
	for name, saved := range map[string]string{
		"UTF-8": table, "UTF-8 with a mark": "\ufeff" + table, "GBK": gb18030(t, table),
	} {
		if got := read(t, strings.NewReader(saved)); got != table {
			t.Errorf("%s: %q", name, got)
		}
		if got := read(t, iotest.OneByteReader(strings.NewReader(saved))); got != table { // cannot go back
			t.Errorf("%s as a stream: %q", name, got)
		}
	}
	rare := table + "x,𠮷野\r\n" // four bytes in GB18030
	if got := read(t, strings.NewReader(gb18030(t, rare))); got != rare {
		t.Errorf("%q", got)
	}
	late := strings.Repeat("a,b\n", 50_000) + "plc,机床\n"
	if got := read(t, strings.NewReader(gb18030(t, late))); got != late {
		t.Errorf("Chinese at the end of a long file is read as %q", got[len(got)-20:])
	}
}

func TestAFewLettersThatWouldBeUTF8TooAreTakenForWhatPeopleWrite(t *testing.T) {
	for _, text := range []string{"实训台", "一"} {
		if got := read(t, strings.NewReader("kind\n"+gb18030(t, text)+"\n")); got != "kind\n"+text+"\n" {
			t.Errorf("%s is read as %q", text, got)
		}
	}
	for _, text := range []string{"Mäkinen, Järvelä", "Ελένη", "Лаборатория", "José"} {
		if got := read(t, strings.NewReader(text)); got != text {
			t.Errorf("%s is read as %q", text, got)
		}
	}
}

func TestATextWithOneLetterCutInTwoIsNotTakenForChinese(t *testing.T) {
	cut := strings.Replace(table, "机床", "机\xe5\xba", 1)
	if got := read(t, strings.NewReader(cut)); got != cut {
		t.Errorf("%q", got)
	}
}

func TestWhatIsNeitherComesAsItIs(t *testing.T) {
	for _, file := range []string{"", "a", "\xff\xfe\x00", "plc,\xff\n", "name\nM\xe4kinen\nJos\xe9 Mu\xf1oz\n"} {
		if got := read(t, strings.NewReader(file)); got != file {
			t.Errorf("%q became %q", file, got)
		}
	}
}

func TestAFileThatCannotBeReadIsSaid(t *testing.T) {
	if _, err := csvtext.Reader(iotest.ErrReader(io.ErrUnexpectedEOF)); err == nil {
		t.Error("accepted")
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(table))
	f.Add([]byte(gb18030(f, table)))
	f.Add([]byte("\ufeff\xff\xfe"))
	f.Fuzz(func(t *testing.T, file []byte) {
		got := read(t, bytes.NewReader(file))
		switch {
		case utf8.Valid(file) && bytes.HasPrefix(file, []byte("\ufeff")) && got != strings.TrimPrefix(string(file), "\ufeff"):
			t.Errorf("%q became %q", file, got)
		case !utf8.ValidString(got) && got != strings.TrimPrefix(string(file), "\ufeff"):
			t.Errorf("%q became %q, which is neither text nor what was there", file, got)
		}
	})
}
