package equipment

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strconv"
)

// secretIterations is low on purpose: a device's secret is a long random token that the server makes, so there is no
// dictionary to slow down, while ten thousand devices that come back at once must not cost an outage.
const secretIterations = 1

// HashSecret gives what Device.SecretHash keeps of a device's secret: $7$iterations$salt$hash, PBKDF2 with SHA-512.
// Mosquitto's password file has the same form, so an external broker can be given a copy of the register's, and nobody
// needs to enrol again. The secret must be random, of 16 bytes or more: see secretIterations.
func HashSecret(secret string) []byte {
	salt := make([]byte, 12)
	_, _ = rand.Read(salt) // never fails: it ends the program instead
	sum, err := pbkdf2.Key(sha512.New, secret, salt, secretIterations, sha512.Size)
	if err != nil {
		return nil // only for lengths that are refused in FIPS mode; a nil hash lets nobody in
	}
	return fmt.Appendf(nil, "$7$%d$%s$%s", secretIterations,
		base64.StdEncoding.EncodeToString(salt), base64.StdEncoding.EncodeToString(sum))
}

// CheckSecret reports whether the hash is of this secret. No hash is of no secret: who has not enrolled stays out.
func CheckSecret(hash []byte, secret string) bool {
	parts := bytes.Split(hash, []byte("$")) // "", "7", iterations, salt, hash
	if len(parts) != 5 || string(parts[1]) != "7" {
		return false
	}
	iterations, err := strconv.Atoi(string(parts[2]))
	if err != nil || iterations < 1 || iterations > 1_000_000 {
		return false
	}
	salt, err := base64.StdEncoding.DecodeString(string(parts[3]))
	if err != nil {
		return false
	}
	want, err := base64.StdEncoding.DecodeString(string(parts[4]))
	if err != nil || len(want) != sha512.Size {
		return false
	}
	got, err := pbkdf2.Key(sha512.New, secret, salt, iterations, sha512.Size)
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1
}
