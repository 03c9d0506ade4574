package wire_test

import (
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/labtide/labtide/agent/wire"
)

func seed(f *testing.F, files ...string) {
	for _, file := range files {
		b, err := os.ReadFile("testdata/" + file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"version":1,"epoch":"e","first_seq":1,"samples":[null,7,{"minute":"2026-11-22T03:41:00+08:00","source":"x11"}]}`))
	f.Add([]byte(`{"version":2}`))
}

func FuzzUsage(f *testing.F) {
	seed(f, "usage.json")
	f.Fuzz(func(t *testing.T, payload []byte) {
		u, err := wire.DecodeUsage(payload)
		if err != nil {
			if codeOf(err) == "" {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		good := u
		good.Samples = nil
		for i := range u.Samples {
			if u.Samples[i].Fault(time.Unix(0, 0), 0) == "" {
				good.Samples = append(good.Samples, u.Samples[i])
			}
		}
		if len(good.Samples) == 0 {
			return
		}
		again, err := wire.EncodeUsage(good)
		if codeOf(err) == wire.CodeTooLarge {
			return
		}
		if err != nil {
			t.Fatalf("good samples cannot be written: %v", err)
		}
		back, err := wire.DecodeUsage(again)
		if err != nil {
			t.Fatal(err)
		}
		for i := range back.Samples {
			if !sameSample(back.Samples[i], good.Samples[i]) {
				t.Fatalf("sample %d changed: %+v, was %+v", i, back.Samples[i], good.Samples[i])
			}
		}
	})
}

// sameSample takes an empty map of metrics for none.
func sameSample(a, b wire.Sample) bool {
	if len(a.Metrics) == 0 && len(b.Metrics) == 0 {
		a.Metrics, b.Metrics = nil, nil
	}
	return reflect.DeepEqual(a, b)
}

// fuzzTwice checks that what is read can be written and is read the same again.
func fuzzTwice[T any](t *testing.T, payload []byte, decode func([]byte) (T, error), encode func(T) ([]byte, error)) {
	first, err := decode(payload)
	if err != nil {
		if codeOf(err) == "" {
			t.Fatalf("an error without a code: %v", err)
		}
		return
	}
	written, err := encode(first)
	if codeOf(err) == wire.CodeTooLarge {
		return
	}
	if err != nil {
		t.Fatalf("%+v was read but cannot be written: %v", first, err)
	}
	second, err := decode(written)
	if err != nil {
		t.Fatalf("%s was written but cannot be read: %v", written, err)
	}
	rewritten, err := encode(second)
	if err != nil || string(rewritten) != string(written) {
		t.Fatalf("written %s, then %s (%v)", written, rewritten, err)
	}
}

func FuzzState(f *testing.F) {
	seed(f, "state.json", "state-lost.json")
	f.Fuzz(func(t *testing.T, payload []byte) { fuzzTwice(t, payload, wire.DecodeState, wire.EncodeState) })
}

func FuzzAck(f *testing.F) {
	seed(f, "ack.json")
	f.Fuzz(func(t *testing.T, payload []byte) { fuzzTwice(t, payload, wire.DecodeAck, wire.EncodeAck) })
}

func FuzzNotice(f *testing.F) {
	seed(f, "notice.json")
	f.Fuzz(func(t *testing.T, payload []byte) { fuzzTwice(t, payload, wire.DecodeNotice, wire.EncodeNotice) })
}

func FuzzConfig(f *testing.F) {
	seed(f, "config.json")
	f.Fuzz(func(t *testing.T, payload []byte) { fuzzTwice(t, payload, wire.DecodeConfig, wire.EncodeConfig) })
}

func FuzzTopic(f *testing.F) {
	f.Add("labtide/v1/plc-07/usage")
	f.Fuzz(func(t *testing.T, topic string) {
		if device, channel, ok := wire.ParseTopic(topic); ok && wire.Topic(device, channel) != topic {
			t.Fatalf("%q was read as %q and %q", topic, device, channel)
		}
	})
}

// FuzzCutIntervals takes 5 bytes an interval and compares with counting seconds.
func FuzzCutIntervals(f *testing.F) {
	f.Add([]byte{0, 10, 0, 90, 1, 0, 50, 0, 30, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		start := minuteAt("2026-11-22T00:00:00Z")
		var intervals []wire.Interval
		for ; len(b) >= 5 && len(intervals) < 12; b = b[5:] {
			from := start.Add(time.Duration(int(b[0])<<8|int(b[1])) % 900 * time.Second)
			length := time.Duration(int(b[2])<<8|int(b[3])) % 300 * time.Second
			intervals = append(intervals, wire.Interval{StartsAt: from, EndsAt: from.Add(length), InUse: b[4]&1 == 1})
		}
		compareWithSeconds(t, start, intervals)
	})
}

func BenchmarkDecodeOneSample(b *testing.B) {
	u := exampleUsage()
	u.Samples = u.Samples[:1]
	payload, err := wire.EncodeUsage(u)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(payload)))
	for b.Loop() {
		if _, err := wire.DecodeUsage(payload); err != nil {
			b.Fatal(err)
		}
	}
}
