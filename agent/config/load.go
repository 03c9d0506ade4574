package config

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/configs"
)

// Prefix begins the names of the environment variables that set keys.
const Prefix = "LABTIDE_AGENT"

// Load reads the file (path "": none), then the environment, and validates. An unknown key is an error that names it.
func Load(path string, environ []string) (Config, error) {
	cfg := Default()
	if path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return cfg, fmt.Errorf("read the configuration: %w", err)
		}
		if err := decode(text, &cfg); err != nil {
			return cfg, fmt.Errorf("%s: %w", path, err)
		}
	}
	if err := configs.Overlay(&cfg, Prefix, environ); err != nil {
		return cfg, err
	}
	return cfg, cfg.Validate()
}

func decode(text []byte, cfg *Config) error {
	var document any
	if err := yaml.Unmarshal(text, &document); err == nil && document == nil {
		return nil // empty, or comments only: sets nothing
	}
	return yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(cfg)
}

// Encode writes the settings as YAML. There are no secrets among them.
func (c Config) Encode() ([]byte, error) { return yaml.Marshal(c) }

// Validate reports every fault at once, each naming its key.
func (c Config) Validate() error {
	var f faults
	f.between("usage.idle_after", c.Usage.IdleAfter, wire.MinIdleAfter, wire.MaxIdleAfter)
	c.Applications.validate(&f)
	f.between("outbox.max_age", c.Outbox.MaxAge, time.Hour, 5*365*24*time.Hour)
	if n := c.Outbox.MaxMegabytes; n < 1 || n > 4096 {
		f.add("outbox.max_megabytes", "%d is out of range; write 1 to 4096", n)
	}
	c.Uplink.validate(&f)
	f.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	f.oneOf("log.format", c.Log.Format, "text", "json")
	return errors.Join(f...)
}

func (a Applications) validate(f *faults) {
	for i, app := range a.List {
		key := fmt.Sprintf("applications.list[%d]", i)
		if !wire.ValidApplication(app.Category) {
			f.add(key+".category", "%q is no category; write small letters, digits and '-'", app.Category)
		}
		if len(app.Processes) == 0 {
			f.add(key+".processes", "is empty; write at least one process name")
		}
		if slices.Contains(app.Processes, "") {
			f.add(key+".processes", "holds an empty name")
		}
	}
}

func (u Uplink) validate(f *faults) {
	if u.Broker != "" {
		if err := CheckBroker(u.Broker); err != nil {
			f.add("uplink.broker", "%v", err)
		}
	}
	f.between("uplink.spread", u.Spread, 0, time.Minute)
	if u.Window < 1 || u.Window > 64 {
		f.add("uplink.window", "%d is out of range; write 1 to 64", u.Window)
	}
	f.between("uplink.send_every", u.SendEvery, time.Millisecond, time.Minute)
	f.between("uplink.resend_after", u.ResendAfter, time.Second, time.Hour)
	f.between("uplink.resend_at_most", u.ResendAtMost, u.ResendAfter, 24*time.Hour)
	f.between("uplink.reconnect_after", u.ReconnectAfter, 100*time.Millisecond, time.Hour)
	f.between("uplink.reconnect_at_most", u.ReconnectAtMost, u.ReconnectAfter, time.Hour)
}

// CheckBroker returns an error that says how to write a broker's address when this is none.
func CheckBroker(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || !slices.Contains([]string{"tcp", "mqtt", "ssl", "tls", "mqtts", "ws", "wss"}, u.Scheme) {
		return fmt.Errorf("%q is no broker's address; write tcp://host:1883 or ssl://host:8883", address)
	}
	return nil
}

// faults collects what is wrong.
type faults []error

func (f *faults) add(key, format string, args ...any) {
	*f = append(*f, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...)))
}

func (f *faults) between(key string, d, least, most time.Duration) {
	if d < least || d > most {
		f.add(key, "%v is out of range; write %v to %v", d, least, most)
	}
}

func (f *faults) oneOf(key, value string, choices ...string) {
	if !slices.Contains(choices, value) {
		f.add(key, "%q is not known; write one of %s", value, strings.Join(choices, ", "))
	}
}
