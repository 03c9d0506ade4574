package demo

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/server/equipment"
)

// device plays one station's plan: a small agent that keeps what is not acknowledged in memory.
type device struct {
	station station
	broker  string
	secret  string
	epoch   string
	log     *slog.Logger

	mu      sync.Mutex
	client  mqtt.Client // nil: switched off
	tried   time.Time   // when the last attempt to connect began
	state   wire.State
	pending []wire.Sample // unacknowledged, oldest first
	first   uint64        // sequence number of pending[0]
	last    time.Time     // the newest minute in pending or acknowledged
	sent    time.Time     // when pending was sent last
}

func newDevice(s station, broker, secret string, started time.Time, log *slog.Logger) *device {
	return &device{station: s, broker: broker, secret: secret, log: log,
		epoch: fmt.Sprintf("demo%d", started.Unix()), first: 1,
		last:  started.UTC().Truncate(time.Minute).Add(-time.Minute),
		state: wire.State{Version: wire.Version, Session: uint64(started.Unix()), Source: source(s), Agent: "demo"}} //nolint:gosec // after 1970
}

// connect starts a new session: its number grows with each, so that a late will cannot overwrite a newer birth.
// It needs the lock.
func (d *device) connect(now time.Time) {
	if d.client != nil && (d.client.IsConnectionOpen() || now.Sub(d.tried) < retry) {
		return
	}
	d.tried = now
	if d.client != nil {
		go d.client.Disconnect(0)
	}
	d.state.Session++
	will := d.state
	will.State, will.Since = wire.Lost, now.Truncate(time.Second)
	payload, err := wire.EncodeState(will)
	if err != nil {
		d.log.Error("a demo device cannot write its will", "device", d.station.device, "error", err)
		return
	}
	id := d.station.device
	d.client = mqtt.NewClient(mqtt.NewClientOptions().AddBroker(d.broker).SetClientID(id).SetUsername(id).SetPassword(d.secret).
		SetProtocolVersion(4).SetCleanSession(true).SetKeepAlive(30*time.Second).SetAutoReconnect(false).
		SetBinaryWill(wire.Topic(id, wire.ChannelState), payload, 1, true).
		SetOnConnectHandler(func(c mqtt.Client) {
			c.Subscribe(wire.Topic(id, wire.ChannelAck), 1, func(_ mqtt.Client, m mqtt.Message) { d.acknowledged(m.Payload()) })
			d.mu.Lock()
			defer d.mu.Unlock()
			d.publishState()
		}))
	d.client.Connect()
}

// retry is how long an attempt to connect may take before the next one.
const retry = 5 * time.Second

// source says what kind of evidence such a station gives.
func source(s station) wire.Source {
	switch s.kind.code {
	case "cnc", "robot-cell":
		return wire.SourceModbus
	case "optometry-chair":
		return wire.SourcePower
	default:
		return wire.SourceX11
	}
}

// tick plays one second of the plan.
func (d *device) tick(p plan, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	on := !now.Before(p.powered.From) && now.Before(p.powered.Until) && d.station.code != silentStation
	if !on {
		d.switchOff(now)
		return
	}
	d.connect(now)
	if state := d.activity(p, now); state != d.state.State {
		d.state.State, d.state.Since = state, now.Truncate(time.Second)
		d.publishState()
	}
	d.closeMinutes(p, now)
	d.send(now)
}

func (d *device) switchOff(now time.Time) {
	if d.client == nil {
		return
	}
	d.state.State, d.state.Since = wire.Stopping, now.Truncate(time.Second)
	d.publishState()
	client := d.client
	d.client = nil
	go client.Disconnect(500)
}

func (d *device) activity(p plan, now time.Time) wire.Activity {
	if d.station.code == brokenStation {
		return wire.Idle
	}
	for _, u := range p.used {
		if !now.Before(u.From) && now.Before(u.Until) {
			return wire.InUse
		}
	}
	return wire.Idle
}

// publishState needs the lock.
func (d *device) publishState() {
	if d.client == nil || d.state.State == "" || !d.client.IsConnectionOpen() {
		return // it is published at the next connect
	}
	payload, err := wire.EncodeState(d.state)
	if err != nil {
		d.log.Error("a demo device cannot say its state", "device", d.station.device, "error", err)
		return
	}
	d.client.Publish(wire.Topic(d.station.device, wire.ChannelState), 1, true, payload)
}

// closeMinutes turns the minutes that have passed into samples. After a long sleep of the machine the minutes in between
// stay unknown.
func (d *device) closeMinutes(p plan, now time.Time) {
	if behind := now.Add(-10 * time.Minute).Truncate(time.Minute); d.last.Before(behind) {
		d.last = behind
	}
	for minute := d.last.Add(time.Minute); !minute.Add(time.Minute).After(now); minute = minute.Add(time.Minute) {
		d.last = minute
		if len(d.pending) == wire.MaxSamples {
			d.pending, d.first = d.pending[1:], d.first+1
		}
		d.pending = append(d.pending, d.sample(p, minute))
	}
}

func (d *device) sample(p plan, minute time.Time) wire.Sample {
	var used time.Duration
	if d.station.code != brokenStation {
		for _, u := range p.used {
			used += overlap(u, equipment.Interval{From: minute, Until: minute.Add(time.Minute)})
		}
	}
	inUse, idle := wire.Seconds(used, time.Minute-used)
	cpu, memory, watts := d.figures(float64(inUse)/60, minute)
	s := wire.Sample{Minute: minute, InUseSeconds: inUse, IdleSeconds: idle, Source: source(d.station), CPUPercent: &cpu,
		MemoryPercent: &memory, PowerWatts: &watts}
	if inUse > 0 {
		s.Application = d.station.application
		if d.station.kind.code == "cnc" {
			s.Metrics = map[string]float64{"spindle_rpm": math.Round(6000 + 2500*math.Sin(float64(minute.Unix())/700))}
		}
	}
	return s
}

// figures waver smoothly around what such a station would show; share is how much of the minute it was in use.
func (d *device) figures(share float64, minute time.Time) (cpu, memory, watts float64) {
	phase := float64(minute.Unix())/60 + float64(len(d.station.code))*float64(d.station.code[len(d.station.code)-1])
	wave := math.Sin(phase/9) + 0.5*math.Sin(phase/2.3)
	cpu = math.Round(10*math.Max(1, 4+wave+share*(32+12*wave))) / 10
	memory = math.Round(10*(38+3*math.Sin(phase/40)+share*11)) / 10
	watts = math.Round(d.station.watts * (0.12 + share*(0.7+0.15*wave)))
	return cpu, memory, watts
}

func overlap(a, b equipment.Interval) time.Duration {
	from, until := a.From, a.Until
	if b.From.After(from) {
		from = b.From
	}
	if b.Until.Before(until) {
		until = b.Until
	}
	return max(until.Sub(from), 0)
}

// resend is how long a device waits for the server's word before it sends again.
const resend = 45 * time.Second

// send needs the lock.
func (d *device) send(now time.Time) {
	offset := time.Duration(seeded(d.station.device).IntN(12000)) * time.Millisecond
	if len(d.pending) == 0 || !d.client.IsConnectionOpen() || now.Sub(d.sent) < resend ||
		now.Sub(now.Truncate(time.Minute)) < offset {
		return
	}
	payload, err := wire.EncodeUsage(wire.Usage{Version: wire.Version, Epoch: d.epoch, FirstSeq: d.first, Samples: d.pending})
	if err != nil {
		d.log.Error("a demo device cannot send its minutes", "device", d.station.device, "error", err)
		return
	}
	d.sent = now
	d.client.Publish(wire.Topic(d.station.device, wire.ChannelUsage), 1, false, payload)
}

// acknowledged drops what the server has stored, from the front on.
func (d *device) acknowledged(payload []byte) {
	ack, err := wire.DecodeAck(payload)
	if err != nil || ack.Epoch != d.epoch {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if ack.FirstSeq > d.first || ack.LastSeq < d.first {
		return
	}
	n := min(int(ack.LastSeq-d.first)+1, len(d.pending))
	d.pending, d.first = d.pending[n:], d.first+uint64(n) //nolint:gosec // n is never negative
}

// Play connects a device for every station to the broker and plays the school's day until ctx ends. secret gives the
// MQTT password of a device.
func Play(ctx context.Context, broker string, secret func(device string) string, log *slog.Logger) error {
	loc, started := location(), time.Now()
	var devices []*device
	for _, s := range stations() {
		devices = append(devices, newDevice(s, broker, secret(s.device), started, log))
	}
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	var day equipment.Day
	var plans map[string]plan
	for {
		now := time.Now().UTC()
		if today := equipment.DayOf(now, loc); today != day {
			day, plans = today, schoolDay(today, loc)
		}
		for _, d := range devices {
			d.tick(plans[d.station.code], now)
		}
		select {
		case <-ctx.Done():
			for _, d := range devices {
				d.mu.Lock()
				d.switchOff(time.Now().UTC())
				d.mu.Unlock()
			}
			return nil
		case <-ticker.C:
		}
	}
}

// Devices gives the ids of all devices.
func Devices() []string {
	var out []string
	for _, s := range stations() {
		out = append(out, s.device)
	}
	return out
}

// SilentDevice is the one that is never heard again, and since when.
func SilentDevice(started time.Time) (id string, since time.Time) {
	return deviceOf(silentStation), started.Add(-silentFor)
}
