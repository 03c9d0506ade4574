package rig

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// MosquittoOptions are what a test may want to be different. The zero value is a broker without
// authentication that keeps sessions and retained messages over a restart.
type MosquittoOptions struct {
	// Config lines are appended to ours, after the listener, so they may set it up, too
	// ("cafile …", "max_inflight_messages 20").
	Config []string
	// PasswordFile is the path of a file in Mosquitto's own format (hashed).
	PasswordFile string
	// Users are names with plain passwords; Mosquitto's own program hashes them.
	Users map[string]string
	// ACLFile is the path of a file in Mosquitto's own format.
	ACLFile string
}

// MosquittoServer is one Mosquitto. Start, Stop and Kill keep port and files.
type MosquittoServer struct {
	*server

	// Addr is host:port of its listener.
	Addr string
}

// Mosquitto starts a broker that ends with the test.
func Mosquitto(t testing.TB, options MosquittoOptions) *MosquittoServer {
	t.Helper()
	path := program(t, "mosquitto")
	dir := t.TempDir()
	port := FreePort(t)
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	config := filepath.Join(dir, "mosquitto.conf")
	lines, err := mosquittoConfig(options, port, dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	command := func() *exec.Cmd { return exec.Command(path, "-c", config) }
	ready := func(ctx context.Context) error { return answersMQTT(ctx, addr) }
	return &MosquittoServer{server: newServer(t, filepath.Join(dir, "mosquitto.log"), command, ready), Addr: addr}
}

func mosquittoConfig(options MosquittoOptions, port int, dir string) ([]string, error) {
	lines := []string{
		fmt.Sprintf("listener %d 127.0.0.1", port),
		"persistence true",
		"persistence_location " + dir + "/",
		"log_dest stderr",
		"log_type all",
	}
	if os.Geteuid() == 0 {
		lines = append(lines, "user root") // else it becomes a user who cannot read a test's folder
	}
	passwords := options.PasswordFile
	if len(options.Users) > 0 {
		passwords = filepath.Join(dir, "passwords")
		if err := hashPasswords(passwords, options.Users); err != nil {
			return nil, err
		}
	}
	if passwords != "" {
		lines = append(lines, "password_file "+passwords)
	}
	if options.ACLFile != "" {
		lines = append(lines, "acl_file "+options.ACLFile)
	}
	decided := slices.ContainsFunc(options.Config, func(line string) bool { return strings.HasPrefix(line, "allow_anonymous") })
	if passwords == "" && !decided {
		lines = append(lines, "allow_anonymous true")
	}
	return append(lines, options.Config...), nil
}

// hashPasswords writes a password file by Mosquitto's own program.
func hashPasswords(path string, users map[string]string) error {
	hasher, err := find("mosquitto_passwd")
	if err != nil {
		return err
	}
	var plain strings.Builder
	for name, password := range users {
		fmt.Fprintf(&plain, "%s:%s\n", name, password)
	}
	if err := os.WriteFile(path, []byte(plain.String()), 0o600); err != nil {
		return fmt.Errorf("rig: %w", err)
	}
	if output, err := exec.CommandContext(context.Background(), hasher, "-U", path).CombinedOutput(); err != nil {
		return fmt.Errorf("rig: mosquitto_passwd: %w: %s", err, output)
	}
	return nil
}

// answersMQTT says nil when a broker answers a CONNECT, be it with a refusal: then it is ready. A TLS
// listener answers with an alert or closes; that it took the connection must be enough there.
func answersMQTT(ctx context.Context, addr string) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	connect := []byte("\x10\x0f\x00\x04MQTT\x04\x02\x00\x0a\x00\x03rig")
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := conn.Write(connect); err != nil {
		return err
	}
	answer := make([]byte, 2)
	if n, err := io.ReadFull(conn, answer); err != nil && n == 0 {
		return nil // a TLS listener hangs up on plain text, and listens all the same
	}
	if !bytes.HasPrefix(answer, []byte{0x20}) && answer[0] != 0x15 {
		return fmt.Errorf("no CONNACK but % x", answer)
	}
	return nil
}
