package sqldb

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"time"
)

// idEncoding keeps the order of the bytes and is safe in URLs, topics and file names. Letters that people take for digits
// are left out.
var idEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewID makes an id: 26 characters, 48 bits of milliseconds and 80 of chance, so ids sort by the time of making and nobody
// can guess one. To everyone else it is an opaque text.
func NewID() string {
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], uint64(time.Now().UnixMilli())<<16)
	rand.Read(id[6:]) // never fails
	return idEncoding.EncodeToString(id[:])
}
