package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// PostgresOption changes how Postgres runs the server.
type PostgresOption int

// Durable asks for a server of the test's own with PostgreSQL's defaults, which wait for the disk at
// each commit. Measurements need it. Without it fsync is off: that loses data in a power cut only,
// which no test can stage.
const Durable PostgresOption = 1

// Postgres returns the URL of a new, empty database, which is dropped at the end of the test.
//
// All databases of a test binary are on one server, which starts with the first call.
func Postgres(t testing.TB, options ...PostgresOption) string {
	t.Helper()
	if err := findPostgres(); err != nil {
		missing(t, err)
	}
	start := sharedPostgres
	durable := slices.Contains(options, Durable)
	if durable {
		start = func() (*postgresServer, error) { return startPostgres(true) }
	}
	server, err := start()
	if err != nil {
		t.Fatal(err)
	}
	if durable {
		t.Cleanup(server.stop)
	}
	return server.database(t)
}

// SettlePostgres does to the database of a URL what a server that has been running for a minute has done by itself: an index alone
// answers only for pages that were vacuumed.
func SettlePostgres(t testing.TB, url string) {
	t.Helper()
	if err := runPsql(t.Context(), url, "VACUUM ANALYZE"); err != nil {
		t.Fatal(err)
	}
}

// sharedPostgres starts the server of this test binary at the first call and returns it at each.
var sharedPostgres = sync.OnceValues(func() (*postgresServer, error) { return startPostgres(false) })

type postgresServer struct {
	port     int
	process  *process
	lifeline io.Closer
	made     atomic.Int64
}

// supervise runs PostgreSQL in a folder until its standard input ends, and removes the folder. The test
// binary holds the other end of that pipe, so however the binary ends, neither server nor files stay. (The
// parent-death signal alone would leave the files, and there is no hook at the end of a test binary.)
// A server that ends unasked leaves the folder with its log.
const supervise = `
trap '' INT TERM HUP
dir=$1; bin=$2; shift 2
"$bin/initdb" -D "$dir/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync --no-instructions || exit 1
exec 3<&0
"$bin/postgres" -D "$dir/data" "$@" 3<&- & server=$!
{ read -r _ <&3; : >"$dir/asked"; kill -QUIT $server; } & watcher=$!
wait $server
[ -e "$dir/asked" ] || { kill -KILL $watcher; exit 1; }
rm -rf "$dir"`

func startPostgres(durable bool) (*postgresServer, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	owner, err := postgresOwner()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "labtide-postgres-")
	if err != nil {
		return nil, fmt.Errorf("rig: %w", err)
	}
	if err := owner.own(dir); err != nil {
		return nil, err
	}
	args := []string{"-c", supervise, "supervise", dir, postgresFolder,
		"-c", "listen_addresses=127.0.0.1", "-c", "port=" + strconv.Itoa(port),
		"-c", "unix_socket_directories=", "-c", "max_connections=300"}
	if !durable {
		args = append(args, "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "autovacuum=off")
	}
	cmd := exec.CommandContext(context.Background(), "/bin/sh", args...)
	cmd.SysProcAttr = owner.attributes()
	cmd.Dir = dir
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("rig: %w", err)
	}
	p, err := launch(cmd, filepath.Join(dir, "postgres.log"))
	if err != nil {
		return nil, err
	}
	server := &postgresServer{port: port, process: p, lifeline: lifeline}
	if err := p.awaitReady(func(ctx context.Context) error { return server.run(ctx, "SELECT 1") }); err != nil {
		server.stop()
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return server, nil
}

// stop ends the server; the supervisor removes its files.
func (s *postgresServer) stop() {
	_ = s.lifeline.Close() // closing a pipe cannot fail in a way that matters
	<-s.process.done
}

// database makes an empty database for the test and returns its URL.
func (s *postgresServer) database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("labtide_%d", s.made.Add(1))
	if err := s.run(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.run(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return s.url(name)
}

func (s *postgresServer) url(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", s.port, database)
}

func (s *postgresServer) run(ctx context.Context, statement string) error {
	return runPsql(ctx, s.url("postgres"), statement)
}

// runPsql executes one statement: a driver here would be the second importer of one.
func runPsql(ctx context.Context, url, statement string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(postgresFolder, "psql"), "--no-psqlrc", "--quiet", "--command", statement, url)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("rig: psql %q: %w: %s", statement, err, bytes.TrimSpace(output.Bytes()))
	}
	return nil
}

// postgresFolder is where Debian 12 keeps the programs of PostgreSQL 15; only some are in PATH.
const postgresFolder = "/usr/lib/postgresql/15/bin"

func findPostgres() error {
	for _, name := range []string{"postgres", "initdb", "psql"} {
		if _, err := os.Stat(filepath.Join(postgresFolder, name)); err != nil {
			return fmt.Errorf("PostgreSQL 15 is not installed in %s; run .ci/setup, which installs it", postgresFolder)
		}
	}
	return nil
}
