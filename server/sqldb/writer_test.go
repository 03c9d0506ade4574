package sqldb

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/labtide/labtide/server/fault"
)

var errRefused = errors.New("refused")

// letter inserts a row with that id: any table does.
func letter(tx *tx, id string) error {
	_, err := tx.exec("INSERT INTO dead_letters (id, device_id, topic, payload, code, received_at) VALUES ($1, '', '', $2, '', 0)", id, []byte{1})
	return err
}

func letters(t *testing.T, db *DB) (n int) {
	t.Helper()
	if err := db.direct(t.Context()).row("SELECT count(*) FROM dead_letters").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOfManyConcurrentWritersEachOneIsStoredWholeOrNotAtAll(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		db := openTest(t, cfg)
		const writers = 300
		var failed atomic.Int64
		var wait sync.WaitGroup
		for i := range writers {
			wait.Go(func() {
				err := db.write(t.Context(), func(tx *tx) error {
					id := NewID()
					if err := errors.Join(letter(tx, id+"-a"), letter(tx, id+"-b")); err != nil {
						return err
					}
					switch i % 3 {
					case 1:
						return errRefused
					case 2:
						return letter(tx, id+"-a") // the key is taken
					}
					return nil
				})
				if err != nil {
					failed.Add(1)
				}
				if i%3 == 1 && !errors.Is(err, errRefused) || i%3 == 2 && fault.CodeOf(err) != "already_exists" {
					t.Errorf("writer %d got %v", i, err)
				}
			})
		}
		wait.Wait()
		if n := letters(t, db); n != 2*writers/3 || failed.Load() != 2*writers/3 {
			t.Errorf("%d rows of %d are stored, and %d writers were refused", n, 2*writers/3, failed.Load())
		}
	})
}

func TestWritersThatComeTogetherShareACommit(t *testing.T) {
	db := openTest(t, liteConfig(t))
	inside, release := make(chan struct{}), make(chan struct{})
	var shared *batch
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := db.write(t.Context(), func(*tx) error {
			shared = db.writer.open
			close(inside)
			<-release
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
	<-inside
	for range 20 {
		wait.Go(func() {
			_ = db.write(t.Context(), func(tx *tx) error { return letter(tx, NewID()) })
		})
	}
	for db.writer.waiting.Load() < 20 { // the others are on their way to the lock
		runtime.Gosched()
	}
	shared.begun = shared.begun.Add(maxOpen * 1000) // a slow machine does not end the batch early
	close(release)
	wait.Wait()
	if shared.members != 21 {
		t.Errorf("%d of 21 writers shared the commit", shared.members)
	}
	if n := letters(t, db); n != 20 {
		t.Errorf("%d rows of 20 are stored", n)
	}
}

func TestAPanicInATransactionUndoesItAndLeavesTheWriterUsable(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		db := openTest(t, cfg)
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = db.write(t.Context(), func(tx *tx) error {
				if err := letter(tx, "lost"); err != nil {
					t.Error(err)
				}
				panic("a bug")
			})
		}()
		if err := db.write(t.Context(), func(tx *tx) error { return letter(tx, "kept") }); err != nil {
			t.Error(err)
		}
		if n := letters(t, db); n != 1 {
			t.Errorf("%d rows are stored, want 1", n)
		}
	})
}

func TestATransactionOfACancelledCallerIsNotBegun(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		db := openTest(t, cfg)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := db.write(ctx, func(tx *tx) error { return letter(tx, "x") }); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if n := letters(t, db); n != 0 {
			t.Errorf("%d rows are stored", n)
		}
	})
}

func TestWhatIsReadInOneReadFitsTogether(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		db := openTest(t, cfg)
		err := db.read(t.Context(), func(tx *tx) error {
			var before, after int
			if err := tx.row("SELECT count(*) FROM dead_letters").Scan(&before); err != nil {
				return err
			}
			if err := db.write(t.Context(), letterNamed("between")); err != nil {
				return err
			}
			if err := tx.row("SELECT count(*) FROM dead_letters").Scan(&after); err != nil {
				return err
			}
			if before != after {
				t.Errorf("%d rows, then %d", before, after)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := letters(t, db); n != 1 {
			t.Errorf("%d rows are stored", n)
		}
	})
}

func letterNamed(id string) func(*tx) error { return func(tx *tx) error { return letter(tx, id) } }

func TestADeadlockIsRetriedUntilBothHaveWritten(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		one, two := openTest(t, cfg), openTest(t, cfg)
		for _, id := range []string{"a", "b"} {
			if err := one.write(t.Context(), letterNamed(id)); err != nil {
				t.Fatal(err)
			}
		}
		mark := func(tx *tx, id string) error {
			_, err := tx.exec("UPDATE dead_letters SET received_at = received_at + 1 WHERE id = $1", id)
			return err
		}
		var wait sync.WaitGroup
		for range 3 {
			for db, ids := range map[*DB][2]string{one: {"a", "b"}, two: {"b", "a"}} {
				wait.Go(func() {
					if err := db.write(t.Context(), func(tx *tx) error {
						return errors.Join(mark(tx, ids[0]), mark(tx, ids[1]))
					}); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wait.Wait()
		var least int
		if err := one.direct(t.Context()).row("SELECT min(received_at) FROM dead_letters").Scan(&least); err != nil || least != 6 {
			t.Errorf("%d of 6 writes are there: %v", least, err)
		}
	})
}

func TestADatabaseThatIsGoneIsUnavailableAndNotOurFault(t *testing.T) {
	_, err := Open(t.Context(), Config{Driver: Postgres, DSN: "postgres://nobody@127.0.0.1:1/none"}, discard())
	if fault.KindOf(err) != fault.KindUnavailable {
		t.Errorf("got %v", err)
	}
}

func TestAFullDiskFailsItsWritersAndNobodyAfterThem(t *testing.T) {
	db := openTest(t, liteConfig(t))
	limit := func(pages int) {
		t.Helper()
		if err := db.writer.do(fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
			t.Fatal(err)
		}
	}
	limit(1) // no more than it has now
	big := make([]byte, 64<<10)
	var stored atomic.Int64
	var wait sync.WaitGroup
	for i := range 20 {
		wait.Go(func() {
			err := db.write(t.Context(), func(tx *tx) error {
				_, err := tx.exec("INSERT INTO sessions (token, data, expires_at) VALUES ($1, $2, 0)", fmt.Sprint(i), big)
				return err
			})
			switch {
			case err == nil:
				stored.Add(1)
			case fault.CodeOf(err) != "database_unavailable":
				t.Errorf("got %v", err)
			}
		})
	}
	wait.Wait()
	limit(1 << 30)
	var rows int64
	if err := db.direct(t.Context()).row("SELECT count(*) FROM sessions").Scan(&rows); err != nil || rows != stored.Load() {
		t.Errorf("%d writers were told that their row is stored, %d rows are (%v)", stored.Load(), rows, err)
	}
	if rows == 20 {
		t.Error("the disk was never full")
	}
	if err := db.write(t.Context(), letterNamed("after")); err != nil {
		t.Errorf("after the disk has room again: %v", err)
	}
}
