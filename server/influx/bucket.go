package influx

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	influxhttp "github.com/influxdata/influxdb-client-go/v2/api/http"
)

// ensure makes the bucket where it is missing. Once it was seen, nothing is asked.
func (s *Store) ensure(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ready {
		return nil
	}
	ensure := s.ensureBucket
	if s.config.version1() {
		ensure = s.ensureDatabase
	}
	if err := ensure(ctx); err != nil {
		return unavailable(err)
	}
	s.ready = true
	return nil
}

// forget has the bucket looked for again: InfluxDB said that it is not there.
func (s *Store) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready = false
}

// ensureBucket is for InfluxDB 2.x.
func (s *Store) ensureBucket(ctx context.Context) error {
	org, name := s.config.Org, s.config.Bucket
	var found struct{ Buckets []struct{ ID string } }
	err := s.ask(ctx, http.MethodGet, "api/v2/buckets", url.Values{"org": {org}, "name": {name}}, nil, &found)
	if err == nil && len(found.Buckets) > 0 {
		return nil
	}
	var answer *influxhttp.Error
	if err != nil && (!errors.As(err, &answer) || answer.StatusCode != http.StatusNotFound) {
		return wrap("look for the bucket "+name, err)
	}
	var orgs struct{ Orgs []struct{ ID string } }
	err = s.ask(ctx, http.MethodGet, "api/v2/orgs", url.Values{"org": {org}}, nil, &orgs)
	if err == nil && len(orgs.Orgs) == 0 {
		err = errors.New("there is none of this name")
	}
	if err != nil {
		return wrap("look for the organisation "+org, err)
	}
	bucket := map[string]any{
		"orgID": orgs.Orgs[0].ID, "name": name,
		"retentionRules": []map[string]any{{"type": "expire", "everySeconds": int64(s.config.Retention / time.Second)}},
	}
	return wrap("make the bucket "+name, s.ask(ctx, http.MethodPost, "api/v2/buckets", nil, bucket, nil))
}

// ensureDatabase is for InfluxDB 1.8, which has databases with retention policies.
func (s *Store) ensureDatabase(ctx context.Context) error {
	database, policy := quoteInfluxQL(s.config.Bucket), quoteInfluxQL(s.config.RetentionPolicy)
	policies, err := s.influxQL(ctx, "SHOW RETENTION POLICIES ON "+database)
	missing := err != nil && strings.Contains(err.Error(), "database not found")
	switch {
	case missing:
		_, err = s.influxQL(ctx, fmt.Sprintf("CREATE DATABASE %s WITH DURATION %s REPLICATION 1 NAME %s", database, s.config.duration(), policy))
		return wrap("make the database "+s.config.Bucket, err)
	case err != nil:
		return wrap("look for the database "+s.config.Bucket, err)
	}
	for _, name := range policies {
		if name == s.config.RetentionPolicy {
			return nil
		}
	}
	_, err = s.influxQL(ctx, fmt.Sprintf("CREATE RETENTION POLICY %s ON %s DURATION %s REPLICATION 1", policy, database, s.config.duration()))
	return wrap("make the retention policy "+s.config.RetentionPolicy, err)
}

// duration is the retention as InfluxQL writes it.
func (c Config) duration() string {
	if c.Retention <= 0 {
		return "INF"
	}
	return fmt.Sprintf("%ds", int64(c.Retention/time.Second))
}

// influxQL runs one statement on InfluxDB 1.8 and returns the first column of the answer.
func (s *Store) influxQL(ctx context.Context, statement string) ([]string, error) {
	var answer struct {
		Results []struct {
			Series []struct{ Values [][]any }
			Error  string
		}
	}
	if err := s.ask(ctx, http.MethodPost, "query", url.Values{"q": {statement}}, nil, &answer); err != nil {
		return nil, err
	}
	var first []string
	for _, result := range answer.Results {
		if result.Error != "" {
			return nil, errors.New(result.Error)
		}
		for _, series := range result.Series {
			for _, row := range series.Values {
				if len(row) > 0 {
					first = append(first, fmt.Sprint(row[0]))
				}
			}
		}
	}
	return first, nil
}

// ask sends a request of its own and decodes the answer into the value that into points to. The client's management
// interface would do, but its errors are texts without a status.
func (s *Store) ask(ctx context.Context, method, path string, values url.Values, body, into any) error {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	address := strings.TrimSuffix(s.config.URL, "/") + "/" + path + "?" + values.Encode()
	request, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	failed := s.client.HTTPService().DoHTTPRequest(request, nil, func(answer *http.Response) error {
		text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
		if err := errors.Join(err, answer.Body.Close()); err != nil || into == nil {
			return err
		}
		return json.Unmarshal(text, into)
	})
	if failed != nil {
		return failed // not returned as it is: a nil *Error in an error is not nil
	}
	return nil
}
