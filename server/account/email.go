package account

import (
	"net/mail"
	"strings"
)

// maxEmailBytes is what a mail server must take.
const maxEmailBytes = 254

// ValidEmail reports whether the text is a plain mail address, without a name or a comment, that every mail server takes.
func ValidEmail(text string) bool {
	if len(text) > maxEmailBytes || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return false
	}
	parsed, err := mail.ParseAddress(text)
	return err == nil && parsed.Name == "" && parsed.Address == text
}
