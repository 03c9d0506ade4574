package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/labtide/labtide/agent/config"
	"github.com/labtide/labtide/agent/outbox"
	"github.com/labtide/labtide/agent/uplink"
	"github.com/labtide/labtide/agent/wire"
)

// statusEvery is how old the status file may become.
const statusEvery = time.Minute

// Status is what `agent status` tells about the agent of this computer. The running agent writes it into its folder.
type Status struct {
	Device            string        `json:"device"`
	Version           string        `json:"version"`
	Running           bool          `json:"running"`
	At                time.Time     `json:"at"`
	State             wire.Activity `json:"state,omitempty"`
	Since             time.Time     `json:"since,omitzero"`
	Source            wire.Source   `json:"source,omitempty"`
	IdleAfter         string        `json:"idle_after"`
	ScansApplications bool          `json:"scans_applications"`
	Uplink            uplink.Status `json:"uplink"`
	Outbox            outbox.Stats  `json:"outbox"`
	Waiting           int           `json:"waiting"` // samples that the disk refuses
	Notices           []wire.Notice `json:"notices,omitempty"`
}

const statusFile = "status.json"

// writeStatus replaces the status file. It need not survive a power cut, so it is not synced.
func (a *App) writeStatus(now time.Time) error {
	a.changed.Store(false)
	a.written = now
	state := a.machine.State()
	content, err := json.Marshal(Status{
		Device: a.credentials.Device, Version: Version, At: now.UTC().Truncate(time.Second),
		State: state.Activity, Since: state.Since.UTC().Truncate(time.Second), Source: state.Source,
		IdleAfter: a.idleAfter().String(), ScansApplications: a.scanning(),
		Uplink: a.uplink.Status(), Outbox: a.box.Stats(), Waiting: len(a.waiting), Notices: a.shown,
	})
	if err != nil {
		return fmt.Errorf("write the status: %w", err)
	}
	path := filepath.Join(a.folder, statusFile)
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		return fmt.Errorf("write the status: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("write the status: %w", err)
	}
	return nil
}

// ReadStatus returns what the agent of this computer last wrote, and whether it runs now.
func ReadStatus(cfg config.Config) (Status, error) {
	data := cfg.Data.Path()
	credentials, err := ReadCredentials(data)
	if err != nil {
		return Status{}, err
	}
	folder := filepath.Join(data, credentials.Device)
	s := Status{Device: credentials.Device, Version: Version}
	content, err := os.ReadFile(filepath.Join(folder, statusFile))
	if errors.Is(err, os.ErrNotExist) {
		return s, nil // enrolled, never run
	}
	if err != nil {
		return s, fmt.Errorf("read the status: %w", err)
	}
	if err := json.Unmarshal(content, &s); err != nil {
		return s, fmt.Errorf("read the status: %w", err)
	}
	s.Running = outbox.InUse(filepath.Join(folder, "outbox"))
	return s, nil
}

// Print writes the status for people.
func (s Status) Print(w io.Writer) error {
	p := printer{w: w}
	p.line("device", "%s", s.Device)
	if s.At.IsZero() {
		p.line("agent", "enrolled, has never run; start it with: agent run")
		return p.err
	}
	running := "not running; its last word"
	if s.Running {
		running = "running; its word"
	}
	p.line("agent", "%s, %s of %s", s.Version, running, local(s.At))
	switch {
	case s.Source == wire.SourceNone && s.State != wire.Stopping:
		p.line("state", "unknown: this computer gives no evidence of use")
	case s.State != "":
		p.line("state", "%s since %s, by %s; idle after %s", s.State, local(s.Since), s.Source, s.IdleAfter)
	}
	if s.Uplink.Connected && s.Running {
		p.line("broker", "%s, connected since %s", s.Uplink.Broker, local(s.Uplink.Since))
	} else {
		p.line("broker", "%s, not connected", s.Uplink.Broker)
	}
	if !s.Uplink.LastAckAt.IsZero() {
		p.line("server", "last stored our samples at %s", local(s.Uplink.LastAckAt))
	}
	p.line("outbox", "%d samples to be acknowledged, %d dropped, %d KB", s.Outbox.Pending+s.Waiting, s.Outbox.Dropped, (s.Outbox.Bytes+1023)/1024)
	if s.Uplink.Trouble != "" {
		p.line("trouble", "%s", s.Uplink.Trouble)
	}
	for _, n := range s.Notices {
		p.line(string(n.Level), "%s %s", n.Title.In("en"), n.Body.In("en"))
	}
	return p.err
}

// printer remembers the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(label, format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, "%-8s %s\n", label, fmt.Sprintf(format, args...))
	}
}

func local(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }
