package app

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/httpapi"
)

// authenticate is asked by the embedded broker: may this device come in?
func (s *Server) authenticate(ctx context.Context, device, secret string) (bool, error) {
	d, err := s.stores.Equipment.DeviceByID(ctx, device)
	if fault.KindOf(err) == fault.KindNotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return d.DisabledAt.IsZero() && equipment.CheckSecret(d.SecretHash, secret), nil
}

// hangUps remembers when each device enrolled, as of the last look.
type hangUps struct {
	mu       sync.Mutex
	enrolled map[string]time.Time
}

// again reports whether the device has enrolled anew since the last look.
func (h *hangUps) again(device string, enrolledAt time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.enrolled == nil {
		h.enrolled = map[string]time.Time{}
	}
	before, known := h.enrolled[device]
	h.enrolled[device] = enrolledAt
	return known && !before.IsZero() && !before.Equal(enrolledAt)
}

// hangUp ends the connections of devices that were disabled, or have enrolled anew and so got another secret: the broker
// asks who may come in only once.
func (s *Server) hangUp() {
	ctx, cancel := context.WithTimeout(context.Background(), hangUpTimeout)
	defer cancel()
	devices, err := s.stores.Equipment.Devices(ctx)
	if err != nil {
		s.log.Warn("devices that were disabled may still be connected", "error", err)
		return
	}
	for _, d := range devices {
		if again := s.hung.again(d.ID, d.EnrolledAt); again || !d.DisabledAt.IsZero() {
			s.broker.Disconnect(d.ID)
		}
	}
}

// hangUpTimeout bounds how long a change of the register waits for it.
const hangUpTimeout = 5 * time.Second

// deviceAccess is what a device is told when it enrols.
func (s *Server) deviceAccess() (httpapi.DeviceAccess, error) {
	access := httpapi.DeviceAccess{BrokerURL: s.brokerURL()}
	file := s.cfg.MQTT.CA
	if file == "" {
		return access, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return access, fmt.Errorf("mqtt.ca: %w", err)
	}
	access.CA = string(text)
	return access, nil
}

// brokerURL is the broker as devices see it: as configured, else derived from where it listens and where people reach us.
func (s *Server) brokerURL() string {
	m := s.cfg.MQTT
	if m.PublicURL != "" {
		return m.PublicURL
	}
	if s.broker == nil {
		return m.Broker
	}
	scheme, addr := "tcp", s.broker.Addr()
	if tls := s.broker.TLSAddr(); tls != "" {
		scheme, addr = "ssl", tls
	}
	return scheme + "://" + s.reachable(addr)
}

// reachable turns an address on which this machine listens into one that others can use.
func (s *Server) reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = s.publicHost()
	}
	return net.JoinHostPort(host, port)
}

// publicHost is the name by which other machines know this one.
func (s *Server) publicHost() string {
	if u, err := url.Parse(s.cfg.Server.PublicURL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	if name, err := os.Hostname(); err == nil {
		return name
	}
	return "localhost"
}
