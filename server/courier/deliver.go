package courier

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/mail"
	"github.com/labtide/labtide/server/webhook"
)

// noticeShown is how long a notice stays on a screen when the effect does not say.
const noticeShown = 10 * time.Minute

// deliver makes one attempt; nil: the target has it.
func (w *Worker) deliver(ctx context.Context, d Delivery) error {
	switch d.Channel {
	case ChannelMail:
		return w.deliverMail(ctx, d)
	case ChannelWebhook:
		return w.deliverWebhook(ctx, d)
	case ChannelNotice:
		return w.deliverNotice(ctx, d)
	}
	return &skipError{codeFailed, "the channel is not known"}
}

func (w *Worker) deliverMail(ctx context.Context, d Delivery) error {
	if w.deps.Mail == nil {
		return &skipError{codeNoMail, "no mail server is configured"}
	}
	person, err := w.deps.Directory.Person(ctx, d.TargetID)
	if fault.KindOf(err) == fault.KindNotFound || err == nil && (person.Email == "" || person.Disabled) {
		return &skipError{codeNoAddress, "the person has no mail address"}
	}
	if err != nil {
		return err
	}
	f, err := w.facts(ctx, d.Effect)
	if err != nil {
		return err
	}
	l := in(w.spoken(person.Language))
	m := l.write(f, w.cfg.PublicURL)
	out := mail.Message{ID: d.ID, To: person.Email, Name: person.Name, Subject: m.subject, Text: m.text(l, person.Name)}
	if w.cfg.Invitations {
		if out.Calendar, out.Method, err = w.invitation(ctx, f, l, person); err != nil {
			return err
		}
	}
	if ownDoing(d.Effect) && len(out.Calendar) == 0 {
		return &skipError{codeNothing, "there is nothing to change in the person's calendar"}
	}
	return w.deps.Mail.Send(ctx, out)
}

// spoken gives the language of somebody who may have chosen none.
func (w *Worker) spoken(chosen string) string {
	if chosen == "" {
		return w.cfg.Language
	}
	return chosen
}

func (w *Worker) deliverWebhook(ctx context.Context, d Delivery) error {
	h, err := w.deps.Store.Hook(ctx, d.TargetID)
	if fault.KindOf(err) == fault.KindNotFound || err == nil && !h.DisabledAt.IsZero() {
		return &skipError{codeHookOff, "the webhook was removed or disabled"}
	}
	if err != nil {
		return err
	}
	f, err := w.facts(ctx, d.Effect)
	if err != nil {
		return err
	}
	return w.post(ctx, h, d.ID, f)
}

func (w *Worker) post(ctx context.Context, h Hook, delivery string, f facts) error {
	m := in(w.cfg.Language).write(f, w.cfg.PublicURL)
	body, err := w.body(f, delivery)
	if err != nil {
		return &skipError{codeFailed, "the message cannot be written: " + err.Error()}
	}
	return w.deps.Poster.Post(ctx, webhook.Target{URL: h.URL, Secret: h.Secret, Shape: h.Shape}, webhook.Message{
		Delivery: delivery, Event: string(f.effect.Event), Body: body, Title: m.subject, Lines: m.lines, Link: m.link, LinkText: m.linkText,
	})
}

// posted is the body for programs. It names people by id only.
type posted struct {
	ID        string            `json:"id"` // of what happened: the same for every webhook
	Delivery  string            `json:"delivery"`
	Event     booking.Event     `json:"event"`
	At        string            `json:"at"`
	Person    string            `json:"person,omitempty"`
	Booking   string            `json:"booking,omitempty"`
	Station   string            `json:"station,omitempty"`
	Code      string            `json:"station_code,omitempty"`
	StartsAt  string            `json:"starts_at,omitempty"`
	EndsAt    string            `json:"ends_at,omitempty"`
	Facts     map[string]string `json:"facts"`
	Text      map[string]string `json:"text"`
	PublicURL string            `json:"url"`
}

func (w *Worker) body(f facts, delivery string) ([]byte, error) {
	e := f.effect
	p := posted{
		ID: e.ID, Delivery: delivery, Event: e.Event, At: utc(e.At), Person: e.PersonID, Booking: e.BookingID, Station: e.StationID,
		Code: f.station.Code, StartsAt: utc(f.startsAt), EndsAt: utc(f.endsAt), Facts: e.Body, Text: map[string]string{},
		PublicURL: w.cfg.PublicURL + page(f),
	}
	if p.Facts == nil {
		p.Facts = map[string]string{}
	}
	for _, tag := range []string{English, Chinese} {
		m := in(tag).write(f, w.cfg.PublicURL)
		p.Text[tag] = strings.Join(append([]string{m.subject}, m.lines...), "\n")
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(p)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func utc(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// Test posts a message to a hook, outside the queue, and returns when the target has answered.
func (w *Worker) Test(ctx context.Context, h Hook) error {
	now := w.deps.Now()
	station := Station{Code: "TEST-01", Zone: time.UTC}
	f := facts{effect: booking.Effect{ID: "test", At: now, Event: booking.EventReserved, Body: map[string]string{FactReason: "Labtide: test · 测试"}},
		station: station, startsAt: now.UTC().Truncate(time.Hour), endsAt: now.UTC().Truncate(time.Hour).Add(time.Hour)}
	return w.post(ctx, h, "test", f)
}

func (w *Worker) deliverNotice(ctx context.Context, d Delivery) error {
	f, err := w.facts(ctx, d.Effect)
	if err != nil {
		return err
	}
	expires := f.until
	if expires.IsZero() {
		expires = d.CreatedAt.Add(noticeShown)
	}
	n := Notice{ID: d.ID, Title: map[string]string{}, Body: map[string]string{}, ExpiresAt: expires}
	for _, tag := range []string{English, Chinese} {
		m := in(tag).write(f, w.cfg.PublicURL)
		n.Title[tag], n.Body[tag] = m.subject, m.lead
	}
	return w.deps.Notify(ctx, d.TargetID, n)
}
