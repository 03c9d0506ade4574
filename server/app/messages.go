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
	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/config"
	"github.com/labtide/labtide/server/courier"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
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
		Store: s.stores.Courier, Directory: directory{s.stores},
		Poster: webhook.New(webhook.Config{Timeout: s.cfg.Webhooks.Timeout, AllowPrivate: allowed}, time.Now),
		Notify: s.notify, Now: time.Now, Log: s.log.With("part", "courier"),
	}
	if mailer != nil {
		deps.Mail = mailer
	}
	cfg := courier.Config{PublicURL: s.url, Language: s.cfg.Messages.Language, Invitations: s.cfg.Messages.Invitations, Sender: sender}
	s.courier = courier.New(cfg, deps)
	return metrics.Register(courier.Metrics(s.stores.Courier))
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

// directory is a courier.Directory over the stores.
type directory struct{ stores *Stores }

func (d directory) Person(ctx context.Context, id string) (courier.Person, error) {
	p, err := d.stores.Accounts.PersonByID(ctx, id)
	out := courier.Person{Name: p.Name, Email: p.Email, Language: p.Language}
	if !p.DisabledAt.IsZero() {
		out.Email = ""
	}
	return out, err
}

// Staff gives those who may decide about others' bookings and have an address.
func (d directory) Staff(ctx context.Context) ([]string, error) {
	people, err := d.stores.Accounts.People(ctx)
	var ids []string
	for _, p := range people {
		if p.Email != "" && p.DisabledAt.IsZero() && p.Role == account.RoleInstructor {
			ids = append(ids, p.ID)
		}
	}
	return ids, err
}

func (d directory) Station(ctx context.Context, id string) (courier.Station, error) {
	if id == "" {
		return courier.Station{}, nothing("station")
	}
	station, err := d.stores.Equipment.StationByID(ctx, id)
	if err != nil {
		return courier.Station{}, err
	}
	out := courier.Station{Code: station.Code, Name: station.Name, Zone: time.UTC}
	rooms, err := d.stores.Equipment.Rooms(ctx)
	if err != nil {
		return out, err
	}
	for _, r := range rooms {
		if r.ID == station.RoomID {
			out.Room = r.Name
		}
	}
	out.Zone, err = d.zone(ctx, station.SiteID)
	return out, err
}

// zone gives the time zone of a site; the school's first one when it names none.
func (d directory) zone(ctx context.Context, siteID string) (*time.Location, error) {
	sites, err := d.stores.Equipment.Sites(ctx)
	if err != nil {
		return nil, err
	}
	for _, site := range sites {
		if site.ID == siteID || siteID == "" {
			if zone, err := time.LoadLocation(site.TimeZone); err == nil {
				return zone, nil
			}
		}
	}
	return time.UTC, nil
}

func (d directory) Kind(ctx context.Context, id string) (equipment.Text, error) {
	if id == "" {
		return equipment.Text{}, nothing("kind")
	}
	kinds, err := d.stores.Equipment.Kinds(ctx)
	for _, k := range kinds {
		if k.ID == id {
			return k.Name, nil
		}
	}
	if err == nil {
		err = nothing("kind")
	}
	return equipment.Text{}, err
}

func (d directory) Booking(ctx context.Context, id string) (booking.Booking, error) {
	return d.stores.Bookings.ByID(ctx, id)
}

func nothing(what string) error { return fault.NotFound(what+"_unknown", "there is no such %s", what) }
