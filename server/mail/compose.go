package mail

import (
	"fmt"
	netmail "net/mail"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// compose builds the mail. An address or a header that cannot be sent is an error.
func (s *Sender) compose(m Message) (*gomail.Msg, error) {
	if !ValidAddress(m.To) {
		return nil, fmt.Errorf("%q is no mail address", m.To)
	}
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	message.FromMailAddress(s.from)
	message.AddToMailAddress(&netmail.Address{Name: oneLine(m.Name), Address: m.To})
	message.Subject(oneLine(m.Subject))
	message.SetDate()
	message.SetMessageIDWithValue(m.ID + "@" + s.domain)
	// Tells other programs not to answer: out-of-office notes to a machine help nobody.
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		message.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	if len(m.Calendar) > 0 {
		kind := gomail.ContentType("text/calendar; method=" + m.Method)
		message.AddAlternativeString(kind, string(m.Calendar), gomail.WithPartEncoding(gomail.EncodingB64))
	}
	return message, nil
}

// maxAddressBytes is the longest path of RFC 5321, less its angle brackets.
const maxAddressBytes = 254

// ValidAddress reports whether the text is a plain mail address such as li.wei@school.example: no name, no comment, and
// nothing that only some servers take.
func ValidAddress(text string) bool {
	if len(text) > maxAddressBytes || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return false
	}
	parsed, err := netmail.ParseAddress(text)
	return err == nil && parsed.Name == "" && parsed.Address == text
}

// oneLine makes a header of a text: no line may end in it.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
