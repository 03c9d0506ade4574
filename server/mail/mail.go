// Package mail sends mail by SMTP. It is the only importer of go-mail.
//
// It knows a message and a server, and may not know what is written about, to whom of the school, or why. Invariant: an
// error says whether it makes sense to try again, and Send returns soon after its context ends, whatever the server does.
package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// How the connection is encrypted.
const (
	TLSStart = "starttls" // plain, then encrypted; never sends anything over one that is not
	TLSFull  = "tls"      // encrypted from the first byte
	TLSNone  = "none"     // for a server on this machine
)

// Config is how to reach the server.
type Config struct {
	Host     string
	Port     int
	Username string // empty: no authentication
	Password string
	From     string // an address, or Name <address>
	TLS      string // one of the above
	Timeout  time.Duration
	Roots    *x509.CertPool // who may have signed the server's certificate; nil: the system's
}

// Message is one mail to one person.
type Message struct {
	ID      string // makes the Message-ID, the same whenever this message is sent again; printable ASCII without spaces
	To      string // an address
	Name    string // of the recipient
	Subject string
	Text    string
	HTML    string // optional, beside the text
	// Calendar is an iCalendar object to be shown as an invitation; Method is its METHOD, such as REQUEST or CANCEL.
	Calendar []byte
	Method   string
}

// Error is a mail that was not sent.
type Error struct {
	// Permanent: the server will say the same again. What an administrator may mend (a password, an unreachable
	// server, a sender it does not like) is temporary.
	Permanent bool
	Code      int // of the SMTP answer; 0: there was none
	Err       error
}

func (e *Error) Error() string { return "send mail: " + e.Err.Error() }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Sender sends by one server.
type Sender struct {
	cfg    Config
	from   *netmail.Address
	domain string // of the sender, for Message-IDs
}

// New checks the settings. It connects to nothing.
func New(cfg Config) (*Sender, error) {
	from, err := netmail.ParseAddress(cfg.From)
	if err != nil {
		return nil, fmt.Errorf("the sender %q is no mail address: %w", cfg.From, err)
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	s := &Sender{cfg: cfg, from: from, domain: domain}
	if _, err := s.client(context.Background(), &connection{}); err != nil {
		return nil, err
	}
	return s, nil
}

// Send returns when the server has taken the mail, or has not. The error is an *Error. Several may send at once: each
// has a connection of its own.
func (s *Sender) Send(ctx context.Context, m Message) error {
	message, err := s.compose(m)
	if err != nil {
		return &Error{Permanent: true, Err: err}
	}
	over := &connection{}
	defer over.close()
	client, err := s.client(ctx, over)
	if err != nil {
		return &Error{Err: err}
	}
	smtp, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return failed(ctx, err)
	}
	if err := client.SendWithSMTPClient(smtp, message); err != nil {
		return failed(ctx, err)
	}
	// The server has it. How the connection ends makes no difference to that.
	_ = client.CloseWithSMTPClient(smtp)
	return nil
}

// failed says what kind of failure it was: only an answer about the recipient or the content is final.
func failed(ctx context.Context, err error) *Error {
	if ctx.Err() != nil {
		return &Error{Err: ctx.Err()}
	}
	var refused *gomail.SendError
	if !errors.As(err, &refused) {
		return &Error{Err: err}
	}
	final := refused.Reason == gomail.ErrSMTPRcptTo || refused.Reason == gomail.ErrSMTPData || refused.Reason == gomail.ErrSMTPDataClose
	code := refused.ErrorCode()
	return &Error{Permanent: final && code >= 500, Code: code, Err: err}
}

func (s *Sender) client(ctx context.Context, over *connection) (*gomail.Client, error) {
	secured := &tls.Config{ServerName: s.cfg.Host, RootCAs: s.cfg.Roots, MinVersion: tls.VersionTLS12}
	options := []gomail.Option{
		gomail.WithPort(s.cfg.Port), gomail.WithTimeout(s.cfg.Timeout), gomail.WithTLSConfig(secured),
		gomail.WithDialContextFunc(func(dial context.Context, network, address string) (net.Conn, error) {
			return over.open(ctx, dial, network, address, s.cfg.TLS == TLSFull, secured)
		}),
	}
	switch s.cfg.TLS {
	case TLSStart:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case TLSFull:
		options = append(options, gomail.WithSSL())
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if s.cfg.Username != "" {
		options = append(options, gomail.WithSMTPAuthCustom(&chosen{username: s.cfg.Username, password: s.cfg.Password, host: s.cfg.Host}))
	}
	return gomail.NewClient(s.cfg.Host, options...)
}

// connection is the one of a mail. The library forgets it when the greeting fails, and does not look at the context
// once it is connected: so it is closed here.
type connection struct {
	conn net.Conn
	stop func() bool
}

func (c *connection) open(ctx, dial context.Context, network, address string, encrypted bool, secured *tls.Config) (net.Conn, error) {
	var err error
	if encrypted {
		c.conn, err = (&tls.Dialer{Config: secured}).DialContext(dial, network, address)
	} else {
		c.conn, err = (&net.Dialer{}).DialContext(dial, network, address)
	}
	if err != nil {
		return nil, err
	}
	conn := c.conn
	c.stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
	return conn, nil
}

func (c *connection) close() {
	if c.conn != nil {
		c.stop()
		_ = c.conn.Close()
	}
}
