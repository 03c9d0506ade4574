package broker

import (
	"errors"
	"fmt"
	"io"
)

// Answers to a CONNECT that never reaches the library.
const (
	connackVersion     = "\x20\x02\x00\x01"
	connackUnavailable = "\x20\x02\x00\x03"
	connackVersion5    = "\x20\x03\x00\x84\x00" // unsupported protocol version, in the words of MQTT 5
)

// readConnect reads one whole CONNECT packet, so that nobody but a client of MQTT 3.1.1 gets as far as the library. It
// returns the packet, or an error and, where there is one, the answer to send before hanging up. A reader that
// hangs up without having sent anything gives io.EOF.
func readConnect(r io.Reader) (packet []byte, answer string, err error) {
	head := make([]byte, 1, 512)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, "", err
	}
	if head[0] != 0x10 {
		return nil, "", fmt.Errorf("the first byte is 0x%02x", head[0])
	}
	length, head, err := readLength(r, head)
	if err != nil {
		return nil, "", err
	}
	body := len(head)
	head = append(head, make([]byte, length)...)
	if _, err := io.ReadFull(r, head[body:]); err != nil {
		return nil, "", fmt.Errorf("the CONNECT is cut off: %w", errCut(err))
	}
	name, level, err := protocol(head[body:])
	switch {
	case err != nil:
		return nil, "", err
	case name == "MQTT" && level == 4:
		return head, "", nil
	case name == "MQTT" && level == 5:
		return nil, connackVersion5, errors.New("MQTT 5 is not served")
	}
	return nil, connackVersion, fmt.Errorf("protocol %q level %d is not served", name, level)
}

// errCut keeps an end in the middle of a packet from looking like a polite one.
func errCut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// readLength reads the remaining length, up to four bytes of seven bits, and appends them to head.
func readLength(r io.Reader, head []byte) (int, []byte, error) {
	length := 0
	for shift := 0; shift < 28; shift += 7 {
		var next [1]byte
		if _, err := io.ReadFull(r, next[:]); err != nil {
			return 0, nil, errCut(err)
		}
		head = append(head, next[0])
		length |= int(next[0]&0x7f) << shift
		if next[0]&0x80 != 0 {
			continue
		}
		if length > maxConnectBytes {
			return 0, nil, fmt.Errorf("a CONNECT of %d bytes, at most %d are allowed", length, maxConnectBytes)
		}
		return length, head, nil
	}
	return 0, nil, errors.New("the length of the packet has more than four bytes")
}

// protocol reads name and level at the start of the packet's body.
func protocol(body []byte) (name string, level byte, err error) {
	if len(body) < 2 {
		return "", 0, errors.New("no protocol name")
	}
	end := 2 + int(body[0])<<8 + int(body[1])
	if len(body) <= end {
		return "", 0, errors.New("no protocol level")
	}
	return string(body[2:min(end, 12)]), body[end], nil
}
