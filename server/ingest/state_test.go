package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/telemetry"
)

func state(session int, what string) []byte {
	since := `"since":"2026-11-22T03:41:07Z",`
	if what == telemetry.StateLost {
		since = ""
	}
	return fmt.Appendf(nil, `{"version":1,"session":%d,"state":%q,%s"source":"x11","agent":"0.3.1"}`, session, what, since)
}

func (o *offline) stateOf(device string) telemetry.DeviceState {
	o.t.Helper()
	synctest.Wait()
	states, err := o.states.States(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	for _, s := range states {
		if s.Device == device {
			return s
		}
	}
	return telemetry.DeviceState{}
}

func TestAStateIsStoredAndTheBoardIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := goOffline(t)
		o.deliver("s", "labtide/v1/dev-3/state", state(7, "in_use"))
		s := o.stateOf("dev-3")
		if s.Session != 7 || s.State != telemetry.StateInUse || s.Source != "x11" || s.Agent != "0.3.1" ||
			!s.Since.Equal(time.Date(2026, 11, 22, 3, 41, 7, 0, time.UTC)) || !s.ReceivedAt.Equal(time.Now()) {
			t.Errorf("state is %+v", s)
		}
		if got := o.takeTouched(); !slices.Equal(got, []string{"st-3"}) {
			t.Errorf("the board was told about %v", got)
		}
		if <-o.freed != "s" {
			t.Error("not acknowledged")
		}
	})
}

func TestALateWillDoesNotOverwriteANewerBirth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, pause := range map[string]func(){"stored one by one": synctest.Wait, "waiting together": func() {}} {
			o := goOffline(t)
			o.deliver("birth", "labtide/v1/dev-3/state", state(8, "idle"))
			pause()
			o.deliver("will", "labtide/v1/dev-3/state", state(7, "lost"))
			if s := o.stateOf("dev-3"); s.Session != 8 || s.State != telemetry.StateIdle {
				t.Errorf("%s: state is %+v", name, s)
			}
			o.deliver("will", "labtide/v1/dev-3/state", state(8, "lost"))
			pause()
			o.deliver("echo", "labtide/v1/dev-3/state", state(8, "in_use"))
			if s := o.stateOf("dev-3"); s.State != telemetry.StateLost || !s.Since.Equal(time.Now()) {
				t.Errorf("%s: state after its own will is %+v", name, s)
			}
			if len(o.freed) != 4 {
				t.Errorf("%s: %d of 4 messages were acknowledged", name, len(o.freed))
			}
			o.stop()
		}
	})
}

func TestStatesFlowWhileSamplesCannotBeStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := goOffline(t)
		o.samples.Break(errAway)
		o.deliver("u", usage1, minutes(t, "e1", 1, time.Now().Truncate(time.Minute), 1))
		time.Sleep(time.Minute)
		o.deliver("s", "labtide/v1/dev-1/state", state(1, "in_use"))
		if s := o.stateOf("dev-1"); s.State != telemetry.StateInUse {
			t.Errorf("state is %+v", s)
		}
	})
}

// prudeStates refuses the states of one device for ever.
type prudeStates struct{ telemetry.StateStore }

func (p prudeStates) PutState(ctx context.Context, s telemetry.DeviceState) (bool, error) {
	if s.Device == "dev-1" {
		return false, fault.Invalid("value_out_of_range", "on purpose")
	}
	return p.StateStore.PutState(ctx, s)
}

func TestAStateThatTheDatabaseRefusesIsBuriedAndHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := goOffline(t, func(_ *Config, d *Deps) { d.States = prudeStates{d.States} })
		o.deliver("refused", "labtide/v1/dev-1/state", state(1, "in_use"))
		o.deliver("good", "labtide/v1/dev-2/state", state(1, "in_use"))
		if s := o.stateOf("dev-2"); s.State != telemetry.StateInUse {
			t.Errorf("the state behind it is %+v", s)
		}
		if len(o.freed) != 2 {
			t.Errorf("%d of 2 messages were acknowledged", len(o.freed))
		}
		if got := o.letters.codes(); !slices.Equal(got, []string{"dev-1 " + string(wire.CodeNotStorable)}) {
			t.Errorf("dead letters are %v", got)
		}
		if err := o.Ready(); err != nil {
			t.Errorf("Ready says %v", err)
		}
	})
}

func TestATimeoutIsNoRefusal(t *testing.T) {
	err := part("database", fmt.Errorf("connect: %w", context.DeadlineExceeded))
	if errors.Is(err, errRefuses) || fault.KindOf(err) != fault.KindUnavailable {
		t.Errorf("got %v", err)
	}
}

func TestABatchThatIsRefusedIsNeverAcknowledgedAndSaidAloud(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged bytes.Buffer
		o := goOffline(t, func(_ *Config, d *Deps) { d.Log = slog.New(slog.NewTextHandler(&logged, nil)) })
		o.ledger.fail(errAway)
		o.deliver("u", usage1, minutes(t, "e1", 1, time.Now().Truncate(time.Minute), 1))
		time.Sleep(time.Minute)
		o.ledger.fail(fault.Invalid("value_out_of_range", "on purpose"))
		time.Sleep(time.Minute)
		if len(o.acks) != 0 || len(o.freed) != 0 {
			t.Errorf("%d acks and %d PUBACKs of what is not stored", len(o.acks), len(o.freed))
		}
		if err := o.Ready(); fault.KindOf(err) != fault.KindUnavailable || !strings.Contains(err.Error(), "on purpose") {
			t.Errorf("Ready says %v", err)
		}
		o.stop()
		if got := strings.Count(logged.String(), "it is refused"); got != 1 {
			t.Errorf("said %d times:\n%s", got, logged.String())
		}
	})
}

func TestAnIgnoredStateIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := goOffline(t)
		for _, session := range []int{9, 8} {
			o.deliver("s", "labtide/v1/dev-3/state", state(session, "idle"))
			synctest.Wait()
		}
		if got := o.value(t, "labtide_ingest_ignored_states_total"); got != 1 {
			t.Errorf("%v were ignored, want 1", got)
		}
	})
}

func TestARetainedStateIsNoSignOfLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := goOffline(t)
		o.receive(o.ctx, delivery{topic: "labtide/v1/dev-3/state", payload: state(7, "in_use"), retained: true, at: time.Now(), done: func() {}})
		if s := o.stateOf("dev-3"); !s.ReceivedAt.Equal(s.Since) {
			t.Errorf("heard at %v, though it only says so since %v", s.ReceivedAt, s.Since)
		}
	})
}

func TestAnUnreadableStateIsBuriedAndAnEmptyOrForeignOneForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := goOffline(t)
		o.deliver("bad", "labtide/v1/dev-3/state", []byte("{"))
		o.deliver("cleared", "labtide/v1/dev-3/state", nil)
		o.deliver("foreign", "labtide/v1/stranger/state", state(1, "idle"))
		o.deliver("other", "labtide/v1/dev-3/ack", nil)
		o.deliver("else", "something/else", nil)
		if s := o.stateOf("stranger"); s.Device != "" {
			t.Errorf("a stranger has a state: %+v", s)
		}
		if len(o.freed) != 5 {
			t.Errorf("%d of 5 messages were acknowledged", len(o.freed))
		}
		if got := o.letters.codes(); !slices.Equal(got, []string{"dev-3 " + string(wire.CodeMalformed)}) {
			t.Errorf("dead letters are %v", got)
		}
	})
}
