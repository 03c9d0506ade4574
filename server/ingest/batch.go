package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/server/telemetry"
)

// batch is some usage messages, decoded, that are stored and acknowledged together.
type batch struct {
	messages []message
	samples  []telemetry.Sample // the good ones of all messages
	origins  []origin           // where each sample came from; as long as samples
	letters  []telemetry.DeadLetter
	// conflicts counts, per device, the minutes for which another sample came before.
	conflicts map[string]int64
	from      time.Time // the oldest minute
	until     time.Time // the end of the newest minute
}

// message is what has to be acknowledged.
type message struct {
	device  string
	topic   string
	epoch   string // empty: not decodable, nothing to say to the agent
	first   uint64
	last    uint64
	refused []wire.Refusal
	at      time.Time
	done    func()
}

// origin is the message and the sequence number of a sample.
type origin struct {
	message int
	seq     uint64
}

// gather makes batches until the context ends: a batch is closed when it is full, a moment after its first message, or
// when nothing has come for a while, because devices and brokers that wait for our word send nothing more.
func (i *Ingest) gather(ctx context.Context, batches chan<- *batch) {
	defer close(batches)
	for {
		b := &batch{conflicts: map[string]int64{}}
		select {
		case d := <-i.usage:
			i.add(b, d)
		case <-ctx.Done():
			return
		}
		i.fill(ctx, b)
		select {
		case batches <- b:
		case <-ctx.Done():
			return
		}
	}
}

func (i *Ingest) fill(ctx context.Context, b *batch) {
	linger, quiet := time.NewTimer(batchLinger), time.NewTimer(batchQuiet)
	defer linger.Stop()
	defer quiet.Stop()
	for len(b.samples) < batchPoints && len(b.messages) < i.config.QueueMessages {
		select {
		case d := <-i.usage:
			i.add(b, d)
			quiet.Reset(batchQuiet)
		case <-linger.C:
			return
		case <-quiet.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// add decodes a message and judges its samples one by one.
func (i *Ingest) add(b *batch, d delivery) {
	m := message{device: d.device, topic: d.topic, at: d.at, done: d.done}
	usage, err := wire.DecodeUsage(d.payload)
	if err != nil {
		// Its numbers cannot be trusted, so there is nothing to tell the agent, but the broker must not keep it.
		code := wire.CodeMalformed
		if fault := new(wire.Error); errors.As(err, &fault) {
			code = fault.Code
		}
		i.metrics.poison.Inc()
		b.bury(m, code, d.payload)
		b.messages = append(b.messages, m)
		return
	}
	m.epoch, m.first, m.last = usage.Epoch, usage.FirstSeq, usage.LastSeq()
	i.metrics.samples.Add(float64(len(usage.Samples)))
	for n := range usage.Samples {
		s := &usage.Samples[n]
		if code := s.Fault(d.at, i.config.Retention); code != "" {
			b.refuse(&m, usage.Seq(n), code, *s)
			continue
		}
		sample := translate(d.device, s)
		if i.recent.differs(sample) {
			b.conflicts[d.device]++
			i.metrics.conflicts.Inc()
		}
		b.samples = append(b.samples, sample)
		b.origins = append(b.origins, origin{message: len(b.messages), seq: usage.Seq(n)})
		b.span(sample.Minute)
	}
	b.messages = append(b.messages, m)
}

// refuse notes that a sample will never be stored.
func (b *batch) refuse(m *message, seq uint64, code wire.Code, s wire.Sample) {
	m.refused = append(m.refused, wire.Refusal{Seq: seq, Code: code})
	text, err := json.Marshal(s)
	if err != nil {
		text = nil // a number that JSON cannot write; the code says so
	}
	b.bury(*m, code, text)
}

func (b *batch) bury(m message, code wire.Code, payload []byte) {
	b.letters = append(b.letters, letter(m, code, payload))
}

func letter(m message, code wire.Code, payload []byte) telemetry.DeadLetter {
	return telemetry.DeadLetter{
		Device: m.device, Topic: m.topic, Code: string(code), ReceivedAt: m.at,
		Payload: payload[:min(len(payload), wire.MaxPayloadBytes)],
	}
}

func (b *batch) span(minute time.Time) {
	if b.from.IsZero() || minute.Before(b.from) {
		b.from = minute
	}
	if end := minute.Add(time.Minute); end.After(b.until) {
		b.until = end
	}
}

// translate turns a sample of the wire into one of the domain.
func translate(device string, s *wire.Sample) telemetry.Sample {
	return telemetry.Sample{
		Device: device, Minute: s.Minute, InUseSeconds: s.InUseSeconds, IdleSeconds: s.IdleSeconds,
		Source: string(s.Source), CPUPercent: s.CPUPercent, MemoryPercent: s.MemoryPercent, PowerWatts: s.PowerWatts,
		Application: s.Application, Metrics: s.Metrics,
	}
}
