package courier

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/labtide/labtide/server/mail"
	"github.com/labtide/labtide/server/webhook"
)

// How long to wait for the next attempt: twice as long each time, give or take a fifth, so that what failed together
// does not come back together.
const (
	firstPause       = time.Minute
	firstNoticePause = 5 * time.Second
	longestPause     = 6 * time.Hour
)

// pause gives how long to wait after so many attempts.
func pause(c Channel, attempts int) time.Duration {
	p := firstPause
	if c == ChannelNotice {
		p = firstNoticePause
	}
	for range attempts - 1 {
		if p = min(2*p, longestPause); p == longestPause {
			break
		}
	}
	return p - p/5 + rand.N(2*p/5)
}

// verdict is what an error means for a delivery.
type verdict struct {
	final bool
	gone  bool          // the target wants nothing any more
	after time.Duration // what the target asked for
}

func judge(err error) verdict {
	if e := new(skipError); errors.As(err, &e) {
		return verdict{final: true}
	}
	if e := new(mail.Error); errors.As(err, &e) {
		return verdict{final: e.Permanent}
	}
	if e := new(webhook.Error); errors.As(err, &e) {
		return verdict{final: e.Class != webhook.Temporary, gone: e.Class == webhook.Gone, after: e.RetryAfter}
	}
	return verdict{}
}

// skipError is a delivery that has nobody to go to.
type skipError struct{ code, why string }

func (e *skipError) Error() string { return e.why }
