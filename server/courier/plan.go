package courier

import (
	"context"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/labtide/labtide/server/booking"
)

// How long a delivery makes sense.
const (
	giveUpAfter       = 48 * time.Hour
	giveUpNoticeAfter = 10 * time.Minute
)

// Lanes of the channels that have one target behind many names: a mail server and a broker take several at once.
const (
	mailLanes   = 4
	noticeLanes = 4
)

// routing is what decides who is told.
type routing struct {
	now         time.Time
	mail        bool
	invitations bool
	notices     bool
	hooks       []Hook
	whose       func(booking.Effect) []string // ids of those whose task it is when an effect names nobody
}

// planAll plans what is due, and reports whether there may be more.
func (w *Worker) planAll(ctx context.Context) (more bool, err error) {
	r := routing{now: w.deps.Now(), mail: w.deps.Mail != nil, invitations: w.cfg.Invitations, notices: w.deps.Notify != nil}
	if r.hooks, err = w.deps.Store.Hooks(ctx); err != nil {
		return false, fmt.Errorf("read the webhooks: %w", err)
	}
	if r.mail {
		if r.whose, err = w.deps.Directory.Readers(ctx); err != nil {
			return false, fmt.Errorf("read who runs the rooms: %w", err)
		}
	}
	n, err := w.deps.Store.Plan(ctx, r.now, planBatch, func(effects []booking.Effect) []Delivery {
		var out []Delivery
		for _, e := range effects {
			out = append(out, r.route(e)...)
		}
		return out
	})
	return n == planBatch, err
}

// route gives the deliveries of an effect.
func (r routing) route(e booking.Effect) []Delivery {
	var out []Delivery
	add := func(c Channel, target, lane string, within time.Duration) {
		out = append(out, Delivery{Effect: e, Channel: c, TargetID: target, Lane: lane, CreatedAt: r.now, DueAt: r.now,
			GiveUpAt: giveUp(e, r.now.Add(within))})
	}
	for _, person := range r.readers(e) {
		add(ChannelMail, person, lane("mail", person, mailLanes), giveUpAfter)
	}
	if r.notices && e.StationID != "" && (e.Event == booking.EventReleaseWarning || (e.Event == booking.EventOccupied && e.PersonID == "")) {
		add(ChannelNotice, e.StationID, lane("notice", e.StationID, noticeLanes), giveUpNoticeAfter)
	}
	for _, h := range r.hooks {
		if h.Wants(e.Event) && e.Body[FactWith] == "" { // a program learns of a booking once, however many are there
			out = append(out, Delivery{Effect: e, Channel: ChannelWebhook, TargetID: h.ID, Lane: "webhook/" + h.ID, CreatedAt: r.now,
				DueAt: r.now, GiveUpAt: r.now.Add(giveUpAfter)})
		}
	}
	return out
}

// readers gives the people to write to.
func (r routing) readers(e booking.Effect) []string {
	switch {
	case !r.mail, ownDoing(e) && !r.invitations:
		return nil
	case e.PersonID != "":
		return []string{e.PersonID}
	case public(e.Event), ownDoing(e):
		return nil
	}
	return r.whose(e)
}

// giveUp is when nobody can act on it any more, if that is before the usual.
func giveUp(e booking.Effect, usual time.Time) time.Time {
	at := deadline(e)
	if at.IsZero() || at.After(usual) || e.Event == booking.EventQualificationEnding {
		return usual
	}
	return at
}

// lane spreads targets over the lanes of a channel.
func lane(name, target string, lanes uint32) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(target)) // never fails
	return fmt.Sprintf("%s/%d", name, h.Sum32()%lanes)
}
