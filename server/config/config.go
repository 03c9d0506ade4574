// Package config is what an administrator can set: one struct, read once and strictly, handed on as narrow parts.
//
// It may not know what the settings are used for. Invariant: a Config that Load gave has been validated, and
// configs/server.example.yaml shows every key with the value that Default gives.
package config

import "time"

// Config is the whole of the server's settings. The yaml names are the manual's.
type Config struct {
	Server    Server    `yaml:"server"`
	Database  Database  `yaml:"database"`
	Telemetry Telemetry `yaml:"telemetry"`
	MQTT      MQTT      `yaml:"mqtt"`
	Messages  Messages  `yaml:"messages"`
	SMTP      SMTP      `yaml:"smtp"`
	Webhooks  Webhooks  `yaml:"webhooks"`
	Log       Log       `yaml:"log"`
}

// Server is where people reach it.
type Server struct {
	Listen         string   `yaml:"listen"`
	PublicURL      string   `yaml:"public_url"`
	Data           string   `yaml:"data"`
	TLSCert        string   `yaml:"tls_cert"`
	TLSKey         string   `yaml:"tls_key"`
	TrustedProxies []string `yaml:"trusted_proxies"`
}

// Database is where bookings, the register and the ledger live.
type Database struct {
	Driver string `yaml:"driver"`
	DSN    string `yaml:"dsn"`
}

// Telemetry is where samples live.
type Telemetry struct {
	Store         string   `yaml:"store"`
	RetentionDays int      `yaml:"retention_days"`
	InfluxDB      InfluxDB `yaml:"influxdb"`
}

// InfluxDB is read when telemetry.store is influxdb.
type InfluxDB struct {
	URL             string        `yaml:"url"`
	Org             string        `yaml:"org"`
	Bucket          string        `yaml:"bucket"`
	Token           string        `yaml:"token"`
	Username        string        `yaml:"username"`
	Password        string        `yaml:"password"`
	RetentionPolicy string        `yaml:"retention_policy"`
	Timeout         time.Duration `yaml:"timeout"`
}

// MQTT is how devices reach the server.
type MQTT struct {
	Embedded   bool   `yaml:"embedded"`
	Listen     string `yaml:"listen"`
	TLSListen  string `yaml:"tls_listen"`
	TLSCert    string `yaml:"tls_cert"`
	TLSKey     string `yaml:"tls_key"`
	MaxClients int    `yaml:"max_clients"`
	Broker     string `yaml:"broker"`
	Username   string `yaml:"username"`
	Password   string `yaml:"password"`
	CA         string `yaml:"ca"`
	ShareGroup string `yaml:"share_group"`
	PublicURL  string `yaml:"public_url"`
}

// Messages is how people are written to.
type Messages struct {
	Language    string `yaml:"language"`
	Invitations bool   `yaml:"invitations"`
}

// SMTP is the server that takes the mail. Without a host no mail is sent.
type SMTP struct {
	Host     string        `yaml:"host"`
	Port     int           `yaml:"port"`
	Username string        `yaml:"username"`
	Password string        `yaml:"password"`
	From     string        `yaml:"from"`
	TLS      string        `yaml:"tls"`
	CA       string        `yaml:"ca"`
	Timeout  time.Duration `yaml:"timeout"`
}

// Webhooks is how programs are told.
type Webhooks struct {
	Timeout      time.Duration `yaml:"timeout"`
	AllowPrivate []string      `yaml:"allow_private"`
}

// Log is what the server says about itself.
type Log struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// Names of the choices.
const (
	DriverSQLite   = "sqlite"
	DriverPostgres = "postgres"
	StoreSQLite    = "sqlite"
	StoreInfluxDB  = "influxdb"
	TLSStart       = "starttls"
	TLSFull        = "tls"
	TLSNone        = "none"
	Chinese        = "zh-CN"
	English        = "en"
)

// Default is a server that needs no other: SQLite, embedded broker, on this machine only.
func Default() Config {
	return Config{
		Server:   Server{Listen: "127.0.0.1:8080", Data: "./labtide-data", TrustedProxies: []string{}},
		Database: Database{Driver: DriverSQLite},
		Telemetry: Telemetry{
			Store:         StoreSQLite,
			RetentionDays: 400,
			InfluxDB: InfluxDB{
				URL: "http://127.0.0.1:8086", Org: "labtide", Bucket: "labtide",
				RetentionPolicy: "autogen", Timeout: 10 * time.Second,
			},
		},
		MQTT:     MQTT{Embedded: true, Listen: "127.0.0.1:1883", MaxClients: 10000, Username: "labtide-server"},
		Messages: Messages{Language: Chinese},
		SMTP:     SMTP{Port: 587, TLS: TLSStart, Timeout: 30 * time.Second},
		Webhooks: Webhooks{Timeout: 10 * time.Second, AllowPrivate: []string{}},
		Log:      Log{Level: "info", Format: "text"},
	}
}
