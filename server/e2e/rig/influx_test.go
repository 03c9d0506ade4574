package rig

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestInflux1KeepsPointsOverStopAndStart(t *testing.T) {
	server := Influx1(t)
	ask(t, server, "/query?q="+url.QueryEscape(`CREATE DATABASE "rig"`), "")
	ask(t, server, "/write?db=rig", "temperature value=20.5 1600000000000000000")
	server.Stop()
	refuses(t, strings.TrimPrefix(server.URL, "http://"))
	server.Start()
	answer := ask(t, server, "/api/v2/query", `from(bucket:"rig/autogen") |> range(start:2020-09-13T00:00:00Z, stop:2020-09-14T00:00:00Z)`)
	if !strings.Contains(answer, "20.5") {
		t.Errorf("Flux answers %q, want the point", answer)
	}
}

func TestInflux2KeepsPointsOverStopAndStart(t *testing.T) {
	server := Influx2(t)
	ask(t, server, "/api/v2/write?bucket=first&org="+server.Org, "temperature value=20.5 1600000000000000000")
	server.Stop()
	refuses(t, strings.TrimPrefix(server.URL, "http://"))
	server.Start()
	answer := ask(t, server, "/api/v2/query?org="+server.Org, `from(bucket:"first") |> range(start:2020-09-13T00:00:00Z, stop:2020-09-14T00:00:00Z)`)
	if !strings.Contains(answer, "20.5") {
		t.Errorf("Flux answers %q, want the point", answer)
	}
}

// ask posts the body and returns the answer, which must be a success.
func ask(t *testing.T, server *InfluxServer, path, body string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Token "+server.Token)
	if strings.HasPrefix(path, "/api/v2/query") {
		request.Header.Set("Content-Type", "application/vnd.flux")
		request.Header.Set("Accept", "application/csv")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		t.Fatalf("POST %s: %s: %s (%v)", path, response.Status, answer, err)
	}
	return string(answer)
}
