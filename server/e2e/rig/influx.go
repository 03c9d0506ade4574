package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// The versions that .ci/setup builds.
const (
	influx1Version = "1.8.10"
	influx2Version = "2.7.12"
)

// InfluxServer is one InfluxDB. Start, Stop and Kill keep port and files.
type InfluxServer struct {
	*server

	// URL is the address of its HTTP interface, without a slash at the end.
	URL string
	// Org is the name of the organisation; empty on InfluxDB 1.
	Org string
	// Token may do everything; empty on InfluxDB 1, which runs without authentication.
	Token string
}

// Influx1 starts an empty InfluxDB 1.8 with Flux enabled, which ends with the test.
func Influx1(t testing.TB) *InfluxServer {
	t.Helper()
	path := influxProgram(t, influx1Version)
	dir := t.TempDir()
	url, port := localURL(t)
	config := filepath.Join(dir, "influxdb.conf")
	text := fmt.Sprintf(`reporting-disabled = true
bind-address = "127.0.0.1:%d"
[meta]
  dir = "%[3]s/meta"
[data]
  dir = "%[3]s/data"
  wal-dir = "%[3]s/wal"
  index-version = "tsi1"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:%[2]d"
  flux-enabled = true
  log-enabled = false
`, FreePort(t), port, dir)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	command := func() *exec.Cmd { return exec.Command(path, "-config", config) }
	ready := func(ctx context.Context) error { return answersHTTP(ctx, url+"/ping", http.StatusNoContent) }
	return &InfluxServer{server: newServer(t, filepath.Join(dir, "influxd.log"), command, ready), URL: url}
}

// Influx2 starts an empty InfluxDB 2.7, set up with an organisation and a token, which ends with the test.
func Influx2(t testing.TB) *InfluxServer {
	t.Helper()
	path := influxProgram(t, influx2Version)
	dir := t.TempDir()
	url, port := localURL(t)
	command := func() *exec.Cmd {
		return exec.Command(path, "run",
			"--bolt-path", filepath.Join(dir, "influxd.bolt"),
			"--sqlite-path", filepath.Join(dir, "influxd.sqlite"),
			"--engine-path", filepath.Join(dir, "engine"),
			"--http-bind-address", "127.0.0.1:"+strconv.Itoa(port),
			"--reporting-disabled", "--no-tasks")
	}
	ready := func(ctx context.Context) error { return answersHTTP(ctx, url+"/health", http.StatusOK) }
	influx := &InfluxServer{
		server: newServer(t, filepath.Join(dir, "influxd.log"), command, ready),
		URL:    url, Org: "school", Token: "a-token-for-tests-that-may-do-everything",
	}
	if err := influx.setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	return influx
}

// setup makes the first user, organisation and token. InfluxDB wants a first bucket with them; no test uses it.
func (s *InfluxServer) setup(ctx context.Context) error {
	body, err := json.Marshal(map[string]string{
		"username": "rig", "password": "rig-password", "org": s.Org, "bucket": "first", "token": s.Token,
	})
	if err != nil {
		return fmt.Errorf("rig: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/api/v2/setup", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("rig: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("rig: set InfluxDB up: %w", err)
	}
	answer, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return fmt.Errorf("rig: set InfluxDB up: %w", err)
	}
	if response.StatusCode != http.StatusCreated {
		return fmt.Errorf("rig: set InfluxDB up: %s: %s", response.Status, answer)
	}
	return nil
}

func influxProgram(t testing.TB, version string) string {
	t.Helper()
	path := filepath.Join(cached("influxd-"+version), "influxd")
	if _, err := os.Stat(path); err != nil {
		missing(t, fmt.Errorf("InfluxDB %s is not at %s; run .ci/setup, which builds it", version, path))
	}
	return path
}

func localURL(t testing.TB) (string, int) {
	t.Helper()
	port := FreePort(t)
	return "http://127.0.0.1:" + strconv.Itoa(port), port
}

// answersHTTP says nil when a GET of the URL is answered with the status.
func answersHTTP(ctx context.Context, url string, status int) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	if err := response.Body.Close(); err != nil {
		return err
	}
	if response.StatusCode != status {
		return fmt.Errorf("GET %s: %s, want %d", url, response.Status, status)
	}
	return nil
}
