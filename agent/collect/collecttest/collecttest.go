// Package collecttest starts what a desktop has, for tests: a display, a bus.
//
// It knows no code of ours. Invariant: what it starts ends with the test.
package collecttest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/godbus/dbus/v5"
)

// Need returns the path of a program, or skips the test.
func Need(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err == nil {
		return path
	}
	if os.Getenv("LABTIDE_REQUIRE_SERVICES") == "1" {
		t.Fatalf("%s is missing", program)
	}
	t.Skipf("%s is missing", program)
	return ""
}

// Launch starts a program that writes one line to the file descriptor it is given when it is ready.
func Launch(t *testing.T, program string, args ...string) (line string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.ExtraFiles = []*os.File{w}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// Ended in order, it removes its sockets.
		if err := errors.Join(cmd.Process.Signal(syscall.SIGTERM), r.Close()); err != nil {
			t.Error(err)
		}
		cmd.Wait() //nolint:errcheck // however it ends
	})
	w.Close()
	var b [256]byte
	n, err := r.Read(b[:])
	if err != nil {
		t.Fatalf("%s does not start: %v", program, err)
	}
	return strings.TrimSpace(string(b[:n]))
}

// Bus starts a message bus and returns its address, and a connection for what the test puts on it.
func Bus(t *testing.T) (address string, conn *dbus.Conn) {
	t.Helper()
	daemon := Need(t, "dbus-daemon")
	address = "unix:path=" + filepath.Join(t.TempDir(), "bus")
	Launch(t, daemon, "--session", "--nofork", "--nopidfile", "--address="+address, "--print-address=3")
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return address, conn
}
