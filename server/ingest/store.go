package ingest

import (
	"context"
	"encoding/json"
	"errors"
	mathrand "math/rand/v2"
	"slices"
	"time"

	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/ledger"
	"github.com/labtide/labtide/server/telemetry"
)

// Pauses between two attempts to store the same thing.
const (
	firstRetry   = 100 * time.Millisecond
	longestRetry = 10 * time.Second
)

// Refusals that are about the device, not the sample.
const (
	codeUnknownDevice  wire.Code = "unknown_device"
	codeDeviceDisabled wire.Code = "device_disabled"
)

// store stores batch after batch and acknowledges each, until there are no more.
func (i *Ingest) store(ctx context.Context, batches <-chan *batch) {
	for b := range batches {
		attempt := func(ctx context.Context) error { return i.storeBatch(ctx, b) }
		if i.persist(ctx, &i.storing, attempt) {
			i.metrics.batches.Inc()
		}
	}
}

// persist tries until it works or the end is asked for, and keeps Ready informed. What is under way at the end has a
// moment to finish. What a part refuses (errRefuses) is tried again like everything else, for nothing may be acknowledged
// that is not stored: an operator has to see to it, so the log says it anew.
func (i *Ingest) persist(ctx context.Context, t *trouble, attempt func(context.Context) error) bool {
	for pause := firstRetry; ; pause = min(2*pause, longestRetry) {
		err := lasting(ctx, attempt)
		if err == nil {
			if t.reason() != nil {
				i.log.InfoContext(ctx, "storing again")
			}
			t.clear()
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		switch before := t.reason(); {
		case errors.Is(err, errRefuses) && !errors.Is(before, errRefuses):
			i.log.ErrorContext(ctx, "cannot store: it is refused, and will be until somebody finds out why; nothing is acknowledged", "error", err)
		case before == nil:
			i.log.ErrorContext(ctx, "cannot store; nothing is acknowledged until it works again", "error", err)
		}
		t.set(err)
		i.metrics.retries.Inc()
		sleep(ctx, pause/2+mathrand.N(pause))
	}
}

// lasting runs the attempt with a context that outlives ctx by a moment.
func lasting(ctx context.Context, attempt func(context.Context) error) error {
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		sleep(inner, lastWords)
		cancel()
	})
	defer stop()
	return attempt(inner)
}

// storeBatch writes everything the batch says, each write idempotent, and then acknowledges. It may run again from the
// start after an error.
func (i *Ingest) storeBatch(ctx context.Context, b *batch) error {
	v := verdict{refused: make([][]wire.Refusal, len(b.messages)), letters: slices.Clone(b.letters)}
	for n := range b.messages {
		v.refused[n] = slices.Clone(b.messages[n].refused) // the next attempt starts from the batch's own
	}
	placements, err := i.judgeDevices(ctx, b, &v)
	if err != nil {
		return part("database", err)
	}
	rejected, err := i.timed("telemetry", func() ([]telemetry.Rejected, error) { return i.deps.Samples.Write(ctx, v.samples) })
	if err != nil {
		return part("telemetry", err)
	}
	v.drop(b, rejected)
	days := facts(v.samples, placements)
	if len(days) > 0 {
		_, err = i.timed("ledger", func() ([]telemetry.Rejected, error) { return nil, i.deps.Ledger.Or(ctx, days) })
		if err != nil {
			return part("database", err)
		}
	}
	if len(v.letters) > 0 {
		if err := i.deps.DeadLetters.PutDeadLetters(ctx, v.letters); err != nil {
			return part("database", err)
		}
	}
	if notes := v.notes(b); len(notes) > 0 {
		if err := i.deps.States.NoteSamples(ctx, notes); err != nil {
			return part("database", err)
		}
	}
	i.acknowledge(b, v)
	if len(days) > 0 {
		i.deps.Touch(stations(days)...)
		i.deps.Learned(days)
	}
	return nil
}

func (i *Ingest) timed(store string, write func() ([]telemetry.Rejected, error)) ([]telemetry.Rejected, error) {
	began := time.Now()
	rejected, err := write()
	i.metrics.seconds.WithLabelValues(store).Observe(time.Since(began).Seconds())
	return rejected, err
}

// verdict is what becomes of a batch in one attempt.
type verdict struct {
	samples []telemetry.Sample // those that are to be stored
	origins []origin           // as long as samples
	refused [][]wire.Refusal   // per message
	letters []telemetry.DeadLetter
}

// facts is what the samples say about the stations where their devices stood.
func facts(samples []telemetry.Sample, placements ledger.Placements) []ledger.StationDay {
	collector := ledger.NewCollector(placements)
	for _, s := range samples {
		collector.Add(s.Device, s.Minute, s.Seen(), s.Used())
	}
	return collector.Days()
}

// stations gives those of the days, which are ordered by station, each once.
func stations(days []ledger.StationDay) []string {
	var ids []string
	for _, d := range days {
		if len(ids) == 0 || ids[len(ids)-1] != d.Station {
			ids = append(ids, d.Station)
		}
	}
	return ids
}

// judgeDevices sorts out the samples of devices that may not send, tags the others, and gives their placements.
func (i *Ingest) judgeDevices(ctx context.Context, b *batch, v *verdict) (placements ledger.Placements, err error) {
	if len(b.samples) == 0 {
		return placements, nil
	}
	reasons := map[string]wire.Code{}
	for _, m := range b.messages {
		if _, ok := reasons[m.device]; ok {
			continue
		}
		reason, err := i.catalog.reason(ctx, m.device)
		if err != nil {
			return placements, err
		}
		reasons[m.device] = reason
	}
	placements, err = i.catalog.placements(ctx, reasons, b.from, b.until)
	if err != nil {
		return placements, err
	}
	v.samples = make([]telemetry.Sample, 0, len(b.samples))
	v.origins = make([]origin, 0, len(b.samples))
	for n, s := range b.samples {
		if code := reasons[s.Device]; code != "" {
			v.refuse(b, b.origins[n], code, s)
			continue
		}
		if station, ok := placements.At(s.Device, s.Minute); ok {
			s.Tags = i.catalog.tags(station)
		}
		v.samples = append(v.samples, s)
		v.origins = append(v.origins, b.origins[n])
	}
	return placements, nil
}

// refuse notes that a sample will never be stored.
func (v *verdict) refuse(b *batch, o origin, code wire.Code, s telemetry.Sample) {
	text, err := json.Marshal(s)
	if err != nil {
		text = nil
	}
	v.refused[o.message] = append(v.refused[o.message], wire.Refusal{Seq: o.seq, Code: code})
	v.letters = append(v.letters, letter(b.messages[o.message], code, text))
}

// drop refuses what the store rejected.
func (v *verdict) drop(b *batch, rejected []telemetry.Rejected) {
	if len(rejected) == 0 {
		return
	}
	out := make(map[int]bool, len(rejected))
	for _, r := range rejected {
		if r.Index >= 0 && r.Index < len(v.samples) && !out[r.Index] {
			out[r.Index] = true
			v.refuse(b, v.origins[r.Index], wire.CodeNotStorable, v.samples[r.Index])
		}
	}
	samples, origins := v.samples[:0:0], v.origins[:0:0]
	for n := range v.samples {
		if !out[n] {
			samples, origins = append(samples, v.samples[n]), append(origins, v.origins[n])
		}
	}
	v.samples, v.origins = samples, origins
}

// notes says, per device, what was stored.
func (v *verdict) notes(b *batch) []telemetry.SampleNote {
	at := map[string]int{}
	var notes []telemetry.SampleNote
	for _, s := range v.samples {
		n, ok := at[s.Device]
		if !ok {
			n = len(notes)
			at[s.Device] = n
			notes = append(notes, telemetry.SampleNote{Device: s.Device, Conflicts: b.conflicts[s.Device]})
		}
		if s.Minute.After(notes[n].LastSampleAt) {
			notes[n].LastSampleAt = s.Minute
		}
	}
	return notes
}

// acknowledge tells each agent what is stored and what never will be, and the broker that it may forget.
func (i *Ingest) acknowledge(b *batch, v verdict) {
	for n, m := range b.messages {
		o := outgoing{done: []func(){m.done}}
		if m.epoch != "" {
			payload, err := wire.EncodeAck(wire.Ack{Epoch: m.epoch, FirstSeq: m.first, LastSeq: m.last, Refused: v.refused[n]})
			if err != nil { // what was decoded can be encoded
				i.log.Error("cannot write an ack", "device", m.device, "error", err)
			} else {
				o.topic, o.payload = wire.Topic(m.device, wire.ChannelAck), payload
			}
		}
		i.link.queue(o)
	}
	i.tellRefused(v.letters)
}

// tellRefused counts and logs: one line for a device and reason.
func (i *Ingest) tellRefused(letters []telemetry.DeadLetter) {
	type key struct{ device, code string }
	counts := map[key]int{}
	for _, l := range letters {
		counts[key{l.Device, l.Code}]++
	}
	for k, n := range counts {
		i.metrics.refused.WithLabelValues(k.code).Add(float64(n))
		i.log.Warn("refused for ever; the dead letters hold it", "device", k.device, "code", k.code, "count", n)
	}
}

// known reports whether the register knows what it was asked for.
func known(err error) bool { return fault.KindOf(err) != fault.KindNotFound }
