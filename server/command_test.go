package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// use runs the command line on stores in a folder of the test's own.
func use(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func data(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("LABTIDE_SERVER_DATA", dir)
	return dir
}

func TestWrongUsageIsExitCode2AndSaysWhatIsRight(t *testing.T) {
	data(t)
	for _, c := range []struct {
		args string
		want string
	}{
		{"", "Usage: server COMMAND"},
		{"dance", "There is no command"},
		{"ledger", "There is no command"},
		{"import", "usage: server import [flags] DIR"},
		{"import -colour", "flag provided but not defined"},
		{"ledger rebuild -from yesterday -to 2026-11-01", "-from and -to are days"},
		{"user add", "-login is needed"},
		{"user add -login li -role king", "-role is student"},
		{"token create -login li -scope everything", "-scope is read"},
		{"broker credentials -format emqx", "mosquitto only"},
	} {
		code, _, stderr := use(t, strings.Fields(c.args)...)
		if code != 2 || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: exit code %d, said %q", c.args, code, stderr)
		}
	}
}

func TestHelpIsNoFault(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"-h"}, {"run", "-h"}, {"demo", "-h"}} {
		if code, _, stderr := use(t, args...); code != 0 || stderr == "" {
			t.Errorf("%v: exit code %d, said %q", args, code, stderr)
		}
	}
	for _, cmd := range commands() {
		if _, _, stderr := use(t, "help"); !strings.Contains(stderr, cmd.name) {
			t.Errorf("help does not name %s", cmd.name)
		}
	}
}

func TestConfigurationIsCheckedPrintedAndExplained(t *testing.T) {
	file := filepath.Join(t.TempDir(), "server.yaml")
	if err := os.WriteFile(file, []byte("server: {listen: here}\nlog: {level: loud}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := use(t, "config", "check", "-config", file)
	if code != 1 || !strings.Contains(stderr, "server.listen") || !strings.Contains(stderr, "log.level") {
		t.Errorf("exit code %d, said %q", code, stderr)
	}
	if code, stdout, _ := use(t, "config", "print"); code != 0 || !strings.Contains(stdout, "listen: 127.0.0.1:8080") {
		t.Errorf("exit code %d, printed %q", code, stdout)
	}
	if code, stdout, _ := use(t, "config", "example"); code != 0 || !strings.Contains(stdout, "retention_days:") {
		t.Errorf("exit code %d, printed %q", code, stdout)
	}
}

func TestImportSaysEveryFaultOrWhatItBrought(t *testing.T) {
	data(t)
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("sites.csv", "code,name_en,time_zone\nSZ,Shenzhen,Mars/Base\n")
	code, stdout, stderr := use(t, "import", "-json", dir)
	var said struct{ Faults []struct{ File string } }
	if err := json.Unmarshal([]byte(stdout), &said); err != nil || len(said.Faults) != 1 || code != 1 {
		t.Errorf("exit code %d, printed %q (%v)", code, stdout, err)
	}
	if !strings.Contains(stderr, "sites.csv:2:13") {
		t.Errorf("said %q", stderr)
	}
	write("sites.csv", "code,name_en,time_zone\nSZ,Shenzhen,Asia/Shanghai\n")
	for _, args := range [][]string{{"import", "-dry-run", dir}, {"import", dir}} {
		if code, stdout, stderr := use(t, args...); code != 0 || !strings.Contains(stdout, "mport") {
			t.Errorf("%v: exit code %d, %q %q", args, code, stdout, stderr)
		}
	}
	if code, _, stderr := use(t, "import", filepath.Join(dir, "nowhere")); code != 1 || !strings.Contains(stderr, "is no folder") {
		t.Errorf("exit code %d, said %q", code, stderr)
	}
}

func TestPeopleAndTokensAreMadeFromTheCommandLine(t *testing.T) {
	data(t)
	code, stdout, stderr := use(t, "user", "add", "-login", "wu", "-role", "admin", "-url", "https://labs.example/")
	if code != 0 || !strings.HasPrefix(stdout, "https://labs.example/welcome#") {
		t.Fatalf("exit code %d, %q %q", code, stdout, stderr)
	}
	if code, _, stderr := use(t, "user", "add", "-login", "WU"); code != 1 || stderr == "" {
		t.Errorf("the same login again: exit code %d, said %q", code, stderr)
	}
	if code, stdout, _ := use(t, "token", "create", "-login", "wu", "-scope", "read,report"); code != 0 || !strings.HasPrefix(stdout, "lt_") {
		t.Errorf("exit code %d, printed %q", code, stdout)
	}
	if code, _, stderr := use(t, "token", "create", "-login", "nobody"); code != 1 || stderr == "" {
		t.Errorf("exit code %d, said %q", code, stderr)
	}
}

func TestBrokerCredentialsAreFilesForMosquitto(t *testing.T) {
	data(t)
	out := t.TempDir()
	if code, _, stderr := use(t, "broker", "credentials", "-out", out); code != 1 || !strings.Contains(stderr, "mqtt.password") {
		t.Errorf("without a password: exit code %d, said %q", code, stderr)
	}
	t.Setenv("LABTIDE_MQTT_PASSWORD", "0123456789abcdef0123")
	second := filepath.Join(t.TempDir(), "second.yaml")
	settings := "mqtt: {embedded: false, broker: \"tcp://127.0.0.1:1883\", username: labtide-second, password: fedcba98765432100123}\n"
	if err := os.WriteFile(second, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := use(t, "broker", "credentials", "-out", out, "-also", second); code != 0 {
		t.Fatalf("exit code %d, said %q", code, stderr)
	}
	for name, want := range map[string]string{"labtide.passwords": "labtide-server:$7$", "labtide.acl": "user labtide-second"} {
		text, err := os.ReadFile(filepath.Join(out, name))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
}

func TestTheFirstRunPrintsALinkAndTheServerAnswers(t *testing.T) {
	data(t)
	t.Setenv("LABTIDE_SERVER_LISTEN", "127.0.0.1:0")
	t.Setenv("LABTIDE_MQTT_LISTEN", "127.0.0.1:0")
	url, ends := background(t, "run")
	if !strings.Contains(url, "/welcome#") {
		t.Fatalf("printed %q", url)
	}
	base, _, _ := strings.Cut(url, "/welcome#")
	response, err := http.Get(base + "/healthz") //nolint:gosec,noctx // our own server
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%v %v", response, err)
	}
	_ = response.Body.Close()
	ends()
}

func TestTheDemoPrintsItsAddressAndKeepsNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	url, ends := background(t, "demo", "-listen", "127.0.0.1:0", "-dir", dir)
	response, err := http.Get(url + "/api/v1/about") //nolint:gosec,noctx // our own server
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%v %v", response, err)
	}
	_ = response.Body.Close()
	ends()
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
	if code, _, stderr := use(t, "demo", "-dir", t.TempDir()+"/.."); code != 1 || !strings.Contains(stderr, "-keep") {
		t.Errorf("a folder with other things in it: exit code %d, said %q", code, stderr)
	}
}

// background runs a command until ends is called, and gives the first line that it prints.
func background(t *testing.T, args ...string) (line string, ends func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	lines, code := make(firstLine, 1), make(chan int, 1)
	var errs bytes.Buffer
	go func() { code <- run(ctx, args, lines, &errs) }()
	select {
	case line = <-lines:
	case c := <-code:
		cancel()
		t.Fatalf("ended with %d: %s", c, errs.String())
	case <-time.After(time.Minute):
		cancel()
		t.Fatal("it prints nothing")
	}
	return line, func() {
		cancel()
		if c := <-code; c != 0 {
			t.Errorf("ended with %d: %s", c, errs.String())
		}
	}
}

// firstLine is a writer that keeps the first line written to it.
type firstLine chan string

func (f firstLine) Write(p []byte) (int, error) {
	select {
	case f <- strings.TrimSpace(strings.SplitN(string(p), "\n", 2)[0]):
	default:
	}
	return len(p), nil
}
