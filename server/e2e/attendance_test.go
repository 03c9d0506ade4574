package e2e

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/labtide/labtide/agent/outbox"
	"github.com/labtide/labtide/agent/uplink"
	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
)

// told is what the API says of a booking.
type told struct {
	Status     string
	Verdict    string
	CheckIn    string    `json:"check_in"`
	EndsAt     time.Time `json:"ends_at"`
	PlannedEnd time.Time `json:"planned_end"`
	WarnedAt   time.Time `json:"warned_at"`
}

func (h *house) told(id string) told {
	h.t.Helper()
	return read[told](h.t, h.get("/api/v1/bookings/"+id))
}

// began stores a booking that began in the past, as if it had been made long before: nobody wants to wait for a real grace.
func (h *house) began(b booking.Booking, station, login string) booking.Booking {
	h.t.Helper()
	stores := h.server.Stores()
	place, err := stores.Equipment.StationByID(h.t.Context(), station)
	if err != nil {
		h.t.Fatal(err)
	}
	person, err := stores.Accounts.PersonByLogin(h.t.Context(), login)
	if err != nil {
		h.t.Fatal(err)
	}
	b.ID, b.StationID, b.PersonID, b.Version = "booking-of-"+login, place.ID, person.ID, 1
	b.Purpose, b.Status, b.CreatedAt, b.OccupiedUntil, b.ChargedUntil = booking.PurposePractice, booking.StatusConfirmed, b.StartsAt.Add(-time.Hour), b.EndsAt, b.EndsAt
	if b.ChangedAt.IsZero() {
		b.ChangedAt = b.CreatedAt
	}
	b.DueAt = time.Now().UTC().Truncate(time.Second)
	ask := booking.Ask{StationIDs: []string{b.StationID}, From: b.StartsAt, Until: b.EndsAt}
	err = stores.Bookings.Decide(h.t.Context(), ask, func(booking.View) (booking.Write, error) {
		return booking.Write{Insert: []booking.Booking{b}}, nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return b
}

// Somebody books and does not come: the device says so, the rest is free, and it counts against them. A second device, which
// was cut off, saw them all the same: the strike is taken back, and what was freed stays free.
func TestWhoDoesNotComeLosesTheRestAndLateSamplesPutItRight(t *testing.T) {
	t.Parallel()
	h := move(t, settings(t))
	start := time.Now().UTC().Truncate(time.Minute).Add(-30 * time.Minute)
	b := h.began(booking.Booking{StartsAt: start, EndsAt: start.Add(2 * time.Hour)}, "PLC-01", "li")
	h.until("nobody knows", func() bool { return h.told(b.ID).Verdict == "unknown" })

	m := plug(t, t.TempDir(), h.enrol("pc-1"), wire.Idle)
	m.saw(start, 28, 0)
	m.delivered()
	h.until("the absence is known", func() bool { return h.told(b.ID).Verdict == "absent" })
	got := h.told(b.ID)
	if got.Status != "ended" || !got.PlannedEnd.Equal(b.EndsAt) || !got.EndsAt.Before(b.EndsAt) {
		t.Fatalf("%+v", got)
	}
	next := map[string]any{"station": "PLC-01", "starts_at": time.Now().UTC().Truncate(time.Minute), "ends_at": b.EndsAt, "override": true}
	if a := h.post("/api/v1/bookings", next); a.status != http.StatusCreated {
		t.Fatalf("the rest is not free: %d %s", a.status, a.body)
	}
	li := token(t, h.server, "li", account.Scopes())
	strike := func() string {
		list := read[struct {
			Items []struct{ State, Appeal string }
		}](t, h.ask(http.MethodGet, "/api/v1/strikes", li, nil))
		if len(list.Items) != 1 {
			t.Fatalf("%d strikes", len(list.Items))
		}
		return list.Items[0].State
	}
	if got := strike(); got != "standing" {
		t.Fatalf("the strike is %s", got)
	}

	register := h.server.Stores().Equipment
	if _, err := register.PutDevice(t.Context(), equipment.Device{ID: "plug-1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := register.InsertPlacement(t.Context(), equipment.Placement{DeviceID: "plug-1", StationID: b.StationID, From: start.Add(-24 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	late := plug(t, t.TempDir(), h.enrol("plug-1"), wire.InUse)
	late.saw(start.Add(5*time.Minute), 3, 60)
	late.delivered()
	h.until("it is put right", func() bool { return h.told(b.ID).Verdict == "arrived" })
	if got := h.told(b.ID); strike() != "taken_back" || got.CheckIn != "evidence" || got.Status != "ended" {
		t.Fatalf("%+v, the strike is %s", got, strike())
	}
}

// A station that nobody works at asks "still working?" on its own screen; where nobody answers, the rest goes to others.
func TestAnIdleStationAsksOnItsScreenAndIsReleased(t *testing.T) {
	t.Parallel()
	h := move(t, settings(t))
	rules := booking.New(h.server.Stores().Bookings, time.Now)
	if _, err := rules.SetPolicy(t.Context(), account.SignedIn("e2e", account.RoleAdmin), booking.PolicyRule{
		Scope: booking.ScopeSchool, IdleReleaseMinutes: new(20), IdleWarningMinutes: new(5),
	}); err != nil {
		t.Fatal(err)
	}
	start := time.Now().UTC().Truncate(time.Minute).Add(-60 * time.Minute)
	for _, device := range []string{"pc-1", "pc-2"} {
		m := plug(t, t.TempDir(), h.enrol(device), wire.Idle)
		m.saw(start, 10, 60)
		m.saw(start.Add(10*time.Minute), 60, 0) // up to ten minutes ahead of the clock, as the contract allows
		m.delivered()
		m.stop()
	}
	notices := make(chan wire.Notice, 8)
	screen(t, h.enrol("pc-1"), notices)

	came := booking.Booking{
		StartsAt: start, EndsAt: start.Add(3 * time.Hour), Verdict: booking.VerdictArrived, VerdictAt: start, CheckIn: booking.CheckInEvidence,
		CheckedInAt: start, Evidence: booking.Evidence{GraceMinutes: 16, SeenMinutes: 16, UsedMinutes: 10, FirstUsedAt: start},
	}
	asked := h.began(came, "PLC-01", "li")
	select {
	case n := <-notices:
		if n.Level == "" || n.Title["en"] == "" || n.Title["zh-CN"] == "" {
			t.Errorf("%+v", n)
		}
	case <-time.After(patience):
		t.Fatal("the station was not asked")
	}
	if got := h.told(asked.ID); got.WarnedAt.IsZero() || got.Status != "confirmed" {
		t.Fatalf("%+v", got)
	}
	kept := read[told](t, h.post("/api/v1/bookings/"+asked.ID+"/keep", nil))
	if !kept.WarnedAt.IsZero() {
		t.Fatalf("still working, and yet: %+v", kept)
	}

	came.WarnedAt = start.Add(40 * time.Minute)
	silent := h.began(came, "PLC-02", "chen")
	h.until("nobody answers", func() bool { return h.told(silent.ID).Status == "ended" })
	if got := h.told(silent.ID); !got.PlannedEnd.Equal(silent.EndsAt) || got.Verdict != "arrived" {
		t.Fatalf("%+v", got)
	}
	if got := h.told(asked.ID); got.Status != "confirmed" {
		t.Fatalf("the one who answered: %+v", got)
	}
}

// screen is a device that shows notices.
func screen(t *testing.T, who credentials, notices chan<- wire.Notice) {
	t.Helper()
	dir := t.TempDir()
	box, err := outbox.Open(filepath.Join(dir, "outbox"), outbox.Limits{MaxAge: time.Hour, MaxBytes: 1 << 20}, discard())
	if err != nil {
		t.Fatal(err)
	}
	settings := uplink.Settings{Device: who.Device, Version: "e2e",
		Broker: uplink.Broker{URL: who.Broker, Username: who.Username, Password: who.Password, CA: []byte(who.CA)},
		Window: 16, SendEvery: 5 * time.Millisecond, ResendAfter: time.Second, ResendAtMost: 2 * time.Second,
		ReconnectAfter: 100 * time.Millisecond, ReconnectAtMost: time.Second, SessionFile: filepath.Join(dir, "session")}
	link := uplink.New(settings, uplink.Handlers{Notice: func(n wire.Notice) { notices <- n }}, box, discard())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- link.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-done, box.Close()); err != nil {
			t.Error(err)
		}
	})
	until(t, "the device is connected", func() bool { return link.Status().Connected })
}
