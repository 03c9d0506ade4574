package equipment

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"strings"
)

// LabelKeys makes the keys of the codes that are printed on stations: whoever has one stands, or stood, before the station. A key
// never changes while the secret is the same, so a label need not be printed anew.
type LabelKeys struct{ secret []byte }

// NewLabelKeys makes keys by a secret of 16 bytes or more, which never leaves the server.
func NewLabelKeys(secret []byte) LabelKeys { return LabelKeys{secret: secret} }

// labelBytes is how much of the HMAC a key holds: 80 bits are 16 letters, and nobody guesses them through an API.
const labelBytes = 10

// Key gives the key of a station: lower-case letters and digits.
func (k LabelKeys) Key(stationID string) string {
	mac := hmac.New(sha256.New, k.secret)
	_, _ = mac.Write([]byte("station label\x00" + stationID)) // never fails
	return strings.ToLower(base32.StdEncoding.EncodeToString(mac.Sum(nil)[:labelBytes]))
}

// Fits reports whether the key is the station's. No secret fits nothing.
func (k LabelKeys) Fits(stationID, key string) bool {
	return len(k.secret) > 0 && subtle.ConstantTimeCompare([]byte(k.Key(stationID)), []byte(strings.ToLower(key))) == 1
}
