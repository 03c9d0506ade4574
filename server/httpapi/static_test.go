package httpapi

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"testing"
	"testing/fstest"
)

func TestTheDashboardIsCachedByWhatItsFilesAre(t *testing.T) {
	s := newSchool(t)
	for _, tc := range []struct{ path, cache, contentType string }{
		{"/", "no-cache", "text/html; charset=utf-8"},
		{"/stations/PLC-01", "no-cache", "text/html; charset=utf-8"},
		{"/mark.svg", "no-cache", "image/svg+xml"},
		{"/assets/index-abc12.js", "public, max-age=31536000, immutable", "text/javascript; charset=utf-8"},
	} {
		got := s.ask("", "GET", tc.path, nil).want(t, http.StatusOK)
		if got.header.Get("Cache-Control") != tc.cache || got.header.Get("Content-Type") != tc.contentType {
			t.Errorf("%s: %s, %s", tc.path, got.header.Get("Cache-Control"), got.header.Get("Content-Type"))
		}
		tag := got.header.Get("ETag")
		if again := s.ask("", "GET", tc.path, nil, "If-None-Match", `"other", W/`+tag); again.status != http.StatusNotModified || len(again.body) > 0 {
			t.Errorf("%s with its ETag: %d", tc.path, again.status)
		}
	}
	s.ask("", "GET", "/assets/gone.js", nil).want(t, http.StatusNotFound)
	s.ask("", "GET", "/../../etc/passwd", nil).want(t, http.StatusOK) // the app's own "not found"
}

func TestFilesArePackedForThoseWhoCanUnpack(t *testing.T) {
	s := newSchool(t)
	const path = "/assets/index-abc12.js"
	plain := s.ask("", "GET", path, nil, "Accept-Encoding", "br, gzip;q=0")
	packed := s.ask("", "GET", path, nil, "Accept-Encoding", "gzip, deflate, br")
	if packed.header.Get("Content-Encoding") != "gzip" || packed.header.Get("ETag") == plain.header.Get("ETag") || packed.header.Get("Vary") == "" {
		t.Fatalf("headers %v", packed.header)
	}
	if plain.header.Get("Content-Encoding") != "" {
		t.Fatal("q=0 is a no")
	}
	unpacker, err := gzip.NewReader(bytes.NewReader(packed.body))
	s.must(err)
	content, err := io.ReadAll(unpacker)
	s.must(err)
	if string(content) != string(plain.body) {
		t.Fatal("another content")
	}
}

func TestWithoutADashboardThereIsOnlyTheAPI(t *testing.T) {
	s := newSchool(t, func(_ *Config, deps *Deps) { deps.Dashboard = nil })
	s.ask("", "GET", "/", nil).want(t, http.StatusNotFound)
	s.ask("", "GET", "/healthz", nil).want(t, http.StatusOK)
	if _, err := newStatic(fstest.MapFS{"other.txt": {}}); err == nil {
		t.Fatal("a dashboard needs an index.html")
	}
}

func TestAnswersArePackedToo(t *testing.T) {
	s := newSchool(t)
	for path, want := range map[string]int{"/api/v1/board": http.StatusOK, "/api/v1/nothing": http.StatusNotFound, "/api/v1/stations/none": http.StatusNotFound} {
		got := s.ask("student", "GET", path, nil, "Accept-Encoding", "gzip")
		if got.header.Get("Content-Encoding") == "gzip" {
			unpacker, err := gzip.NewReader(bytes.NewReader(got.body))
			s.must(err)
			got.body, err = io.ReadAll(unpacker)
			s.must(err)
		} else if want == http.StatusOK {
			t.Errorf("%s is not packed", path)
		}
		got.want(t, want).json(t)
	}
	const path = "/api/v1/bookings"
	body := s.slotBody("PLC-01", 1)
	first := s.ask("student", "POST", path, body, "Accept-Encoding", "gzip", headerIdempotencyKey, "k").want(t, http.StatusCreated)
	again := s.ask("student", "POST", path, body, headerIdempotencyKey, "k").want(t, http.StatusCreated)
	if first.header.Get("Content-Encoding") == "" && string(first.body) != string(again.body) {
		t.Fatal("another answer")
	}
}
