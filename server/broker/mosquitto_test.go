package broker

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/labtide/labtide/server/e2e/rig"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

var update = flag.Bool("update", false, "write the golden files anew")

const serverPassword = "a password of the server"

func accounts() []Account { return []Account{{Name: "labtide-server", Password: serverPassword}} }

// mosquitto starts the real one with our configuration file and the files that we write for it.
func mosquitto(t *testing.T) string {
	t.Helper()
	var devices []equipment.Device
	for _, id := range []string{"dev-1", "dev-2", "dev-10", "disabled", "not-enrolled"} {
		devices = append(devices, equipment.Device{ID: id, SecretHash: equipment.HashSecret(secretOf(id))})
	}
	devices[3].DisabledAt = time.Unix(1, 0)
	devices[4].SecretHash = nil
	var passwords, acl bytes.Buffer
	if err := WriteMosquittoPasswords(&passwords, accounts(), devices); err != nil {
		t.Fatal(err)
	}
	if err := WriteMosquittoACL(&acl, accounts()); err != nil {
		t.Fatal(err)
	}
	return rig.Mosquitto(t, rig.MosquittoOptions{
		PasswordFile: file(t, "passwords", passwords.Bytes()),
		ACLFile:      file(t, "acl", acl.Bytes()),
		Config:       ourConfiguration(t),
	}).Addr
}

// ourConfiguration is configs/mosquitto/mosquitto.conf but for what the rig sets up by itself: ports and paths.
func ourConfiguration(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../configs/mosquitto/mosquitto.conf")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch key, _, _ := strings.Cut(line, " "); key {
		case "", "listener", "persistence", "persistence_location", "password_file", "acl_file", "log_type":
		default:
			if !strings.HasPrefix(line, "#") {
				lines = append(lines, line)
			}
		}
	}
	if len(lines) < 8 {
		t.Fatalf("only %d lines", len(lines))
	}
	return lines
}

func file(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func at(addr, user, password string) *paho.ClientOptions {
	return paho.NewClientOptions().AddBroker("tcp://" + addr).SetClientID(user).SetUsername(user).SetPassword(password).
		SetProtocolVersion(4).SetAutoReconnect(false).SetConnectTimeout(patience)
}

func TestOnMosquittoADeviceHasItsOwnAndTheServerAll(t *testing.T) {
	addr := mosquitto(t)
	server := connect(t, at(addr, "labtide-server", serverPassword))
	usage := hear(t, server, "$share/group/labtide/v1/+/usage")
	states := hear(t, server, "labtide/v1/+/state")
	one := connect(t, at(addr, "dev-1", secretOf("dev-1")))
	two := connect(t, at(addr, "dev-2", secretOf("dev-2")))
	everything := hear(t, one, "#")
	acks := hear(t, one, "labtide/v1/dev-1/ack")

	for _, topic := range []string{
		"labtide/v1/dev-2/usage", "labtide/v1/dev-10/usage", "labtide/v1/dev-1/ack", "labtide/v1/dev-2/ack",
		"labtide/v1/dev-1/../dev-2/usage", "labtide/v1/dev-1/usage/x", "other",
	} {
		wait(t, one.Publish(topic, 1, false, "evil"))
	}
	wait(t, two.Publish("labtide/v1/dev-2/state", 1, true, "of two"))
	wait(t, one.Publish("labtide/v1/dev-1/usage", 1, false, "good"))
	if m := receive(t, usage); string(m.Payload()) != "good" {
		t.Errorf("the server heard %q on %s", m.Payload(), m.Topic())
	}
	if m := receive(t, states); string(m.Payload()) != "of two" {
		t.Errorf("the server heard %q on %s", m.Payload(), m.Topic())
	}
	wait(t, server.Publish("labtide/v1/dev-2/ack", 1, false, "for two"))
	wait(t, server.Publish("labtide/v1/dev-1/ack", 1, false, "for one"))
	if m := receive(t, acks); string(m.Payload()) != "for one" {
		t.Errorf("the device heard %q", m.Payload())
	}
	// Mosquitto grants "#" to everybody, and then delivers only what may be read.
	for len(everything) > 0 {
		if m := <-everything; m.Topic() != "labtide/v1/dev-1/ack" {
			t.Errorf("the device heard %q on %s", m.Payload(), m.Topic())
		}
	}
}

func TestMosquittoKnowsTheSecretsOfTheRegister(t *testing.T) {
	addr := mosquitto(t)
	for name, o := range map[string]*paho.ClientOptions{
		"wrong secret":          at(addr, "dev-1", secretOf("dev-2")),
		"no secret":             at(addr, "dev-1", ""),
		"a disabled device":     at(addr, "disabled", secretOf("disabled")),
		"one that has not been": at(addr, "not-enrolled", secretOf("not-enrolled")),
		"a stranger":            at(addr, "stranger", secretOf("stranger")),
		"the server's name":     at(addr, "labtide-server", secretOf("labtide-server")),
		"nobody":                paho.NewClientOptions().AddBroker("tcp://" + addr).SetProtocolVersion(4),
	} {
		token := paho.NewClient(o).Connect()
		if !token.WaitTimeout(patience) || token.Error() == nil {
			t.Errorf("Mosquitto let %s in", name)
		}
	}
	connect(t, at(addr, "dev-1", secretOf("dev-1")))
}

func TestOnMosquittoAWillOnAForeignTopicIsNotPublished(t *testing.T) {
	addr := mosquitto(t)
	server := connect(t, at(addr, "labtide-server", serverPassword))
	states := hear(t, server, "labtide/v1/+/state")
	for _, topic := range []string{"labtide/v1/dev-2/state", "labtide/v1/dev-1/state"} { // the second is its own
		device := paho.NewClient(at(addr, "dev-1", secretOf("dev-1")).SetWill(topic, "lost", 1, true))
		token := device.Connect()
		if !token.WaitTimeout(patience) {
			t.Fatal("no answer")
		}
		if token.Error() == nil {
			takeOver := connect(t, at(addr, "dev-1", secretOf("dev-1"))) // ends the first without a DISCONNECT
			takeOver.Disconnect(0)
		}
	}
	if m := receive(t, states); m.Topic() != "labtide/v1/dev-1/state" {
		t.Errorf("the will on %s was published", m.Topic())
	}
}

func TestOnMosquittoADeviceCannotTakeTheClientIDOfAnother(t *testing.T) {
	addr := mosquitto(t)
	lost := make(chan error, 1)
	victim := connect(t, at(addr, "dev-1", secretOf("dev-1")).SetConnectionLostHandler(func(_ paho.Client, err error) { lost <- err }))
	heard := hear(t, victim, "labtide/v1/dev-1/ack")
	connect(t, at(addr, "dev-2", secretOf("dev-2")).SetClientID("dev-1"))
	server := connect(t, at(addr, "labtide-server", serverPassword))
	wait(t, server.Publish("labtide/v1/dev-1/ack", 1, false, "still there"))
	if got := string(receive(t, heard).Payload()); got != "still there" || len(lost) != 0 {
		t.Errorf("heard %q, lost %d connections", got, len(lost))
	}
}

func TestTheACLFileIsAsItWasAgreed(t *testing.T) {
	var got bytes.Buffer
	if err := WriteMosquittoACL(&got, append(accounts(), Account{Name: "labtide-server-2", Password: serverPassword})); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "mosquitto.acl")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got:\n%s\nwant:\n%s", got.Bytes(), want)
	}
}

func TestAccountsThatCouldDoHarmAreRefused(t *testing.T) {
	for _, a := range []Account{
		{}, {Name: "a", Password: "short"}, {Name: "a:b", Password: serverPassword}, {Name: "a\nuser b", Password: serverPassword},
		{Name: "+", Password: serverPassword}, {Name: "dev-1", Password: serverPassword},
	} {
		var out bytes.Buffer
		err := WriteMosquittoPasswords(&out, []Account{a}, []equipment.Device{{ID: "dev-1", SecretHash: equipment.HashSecret("x")}})
		if kind := fault.KindOf(err); kind != fault.KindInvalid && kind != fault.KindConflict {
			t.Errorf("%q gives %v", a.Name, err)
		}
	}
}
