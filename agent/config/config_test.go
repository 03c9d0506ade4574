package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/labtide/labtide/configs"
)

func TestTheExampleFileIsTheDefault(t *testing.T) {
	// Read into nothing, not over the defaults: a key that the example misses shows.
	text := []byte(configs.AgentExample())
	var cfg Config
	if err := decode(text, &cfg); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(cfg, Default()) {
		t.Errorf("the example says\n%+v\nthe default is\n%+v", cfg, Default())
	}
	var keys map[string]map[string]any
	if err := yaml.Unmarshal(text, &keys); err != nil {
		t.Fatal(err)
	}
	v := reflect.TypeFor[Config]()
	for i := range v.NumField() {
		section := v.Field(i)
		name := section.Tag.Get("yaml")
		for j := range section.Type.NumField() {
			key := section.Type.Field(j).Tag.Get("yaml")
			if _, ok := keys[name][key]; !ok {
				t.Errorf("the example does not show %s.%s", name, key)
			}
		}
	}
}

func load(t *testing.T, text string, environ ...string) (Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "agent.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path, environ)
}

func TestWithoutAFileTheDefaultsHold(t *testing.T) {
	cfg, err := Load("", nil)
	if err != nil || !reflect.DeepEqual(cfg, Default()) {
		t.Errorf("got %+v (%v)", cfg, err)
	}
	cfg, err = load(t, "# only a comment\n")
	if err != nil || !reflect.DeepEqual(cfg, Default()) {
		t.Errorf("a file of comments: got %+v (%v)", cfg, err)
	}
}

func TestTheFileChangesPartsAndTheEnvironmentWins(t *testing.T) {
	cfg, err := load(t, "usage:\n  idle_after: 1m\nuplink:\n  window: 32\n",
		"LABTIDE_AGENT_USAGE_IDLE_AFTER=20s", "LABTIDE_SERVER_LISTEN=127.0.0.1:1", "PATH=/bin")
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Usage.IdleAfter, want.Uplink.Window = 20*time.Second, 32
	if !reflect.DeepEqual(cfg, want) {
		t.Errorf("got %+v", cfg)
	}
}

func TestAnUnknownKeyIsNamed(t *testing.T) {
	if _, err := load(t, "usage:\n  idel_after: 1m\n"); err == nil || !strings.Contains(err.Error(), "idel_after") {
		t.Errorf("in the file: %v", err)
	}
	if _, err := Load("", []string{"LABTIDE_AGENT_USAGE_IDEL_AFTER=1m"}); err == nil || !strings.Contains(err.Error(), "LABTIDE_AGENT_USAGE_IDEL_AFTER") {
		t.Errorf("in the environment: %v", err)
	}
}

func TestEveryFaultIsReportedAtOnce(t *testing.T) {
	_, err := load(t, `
usage: {idle_after: 1s}
applications: {list: [{category: "A Title", processes: []}, {category: cad, processes: [""]}]}
outbox: {max_age: 1m, max_megabytes: 0}
uplink: {broker: "127.0.0.1:1883", spread: 2m, window: 65, send_every: 0s, resend_after: 1m, resend_at_most: 30s, reconnect_after: 0s, reconnect_at_most: 2h}
log: {level: loud, format: xml}
`)
	if err == nil {
		t.Fatal("nothing is wrong?")
	}
	for _, key := range []string{
		"usage.idle_after", "applications.list[0].category", "applications.list[0].processes", "applications.list[1].processes",
		"outbox.max_age", "outbox.max_megabytes", "uplink.broker", "uplink.spread", "uplink.window", "uplink.send_every",
		"uplink.resend_at_most", "uplink.reconnect_after", "uplink.reconnect_at_most", "log.level", "log.format",
	} {
		if !strings.Contains(err.Error(), key+": ") {
			t.Errorf("%s is not named in:\n%v", key, err)
		}
	}
}

func TestWhatIsPrintedCanBeRead(t *testing.T) {
	text, err := Default().Encode()
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := load(t, string(text))
	if err != nil || !reflect.DeepEqual(cfg, Default()) {
		t.Errorf("printed\n%s\nread %+v (%v)", text, cfg, err)
	}
}
