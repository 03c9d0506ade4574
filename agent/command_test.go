package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// try runs the program with words and returns what it printed and its exit code.
func try(t *testing.T, words ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(context.Background(), words, &out, &err)
	return out.String(), err.String(), code
}

func TestEveryCommandSaysWhatItDoes(t *testing.T) {
	for _, word := range []string{"help", "-h", "--help"} {
		out, _, code := try(t, word)
		for _, c := range commands() {
			if code != 0 || !strings.Contains(out, c.name) || !strings.Contains(out, c.about) {
				t.Errorf("%s: exit code %d, %s is missing in\n%s", word, code, c.name, out)
			}
		}
	}
	for _, c := range commands() {
		_, text, code := try(t, append(strings.Fields(c.name), "-h")...)
		if code != 0 || !strings.Contains(text, c.about) {
			t.Errorf("%s -h: exit code %d\n%s", c.name, code, text)
		}
	}
}

func TestWrongUseIsExitCodeTwo(t *testing.T) {
	t.Setenv("LABTIDE_AGENT_DATA_FOLDER", t.TempDir())
	for _, words := range [][]string{
		{"fly"}, {"config"}, {"config", "burn"}, {"run", "-x"}, {"run", "now"}, {"status", "-json=maybe"},
		{"enroll"}, {"enroll", "-server", "http://127.0.0.1:1"}, {"-x"},
	} {
		if out, text, code := try(t, words...); code != 2 || text == "" || out != "" {
			t.Errorf("%v: exit code %d, stdout %q, stderr %q", words, code, out, text)
		}
	}
}

func TestAnAgentThatIsNotEnrolledSaysWhatToDo(t *testing.T) {
	t.Setenv("LABTIDE_AGENT_DATA_FOLDER", t.TempDir())
	for _, words := range [][]string{{}, {"run"}, {"status"}} {
		_, text, code := try(t, words...)
		if code != 1 || !strings.Contains(text, "agent enroll -server URL -code CODE") || strings.Count(text, "\n") != 1 {
			t.Errorf("%v: exit code %d, %q", words, code, text)
		}
	}
}

func TestEnrolmentThenStatus(t *testing.T) {
	data := t.TempDir()
	t.Setenv("LABTIDE_AGENT_DATA_FOLDER", data)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"device":"pc-1","broker":"tcp://127.0.0.1:1883","username":"pc-1","password":"secret","ca":""}`)
	}))
	defer s.Close()
	out, text, code := try(t, "enroll", "-server", s.URL, "-code", "ABCD")
	if code != 0 || !strings.Contains(out, "enrolled as pc-1") || !strings.Contains(out, "agent run") || strings.Contains(out+text, "secret") {
		t.Errorf("enroll: exit code %d\n%s%s", code, out, text)
	}
	if _, text, code = try(t, "enroll", "-server", s.URL, "-code", "ABCD"); code != 1 || !strings.Contains(text, "already enrolled as pc-1") {
		t.Errorf("again: exit code %d, %q", code, text)
	}
	if out, _, code = try(t, "status"); code != 0 || !strings.Contains(out, "has never run") {
		t.Errorf("status: exit code %d\n%s", code, out)
	}
	if out, _, code = try(t, "status", "-json"); code != 0 || !strings.Contains(out, `"device": "pc-1"`) || !strings.Contains(out, `"running": false`) {
		t.Errorf("status -json: exit code %d\n%s", code, out)
	}
}

func TestAConfigurationIsCheckedAndPrinted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "agent.yaml")
	if err := os.WriteFile(file, []byte("usage: {idle_after: 1s}\nlog: {level: loud}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, text, code := try(t, "config", "check", "-config", file)
	if code != 1 || !strings.Contains(text, "usage.idle_after") || !strings.Contains(text, "log.level") {
		t.Errorf("check: exit code %d, %q", code, text)
	}
	if _, _, code := try(t, "run", "-config", file); code != 1 {
		t.Errorf("run with a bad file: exit code %d", code)
	}
	t.Setenv("LABTIDE_AGENT_UPLINK_WINDOW", "7")
	out, _, code := try(t, "config", "example")
	if code != 0 {
		t.Errorf("example: exit code %d", code)
	}
	if err := os.WriteFile(file, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _, code = try(t, "config", "print", "-config", file)
	if code != 0 || !strings.Contains(out, "window: 7") || !strings.Contains(out, "idle_after: 5m0s") {
		t.Errorf("print: exit code %d\n%s", code, out)
	}
}

func TestPlainHTTPIsOnlyQuietToThisComputer(t *testing.T) {
	for address, want := range map[string]bool{
		"http://127.0.0.1:8080": false, "http://localhost:8080": false, "http://[::1]:8080": false,
		"http://labs.school.example": true, "http://10.0.0.1": true, "https://labs.school.example": false,
	} {
		if got := inTheClear(address); got != want {
			t.Errorf("%s: got %v", address, got)
		}
	}
}
