package sqldb

import (
	"bytes"
	"testing"
	"time"

	"github.com/labtide/labtide/server/telemetry"
)

func TestADeadLetterThatComesAgainIsKeptOnce(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		letters := NewDeadLetters(openTest(t, cfg))
		at := time.Unix(1_800_000_000, 0).UTC()
		first := telemetry.DeadLetter{Device: "pc-1", Topic: "labtide/v1/pc-1\x00\xff", Payload: []byte{0, 255}, Code: "bad_json", ReceivedAt: at}
		second := telemetry.DeadLetter{Device: "pc-2", Payload: bytes.Repeat([]byte("x"), 100_000), Code: "too_large", ReceivedAt: at.Add(time.Second)}
		again := first
		again.ReceivedAt = at.Add(time.Minute)
		for _, batch := range [][]telemetry.DeadLetter{{first, second}, {again}, {{Device: "pc-3", Code: "empty", ReceivedAt: at}}} {
			if err := letters.PutDeadLetters(t.Context(), batch); err != nil {
				t.Fatal(err)
			}
		}
		got, err := letters.DeadLetters(t.Context(), 10)
		if err != nil || len(got) != 3 {
			t.Fatalf("%d letters are kept, want 3 (%v)", len(got), err)
		}
		if l := got[0]; l.Device != "pc-1" || !bytes.Equal(l.Payload, first.Payload) || !l.ReceivedAt.Equal(again.ReceivedAt) || l.Code != "bad_json" {
			t.Errorf("the newest is %+v", l)
		}
		if n := len(got[1].Payload); n != maxLetterBytes {
			t.Errorf("%d bytes of a large letter are kept", n)
		}
	})
}
