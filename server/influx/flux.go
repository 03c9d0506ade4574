package influx

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	influxdb2 "github.com/influxdata/influxdb-client-go/v2"
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
	if !s.config.version1() { // 1.8 takes longer to drop columns than to send them
		b.WriteString(`|> drop(columns: ["_start", "_stop", "_measurement", "device"])` + "\n")
	}
	return b.String()
}

// query runs Flux and calls take for every row of the answer.
func (s *Store) query(ctx context.Context, flux string, take func(row) error) error {
	if err := s.ensure(ctx); err != nil {
		return err
	}
	// One for each query: it builds its address at the first use, and not safely for two at once.
	answer, err := s.client.QueryAPI(s.config.Org).QueryRaw(ctx, flux, influxdb2.DefaultDialect())
	if err != nil {
		return unavailable(err)
	}
	return unavailable(decodeRows(answer, take))
}

// minute is what InfluxDB holds about one minute of a device. More than one point speaks of the same minute when the
// placement was corrected between two writes; the one that was written last counts.
type minute struct {
	at     int64 // Unix seconds
	tags   [4]string
	values []named
}

type named struct {
	field string
	value value
}

func (m minute) value(field string) (value, bool) {
	for _, n := range m.values {
		if n.field == field {
			return n.value, true
		}
	}
	return value{}, false
}

func (m minute) writtenAt() int64 {
	v, _ := m.value(fieldWrittenAt)
	return v.count
}

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
	err := s.query(ctx, s.source(device, from, until, fields), func(r row) error {
		if r.at.Before(from) || !r.at.Before(until) {
			return nil // 1.8 takes stop as part of the range
		}
		k := key{r.at.Unix(), r.tags}
		i, known := place[k]
		if !known {
			i = len(found)
			found = append(found, minute{at: k.at, tags: r.tags})
			if len(fields) != 1 { // of a single field no minute has a second row
				place[k] = i
			}
		}
		found[i].values = append(found[i].values, named{r.field, r.value})
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(found, func(a, b minute) int { return cmp.Compare(a.at, b.at) })
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
func merge(found []minute) []minute {
	slices.SortFunc(found, func(a, b minute) int { // the newest first
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(b.writtenAt(), a.writtenAt()))
	})
	merged := found[:0]
	for _, next := range found {
		last := len(merged) - 1
		if last < 0 || merged[last].at != next.at {
			merged = append(merged, next)
			continue
		}
		newest := &merged[last]
		for _, n := range next.values {
			if _, covered := newest.value(n.field); !covered {
				newest.values = append(newest.values, n)
			}
		}
	}
	return merged
}
