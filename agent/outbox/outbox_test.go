package outbox

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
)

var start = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

func roomy() Limits { return Limits{MaxAge: 365 * 24 * time.Hour, MaxBytes: 64 << 20} }

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func mustOpen(t testing.TB, dir string, limits Limits) *Outbox {
	t.Helper()
	b, err := Open(dir, limits, quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// content makes the i-th sample of a test, wide enough that a few hundred of them fill a file.
func content(i int) string { return fmt.Sprintf("sample %d %s", i, strings.Repeat("x", 200)) }

func fill(t testing.TB, b *Outbox, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		at := start.Add(time.Duration(i) * time.Minute)
		if err := b.Append(at, []byte(content(i)), at); err != nil {
			t.Fatal(err)
		}
	}
}

// pending reads everything that is left to send, in order, in batches of n.
func pending(t testing.TB, b *Outbox, n int) []string {
	t.Helper()
	var all []string
	var at Cursor
	for {
		batch, next, err := b.Next(at, n, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if len(batch.Samples) == 0 {
			return all
		}
		for _, s := range batch.Samples {
			all = append(all, string(s))
		}
		at = next
	}
}

func wantPending(t *testing.T, b *Outbox, indexes ...int) {
	t.Helper()
	var want []string
	for _, i := range indexes {
		want = append(want, content(i))
	}
	got := pending(t, b, 7)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Fatalf("%d samples are pending, want %d (%v)", len(got), len(want), indexes)
	}
	if n := b.Stats().Pending; n != len(want) {
		t.Fatalf("Stats says %d, want %d", n, len(want))
	}
}

func TestSamplesComeBackInOrderAfterAReopening(t *testing.T) {
	dir := t.TempDir()
	b := mustOpen(t, dir, roomy())
	fill(t, b, 0, 5)
	epoch := b.Stats().Epoch
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = mustOpen(t, dir, roomy())
	fill(t, b, 5, 6)
	wantPending(t, b, 0, 1, 2, 3, 4, 5)
	batch, _, err := b.Next(Cursor{}, 240, 1<<20)
	if err != nil || batch.Epoch != epoch || batch.FirstSeq != 1 || batch.LastSeq() != 6 {
		t.Errorf("batch %s %d … %d (%v), want epoch %s, 1 … 6", batch.Epoch, batch.FirstSeq, batch.LastSeq(), err, epoch)
	}
}

func TestOnlySettledSamplesLeaveInWhateverOrder(t *testing.T) {
	dir := t.TempDir()
	b := mustOpen(t, dir, roomy())
	fill(t, b, 0, 10)
	epoch := b.Stats().Epoch
	for _, r := range []struct {
		epoch       string
		first, last uint64
		want        int
	}{
		{epoch, 4, 5, 2},
		{epoch, 4, 5, 0},             // twice
		{epoch, 9, 1<<53 - 1, 2},     // beyond the end
		{epoch, 1, 1, 1},             // out of order
		{"another-epoch", 1, 100, 0}, // not ours
		{epoch, 5, 6, 1},             // overlapping
	} {
		n, err := b.Settle(r.epoch, r.first, r.last)
		if err != nil || n != r.want {
			t.Errorf("settle %s %d … %d: %d (%v), want %d", r.epoch, r.first, r.last, n, err, r.want)
		}
	}
	wantPending(t, b, 1, 2, 6, 7)
	if b.Holds(epoch, 4, 6) || !b.Holds(epoch, 4, 7) || !b.Holds(epoch, 1, 2) || b.Holds("another-epoch", 1, 10) {
		t.Error("Holds does not say what is pending")
	}
	fill(t, b, 10, 11) // an ack beyond the end says nothing about a sample that came later
	wantPending(t, b, 1, 2, 6, 7, 10)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	wantPending(t, mustOpen(t, dir, roomy()), 1, 2, 6, 7, 10)
}

func TestABatchIsARunOfConsecutiveNumbers(t *testing.T) {
	b := mustOpen(t, t.TempDir(), roomy())
	fill(t, b, 0, 10)
	if _, err := b.Settle(b.Stats().Epoch, 4, 4); err != nil {
		t.Fatal(err)
	}
	var got []string
	var at Cursor
	for {
		batch, next, err := b.Next(at, 4, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if len(batch.Samples) == 0 {
			break
		}
		got = append(got, fmt.Sprintf("%d-%d", batch.FirstSeq, batch.LastSeq()))
		at = next
	}
	if want := "1-3 5-8 9-10"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
	batch, _, err := b.Next(Cursor{}, 240, 500)
	if err != nil || len(batch.Samples) != 2 {
		t.Errorf("500 bytes hold %d samples (%v), want 2", len(batch.Samples), err)
	}
	batch, _, err = b.Next(Cursor{}, 240, 1)
	if err != nil || len(batch.Samples) != 1 {
		t.Errorf("at least one sample comes: got %d (%v)", len(batch.Samples), err)
	}
}

func TestFilesAreDeletedWhenTheirSamplesAreSettled(t *testing.T) {
	dir := t.TempDir()
	b := mustOpen(t, dir, roomy())
	fill(t, b, 0, 1000)
	if n := files(t, dir); n < 4 {
		t.Fatalf("1000 samples are in %d files: the test needs several", n)
	}
	epoch := b.Stats().Epoch
	if _, err := b.Settle(epoch, 300, 1000); err != nil {
		t.Fatal(err)
	}
	if b.Stats().Pending != 299 {
		t.Errorf("pending %d", b.Stats().Pending)
	}
	if _, err := b.Settle(epoch, 1, 299); err != nil {
		t.Fatal(err)
	}
	if n := files(t, dir); n != 1 {
		t.Errorf("%d files are left, want 1", n)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = mustOpen(t, dir, roomy())
	fill(t, b, 1000, 1001)
	batch, _, err := b.Next(Cursor{}, 240, 1<<20)
	if err != nil || batch.Epoch != epoch || batch.FirstSeq != 1001 {
		t.Errorf("the numbers start anew: %s %d (%v), want %s 1001", batch.Epoch, batch.FirstSeq, err, epoch)
	}
}

func files(t *testing.T, dir string) int {
	t.Helper()
	numbers, err := segmentNumbers(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(numbers)
}

func TestTheOldestAreDroppedAtTheBoundOfTheSizeAndCounted(t *testing.T) {
	dir := t.TempDir()
	b := mustOpen(t, dir, Limits{MaxAge: 365 * 24 * time.Hour, MaxBytes: MinBytes})
	fill(t, b, 0, 3000)
	st := b.Stats()
	if st.Bytes > MinBytes || st.Bytes < MinBytes-2*segmentBytes {
		t.Errorf("%d bytes are kept of %d", st.Bytes, MinBytes)
	}
	if st.Dropped == 0 || int(st.Dropped)+st.Pending != 3000 {
		t.Errorf("dropped %d, pending %d, want 3000 together", st.Dropped, st.Pending)
	}
	got := pending(t, b, 240)
	if len(got) != st.Pending || got[len(got)-1] != content(2999) || got[0] != content(3000-st.Pending) {
		t.Errorf("not the newest are kept")
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if again := mustOpen(t, dir, roomy()).Stats(); again.Dropped != st.Dropped || again.Pending != st.Pending {
		t.Errorf("after a reopening: %+v, before %+v", again, st)
	}
}

func TestNothingIsDroppedBeforeTheBoundOfTheAge(t *testing.T) {
	b := mustOpen(t, t.TempDir(), Limits{MaxAge: 24 * time.Hour, MaxBytes: 64 << 20})
	fill(t, b, 0, 24*60)
	if st := b.Stats(); st.Dropped != 0 {
		t.Fatalf("%d samples were dropped within a day", st.Dropped)
	}
	fill(t, b, 24*60, 48*60)
	st := b.Stats()
	if st.Pending < 24*60 || st.Pending > 24*60+600 || int(st.Dropped)+st.Pending != 48*60 {
		t.Errorf("after two days: pending %d, dropped %d", st.Pending, st.Dropped)
	}
}

func TestOnlyOneProcessOpensAnOutbox(t *testing.T) {
	dir := t.TempDir()
	if InUse(dir) {
		t.Error("nobody uses it yet")
	}
	b := mustOpen(t, dir, roomy())
	if !InUse(dir) {
		t.Error("it is in use")
	}
	defer func() {
		if err := b.Close(); err != nil || InUse(dir) {
			t.Errorf("after closing it is in use: %v", err)
		}
	}()
	if _, err := Open(dir, roomy(), quiet()); err == nil || !strings.Contains(err.Error(), "another agent") {
		t.Errorf("the second opening: %v", err)
	}
}

func TestAnOpenMinuteIsTakenOnce(t *testing.T) {
	dir := t.TempDir()
	b := mustOpen(t, dir, roomy())
	if err := b.SaveOpen([]byte("08:00, 20 s")); err != nil {
		t.Fatal(err)
	}
	if got, err := b.TakeOpen(); err != nil || string(got) != "08:00, 20 s" {
		t.Errorf("got %q (%v)", got, err)
	}
	if got, err := b.TakeOpen(); err != nil || got != nil {
		t.Errorf("a second time: %q (%v)", got, err)
	}
	for _, damaged := range []string{"", "x", "0123456789abcdef0123456789"} {
		if err := os.WriteFile(dir+"/"+openMinuteFile, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := b.TakeOpen(); err != nil || got != nil {
			t.Errorf("damaged %q: %q (%v)", damaged, got, err)
		}
	}
}

var errDisk = errors.New("the disk is full")

// TestAFailingDiskLosesNothingThatWasPromised lets syncs fail at random: what Append took is there, what it refused
// may be sent again, and no number stands for two samples.
func TestAFailingDiskLosesNothingThatWasPromised(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	failing := false
	sync := func(f *os.File) error {
		if failing && random.IntN(3) == 0 {
			return errDisk
		}
		return f.Sync()
	}
	dir := t.TempDir()
	b, err := open(dir, roomy(), quiet(), sync)
	if err != nil {
		t.Fatal(err)
	}
	promised := map[string]bool{}
	failing = true
	epoch := ""
	for i := range 400 {
		if err := b.Append(start, []byte(content(i)), start); err == nil {
			promised[content(i)] = true
			if now := b.Stats().Epoch; now == epoch {
				t.Fatalf("sample %d goes to the epoch %s, in which a write had failed", i, now)
			}
		} else if errors.Is(err, errDisk) {
			epoch = b.Stats().Epoch
		} else {
			t.Fatal(err)
		}
	}
	failing = false
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = mustOpen(t, dir, roomy())
	seen := map[string]string{}
	var at Cursor
	for {
		batch, next, err := b.Next(at, 3, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if len(batch.Samples) == 0 {
			break
		}
		for i, s := range batch.Samples {
			key := fmt.Sprint(batch.Epoch, batch.FirstSeq+uint64(i))
			if old, twice := seen[key]; twice {
				t.Errorf("%s stands for %q and %q", key, old, s)
			}
			seen[key] = string(s)
			delete(promised, string(s))
		}
		at = next
	}
	if len(promised) > 0 || len(seen) == 0 {
		t.Errorf("%d promised samples are lost", len(promised))
	}
}

func TestASampleIsSyncedBeforeAppendReturnsAndTheFolderWithANewFile(t *testing.T) {
	dir := t.TempDir()
	var synced []string
	b, err := open(dir, roomy(), quiet(), func(f *os.File) error {
		synced = append(synced, f.Name())
		return f.Sync()
	})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	first := segmentPath(dir, 1)
	if want := first + " " + dir; strings.Join(synced, " ") != want {
		t.Errorf("at the opening %v were synced, want %s", synced, want)
	}
	synced = nil
	fill(t, b, 0, 1)
	if strings.Join(synced, " ") != first {
		t.Errorf("at an append %v were synced, want %s", synced, first)
	}
}
