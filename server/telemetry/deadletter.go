package telemetry

import (
	"context"
	"time"
)

// DeadLetter is a message, or one sample of a message, that is refused for ever: what an operator looks at when a
// device's minutes are missing.
type DeadLetter struct {
	Device     string
	Topic      string
	Payload    []byte // the message as it came, or the sample as JSON; at most 64 KiB
	Code       string // why, snake_case
	ReceivedAt time.Time
}

// DeadLetters keeps dead letters.
type DeadLetters interface {
	// PutDeadLetters stores all of them durably, or none. The same letter may come again.
	PutDeadLetters(ctx context.Context, letters []DeadLetter) error
}
