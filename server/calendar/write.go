package calendar

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"
)

const (
	producer = "-//Labtide//Labtide//EN"
	// refresh is how often subscribers should look again.
	refresh = "PT30M"

	utcFormat   = "20060102T150405Z"
	localFormat = "20060102T150405"
)

// Write gives the feed as METHOD:PUBLISH. The same feed gives the same bytes: DTSTAMP is the instant of the last change, not
// that of the asking, so that an ETag over them holds.
func Write(feed Feed) []byte {
	cal := newCalendar(ics.MethodPublish)
	cal.SetXWRCalName(clean(feed.Name))
	cal.SetRefreshInterval(refresh) // the library's name for it holds VALUE=DURATION already
	cal.SetXPublishedTTL(refresh)
	loc := writable(feed.Location)
	if loc != time.UTC {
		cal.SetXWRTimezone(loc.String())
	}
	events := slices.Clone(feed.Events)
	slices.SortStableFunc(events, func(a, b Event) int {
		return cmp.Or(a.Starts.Compare(b.Starts), strings.Compare(a.UID, b.UID))
	})
	for i := range events {
		events[i].Organizer, events[i].Attendee = Address{}, Address{}
	}
	return serialize(cal, loc, events)
}

// Request gives the calendar part of a mail that says a booking was made or changed: METHOD:REQUEST when the event has an
// organizer and an attendee, without whom RFC 5546 allows only METHOD:PUBLISH.
func Request(event Event, loc *time.Location) []byte {
	method := ics.MethodRequest
	if event.Organizer.Mail == "" || event.Attendee.Mail == "" {
		method = ics.MethodPublish
	}
	return serialize(newCalendar(method), writable(loc), []Event{event})
}

// Cancel gives the calendar part of a mail that takes the event back. Its sequence must be above all that were sent.
func Cancel(event Event, loc *time.Location) []byte {
	event.Status = StatusCancelled
	return serialize(newCalendar(ics.MethodCancel), writable(loc), []Event{event})
}

func newCalendar(method ics.Method) *ics.Calendar {
	cal := &ics.Calendar{}
	cal.SetProductId(producer)
	cal.SetVersion("2.0")
	cal.SetCalscale("GREGORIAN")
	cal.SetMethod(method)
	return cal
}

// writable gives the zone in which times may be written. A zone without an IANA name means nothing to a reader.
func writable(loc *time.Location) *time.Location {
	if loc == nil || loc == time.Local || !strings.Contains(loc.String(), "/") {
		return time.UTC
	}
	return loc
}

func serialize(cal *ics.Calendar, loc *time.Location, events []Event) []byte {
	if loc != time.UTC {
		if zone := timezone(loc, events); zone != nil {
			cal.AddVTimezone(zone)
		}
	}
	for _, event := range events {
		cal.AddVEvent(vevent(event, loc))
	}
	var out bytes.Buffer
	// A buffer takes everything, and the options are ours: there is nothing that could fail. The library's own line end is
	// that of the system, so ours has to be said.
	_ = cal.SerializeTo(&out, ics.WithLineLength(75), ics.WithNewLineWindows)
	return out.Bytes()
}

func vevent(event Event, loc *time.Location) *ics.VEvent {
	v := ics.NewEvent(clean(event.UID))
	v.SetSequence(event.Sequence)
	v.SetDtStampTime(event.LastModified)
	v.SetLastModifiedAt(event.LastModified)
	if loc == time.UTC || ambiguous(event.Starts.In(loc)) || ambiguous(event.Ends.In(loc)) {
		v.SetProperty(ics.ComponentPropertyDtStart, event.Starts.UTC().Format(utcFormat))
		v.SetProperty(ics.ComponentPropertyDtEnd, event.Ends.UTC().Format(utcFormat))
	} else {
		v.SetProperty(ics.ComponentPropertyDtStart, event.Starts.In(loc).Format(localFormat), ics.WithTZID(loc.String()))
		v.SetProperty(ics.ComponentPropertyDtEnd, event.Ends.In(loc).Format(localFormat), ics.WithTZID(loc.String()))
	}
	v.SetSummary(clean(event.Summary))
	if event.Description != "" {
		v.SetDescription(clean(event.Description))
	}
	if event.Location != "" {
		v.SetLocation(clean(event.Location))
	}
	if event.URL != "" {
		v.SetURL(oneWord(event.URL))
	}
	v.SetStatus(statusOf(event.Status))
	if event.Organizer.Mail != "" {
		v.SetOrganizer("mailto:"+oneWord(event.Organizer.Mail), ics.WithCN(plain(event.Organizer)))
	}
	if event.Attendee.Mail != "" {
		v.AddAttendee("mailto:"+oneWord(event.Attendee.Mail), ics.WithCN(plain(event.Attendee)),
			ics.ParticipationRoleReqParticipant, ics.ParticipationStatusAccepted)
	}
	return v
}

func statusOf(status Status) ics.ObjectStatus {
	switch status {
	case StatusCancelled:
		return ics.ObjectStatusCancelled
	case StatusTentative:
		return ics.ObjectStatusTentative
	}
	return ics.ObjectStatusConfirmed
}

// ambiguous reports whether the clocks show that time for the second time, which a local time cannot say: by RFC 5545 it
// means the first.
func ambiguous(at time.Time) bool {
	from, _ := at.ZoneBounds()
	if from.IsZero() {
		return false
	}
	_, offset := at.Zone()
	_, before := from.Add(-1).Zone()
	return at.Before(from.Add(time.Duration(before-offset) * time.Second))
}

// clean makes text that iCalendar can hold: the library escapes commas, semicolons, backslashes and line feeds, but lets
// through other controls, and counts octets wrongly where the text is no UTF-8.
func clean(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return ' '
		}
		return r
	}, text)
}

// oneWord makes a value that is not escaped, so it may hold no white space at all.
func oneWord(text string) string { return strings.Join(strings.Fields(clean(text)), "") }

// plain gives a name that needs no quotes as a parameter: RFC 5545 knows no escape there, though the library writes one.
func plain(a Address) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(",;:\\\"'\n\t", r) {
			return ' '
		}
		return r
	}, clean(a.Name))
	if name = strings.Join(strings.Fields(name), " "); name == "" {
		return strings.Join(strings.FieldsFunc(oneWord(a.Mail), func(r rune) bool { return strings.ContainsRune(",;:\\\"'", r) }), "")
	}
	return name
}
