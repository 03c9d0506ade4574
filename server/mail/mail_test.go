package mail_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http/httptest"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/mail"
)

func sender(t *testing.T, s *server, change ...func(*mail.Config)) *mail.Sender {
	t.Helper()
	cfg := mail.Config{Host: "127.0.0.1", Port: s.port, From: "实训中心 <labs@school.example>", TLS: mail.TLSNone, Timeout: time.Minute}
	for _, c := range change {
		c(&cfg)
	}
	made, err := mail.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func toLi() mail.Message {
	return mail.Message{ID: "delivery-1", To: "li.wei@school.example", Name: "李伟", Subject: "预约已取消:PLC-07", Text: "您好,李伟:\n工位 PLC-07 明天停用。\n"}
}

func TestChineseComesThroughInSubjectAndBody(t *testing.T) {
	s := start(t, &server{})
	if err := sender(t, s).Send(t.Context(), toLi()); err != nil {
		t.Fatal(err)
	}
	got := s.mails()
	if len(got) != 1 || got[0].from != "labs@school.example" || got[0].to != "li.wei@school.example" {
		t.Fatalf("the server took %+v", got)
	}
	m := parse(t, got[0].data)
	words := new(mime.WordDecoder)
	if subject, err := words.DecodeHeader(m.Header.Get("Subject")); err != nil || subject != "预约已取消:PLC-07" {
		t.Errorf("subject %q, %v", subject, err)
	}
	if from, err := m.Header.AddressList("From"); err != nil || from[0].Name != "实训中心" {
		t.Errorf("from %v, %v", from, err)
	}
	if to, err := m.Header.AddressList("To"); err != nil || to[0].Name != "李伟" || to[0].Address != "li.wei@school.example" {
		t.Errorf("to %v, %v", to, err)
	}
	if kind, text := part(t, m.Header, m.Body); kind != "text/plain" || text != toLi().Text {
		t.Errorf("%s %q", kind, text)
	}
	if _, err := m.Header.Date(); err != nil || m.Header.Get("Message-Id") != "<delivery-1@school.example>" || m.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("headers %v, %v", m.Header, err)
	}
}

func TestAnInvitationIsAnAlternativeToTheText(t *testing.T) {
	s := start(t, &server{})
	m := toLi()
	m.HTML, m.Calendar, m.Method = "<p>您好</p>", []byte("BEGIN:VCALENDAR\r\nSUMMARY:工位\r\nEND:VCALENDAR\r\n"), "REQUEST"
	if err := sender(t, s).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	parsed := parse(t, s.mails()[0].data)
	kind, params, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	var kinds []string
	for reader := multipart.NewReader(parsed.Body, params["boundary"]); ; {
		p, err := reader.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		kind, text := part(t, netmail.Header(p.Header), p)
		kinds = append(kinds, kind)
		if kind == "text/calendar" {
			if _, params, _ := mime.ParseMediaType(p.Header.Get("Content-Type")); params["method"] != "REQUEST" || text != string(m.Calendar) {
				t.Errorf("%v %q", params, text)
			}
		}
	}
	if strings.Join(kinds, " ") != "text/plain text/html text/calendar" {
		t.Errorf("parts %v", kinds)
	}
}

func TestNoHeaderCanBeSmuggledIn(t *testing.T) {
	s := start(t, &server{})
	m := toLi()
	m.Subject, m.Name = "one\r\nBcc: all@school.example", "Li\r\nBcc: all@school.example"
	if err := sender(t, s).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if parse(t, s.mails()[0].data).Header.Get("Bcc") != "" {
		t.Error("a line of the subject became a header")
	}
}

func TestAnAnswerAboutTheRecipientOrTheContentIsFinalWhenTheServerSaysSo(t *testing.T) {
	for _, test := range []struct {
		name, command, answer string
		permanent             bool
		code                  int
	}{
		{"no such mailbox", "RCPT", "550 5.1.1 no such user", true, 550},
		{"grey listed", "RCPT", "451 4.7.1 come back later", false, 451},
		{"content refused", ".", "554 5.7.1 looks like spam", true, 554},
		{"disk full", ".", "452 4.3.1 no room", false, 452},
		{"data refused", "DATA", "552 5.3.4 too big", true, 552},
		// An administrator mends these: the mail is not at fault.
		{"sender not allowed", "MAIL", "530 5.7.0 authenticate first", false, 530},
		{"server busy", "greeting", "421 too many connections", false, 0},
		{"server closed to us", "greeting", "554 go away", false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, &server{answers: map[string]string{test.command: test.answer}})
			wantFault(t, sender(t, s).Send(t.Context(), toLi()), test.permanent, test.code)
			if len(s.mails()) != 0 {
				t.Error("it was taken all the same")
			}
		})
	}
}

func TestAnAddressThatIsNoneIsFinalAndAsksNoServer(t *testing.T) {
	s := start(t, &server{})
	for _, to := range []string{"", "li", "Li <li@school.example>", "li@school.example\r\nRCPT TO:<x@y>", "李@school.example", strings.Repeat("a", 250) + "@b.cn"} {
		m := toLi()
		m.To = to
		wantFault(t, sender(t, s).Send(t.Context(), m), true, 0)
	}
	if s.heard("EHLO") {
		t.Error("the server was asked")
	}
}

func TestAServerThatIsNotThereIsTemporary(t *testing.T) {
	s := start(t, &server{})
	err := sender(t, s, func(c *mail.Config) { c.Port = 1 }).Send(t.Context(), toLi())
	wantFault(t, err, false, 0)
}

func TestACancelledSendEndsThoughTheServerHangs(t *testing.T) {
	s := start(t, &server{hang: make(chan struct{}), reached: make(chan struct{})})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- sender(t, s).Send(ctx, toLi()) }()
	select {
	case <-s.reached:
	case err := <-ended:
		t.Fatalf("ended early: %v", err)
	}
	cancel()
	err := <-ended
	close(s.hang)
	if wantFault(t, err, false, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestTheConnectionIsEncryptedWhenItMustBe(t *testing.T) {
	secured, roots := certificate(t)
	for _, test := range []struct {
		name string
		s    *server
		tls  string
	}{
		{"starttls", &server{secured: secured, login: true}, mail.TLSStart},
		{"tls", &server{secured: secured, implicit: true, login: true}, mail.TLSFull},
	} {
		t.Run(test.name, func(t *testing.T) {
			start(t, test.s)
			err := sender(t, test.s, func(c *mail.Config) {
				c.TLS, c.Roots, c.Username, c.Password = test.tls, roots, "labtide", "秘密 hush"
			}).Send(t.Context(), toLi())
			if err != nil {
				t.Fatal(err)
			}
			if got := test.s.mails(); len(got) != 1 || !got[0].secure {
				t.Errorf("got %+v", got)
			}
			if !test.s.heard("AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00labtide\x00秘密 hush"))) {
				t.Error("no password was given")
			}
		})
	}
}

func TestNothingIsSentWhereEncryptionIsWantedAndNotOffered(t *testing.T) {
	s := start(t, &server{login: true})
	err := sender(t, s, func(c *mail.Config) { c.TLS, c.Username, c.Password = mail.TLSStart, "labtide", "hush" }).Send(t.Context(), toLi())
	wantFault(t, err, false, 0)
	if s.heard("AUTH") || s.heard("MAIL") {
		t.Error("it spoke over a plain connection")
	}
}

func TestAWrongPasswordIsForTheAdministratorToMend(t *testing.T) {
	secured, roots := certificate(t)
	s := start(t, &server{secured: secured, login: true, answers: map[string]string{"AUTH": "535 5.7.8 no"}})
	err := sender(t, s, func(c *mail.Config) {
		c.TLS, c.Roots, c.Username, c.Password = mail.TLSStart, roots, "labtide", "wrong"
	}).Send(t.Context(), toLi())
	wantFault(t, err, false, 0)
	if strings.Contains(err.Error(), "wrong") {
		t.Error("the password is in the error")
	}
}

func TestWrongSettingsAreToldAtOnce(t *testing.T) {
	for _, cfg := range []mail.Config{
		{Host: "mail.example", Port: 25, From: "nobody", TLS: mail.TLSNone, Timeout: time.Second},
		{Host: "", Port: 25, From: "a@b.cn", TLS: mail.TLSNone, Timeout: time.Second},
		{Host: "mail.example", Port: 25, From: "a@b.cn", TLS: mail.TLSNone},
	} {
		if _, err := mail.New(cfg); err == nil {
			t.Errorf("%+v passed", cfg)
		}
	}
}

func wantFault(t *testing.T, err error, permanent bool, code int) {
	t.Helper()
	var fault *mail.Error
	if !errors.As(err, &fault) || fault.Permanent != permanent || fault.Code != code {
		t.Errorf("got %#v (%v), want permanent %v, code %d", fault, err, permanent, code)
	}
}

func parse(t *testing.T, data string) *netmail.Message {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	return m
}

// part gives the media type and the decoded text.
func part(t *testing.T, header netmail.Header, body io.Reader) (kind, text string) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || !strings.EqualFold(params["charset"], "utf-8") {
		t.Errorf("content type %q, %v", header.Get("Content-Type"), err)
	}
	switch header.Get("Content-Transfer-Encoding") {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	decoded, err := io.ReadAll(body)
	if err != nil {
		t.Error(err)
	}
	if kind == "text/plain" {
		return kind, strings.ReplaceAll(string(decoded), "\r\n", "\n")
	}
	return kind, string(decoded)
}

// certificate gives one for 127.0.0.1 and who trusts it: that of the standard library's test server.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates, MinVersion: tls.VersionTLS12}, roots
}
