package httpapi

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labtide/labtide/server/account"
)

func robotAt(t *testing.T, answer string) (address string, got *[]map[string]any) {
	t.Helper()
	got = &[]map[string]any{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		var body map[string]any
		_ = json.Unmarshal(raw, &body)
		*got = append(*got, body)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return s.URL, got
}

func TestAWebhookIsMadeShownWithoutItsSecretsChangedAndRemoved(t *testing.T) {
	s := newSchool(t)
	made := s.ask(account.RoleAdmin, http.MethodPost, "/api/v1/webhooks", map[string]any{
		"name": "企业微信", "url": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=73febdcb-1b38-4d1b", "shape": "wecom", "events": []string{"outage_reported"},
	}).want(t, http.StatusCreated)
	hook := made.json(t)["webhook"].(map[string]any)
	if strings.Contains(string(made.body), "73febdcb") || hook["address"] != "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?…4d1b" || hook["signed"] != false {
		t.Errorf("got %s", made.body)
	}
	path := "/api/v1/webhooks/" + hook["id"].(string)
	ours := s.ask(account.RoleAdmin, http.MethodPost, "/api/v1/webhooks", map[string]any{"name": "a program", "url": "https://x.example/", "shape": "labtide"}).want(t, http.StatusCreated)
	if secret, _ := ours.json(t)["secret"].(string); !strings.HasPrefix(secret, "whsec_") {
		t.Errorf("the secret is %q", secret)
	}
	all := s.ask(account.RoleAdmin, http.MethodGet, "/api/v1/webhooks", nil).want(t, http.StatusOK)
	if strings.Contains(string(all.body), "whsec_") || len(all.json(t)["items"].([]any)) != 2 {
		t.Errorf("got %s", all.body)
	}
	s.ask(account.RoleAdmin, http.MethodPatch, path, map[string]any{"disabled": true}, "If-Match", made.header.Get("ETag")).want(t, http.StatusOK)
	s.ask(account.RoleAdmin, http.MethodPatch, path, map[string]any{"name": "x"}, "If-Match", made.header.Get("ETag")).want(t, http.StatusPreconditionFailed)
	s.ask(account.RoleAdmin, http.MethodDelete, path, nil, "If-Match", made.header.Get("ETag")).want(t, http.StatusPreconditionFailed)
	s.ask(account.RoleAdmin, http.MethodDelete, path, nil).want(t, http.StatusNoContent)
	for _, method := range []string{http.MethodDelete, http.MethodPatch} {
		var body any
		if method == http.MethodPatch {
			body = map[string]any{"name": "x"}
		}
		s.ask(account.RoleAdmin, method, path, body).want(t, http.StatusNotFound, "webhook_unknown")
	}
	s.ask(account.RoleInstructor, http.MethodGet, "/api/v1/webhooks", nil).want(t, http.StatusForbidden)
}

func TestAWebhooksAddressShapeAndEventsChangeAndWhatIsLeftOutStays(t *testing.T) {
	s := newSchool(t)
	made := s.ask(account.RoleAdmin, http.MethodPost, "/api/v1/webhooks", map[string]any{
		"name": "群", "url": "https://qyapi.weixin.qq.com/send?key=aaaa1111", "shape": "wecom", "events": []string{"outage_reported"},
	}).want(t, http.StatusCreated)
	path := "/api/v1/webhooks/" + made.json(t)["webhook"].(map[string]any)["id"].(string)
	s.ask(account.RoleAdmin, http.MethodPatch, path, map[string]any{"shape": "labtide"}, "If-Match", `"1"`).want(t, http.StatusUnprocessableEntity, "webhook_secret_invalid")
	changed := s.ask(account.RoleAdmin, http.MethodPatch, path, map[string]any{
		"url": "https://oapi.dingtalk.com/robot/send?access_token=bbbb2222", "shape": "dingtalk", "secret": "SEC2", "events": []string{},
	}, "If-Match", `"1"`).want(t, http.StatusOK)
	if got := changed.json(t); got["shape"] != "dingtalk" || got["signed"] != true || len(got["events"].([]any)) != 0 || got["name"] != "群" || !strings.HasSuffix(got["address"].(string), "…2222") {
		t.Errorf("it is %v", got)
	}
	s.ask(account.RoleAdmin, http.MethodPatch, path, map[string]any{"name": "教师群"}, "If-Match", `"1"`).want(t, http.StatusPreconditionFailed)
	if got := s.ask(account.RoleAdmin, http.MethodPatch, path, map[string]any{"name": "教师群"}, "If-Match", changed.header.Get("ETag")).want(t, http.StatusOK).json(t); got["shape"] != "dingtalk" || got["signed"] != true {
		t.Errorf("it is %v", got)
	}
}

func TestAWrongWebhookIsRefused(t *testing.T) {
	s := newSchool(t)
	for _, test := range []struct {
		url, shape string
		status     int
		code       string
	}{
		{"ftp://x.example", "wecom", http.StatusUnprocessableEntity, "webhook_url_invalid"},
		{"https://u:p@x.example", "dingtalk", http.StatusUnprocessableEntity, "webhook_url_invalid"},
		{"https://x.example", "fax", http.StatusBadRequest, ""},
	} {
		got := s.ask(account.RoleAdmin, http.MethodPost, "/api/v1/webhooks", map[string]any{"name": "x", "url": test.url, "shape": test.shape})
		got.want(t, test.status)
		if test.code != "" && got.code() != test.code {
			t.Errorf("%s: %s", test.url, got.body)
		}
	}
}

func TestATestMessageSaysHowItWent(t *testing.T) {
	s := newSchool(t)
	well, got := robotAt(t, `{"errcode":0,"errmsg":"ok"}`)
	ill, _ := robotAt(t, `{"errcode":310000,"errmsg":"sign not match"}`)
	for _, test := range []struct {
		url   string
		taken bool
		says  string
		code  any
	}{{well, true, "", nil}, {ill, false, "310000", "robot_security"}, {"http://127.1.0.1:9/", false, "webhooks.allow_private", "target_private"}} {
		made := s.ask(account.RoleAdmin, http.MethodPost, "/api/v1/webhooks", map[string]any{"name": "钉钉", "url": test.url, "shape": "dingtalk", "secret": "SEC1"}).want(t, http.StatusCreated)
		id := made.json(t)["webhook"].(map[string]any)["id"].(string)
		how := s.ask(account.RoleAdmin, http.MethodPost, "/api/v1/webhooks/"+id+"/test", nil).want(t, http.StatusOK).json(t)
		problem, _ := how["problem"].(string)
		if how["taken"] != test.taken || how["problem_code"] != test.code || !strings.Contains(problem, test.says) {
			t.Errorf("%s: %v", test.url, how)
		}
	}
	if len(*got) != 1 || (*got)[0]["msgtype"] != "markdown" {
		t.Errorf("the robot got %v", *got)
	}
}

func TestWhatHappensReachesAWebhookAndAnAdministratorSeesWhatBecameOfIt(t *testing.T) {
	s := newSchool(t)
	address, got := robotAt(t, `{"errcode":93000,"errmsg":"invalid webhook url"}`)
	made := s.ask(account.RoleAdmin, http.MethodPost, "/api/v1/webhooks", map[string]any{"name": "群", "url": address, "shape": "wecom_text"}).want(t, http.StatusCreated)
	id := made.json(t)["webhook"].(map[string]any)["id"].(string)
	s.ask(account.RoleStudent, http.MethodPost, "/api/v1/bookings", s.slotBody("PLC-02", 30)).want(t, http.StatusCreated)
	s.work(t)
	items := s.ask(account.RoleAdmin, http.MethodGet, "/api/v1/webhooks/"+id+"/deliveries", nil).want(t, http.StatusOK).json(t)["items"].([]any)
	if len(items) != 1 || len(*got) != 1 {
		t.Fatalf("%d deliveries, %d messages", len(items), len(*got))
	}
	if d := items[0].(map[string]any); d["state"] != "dead" || d["event"] != "booking_reserved" || !strings.Contains(d["error"].(string), "93000") {
		t.Errorf("got %v", d)
	}
	if text := (*got)[0]["text"].(map[string]any)["content"].(string); !strings.HasPrefix(text, "预约成功：PLC-02") || strings.Contains(text, "The student") {
		t.Errorf("the group reads %q", text)
	}
	status := s.ask(account.RoleAdmin, http.MethodGet, "/api/v1/messages", nil).want(t, http.StatusOK).json(t)
	dead := status["dead"].([]any)
	if status["mail_configured"] != false || len(dead) != 1 || dead[0].(map[string]any)["target"].(map[string]any)["name"] != "群" {
		t.Errorf("got %v", status)
	}
}

// work lets the courier run until nothing is waiting.
func (s *school) work(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.told.Run(ctx) }()
	for {
		status, err := s.deps.Messages.Status(ctx)
		s.must(err)
		if status.Counts.Effects == 0 && len(status.Counts.Waiting) == 0 {
			break
		}
	}
	cancel()
	s.must(<-ended)
}
