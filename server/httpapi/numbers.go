package httpapi

import (
	"bytes"
	"math"
	"strconv"
)

// largestWhole is up to where every whole number has its own float64.
const largestWhole = 1 << 53

// plainNumbers writes whole numbers of a JSON text without point and exponent: to JSON Schema 4.0 is an integer, to Go's
// decoder it is not. The text must be valid; strings stay as they are.
func plainNumbers(text []byte) []byte {
	var out []byte // nil while nothing has changed
	from := 0      // text before it is in out
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '"':
			i = afterString(text, i)
		case c == '-' || '0' <= c && c <= '9':
			end := i + 1
			for end < len(text) && bytes.IndexByte([]byte("+-.0123456789Ee"), text[end]) >= 0 {
				end++
			}
			if whole, ok := wholeNumber(text[i:end]); ok {
				out = append(append(out, text[from:i]...), whole...)
				from = end
			}
			i = end
		default:
			i++
		}
	}
	if out == nil {
		return text
	}
	return append(out, text[from:]...)
}

// afterString gives the place behind the string that begins at i.
func afterString(text []byte, i int) int {
	for i++; i < len(text) && text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// wholeNumber gives the plain form of a number that is whole and not written so.
func wholeNumber(number []byte) ([]byte, bool) {
	if !bytes.ContainsAny(number, ".eE") {
		return nil, false
	}
	f, err := strconv.ParseFloat(string(number), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > largestWhole {
		return nil, false
	}
	return strconv.AppendInt(nil, int64(f), 10), true
}
