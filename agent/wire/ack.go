package wire

// Refusal says that the server will never store a sample, and why. The agent deletes it as if it were stored.
type Refusal struct {
	Seq  uint64 `json:"seq"`
	Code Code   `json:"code"`
}

// Ack says that the server has stored exactly the samples FirstSeq … LastSeq of an epoch, but for the refused ones,
// which it will never store. It says nothing about any other sample, older ones included. Acks may come twice and in
// any order.
type Ack struct {
	Version  int       `json:"version"`
	Epoch    string    `json:"epoch"`
	FirstSeq uint64    `json:"first_seq"`
	LastSeq  uint64    `json:"last_seq"`
	Refused  []Refusal `json:"refused,omitempty"`
}

// DecodeAck reads an ack message. The error is an *Error.
func DecodeAck(payload []byte) (Ack, error) {
	var a Ack
	if err := unmarshal(payload, &a); err != nil {
		return Ack{}, err
	}
	if err := a.check(); err != nil {
		return Ack{}, err
	}
	return a, nil
}

// EncodeAck writes an ack message of this version. The error is an *Error.
func EncodeAck(a Ack) ([]byte, error) {
	a.Version = Version
	if err := a.check(); err != nil {
		return nil, err
	}
	return marshal(a)
}

func (a *Ack) check() error {
	if err := checkVersion(a.Version); err != nil {
		return err
	}
	if err := checkEpoch(a.Epoch); err != nil {
		return err
	}
	if err := checkRange(a.FirstSeq, a.LastSeq); err != nil {
		return err
	}
	for _, r := range a.Refused {
		if r.Seq < a.FirstSeq || r.Seq > a.LastSeq {
			return faultf(CodeBadSequence, "sample %d is refused outside the range %d … %d", r.Seq, a.FirstSeq, a.LastSeq)
		}
		if len(r.Code) < 1 || len(r.Code) > 64 {
			return faultf(CodeBadField, "the refusal of sample %d has no code of up to 64 bytes", r.Seq)
		}
	}
	return nil
}
