package config

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/labtide/labtide/configs"
)

// Prefix begins the names of the environment variables that set keys.
const Prefix = "LABTIDE"

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

// Encode writes the settings as YAML, secrets left out.
func (c Config) Encode() ([]byte, error) {
	for _, secret := range []*string{&c.Database.DSN, &c.Telemetry.InfluxDB.Token, &c.Telemetry.InfluxDB.Password, &c.MQTT.Password, &c.SMTP.Password} {
		if *secret != "" {
			*secret = "(set)"
		}
	}
	return yaml.Marshal(c)
}

// Validate reports every fault at once, each naming its key.
func (c Config) Validate() error {
	var v faults
	v.address("server.listen", c.Server.Listen)
	v.webURL("server.public_url", c.Server.PublicURL)
	v.filled("server.data", c.Server.Data)
	v.pair("server.tls_cert", c.Server.TLSCert, "server.tls_key", c.Server.TLSKey)
	for _, proxy := range c.Server.TrustedProxies {
		if _, err := netip.ParsePrefix(proxy); err != nil {
			v.add("server.trusted_proxies", "%q is no network; write 10.0.0.0/8", proxy)
		}
	}
	v.oneOf("database.driver", c.Database.Driver, DriverSQLite, DriverPostgres)
	if c.Database.Driver == DriverPostgres {
		v.filled("database.dsn", c.Database.DSN)
	}
	c.Telemetry.validate(&v)
	c.MQTT.validate(&v)
	v.oneOf("messages.language", c.Messages.Language, Chinese, English)
	c.SMTP.validate(&v)
	c.Webhooks.validate(&v)
	v.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	v.oneOf("log.format", c.Log.Format, "text", "json")
	return errors.Join(v...)
}

func (t Telemetry) validate(v *faults) {
	v.oneOf("telemetry.store", t.Store, StoreSQLite, StoreInfluxDB)
	if t.RetentionDays < 1 || t.RetentionDays > 36500 {
		v.add("telemetry.retention_days", "%d is out of range; write 1 to 36500", t.RetentionDays)
	}
	if t.Store != StoreInfluxDB {
		return
	}
	v.filled("telemetry.influxdb.url", t.InfluxDB.URL)
	v.webURL("telemetry.influxdb.url", t.InfluxDB.URL)
	v.filled("telemetry.influxdb.bucket", t.InfluxDB.Bucket)
	if t.InfluxDB.Timeout <= 0 {
		v.add("telemetry.influxdb.timeout", "must be more than 0; write 10s")
	}
}

func (m MQTT) validate(v *faults) {
	v.pair("mqtt.tls_cert", m.TLSCert, "mqtt.tls_key", m.TLSKey)
	if !m.Embedded {
		v.filled("mqtt.broker", m.Broker)
		v.brokerURL("mqtt.broker", m.Broker)
		v.filled("mqtt.username", m.Username)
		v.filled("mqtt.password", m.Password)
	} else {
		if m.Listen == "" && m.TLSListen == "" {
			v.add("mqtt.listen", "the embedded broker needs an address; write 127.0.0.1:1883")
		}
		if m.TLSListen != "" {
			v.address("mqtt.tls_listen", m.TLSListen)
			v.filled("mqtt.tls_cert", m.TLSCert)
		}
		if m.Listen != "" {
			v.address("mqtt.listen", m.Listen)
		}
		if m.MaxClients < 1 {
			v.add("mqtt.max_clients", "must be at least 1")
		}
	}
	v.brokerURL("mqtt.public_url", m.PublicURL)
	if strings.ContainsAny(m.ShareGroup, "/+# ") {
		v.add("mqtt.share_group", "may not hold / + # or a space")
	}
}

func (s SMTP) validate(v *faults) {
	v.oneOf("smtp.tls", s.TLS, TLSStart, TLSFull, TLSNone)
	if s.Timeout <= 0 || s.Timeout > longestAttempt {
		v.add("smtp.timeout", "%v is out of range; write 1s to %v", s.Timeout, longestAttempt)
	}
	if s.Port < 1 || s.Port > 65535 {
		v.add("smtp.port", "%d is no port; 587 is usual for starttls, 465 for tls", s.Port)
	}
	if (s.Username == "") != (s.Password == "") {
		v.add("smtp.username", "goes with smtp.password: set both or neither")
	}
	if s.Host == "" {
		return
	}
	if _, err := mail.ParseAddress(s.From); err != nil {
		v.add("smtp.from", "%q is no sender; write labs@school.example or Training labs <labs@school.example>", s.From)
	}
}

// longestAttempt is less than what the courier gives one.
const longestAttempt = 45 * time.Second

func (w Webhooks) validate(v *faults) {
	if w.Timeout <= 0 || w.Timeout > longestAttempt {
		v.add("webhooks.timeout", "%v is out of range; write 1s to %v", w.Timeout, longestAttempt)
	}
	for _, network := range w.AllowPrivate {
		if _, err := netip.ParsePrefix(network); err != nil {
			v.add("webhooks.allow_private", "%q is no network; write 10.20.0.0/16", network)
		}
	}
}

// faults collects what is wrong.
type faults []error

func (f *faults) add(key, format string, args ...any) {
	*f = append(*f, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...)))
}

func (f *faults) filled(key, value string) {
	if value == "" {
		f.add(key, "is empty; it must be set")
	}
}

func (f *faults) oneOf(key, value string, choices ...string) {
	for _, choice := range choices {
		if value == choice {
			return
		}
	}
	f.add(key, "%q is not known; write one of %s", value, strings.Join(choices, ", "))
}

func (f *faults) address(key, value string) {
	if _, _, err := net.SplitHostPort(value); err != nil {
		f.add(key, "%q is no address; write host:port, such as 127.0.0.1:8080", value)
	}
}

func (f *faults) pair(keyA, a, keyB, b string) {
	if (a == "") != (b == "") {
		f.add(keyA, "goes with %s: set both or neither", keyB)
	}
}

func (f *faults) webURL(key, value string) {
	f.url(key, value, "http", "https")
}

func (f *faults) brokerURL(key, value string) {
	f.url(key, value, "tcp", "ssl")
}

func (f *faults) url(key, value string, schemes ...string) {
	if value == "" {
		return
	}
	u, err := url.Parse(value)
	if err == nil && u.Host != "" {
		for _, scheme := range schemes {
			if u.Scheme == scheme {
				return
			}
		}
	}
	f.add(key, "%q is no address; write %s://host:port", value, schemes[0])
}
