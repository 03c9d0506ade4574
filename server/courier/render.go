package courier

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// facts are what the words speak of, looked up.
type facts struct {
	effect   booking.Effect
	station  Station // zero: the effect is about none
	from     Station
	kind     equipment.Text
	who      string
	startsAt time.Time // in the station's zone; zero: there is no booking
	endsAt   time.Time
	until    time.Time
	booking  booking.Booking // zero: there is none
}

// facts looks up everything that an effect speaks of. What is gone is left out: the rest can be said all the same.
func (w *Worker) facts(ctx context.Context, e booking.Effect) (f facts, err error) {
	f.effect = e
	b, err := known(w.deps.Directory.Booking(ctx, e.BookingID))
	if err != nil {
		return f, err
	}
	f.booking = b
	stationID := e.StationID
	if stationID == "" {
		stationID = b.StationID
	}
	if f.station, err = known(w.deps.Directory.Station(ctx, stationID)); err != nil {
		return f, err
	}
	if f.from, err = known(w.deps.Directory.Station(ctx, e.Body[FactFromStation])); err != nil {
		return f, err
	}
	if f.kind, err = known(w.deps.Directory.Kind(ctx, e.Body[FactKind])); err != nil {
		return f, err
	}
	about := cmp.Or(e.Body[FactPerson], e.Body[FactWith])
	if about == "" && e.PersonID == "" {
		about = b.PersonID
	}
	person, err := known(w.deps.Directory.Person(ctx, about))
	if err != nil {
		return f, err
	}
	f.who = person.Name
	f.startsAt, f.endsAt = f.local(e.Body[FactStartsAt], b.StartsAt), f.local(e.Body[FactEndsAt], b.EndsAt)
	if f.until = b.HeldUntil; !deadline(e).IsZero() {
		f.until = deadline(e)
	}
	f.until = f.local("", f.until)
	return f, nil
}

// known turns what does not exist into nothing.
func known[T any](v T, err error) (T, error) {
	if fault.KindOf(err) == fault.KindNotFound {
		err = nil
	}
	return v, err
}

// local reads an instant, else takes the usual one, in the zone of the station.
func (f facts) local(text string, usual time.Time) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at = usual
	}
	if f.station.Zone == nil || at.IsZero() {
		return at
	}
	return at.In(f.station.Zone)
}

// message is what is told, in one language.
type message struct {
	subject  string
	lead     string
	lines    []string // label and fact
	link     string
	linkText string
}

func (l language) write(f facts, publicURL string) message {
	words := l.events[f.effect.Event]
	if along, ok := l.along[f.effect.Event]; ok && f.effect.Body[FactWith] != "" {
		words = along
	}
	fill := strings.NewReplacer("{station}", f.station.Code, "{from}", f.from.Code, "{kind}", f.kind.In(l.tag), "{who}", f.who)
	m := message{
		// Without a station the mark that leads to it goes, too.
		subject: strings.TrimRight(fill.Replace(words.subject), ":： "),
		lead:    fill.Replace(words.lead), link: publicURL + page(f), linkText: words.link,
	}
	add := func(label, text string) {
		if text = strings.TrimSpace(text); text != "" {
			m.lines = append(m.lines, label+l.colon+text)
		}
	}
	body := f.effect.Body
	add(l.details.from, f.from.place(l.tag))
	add(l.details.station, f.station.place(l.tag))
	add(l.details.kind, f.kind.In(l.tag))
	if !f.startsAt.IsZero() && !f.endsAt.IsZero() {
		add(l.details.time, l.span(f.startsAt, f.endsAt))
	}
	if f.booking.Status == booking.StatusRequested && changesCalendar(f.effect.Event, f.booking) {
		add(l.details.state, l.waits)
	}
	if !f.until.IsZero() && f.effect.Event != booking.EventOfferExpired {
		add(l.details.until, l.instant(f.until))
	}
	add(l.details.decision, l.decided(body[FactDecision]))
	add(l.details.answer, body[FactAnswer])
	add(l.details.reason, body[FactReason])
	return m
}

func (l language) decided(decision string) string {
	if text, ok := l.decision[decision]; ok {
		return text
	}
	return decision
}

// place names a station as people find it.
func (s Station) place(language string) string {
	parts := make([]string, 0, 3)
	for _, part := range []string{s.Code, s.Name.In(language), s.Room.In(language)} {
		if part != "" && (len(parts) == 0 || parts[len(parts)-1] != part) {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " · ")
}

// page is where to see more, below the public address.
func page(f facts) string {
	switch f.effect.Event {
	case booking.EventOutageReported, booking.EventOutageStarted, booking.EventOutageEnded, booking.EventReleaseWarning, booking.EventOccupied:
		if f.station.Code != "" {
			return "/stations/" + url.PathEscape(f.station.Code)
		}
	case booking.EventVerdictAbsent, booking.EventStrikeTakenBack, booking.EventAppealMade, booking.EventAppealDecided:
		return "/absences"
	case booking.EventQualificationEnding:
		return "/account"
	}
	return "/bookings"
}

// text is the whole of a mail.
func (m message) text(l language, name string) string {
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(l.greeting, "{name}", name) + "\n\n" + m.lead + "\n\n")
	for _, line := range m.lines {
		b.WriteString(line + "\n")
	}
	if len(m.lines) > 0 {
		b.WriteString("\n")
	}
	b.WriteString(m.linkText + l.colon + m.link + "\n\n-- \n" + l.footer + "\n")
	return b.String()
}
