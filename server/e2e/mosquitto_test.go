package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/server/broker"
	"github.com/labtide/labtide/server/config"
	"github.com/labtide/labtide/server/e2e/rig"
)

// A school has a Mosquitto. The administrator gives it the files that Labtide writes, a computer enrols, the files are
// written again, and its minutes arrive; Mosquitto is restarted in between, and nothing is lost.
func TestMinutesTravelThroughMosquitto(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	passwords, acl := filepath.Join(dir, "labtide.passwords"), filepath.Join(dir, "labtide.acl")
	account := broker.Account{Name: "labtide-server", Password: "a-long-random-password-of-the-server"}
	write := func(h *house) {
		var p, a bytes.Buffer
		var err error
		if h == nil {
			err = broker.WriteMosquittoPasswords(&p, []broker.Account{account}, nil)
		} else {
			devices, listed := h.server.Stores().Equipment.Devices(t.Context())
			if listed != nil {
				t.Fatal(listed)
			}
			err = broker.WriteMosquittoPasswords(&p, []broker.Account{account}, devices)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := broker.WriteMosquittoACL(&a, []broker.Account{account}); err != nil {
			t.Fatal(err)
		}
		for path, text := range map[string][]byte{passwords: p.Bytes(), acl: a.Bytes()} {
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(nil)
	mosquitto := rig.Mosquitto(t, rig.MosquittoOptions{PasswordFile: passwords, ACLFile: acl,
		Config: []string{"allow_anonymous false", "max_inflight_messages 1000"}})
	h := move(t, settings(t, func(cfg *config.Config) {
		cfg.MQTT.Embedded, cfg.MQTT.Broker = false, "tcp://"+mosquitto.Addr
		cfg.MQTT.Username, cfg.MQTT.Password = account.Name, account.Password
	}))
	who := h.enrol("pc-1")
	if who.Broker != "tcp://"+mosquitto.Addr {
		t.Errorf("the device is sent to %s", who.Broker)
	}
	write(h)
	mosquitto.Stop() // it reads the files anew
	mosquitto.Start()
	start := yesterday()
	m := plug(t, t.TempDir(), who, wire.InUse)
	m.saw(start, 60, 60)
	m.delivered()
	mosquitto.Kill()
	m.saw(start.Add(time.Hour), 60, 60)
	mosquitto.Start()
	m.delivered()
	if got := h.labels("PLC-01", start, start.Add(2*time.Hour)); got["walk_in"] != 120 {
		t.Errorf("labels %v, want 120 minutes of walk_in", got)
	}
	h.until("the state has come, too", func() bool { return h.state("PLC-01") == "walk_in" })
}
