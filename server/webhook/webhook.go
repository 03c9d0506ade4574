// Package webhook posts what happened to the addresses that a school names: signed JSON for programs, and the shapes
// that the group robots of WeCom (企业微信) and DingTalk (钉钉) take.
//
// It knows one request and its answer, and may not know what is told, who subscribes, or when it is tried again.
// Invariant: a target inside the school's own network is refused unless the settings allow that network, whatever name
// it goes by, and no redirect leads anywhere.
package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// Shape is the form of the request.
type Shape string

// The shapes.
const (
	ShapeLabtide   Shape = "labtide"    // ours: signed JSON
	ShapeWeCom     Shape = "wecom"      // a WeCom group robot, in its markdown
	ShapeWeComText Shape = "wecom_text" // the same in plain text, which WeChat shows, too
	ShapeDingTalk  Shape = "dingtalk"   // a DingTalk custom robot; Secret is the robot's, for signing
)

// Shapes gives every shape.
func Shapes() []Shape { return []Shape{ShapeLabtide, ShapeWeCom, ShapeWeComText, ShapeDingTalk} }

// Target is where a message goes. A URL may be a secret itself: it is in no error.
type Target struct {
	URL    string
	Secret string
	Shape  Shape
}

// Message is what is told.
type Message struct {
	Delivery string // the same whenever this message is sent again
	Event    string
	Body     []byte // JSON, for programs
	Title    string // for people, as are the following
	Lines    []string
	Link     string // where to see more; optional
	LinkText string
}

// Class says what to do about a failure.
type Class string

// The classes.
const (
	Temporary Class = "temporary" // try again
	Permanent Class = "permanent" // this message will never be taken
	Gone      Class = "gone"      // nothing will ever be taken: the target wants no more
)

// Code says why a message was not taken; the words for people are the dashboard's.
type Code string

// The codes.
const (
	CodeAddress       Code = "address_wrong"      // the target's
	CodePrivate       Code = "target_private"     // inside; the detail is its address
	CodeUnreachable   Code = "target_unreachable" // the detail says why, as the network did
	CodeSilent        Code = "target_silent"      // no answer in time
	CodeBroken        Code = "answer_broken"
	CodeRedirects     Code = "target_redirects" // the detail of this and the next three is the status
	CodeGone          Code = "target_gone"
	CodeBusy          Code = "target_busy"
	CodeRefused       Code = "target_refused"
	CodeNoRobot       Code = "robot_none"     // whatever answered is no robot
	CodeRobotUnknown  Code = "robot_unknown"  // its key is wrong; the detail of this and the next three is the robot's code and words
	CodeRobotSecurity Code = "robot_security" // its own settings refuse: keywords, signature, addresses
	CodeRobotBusy     Code = "robot_busy"
	CodeRobotRefused  Code = "robot_refused"
)

// Error is a message that was not taken.
type Error struct {
	Class      Class
	Code       Code
	Detail     string        // what the code leaves open, in no language; may be empty
	Status     int           // of the answer; 0: there was none
	RetryAfter time.Duration // what the target asked for; 0: nothing
	Err        error
}

func (e *Error) Error() string { return "post the webhook: " + e.Err.Error() }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Config is how to reach out.
type Config struct {
	Timeout time.Duration // of a whole request
	// AllowPrivate are networks that may be reached though they are this machine's, link-local or private.
	AllowPrivate []netip.Prefix
}

// maxAnswerBytes is how much of an answer is read: a robot's is one line.
const maxAnswerBytes = 8 << 10

// Poster posts messages.
type Poster struct {
	client *http.Client
	now    func() time.Time
}

// New makes a poster.
func New(cfg Config, now func() time.Time) *Poster {
	dialer := &net.Dialer{Timeout: cfg.Timeout, ControlContext: guard(cfg.AllowPrivate)}
	return &Poster{now: now, client: &http.Client{
		Timeout: cfg.Timeout,
		Transport: &http.Transport{
			// No proxy of the environment: it would look up the name itself, and our guard would see only the proxy.
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute,
			TLSHandshakeTimeout: cfg.Timeout, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Post returns when the target has taken the message, or has not. The error is an *Error.
func (p *Poster) Post(ctx context.Context, t Target, m Message) error {
	request, err := p.request(ctx, t, m)
	if err != nil {
		return &Error{Class: Permanent, Code: CodeAddress, Err: err}
	}
	response, err := p.client.Do(request)
	if err != nil {
		return unreachable(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes))
	if err != nil {
		return &Error{Class: Temporary, Code: CodeBroken, Status: response.StatusCode, Err: errors.New("the answer broke off")}
	}
	if fault := p.classify(response); fault != nil {
		return fault
	}
	if t.Shape == ShapeLabtide {
		return nil
	}
	return robotAnswer(t.Shape, response.StatusCode, answer)
}

func (p *Poster) request(ctx context.Context, t Target, m Message) (*http.Request, error) {
	if err := CheckURL(t.URL); err != nil {
		return nil, err
	}
	now := p.now()
	address, body := t.URL, m.Body
	switch t.Shape {
	case ShapeLabtide:
	case ShapeWeCom:
		body = weCom(m)
	case ShapeWeComText:
		body = weComText(m)
	case ShapeDingTalk:
		address, body = dingTalkURL(t.URL, t.Secret, now), dingTalk(m)
	default:
		return nil, fmt.Errorf("the shape %q is not known", t.Shape)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(string(body)))
	if err != nil {
		return nil, errors.New("the address is none")
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("User-Agent", "Labtide")
	if t.Shape == ShapeLabtide {
		request.Header.Set("Labtide-Event", m.Event)
		request.Header.Set("Labtide-Delivery", m.Delivery)
		request.Header.Set("Labtide-Signature", Sign(t.Secret, now, body))
	}
	return request, nil
}
