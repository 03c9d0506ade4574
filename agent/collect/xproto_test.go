package collect

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"
)

// entry writes one line of an Xauthority file.
func entry(family uint16, address, display, name string, data []byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, family)
	for _, field := range [][]byte{[]byte(address), []byte(display), []byte(name), data} {
		b = binary.BigEndian.AppendUint16(b, uint16(len(field)))
		b = append(b, field...)
	}
	return b
}

func TestCookiesOfThisComputersDisplayAreFound(t *testing.T) {
	key := func(n byte) []byte { return bytes.Repeat([]byte{n}, 16) }
	var file []byte
	for _, e := range [][]byte{
		entry(256, "lab-07", "0", cookieName, key(1)),
		entry(256, "lab-07", "1", cookieName, key(2)),
		entry(65535, "", "", cookieName, key(3)),
		entry(0, "\x7f\x00\x00\x01", "0", cookieName, key(4)),
		entry(256, "lab-07", "0", "XDM-AUTHORIZATION-1", key(5)),
		entry(256, "lab-07", "0", cookieName, key(6)[:8]),
		entry(256, "lab-07", "0", cookieName, key(7)),
	} {
		file = append(file, e...)
	}
	got := parseCookies(file, "0")
	if len(got) != 3 || got[0][0] != 1 || got[1][0] != 3 || got[2][0] != 7 {
		t.Errorf("got %v", got)
	}
	if got := parseCookies(file[:len(file)-1], "0"); len(got) != 2 {
		t.Errorf("of a file that is cut off: %v", got)
	}
}

func TestARefusalOfTheXServerIsQuoted(t *testing.T) {
	reason := "No protocol specified\n\x00\x00"
	answer := append([]byte{0, 22, 11, 0, 0, 0, 6, 0}, reason...)
	if _, err := readHandshake(bytes.NewReader(answer)); err == nil || !bytes.Contains([]byte(err.Error()), []byte("No protocol specified")) {
		t.Errorf("got %v", err)
	}
}

func TestEventsBeforeAReplyArePassedOver(t *testing.T) {
	event, reply := make([]byte, packetBytes), make([]byte, packetBytes)
	event[0] = 34 // the keyboard's mapping changed
	reply[0] = 1
	binary.LittleEndian.PutUint32(reply[16:], 4711)
	var packet [packetBytes]byte
	if err := readReply(io.MultiReader(bytes.NewReader(event), bytes.NewReader(reply)), &packet); err != nil || idleOf(&packet) != 4711 {
		t.Errorf("got %d (%v)", idleOf(&packet), err)
	}
	if err := readReply(bytes.NewReader(make([]byte, packetBytes)), &packet); err == nil {
		t.Error("an error was taken for a reply")
	}
}

func FuzzHandshake(f *testing.F) {
	f.Add([]byte{1, 0, 11, 0, 0, 0, 1, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		readHandshake(bytes.NewReader(b)) //nolint:errcheck // it must only not panic
	})
}

func FuzzCookies(f *testing.F) {
	f.Add(entry(256, "lab", "0", cookieName, make([]byte, 16)))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, c := range parseCookies(b, "0") {
			if len(c) != 16 {
				t.Fatalf("a cookie of %d bytes", len(c))
			}
		}
	})
}
