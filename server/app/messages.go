package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/netip"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/server/config"
	"github.com/labtide/labtide/server/courier"
	"github.com/labtide/labtide/server/mail"
	"github.com/labtide/labtide/server/webhook"
)

// buildCourier makes what tells people, devices and programs what happened.
func (s *Server) buildCourier(metrics prometheus.Registerer) error {
	mailer, sender, err := newMailer(s.cfg.SMTP)
	if err != nil {
		return err
	}
	allowed := make([]netip.Prefix, len(s.cfg.Webhooks.AllowPrivate))
	for i, network := range s.cfg.Webhooks.AllowPrivate {
		if allowed[i], err = netip.ParsePrefix(network); err != nil {
			return fmt.Errorf("webhooks.allow_private: %w", err)
		}
	}
	deps := courier.Deps{
		Store: s.stores.Courier, Directory: s.registers(),
		Poster: webhook.New(webhook.Config{Timeout: s.cfg.Webhooks.Timeout, AllowPrivate: allowed}, time.Now),
		Notify: s.notify, Now: time.Now, Log: s.log.With("part", "courier"),
	}
	if mailer != nil {
		deps.Mail = mailer
	}
	cfg := s.courierConfig()
	cfg.Sender = sender
	s.courier = courier.New(cfg, deps)
	return metrics.Register(courier.Metrics(s.stores.Courier))
}

func (s *Server) courierConfig() courier.Config {
	return courier.Config{PublicURL: s.url, Language: s.cfg.Messages.Language, Invitations: s.cfg.Messages.Invitations}
}

func (s *Server) registers() courier.Registers {
	return courier.Registers{People: s.stores.Accounts, Places: s.stores.Equipment, Book: s.stores.Bookings}
}

// feeds makes the calendars.
func (s *Server) feeds() *courier.Feeds {
	return courier.NewFeeds(s.courierConfig(), courier.FeedSources{
		Feeds: s.stores.Courier, Directory: s.registers(), Room: s.registers().Room,
		Bookings: s.stores.Bookings.List, Active: s.stores.Bookings.Active, Series: s.stores.Bookings.SeriesByID,
	}, time.Now)
}

// newMailer gives nil when no mail server is configured, and the plain address of the sender.
func newMailer(cfg config.SMTP) (m *mail.Sender, sender string, err error) {
	if cfg.Host == "" {
		return nil, "", nil
	}
	out := mail.Config{Host: cfg.Host, Port: cfg.Port, Username: cfg.Username, Password: cfg.Password, From: cfg.From, TLS: cfg.TLS, Timeout: cfg.Timeout}
	if cfg.CA != "" {
		text, err := os.ReadFile(cfg.CA)
		if err != nil {
			return nil, "", fmt.Errorf("smtp.ca: %w", err)
		}
		if out.Roots = x509.NewCertPool(); !out.Roots.AppendCertsFromPEM(text) {
			return nil, "", errors.New("smtp.ca: the file holds no certificate")
		}
	}
	if m, err = mail.New(out); err != nil {
		return nil, "", fmt.Errorf("smtp: %w", err)
	}
	from, err := netmail.ParseAddress(cfg.From)
	if err != nil {
		return nil, "", fmt.Errorf("smtp.from: %w", err)
	}
	return m, from.Address, nil
}

// notify shows a notice at the devices that stand at the station now.
func (s *Server) notify(ctx context.Context, stationID string, n courier.Notice) error {
	now := time.Now()
	placements, err := s.stores.Equipment.Placements(ctx, now, now.Add(time.Second))
	if err != nil {
		return err
	}
	notice := wire.Notice{ID: n.ID, Level: wire.LevelWarn, Title: n.Title, Body: n.Body, ExpiresAt: n.ExpiresAt}
	var faults []error
	for _, p := range placements {
		if p.StationID == stationID && p.Covers(now) {
			faults = append(faults, s.ingest.SendNotice(ctx, p.DeviceID, notice))
		}
	}
	return errors.Join(faults...)
}
