// Package rig starts the real programs that tests need: PostgreSQL, Mosquitto, InfluxDB 1.8 and 2.7,
// Chromium. It is imported by tests only, and knows nothing of Labtide.
//
// Every server listens on a free port of 127.0.0.1, keeps its files in a temporary folder, is ready when
// the function that started it returns, and is gone when the test (or, however it dies, the test binary) is.
//
// Where a program is missing the test is skipped, saying what to install. With LABTIDE_REQUIRE_SERVICES=1,
// as in CI, it fails instead: a suite that skips what it was meant to prove would be green for nothing.
package rig

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// requireEnv turns a missing program from a skip into a failure.
const requireEnv = "LABTIDE_REQUIRE_SERVICES"

// readyWithin bounds how long a server may take until it answers. It is generous, because several
// test binaries start servers at once on a small machine; a server that ends early is noticed at once.
const readyWithin = 60 * time.Second

// FreePort returns a TCP port of 127.0.0.1 on which nothing listens now.
func FreePort(t testing.TB) int {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func freePort() (int, error) {
	var listen net.ListenConfig
	listener, err := listen.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("rig: find a free port: %w", err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		return 0, fmt.Errorf("rig: find a free port: %w", err)
	}
	return port, nil
}

// Chromium returns the path of the system's Chromium. As root it has to be started with --no-sandbox.
func Chromium(t testing.TB) string {
	t.Helper()
	return program(t, "chromium")
}

// program returns the path of the named program, or ends the test as missing does.
func program(t testing.TB, name string) string {
	t.Helper()
	path, err := find(name)
	if err != nil {
		missing(t, err)
	}
	return path
}

// find looks for a program in PATH and where Debian keeps servers.
func find(name string) (string, error) {
	const servers = "/usr/sbin"
	path := filepath.Join(servers, name)
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		return path, nil
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s is not installed; run .ci/setup, which installs it", name)
	}
	return path, nil
}

// missing skips the test for the reason given, or fails it where services are required.
func missing(t testing.TB, reason error) {
	t.Helper()
	if os.Getenv(requireEnv) == "1" {
		t.Fatalf("rig: %v (%s=1)", reason, requireEnv)
		return
	}
	t.Skipf("rig: %v", reason)
}

// cached is the folder in which .ci/setup keeps the programs that it builds.
func cached(folder string) string {
	root := os.Getenv("LABTIDE_CACHE")
	if root == "" {
		root = "/var/cache/labtide"
	}
	return filepath.Join(root, folder)
}
