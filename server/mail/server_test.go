package mail_test

import (
	"bufio"
	"crypto/tls"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
)

// server speaks as much SMTP as a sender needs, on a port of this machine.
type server struct {
	// answers are given instead of the usual ones, by command: "RCPT", "DATA", ".", "AUTH", "greeting".
	answers  map[string]string
	secured  *tls.Config   // nil: no STARTTLS
	implicit bool          // encrypted from the first byte
	login    bool          // offers AUTH PLAIN
	hang     chan struct{} // not nil: a recipient is answered when it is closed
	reached  chan struct{} // closed when a recipient waits for that

	mu       sync.Mutex
	taken    []envelope
	commands []string

	port int
}

// envelope is one mail as it came.
type envelope struct {
	from, to string
	data     string
	secure   bool
}

func start(t *testing.T, s *server) *server {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = listener.Addr().(*net.TCPAddr).Port
	var open sync.WaitGroup
	t.Cleanup(func() { _ = listener.Close(); open.Wait() })
	open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if s.implicit {
				conn = tls.Server(conn, s.secured)
			}
			open.Go(func() { s.serve(conn) })
		}
	})
	return s
}

func (s *server) mails() []envelope {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]envelope(nil), s.taken...)
}

func (s *server) heard(command string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.commands {
		if strings.HasPrefix(c, command) {
			return true
		}
	}
	return false
}

func (s *server) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	text := textproto.NewConn(conn)
	say := func(command, usual string) {
		if special, ok := s.answers[command]; ok {
			usual = special
		}
		_ = text.PrintfLine("%s", usual)
	}
	say("greeting", "220 here")
	mail := envelope{secure: s.implicit}
	for {
		line, err := text.ReadLine()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.commands = append(s.commands, line)
		s.mu.Unlock()
		switch command, _, _ := strings.Cut(strings.ToUpper(line), " "); command {
		case "EHLO":
			_ = text.PrintfLine("250-here")
			if s.secured != nil && !mail.secure {
				_ = text.PrintfLine("250-STARTTLS")
			}
			if s.login {
				_ = text.PrintfLine("250-AUTH PLAIN")
			}
			_ = text.PrintfLine("250 8BITMIME")
		case "STARTTLS":
			say(command, "220 go")
			encrypted := tls.Server(conn, s.secured)
			text, mail.secure = textproto.NewConn(encrypted), true
		case "AUTH":
			say(command, "235 welcome")
		case "MAIL":
			mail.from = address(line)
			say(command, "250 ok")
		case "RCPT":
			if s.hang != nil {
				close(s.reached)
				<-s.hang
			}
			mail.to = address(line)
			say(command, "250 ok")
		case "DATA":
			if _, refused := s.answers["DATA"]; refused {
				say("DATA", "")
				continue
			}
			say(command, "354 go on")
			data, err := readDots(text.R)
			if err != nil {
				return
			}
			if _, refused := s.answers["."]; !refused {
				mail.data = data
				s.mu.Lock()
				s.taken = append(s.taken, mail)
				s.mu.Unlock()
			}
			say(".", "250 taken")
		case "QUIT":
			say(command, "221 bye")
			return
		default:
			say(command, "250 ok")
		}
	}
}

func readDots(r *bufio.Reader) (string, error) {
	lines, err := textproto.NewReader(r).ReadDotLines()
	return strings.Join(lines, "\r\n") + "\r\n", err
}

func address(line string) string {
	_, rest, _ := strings.Cut(line, "<")
	inner, _, _ := strings.Cut(rest, ">")
	return inner
}
