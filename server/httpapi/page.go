package httpapi

import (
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/labtide/labtide/server/fault"
)

const defaultLimit = 100

// limitOf gives the page size that was asked for.
func limitOf(limit *Limit) int {
	if limit == nil {
		return defaultLimit
	}
	return int(*limit)
}

// cursor makes an opaque text of the place where a page ends. The first part names the list, so that the cursor of one list
// does not work in another.
func cursor(list string, place ...string) *string {
	raw := strings.Join(append([]string{list}, place...), "\x00")
	out := base64.RawURLEncoding.EncodeToString([]byte(raw))
	return &out
}

// place reads a cursor of that list with n parts; nil when there is none.
func place(list string, n int, c *Cursor) ([]string, error) {
	if c == nil {
		return nil, nil
	}
	unknown := fault.Rule("cursor_unknown", "this is not a cursor of this list; start again without one").On("cursor")
	raw, err := base64.RawURLEncoding.DecodeString(*c)
	if err != nil || !utf8.Valid(raw) {
		return nil, unknown
	}
	parts := strings.Split(string(raw), "\x00")
	if len(parts) != n+1 || parts[0] != list || strings.ContainsFunc(strings.Join(parts, ""), unicode.IsControl) {
		return nil, unknown
	}
	return parts[1:], nil
}
