package wire_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/agent/wire"
)

func codeOf(err error) wire.Code {
	var fault *wire.Error
	if errors.As(err, &fault) {
		return fault.Code
	}
	return ""
}

func TestAWholeMessageIsRefusedForItsEnvelopeOnly(t *testing.T) {
	sample := `{"minute":"2026-11-22T03:41:00Z","in_use_seconds":60,"idle_seconds":0,"source":"x11"}`
	many := strings.Repeat(sample[:len(sample)-1]+"},", 240) + sample
	for name, c := range map[string]struct {
		payload string
		want    wire.Code
	}{
		"nothing":               {``, wire.CodeMalformed},
		"no object":             {`[]`, wire.CodeMalformed},
		"cut off":               {`{"version":1,"epoch":"e","first_seq":1,"samples":[` + sample, wire.CodeMalformed},
		"something behind":      {`{"version":1,"epoch":"e","first_seq":1,"samples":[` + sample + `]} x`, wire.CodeMalformed},
		"no version":            {`{"epoch":"e","first_seq":1,"samples":[` + sample + `]}`, wire.CodeUnknownVersion},
		"version 2, other form": {`{"version":2,"epoch":7,"samples":"packed"}`, wire.CodeUnknownVersion},
		"no epoch":              {`{"version":1,"first_seq":1,"samples":[` + sample + `]}`, wire.CodeBadEpoch},
		"epoch with a quote":    {`{"version":1,"epoch":"a\"b","first_seq":1,"samples":[` + sample + `]}`, wire.CodeBadEpoch},
		"sequence from zero":    {`{"version":1,"epoch":"e","first_seq":0,"samples":[` + sample + `]}`, wire.CodeBadSequence},
		"sequence overflows":    {`{"version":1,"epoch":"e","first_seq":18446744073709551615,"samples":[` + sample + `,` + sample + `]}`, wire.CodeBadSequence},
		"negative sequence":     {`{"version":1,"epoch":"e","first_seq":-1,"samples":[` + sample + `]}`, wire.CodeMalformed},
		"no samples":            {`{"version":1,"epoch":"e","first_seq":1,"samples":[]}`, wire.CodeNoSamples},
		"too many samples":      {`{"version":1,"epoch":"e","first_seq":1,"samples":[` + many + `]}`, wire.CodeTooManySamples},
		"too large":             {strings.Repeat(" ", wire.MaxPayloadBytes+1), wire.CodeTooLarge},
	} {
		if _, err := wire.DecodeUsage([]byte(c.payload)); codeOf(err) != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

func TestABadSampleDoesNotCostTheGoodOnesBesideIt(t *testing.T) {
	good := `{"minute":"2026-11-22T03:41:00Z","in_use_seconds":60,"idle_seconds":0,"source":"x11"}`
	now := minuteAt("2026-11-22T03:45:30Z")
	for name, c := range map[string]struct {
		sample string
		want   wire.Code
	}{
		"not an object":      {`7`, wire.CodeMalformedSample},
		"null":               {`null`, wire.CodeMalformedSample},
		"a text for seconds": {`{"minute":"2026-11-22T03:42:00Z","in_use_seconds":"60","source":"x11"}`, wire.CodeMalformedSample},
		"half a second":      {`{"minute":"2026-11-22T03:42:00Z","in_use_seconds":0.5,"source":"x11"}`, wire.CodeMalformedSample},
		"a minute of words":  {`{"minute":"yesterday","in_use_seconds":60,"source":"x11"}`, wire.CodeMalformedSample},
		"a number too large": {`{"minute":"2026-11-22T03:42:00Z","power_watts":1e999,"source":"x11"}`, wire.CodeMalformedSample},
		"no minute":          {`{"in_use_seconds":60,"source":"x11"}`, wire.CodeMalformedSample},
		"not aligned":        {`{"minute":"2026-11-22T03:42:01Z","source":"x11"}`, wire.CodeMinuteNotAligned},
		"61 seconds":         {`{"minute":"2026-11-22T03:42:00Z","in_use_seconds":31,"idle_seconds":30,"source":"x11"}`, wire.CodeSecondsOverflow},
		"negative seconds":   {`{"minute":"2026-11-22T03:42:00Z","in_use_seconds":-1,"source":"x11"}`, wire.CodeSecondsOverflow},
		"overflowing sum":    {`{"minute":"2026-11-22T03:42:00Z","in_use_seconds":60,"idle_seconds":9223372036854775807,"source":"x11"}`, wire.CodeSecondsOverflow},
		"no source":          {`{"minute":"2026-11-22T03:42:00Z"}`, wire.CodeBadSource},
		"cpu above 100":      {`{"minute":"2026-11-22T03:42:00Z","cpu_percent":100.5,"source":"x11"}`, wire.CodeBadNumber},
		"a window title":     {`{"minute":"2026-11-22T03:42:00Z","source":"x11","application":"Letter to Wei - Writer"}`, wire.CodeBadApplication},
		"17 metrics":         {`{"minute":"2026-11-22T03:42:00Z","source":"x11","metrics":{` + metrics(17) + `}}`, wire.CodeTooManyMetrics},
		"a metric with -":    {`{"minute":"2026-11-22T03:42:00Z","source":"x11","metrics":{"a-b":1}}`, wire.CodeBadMetricName},
		"11 minutes ahead":   {`{"minute":"2026-11-22T03:56:00Z","source":"x11"}`, wire.CodeMinuteInFuture},
		"two days old":       {`{"minute":"2026-11-20T03:45:00Z","source":"x11"}`, wire.CodeMinuteTooOld},
	} {
		payload := fmt.Sprintf(`{"version":1,"epoch":"e","first_seq":8,"samples":[%s,%s,%s]}`, good, c.sample, good)
		u, err := wire.DecodeUsage([]byte(payload))
		if err != nil || len(u.Samples) != 3 {
			t.Errorf("%s: the message is refused: %v", name, err)
			continue
		}
		for i, want := range []wire.Code{"", c.want, ""} {
			if got := u.Samples[i].Fault(now, 24*time.Hour); got != want {
				t.Errorf("%s: sample %d (seq %d): code %q, want %q", name, i, u.Seq(i), got, want)
			}
		}
	}
}

func metrics(n int) string {
	var parts []string
	for i := range n {
		parts = append(parts, fmt.Sprintf(`"m%d":%d`, i, i))
	}
	return strings.Join(parts, ",")
}

func TestTheEdgesOfTimeAreInside(t *testing.T) {
	s := wire.Sample{Minute: minuteAt("2026-11-22T03:41:00Z"), Source: wire.SourceNone}
	if code := s.Fault(s.Minute.Add(-wire.MaxFuture), 0); code != "" {
		t.Errorf("exactly 10 minutes ahead: %s", code)
	}
	if code := s.Fault(s.Minute.Add(time.Hour), time.Hour); code != "" {
		t.Errorf("exactly as old as the retention: %s", code)
	}
	if code := s.Fault(s.Minute.Add(100*365*24*time.Hour), 0); code != "" {
		t.Errorf("no retention: %s", code)
	}
}

func TestMinutesComeOutInUTC(t *testing.T) {
	u, err := wire.DecodeUsage([]byte(`{"version":1,"epoch":"e","first_seq":1,"samples":[{"minute":"2026-11-22T11:41:00+08:00","source":"x11"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := u.Samples[0].Minute; got != minuteAt("2026-11-22T03:41:00Z") {
		t.Errorf("got %v", got)
	}
}

func TestASourceOfTomorrowIsAccepted(t *testing.T) {
	s := wire.Sample{Minute: minuteAt("2026-11-22T03:41:00Z"), InUseSeconds: 30, Source: "eye-tracker"}
	if code := s.Fault(s.Minute, 0); code != "" || !s.Used() || !s.Seen() {
		t.Errorf("code %q, used %v, seen %v", code, s.Used(), s.Seen())
	}
}

func TestNothingInvalidIsWritten(t *testing.T) {
	u := exampleUsage()
	u.Samples[1].PowerWatts = number(math.NaN())
	if _, err := wire.EncodeUsage(u); codeOf(err) != wire.CodeBadNumber {
		t.Errorf("NaN: %v", err)
	}
	u = exampleUsage()
	wide := map[string]float64{}
	for i := range wire.MaxMetrics {
		wide[fmt.Sprintf("%s%d", strings.Repeat("x", 60), i)] = math.MaxFloat64
	}
	for len(u.Samples) < wire.MaxSamples {
		s := u.Samples[0]
		s.Metrics = wide
		u.Samples = append(u.Samples, s)
	}
	if _, err := wire.EncodeUsage(u); codeOf(err) != wire.CodeTooLarge {
		t.Errorf("240 wide samples: %v", err)
	}
	if _, err := wire.EncodeAck(wire.Ack{Epoch: "e", FirstSeq: 5, LastSeq: 4}); codeOf(err) != wire.CodeBadSequence {
		t.Errorf("empty range: %v", err)
	}
	outside := wire.Ack{Epoch: "e", FirstSeq: 5, LastSeq: 6, Refused: []wire.Refusal{{Seq: 7, Code: "x"}}}
	if _, err := wire.EncodeAck(outside); codeOf(err) != wire.CodeBadSequence {
		t.Errorf("refusal outside the range: %v", err)
	}
	if _, err := wire.EncodeState(wire.State{Session: 1, State: wire.Idle, Source: wire.SourceX11}); codeOf(err) != wire.CodeBadField {
		t.Errorf("state without since: %v", err)
	}
	for _, agent := range []string{"\x00", "0.3\n1", "\xff"} {
		s := wire.State{Session: 1, State: wire.Lost, Source: wire.SourceNone, Agent: agent}
		if _, err := wire.EncodeState(s); codeOf(err) != wire.CodeBadField {
			t.Errorf("state of the agent %q: %v", agent, err)
		}
	}
	nul := `{"version":1,"session":1,"state":"lost","source":"none","agent":"\u0000"}`
	if _, err := wire.DecodeState([]byte(nul)); codeOf(err) != wire.CodeBadField {
		t.Errorf("state with an escaped NUL: %v", err)
	}
	if _, err := wire.EncodeState(wire.State{Session: 0, State: wire.Lost, Source: wire.SourceNone}); codeOf(err) != wire.CodeBadField {
		t.Errorf("state without session: %v", err)
	}
	five := 5
	if _, err := wire.EncodeConfig(wire.Config{IdleAfterSeconds: &five}); codeOf(err) != wire.CodeBadField {
		t.Errorf("threshold of 5 s: %v", err)
	}
}

func TestTheLargestAllowedBatchFitsTheOverhead(t *testing.T) {
	envelope := wire.AppendUsage(nil, strings.Repeat("e", 64), wire.MaxSeq, nil)
	if len(envelope) > wire.UsageOverhead {
		t.Errorf("the envelope takes %d bytes, UsageOverhead says %d", len(envelope), wire.UsageOverhead)
	}
}

func TestALateWillDoesNotSupersedeANewerBirth(t *testing.T) {
	birth := wire.State{Session: 8, State: wire.InUse}
	will := wire.State{Session: 7, State: wire.Lost}
	if will.Supersedes(birth) || !birth.Supersedes(will) || !birth.Supersedes(birth) {
		t.Error("the larger session must win, and a change within a session must count")
	}
}

func TestANoticeFallsBackToALanguageThatItHas(t *testing.T) {
	text := wire.Text{"zh-CN": "你好", "en": "hello"}
	for language, want := range map[string]string{"zh-CN": "你好", "en": "hello", "de": "hello"} {
		if got := text.In(language); got != want {
			t.Errorf("%s: %q, want %q", language, got, want)
		}
	}
	if got := (wire.Text{"zh-CN": "你好"}).In("de"); got != "你好" {
		t.Errorf("only Chinese: %q", got)
	}
	if got := (wire.Text{}).In("en"); got != "" {
		t.Errorf("nothing: %q", got)
	}
}

func TestTopicsAreBuiltAndParsed(t *testing.T) {
	if got := wire.Topic("plc-07", wire.ChannelUsage); got != "labtide/v1/plc-07/usage" {
		t.Error(got)
	}
	if got := wire.Filter(wire.ChannelState); got != "labtide/v1/+/state" {
		t.Error(got)
	}
	if device, channel, ok := wire.ParseTopic("labtide/v1/plc-07/ack"); device != "plc-07" || channel != wire.ChannelAck || !ok {
		t.Error(device, channel, ok)
	}
	for _, topic := range []string{
		"", "labtide/v1/", "labtide/v1/x", "labtide/v2/x/usage", "labtide/v1/x/usage/", "labtide/v1/x/y/usage",
		"labtide/v1/+/usage", "labtide/v1//usage", "labtide/v1/X/usage", "labtide/v1/-x/usage", "labtide/v1/x/shout",
		"labtide/v1/" + strings.Repeat("x", 64) + "/usage", "/labtide/v1/x/usage",
	} {
		if _, _, ok := wire.ParseTopic(topic); ok {
			t.Errorf("%q was taken for a topic", topic)
		}
	}
	if n := testing.AllocsPerRun(100, func() { wire.ParseTopic("labtide/v1/plc-07/usage") }); n != 0 {
		t.Errorf("ParseTopic allocates %v times", n)
	}
}
