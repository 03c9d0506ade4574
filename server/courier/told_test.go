package courier_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/courier"
	"github.com/labtide/labtide/server/webhook"
)

func TestAPersonIsToldInTheirOwnLanguage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t)
		d.happen(t, told("li"), told("ann"))
		pass(3 * time.Second)
		mails, _, _ := d.got()
		if len(mails) != 2 {
			t.Fatalf("%d mails", len(mails))
		}
		for _, m := range mails {
			want := map[string]string{"li@school.example": "预约被取消：PLC-07", "ann@school.example": "Booking cancelled: PLC-07"}[m.To]
			if m.Subject != want || m.ID == "" {
				t.Errorf("%s got %q", m.To, m.Subject)
			}
		}
	})
}

func TestWhatIsNobodysInParticularGoesToThoseWhoseTaskItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t)
		d.happen(t, booking.Effect{Event: booking.EventRequested, BookingID: "b-1", StationID: "s-7"})
		pass(3 * time.Second)
		mails, _, _ := d.got()
		if len(mails) != 1 || mails[0].To != "chen@school.example" || !strings.Contains(mails[0].Text, "李伟申请") {
			t.Fatalf("got %+v", mails)
		}
		// Who has no address is nobody's fault, and nothing is dead.
		if got := d.only(t, courier.Filter{TargetID: "paper"}); got.Outcome != courier.OutcomeSkipped {
			t.Errorf("got %+v", got)
		}
	})
}

func TestWhatOneDidOneselfIsNoNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t)
		h := d.hook(t, courier.Hook{})
		d.happen(t, booking.Effect{Event: booking.EventReserved, PersonID: "li", BookingID: "b-1", StationID: "s-7"})
		pass(3 * time.Second)
		if got := d.only(t, courier.Filter{}); got.TargetID != h.ID || got.Outcome != courier.OutcomeSent {
			t.Errorf("got %+v", got)
		}
	})
}

func TestAWarningGoesToTheStationInBothLanguagesAndToThePerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t)
		until := time.Now().Add(10 * time.Minute).UTC().Truncate(time.Second)
		d.happen(t, booking.Effect{Event: booking.EventReleaseWarning, PersonID: "li", BookingID: "b-1", StationID: "s-7",
			Body: map[string]string{courier.FactExpiresAt: until.Format(time.RFC3339)}})
		pass(3 * time.Second)
		mails, _, notices := d.got()
		if len(mails) != 1 || len(notices) != 1 {
			t.Fatalf("%d mails, %d notices", len(mails), len(notices))
		}
		n := notices[0]
		if n.Title["en"] != "Still working? PLC-07" || n.Title["zh-CN"] != "还在使用吗？PLC-07" || n.Body["zh-CN"] == "" || !n.ExpiresAt.Equal(until) || len(n.ID) > 64 {
			t.Errorf("got %+v", n)
		}
	})
}

func TestOnlyTheHooksThatWantAnEventAreToldOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t)
		all := d.hook(t, courier.Hook{})
		faults := d.hook(t, courier.Hook{Events: []booking.Event{booking.EventOutageReported}})
		d.hook(t, courier.Hook{Events: []booking.Event{booking.EventReserved}})
		d.hook(t, courier.Hook{DisabledAt: time.Now()})
		d.happen(t, booking.Effect{Event: booking.EventOutageReported, StationID: "s-7", Body: map[string]string{courier.FactReason: "冒烟"}})
		pass(3 * time.Second)
		for _, h := range []courier.Hook{all, faults} {
			if got := d.only(t, courier.Filter{TargetID: h.ID}); got.Outcome != courier.OutcomeSent {
				t.Errorf("got %+v", got)
			}
		}
		if _, posts, _ := d.got(); len(posts) != 2 {
			t.Errorf("%d posts", len(posts))
		}
	})
}

func TestWithoutAMailServerNothingWaitsForOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, func(_ *desk, _ *courier.Config, deps *courier.Deps) { deps.Mail = nil })
		d.happen(t, told("li"), booking.Effect{Event: booking.EventAppealMade, BookingID: "b-1"})
		pass(3 * time.Second)
		if counts, err := d.store.Counts(t.Context()); err != nil || counts.Effects != 0 || len(counts.Waiting)+len(counts.Dead) != 0 {
			t.Errorf("counts %+v, %v", counts, err)
		}
	})
}

func TestATestMessageIsSentAtOnceAndSaysWhatWentWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t)
		if err := d.worker.Test(t.Context(), courier.Hook{URL: "https://x.example", Shape: webhook.ShapeDingTalk}); err != nil {
			t.Fatal(err)
		}
		if _, posts, _ := d.got(); len(posts) != 1 || posts[0].Title == "" || len(posts[0].Lines) == 0 {
			t.Errorf("got %+v", posts)
		}
		d.post = func(context.Context, webhook.Target, webhook.Message) error {
			return &webhook.Error{Class: webhook.Permanent, Err: errors.New("310000")}
		}
		if err := d.worker.Test(t.Context(), courier.Hook{}); err == nil {
			t.Error("no error")
		}
	})
}
