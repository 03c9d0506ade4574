package webhook

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// maxRetryAfter bounds what a target may ask for.
const maxRetryAfter = 24 * time.Hour

// classify says what a status means; nil: taken.
func (p *Poster) classify(r *http.Response) error {
	status := r.StatusCode
	e := &Error{Code: CodeRefused, Detail: strconv.Itoa(status), Status: status, Err: fmt.Errorf("the target answered %d %s", status, http.StatusText(status))}
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusGone:
		e.Class, e.Code = Gone, CodeGone
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= 500:
		e.Class, e.Code, e.RetryAfter = Temporary, CodeBusy, retryAfter(r.Header.Get("Retry-After"), p.now())
	case status >= 300 && status < 400:
		e.Class, e.Code, e.Err = Permanent, CodeRedirects, fmt.Errorf("the target answered %d: redirects are not followed; name the final address", status)
	default:
		e.Class = Permanent
	}
	return e
}

// retryAfter reads seconds or a date; 0 where neither is meant.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	return 0
}

// unreachable says why there was no answer, without the address, which may be a secret.
func unreachable(err error) *Error {
	if refused := new(refusedError); errors.As(err, &refused) {
		return &Error{Class: Permanent, Code: CodePrivate, Detail: refused.address.String(), Err: refused}
	}
	if outer := new(url.Error); errors.As(err, &outer) {
		if outer.Timeout() {
			return &Error{Class: Temporary, Code: CodeSilent, Err: errors.New("the target did not answer in time")}
		}
		err = outer.Err
	}
	return &Error{Class: Temporary, Code: CodeUnreachable, Detail: err.Error(), Err: fmt.Errorf("the target cannot be reached: %w", err)}
}
