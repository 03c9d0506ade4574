package app

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/labtide/labtide/agent/config"
	"github.com/labtide/labtide/agent/outbox"
	"github.com/labtide/labtide/agent/wire"
)

// Credentials are what enrolment gave this device. Its id is its user name at the broker.
type Credentials struct {
	Server   string `json:"server"`
	Device   string `json:"device"`
	Broker   string `json:"broker"`
	Username string `json:"username"`
	Password string `json:"password"`
	CA       string `json:"ca"`
}

// ErrNotEnrolled says that the data folder holds no credentials.
var ErrNotEnrolled = errors.New("this computer is not enrolled yet")

const credentialsFile = "credentials.json"

// ReadCredentials reads the credentials from the data folder.
func ReadCredentials(data string) (Credentials, error) {
	path := filepath.Join(data, credentialsFile)
	content, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return Credentials{}, fmt.Errorf("%w (there is no %s); get a one-time code from the dashboard and run: "+
			"agent enroll -server URL -code CODE", ErrNotEnrolled, path)
	}
	if err != nil {
		return Credentials{}, fmt.Errorf("read the credentials: %w", err)
	}
	var c Credentials
	if err := json.Unmarshal(content, &c); err != nil {
		return Credentials{}, fmt.Errorf("%s is damaged; enroll again with -replace: %w", path, err)
	}
	if err := c.check(); err != nil {
		return Credentials{}, fmt.Errorf("%s is damaged; enroll again with -replace: %w", path, err)
	}
	return c, nil
}

func (c Credentials) check() error {
	switch {
	case !wire.ValidDevice(c.Device):
		return fmt.Errorf("%q is no device id", c.Device)
	case c.Username == "" || c.Password == "":
		return errors.New("the user name or the password is missing")
	}
	return config.CheckBroker(c.Broker)
}

// Enrolment is one trade of a one-time code for credentials.
type Enrolment struct {
	Server  string // its URL
	Code    string
	CA      []byte // PEM; empty trusts the system's certificates
	Data    string // the folder to write to
	Replace bool   // credentials that are already there
}

// Enroll trades the code and writes the credentials into the data folder. The code is only spent when they can be
// written. Errors are sentences for people.
func Enroll(ctx context.Context, e Enrolment) (Credentials, error) {
	claim, err := e.url()
	if err != nil {
		return Credentials{}, err
	}
	if old, err := ReadCredentials(e.Data); !e.Replace && !errors.Is(err, ErrNotEnrolled) {
		if err != nil {
			return Credentials{}, err
		}
		return Credentials{}, fmt.Errorf("this computer is already enrolled as %s; to make it another device, stop the agent and add -replace", old.Device)
	}
	if err := os.MkdirAll(e.Data, 0o700); err != nil {
		return Credentials{}, fmt.Errorf("make the data folder: %w", err)
	}
	path := filepath.Join(e.Data, credentialsFile)
	if err := outbox.WriteFile(path+".test", nil); err != nil {
		return Credentials{}, fmt.Errorf("nothing can be written into %s, so the code was not used: %w", e.Data, err)
	}
	if err := os.Remove(path + ".test"); err != nil {
		return Credentials{}, fmt.Errorf("clean up %s: %w", e.Data, err)
	}
	credentials, err := e.post(ctx, claim)
	if err != nil {
		return Credentials{}, err
	}
	content, err := json.MarshalIndent(credentials, "", "  ")
	if err == nil {
		err = outbox.WriteFile(path, append(content, '\n'))
	}
	if err != nil {
		return Credentials{}, fmt.Errorf("write the credentials: %w", err)
	}
	return credentials, nil
}

func (e Enrolment) url() (string, error) {
	u, err := url.Parse(e.Server)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("%q is no server's address; write http://host:8080 or https://host", e.Server)
	}
	return u.JoinPath("/api/v1/enrollments/claim").String(), nil
}

// claimTimeout bounds the whole conversation with the server; maxAnswer bounds its answer.
const (
	claimTimeout = 20 * time.Second
	maxAnswer    = 256 << 10
)

func (e Enrolment) post(ctx context.Context, claim string) (Credentials, error) {
	ctx, cancel := context.WithTimeout(ctx, claimTimeout)
	defer cancel()
	body, err := json.Marshal(map[string]string{"code": strings.TrimSpace(e.Code)})
	if err != nil {
		return Credentials{}, fmt.Errorf("write the request: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, claim, bytes.NewReader(body))
	if err != nil {
		return Credentials{}, fmt.Errorf("write the request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	status, answer, err := e.exchange(ctx, request)
	if err != nil {
		return Credentials{}, err
	}
	if status/100 != 2 {
		return Credentials{}, problem(status, answer)
	}
	credentials := Credentials{}
	if err := json.Unmarshal(answer, &credentials); err != nil {
		return Credentials{}, fmt.Errorf("%s does not answer like a Labtide server: %w", e.Server, err)
	}
	credentials.Server = e.Server
	if err := credentials.check(); err != nil {
		return Credentials{}, fmt.Errorf("%s does not answer like a Labtide server: %w", e.Server, err)
	}
	return credentials, nil
}

// exchange sends one request over a connection of its own. It does without http.Client, whose transport would be a
// twentieth of the whole agent for a request in its life; it follows no redirect, as a code is for the named server.
func (e Enrolment) exchange(ctx context.Context, request *http.Request) (status int, answer []byte, err error) {
	conn, err := e.dial(ctx, request.URL)
	if err != nil {
		return 0, nil, fmt.Errorf("the server cannot be reached: %w", err)
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return 0, nil, fmt.Errorf("the server cannot be reached: %w", err)
		}
	}
	request.Close = true
	if err := request.Write(conn); err != nil {
		return 0, nil, fmt.Errorf("ask the server: %w", err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), request)
	if err != nil {
		return 0, nil, fmt.Errorf("%s does not answer like a web server: %w", e.Server, err)
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return 0, nil, fmt.Errorf("read the server's answer: %w", err)
	}
	return response.StatusCode, answer, nil
}

func (e Enrolment) dial(ctx context.Context, u *url.URL) (net.Conn, error) {
	port := u.Port()
	if u.Scheme == "http" {
		return new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(port, "80")))
	}
	dialer := tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}}
	if len(e.CA) > 0 {
		dialer.Config.RootCAs = x509.NewCertPool()
		if !dialer.Config.RootCAs.AppendCertsFromPEM(e.CA) {
			return nil, errors.New("-ca: the file holds no certificate in PEM form")
		}
	}
	return dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(port, "443")))
}

// problem turns an application/problem+json answer into one sentence.
func problem(status int, answer []byte) error {
	var p struct {
		Title  string `json:"title"`
		Detail string `json:"detail"`
		Code   string `json:"code"`
	}
	if json.Unmarshal(answer, &p) != nil || p.Title == "" && p.Detail == "" {
		return fmt.Errorf("the server answers %d %s; is this the address of a Labtide server?", status, http.StatusText(status))
	}
	sentence := p.Detail
	if sentence == "" {
		sentence = p.Title
	}
	if p.Code != "" {
		return fmt.Errorf("the server says no: %s (%s)", sentence, p.Code)
	}
	return fmt.Errorf("the server says no: %s", sentence)
}
