package config

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

const example = "../../configs/server.example.yaml"

func TestExampleFileShowsExactlyTheDefaults(t *testing.T) {
	got, err := Load(example, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := Default(); !reflect.DeepEqual(got, want) {
		t.Errorf("the example says\n%+v\nDefault says\n%+v", got, want)
	}
}

func TestExampleFileNamesEveryKey(t *testing.T) {
	text, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		for i := range typ.NumField() {
			key := typ.Field(i).Tag.Get("yaml")
			if !regexp.MustCompile(`(?m)^ *` + key + `:`).Match(text) {
				t.Errorf("%s is not in the example", key)
			}
			if typ.Field(i).Type.Kind() == reflect.Struct {
				walk(typ.Field(i).Type)
			}
		}
	}
	walk(reflect.TypeFor[Config]())
}

func TestAllFaultsAreReportedAtOnceByKey(t *testing.T) {
	path := write(t, `
server: {listen: nowhere, tls_cert: a.pem, trusted_proxies: [everyone]}
database: {driver: postgres}
telemetry: {store: paper, retention_days: 0}
mqtt: {embedded: false, broker: "http://x"}
messages: {language: de}
smtp: {host: mail.example, port: 0, from: nobody, tls: maybe, timeout: 10m, username: labtide}
webhooks: {timeout: 0s, allow_private: [inside]}
log: {level: loud, format: xml}
`)
	_, err := Load(path, nil)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, key := range []string{
		"server.listen", "server.tls_cert", "server.trusted_proxies", "database.dsn", "telemetry.store",
		"telemetry.retention_days", "mqtt.broker", "mqtt.password", "log.level", "log.format",
		"messages.language", "smtp.port", "smtp.from", "smtp.tls", "smtp.timeout", "smtp.username", "webhooks.timeout", "webhooks.allow_private",
	} {
		if !strings.Contains(err.Error(), key+":") {
			t.Errorf("no word of %s in\n%v", key, err)
		}
	}
}

func TestUnknownKeyIsAnErrorThatNamesIt(t *testing.T) {
	_, err := Load(write(t, "server: {listn: 127.0.0.1:80}\n"), nil)
	if err == nil || !strings.Contains(err.Error(), "listn") {
		t.Errorf("got %v", err)
	}
}

func TestEmptyFileKeepsTheDefaults(t *testing.T) {
	cfg, err := Load(write(t, ""), nil)
	if err != nil || !reflect.DeepEqual(cfg, Default()) {
		t.Errorf("got %+v, %v", cfg, err)
	}
}

func TestEnvironmentWinsOverTheFile(t *testing.T) {
	cfg, err := Load(write(t, "server: {listen: 127.0.0.1:1}\n"), []string{
		"LABTIDE_SERVER_LISTEN=127.0.0.1:2",
		"LABTIDE_SERVER_TRUSTED_PROXIES=10.0.0.0/8, 192.168.0.0/16",
		"LABTIDE_TELEMETRY_INFLUXDB_TIMEOUT=3s",
		"LABTIDE_MQTT_MAX_CLIENTS=7",
		"LABTIDE_MQTT_EMBEDDED=true",
		"LABTIDE_REQUIRE_SERVICES=1",
		"PATH=/bin",
	})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Server.Listen != "127.0.0.1:2" || len(cfg.Server.TrustedProxies) != 2 ||
		cfg.Telemetry.InfluxDB.Timeout.Seconds() != 3 || cfg.MQTT.MaxClients != 7 {
		t.Errorf("got %+v", cfg)
	}
}

func TestWrongVariablesAreNamed(t *testing.T) {
	_, err := Load("", []string{"LABTIDE_SERVER_LISTN=x", "LABTIDE_MQTT_MAX_CLIENTS=many", "LABTIDE_MQTT_EMBEDDED=perhaps"})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, name := range []string{"LABTIDE_SERVER_LISTN", "LABTIDE_MQTT_MAX_CLIENTS", "LABTIDE_MQTT_EMBEDDED", "LABTIDE_SERVER_LISTEN"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("no word of %s in %v", name, err)
		}
	}
}

func TestPrintedConfigHoldsNoSecret(t *testing.T) {
	cfg := Default()
	cfg.Database.DSN, cfg.MQTT.Password, cfg.Telemetry.InfluxDB.Token, cfg.SMTP.Password, cfg.SMTP.Username = "postgres://u:hush@h/d", "hush", "hush", "hush", "labtide"
	text, err := cfg.Encode()
	if err != nil || strings.Contains(string(text), "hush") {
		t.Errorf("%s %v", text, err)
	}
	if cfg.MQTT.Password != "hush" {
		t.Error("printing changed the settings")
	}
	if _, err := Load(write(t, string(text)), nil); err != nil {
		t.Errorf("what is printed cannot be read: %v", err)
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "server.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
