package sqldb

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
	"github.com/labtide/labtide/server/e2e/rig"
)

// walkerEnv tells a copy of the test binary that it is a server process that walks: "seed epoch dsn".
const walkerEnv = "LABTIDE_TEST_WALKER"

const (
	walkers     = 16
	stepsEach   = 150
	stepsToKill = 700 // of one process, until it is killed
	// hurry is how much faster the clock of the school goes, so that offers expire and verdicts fall due meanwhile.
	hurry = 3000
)

// TestOfTwoServerProcessesUnderLoadOneMayBeKilled starts this binary twice more on one PostgreSQL. Both do everything that people
// and the due worker do; one is killed with -9 in the middle, and another one takes its place.
func TestOfTwoServerProcessesUnderLoadOneMayBeKilled(t *testing.T) {
	if where := os.Getenv(walkerEnv); where != "" {
		walkHere(t, where)
		return
	}
	cfg := Config{Driver: Postgres, DSN: rig.Postgres(t)}
	seed := uint64(time.Now().UnixNano())
	epoch := time.Now()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	db := openTest(t, cfg)
	putSchool(t, db, bookingtest.NewSchool())
	backend := bookingtest.Backend{Stores: []booking.Store{NewBookings(db)}}
	bookingtest.Lay(t, backend)
	start := func(n uint64) *child {
		return startWalker(t, fmt.Sprintf("%d %d %s", seed+n, epoch.UnixNano(), cfg.DSN))
	}
	stays, dies := start(1), start(2)
	for range stepsToKill {
		dies.line(t)
	}
	if err := dies.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = dies.cmd.Wait() // it was killed
	follows := start(3)
	stays.end(t)
	follows.end(t)
	bookingtest.Check(t, bookingtest.Property{Clock: schoolClock(epoch)}, backend)
}

// schoolClock goes faster than the clock on the wall, and the same in every process.
func schoolClock(epoch time.Time) func() time.Time {
	return func() time.Time { return bookingtest.Now().Add(time.Since(epoch) * hurry) }
}

func walkHere(t *testing.T, where string) {
	var seed uint64
	var nanos int64
	if _, err := fmt.Sscan(where, &seed, &nanos); err != nil {
		t.Fatal(err)
	}
	db := openTest(t, Config{Driver: Postgres, DSN: strings.SplitN(where, " ", 3)[2]})
	p := bookingtest.Property{Seed: seed, Workers: walkers, Each: stepsEach, Clock: schoolClock(time.Unix(0, nanos)), Step: func() { fmt.Println("step") }}
	bookingtest.Walk(t, p, bookingtest.Backend{Stores: []booking.Store{NewBookings(db)}})
}

// child is a server process.
type child struct {
	cmd *exec.Cmd
	out *bufio.Scanner
}

func startWalker(t *testing.T, where string) *child {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 5*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), walkerEnv+"="+where)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &child{cmd: cmd, out: bufio.NewScanner(out)}
}

// line waits for a step.
func (c *child) line(t *testing.T) {
	t.Helper()
	if !c.out.Scan() || c.out.Text() != "step" {
		t.Fatalf("a process says %q, %v", c.out.Text(), c.out.Err())
	}
}

// end waits until the process has done all.
func (c *child) end(t *testing.T) {
	t.Helper()
	var said strings.Builder
	for c.out.Scan() {
		if line := c.out.Text(); line != "step" {
			_, _ = io.WriteString(&said, line+"\n")
		}
	}
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("a process: %v\n%s", err, said.String())
	}
}
