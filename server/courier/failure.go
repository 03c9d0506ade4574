package courier

import (
	"cmp"
	"errors"
	"strconv"
	"strings"

	"github.com/labtide/labtide/server/mail"
	"github.com/labtide/labtide/server/webhook"
)

// Failure says why an attempt failed: a stable code, for which the dashboard has words in each language, what the code leaves
// open, and the whole in English, for logs and programs.
type Failure struct {
	Code   string // empty: an older server noted it
	Detail string // in no language; may be empty
	Text   string
}

// The codes beside those of webhook.
const (
	codeFailed      = "failed"
	codeTooLate     = "too_late"
	codeInterrupted = "interrupted"
	codeNoMail      = "no_mail_server"
	codeNoAddress   = "no_mail_address"
	codeNothing     = "nothing_to_change"
	codeHookOff     = "webhook_off"
	codeMailRefused = "mail_refused" // the detail of this and the next is the code of the answer
	codeMailLater   = "mail_later"
	codeMailDown    = "mail_unreachable"
	codeNoStation   = "station_unreachable"
)

// maxReasonBytes is how much of a failure is kept.
const maxReasonBytes = 500

// note writes a failure as it is stored, in one line.
func (f Failure) note() string {
	plain := strings.NewReplacer("\t", " ", "\n", " ", "\r", " ")
	text := f.Code + "\t" + plain.Replace(f.Detail) + "\t" + plain.Replace(f.Text)
	return strings.ToValidUTF8(text[:min(len(text), maxReasonBytes)], "")
}

// Failure gives why the last attempt failed.
func (d Delivery) Failure() Failure { return readFailure(d.Error) }

func readFailure(noted string) Failure {
	parts := strings.SplitN(noted, "\t", 3)
	if len(parts) < 3 {
		return Failure{Text: noted}
	}
	return Failure{Code: parts[0], Detail: parts[1], Text: parts[2]}
}

// failureOf says what an error of an attempt on a channel means.
func failureOf(c Channel, err error) Failure {
	f := Failure{Code: codeFailed, Text: err.Error()}
	if e := new(skipError); errors.As(err, &e) {
		return Failure{Code: e.code, Text: e.why}
	}
	if e := new(lateError); errors.As(err, &e) {
		last := readFailure(e.last)
		return Failure{Code: cmp.Or(last.Code, codeTooLate), Detail: last.Detail, Text: f.Text}
	}
	if e := new(webhook.Error); errors.As(err, &e) {
		return Failure{Code: string(e.Code), Detail: e.Detail, Text: f.Text}
	}
	if e := new(mail.Error); errors.As(err, &e) {
		switch {
		case e.Permanent:
			f.Code = codeMailRefused
		case e.Code > 0:
			f.Code = codeMailLater
		default:
			f.Code = codeMailDown
		}
		if e.Code > 0 {
			f.Detail = strconv.Itoa(e.Code)
		}
		return f
	}
	if c == ChannelNotice {
		f.Code = codeNoStation
	}
	return f
}
