// Package csvtext reads CSV files as spreadsheets save them: in UTF-8, with or without a mark, or in GB18030 with its older
// part GBK, which Excel writes in China.
//
// It may not know what the files say. Invariant: what it gives is UTF-8 unless the file is neither; then it comes as it is,
// so that whoever reads the lines can say where.
package csvtext

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// mark is what spreadsheets put before UTF-8.
const mark = "\ufeff"

// Reader gives the text of a file without its mark. It looks at the whole file first, so one that can go back is read twice,
// and another one is held in memory.
func Reader(file io.Reader) (io.Reader, error) {
	back, ok := file.(io.ReadSeeker)
	if !ok {
		data, err := io.ReadAll(file)
		if err != nil {
			return nil, err
		}
		back = bytes.NewReader(data)
	}
	chinese, err := isGB18030(back)
	if err != nil {
		return nil, err
	}
	if chinese {
		return simplifiedchinese.GB18030.NewDecoder().Reader(back), nil
	}
	text := bufio.NewReader(back)
	if start, _ := text.Peek(len(mark)); string(start) == mark { // a shorter file has none
		_, err = text.Discard(len(mark))
	}
	return text, err
}

// isGB18030 reports whether the file is GB18030, and goes back to its start.
func isGB18030(file io.ReadSeeker) (bool, error) {
	start, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return false, fmt.Errorf("look at the file: %w", err)
	}
	back := func() error { _, err := file.Seek(start, io.SeekStart); return err }
	asUTF8, err := runes(file)
	if err = errors.Join(err, back()); err != nil {
		return false, err
	}
	// A UTF-8 file of which one letter was cut in two is still one: read as Chinese it would be full of wrong characters.
	// Letters of two bytes say little: 实训台 in GBK could be such, if of scripts that nobody's names are in.
	if asUTF8.marked || asUTF8.wide > asUTF8.broken || asUTF8.broken == 0 && asUTF8.odd <= asUTF8.usual {
		return false, nil
	}
	high, low, err := pairs(file)
	if err = errors.Join(err, back()); err != nil || low > high {
		return false, err // what is left is the Western Windows: there letters with accents stand between plain ones
	}
	chinese, err := runes(simplifiedchinese.GB18030.NewDecoder().Reader(file))
	return chinese.broken == 0, errors.Join(err, back())
}

// seen is what a file holds when it is read as UTF-8.
type seen struct {
	wide   int // letters of three bytes and more
	usual  int // letters of two bytes: Latin, Greek, Cyrillic, Hebrew, Arabic
	odd    int // others of two bytes
	broken int // what is no letter; the replacement character says that something was lost before
	marked bool
}

func runes(r io.Reader) (out seen, err error) {
	text := bufio.NewReader(r)
	start, _ := text.Peek(len(mark))
	out.marked = string(start) == mark
	for {
		letter, size, err := text.ReadRune()
		switch {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return out, err
		case letter == utf8.RuneError:
			out.broken++
		case size > 2:
			out.wide++
		case size == 2 && usual(letter):
			out.usual++
		case size == 2:
			out.odd++
		}
	}
}

func usual(letter rune) bool {
	return letter < 0x180 || letter >= 0x391 && letter <= 0x3c9 || letter >= 0x400 && letter < 0x460 || letter >= 0x590 && letter < 0x700
}

// pairs counts the pairs of bytes that would be Chinese, by their second byte: above ASCII, as in nearly all that people
// write, or within.
func pairs(r io.Reader) (high, low int, err error) {
	text := bufio.NewReader(r)
	lead := false
	for {
		b, err := text.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			return high, low, nil
		case err != nil:
			return high, low, err
		case lead && b >= 0x80:
			high, lead = high+1, false
		case lead:
			low, lead = low+1, false
		default:
			lead = b >= 0x80
		}
	}
}

// Sound reports whether a field is text that can be kept: UTF-8 without NUL.
func Sound(field string) bool { return utf8.ValidString(field) && !strings.ContainsRune(field, 0) }
