package mail

import (
	"errors"
	"slices"

	"github.com/wneessen/go-mail/smtp"
)

// errNoAuth is for a server that takes no mechanism which we speak.
var errNoAuth = errors.New("the server offers neither SCRAM-SHA-256 nor PLAIN nor LOGIN nor CRAM-MD5")

// chosen picks the mechanism when the server has said which it takes. The library's own choice does not see that the
// connection which we opened is encrypted; PLAIN and LOGIN do, and refuse one that is not, but to this machine.
type chosen struct {
	smtp.Auth
	username, password, host string
}

// Start picks.
func (c *chosen) Start(server *smtp.ServerInfo) (mechanism string, answer []byte, err error) {
	for _, m := range []struct {
		name string
		auth smtp.Auth
	}{
		{"SCRAM-SHA-256", smtp.ScramSHA256Auth(c.username, c.password)},
		{"PLAIN", smtp.PlainAuth("", c.username, c.password, c.host, false)},
		{"LOGIN", smtp.LoginAuth(c.username, c.password, c.host, false)},
		{"CRAM-MD5", smtp.CRAMMD5Auth(c.username, c.password)},
	} {
		if slices.Contains(server.Auth, m.name) {
			c.Auth = m.auth
			return m.auth.Start(server)
		}
	}
	return "", nil, errNoAuth
}
