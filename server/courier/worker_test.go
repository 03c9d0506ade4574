package courier_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/courier"
	"github.com/labtide/labtide/server/courier/couriertest"
	"github.com/labtide/labtide/server/mail"
)

func TestWhatADeadProcessHadInHandIsTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{store: couriertest.NewMemory()}
		d.happen(t, told("li"))
		// This one plans and claims, and is never heard of again.
		route := func(effects []booking.Effect) []courier.Delivery {
			return []courier.Delivery{{Effect: effects[0], Channel: courier.ChannelMail, TargetID: "li", Lane: "mail/0",
				CreatedAt: time.Now(), DueAt: time.Now(), GiveUpAt: time.Now().Add(48 * time.Hour)}}
		}
		if _, err := d.store.Plan(t.Context(), time.Now(), 1, route); err != nil {
			t.Fatal(err)
		}
		if _, err := d.store.Claim(t.Context(), time.Now(), 3*time.Minute, 1, nil); err != nil {
			t.Fatal(err)
		}
		d.work(t)
		pass(2 * time.Minute)
		if d.attempts() != 0 {
			t.Error("it was taken from one who may be alive")
		}
		pass(2 * time.Minute)
		if mails, _, _ := d.got(); len(mails) != 1 {
			t.Errorf("%d mails", len(mails))
		}
	})
}

func TestAServerThatIsStoppedGivesBackWhatItHadInHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{store: couriertest.NewMemory()}
		d.mail = func(ctx context.Context, _ mail.Message) error {
			<-ctx.Done()
			return &mail.Error{Err: ctx.Err()}
		}
		stop := d.work(t)
		d.happen(t, told("li"))
		pass(3 * time.Second)
		stop()
		d.mail = nil
		d.work(t)
		pass(time.Second)
		if mails, _, _ := d.got(); len(mails) != 1 {
			t.Errorf("%d mails", len(mails))
		}
	})
}

// broken is a store that fails for a while.
type broken struct {
	courier.Store
	until time.Time
}

func (b broken) Hooks(ctx context.Context) ([]courier.Hook, error) {
	if time.Now().Before(b.until) {
		return nil, errors.New("no database")
	}
	return b.Store.Hooks(ctx)
}

func TestADatabaseThatIsAwayForAWhileEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, func(_ *desk, _ *courier.Config, deps *courier.Deps) {
			deps.Store = broken{deps.Store, time.Now().Add(time.Minute)}
		})
		d.happen(t, told("li"))
		pass(2 * time.Minute)
		if mails, _, _ := d.got(); len(mails) != 1 {
			t.Errorf("%d mails", len(mails))
		}
	})
}
