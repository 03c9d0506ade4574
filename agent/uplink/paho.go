package uplink

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
)

const (
	keepAlive      = 30 * time.Second
	connectTimeout = 15 * time.Second
	writeTimeout   = 10 * time.Second
	quiesceMillis  = 250
)

// call is what a dialer needs for one connection. message and lost are called by the connection's own goroutine and
// do not block.
type call struct {
	broker    Broker
	client    string
	willTopic string
	will      []byte
	message   func(topic string, payload []byte)
	lost      func(error)
}

// dialer opens one connection. Its error is a sentence for people.
type dialer func(context.Context, call) (connection, error)

// connection is one connection to the broker, from CONNECT to its end; it never connects again by itself.
type connection interface {
	// publish sends at quality of service 1 and does not wait for the broker.
	publish(topic string, retained bool, payload []byte) receipt
	// subscribe waits for the broker and fails when it refuses a topic.
	subscribe(topics ...string) error
	// close ends the connection in order, so that the will stays unsaid.
	close()
}

// receipt tells what became of a published message.
type receipt interface {
	// accepted is closed when the broker acknowledged the message, or never will.
	accepted() <-chan struct{}
}

// pahoConnection is a paho client that is used for one connection only: each connection has its own session number
// in the will, and paho's own reconnecting has no jitter and reports messages as delivered that are not.
type pahoConnection struct{ client mqtt.Client }

type pahoReceipt struct{ mqtt.Token }

func (r pahoReceipt) accepted() <-chan struct{} { return r.Done() }

func dialPaho(ctx context.Context, c call) (connection, error) {
	options := mqtt.NewClientOptions().
		AddBroker(c.broker.URL).
		SetClientID(c.client).
		SetUsername(c.broker.Username).
		SetPassword(c.broker.Password).
		SetProtocolVersion(4).
		SetCleanSession(true).
		SetStore(mqtt.NewMemoryStore()).
		SetAutoReconnect(false).
		SetConnectRetry(false).
		SetKeepAlive(keepAlive).
		SetConnectTimeout(connectTimeout).
		SetWriteTimeout(writeTimeout).
		SetDialer(&net.Dialer{Timeout: connectTimeout}).
		SetOrderMatters(true).
		SetBinaryWill(c.willTopic, c.will, 1, true).
		SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) { c.message(m.Topic(), m.Payload()) }).
		SetConnectionLostHandler(func(_ mqtt.Client, err error) { c.lost(err) })
	trust, err := tlsConfig(c.broker.CA)
	if err != nil {
		return nil, err
	}
	options.SetTLSConfig(trust)
	client := mqtt.NewClient(options)
	token := client.Connect()
	select {
	case <-ctx.Done():
		client.Disconnect(0)
		return nil, ctx.Err()
	case <-token.Done():
	}
	if err := token.Error(); err != nil {
		client.Disconnect(0)
		return nil, explain(err)
	}
	return pahoConnection{client}, nil
}

func tlsConfig(ca []byte) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(ca) > 0 {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(ca) {
			return nil, errors.New("the broker's CA holds no certificate in PEM form")
		}
	}
	return config, nil
}

// explain says what a person can do about a refused connection.
func explain(err error) error {
	switch {
	case errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword), errors.Is(err, packets.ErrorRefusedNotAuthorised):
		return fmt.Errorf("the broker does not accept this device's credentials; enroll it again (%w)", err)
	case errors.Is(err, packets.ErrorRefusedIDRejected):
		return fmt.Errorf("the broker does not accept this device's id (%w)", err)
	}
	return fmt.Errorf("the broker cannot be reached: %w", err)
}

func (c pahoConnection) publish(topic string, retained bool, payload []byte) receipt {
	return pahoReceipt{c.client.Publish(topic, 1, retained, payload)}
}

func (c pahoConnection) subscribe(topics ...string) error {
	filters := make(map[string]byte, len(topics))
	for _, topic := range topics {
		filters[topic] = 1
	}
	token := c.client.SubscribeMultiple(filters, nil)
	if !token.WaitTimeout(connectTimeout) {
		return errors.New("the broker does not answer our subscription")
	}
	if err := token.Error(); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	if granted, ok := token.(*mqtt.SubscribeToken); ok {
		for topic, code := range granted.Result() {
			if code == 0x80 {
				return fmt.Errorf("the broker refuses the subscription to %s; look at its access rules", topic)
			}
		}
	}
	return nil
}

func (c pahoConnection) close() { c.client.Disconnect(quiesceMillis) }
