package wire

import (
	"slices"
	"time"
	"unicode/utf8"
)

// Level is how urgent a notice is.
type Level string

// The levels of a notice.
const (
	LevelInfo Level = "info"
	LevelWarn Level = "warn"
)

// Bounds of a notice's texts, in bytes and languages.
const (
	MaxTitleBytes = 240
	MaxBodyBytes  = 2000
	maxLanguages  = 16
)

// Text is one text in several languages, keyed by BCP 47 tags such as en and zh-CN.
type Text map[string]string

// In returns the text in the language, else in English, else in the first language by name, else "".
func (t Text) In(language string) string {
	for _, tag := range []string{language, "en"} {
		if s, ok := t[tag]; ok {
			return s
		}
	}
	first := ""
	for tag := range t {
		if first == "" || tag < first {
			first = tag
		}
	}
	return t[first]
}

// Notice is a message for the person at the station. The same ID is the same notice sent again.
type Notice struct {
	Version   int       `json:"version"`
	ID        string    `json:"id"`
	Level     Level     `json:"level"`
	Title     Text      `json:"title"`
	Body      Text      `json:"body,omitempty"`
	ExpiresAt time.Time `json:"expires_at"`
}

// DecodeNotice reads a notice. The error is an *Error.
func DecodeNotice(payload []byte) (Notice, error) {
	var n Notice
	if err := unmarshal(payload, &n); err != nil {
		return Notice{}, err
	}
	if err := n.check(); err != nil {
		return Notice{}, err
	}
	n.ExpiresAt = n.ExpiresAt.UTC()
	return n, nil
}

// EncodeNotice writes a notice of this version; ExpiresAt loses its fraction of a second. The error is an *Error.
func EncodeNotice(n Notice) ([]byte, error) {
	n.Version = Version
	n.ExpiresAt = n.ExpiresAt.UTC().Truncate(time.Second)
	if err := n.check(); err != nil {
		return nil, err
	}
	return marshal(n)
}

func (n *Notice) check() error {
	if err := checkVersion(n.Version); err != nil {
		return err
	}
	switch {
	case len(n.ID) < 1 || len(n.ID) > 64:
		return faultf(CodeBadField, "the id of a notice has 1 to 64 bytes")
	case !slices.Contains([]Level{LevelInfo, LevelWarn}, n.Level):
		return faultf(CodeBadField, "the level of a notice is info or warn")
	case len(n.Title) < 1:
		return faultf(CodeBadField, "a notice needs a title")
	case !inEra(n.ExpiresAt):
		return faultf(CodeBadField, "expires_at is missing or out of bounds")
	}
	if err := checkText("title", n.Title, MaxTitleBytes); err != nil {
		return err
	}
	return checkText("body", n.Body, MaxBodyBytes)
}

func checkText(field string, text Text, maxBytes int) error {
	if len(text) > maxLanguages {
		return faultf(CodeBadField, "%s has more than %d languages", field, maxLanguages)
	}
	for tag, s := range text {
		if len(tag) < 2 || len(tag) > 35 {
			return faultf(CodeBadField, "%s has a language that is no tag such as zh-CN", field)
		}
		if s == "" || len(s) > maxBytes || !utf8.ValidString(s) {
			return faultf(CodeBadField, "%s is empty, longer than %d bytes, or not UTF-8", field, maxBytes)
		}
	}
	return nil
}
