// Package wire is the contract between an agent and the server, version 1: the topics, the payloads, and what makes
// them valid. Both sides, and whoever writes another agent, agree here and nowhere else.
//
// It imports the standard library only, and knows neither how a message travels nor how it is stored.
//
// Its invariant: what an Encode function returns, the Decode function of the same name reads back equal. Decoding
// ignores fields it does not know and refuses versions it does not know. A fault of one sample never costs the
// samples beside it: DecodeUsage faults the whole message only when its envelope cannot be read, and Sample.Fault
// judges each sample alone.
package wire

import (
	"encoding/json"
	"fmt"
	"time"
)

// Version is the version that this package writes, and the only one that it reads.
const Version = 1

// Limits of a message. A server refuses what exceeds them; an agent cuts its batches so that it never does.
const (
	// MaxPayloadBytes bounds every payload, in both directions.
	MaxPayloadBytes = 64 << 10
	// MaxSamples bounds the samples of one usage message.
	MaxSamples = 240
	// MaxMetrics bounds the declared numbers of one sample.
	MaxMetrics = 16
	// MaxFuture is how far a sample's minute may lie ahead of the reader's clock.
	MaxFuture = 10 * time.Minute
	// MaxSeq is the largest sequence number: the largest integer that every JSON reader keeps exactly.
	MaxSeq = 1<<53 - 1
)

// Code names a fault. Codes are stable: they go over the wire, into logs, and into translations.
type Code string

// Faults of a whole message. Such a message cannot be acknowledged, because its numbers cannot be trusted.
const (
	CodeTooLarge       Code = "payload_too_large"
	CodeMalformed      Code = "malformed"
	CodeUnknownVersion Code = "unknown_version"
	CodeBadEpoch       Code = "bad_epoch"
	CodeBadSequence    Code = "bad_sequence"
	CodeNoSamples      Code = "no_samples"
	CodeTooManySamples Code = "too_many_samples"
	CodeBadField       Code = "bad_field"
)

// Faults of one sample: the codes in an ack's refused list.
const (
	CodeMalformedSample  Code = "malformed_sample"
	CodeMinuteInFuture   Code = "minute_in_future"
	CodeMinuteTooOld     Code = "minute_too_old"
	CodeMinuteNotAligned Code = "minute_not_aligned"
	CodeSecondsOverflow  Code = "seconds_out_of_range"
	CodeBadSource        Code = "bad_source"
	CodeBadNumber        Code = "number_out_of_range"
	CodeBadApplication   Code = "bad_application"
	CodeTooManyMetrics   Code = "too_many_metrics"
	CodeBadMetricName    Code = "bad_metric_name"
	// CodeNotStorable is for a sample that is valid here but that the server's store refuses for good.
	CodeNotStorable Code = "not_storable"
)

// Error is a fault of a whole message. Detail is for people and never holds payload bytes.
type Error struct {
	Code   Code
	Detail string
}

// Error says what is wrong with the message.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Detail }

func faultf(code Code, format string, args ...any) error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// unmarshal reads a payload within the size limit. Its errors are of type *Error.
func unmarshal(payload []byte, into any) error {
	if err := checkSize(payload); err != nil {
		return err
	}
	if err := json.Unmarshal(payload, into); err != nil {
		// Another version need not fit our shape: say that rather than "malformed".
		var v struct {
			Version int `json:"version"`
		}
		if json.Unmarshal(payload, &v) == nil && v.Version != Version {
			return checkVersion(v.Version)
		}
		return faultf(CodeMalformed, "the payload is not the JSON that is expected: %v", err)
	}
	return nil
}

func checkSize(payload []byte) error {
	if len(payload) > MaxPayloadBytes {
		return faultf(CodeTooLarge, "%d bytes, at most %d are allowed", len(payload), MaxPayloadBytes)
	}
	return nil
}

func checkVersion(version int) error {
	if version != Version {
		return faultf(CodeUnknownVersion, "version %d, this program speaks version %d", version, Version)
	}
	return nil
}

// marshal writes a message that was found valid. The error is an *Error when the payload grew too large.
func marshal(message any) ([]byte, error) {
	payload, err := json.Marshal(message)
	if err != nil {
		return nil, faultf(CodeMalformed, "cannot be written as JSON: %v", err)
	}
	return payload, checkSize(payload)
}

// checkRange checks the sequence numbers first … last.
func checkRange(first, last uint64) error {
	if first < 1 || last < first || last > MaxSeq {
		return faultf(CodeBadSequence, "the range %d … %d is empty or out of bounds", first, last)
	}
	return nil
}

// ValidEpoch reports whether s can name an outbox: 1 to 64 of [A-Za-z0-9_-].
func ValidEpoch(s string) bool {
	if len(s) < 1 || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !isLower(c) && !isDigit(c) && (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// inEra reports whether t is an instant that a clock can show and RFC 3339 can write.
func inEra(t time.Time) bool {
	year := t.UTC().Year()
	return 1970 <= year && year <= 9999
}

func checkEpoch(epoch string) error {
	if !ValidEpoch(epoch) {
		return faultf(CodeBadEpoch, "an epoch is 1 to 64 letters, digits, '-' or '_'")
	}
	return nil
}

// slug reports whether s matches [a-z0-9][a-z0-9-]{0,62}.
func slug(s string) bool {
	if len(s) < 1 || len(s) > 63 || s[0] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isLower(c) && !isDigit(c) && c != '-' {
			return false
		}
	}
	return true
}

func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
