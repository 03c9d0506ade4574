package courier_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/courier"
	"github.com/labtide/labtide/server/mail"
	"github.com/labtide/labtide/server/webhook"
)

func TestATargetThatHangsHoldsUpNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		d := open(t, func(d *desk, _ *courier.Config, _ *courier.Deps) {
			d.mail = func(ctx context.Context, _ mail.Message) error {
				select {
				case <-free:
					return nil
				case <-ctx.Done():
					return &mail.Error{Err: ctx.Err()}
				}
			}
		})
		d.hook(t, courier.Hook{})
		for i := range 50 {
			e := told("li")
			e.ID = fmt.Sprintf("e-%02d", i)
			d.happen(t, e)
		}
		pass(5 * time.Second)
		if mails, posts, _ := d.got(); len(mails) != 0 || len(posts) != 50 {
			t.Fatalf("while the mail server hangs: %d mails, %d posts", len(mails), len(posts))
		}
		close(free)
		pass(10 * time.Second)
		if mails, _, _ := d.got(); len(mails) != 50 {
			t.Errorf("afterwards: %d mails", len(mails))
		}
	})
}

func TestAServerThatIsDownIsTriedAgainLaterAndLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tries []time.Time
		var down atomic.Bool
		down.Store(true)
		d := open(t, func(d *desk, _ *courier.Config, _ *courier.Deps) {
			d.mail = func(context.Context, mail.Message) error {
				tries = append(tries, time.Now())
				if down.Load() {
					return &mail.Error{Code: 451, Err: errors.New("451 later")}
				}
				return nil
			}
		})
		d.happen(t, told("li"))
		pass(30 * time.Minute)
		if len(tries) < 4 || len(tries) > 6 {
			t.Fatalf("%d tries in half an hour: %v", len(tries), tries)
		}
		for i := 2; i < len(tries); i++ {
			if before, now := tries[i-1].Sub(tries[i-2]), tries[i].Sub(tries[i-1]); now < before*5/4 {
				t.Errorf("pauses of %v, then %v", before, now)
			}
		}
		if got := d.only(t, courier.Filter{}); got.Outcome != "" || got.Error == "" {
			t.Errorf("meanwhile %+v", got)
		}
		down.Store(false)
		pass(6 * time.Hour)
		if got := d.only(t, courier.Filter{}); got.Outcome != courier.OutcomeSent {
			t.Errorf("afterwards %+v", got)
		}
		if mails, _, _ := d.got(); len(mails) != 1 {
			t.Errorf("%d mails", len(mails))
		}
	})
}

func TestWhatNeverGetsThroughIsDeadAfterTwoDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, func(d *desk, _ *courier.Config, _ *courier.Deps) {
			d.mail = func(context.Context, mail.Message) error { return &mail.Error{Err: errors.New("no route to host")} }
		})
		begun := time.Now()
		d.happen(t, told("li"))
		pass(72 * time.Hour)
		got := d.only(t, courier.Filter{Outcome: courier.OutcomeDead})
		if got.Attempts < 10 || got.Attempts > 25 || got.Failure().Code != "mail_unreachable" || !strings.Contains(got.Failure().Text, "no route") {
			t.Errorf("got %+v", got)
		}
		if lived := got.EndedAt.Sub(begun); lived < 36*time.Hour || lived > 49*time.Hour {
			t.Errorf("it was given up after %v", lived)
		}
	})
}

func TestWhatIsRefusedForGoodIsDeadAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, func(d *desk, _ *courier.Config, _ *courier.Deps) {
			d.mail = func(context.Context, mail.Message) error {
				return &mail.Error{Permanent: true, Code: 550, Err: errors.New("550 no such user")}
			}
		})
		d.happen(t, told("li"))
		pass(3 * time.Second)
		if got := d.only(t, courier.Filter{Outcome: courier.OutcomeDead}); got.Attempts != 1 {
			t.Errorf("got %+v", got)
		}
	})
}

func TestNobodyIsToldWhatIsTooLateToActOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, func(d *desk, _ *courier.Config, _ *courier.Deps) {
			d.mail = func(context.Context, mail.Message) error { return &mail.Error{Err: errors.New("down")} }
		})
		d.happen(t, booking.Effect{Event: booking.EventOfferMade, PersonID: "li", BookingID: "b-1", StationID: "s-7",
			Body: map[string]string{courier.FactExpiresAt: time.Now().Add(5 * time.Minute).Format(time.RFC3339)}})
		pass(10 * time.Minute)
		if got := d.only(t, courier.Filter{Outcome: courier.OutcomeDead}); got.Attempts > 4 {
			t.Errorf("got %+v", got)
		}
	})
}

func TestATargetThatIsGoneIsDisabledAndAskedNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, func(d *desk, _ *courier.Config, _ *courier.Deps) {
			d.post = func(context.Context, webhook.Target, webhook.Message) error {
				return &webhook.Error{Class: webhook.Gone, Status: 410, Err: errors.New("gone")}
			}
		})
		h := d.hook(t, courier.Hook{})
		d.happen(t, told("paper"), told("nobody"))
		pass(10 * time.Second)
		if got, err := d.store.Hook(t.Context(), h.ID); err != nil || got.DisabledAt.IsZero() {
			t.Errorf("got %+v, %v", got, err)
		}
		if asked := d.attempts(); asked != 1 {
			t.Errorf("asked %d times", asked)
		}
		if counts, _ := d.store.Counts(t.Context()); counts.Dead[courier.ChannelWebhook] != 1 || len(counts.Waiting) != 0 {
			t.Errorf("counts %+v", counts)
		}
	})
}

func TestARobotThatAsksForAPauseGetsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var limited atomic.Bool
		limited.Store(true)
		d := open(t, func(d *desk, _ *courier.Config, _ *courier.Deps) {
			d.post = func(context.Context, webhook.Target, webhook.Message) error {
				if limited.Load() {
					return &webhook.Error{Class: webhook.Temporary, RetryAfter: 10 * time.Minute, Err: errors.New("45009")}
				}
				return nil
			}
		})
		d.hook(t, courier.Hook{})
		d.happen(t, told("paper"), told("nobody"), told("paper2"))
		pass(9 * time.Minute)
		if asked := d.attempts(); asked != 1 {
			t.Errorf("asked %d times within the pause", asked)
		}
		limited.Store(false)
		pass(20 * time.Minute)
		if _, posts, _ := d.got(); len(posts) != 3 {
			t.Errorf("%d posts afterwards", len(posts))
		}
	})
}
