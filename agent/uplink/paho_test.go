package uplink

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// mosquitto starts a real broker with one user, pc-1, whose password is "right", and returns its address and, when
// secure, its CA.
func mosquitto(t *testing.T, secure bool) (url string, ca []byte) {
	t.Helper()
	server, passwd := program(t, "mosquitto"), program(t, "mosquitto_passwd")
	dir := t.TempDir()
	port := freePort(t)
	settings := fmt.Sprintf("listener %d 127.0.0.1\nallow_anonymous false\npassword_file %s/users\nacl_file %s/rules\npersistence false\nuser root\n", port, dir, dir)
	scheme := "tcp"
	if secure {
		scheme = "ssl"
		ca = certificate(t, dir)
		settings += fmt.Sprintf("certfile %s/cert.pem\nkeyfile %s/key.pem\n", dir, dir)
	}
	put(t, dir, "broker.conf", settings)
	put(t, dir, "rules", "pattern readwrite labtide/v1/%u/#\n")
	put(t, dir, "users", "pc-1:right\n")
	if out, err := exec.Command(passwd, "-U", filepath.Join(dir, "users")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.Command(server, "-c", filepath.Join(dir, "broker.conf"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Error("the broker ended by itself")
		}
	})
	address := fmt.Sprintf("127.0.0.1:%d", port)
	for deadline := time.Now().Add(10 * time.Second); ; {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return scheme + "://" + address, ca
		}
		if time.Now().After(deadline) {
			t.Fatal("the broker does not start")
		}
	}
}

func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		path = "/usr/sbin/" + name
		_, err = os.Stat(path)
	}
	if err == nil {
		return path
	}
	if os.Getenv("LABTIDE_REQUIRE_SERVICES") == "1" {
		t.Fatalf("%s is missing", name)
	}
	t.Skipf("%s is missing", name)
	return ""
}

func put(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// certificate makes one for 127.0.0.1 that is its own CA.
func certificate(t *testing.T, dir string) (ca []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	ca = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	put(t, dir, "cert.pem", string(ca))
	put(t, dir, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})))
	return ca
}

// answers collects what one connection is told.
type answers struct {
	messages chan string
	lost     chan error
}

func dialed(t *testing.T, broker Broker, client string) (connection, answers, error) {
	t.Helper()
	a := answers{messages: make(chan string, 16), lost: make(chan error, 1)}
	conn, err := dialPaho(context.Background(), call{
		broker: broker, client: client, willTopic: "labtide/v1/pc-1/state", will: []byte("lost"),
		message: func(topic string, payload []byte) { a.messages <- topic + " " + string(payload) },
		lost:    func(err error) { a.lost <- err },
	})
	return conn, a, err
}

func (a answers) next(t *testing.T) string {
	t.Helper()
	select {
	case m := <-a.messages:
		return m
	case <-time.After(10 * time.Second):
		t.Fatal("no message came")
	}
	return ""
}

func TestARealBrokerCarriesMessagesAndTheWill(t *testing.T) {
	for _, secure := range []bool{false, true} {
		url, ca := mosquitto(t, secure)
		broker := Broker{URL: url, Username: "pc-1", Password: "right", CA: ca}
		watcher, seen, err := dialed(t, broker, "watcher")
		if err != nil {
			t.Fatal(err)
		}
		if err := watcher.subscribe("labtide/v1/pc-1/state"); err != nil {
			t.Fatal(err)
		}
		first, gone, err := dialed(t, broker, "pc-1")
		if err != nil {
			t.Fatal(err)
		}
		r := first.publish("labtide/v1/pc-1/state", true, []byte("in_use"))
		select {
		case <-r.accepted():
		case <-time.After(10 * time.Second):
			t.Fatal("the broker does not acknowledge")
		}
		if m := seen.next(t); m != "labtide/v1/pc-1/state in_use" {
			t.Error(m)
		}
		// A second connection with the same client id ends the first: the broker says its will.
		second, _, err := dialed(t, broker, "pc-1")
		if err != nil {
			t.Fatal(err)
		}
		if m := seen.next(t); m != "labtide/v1/pc-1/state lost" {
			t.Error(m)
		}
		select {
		case err := <-gone.lost:
			if err == nil {
				t.Error("the first connection does not know why it is lost")
			}
		case <-time.After(10 * time.Second):
			t.Error("the first connection does not know that it is lost")
		}
		second.close() // in order: no will
		watcher.publish("labtide/v1/pc-1/state", false, []byte("done"))
		if m := seen.next(t); m != "labtide/v1/pc-1/state done" {
			t.Errorf("after an orderly end the broker says %s", m)
		}
		watcher.close()
	}
}

func TestARefusalByARealBrokerIsASentence(t *testing.T) {
	url, ca := mosquitto(t, true)
	if _, _, err := dialed(t, Broker{URL: url, Username: "pc-1", Password: "wrong", CA: ca}, "pc-1"); err == nil || !strings.Contains(err.Error(), "enroll it again") {
		t.Errorf("a wrong password: %v", err)
	}
	if _, _, err := dialed(t, Broker{URL: url, Username: "pc-1", Password: "right"}, "pc-1"); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate of nobody: %v", err)
	}
	if _, _, err := dialed(t, Broker{URL: url, Username: "pc-1", Password: "right", CA: []byte("x")}, "pc-1"); err == nil || !strings.Contains(err.Error(), "PEM") {
		t.Errorf("a CA that is none: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := dialPaho(ctx, call{broker: Broker{URL: url, CA: ca}, client: "pc-1"}); !errors.Is(err, context.Canceled) && err == nil {
		t.Errorf("after the end: %v", err)
	}
}
