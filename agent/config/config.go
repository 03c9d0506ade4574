// Package config is what can be set for an agent: one struct, read once and strictly, handed on as narrow parts.
//
// It may not know what the settings are used for. Invariant: a Config that Load gave has been validated, and
// configs/agent.example.yaml shows every key with the value that Default gives.
package config

import (
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// Config is the whole of the agent's settings. The yaml names are the manual's.
type Config struct {
	Data         Data         `yaml:"data"`
	Usage        Usage        `yaml:"usage"`
	Applications Applications `yaml:"applications"`
	Outbox       Outbox       `yaml:"outbox"`
	Uplink       Uplink       `yaml:"uplink"`
	Notices      Notices      `yaml:"notices"`
	Log          Log          `yaml:"log"`
}

// Data is where the agent keeps its credentials and its outbox.
type Data struct {
	Folder string `yaml:"folder"`
}

// Usage is how use is recognised.
type Usage struct {
	IdleAfter time.Duration `yaml:"idle_after"`
	Display   string        `yaml:"display"`
}

// Applications is which programs are reported, as categories.
type Applications struct {
	Scan bool          `yaml:"scan"`
	List []Application `yaml:"list"`
}

// Application is one category.
type Application struct {
	Category   string   `yaml:"category"`
	Processes  []string `yaml:"processes"`
	Unattended bool     `yaml:"unattended,omitempty"`
}

// Outbox bounds what is kept for the server.
type Outbox struct {
	MaxAge       time.Duration `yaml:"max_age"`
	MaxMegabytes int           `yaml:"max_megabytes"`
}

// Uplink is how the agent talks to the broker.
type Uplink struct {
	Broker          string        `yaml:"broker"`
	CAFile          string        `yaml:"ca_file"`
	Spread          time.Duration `yaml:"spread"`
	Window          int           `yaml:"window"`
	SendEvery       time.Duration `yaml:"send_every"`
	ResendAfter     time.Duration `yaml:"resend_after"`
	ResendAtMost    time.Duration `yaml:"resend_at_most"`
	ReconnectAfter  time.Duration `yaml:"reconnect_after"`
	ReconnectAtMost time.Duration `yaml:"reconnect_at_most"`
}

// Notices is where the server's messages for the person at the station go.
type Notices struct {
	Board string `yaml:"board"`
}

// Log is what the agent says about itself, on standard error.
type Log struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// Default is every setting as it is without a file.
func Default() Config {
	return Config{
		Usage: Usage{IdleAfter: 5 * time.Minute},
		Applications: Applications{Scan: true, List: []Application{
			{Category: "plc", Processes: []string{"codesys.exe", "codesys", "Siemens.Automat", "beremiz", "openplc_editor"}},
			{Category: "cad", Processes: []string{"freecad", "FreeCAD", "librecad", "kicad", "openscad", "acad.exe", "SLDWORKS.exe"}},
			{Category: "cam", Processes: []string{"linuxcnc", "camotics", "PrusaSlicer", "prusa-slicer", "cura"}},
			{Category: "simulation", Processes: []string{"MATLAB", "octave-gui", "gazebo", "scilab-bin", "labview"}},
			{Category: "programming", Processes: []string{"code", "eclipse", "pycharm", "idea", "arduino", "qtcreator"}},
			{Category: "office", Processes: []string{"soffice.bin"}},
		}},
		Outbox: Outbox{MaxAge: 90 * 24 * time.Hour, MaxMegabytes: 64},
		Uplink: Uplink{
			Spread: 45 * time.Second, Window: 16, SendEvery: time.Second,
			ResendAfter: 30 * time.Second, ResendAtMost: 5 * time.Minute,
			ReconnectAfter: 2 * time.Second, ReconnectAtMost: time.Minute,
		},
		Log: Log{Level: "info", Format: "text"},
	}
}

// Path is the file that the agent writes: the one that is set, else that of a service. "": the agent runs in a person's own
// session and shows notices there by itself.
func (n Notices) Path() string {
	if n.Board == "" && (runtime.GOOS != "linux" || os.Geteuid() != 0) {
		return ""
	}
	return n.ServicePath()
}

// ServicePath is the file that `agent screen` follows in a person's session: where a service writes.
func (n Notices) ServicePath() string {
	if n.Board != "" {
		return n.Board
	}
	return "/run/labtide-agent/notices.json"
}

// Path is the data folder: the one that is set, else the usual one of the system for a service, or for a person.
func (d Data) Path() string {
	if d.Folder != "" {
		return d.Folder
	}
	const name = "labtide-agent"
	switch {
	case runtime.GOOS == "windows":
		return filepath.Join(os.Getenv("ProgramData"), name)
	case os.Geteuid() == 0:
		return filepath.Join("/var/lib", name)
	case os.Getenv("XDG_STATE_HOME") != "":
		return filepath.Join(os.Getenv("XDG_STATE_HOME"), name)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return name
	}
	return filepath.Join(home, ".local", "state", name)
}
