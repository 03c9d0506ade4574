package rig

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestMosquittoKeepsRetainedMessagesOverStopAndStart(t *testing.T) {
	broker := Mosquitto(t, MosquittoOptions{})
	publishRetained(t, broker, 0x01)
	if !hasRetained(t, broker) {
		t.Fatal("the retained message did not come back")
	}
	broker.Stop()
	refuses(t, broker.Addr)
	broker.Start()
	if !hasRetained(t, broker) {
		t.Error("the retained message is gone after a restart")
	}
	broker.Kill()
	refuses(t, broker.Addr)
}

func TestMosquittoRefusesAWrongPassword(t *testing.T) {
	broker := Mosquitto(t, MosquittoOptions{Users: map[string]string{"ann": "right"}})
	if code := connectCode(t, broker, "ann", "wrong"); code != 5 && code != 4 {
		t.Errorf("wrong password: CONNACK code %d, want 4 or 5", code)
	}
	if code := connectCode(t, broker, "ann", "right"); code != 0 {
		t.Errorf("right password: CONNACK code %d, want 0", code)
	}
}

func TestMosquittoTakesConfigLinesAndAnACLFile(t *testing.T) {
	rules := filepath.Join(t.TempDir(), "acl")
	if err := os.WriteFile(rules, []byte("topic read $SYS/#\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	broker := Mosquitto(t, MosquittoOptions{ACLFile: rules, Config: []string{"max_inflight_messages 7"}})
	publishRetained(t, broker, 0x01)
	if hasRetained(t, broker) {
		t.Error("the broker kept a message that the ACL forbids")
	}
}

func TestAServerThatCannotStartSaysWhy(t *testing.T) {
	path := program(t, "mosquitto")
	p, err := launch(exec.Command(path, "-c", "/no/such/file"), filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	err = p.awaitReady(func(context.Context) error { return errors.New("not yet") })
	if err == nil || !strings.Contains(err.Error(), "/no/such/file") {
		t.Errorf("got %v, want the program's own words about /no/such/file", err)
	}
}

// The packets below are MQTT 3.1.1 by hand: the rig imports no client.

func dialMQTT(t *testing.T, broker *MosquittoServer, packets ...string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", broker.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := conn.Write([]byte(strings.Join(packets, ""))); err != nil {
		t.Fatal(err)
	}
	return conn
}

const connectAnonymous = "\x10\x0d\x00\x04MQTT\x04\x02\x00\x0a\x00\x01a"

func publishRetained(t *testing.T, broker *MosquittoServer, id byte) {
	t.Helper()
	conn := dialMQTT(t, broker, connectAnonymous, "\x33\x08\x00\x03a/b", "\x00"+string(id), "x")
	expect(t, conn, 8) // CONNACK and PUBACK
}

func hasRetained(t *testing.T, broker *MosquittoServer) bool {
	t.Helper()
	// Subscribe, then ping: the retained message would come before the answer to the ping.
	conn := dialMQTT(t, broker, connectAnonymous, "\x82\x08\x00\x01\x00\x03a/b\x00", "\xc0\x00")
	expect(t, conn, 4+5)
	return expect(t, conn, 2)[0] == 0x31
}

func connectCode(t *testing.T, broker *MosquittoServer, user, password string) byte {
	t.Helper()
	body := "\x00\x04MQTT\x04\xc2\x00\x0a\x00\x01a" + text(user) + text(password)
	conn := dialMQTT(t, broker, "\x10", string(rune(len(body))), body)
	return expect(t, conn, 4)[3]
}

func text(s string) string { return string([]byte{0, byte(len(s))}) + s }

func expect(t *testing.T, conn net.Conn, n int) []byte {
	t.Helper()
	answer := make([]byte, n)
	for got := 0; got < n; {
		more, err := conn.Read(answer[got:])
		if err != nil {
			t.Fatalf("after %d of %d bytes: %v", got, n, err)
		}
		got += more
	}
	return answer
}

func refuses(t *testing.T, addr string) {
	t.Helper()
	if conn, err := net.Dial("tcp", addr); err == nil {
		_ = conn.Close()
		t.Errorf("%s still takes connections", addr)
	}
}
