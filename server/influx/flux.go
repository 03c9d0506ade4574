package influx

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/influxdata/influxdb-client-go/v2/api"
	"github.com/influxdata/influxdb-client-go/v2/api/query"
)

// quoteFlux makes a Flux string literal. Everything but plain letters, digits and a few signs is written as bytes in
// hexadecimal, so the text can neither end the literal nor begin an interpolation.
func quoteFlux(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(text) {
		c := text[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(" _-./", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, `\x%02x`, c)
	}
	b.WriteByte('"')
	return b.String()
}

// quoteInfluxQL makes an InfluxQL identifier.
func quoteInfluxQL(name string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(name) + `"`
}

// source is the beginning of every query: some fields (all when none are named) of one device in [from, until).
func (s *Store) source(device string, from, until time.Time, fields []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "from(bucket: %s)\n|> range(start: %s, stop: %s)\n", quoteFlux(s.config.bucket()),
		from.UTC().Format(time.RFC3339Nano), until.UTC().Format(time.RFC3339Nano))
	fmt.Fprintf(&b, "|> filter(fn: (r) => r._measurement == %s and r.device == %s", quoteFlux(measurement), quoteFlux(device))
	for i, field := range fields {
		joint := " or "
		if i == 0 {
			joint = " and ("
		}
		fmt.Fprintf(&b, "%sr._field == %s", joint, quoteFlux(field))
	}
	if len(fields) > 0 {
		b.WriteString(")")
	}
	b.WriteString(")\n")
	return b.String()
}

// each runs a query and calls row for every record of the answer.
func (s *Store) each(ctx context.Context, flux string, row func(*query.FluxRecord) error) error {
	if err := s.ensure(ctx); err != nil {
		return err
	}
	// One for each query: it builds its address at the first use, and not safely for two at once.
	result, err := s.client.QueryAPI(s.config.Org).Query(ctx, flux)
	if err != nil {
		return unavailable(err)
	}
	err = read(result, row)
	return errors.Join(err, unavailable(result.Close()))
}

func read(result *api.QueryTableResult, row func(*query.FluxRecord) error) error {
	for result.Next() {
		if err := row(result.Record()); err != nil {
			return err
		}
	}
	return unavailable(result.Err())
}

// minute is what InfluxDB holds about one minute of a device. More than one point speaks of the same minute when the
// placement was corrected between two writes; the one that was written last counts.
type minute struct {
	at      int64 // Unix seconds
	tags    [4]string
	written int64
	values  map[string]any // by field
}

// tagNames is the order of minute.tags.
var tagNames = [4]string{"site", "room", "station", "kind"}

// minutes gives the fields named (all when none are) of the device's minutes in [from, until), in order, each once.
func (s *Store) minutes(ctx context.Context, device string, from, until time.Time, fields ...string) ([]minute, error) {
	if !from.Before(until) {
		return nil, nil
	}
	type key struct {
		at   int64
		tags [4]string
	}
	place := map[key]int{}
	var found []minute
	flux := s.source(device, from, until, fields) + `|> drop(columns: ["_start", "_stop", "_measurement", "device"])`
	err := s.each(ctx, flux, func(record *query.FluxRecord) error {
		if at := record.Time(); at.Before(from) || !at.Before(until) {
			return nil // 1.8 takes stop as part of the range
		}
		k := key{at: record.Time().Unix()}
		for i, name := range tagNames {
			k.tags[i], _ = record.ValueByKey(name).(string)
		}
		i, known := place[k]
		if !known {
			i = len(found)
			place[k] = i
			found = append(found, minute{at: k.at, tags: k.tags, values: map[string]any{}})
		}
		if record.Field() == fieldWrittenAt {
			found[i].written, _ = record.Value().(int64)
		}
		found[i].values[record.Field()] = record.Value()
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b minute) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.written, b.written))
	})
	if !anyTwice(found) {
		return found, nil
	}
	if len(fields) > 0 && !slices.Contains(fields, fieldWrittenAt) {
		return s.minutes(ctx, device, from, until, append(slices.Clone(fields), fieldWrittenAt)...)
	}
	return merge(found), nil
}

func anyTwice(sorted []minute) bool {
	for i := 1; i < len(sorted); i++ {
		if sorted[i].at == sorted[i-1].at {
			return true
		}
	}
	return false
}

// merge makes one of the points that speak of the same minute: what was written later covers what was written before.
func merge(sorted []minute) []minute {
	merged := sorted[:0]
	for _, next := range sorted {
		last := len(merged) - 1
		if last < 0 || merged[last].at != next.at {
			merged = append(merged, next)
			continue
		}
		maps.Copy(merged[last].values, next.values)
		merged[last].tags = next.tags
	}
	return merged
}
