package influx

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/telemetry"
)

// fakeStore is a store on a handler of our own, for answers that a real server gives only under stress.
func fakeStore(t *testing.T, handler http.HandlerFunc) *Store {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	s := New(Config{URL: server.URL, Org: "school", Token: "t", Bucket: "b"})
	s.ready = true
	t.Cleanup(s.Close)
	return s
}

func TestRetryAfterIsHeededByEveryWriteUntilItIsOver(t *testing.T) {
	for _, code := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		requests := 0
		answer := statusOnly(code, http.Header{"Retry-After": {"30"}})
		s := fakeStore(t, func(w http.ResponseWriter, r *http.Request) { requests++; answer(w, r) })
		now := start
		s.now = func() time.Time { return now }
		for _, tick := range []struct {
			after    time.Duration
			requests int
			left     time.Duration
		}{{0, 1, 30 * time.Second}, {10 * time.Second, 1, 20 * time.Second}, {31 * time.Second, 2, 30 * time.Second}} {
			now = start.Add(tick.after)
			_, err := s.Write(t.Context(), []telemetry.Sample{sampleAt("pc", 0)})
			var f *fault.Error
			if !errors.As(err, &f) || f.Kind != fault.KindUnavailable || f.RetryAfter != tick.left {
				t.Errorf("%d after %v: %v, want unavailable for another %v", code, tick.after, err, tick.left)
			}
			if requests != tick.requests {
				t.Errorf("%d after %v: %d requests, want %d", code, tick.after, requests, tick.requests)
			}
		}
	}
}

func TestABatchTooLargeForTheServerIsSplit(t *testing.T) {
	var stored []string
	s := fakeStore(t, func(w http.ResponseWriter, r *http.Request) {
		lines := linesOf(t, r)
		if len(lines) > 3 {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		stored = append(stored, lines...)
		w.WriteHeader(http.StatusNoContent)
	})
	batch := make([]telemetry.Sample, 10)
	for i := range batch {
		batch[i] = sampleAt("pc", i)
	}
	if rejected := put(t, s, batch...); len(rejected) != 0 || len(stored) != 10 {
		t.Errorf("rejected %v, stored %d lines, want none and 10", rejected, len(stored))
	}
}

func TestAWholeBatchThatWasDroppedIsNotSearched(t *testing.T) {
	requests := 0
	s := fakeStore(t, func(w http.ResponseWriter, _ *http.Request) {
		requests++
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, `{"code":"unprocessable entity","message":"failure writing points to database: partial write: points beyond retention policy dropped=2"}`)
	})
	rejected := put(t, s, sampleAt("pc", 0), sampleAt("pc", 1))
	if len(rejected) != 2 || requests != 1 {
		t.Errorf("rejected %d with %d requests, want 2 with 1", len(rejected), requests)
	}
}

func TestALineIsGzippedHasConstantTypesAndSecondsAndNobodysName(t *testing.T) {
	var lines []string
	var request *http.Request
	s := fakeStore(t, func(w http.ResponseWriter, r *http.Request) {
		request, lines = r, linesOf(t, r)
		w.WriteHeader(http.StatusNoContent)
	})
	s.now = func() time.Time { return start }
	put(t, s, sampleAt("pc", 3))
	want := `sample,device=pc,kind=plc-bench,room=A1,site=SZ,station=PLC-01 ` +
		`in_use_seconds=40i,idle_seconds=20i,source="x11",application="tia-portal",written_at=1793606400000000000i,cpu_percent=3,metric_spindle_rpm=1200 1793606580`
	if len(lines) != 1 || lines[0] != want {
		t.Errorf("line\n%s\nwant\n%s", strings.Join(lines, "\n"), want)
	}
	if got := request.URL.Query().Get("precision"); got != "s" {
		t.Errorf("precision %q, want s", got)
	}
}

func linesOf(t *testing.T, r *http.Request) []string {
	t.Helper()
	if r.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("Content-Encoding %q, want gzip", r.Header.Get("Content-Encoding"))
	}
	body, err := gzip.NewReader(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Collect(strings.SplitSeq(strings.TrimSpace(string(text)), "\n"))
}

func FuzzQuoteFluxLeavesNothingThatCouldEndALiteral(f *testing.F) {
	for _, seed := range []string{"pc-1", `"`, `\`, "${x}", "实", "\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		inner := strings.TrimSuffix(strings.TrimPrefix(quoteFlux(text), `"`), `"`)
		if strings.ContainsAny(inner, "\"$\n{}") {
			t.Errorf("%q became %q", text, inner)
		}
		if left := strings.ReplaceAll(inner, `\x`, ""); strings.Contains(left, `\`) {
			t.Errorf("%q became %q with a bare backslash", text, inner)
		}
	})
}
