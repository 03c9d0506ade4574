package broker

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fvtEnv asks for the suite; the value is the loopback address to use, such as 127.0.0.9. The suite wants port 1883.
const fvtEnv = "LABTIDE_PAHO_FVT"

// TestPahosOwnSuite runs the tests of paho.mqtt.golang, from a temporary copy of the module, against this broker with
// authentication relaxed: somebody else's opinion of it.
func TestPahosOwnSuite(t *testing.T) {
	address := os.Getenv(fvtEnv)
	if address == "" {
		t.Skipf("set %s to a loopback address such as 127.0.0.9; it takes a minute", fvtEnv)
	}
	copied := copyOfPaho(t)
	run(t, func(c *Config) { c.Listen, c.relaxed = address+":1883", true })

	suite := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-json", ".")
	suite.Dir = copied
	suite.Env = append(os.Environ(), "TEST_FVT_ADDR="+address, "GOFLAGS=-mod=mod")
	out, err := suite.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := suite.Start(); err != nil {
		t.Fatal(err)
	}
	passed, failed := 0, map[string]string{}
	outputs := map[string]*strings.Builder{}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var event struct{ Action, Test, Output string }
		if json.Unmarshal(lines.Bytes(), &event) != nil || event.Test == "" || strings.Contains(event.Test, "/") {
			continue
		}
		switch event.Action {
		case "output":
			if outputs[event.Test] == nil {
				outputs[event.Test] = &strings.Builder{}
			}
			outputs[event.Test].WriteString(event.Output)
		case "pass":
			passed++
		case "fail":
			failed[event.Test] = outputs[event.Test].String()
		}
	}
	_ = suite.Wait() // its failures are counted above
	t.Logf("%d passed, %d failed", passed, len(failed))
	for test, output := range failed {
		t.Errorf("%s:\n%s", test, output[:min(len(output), 2000)])
	}
	if passed < 119 { // what Mosquitto 2.0.11 passes
		t.Error("tests are missing")
	}
}

// copyOfPaho copies the module's source out of the module cache, which is read-only.
func copyOfPaho(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/eclipse/paho.mqtt.golang").Output()
	if err != nil {
		t.Fatal(err)
	}
	from, to := strings.TrimSpace(string(out)), t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	// The examples import more than the suite needs.
	for _, folder := range []string{"cmd", "fvt"} {
		if err := os.RemoveAll(filepath.Join(to, folder)); err != nil {
			t.Fatal(err)
		}
	}
	return to
}
