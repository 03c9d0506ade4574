package courier_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
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

func (school) Readers(context.Context) (func(booking.Effect) []string, error) {
	return func(booking.Effect) []string { return []string{"chen", "paper"} }, nil
}

func (school) Station(_ context.Context, id string) (courier.Station, error) {
	return lookUp(map[string]courier.Station{
		"s-7": {Code: "PLC-07", Name: equipment.Text{En: "PLC bench 7", Zh: "PLC 实训台 7"}, Room: equipment.Text{En: "Room 301", Zh: "301 室"}, Zone: shanghai()},
		"s-8": {Code: "PLC-08", Room: equipment.Text{En: "Room 301", Zh: "301 室"}, Zone: shanghai()},
	}, id)
}

func (school) Kind(_ context.Context, id string) (equipment.Text, error) {
	return lookUp(map[string]equipment.Text{"plc": {En: "PLC bench"}}, id)
}

func (school) Series(context.Context, string, time.Time) ([]booking.Booking, error) { return nil, nil }

func (school) Stood(context.Context, string) (bool, error) { return true, nil }

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

// pass lets the time of a bubble go on until nothing more happens within it.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
