package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/labtide/labtide/server/config"
	"github.com/labtide/labtide/server/e2e/rig"
)

// booker remembers what servers have answered, which nobody may forget.
type booker struct {
	mu       sync.Mutex
	promised map[string]bool // by id: true since it was booked, false since it was cancelled; what got no answer is not there
	answers  map[int]int     // by status
}

// Two servers on one PostgreSQL are asked for the same few slots by many at once, and one is killed with -9 in the middle; later
// another one takes its place. What was answered holds, and no two bookings share a station's time.
func TestOfTwoServersUnderLoadOneIsKilledAndEveryAnswerHolds(t *testing.T) {
	t.Parallel()
	dsn := rig.Postgres(t)
	one := func() config.Config {
		return settings(t, func(cfg *config.Config) {
			cfg.Database.Driver, cfg.Database.DSN = config.DriverPostgres, dsn
			cfg.Server.Listen = fmt.Sprintf("127.0.0.1:%d", rig.FreePort(t))
			cfg.MQTT.Listen = fmt.Sprintf("127.0.0.1:%d", rig.FreePort(t))
		})
	}
	stays, dies, follows := one(), one(), one()
	admin := prepare(t, stays)
	open := func(cfg config.Config) (*house, *exec.Cmd) {
		h := &house{t: t, url: "http://" + cfg.Server.Listen, token: admin}
		child := start(t, cfg)
		h.until("the server answers", func() bool { return h.get("/healthz").status == http.StatusOK })
		return h, child
	}
	first, _ := open(stays)
	second, child := open(dies)

	b := &booker{promised: map[string]bool{}, answers: map[int]int{}}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	var all sync.WaitGroup
	for n := range 8 {
		for i, h := range []*house{first, second} {
			all.Go(func() { b.work(h, rand.New(rand.NewPCG(seed, uint64(2*n+i))), 30) })
		}
	}
	b.until(t, 60)
	kill(t, child)
	all.Wait()
	third, _ := open(follows)
	all.Go(func() { b.work(third, rand.New(rand.NewPCG(seed, 99)), 30) })
	all.Wait()
	if b.answers[0] == 0 || b.answers[http.StatusCreated] == 0 || b.answers[http.StatusConflict] == 0 || b.answers[http.StatusOK] == 0 {
		t.Errorf("the story proves nothing: answers by status are %v", b.answers)
	}
	b.compare(t, first)
}

// work books hours of the coming days for a class, and cancels some of what it has booked.
func (b *booker) work(h *house, random *rand.Rand, requests int) {
	var mine []string
	day := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 2)
	for range requests {
		if len(mine) > 0 && random.IntN(3) == 0 {
			id := mine[len(mine)-1]
			mine = mine[:len(mine)-1]
			b.note(h.ask(http.MethodDelete, "/api/v1/bookings/"+id, h.token, nil), id)
			continue
		}
		starts := day.Add(time.Duration(random.IntN(96)) * 30 * time.Minute)
		answer := h.post("/api/v1/bookings", map[string]any{
			"station": fmt.Sprintf("PLC-%02d", 1+random.IntN(2)), "starts_at": starts, "purpose": "class",
			"ends_at": starts.Add(time.Duration(1+random.IntN(4)) * 30 * time.Minute),
		})
		if id := b.note(answer, ""); id != "" {
			mine = append(mine, id)
		}
	}
}

// note remembers an answer; cancelled is the booking that was to be cancelled.
func (b *booker) note(a answer, cancelled string) (made string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answers[a.status]++
	switch {
	case a.status == http.StatusCreated:
		made = idOf(a)
		b.promised[made] = true
	case cancelled != "" && a.status == http.StatusOK:
		b.promised[cancelled] = false
	case cancelled != "":
		delete(b.promised, cancelled) // nobody knows
	}
	return made
}

// until waits for so many answers.
func (b *booker) until(t *testing.T, answers int) {
	t.Helper()
	(&house{t: t}).until("there is load", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.answers[http.StatusCreated]+b.answers[http.StatusConflict] >= answers
	})
}

// compare looks at what is stored.
func (b *booker) compare(t *testing.T, h *house) {
	t.Helper()
	type stored struct {
		ID       string
		Status   string
		StartsAt time.Time `json:"starts_at"`
		EndsAt   time.Time `json:"ends_at"`
		Station  struct{ Code string }
	}
	var active []stored
	found := map[string]string{}
	for _, one := range read[struct{ Items []stored }](t, h.get("/api/v1/bookings?limit=1000")).Items {
		found[one.ID] = one.Status
		if one.Status != "cancelled" {
			active = append(active, one)
		}
	}
	for id, promised := range b.promised {
		if want := map[bool]string{true: "confirmed", false: "cancelled"}[promised]; found[id] != want {
			t.Errorf("booking %s was answered as %s and is %q", id, want, found[id])
		}
	}
	slices.SortFunc(active, func(a, b stored) int { return a.StartsAt.Compare(b.StartsAt) })
	last := map[string]stored{}
	for _, one := range active {
		if before, ok := last[one.Station.Code]; ok && one.StartsAt.Before(before.EndsAt) {
			t.Errorf("%s: %v to %v and %v to %v", one.Station.Code, before.StartsAt, before.EndsAt, one.StartsAt, one.EndsAt)
		}
		last[one.Station.Code] = one
	}
}

func idOf(a answer) string {
	var made struct{ ID string }
	if json.Unmarshal(a.body, &made) != nil {
		return ""
	}
	return made.ID
}
