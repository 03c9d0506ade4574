package wire_test

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/labtide/labtide/agent/wire"
)

var update = flag.Bool("update", false, "write the golden files anew")

func minuteAt(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func number(v float64) *float64 { return &v }

func exampleUsage() wire.Usage {
	return wire.Usage{
		Version: wire.Version, Epoch: "q7Xf2LmZ", FirstSeq: 1041,
		Samples: []wire.Sample{
			{
				Minute: minuteAt("2026-11-22T03:41:00Z"), InUseSeconds: 60, Source: wire.SourceX11,
				CPUPercent: number(12.5), MemoryPercent: number(41), Application: "tia-portal",
				Metrics: map[string]float64{"spindle_rpm": 1200},
			},
			{Minute: minuteAt("2026-11-22T03:42:00Z"), InUseSeconds: 20, IdleSeconds: 15, Source: wire.SourceTerminal},
			{Minute: minuteAt("2026-11-22T03:43:00Z"), IdleSeconds: 60, Source: wire.SourcePower, PowerWatts: number(81.25)},
		},
	}
}

// roundTrip checks that a message is written as the golden file has it and is read back as it was.
func roundTrip[T any](t *testing.T, file string, message T, encode func(T) ([]byte, error), decode func([]byte) (T, error)) {
	t.Helper()
	path := filepath.Join("testdata", file)
	payload, err := encode(message)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, append(payload, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(payload)+"\n" != string(golden) {
		t.Errorf("%s: encoded\n%s\ngolden\n%s", file, payload, golden)
	}
	read, err := decode(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(read, message) {
		t.Errorf("%s: read back\n%+v\nwritten\n%+v", file, read, message)
	}
}

func TestMessagesAreWrittenAsTheGoldenFilesSay(t *testing.T) {
	yes, threshold := true, 300
	roundTrip(t, "usage.json", exampleUsage(), wire.EncodeUsage, wire.DecodeUsage)
	roundTrip(t, "state.json", wire.State{
		Version: 1, Session: 7, State: wire.InUse, Since: minuteAt("2026-11-22T03:41:07Z"), Source: wire.SourceX11, Agent: "0.3.1",
	}, wire.EncodeState, wire.DecodeState)
	roundTrip(t, "state-lost.json", wire.State{
		Version: 1, Session: 7, State: wire.Lost, Source: wire.SourceNone, Agent: "0.3.1",
	}, wire.EncodeState, wire.DecodeState)
	roundTrip(t, "ack.json", wire.Ack{
		Version: 1, Epoch: "q7Xf2LmZ", FirstSeq: 1041, LastSeq: 1100,
		Refused: []wire.Refusal{{Seq: 1043, Code: wire.CodeMinuteInFuture}},
	}, wire.EncodeAck, wire.DecodeAck)
	roundTrip(t, "notice.json", wire.Notice{
		Version: 1, ID: "n-81", Level: wire.LevelWarn,
		Title:     wire.Text{"en": "Your booking ends in 10 minutes", "zh-CN": "您的预约将在10分钟后结束"},
		Body:      wire.Text{"en": "Please save your work."},
		ExpiresAt: minuteAt("2026-11-22T04:00:00Z"),
	}, wire.EncodeNotice, wire.DecodeNotice)
	roundTrip(t, "config.json", wire.Config{Version: 1, IdleAfterSeconds: &threshold, ScanApplications: &yes},
		wire.EncodeConfig, wire.DecodeConfig)
}

func TestTheExampleOfTheContractPageIsRead(t *testing.T) {
	page := `{"version":1,"epoch":"e1","first_seq":1041,"samples":[{"minute":"2026-11-22T03:41:00Z","in_use_seconds":60,` +
		`"idle_seconds":0,"source":"x11","cpu_percent":12.5,"memory_percent":41.0,"power_watts":null,` +
		`"application":"tia-portal","metrics":{"spindle_rpm":1200}}],"a_field_of_tomorrow":[1]}`
	u, err := wire.DecodeUsage([]byte(page))
	if err != nil {
		t.Fatal(err)
	}
	s := u.Samples[0]
	if code := s.Fault(s.Minute.Add(time.Minute), time.Hour); code != "" {
		t.Fatalf("the sample is refused: %s", code)
	}
	if s.PowerWatts != nil || *s.CPUPercent != 12.5 || s.Metrics["spindle_rpm"] != 1200 || u.LastSeq() != 1041 {
		t.Errorf("read %+v", s)
	}
}

func TestEncodedSamplesJoinToTheSameMessage(t *testing.T) {
	u := exampleUsage()
	var parts [][]byte
	for _, s := range u.Samples {
		b, err := wire.EncodeSample(s)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, b)
	}
	whole, err := wire.EncodeUsage(u)
	if err != nil {
		t.Fatal(err)
	}
	if joined := wire.AppendUsage(nil, u.Epoch, u.FirstSeq, parts); string(joined) != string(whole) {
		t.Errorf("joined\n%s\nwhole\n%s", joined, whole)
	}
}
