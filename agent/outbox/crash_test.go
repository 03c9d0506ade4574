package outbox

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func brief(i int) string { return fmt.Sprint("sample", i) }

// written makes an outbox of six samples of which the second is settled, and returns the content of its only file.
func written(t testing.TB) (file []byte, epoch string) {
	t.Helper()
	dir := t.TempDir()
	b := mustOpen(t, dir, roomy())
	epoch = b.Stats().Epoch
	for i := range 6 {
		if i == 3 {
			if _, err := b.Settle(epoch, 2, 2); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Append(start, []byte(brief(i)), start); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(segmentPath(dir, 1))
	if err != nil {
		t.Fatal(err)
	}
	return file, epoch
}

// reopen opens an outbox whose only file is content, appends one sample, and returns what is pending, by epoch.
func reopen(t testing.TB, content []byte) (byEpoch map[string][]string, newEpoch string) {
	t.Helper()
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(segmentPath(dir, 1), content, 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := open(dir, roomy(), quiet(), func(*os.File) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Append(start, []byte("after"), start); err != nil {
		t.Fatal(err)
	}
	byEpoch = map[string][]string{}
	var at Cursor
	for {
		batch, next, err := b.Next(at, 240, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if len(batch.Samples) == 0 {
			return byEpoch, b.Stats().Epoch
		}
		for i, s := range batch.Samples {
			byEpoch[batch.Epoch] = append(byEpoch[batch.Epoch], fmt.Sprintf("%d %s", batch.FirstSeq+uint64(i), s))
		}
		at = next
	}
}

func TestAFileCutAtAnyByteKeepsEverythingBeforeTheCut(t *testing.T) {
	file, epoch := written(t)
	offsets := scanSegment(1, "", file).segment.offsets
	size := recordHead + sampleHead + len(brief(0))
	for cut := range len(file) + 1 {
		got, now := reopen(t, file[:cut])
		last := got[now]
		if len(last) == 0 || !strings.HasSuffix(last[len(last)-1], " after") {
			t.Fatalf("cut at %d: the new sample is missing: %v", cut, got)
		}
		old := got[epoch]
		if now == epoch {
			old = old[:len(old)-1]
		}
		want := 0
		for _, offset := range offsets {
			if cut >= int(offset)+size {
				want++
			}
		}
		if settledAt := int(offsets[3]); cut >= settledAt { // the record that settles one stands before the fourth sample
			want--
		}
		if len(old) != want {
			t.Fatalf("cut at %d: %d samples are pending, want %d", cut, len(old), want)
		}
	}
}

func TestADamagedByteNeverYieldsAWrongSampleOrAUsedNumber(t *testing.T) {
	file, epoch := written(t)
	original := map[string]bool{}
	for i := range 6 {
		original[fmt.Sprintf("%d %s", i+1, brief(i))] = true
	}
	for i := range file {
		damaged := append([]byte(nil), file...)
		damaged[i] ^= 0x41
		got, now := reopen(t, damaged)
		if now == epoch {
			t.Fatalf("byte %d: the epoch goes on though the file is damaged", i)
		}
		for _, s := range got[epoch] {
			if !original[s] {
				t.Fatalf("byte %d: %q was never appended", i, s)
			}
		}
		if len(got[now]) != 1 || got[now][0] != "1 after" {
			t.Fatalf("byte %d: the new epoch holds %v", i, got[now])
		}
	}
}

func TestAnEmptyFolderOrAFileOfZeroesStartsANewEpoch(t *testing.T) {
	for name, content := range map[string][]byte{"empty file": nil, "zeroes": make([]byte, 4096)} {
		if got, now := reopen(t, content); len(got) != 1 || len(got[now]) != 1 {
			t.Errorf("%s: %v", name, got)
		}
	}
	file, epoch := written(t)
	got, now := reopen(t, append(file, make([]byte, 4096)...))
	if now == epoch || len(got[epoch]) != 5 {
		t.Errorf("zeroes behind the last record: epoch %s, %v", now, got)
	}
}

// TestAKilledProcessLosesNothingItWasPromised starts this test binary again as a writer, kills it in the middle, and
// looks for every sample that the writer had reported.
func TestAKilledProcessLosesNothingItWasPromised(t *testing.T) {
	if dir := os.Getenv("OUTBOX_WRITER_DIR"); dir != "" {
		writeUntilKilled(dir)
	}
	dir := filepath.Join(t.TempDir(), "outbox")
	promised := map[string]bool{}
	for round := range 8 {
		child := exec.Command(os.Args[0], "-test.run", "^TestAKilledProcessLosesNothingItWasPromised$")
		child.Env = append(os.Environ(), "OUTBOX_WRITER_DIR="+dir, fmt.Sprintf("OUTBOX_WRITER_ROUND=%d", round))
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if n == 10+17*round { // go on reading: what is in the pipe was promised, too
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
			promised[lines.Text()] = true
		}
		if err := child.Wait(); err == nil {
			t.Fatal("the writer ended by itself")
		}
	}
	b := mustOpen(t, dir, roomy())
	if len(promised) < 80 {
		t.Fatalf("only %d samples were promised", len(promised))
	}
	for _, s := range pending(t, b, 240) {
		delete(promised, s)
	}
	if len(promised) > 0 {
		t.Errorf("%d promised samples are lost", len(promised))
	}
}

func writeUntilKilled(dir string) {
	b, err := Open(dir, roomy(), quiet())
	if err != nil {
		panic(err)
	}
	for i := 0; ; i++ {
		s := fmt.Sprintf("round %s sample %d", os.Getenv("OUTBOX_WRITER_ROUND"), i)
		if err := b.Append(start.Add(time.Duration(i)*time.Minute), []byte(s), start); err != nil {
			panic(err)
		}
		fmt.Println(s)
	}
}

func FuzzScan(f *testing.F) {
	file, _ := written(f)
	f.Add(file)
	f.Add(file[:len(file)-3])
	f.Fuzz(func(t *testing.T, b []byte) {
		r := scanSegment(1, "x", b)
		if r.segment == nil {
			return
		}
		if r.good > int64(len(b)) || r.segment.open != len(r.segment.offsets) {
			t.Fatalf("%d of %d bytes are good, %d of %d samples open", r.good, len(b), r.segment.open, len(r.segment.offsets))
		}
		for i := range r.segment.offsets {
			if end := r.segment.end(i); end > r.good || end <= int64(r.segment.offsets[i]) {
				t.Fatalf("sample %d lies at %d … %d of %d", i, r.segment.offsets[i], end, r.good)
			}
		}
	})
}
