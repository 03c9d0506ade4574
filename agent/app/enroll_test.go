package app

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const claimed = `{"device":"pc-1","broker":"tcp://127.0.0.1:1883","username":"pc-1","password":"secret","ca":""}`

// server answers the claim of one code, and everything else with a problem.
func server(t *testing.T) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		switch {
		case r.Method != http.MethodPost || r.URL.Path != "/api/v1/enrollments/claim" || r.Header.Get("Content-Type") != "application/json":
			w.WriteHeader(http.StatusNotFound)
		case string(body) == `{"code":"ABCD-1234"}`:
			fmt.Fprint(w, claimed)
		default:
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"type":"about:blank","title":"Not found","status":404,"detail":"This code is unknown or was used already. Make a new one.","code":"code_unknown"}`)
		}
	})
}

func TestACodeIsTradedForCredentialsThatOnlyTheOwnerReads(t *testing.T) {
	s := httptest.NewServer(server(t))
	defer s.Close()
	data := filepath.Join(t.TempDir(), "a", "b")
	got, err := Enroll(context.Background(), Enrolment{Server: s.URL + "/", Code: " ABCD-1234 ", Data: data})
	if err != nil {
		t.Fatal(err)
	}
	read, err := ReadCredentials(data)
	if err != nil || read != got || read.Device != "pc-1" || read.Password != "secret" || read.Server != s.URL+"/" {
		t.Errorf("read %+v (%v), got %+v", read, err, got)
	}
	info, err := os.Stat(filepath.Join(data, credentialsFile))
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v (%v)", info.Mode(), err)
	}
	if _, err := os.Stat(filepath.Join(data, credentialsFile+".test")); err == nil {
		t.Error("the trial file was left behind")
	}
}

func TestARefusalIsASentence(t *testing.T) {
	s := httptest.NewServer(server(t))
	defer s.Close()
	_, err := Enroll(context.Background(), Enrolment{Server: s.URL, Code: "wrong", Data: t.TempDir()})
	want := "the server says no: This code is unknown or was used already. Make a new one. (code_unknown)"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsNoLabtideServerIsSaidToBeNone(t *testing.T) {
	answers := map[string]http.HandlerFunc{
		"a web page":    func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
		"another JSON":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"device":"UPPER"}`) },
		"an error page": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusBadGateway) },
		"a redirect":    func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"an endless answer": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"device":"`+strings.Repeat("x", maxAnswer))
		},
	}
	for name, answer := range answers {
		s := httptest.NewServer(answer)
		_, err := Enroll(context.Background(), Enrolment{Server: s.URL, Code: "x", Data: t.TempDir()})
		if err == nil || !strings.Contains(err.Error(), "Labtide server") {
			t.Errorf("%s: %v", name, err)
		}
		s.Close()
	}
	for _, address := range []string{"", "127.0.0.1:8080", "ftp://host", "http://"} {
		if _, err := Enroll(context.Background(), Enrolment{Server: address, Code: "x", Data: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "no server's address") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestACodeIsNotSpentWhenTheComputerIsEnrolledOrCannotWrite(t *testing.T) {
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		server(t).ServeHTTP(w, r)
	}))
	defer s.Close()
	data := t.TempDir()
	e := Enrolment{Server: s.URL, Code: "ABCD-1234", Data: data}
	if _, err := Enroll(context.Background(), e); err != nil {
		t.Fatal(err)
	}
	if _, err := Enroll(context.Background(), e); err == nil || !strings.Contains(err.Error(), "already enrolled as pc-1") {
		t.Errorf("a second time: %v", err)
	}
	blocked := e
	blocked.Data = filepath.Join(data, credentialsFile, "below-a-file")
	if _, err := Enroll(context.Background(), blocked); err == nil {
		t.Error("it was written below a file")
	}
	if asked != 1 {
		t.Errorf("the server was asked %d times", asked)
	}
	e.Replace = true
	if _, err := Enroll(context.Background(), e); err != nil || asked != 2 {
		t.Errorf("with replace: %v, asked %d times", err, asked)
	}
}

func TestTheServersCertificateIsChecked(t *testing.T) {
	s := httptest.NewTLSServer(server(t))
	defer s.Close()
	e := Enrolment{Server: s.URL, Code: "ABCD-1234", Data: t.TempDir()}
	if _, err := Enroll(context.Background(), e); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate of nobody: %v", err)
	}
	e.CA = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if _, err := Enroll(context.Background(), e); err != nil {
		t.Errorf("with its CA: %v", err)
	}
}

func TestWithoutCredentialsItIsSaidWhatToDo(t *testing.T) {
	_, err := ReadCredentials(t.TempDir())
	if !errors.Is(err, ErrNotEnrolled) || !strings.Contains(err.Error(), "agent enroll -server URL -code CODE") {
		t.Errorf("got %v", err)
	}
	data := t.TempDir()
	for _, damaged := range []string{"", "{}", `{"device":"../../etc","broker":"tcp://h:1","username":"a","password":"b"}`, `{"device":"pc","broker":"h","username":"a","password":"b"}`} {
		if err := os.WriteFile(filepath.Join(data, credentialsFile), []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadCredentials(data); err == nil || errors.Is(err, ErrNotEnrolled) || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%q: %v", damaged, err)
		}
	}
}
