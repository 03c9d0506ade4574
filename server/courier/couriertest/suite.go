package couriertest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/courier"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/webhook"
)

// Backend is one empty database.
type Backend struct {
	// Stores are two handles on it, as two processes have.
	Stores [2]courier.Store
	// Happen stores effects as the rest of the house does.
	Happen func(ctx context.Context, effects ...booking.Effect) error
}

// RunStore runs the suite; newBackend gives an empty database.
func RunStore(t *testing.T, newBackend func(t *testing.T) Backend) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, b Backend)
	}{
		{"an effect is planned once, and its deliveries say what it says", plansOnce},
		{"an effect is planned when it is due and not before", plansDue},
		{"of two who plan at once each effect goes to one", plansTogether},
		{"a delivery that exists is not made again", sameDelivery},
		{"one of each lane is lent, the longest due first, and none of a busy one", lanes},
		{"of two who claim at once each delivery goes to one", claimsTogether},
		{"what a dead process had borrowed is lent again when the lease is over", lease},
		{"who was too slow changes nothing any more", tooSlow},
		{"a retry comes when it is due and remembers why", retries},
		{"what is over is counted, listed and never lent", ends},
		{"a hook is kept as it was put", hooks},
		{"a hook is not overwritten by somebody who has not read it", staleHooks},
		{"a hook that wants no more is disabled once", disables},
		{"no text breaks it", oddTexts},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newBackend(t)) })
	}
}

// At is so many seconds after the suite's beginning.
func At(seconds int) time.Time {
	return time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC).Add(time.Duration(seconds) * time.Second)
}

func offer(id string) booking.Effect {
	return booking.Effect{ID: id, At: At(-1), Event: booking.EventOfferMade, PersonID: "li", BookingID: "b-1", StationID: "s-1",
		Body: map[string]string{courier.FactReason: "有人取消 \"x\""}}
}

// toLanes plans one delivery for each effect, in the lane named so.
func toLanes(lanes ...string) func([]booking.Effect) []courier.Delivery {
	return func(effects []booking.Effect) []courier.Delivery {
		var out []courier.Delivery
		for i, e := range effects {
			lane := lanes[i%len(lanes)]
			out = append(out, courier.Delivery{Effect: e, Channel: courier.ChannelMail, TargetID: "li", Lane: lane,
				CreatedAt: At(0), DueAt: At(0), GiveUpAt: At(3600)})
		}
		return out
	}
}

func (b Backend) happen(t *testing.T, dueAt time.Time, effects ...booking.Effect) {
	t.Helper()
	for i := range effects {
		effects[i].DueAt = dueAt
	}
	if err := b.Happen(t.Context(), effects...); err != nil {
		t.Fatal(err)
	}
}

func (b Backend) plan(t *testing.T, now time.Time, route func([]booking.Effect) []courier.Delivery) int {
	t.Helper()
	n, err := b.Stores[0].Plan(t.Context(), now, 100, route)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (b Backend) claim(t *testing.T, now time.Time, n int, busy ...string) []courier.Delivery {
	t.Helper()
	got, err := b.Stores[1].Claim(t.Context(), now, time.Minute, n, busy)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (b Backend) all(t *testing.T, f courier.Filter) []courier.Delivery {
	t.Helper()
	got, err := b.Stores[0].Deliveries(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func effectIDs(deliveries []courier.Delivery) []string {
	var ids []string
	for _, d := range deliveries {
		ids = append(ids, d.Effect.ID)
	}
	return ids
}

func want[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

func plansOnce(t *testing.T, b Backend) {
	b.happen(t, At(0), offer("e-1"))
	want(t, "planned", b.plan(t, At(0), toLanes("mail/0")), 1)
	want(t, "planned again", b.plan(t, At(9), toLanes("mail/0")), 0)
	got := b.claim(t, At(0), 10)
	if len(got) != 1 || got[0].ID == "" {
		t.Fatalf("got %+v", got)
	}
	want(t, "claimed", got[0], courier.Delivery{ID: got[0].ID, Effect: offer("e-1"), Channel: courier.ChannelMail, TargetID: "li",
		Lane: "mail/0", GiveUpAt: At(3600), Attempts: 1, CreatedAt: At(0), DueAt: At(60)})
}

func plansDue(t *testing.T, b Backend) {
	b.happen(t, At(100), offer("later"))
	b.happen(t, At(50), offer("sooner"))
	want(t, "before", b.plan(t, At(49), toLanes("x")), 0)
	var seen []string
	n, err := b.Stores[1].Plan(t.Context(), At(100), 1, func(effects []booking.Effect) []courier.Delivery {
		seen = nil
		for _, e := range effects {
			seen = append(seen, e.ID)
		}
		return nil
	})
	want(t, "at most one", n, 1)
	want(t, "the longest due first", seen, []string{"sooner"})
	want(t, "no error", err, nil)
	want(t, "the rest", b.plan(t, At(100), toLanes("x")), 1)
}

func plansTogether(t *testing.T, b Backend) {
	const effects = 60
	for i := range effects {
		b.happen(t, At(0), offer(fmt.Sprintf("e-%02d", i)))
	}
	var group sync.WaitGroup
	for _, store := range b.Stores {
		group.Go(func() {
			for range effects {
				if _, err := store.Plan(t.Context(), At(0), 5, toLanes("a", "b")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	got := effectIDs(b.all(t, courier.Filter{}))
	slices.Sort(got)
	if len(got) != effects || len(slices.Compact(got)) != effects {
		t.Errorf("%d deliveries for %d effects", len(got), effects)
	}
}

func sameDelivery(t *testing.T, b Backend) {
	b.happen(t, At(0), offer("e-1"))
	twice := func(effects []booking.Effect) []courier.Delivery {
		return append(toLanes("a")(effects), toLanes("b")(effects)...)
	}
	b.plan(t, At(0), twice)
	got := b.all(t, courier.Filter{})
	if len(got) != 1 || got[0].Lane != "a" {
		t.Errorf("got %+v", got)
	}
}

func lanes(t *testing.T, b Backend) {
	for _, id := range []string{"e-1", "e-2", "e-3", "e-4", "e-5", "e-6"} {
		b.happen(t, At(0), offer(id))
	}
	b.plan(t, At(0), toLanes("a", "b", "c"))
	want(t, "nothing is due", len(b.claim(t, At(-1), 10)), 0)
	want(t, "one of each lane", effectIDs(b.claim(t, At(0), 10, "b")), []string{"e-1", "e-3"})
	want(t, "the next of each, and at most so many", effectIDs(b.claim(t, At(1), 2)), []string{"e-2", "e-4"})
	want(t, "the last ones", effectIDs(b.claim(t, At(1), 10)), []string{"e-5", "e-6"})
	want(t, "all are lent", len(b.claim(t, At(1), 10)), 0)
}

func claimsTogether(t *testing.T, b Backend) {
	const n = 40
	var names []string
	for i := range n {
		id := fmt.Sprintf("e-%02d", i)
		b.happen(t, At(0), offer(id))
		names = append(names, id)
	}
	b.plan(t, At(0), toLanes(names...))
	var mu sync.Mutex
	var got []string
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			for range n {
				claimed, err := b.Stores[i%2].Claim(t.Context(), At(0), time.Minute, 3, nil)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				got = append(got, effectIDs(claimed)...)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	slices.Sort(got)
	want(t, "each once", got, names)
}

func lease(t *testing.T, b Backend) {
	b.happen(t, At(0), offer("e-1"))
	b.plan(t, At(0), toLanes("a"))
	b.claim(t, At(0), 1)
	want(t, "within the lease", len(b.claim(t, At(59), 1)), 0)
	again := b.claim(t, At(60), 1)
	if len(again) != 1 || again[0].Attempts != 2 {
		t.Errorf("after the lease: %+v", again)
	}
}

func tooSlow(t *testing.T, b Backend) {
	b.happen(t, At(0), offer("e-1"))
	b.plan(t, At(0), toLanes("a"))
	first, second := b.claim(t, At(0), 1)[0], b.claim(t, At(60), 1)[0]
	want(t, "finish", b.Stores[0].Finish(t.Context(), first, At(61), courier.OutcomeDead, "slow"), nil)
	want(t, "retry", b.Stores[0].Retry(t.Context(), first, At(61), "slow"), nil)
	want(t, "still lent", len(b.claim(t, At(62), 1)), 0)
	want(t, "finish", b.Stores[1].Finish(t.Context(), second, At(63), courier.OutcomeSent, ""), nil)
	want(t, "retry of what is over", b.Stores[1].Retry(t.Context(), second, At(63), "late"), nil)
	if got := b.all(t, courier.Filter{}); got[0].Outcome != courier.OutcomeSent || got[0].Error != "" {
		t.Errorf("got %+v", got[0])
	}
}

func retries(t *testing.T, b Backend) {
	b.happen(t, At(0), offer("e-1"))
	b.plan(t, At(0), toLanes("a"))
	d := b.claim(t, At(0), 1)[0]
	want(t, "retry", b.Stores[0].Retry(t.Context(), d, At(30), "451 later"), nil)
	want(t, "not yet", len(b.claim(t, At(29), 1)), 0)
	again := b.claim(t, At(30), 1)
	if len(again) != 1 || again[0].Error != "451 later" || again[0].Attempts != 2 {
		t.Errorf("got %+v", again)
	}
}

func ends(t *testing.T, b Backend) {
	for i, id := range []string{"sent", "skipped", "dead", "waits"} {
		b.happen(t, At(i), offer(id))
		b.plan(t, At(i), toLanes(id))
	}
	b.happen(t, At(0), offer("unplanned"))
	ended := map[string]courier.Outcome{"sent": courier.OutcomeSent, "skipped": courier.OutcomeSkipped, "dead": courier.OutcomeDead}
	for _, d := range b.claim(t, At(5), 10) {
		if outcome, ok := ended[d.Effect.ID]; ok {
			want(t, "finish", b.Stores[0].Finish(t.Context(), d, At(6), outcome, "said "+string(outcome)), nil)
		}
	}
	left := b.claim(t, At(1000), 10)
	want(t, "what is not over", effectIDs(left), []string{"waits"})
	counts, err := b.Stores[0].Counts(t.Context())
	want(t, "no error", err, nil)
	want(t, "counts", counts, courier.Counts{Effects: 1, Waiting: map[courier.Channel]int{courier.ChannelMail: 1},
		Dead: map[courier.Channel]int{courier.ChannelMail: 1}, OldestAt: At(0)})
	dead := b.all(t, courier.Filter{Channel: courier.ChannelMail, TargetID: "li", Outcome: courier.OutcomeDead, Limit: 5})
	if len(dead) != 1 || dead[0].Effect.ID != "dead" || !dead[0].EndedAt.Equal(At(6)) || dead[0].Error != "said dead" {
		t.Errorf("dead: %+v", dead)
	}
	want(t, "another target", len(b.all(t, courier.Filter{TargetID: "wang"})), 0)
	want(t, "another channel", len(b.all(t, courier.Filter{Channel: courier.ChannelWebhook})), 0)
	want(t, "at most so many", len(b.all(t, courier.Filter{Limit: 3})), 3)
}

func robot() courier.Hook {
	return courier.Hook{Name: "企业微信群", URL: "https://robot.example/send?key=1", Secret: "hush", Shape: webhook.ShapeWeCom,
		Events: []booking.Event{booking.EventOutageReported, booking.EventRequested}, CreatedBy: "admin", CreatedAt: At(0)}
}

func hooks(t *testing.T, b Backend) {
	put, err := b.Stores[0].PutHook(t.Context(), robot())
	if err != nil || put.ID == "" || put.Version != 1 {
		t.Fatalf("put %+v, %v", put, err)
	}
	got, err := b.Stores[1].Hook(t.Context(), put.ID)
	want(t, "no error", err, nil)
	want(t, "as it was put", got, put)
	other := robot()
	other.Name, other.Events = "another", nil
	if _, err := b.Stores[0].PutHook(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	all, err := b.Stores[1].Hooks(t.Context())
	if err != nil || len(all) != 2 || all[0].Name != "another" || len(all[0].Events) != 0 {
		t.Errorf("all: %+v, %v", all, err)
	}
	want(t, "delete", b.Stores[0].DeleteHook(t.Context(), put.ID, put.Version), nil)
	if _, err := b.Stores[1].Hook(t.Context(), put.ID); fault.KindOf(err) != fault.KindNotFound {
		t.Errorf("after the delete: %v", err)
	}
	for what, err := range map[string]error{
		"delete": b.Stores[0].DeleteHook(t.Context(), put.ID, put.Version),
		"put":    second(b.Stores[0].PutHook(t.Context(), put)),
	} {
		if fault.KindOf(err) != fault.KindNotFound {
			t.Errorf("%s of one that is gone: %v", what, err)
		}
	}
	want(t, "disable one that is gone", b.Stores[0].DisableHook(t.Context(), put.ID, At(1)), nil)
}

func second[T any](_ T, err error) error { return err }

func staleHooks(t *testing.T, b Backend) {
	put, err := b.Stores[0].PutHook(t.Context(), robot())
	if err != nil {
		t.Fatal(err)
	}
	changed := put
	changed.Name, changed.CreatedBy = "changed", "somebody else"
	after, err := b.Stores[1].PutHook(t.Context(), changed)
	if err != nil || after.Version != 2 || after.CreatedBy != "admin" {
		t.Fatalf("got %+v, %v", after, err)
	}
	for what, err := range map[string]error{
		"put":    second(b.Stores[0].PutHook(t.Context(), put)),
		"delete": b.Stores[0].DeleteHook(t.Context(), put.ID, put.Version),
	} {
		if fault.KindOf(err) != fault.KindStale {
			t.Errorf("%s of an old version: %v", what, err)
		}
	}
}

func disables(t *testing.T, b Backend) {
	put, err := b.Stores[0].PutHook(t.Context(), robot())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		want(t, "disable", b.Stores[i].DisableHook(t.Context(), put.ID, At(10+i)), nil)
	}
	got, err := b.Stores[0].Hook(t.Context(), put.ID)
	if err != nil || !got.DisabledAt.Equal(At(10)) || got.Version != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func oddTexts(t *testing.T, b Backend) {
	e := offer("e-1")
	e.Body = map[string]string{"": "", "reason": "'; DROP TABLE effects; -- 💥 \\ \" \n", "null": "null"}
	b.happen(t, At(0), e)
	b.plan(t, At(0), toLanes("a'b"))
	d := b.claim(t, At(0), 1)[0]
	want(t, "effect", d.Effect, e)
	want(t, "retry", b.Stores[0].Retry(t.Context(), d, At(0), "a\x00b\xff 💥"), nil)
	if got := b.claim(t, At(0), 1, "'", "a'b "); len(got) != 1 || got[0].Error == "" {
		t.Errorf("got %+v", got)
	}
}
