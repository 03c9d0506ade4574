package sqldb

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labtide/labtide/server/fault"
)

func TestARequestThatIsSentTwiceIsAnsweredOnce(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		keys := NewIdempotency(openTest(t, cfg))
		ctx, now := t.Context(), time.Unix(1_800_000_000, 0)
		body := []byte{1, 2, 3}
		begin := func(person string, body []byte, at time.Time, wantBegan bool, wantAnswer, wantCode string) {
			t.Helper()
			answer, began, err := keys.Begin(ctx, person, "key", body, at)
			if began != wantBegan || string(answer) != wantAnswer || fault.CodeOf(err) != wantCode {
				t.Errorf("began %v with %q, %v; want %v, %q, %q", began, answer, err, wantBegan, wantAnswer, wantCode)
			}
		}
		finish := func() {
			t.Helper()
			if err := keys.Finish(ctx, "li", "key", []byte("done")); err != nil {
				t.Fatal(err)
			}
		}
		begin("li", body, now, true, "", "")
		begin("li", body, now.Add(time.Second), false, "", "request_under_way")
		begin("li", []byte("other"), now, false, "", "idempotency_key_reused")
		begin("wang", body, now, true, "", "") // somebody else's key

		begin("li", body, now.Add(time.Minute), true, "", "") // the first server died
		if err := keys.Release(ctx, "li", "key"); err != nil {
			t.Fatal(err)
		}
		begin("li", body, now, true, "", "")
		finish()
		begin("li", body, now.Add(23*time.Hour), false, "done", "")
		begin("li", []byte("other"), now.Add(23*time.Hour), false, "", "idempotency_key_reused")
		if err := keys.Release(ctx, "li", "key"); err != nil { // an answer is not released
			t.Fatal(err)
		}
		begin("li", body, now.Add(23*time.Hour), false, "done", "")
		begin("li", []byte("other"), now.Add(24*time.Hour), true, "", "")
	})
}

func TestOfManyEqualRequestsAtOnceOneRuns(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		one, two := openTest(t, cfg), openTest(t, cfg)
		for round := range 5 {
			now := time.Unix(1_800_000_000+int64(round)*100_000, 0) // each round finds the key of the last one too old
			var began atomic.Int64
			var wait sync.WaitGroup
			for i := range 32 {
				wait.Go(func() {
					keys := NewIdempotency([]*DB{one, two}[i%2])
					_, ok, err := keys.Begin(t.Context(), "li", "key", []byte("body"), now)
					if ok {
						began.Add(1)
					} else if fault.CodeOf(err) != "request_under_way" {
						t.Errorf("got %v", err)
					}
				})
			}
			wait.Wait()
			if n := began.Load(); n != 1 {
				t.Errorf("round %d: %d requests ran", round, n)
			}
		}
	})
}
