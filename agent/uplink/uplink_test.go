package uplink

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labtide/labtide/agent/wire"
)

// during runs a test in a bubble with a running uplink, and stops it at the end.
func during(t *testing.T, handlers Handlers, test func(*bench)) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, handlers)
		defer b.stop()
		test(b)
	})
}

// pass lets time go by, and everything happen that is due.
func pass(d time.Duration) {
	time.Sleep(d) // in a bubble: no real time passes
	synctest.Wait()
}

func TestAStateIsToldAtOnceAndRetained(t *testing.T) {
	during(t, Handlers{}, func(b *bench) {
		since := time.Now()
		b.uplink.SetState(State{wire.Idle, since, wire.SourceX11})
		b.start()
		synctest.Wait()
		b.uplink.SetState(State{wire.InUse, since, wire.SourceX11})
		synctest.Wait()
		states := b.states()
		if last := states[len(states)-1]; states[0].State != wire.Idle || last.State != wire.InUse || last.Session != b.uplink.Status().Session {
			t.Errorf("states %+v", states)
		}
		if !b.uplink.Status().Connected {
			t.Error("the status does not say that it is connected")
		}
	})
}

func TestTheWillSaysLostWithTheSessionOfTheConnection(t *testing.T) {
	during(t, Handlers{}, func(b *bench) {
		b.uplink.SetState(State{wire.Idle, time.Now(), wire.SourceX11})
		b.start()
		synctest.Wait()
		first := b.last()
		first.lost(errors.New("cable"))
		pass(time.Minute)
		second := b.last()
		will1, err1 := wire.DecodeState(first.will)
		will2, err2 := wire.DecodeState(second.will)
		if err1 != nil || err2 != nil || will1.State != wire.Lost || will2.Session <= will1.Session {
			t.Errorf("wills %+v (%v), %+v (%v)", will1, err1, will2, err2)
		}
		states := b.states()
		if birth := states[len(states)-1]; birth.Session != will2.Session || will1.Supersedes(birth) {
			t.Errorf("birth %+v after the will %+v", birth, will1)
		}
		if first.willTopic != "labtide/v1/plc-07/state" {
			t.Error(first.willTopic)
		}
	})
}

func TestAMinuteIsSentWithinItsSpreadAndDeletedByTheAck(t *testing.T) {
	during(t, Handlers{}, func(b *bench) {
		b.uplink.random = func() float64 { return 0.5 }
		b.start()
		synctest.Wait()
		closed := time.Now()
		b.add(1)
		b.uplink.Wake()
		pass(time.Minute)
		batches, at := b.usage()
		if len(batches) != 1 || at[0].Sub(closed) != 45*time.Second/2 {
			t.Fatalf("sent %d, after %v", len(batches), at[0].Sub(closed))
		}
		if st := b.box.Stats(); st.Pending != 0 {
			t.Errorf("%d samples are still there", st.Pending)
		}
		if b.uplink.Status().LastAckAt.IsZero() {
			t.Error("the status does not show the ack")
		}
	})
}

func TestABacklogIsSentOldestFirstAtABoundedRate(t *testing.T) {
	during(t, Handlers{}, func(b *bench) {
		b.add(1000)
		b.start()
		pass(time.Minute)
		batches, at := b.usage()
		next := uint64(1)
		for i, u := range batches {
			if u.FirstSeq != next || len(u.Samples) > wire.MaxSamples {
				t.Errorf("message %d holds %d … %d, expected from %d", i, u.FirstSeq, u.LastSeq(), next)
			}
			next = u.LastSeq() + 1
			if i > 0 && at[i].Sub(at[i-1]) < time.Second {
				t.Errorf("message %d comes %v after the one before", i, at[i].Sub(at[i-1]))
			}
		}
		if next != 1001 || b.box.Stats().Pending != 0 {
			t.Errorf("sent up to %d, %d pending", next-1, b.box.Stats().Pending)
		}
	})
}

func TestNoMoreThanTheWindowIsInFlight(t *testing.T) {
	during(t, Handlers{}, func(b *bench) {
		b.absent = true
		b.uplink.settings.Window = 3
		b.add(2000)
		b.start()
		pass(29 * time.Second)
		if batches, _ := b.usage(); len(batches) != 3 {
			t.Errorf("%d messages are in flight", len(batches))
		}
	})
}

func TestTheBrokersWordDeletesNothingAndTheAgentComplains(t *testing.T) {
	during(t, Handlers{}, func(b *bench) {
		b.absent = true
		b.add(300)
		b.start()
		pass(20 * time.Minute)
		batches, at := b.usage()
		if b.box.Stats().Pending != 300 {
			t.Fatalf("%d samples are left of 300", b.box.Stats().Pending)
		}
		trouble := b.uplink.Status().Trouble
		if !strings.Contains(trouble, "the broker accepts") || !strings.Contains(trouble, "labtide/v1/plc-07/usage") {
			t.Errorf("trouble: %q", trouble)
		}
		if len(batches) < 6 || len(batches) > 12 {
			t.Errorf("%d messages in 20 minutes", len(batches))
		}
		for i := 3; i < len(batches); i++ {
			if batches[i].FirstSeq != 1 {
				t.Errorf("try %d begins at %d, not at the oldest", i, batches[i].FirstSeq)
			}
			if early, late := at[i-1].Sub(at[i-2]), at[i].Sub(at[i-1]); late <= early/2 || late > 15*time.Minute {
				t.Errorf("the pauses do not grow: %v, then %v", early, late)
			}
		}
		b.set(func() { b.absent = false })
		pass(15*time.Minute + 10*time.Second)
		if n := b.box.Stats().Pending; n != 0 || b.uplink.Status().Trouble != "" {
			t.Errorf("the server is back: %d pending, trouble %q", n, b.uplink.Status().Trouble)
		}
	})
}

func TestASilentBrokerIsComplainedAboutInOtherWords(t *testing.T) {
	during(t, Handlers{}, func(b *bench) {
		b.absent, b.deaf = true, true
		b.add(1)
		b.start()
		pass(10 * time.Minute)
		if trouble := b.uplink.Status().Trouble; !strings.Contains(trouble, "neither the broker nor the server") {
			t.Errorf("trouble: %q", trouble)
		}
	})
}

func TestPartialAndRepeatedAcksLeaveWhatTheyDoNotName(t *testing.T) {
	during(t, Handlers{}, func(b *bench) {
		b.absent = true
		b.add(10)
		b.start()
		synctest.Wait()
		epoch := b.box.Stats().Epoch
		for _, r := range [][2]uint64{{7, 8}, {2, 3}, {7, 8}, {9, 400}} {
			payload, err := wire.EncodeAck(wire.Ack{Epoch: epoch, FirstSeq: r[0], LastSeq: r[1]})
			if err != nil {
				t.Fatal(err)
			}
			b.last().message("labtide/v1/plc-07/ack", payload)
		}
		synctest.Wait()
		if n := b.box.Stats().Pending; n != 4 {
			t.Errorf("%d are pending, want 1, 4, 5 and 6", n)
		}
		pass(46 * time.Second)
		batches, _ := b.usage()
		if last := batches[len(batches)-1]; len(batches) != 2 || last.FirstSeq != 1 || last.LastSeq() != 1 {
			t.Errorf("the resending begins with %+v", last)
		}
	})
}

func TestARefusedSampleIsDeletedAsWell(t *testing.T) {
	during(t, Handlers{}, func(b *bench) {
		b.refusals = []wire.Refusal{{Seq: 2, Code: wire.CodeMinuteInFuture}}
		b.add(3)
		b.start()
		synctest.Wait()
		if n := b.box.Stats().Pending; n != 0 {
			t.Errorf("%d pending", n)
		}
	})
}

func TestReconnectingSlowsDownAndIsJittered(t *testing.T) {
	during(t, Handlers{}, func(b *bench) {
		b.refuse = errors.New("the broker cannot be reached: connection refused")
		b.start()
		pass(30 * time.Minute)
		b.mu.Lock()
		dials := b.dials
		b.mu.Unlock()
		if len(dials) < 30 || len(dials) > 70 {
			t.Errorf("%d tries in half an hour", len(dials))
		}
		different := map[time.Duration]bool{}
		for i := 10; i < len(dials); i++ {
			pause := dials[i].Sub(dials[i-1])
			different[pause] = true
			if pause < 30*time.Second || pause > time.Minute {
				t.Errorf("pause %v", pause)
			}
		}
		if len(different) < 5 {
			t.Error("the pauses are not jittered")
		}
		if s := b.uplink.Status(); s.Connected || !strings.Contains(s.Trouble, "connection refused") {
			t.Errorf("status %+v", s)
		}
		b.set(func() { b.refuse = nil })
		pass(time.Minute)
		if s := b.uplink.Status(); !s.Connected || s.Trouble != "" {
			t.Errorf("status %+v", s)
		}
	})
}

func TestAfterAnOutageWhatWasInFlightIsSentAgain(t *testing.T) {
	during(t, Handlers{}, func(b *bench) {
		b.absent = true
		b.add(5)
		b.start()
		synctest.Wait()
		b.set(func() { b.absent = false })
		b.last().lost(errors.New("cable"))
		pass(10 * time.Second)
		batches, _ := b.usage()
		if len(batches) != 2 || batches[1].FirstSeq != 1 || b.box.Stats().Pending != 0 {
			t.Errorf("%d messages, %d pending", len(batches), b.box.Stats().Pending)
		}
	})
}

func TestAStopTellsItAndFlushesWhatWaitedForItsOffset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Handlers{})
		b.uplink.SetState(State{wire.InUse, time.Now(), wire.SourceX11})
		b.start()
		synctest.Wait()
		b.add(1)
		b.uplink.Wake()
		b.uplink.SetState(State{wire.Stopping, time.Now(), wire.SourceX11})
		began := time.Now()
		b.stop()
		states := b.states()
		if states[len(states)-1].State != wire.Stopping {
			t.Errorf("the last state is %+v", states[len(states)-1])
		}
		if batches, _ := b.usage(); len(batches) != 1 {
			t.Errorf("%d messages", len(batches))
		}
		if b.closed != 1 || time.Since(began) > time.Second {
			t.Errorf("closed %d times, after %v", b.closed, time.Since(began))
		}
	})
}

func TestAStopDoesNotWaitForAServerThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Handlers{})
		b.absent, b.deaf = true, true
		b.add(1)
		b.uplink.SetState(State{wire.InUse, time.Now(), wire.SourceX11})
		b.start()
		synctest.Wait()
		began := time.Now()
		b.stop()
		if took := time.Since(began); took > farewellTime {
			t.Errorf("it took %v", took)
		}
	})
}

func TestMessagesOfTheServerReachTheirHandlers(t *testing.T) {
	var configs []wire.Config
	var notices []wire.Notice
	handlers := Handlers{
		Config: func(c wire.Config) { configs = append(configs, c) },
		Notice: func(n wire.Notice) { notices = append(notices, n) },
	}
	during(t, handlers, func(b *bench) {
		b.start()
		synctest.Wait()
		for _, m := range [][2]string{
			{"labtide/v1/plc-07/config", `{"version":1,"idle_after_seconds":60}`},
			{"labtide/v1/plc-07/config", ``}, // the retained message was deleted
			{"labtide/v1/plc-07/config", `{"version":2}`},
			{"labtide/v1/plc-08/config", `{"version":1,"idle_after_seconds":90}`},
			{"labtide/v1/plc-07/ack", `not json`},
			{"labtide/v1/plc-07/notice", `{"version":1,"id":"a","level":"info","title":{"en":"hello"},"expires_at":"2100-01-01T00:00:00Z"}`},
			{"something/else", `{}`},
		} {
			b.last().message(m[0], []byte(m[1]))
		}
		synctest.Wait()
		if len(configs) != 2 || *configs[0].IdleAfterSeconds != 60 || configs[1].IdleAfterSeconds != nil {
			t.Errorf("configs %+v", configs)
		}
		if len(notices) != 1 || notices[0].Title.In("en") != "hello" {
			t.Errorf("notices %+v", notices)
		}
	})
}

func TestSessionNumbersGrowWhateverHappensToTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "session")
	now := time.Unix(1_800_000_000, 0)
	last := uint64(0)
	for i, content := range []string{"", "", "garbage", "18446744073709551615", "1800000500"} {
		if content != "" {
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		now = now.Add(time.Second)
		session, err := nextSession(file, now)
		if err != nil || session <= last || session > wire.MaxSeq {
			t.Errorf("step %d: %d after %d (%v)", i, session, last, err)
		}
		last = session
	}
	if session, err := nextSession(file, time.Unix(0, 0)); err != nil || session != last+1 {
		t.Errorf("with a clock set back: %d after %d (%v)", session, last, err)
	}
}
