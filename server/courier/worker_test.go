package courier_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/courier"
	"github.com/labtide/labtide/server/courier/couriertest"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/mail"
	"github.com/labtide/labtide/server/webhook"
)

// school is a directory of a few people and stations.
type school struct{}

func shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*3600) }

func lookUp[T any](known map[string]T, id string) (T, error) {
	v, ok := known[id]
	if !ok {
		return v, fault.NotFound("unknown", "there is no %q", id)
	}
	return v, nil
}

func (school) Person(_ context.Context, id string) (courier.Person, error) {
	return lookUp(map[string]courier.Person{
		"li":    {Name: "李伟", Email: "li@school.example", Language: "zh-CN"},
		"ann":   {Name: "Ann", Email: "ann@school.example", Language: "en"},
		"chen":  {Name: "陈老师", Email: "chen@school.example"},
		"paper": {Name: "Paper"},
	}, id)
}

func (school) Staff(context.Context) ([]string, error) { return []string{"chen", "paper"}, nil }

func (school) Station(_ context.Context, id string) (courier.Station, error) {
	return lookUp(map[string]courier.Station{
		"s-7": {Code: "PLC-07", Name: equipment.Text{En: "PLC bench 7", Zh: "PLC 实训台 7"}, Room: equipment.Text{En: "Room 301", Zh: "301 室"}, Zone: shanghai()},
		"s-8": {Code: "PLC-08", Room: equipment.Text{En: "Room 301", Zh: "301 室"}, Zone: shanghai()},
	}, id)
}

func (school) Kind(_ context.Context, id string) (equipment.Text, error) {
	return lookUp(map[string]equipment.Text{"plc": {En: "PLC bench"}}, id)
}

func (school) Booking(_ context.Context, id string) (booking.Booking, error) {
	return lookUp(map[string]booking.Booking{
		"b-1": {ID: "b-1", PersonID: "li", StationID: "s-7", StartsAt: couriertest.At(86400), EndsAt: couriertest.At(86400 + 7200)},
	}, id)
}

// desk is a worker among things that note what comes.
type desk struct {
	store  *couriertest.Memory
	worker *courier.Worker

	mu      sync.Mutex
	mails   []mail.Message
	posts   []webhook.Message
	notices []courier.Notice
	asked   int // attempts of any kind

	mail   func(ctx context.Context, m mail.Message) error
	post   func(ctx context.Context, t webhook.Target, m webhook.Message) error
	notify func(ctx context.Context, station string, n courier.Notice) error
}

func (d *desk) Send(ctx context.Context, m mail.Message) error {
	d.count()
	if d.mail != nil {
		if err := d.mail(ctx, m); err != nil {
			return err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mails = append(d.mails, m)
	return nil
}

func (d *desk) Post(ctx context.Context, t webhook.Target, m webhook.Message) error {
	d.count()
	if d.post != nil {
		if err := d.post(ctx, t, m); err != nil {
			return err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.posts = append(d.posts, m)
	return nil
}

func (d *desk) show(ctx context.Context, station string, n courier.Notice) error {
	d.count()
	if d.notify != nil {
		if err := d.notify(ctx, station, n); err != nil {
			return err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notices = append(d.notices, n)
	return nil
}

func (d *desk) count() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
}

func (d *desk) attempts() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked
}

func (d *desk) got() (mails []mail.Message, posts []webhook.Message, notices []courier.Notice) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append(mails, d.mails...), append(posts, d.posts...), append(notices, d.notices...)
}

// open runs a worker until the test ends; change sets what is not as usual.
func open(t *testing.T, change ...func(*desk, *courier.Config, *courier.Deps)) *desk {
	t.Helper()
	d := &desk{store: couriertest.NewMemory()}
	d.work(t, change...)
	return d
}

// work starts a worker, and returns what stops it.
func (d *desk) work(t *testing.T, change ...func(*desk, *courier.Config, *courier.Deps)) (stop func()) {
	t.Helper()
	cfg := courier.Config{PublicURL: "https://labs.school.example", Language: courier.Chinese}
	deps := courier.Deps{Store: d.store, Directory: school{}, Mail: d, Poster: d, Notify: d.show, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(d, &cfg, &deps)
	}
	d.worker = courier.New(cfg, deps)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- d.worker.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func (d *desk) happen(t *testing.T, effects ...booking.Effect) {
	t.Helper()
	for i := range effects {
		if effects[i].At.IsZero() {
			effects[i].At = time.Now()
		}
		if effects[i].ID == "" {
			effects[i].ID = fmt.Sprintf("e-%d-%d", time.Now().UnixNano(), i)
		}
	}
	if err := d.store.Happen(t.Context(), effects...); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) hook(t *testing.T, h courier.Hook) courier.Hook {
	t.Helper()
	h.Name, h.URL = "hook", "https://hook.example"
	h.Shape = webhook.ShapeLabtide
	put, err := d.store.PutHook(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return put
}

func (d *desk) only(t *testing.T, f courier.Filter) courier.Delivery {
	t.Helper()
	all, err := d.store.Deliveries(t.Context(), f)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d deliveries: %+v, %v", len(all), all, err)
	}
	return all[0]
}

func told(to string) booking.Effect {
	return booking.Effect{Event: booking.EventCancelledByOther, PersonID: to, BookingID: "b-1", StationID: "s-7"}
}

// pass lets time go on until nothing more happens within it.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

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
		if got.Attempts < 10 || got.Attempts > 25 || !strings.Contains(got.Error, "no route") {
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
