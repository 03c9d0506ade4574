package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/labtide/labtide/server/webhook"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func now() time.Time { return time.Date(2026, 11, 23, 2, 0, 0, 5e8, time.UTC) }

func loopback() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}

func poster() *webhook.Poster {
	return webhook.New(webhook.Config{Timeout: 30 * time.Second, AllowPrivate: loopback()}, now)
}

func moved() webhook.Message {
	return webhook.Message{
		Delivery: "d-1", Event: "booking_moved_by_other", Body: []byte(`{"event":"booking_moved_by_other","station":"PLC-08"}`),
		Title: "预约已换工位:PLC-07 → PLC-08", Lines: []string{"2026年11月24日 周二 10:00–12:00", "原因:驱动器故障 [点我](http://bad.example) *急* <@all>"},
		Link: "https://labs.school.example/bookings?id=b-1", LinkText: "查看预约",
	}
}

// got is one request as the target saw it.
type got struct {
	header http.Header
	query  url.Values
	body   []byte
}

func target(t *testing.T, status int, answer string, header ...string) (address string, seen *[]got) {
	t.Helper()
	seen = &[]got{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*seen = append(*seen, got{r.Header, r.URL.Query(), body})
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return s.URL, seen
}

func TestASignedMessageCanBeVerifiedByItsReceiver(t *testing.T) {
	address, seen := target(t, 204, "")
	if err := poster().Post(t.Context(), webhook.Target{URL: address + "/hook", Secret: "hush", Shape: webhook.ShapeLabtide}, moved()); err != nil {
		t.Fatal(err)
	}
	r := (*seen)[0]
	if string(r.body) != string(moved().Body) || r.header.Get("Labtide-Event") != "booking_moved_by_other" || r.header.Get("Labtide-Delivery") != "d-1" {
		t.Errorf("got %s %v", r.body, r.header)
	}
	mac := hmac.New(sha256.New, []byte("hush"))
	fmt.Fprintf(mac, "%d.%s", now().Unix(), r.body)
	if want := fmt.Sprintf("t=%d,v1=%s", now().Unix(), hex.EncodeToString(mac.Sum(nil))); r.header.Get("Labtide-Signature") != want {
		t.Errorf("signature %q, want %q", r.header.Get("Labtide-Signature"), want)
	}
}

func TestTheSignatureStaysWhatReceiversHaveLearnt(t *testing.T) {
	golden(t, "signature.txt", []byte(webhook.Sign("whsec_test", time.Unix(1763863200, 0), []byte(`{"event":"offer_made"}`))))
}

func TestEachRobotGetsItsShape(t *testing.T) {
	for shape, file := range map[webhook.Shape]string{
		webhook.ShapeWeCom: "wecom.json", webhook.ShapeWeComText: "wecom_text.json", webhook.ShapeDingTalk: "dingtalk.json",
	} {
		address, seen := target(t, 200, `{"errcode":0,"errmsg":"ok"}`)
		if err := poster().Post(t.Context(), webhook.Target{URL: address, Secret: "SEC1", Shape: shape}, moved()); err != nil {
			t.Fatalf("%s: %v", shape, err)
		}
		golden(t, file, (*seen)[0].body)
		if !json.Valid((*seen)[0].body) || strings.Contains((*seen)[0].header.Get("Content-Type"), "text") {
			t.Errorf("%s: no JSON", shape)
		}
	}
}

func TestDingTalkIsSignedInTheAddress(t *testing.T) {
	address, seen := target(t, 200, `{"errcode":0,"errmsg":"ok"}`)
	at := webhook.Target{URL: address + "/robot/send?access_token=abc", Secret: "SEC+/=1", Shape: webhook.ShapeDingTalk}
	if err := poster().Post(t.Context(), at, moved()); err != nil {
		t.Fatal(err)
	}
	query := (*seen)[0].query
	stamp := strconv.FormatInt(now().UnixMilli(), 10)
	mac := hmac.New(sha256.New, []byte("SEC+/=1"))
	mac.Write([]byte(stamp + "\nSEC+/=1"))
	if query.Get("access_token") != "abc" || query.Get("timestamp") != stamp || query.Get("sign") != base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
		t.Errorf("query %v", query)
	}
	at.Secret = ""
	if err := poster().Post(t.Context(), at, moved()); err != nil || (*seen)[1].query.Has("sign") {
		t.Errorf("without a secret: %v, %v", (*seen)[1].query, err)
	}
}

func TestALongTextKeepsWithinTheRobotsBoundsAndKeepsTheLink(t *testing.T) {
	m := moved()
	m.Lines = []string{strings.Repeat("很长的原因", 5000)}
	for shape, bound := range map[webhook.Shape]int{webhook.ShapeWeCom: 4096, webhook.ShapeWeComText: 2048, webhook.ShapeDingTalk: 20000} {
		address, seen := target(t, 200, `{"errcode":0}`)
		if err := poster().Post(t.Context(), webhook.Target{URL: address, Shape: shape}, m); err != nil {
			t.Fatal(err)
		}
		var body struct {
			Text     struct{ Content string }
			Markdown struct{ Content, Text string }
		}
		if err := json.Unmarshal((*seen)[0].body, &body); err != nil {
			t.Fatal(err)
		}
		text := body.Text.Content + body.Markdown.Content + body.Markdown.Text
		if len(text) > bound || len(text) < bound/2 || !utf8.ValidString(text) || !strings.Contains(text, m.Link) || !strings.Contains(text, "…") {
			t.Errorf("%s: %d bytes", shape, len(text))
		}
	}
}

func TestAnAnswerSaysWhetherToTryAgain(t *testing.T) {
	at := now().Add(90 * time.Second).Format(http.TimeFormat)
	for _, test := range []struct {
		name   string
		shape  webhook.Shape
		status int
		answer string
		header []string
		class  webhook.Class
		after  time.Duration
	}{
		{"bad request", webhook.ShapeLabtide, 400, "", nil, webhook.Permanent, 0},
		{"not found", webhook.ShapeLabtide, 404, "", nil, webhook.Permanent, 0},
		{"gone", webhook.ShapeLabtide, 410, "", nil, webhook.Gone, 0},
		{"request timeout", webhook.ShapeLabtide, 408, "", nil, webhook.Temporary, 0},
		{"too many", webhook.ShapeLabtide, 429, "", []string{"Retry-After", "120"}, webhook.Temporary, 2 * time.Minute},
		{"unavailable until", webhook.ShapeLabtide, 503, "", []string{"Retry-After", at}, webhook.Temporary, 90*time.Second - 500*time.Millisecond},
		{"asks for a year", webhook.ShapeLabtide, 503, "", []string{"Retry-After", "31536000"}, webhook.Temporary, 24 * time.Hour},
		{"asks for nonsense", webhook.ShapeLabtide, 500, "", []string{"Retry-After", "-5"}, webhook.Temporary, 0},
		{"moved", webhook.ShapeLabtide, 302, "", []string{"Location", "http://127.0.0.1:1/"}, webhook.Permanent, 0},
		{"wecom limit", webhook.ShapeWeCom, 200, `{"errcode":45009,"errmsg":"api freq out of limit"}`, nil, webhook.Temporary, time.Minute},
		{"wecom busy", webhook.ShapeWeComText, 200, `{"errcode":-1,"errmsg":"system busy"}`, nil, webhook.Temporary, 0},
		{"wecom wrong key", webhook.ShapeWeCom, 200, `{"errcode":93000,"errmsg":"invalid webhook url"}`, nil, webhook.Permanent, 0},
		{"dingtalk limit", webhook.ShapeDingTalk, 200, `{"errcode":130101,"errmsg":"send too fast"}`, nil, webhook.Temporary, 10 * time.Minute},
		{"dingtalk wrong sign", webhook.ShapeDingTalk, 200, `{"errcode":310000,"errmsg":"sign not match"}`, nil, webhook.Permanent, 0},
		{"no robot at all", webhook.ShapeDingTalk, 200, `<html>`, nil, webhook.Permanent, 0},
		{"no code", webhook.ShapeWeCom, 200, `{}`, nil, webhook.Permanent, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			address, seen := target(t, test.status, test.answer, test.header...)
			err := poster().Post(t.Context(), webhook.Target{URL: address, Shape: test.shape}, moved())
			var e *webhook.Error
			if !errors.As(err, &e) || e.Class != test.class || e.RetryAfter != test.after || e.Status != test.status {
				t.Errorf("got %#v (%v)", e, err)
			}
			if len(*seen) != 1 {
				t.Errorf("%d requests", len(*seen))
			}
		})
	}
}

func TestAFailureHasACodeAndWhatTheCodeLeavesOpen(t *testing.T) {
	for _, test := range []struct {
		shape  webhook.Shape
		status int
		answer string
		code   webhook.Code
		detail string
	}{
		{webhook.ShapeWeCom, 200, `{"errcode":93000,"errmsg":"invalid webhook url"}`, webhook.CodeRobotUnknown, "93000 invalid webhook url"},
		{webhook.ShapeDingTalk, 200, `{"errcode":300001,"errmsg":"token is not exist"}`, webhook.CodeRobotUnknown, "300001 token is not exist"},
		{webhook.ShapeDingTalk, 200, `{"errcode":310000,"errmsg":"sign not match"}`, webhook.CodeRobotSecurity, "310000 sign not match"},
		{webhook.ShapeWeCom, 200, `{"errcode":45009}`, webhook.CodeRobotBusy, "45009"},
		{webhook.ShapeWeCom, 200, `{"errcode":40008,"errmsg":"invalid message type"}`, webhook.CodeRobotRefused, "40008 invalid message type"},
		{webhook.ShapeWeCom, 200, `<html>`, webhook.CodeNoRobot, ""},
		{webhook.ShapeLabtide, 404, "", webhook.CodeRefused, "404"},
		{webhook.ShapeLabtide, 302, "", webhook.CodeRedirects, "302"},
		{webhook.ShapeLabtide, 410, "", webhook.CodeGone, "410"},
		{webhook.ShapeLabtide, 503, "", webhook.CodeBusy, "503"},
	} {
		address, _ := target(t, test.status, test.answer)
		err := poster().Post(t.Context(), webhook.Target{URL: address, Secret: "s", Shape: test.shape}, moved())
		failed := new(webhook.Error)
		if !errors.As(err, &failed) || failed.Code != test.code || failed.Detail != test.detail {
			t.Errorf("%s %d %s: %+v", test.shape, test.status, test.answer, failed)
		}
	}
}

func TestATargetInsideIsRefusedWhateverItsName(t *testing.T) {
	address, seen := target(t, 200, "")
	_, port, _ := strings.Cut(strings.TrimPrefix(address, "http://"), ":")
	strict := webhook.New(webhook.Config{Timeout: 5 * time.Second}, now)
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0.0.0.0"} {
		err := strict.Post(t.Context(), webhook.Target{URL: "http://" + host + ":" + port, Shape: webhook.ShapeLabtide}, moved())
		if err == nil {
			t.Errorf("%s was reached", host)
		}
	}
	if len(*seen) != 0 {
		t.Error("it was asked")
	}
}

func TestNoErrorTellsTheAddress(t *testing.T) {
	for _, where := range []string{"http://127.0.0.1:1/send?key=hush-hush", "http://no-such-host.invalid/send?key=hush-hush", "ftp://x/?key=hush-hush", "http://u:hush-hush@x/"} {
		err := poster().Post(t.Context(), webhook.Target{URL: where, Shape: webhook.ShapeWeCom}, moved())
		if err == nil || strings.Contains(err.Error(), "hush-hush") {
			t.Errorf("%s: %v", where, err)
		}
	}
}

func TestATargetThatIsNotThereIsTemporary(t *testing.T) {
	err := poster().Post(t.Context(), webhook.Target{URL: "http://127.0.0.1:1/", Shape: webhook.ShapeLabtide}, moved())
	var e *webhook.Error
	if !errors.As(err, &e) || e.Class != webhook.Temporary {
		t.Errorf("got %v", err)
	}
}

func TestATargetThatHangsIsTemporary(t *testing.T) {
	over := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over }))
	defer s.Close()
	defer close(over)
	impatient := webhook.New(webhook.Config{Timeout: 20 * time.Millisecond, AllowPrivate: loopback()}, now)
	err := impatient.Post(t.Context(), webhook.Target{URL: s.URL, Shape: webhook.ShapeLabtide}, moved())
	var e *webhook.Error
	if !errors.As(err, &e) || e.Class != webhook.Temporary {
		t.Errorf("got %v", err)
	}
}

// golden compares with a file of testdata.
func golden(t *testing.T, name string, text []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(text)+"\n" {
		t.Errorf("%s: got\n%s\nwant\n%s", name, text, want)
	}
}
