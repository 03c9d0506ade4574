package sqldb

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
)

// fighterEnv tells a copy of the test binary which database it fights on: "driver dsn".
const fighterEnv = "LABTIDE_TEST_FIGHTER"

const (
	fightRounds   = 20
	fightersEach  = bookingtest.Students / 2
	fightersTotal = 2 * fightersEach
)

// TestServerProcessesThatFightForOneSlotHaveOneWinnerEveryTime starts this binary twice more; each is a server process with
// 32 people in it, and in each round all want the same slot.
func TestServerProcessesThatFightForOneSlotHaveOneWinnerEveryTime(t *testing.T) {
	if where := os.Getenv(fighterEnv); where != "" {
		driver, dsn, _ := strings.Cut(where, " ")
		fight(t, Config{Driver: driver, DSN: dsn})
		return
	}
	onEach(t, func(t *testing.T, cfg Config) {
		db := openTest(t, cfg)
		putSchool(t, db, bookingtest.NewSchool())
		fighters := []*fighter{startFighter(t, cfg, "0"), startFighter(t, cfg, "1")}
		for _, f := range fighters {
			if ready := f.read(t); ready != "ready" {
				t.Fatalf("a fighter says %q", ready)
			}
		}
		for round := range fightRounds {
			for _, f := range fighters {
				if _, err := fmt.Fprintln(f.in, round); err != nil {
					t.Fatal(err)
				}
			}
			won, refused := 0, 0
			for _, f := range fighters {
				var w, r int
				line := f.read(t)
				if _, err := fmt.Sscanf(line, "won %d refused %d", &w, &r); err != nil {
					t.Fatalf("a fighter says %q", line)
				}
				won, refused = won+w, refused+r
			}
			if won != 1 || refused != fightersTotal-1 {
				t.Errorf("round %d: %d won, %d were refused", round, won, refused)
			}
		}
		all, err := NewBookings(db).Active(t.Context(), nil, "", bookingtest.At(0, 0, 0), bookingtest.At(14, 0, 0))
		if err != nil || len(all) != fightRounds {
			t.Errorf("%d bookings are stored, %v; want %d", len(all), err, fightRounds)
		}
	})
}

type fighter struct {
	in  io.WriteCloser
	out *bufio.Scanner
}

func (f *fighter) read(t *testing.T) string {
	t.Helper()
	if !f.out.Scan() {
		t.Fatalf("a fighter is gone: %v", f.out.Err())
	}
	return f.out.Text()
}

func startFighter(t *testing.T, cfg Config, number string) *fighter {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*time.Minute) // it lives until its input ends
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+strings.Split(t.Name(), "/")[0]+"$")
	cmd.Env = append(os.Environ(), fighterEnv+"="+cfg.Driver+" "+cfg.DSN, "LABTIDE_TEST_FIGHTER_NUMBER="+number)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // the end of its work
		if err := cmd.Wait(); err != nil {
			t.Errorf("a fighter: %v", err)
		}
		cancel()
	})
	return &fighter{in: in, out: bufio.NewScanner(out)}
}

// fight is the work of a child process: for each line on standard input one round.
func fight(t *testing.T, cfg Config) {
	db, err := Open(t.Context(), cfg, discard())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	service := booking.New(NewBookings(db), bookingtest.Now)
	first := 0
	if os.Getenv("LABTIDE_TEST_FIGHTER_NUMBER") == "1" {
		first = fightersEach
	}
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var round int
		if _, err := fmt.Sscan(lines.Text(), &round); err != nil {
			t.Fatal(err)
		}
		from := bookingtest.At(1+round/6, 8+2*(round%6), 0)
		r := booking.Request{StationID: bookingtest.StationID(round % bookingtest.Stations), StartsAt: from, EndsAt: from.Add(time.Hour)}
		errs := make([]error, fightersEach)
		var group sync.WaitGroup
		for i := range errs {
			group.Go(func() { _, errs[i] = service.Reserve(t.Context(), bookingtest.Student(first+i), r) })
		}
		group.Wait()
		won, refused := 0, 0
		for _, err := range errs {
			var no *booking.Refused
			switch {
			case err == nil:
				won++
			case errors.As(err, &no):
				refused++
			default:
				t.Error(err)
			}
		}
		fmt.Printf("won %d refused %d\n", won, refused)
	}
}
