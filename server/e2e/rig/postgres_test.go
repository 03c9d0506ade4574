package rig

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestEachCallGivesAnEmptyPostgresDatabaseOfItsOwn(t *testing.T) {
	one, two := Postgres(t), Postgres(t)
	if one == two {
		t.Fatalf("both calls gave %s", one)
	}
	psql(t, one, "CREATE TABLE thing (id int); INSERT INTO thing VALUES (41)")
	if got := psql(t, one, "SELECT id + 1 FROM thing"); got != "42" {
		t.Errorf("first database answers %q, want 42", got)
	}
	if got := psql(t, two, "SELECT count(*) FROM pg_tables WHERE tablename = 'thing'"); got != "0" {
		t.Errorf("second database sees %s tables of the first, want 0", got)
	}
}

func TestAPostgresDatabaseIsDroppedWithItsTest(t *testing.T) {
	var url string
	t.Run("inner", func(t *testing.T) { url = Postgres(t) })
	if url == "" {
		t.Skip("no PostgreSQL")
	}
	name := url[strings.LastIndex(url, "/")+1 : strings.Index(url, "?")]
	if got := psql(t, Postgres(t), "SELECT count(*) FROM pg_database WHERE datname = '"+name+"'"); got != "0" {
		t.Errorf("database %s is still there", name)
	}
}

func TestADurablePostgresWaitsForTheDiskAndTheSharedOneDoesNot(t *testing.T) {
	if got := psql(t, Postgres(t), "SHOW fsync"); got != "off" {
		t.Errorf("shared: fsync is %s, want off", got)
	}
	if got := psql(t, Postgres(t, Durable), "SHOW fsync"); got != "on" {
		t.Errorf("durable: fsync is %s, want on", got)
	}
}

// TestPostgresLeavesNothingBehindAKilledTestBinary runs this test binary again as a victim that starts
// PostgreSQL and kills itself as `kill -9` would.
func TestPostgresLeavesNothingBehindAKilledTestBinary(t *testing.T) {
	if err := findPostgres(); err != nil {
		missing(t, err)
	}
	folder := t.TempDir()
	if err := os.Chmod(filepath.Dir(folder), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(folder, 0o777); err != nil { // user postgres removes its own folder in there
		t.Fatal(err)
	}
	report := filepath.Join(folder, "port")
	victim := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestVictim$")
	victim.Env = append(os.Environ(), victimEnv+"="+report, "TMPDIR="+folder)
	if err := victim.Run(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the victim ended with %v, want killed", err)
	}
	port, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "PostgreSQL is gone and so are its files", func() error {
		if conn, err := net.Dial("tcp", "127.0.0.1:"+string(port)); err == nil {
			_ = conn.Close()
			return errors.New("it still listens on " + string(port))
		}
		left, err := filepath.Glob(filepath.Join(folder, "labtide-postgres-*"))
		if len(left) > 0 {
			return fmt.Errorf("left behind: %v", left)
		}
		return err
	})
}

const victimEnv = "LABTIDE_RIG_VICTIM"

func TestVictim(t *testing.T) {
	report := os.Getenv(victimEnv)
	if report == "" {
		t.Skip("only run by TestPostgresLeavesNothingBehindAKilledTestBinary")
	}
	server, err := startPostgres(false)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(report, []byte(strconv.Itoa(server.port)), 0o644); err != nil {
		t.Fatal(err)
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	_ = self.Kill()
	select {}
}

// psql runs statements and returns what the last one printed.
func psql(t *testing.T, url, statements string) string {
	t.Helper()
	path := filepath.Join(postgresFolder, "psql")
	output, err := exec.CommandContext(context.Background(), path, "--no-psqlrc", "-qAt", "-c", statements, url).CombinedOutput()
	if err != nil {
		t.Fatalf("psql: %v: %s", err, output)
	}
	return strings.TrimSpace(string(output))
}
