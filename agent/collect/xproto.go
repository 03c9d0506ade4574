package collect

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The part of the X protocol, version 11, that asking for the idle time takes: a handshake, the number of the
// screen saver extension, and its one question. Numbers go in little-endian, as the handshake declares.

const (
	cookieName        = "MIT-MAGIC-COOKIE-1"
	screenSaver       = "MIT-SCREEN-SAVER"
	opQueryExtension  = 98
	saverQueryInfo    = 1
	packetBytes       = 32
	maxHandshakeBytes = 256 << 10
)

// padded appends b and what fills it up to four bytes.
func padded(dst, b []byte) []byte {
	dst = append(dst, b...)
	for len(dst)%4 != 0 {
		dst = append(dst, 0)
	}
	return dst
}

// handshake is the first message of a client; without a cookie it asks to be let in by name only.
func handshake(cookie []byte) []byte {
	name := cookieName
	if len(cookie) == 0 {
		name = ""
	}
	m := []byte{'l', 0, 11, 0, 0, 0}
	m = binary.LittleEndian.AppendUint16(m, uint16(len(name)))
	m = binary.LittleEndian.AppendUint16(m, uint16(len(cookie)))
	m = append(m, 0, 0)
	return padded(padded(m, []byte(name)), cookie)
}

// readHandshake reads the server's answer and returns the root window of the first screen.
func readHandshake(r io.Reader) (root uint32, err error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, err
	}
	length := 4 * int(binary.LittleEndian.Uint16(head[6:]))
	if length > maxHandshakeBytes {
		return 0, errors.New("the X server's answer is too long")
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(r, body); err != nil {
		return 0, err
	}
	if head[0] != 1 {
		return 0, fmt.Errorf("the X server does not let us in: %q", body[:min(int(head[1]), len(body))])
	}
	const fixed = 32
	if len(body) < fixed {
		return 0, errors.New("the X server's answer is too short")
	}
	vendor := (int(binary.LittleEndian.Uint16(body[16:])) + 3) &^ 3
	screens := fixed + vendor + 8*int(body[21])
	if body[20] == 0 || len(body) < screens+4 {
		return 0, errors.New("the X server has no screen")
	}
	return binary.LittleEndian.Uint32(body[screens:]), nil
}

// askExtension asks for the number of an extension.
func askExtension(name string) []byte {
	m := []byte{opQueryExtension, 0}
	m = binary.LittleEndian.AppendUint16(m, uint16(2+(len(name)+3)/4))
	m = binary.LittleEndian.AppendUint16(m, uint16(len(name)))
	return padded(append(m, 0, 0), []byte(name))
}

// askIdle asks the screen saver extension about a window.
func askIdle(extension byte, root uint32) []byte {
	return binary.LittleEndian.AppendUint32([]byte{extension, saverQueryInfo, 2, 0}, root)
}

// readReply reads up to the next reply, over events that every client gets.
func readReply(r io.Reader, packet *[packetBytes]byte) error {
	for {
		if _, err := io.ReadFull(r, packet[:]); err != nil {
			return err
		}
		switch packet[0] {
		case 0:
			return fmt.Errorf("the X server answers with error %d", packet[1])
		case 1:
			if more := binary.LittleEndian.Uint32(packet[4:]); more > 0 {
				_, err := io.CopyN(io.Discard, r, 4*int64(more))
				return err
			}
			return nil
		}
	}
}

// extensionOf reads the reply to askExtension.
func extensionOf(packet *[packetBytes]byte) (number byte, ok bool) { return packet[9], packet[8] == 1 }

// idleOf reads the reply to askIdle: milliseconds since the last touch.
func idleOf(packet *[packetBytes]byte) uint32 { return binary.LittleEndian.Uint32(packet[16:]) }

// parseCookies returns the cookies in an Xauthority file that may fit a display of this computer, by number such as
// "0". A file that is cut off gives what is whole.
func parseCookies(file []byte, display string) [][]byte {
	const local, wild = 256, 65535
	var cookies [][]byte
	for len(file) >= 2 {
		family := binary.BigEndian.Uint16(file)
		file = file[2:]
		var fields [4][]byte // address, display, name, data
		for i := range fields {
			if len(file) < 2 {
				return cookies
			}
			n := int(binary.BigEndian.Uint16(file))
			if len(file) < 2+n {
				return cookies
			}
			fields[i], file = file[2:2+n], file[2+n:]
		}
		fits := len(fields[1]) == 0 || string(fields[1]) == display
		if (family == local || family == wild) && fits && string(fields[2]) == cookieName && len(fields[3]) == 16 {
			cookies = append(cookies, fields[3])
		}
	}
	return cookies
}
