package wire

import (
	"encoding/json"
	"strconv"
)

// Usage is a batch of samples with consecutive sequence numbers, oldest first.
type Usage struct {
	Version  int      `json:"version"`
	Epoch    string   `json:"epoch"`
	FirstSeq uint64   `json:"first_seq"`
	Samples  []Sample `json:"samples"`
}

// Seq is the sequence number of sample i.
func (u *Usage) Seq(i int) uint64 { return u.FirstSeq + uint64(i) }

// LastSeq is the sequence number of the last sample.
func (u *Usage) LastSeq() uint64 { return u.FirstSeq + uint64(len(u.Samples)) - 1 }

// DecodeUsage reads a usage message. The error, an *Error, says that the message as a whole is unusable. A sample
// that cannot be read keeps its place, and so its sequence number, and Sample.Fault refuses it. The caller asks Fault
// for every sample before it stores any. Minutes come out in UTC.
func DecodeUsage(payload []byte) (Usage, error) {
	if err := checkSize(payload); err != nil {
		return Usage{}, err
	}
	var u Usage
	if err := json.Unmarshal(payload, &u); err != nil {
		if u, err = decodeSingly(payload); err != nil {
			return Usage{}, err
		}
	}
	if err := u.check(); err != nil {
		return Usage{}, err
	}
	for i := range u.Samples {
		u.Samples[i].Minute = u.Samples[i].Minute.UTC()
	}
	return u, nil
}

// decodeSingly reads sample by sample and marks those that cannot be read. It costs twice the time, so it is only for
// messages that json refused as one.
func decodeSingly(payload []byte) (Usage, error) {
	var envelope struct {
		Usage
		Samples []json.RawMessage `json:"samples"`
	}
	if err := unmarshal(payload, &envelope); err != nil {
		return Usage{}, err
	}
	u := envelope.Usage
	u.Samples = make([]Sample, len(envelope.Samples))
	for i, raw := range envelope.Samples {
		if err := json.Unmarshal(raw, &u.Samples[i]); err != nil {
			u.Samples[i] = Sample{malformed: true}
		}
	}
	return u, nil
}

// check judges the envelope.
func (u *Usage) check() error {
	if err := checkVersion(u.Version); err != nil {
		return err
	}
	if err := checkEpoch(u.Epoch); err != nil {
		return err
	}
	switch n := len(u.Samples); {
	case n == 0:
		return faultf(CodeNoSamples, "the message holds no samples")
	case n > MaxSamples:
		return faultf(CodeTooManySamples, "%d samples, at most %d are allowed", n, MaxSamples)
	}
	return checkRange(u.FirstSeq, u.LastSeq())
}

// EncodeUsage writes a usage message of this version. The error is an *Error; a message that would exceed a limit or
// hold a bad sample is not written.
func EncodeUsage(u Usage) ([]byte, error) {
	u.Version = Version
	if err := u.check(); err != nil {
		return nil, err
	}
	encoded := make([][]byte, len(u.Samples))
	for i := range u.Samples {
		b, err := EncodeSample(u.Samples[i])
		if err != nil {
			return nil, err
		}
		encoded[i] = b
	}
	payload := AppendUsage(nil, u.Epoch, u.FirstSeq, encoded)
	return payload, checkSize(payload)
}

// UsageOverhead is more than the bytes that AppendUsage adds to the samples and their commas.
const UsageOverhead = 160

// AppendUsage appends a usage message made of samples that EncodeSample wrote. It trusts them, and the caller, who
// keeps to MaxSamples and MaxPayloadBytes.
func AppendUsage(dst []byte, epoch string, firstSeq uint64, samples [][]byte) []byte {
	dst = append(dst, `{"version":`...)
	dst = strconv.AppendInt(dst, Version, 10)
	dst = append(dst, `,"epoch":"`...)
	dst = append(dst, epoch...)
	dst = append(dst, `","first_seq":`...)
	dst = strconv.AppendUint(dst, firstSeq, 10)
	dst = append(dst, `,"samples":[`...)
	for i, s := range samples {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, s...)
	}
	return append(dst, `]}`...)
}
