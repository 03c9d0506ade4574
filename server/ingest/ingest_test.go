package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/telemetry"
)

const usage1 = "labtide/v1/dev-1/usage"

func TestSamplesAreInBothStoresBeforeTheyAreAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := goOffline(t)
		start := time.Now().Truncate(time.Minute).Add(-time.Hour)
		o.deliver("m", usage1, minutes(t, "e1", 1041, start, 60))
		a := <-o.acks
		if a.Epoch != "e1" || a.FirstSeq != 1041 || a.LastSeq != 1100 || len(a.Refused) != 0 {
			t.Errorf("ack is %+v", a)
		}
		if <-o.freed != "m" {
			t.Error("another message was acknowledged")
		}
		if n := o.stored(t, "dev-1"); n != 60 {
			t.Errorf("%d minutes in the time series", n)
		}
		if seen, used := o.seen(t, "st-1", start); seen != 60 || used != 60 {
			t.Errorf("%d seen and %d used in the ledger", seen, used)
		}
		last, _, err := o.samples.Last(t.Context(), "dev-1")
		if want := (telemetry.Tags{Site: "MAIN", Room: "A-101", Station: "S-1", Kind: "plc-bench"}); err != nil || last.Tags != want {
			t.Errorf("tags are %+v (%v)", last.Tags, err)
		}
		states, err := o.states.States(t.Context())
		if err != nil || len(states) != 1 || !states[0].LastSampleAt.Equal(last.Minute) {
			t.Errorf("states are %+v (%v)", states, err)
		}
		synctest.Wait()
		if got := o.takeTouched(); !slices.Equal(got, []string{"st-1"}) {
			t.Errorf("the board was told about %v", got)
		}
	})
}

func TestEachMessageIsAcknowledgedByItsOwnRange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := goOffline(t)
		start := time.Now().Truncate(time.Minute).Add(-10 * time.Hour)
		// As two servers that share the messages of a device would see them: with gaps, and out of order.
		o.deliver("a", usage1, minutes(t, "e1", 200, start, 3))
		o.deliver("b", usage1, minutes(t, "e1", 100, start.Add(time.Hour), 2))
		o.deliver("c", "labtide/v1/dev-2/usage", minutes(t, "e2", 100, start, 1))
		var got []string
		for range 3 {
			a := <-o.acks
			got = append(got, fmt.Sprintf("%s %d-%d", a.Epoch, a.FirstSeq, a.LastSeq))
		}
		if want := []string{"e1 200-202", "e1 100-101", "e2 100-100"}; !slices.Equal(got, want) {
			t.Errorf("acks are %v, want %v", got, want)
		}
		if o.value(t, "labtide_ingest_batches_total") != 1 {
			t.Error("they were not stored together")
		}
	})
}

func TestABadSampleIsRefusedAndTheGoodOnesBesideItAreStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := goOffline(t)
		now := time.Now().UTC().Truncate(time.Minute)
		sample := func(at time.Time, seconds string) string {
			return fmt.Sprintf(`{"minute":%q,%s,"source":"x11"}`, at.Format(time.RFC3339), seconds)
		}
		good := `"in_use_seconds":60,"idle_seconds":0`
		payload := `{"version":1,"epoch":"e1","first_seq":10,"samples":[` + strings.Join([]string{
			sample(now.Add(-time.Hour), good),
			sample(now.Add(11*time.Minute), good),
			sample(now.Add(-401*24*time.Hour), good),
			sample(now.Add(-2*time.Hour), `"in_use_seconds":60,"idle_seconds":1`),
			`{"minute":7}`,
			sample(now.Add(-3*time.Hour), good),
		}, ",") + `]}`
		o.deliver("m", usage1, []byte(payload))
		a := <-o.acks
		want := []wire.Refusal{
			{Seq: 11, Code: wire.CodeMinuteInFuture}, {Seq: 12, Code: wire.CodeMinuteTooOld},
			{Seq: 13, Code: wire.CodeSecondsOverflow}, {Seq: 14, Code: wire.CodeMalformedSample},
		}
		if a.FirstSeq != 10 || a.LastSeq != 15 || !slices.Equal(a.Refused, want) {
			t.Errorf("ack is %+v", a)
		}
		if n := o.stored(t, "dev-1"); n != 2 {
			t.Errorf("%d minutes stored, want 2", n)
		}
		if got := len(o.letters.codes()); got != 4 {
			t.Errorf("%d dead letters, want 4", got)
		}
	})
}

func TestAnUnreadableMessageIsBuriedAndDoesNotHoldUpTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := goOffline(t)
		o.deliver("poison", usage1, []byte(`{"version":1,"epoch"`))
		o.deliver("tomorrow", usage1, []byte(`{"version":2}`))
		o.deliver("good", usage1, minutes(t, "e1", 1, time.Now().Truncate(time.Minute), 1))
		if a := <-o.acks; a.FirstSeq != 1 {
			t.Errorf("ack is %+v", a)
		}
		for _, want := range []string{"poison", "tomorrow", "good"} {
			if got := <-o.freed; got != want {
				t.Errorf("%s was acknowledged to the broker, want %s", got, want)
			}
		}
		if got, want := o.letters.codes(), []string{"dev-1 malformed", "dev-1 unknown_version"}; !slices.Equal(got, want) {
			t.Errorf("dead letters are %v, want %v", got, want)
		}
		if string(o.letters.all[0].Payload) != `{"version":1,"epoch"` || o.letters.all[0].Topic != usage1 {
			t.Errorf("dead letter is %+v", o.letters.all[0])
		}
	})
}

func TestWhileAStoreIsAwayNothingIsAcknowledgedAndThenEverything(t *testing.T) {
	for name, breakStore := range map[string]func(*offline, error){
		"time series": func(o *offline, err error) { o.samples.Break(err) },
		"ledger":      func(o *offline, err error) { o.ledger.fail(err) }, // a crash between the two writes looks like this
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := goOffline(t)
				breakStore(o, errAway)
				start := time.Now().Truncate(time.Minute).Add(-2 * time.Hour)
				for n := range 20 {
					o.deliver("m", usage1, minutes(t, "e1", uint64(1+n), start.Add(time.Duration(n)*time.Minute), 1))
				}
				time.Sleep(10 * time.Minute) // of the bubble's clock
				if len(o.acks) != 0 || len(o.freed) != 0 {
					t.Fatalf("%d acks and %d PUBACKs while the store is away", len(o.acks), len(o.freed))
				}
				err := o.Ready()
				if fault.KindOf(err) != fault.KindUnavailable || !strings.Contains(err.Error(), "connection refused") {
					t.Errorf("Ready says %v", err)
				}
				breakStore(o, nil)
				time.Sleep(2 * longestRetry)
				if len(o.acks) != 20 || len(o.freed) != 20 {
					t.Errorf("%d acks and %d PUBACKs after the store is back", len(o.acks), len(o.freed))
				}
				if err := o.Ready(); err != nil {
					t.Errorf("Ready still says %v", err)
				}
				if seen, _ := o.seen(t, "st-1", start); seen != 20 || o.stored(t, "dev-1") != 20 {
					t.Error("not everything is stored, or something twice")
				}
			})
		})
	}
}

func TestAFullQueueMakesTheBrokerWaitUntilThereIsRoomOrTheLinkIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := goOffline(t, func(c *Config, _ *Deps) { c.QueueMessages = 4 })
		o.samples.Break(errAway)
		start := time.Now().Truncate(time.Minute).Add(-time.Hour)
		delivered := make(chan int, 100)
		go func() {
			for n := range 30 {
				o.deliver("m", usage1, minutes(t, "e1", uint64(1+n), start.Add(time.Duration(n)*time.Minute), 1))
				delivered <- n
			}
		}()
		time.Sleep(time.Minute)
		// 4 that are being stored, 4 gathered and 4 queued; the 13th waits.
		if len(delivered) != 12 {
			t.Errorf("%d deliveries were taken, want 12", len(delivered))
		}
		o.deliver("state", "labtide/v1/dev-2/state", []byte(`{"version":1,"session":1,"state":"idle","since":"2026-11-22T03:41:07Z","source":"x11","agent":"1"}`))
		synctest.Wait()
		if got := <-o.freed; got != "state" {
			t.Errorf("%s was acknowledged", got)
		}
		o.samples.Break(nil)
		time.Sleep(2 * longestRetry)
		if len(o.acks) != 30 {
			t.Errorf("%d acks, want 30", len(o.acks))
		}
	})
}

func TestSendingAgainChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := goOffline(t)
		start := time.Now().Truncate(time.Minute).Add(-time.Hour)
		for range 3 {
			o.deliver("m", usage1, minutes(t, "e1", 7, start, 5))
			if a := <-o.acks; a.FirstSeq != 7 || a.LastSeq != 11 {
				t.Errorf("ack is %+v", a)
			}
		}
		if seen, used := o.seen(t, "st-1", start); seen != 5 || used != 5 || o.stored(t, "dev-1") != 5 {
			t.Error("something was counted twice")
		}
		if o.value(t, "labtide_ingest_conflicts_total") != 0 {
			t.Error("the same sample counts as a conflict")
		}
	})
}

func TestTwoDifferentSamplesForOneMinuteAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := goOffline(t)
		minute := time.Now().UTC().Truncate(time.Minute)
		for n, seconds := range []int{60, 59, 59} {
			payload := fmt.Sprintf(`{"version":1,"epoch":"e%d","first_seq":1,"samples":[{"minute":%q,"in_use_seconds":%d,"idle_seconds":0,"source":"x11","metrics":{"a":1,"b":2}}]}`,
				n, minute.Format(time.RFC3339), seconds)
			o.deliver("m", usage1, []byte(payload))
			<-o.acks
		}
		states, err := o.states.States(t.Context())
		if err != nil || len(states) != 1 || states[0].SampleConflicts != 1 {
			t.Errorf("states are %+v (%v)", states, err)
		}
		if o.value(t, "labtide_ingest_conflicts_total") != 1 {
			t.Error("the metric does not say 1")
		}
	})
}

func TestDevicesThatMayNotSendAreRefusedAndNewOnesAreKnownAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := goOffline(t)
		now := time.Now().Truncate(time.Minute)
		for device, want := range map[string]wire.Code{"dev-8": codeDeviceDisabled, "stranger": codeUnknownDevice, "dev-9": ""} {
			o.deliver(device, wire.Topic(device, wire.ChannelUsage), minutes(t, "e1", 5, now, 2))
			a := <-o.acks
			if want == "" && len(a.Refused) != 0 || want != "" && (len(a.Refused) != 2 || a.Refused[1] != (wire.Refusal{Seq: 6, Code: want})) {
				t.Errorf("ack for %s is %+v", device, a)
			}
		}
		o.school.mu.Lock()
		o.school.devices["stranger"] = equipment.Device{ID: "stranger"}
		o.school.placements = append(o.school.placements, equipment.Placement{DeviceID: "stranger", StationID: "st-3", From: now})
		o.school.mu.Unlock()
		o.deliver("stranger", "labtide/v1/stranger/usage", minutes(t, "e2", 1, now, 1))
		if a := <-o.acks; len(a.Refused) != 0 {
			t.Errorf("ack for a device that was just enrolled is %+v", a)
		}
		if seen, _ := o.seen(t, "st-3", now); seen != 1 {
			t.Error("the ledger does not know where the new device stands")
		}
	})
}

func TestAMinuteBelongsToTheStationWhereTheDeviceStoodThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := goOffline(t)
		now := time.Now().Truncate(time.Minute)
		moved := now.Add(-5 * time.Minute)
		o.deliver("m", usage1, minutes(t, "e1", 1, now.Add(-10*time.Minute), 4))
		<-o.acks
		o.school.mu.Lock()
		o.school.placements[0].Until = moved
		o.school.placements = slices.Insert(o.school.placements, 1, equipment.Placement{DeviceID: "dev-1", StationID: "st-2", From: moved})
		o.school.mu.Unlock()
		o.deliver("m", usage1, minutes(t, "e1", 5, now.Add(-6*time.Minute), 6))
		<-o.acks
		one, _ := o.seen(t, "st-1", moved)
		two, _ := o.seen(t, "st-2", moved)
		if one != 5 || two != 5 {
			t.Errorf("the first station has %d minutes and the second %d, want 5 and 5", one, two)
		}
	})
}

func TestABatchIsClosedWhenItIsFullOldOrNothingMoreComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := goOffline(t)
		start := time.Now().Truncate(time.Minute).Add(-30 * 24 * time.Hour)
		seq := uint64(1)
		send := func(n int) {
			o.deliver("m", usage1, minutes(t, "e1", seq, start.Add(time.Duration(seq)*time.Minute), n))
			seq += uint64(n)
		}
		expect := func(what string, batches, acks int) {
			t.Helper()
			synctest.Wait()
			if got := o.value(t, "labtide_ingest_batches_total"); got != float64(batches) || len(o.acks) != acks {
				t.Errorf("%s: %v batches and %d acks, want %d and %d", what, got, len(o.acks), batches, acks)
			}
		}
		for range 25 {
			send(240)
		}
		expect("full at 21 messages, 5,040 points", 1, 21)
		time.Sleep(batchQuiet)
		expect("quiet", 2, 25)
		for range 30 { // a drop every 10 ms
			send(1)
			time.Sleep(batchQuiet / 2)
		}
		expect("old", 3, 25+int(batchLinger/(batchQuiet/2)))
	})
}

func TestWhatTheStoreRejectsIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := goOffline(t, func(_ *Config, d *Deps) { d.Samples = pickyStore{d.Samples} })
		start := time.Now().Truncate(time.Minute).Add(-time.Hour)
		o.deliver("a", usage1, minutes(t, "e1", 1, start, 3))
		o.deliver("b", "labtide/v1/dev-2/usage", minutes(t, "e2", 10, start, 3))
		a, b := <-o.acks, <-o.acks
		want := []wire.Refusal{{Seq: 11, Code: wire.CodeNotStorable}}
		if len(a.Refused) != 0 || !slices.Equal(b.Refused, want) {
			t.Errorf("acks are %+v and %+v", a, b)
		}
		if seen, _ := o.seen(t, "st-2", start); seen != 2 {
			t.Errorf("%d minutes in the ledger, want only the 2 that are stored", seen)
		}
	})
}

func TestAMinuteOfWhichNothingIsKnownIsNoEvidence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := goOffline(t)
		now := time.Now().UTC().Truncate(time.Minute)
		sample := func(minute, inUse, idle int) string {
			return fmt.Sprintf(`{"minute":%q,"in_use_seconds":%d,"idle_seconds":%d,"source":"x11"}`,
				now.Add(time.Duration(minute)*time.Minute).Format(time.RFC3339), inUse, idle)
		}
		o.deliver("m", usage1, []byte(`{"version":1,"epoch":"e","first_seq":1,"samples":[`+
			strings.Join([]string{sample(0, 0, 0), sample(1, 0, 1), sample(2, 29, 0), sample(3, 30, 0)}, ",")+`]}`))
		<-o.acks
		if seen, used := o.seen(t, "st-1", now); seen != 3 || used != 1 {
			t.Errorf("%d minutes seen and %d used, want 3 and 1", seen, used)
		}
		if n := o.stored(t, "dev-1"); n != 4 {
			t.Errorf("%d minutes in the time series, want 4", n)
		}
	})
}

func TestAHandlerThatWaitsForRoomGivesUpWithItsLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, func(c *Config, _ *Deps) { c.QueueMessages = 1 })
		ctx, cancel := context.WithCancel(t.Context())
		acknowledged := 0
		message := delivery{topic: usage1, done: func() { acknowledged++ }}
		d.receive(ctx, message)
		returned := make(chan struct{})
		go func() {
			d.receive(ctx, message)
			close(returned)
		}()
		synctest.Wait()
		select {
		case <-returned:
			t.Error("the handler did not wait")
		default:
		}
		cancel()
		<-returned
		if acknowledged != 0 {
			t.Error("what was not taken is acknowledged")
		}
	})
}

func TestWhatIsUnderWayAtTheEndHasAMomentToFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for length, want := range map[time.Duration]error{lastWords - time.Second: nil, lastWords + time.Second: context.Canceled} {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Hour, cancel)
			began := time.Now()
			err := lasting(ctx, func(ctx context.Context) error {
				sleep(ctx, time.Hour+length)
				return ctx.Err()
			})
			if !errors.Is(err, want) {
				t.Errorf("an attempt of %v more gives %v", length, err)
			}
			if took := time.Since(began) - time.Hour; took > lastWords {
				t.Errorf("the end took %v", took)
			}
		}
	})
}
