package ingest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/labtide/labtide/server/broker"
	"github.com/labtide/labtide/server/e2e/rig"
	"github.com/labtide/labtide/server/equipment"
)

// mosquitto starts the real one with the files that we write for it: two servers, and dev-1 … dev-9.
func mosquitto(t testing.TB) *rig.MosquittoServer {
	t.Helper()
	accounts := []broker.Account{{Name: "server-1", Password: "a long password 1"}, {Name: "server-2", Password: "a long password 2"}}
	var devices []equipment.Device
	for id := range newSchool().devices {
		devices = append(devices, equipment.Device{ID: id, SecretHash: equipment.HashSecret("secret")})
	}
	var passwords, acl bytes.Buffer
	if err := broker.WriteMosquittoPasswords(&passwords, accounts, devices); err != nil {
		t.Fatal(err)
	}
	if err := broker.WriteMosquittoACL(&acl, accounts); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	options := rig.MosquittoOptions{
		PasswordFile: filepath.Join(folder, "passwords"), ACLFile: filepath.Join(folder, "acl"),
		Config: []string{"use_username_as_clientid true", "max_inflight_messages 1000"},
	}
	for path, content := range map[string][]byte{options.PasswordFile: passwords.Bytes(), options.ACLFile: acl.Bytes()} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return rig.Mosquitto(t, options)
}

// through is the change of a config that goes through an external broker.
func through(addr, account, password string) func(*Config, *Deps) {
	return func(c *Config, _ *Deps) { c.Broker, c.Username, c.Password = "tcp://"+addr, account, password }
}

func TestADevicesMinuteGoesThroughMosquittoAndBack(t *testing.T) {
	m := mosquitto(t)
	d, _ := online(t, through(m.Addr, "server-1", "a long password 1"))
	a := newAgent(t, m.Addr, "dev-1")
	start := time.Now().Truncate(time.Minute).Add(-5 * time.Minute)
	a.send(t, minutes(t, "e1", 3, start, 2))
	if ack := a.hear(t); ack.FirstSeq != 3 || ack.LastSeq != 4 {
		t.Errorf("ack is %+v", ack)
	}
	finish(t, a.Publish("labtide/v1/dev-1/state", 1, true, state(1, "in_use")))
	eventually(t, "the board is told", func() bool { return len(d.takeTouched()) > 0 })
}

func TestTwoServersShareAGroupOnMosquittoAndBothHearStates(t *testing.T) {
	m := mosquitto(t)
	share := func(account, password string) func(*Config, *Deps) {
		return func(c *Config, d *Deps) {
			through(m.Addr, account, password)(c, d)
			c.ShareGroup = "labtide"
		}
	}
	one, _ := online(t, share("server-1", "a long password 1"))
	two, stopTwo := online(t, share("server-2", "a long password 2"))
	a := newAgent(t, m.Addr, "dev-1")
	start := time.Now().Truncate(time.Minute).Add(-10 * time.Hour)
	for n := range 100 {
		a.send(t, minutes(t, "e1", uint64(1+n), start.Add(time.Duration(n)*time.Minute), 1))
	}
	for range 100 {
		a.hear(t)
	}
	if n1, n2 := one.stored(t, "dev-1"), two.stored(t, "dev-1"); n1+n2 != 100 || n1 == 0 || n2 == 0 {
		t.Errorf("one stored %d and the other %d", n1, n2)
	}
	finish(t, a.Publish("labtide/v1/dev-1/state", 1, true, state(1, "in_use")))
	for _, d := range []*desk{one, two} {
		eventually(t, "both have the state", func() bool {
			states, err := d.states.States(t.Context())
			return err == nil && len(states) == 1 && states[0].State == "in_use"
		})
	}
	stopTwo()
	a.send(t, minutes(t, "e1", 500, start, 1))
	a.hear(t)
}

func TestMosquittoIsRestartedAndTheServerFindsBack(t *testing.T) {
	m := mosquitto(t)
	d, _ := online(t, through(m.Addr, "server-1", "a long password 1"))
	a := newAgent(t, m.Addr, "dev-1")
	finish(t, a.Publish("labtide/v1/dev-1/state", 1, true, state(4, "idle")))
	m.Stop()
	eventually(t, "the broker is missed", func() bool { return d.Ready() != nil })
	m.Start()
	eventually(t, "ready again", func() bool { return d.Ready() == nil })
	again := newAgent(t, m.Addr, "dev-2")
	again.send(t, minutes(t, "e1", 1, time.Now().Truncate(time.Minute), 1))
	again.hear(t)
}

func TestABrokersWindowIsNoHindrance(t *testing.T) {
	// Brokers other than ours send only so many messages without an acknowledgement: while the store is away they wait
	// there, and nothing stands still when it is back.
	m := mosquitto(t)
	d, _ := online(t, through(m.Addr, "server-1", "a long password 1"))
	d.samples.Break(errAway)
	a := newAgent(t, m.Addr, "dev-1")
	start := time.Now().Truncate(time.Minute).Add(-40 * time.Hour)
	const messages = 1500 // more than the window
	for n := range messages {
		a.send(t, minutes(t, "e1", uint64(1+n), start.Add(time.Duration(n)*time.Minute), 1))
	}
	eventually(t, "the store is missed", func() bool { return d.Ready() != nil })
	if len(a.acks) != 0 {
		t.Errorf("%d acks while the store is away", len(a.acks))
	}
	d.samples.Break(nil)
	for range messages {
		a.hear(t)
	}
	if n := d.stored(t, "dev-1"); n != messages {
		t.Errorf("%d minutes stored, want %d", n, messages)
	}
}
