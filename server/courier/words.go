package courier

import (
	"strings"
	"time"

	"github.com/labtide/labtide/server/booking"
)

// Languages in which messages are written.
const (
	English = "en"
	Chinese = "zh-CN"
)

// language holds the words of one. In the texts {station}, {from}, {who} and {kind} stand for what they say.
type language struct {
	tag      string
	greeting string
	colon    string
	details  details
	footer   string
	events   map[booking.Event]words
	along    map[booking.Event]words // instead, for somebody who only comes along: {who} is whose booking it is
	date     func(time.Time) string
	decision map[string]string
	purposes map[booking.Purpose]string
	waits    string // for approval
}

// words are those of one event. The subject says it to anybody, a group included; the lead to the person.
type words struct {
	subject string
	lead    string
	link    string // what the link does
}

// details are the labels of the facts.
type details struct {
	station, kind, time, from, reason, decision, answer, until, state string
}

// in gives the words of the language; whatever is not Chinese is English.
func in(tag string) language {
	if strings.HasPrefix(strings.ToLower(tag), "zh") {
		return chinese()
	}
	return english()
}

// span writes an interval: the second day only when it is another one, and the zone, so that nobody has to guess.
func (l language) span(from, until time.Time) string {
	const clock = "15:04"
	end := "–" + until.Format(clock)
	if from.YearDay() != until.YearDay() || from.Year() != until.Year() {
		end = " – " + l.date(until) + " " + until.Format(clock)
	}
	return l.date(from) + " " + from.Format(clock) + end + " (" + from.Location().String() + ")"
}

func (l language) instant(at time.Time) string {
	return l.date(at) + " " + at.Format("15:04") + " (" + at.Location().String() + ")"
}
