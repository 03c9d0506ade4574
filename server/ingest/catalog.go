package ingest

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/ledger"
	"github.com/labtide/labtide/server/telemetry"
)

// catalogAge is how old what is remembered of the register may be.
const catalogAge = 15 * time.Second

// catalog remembers the parts of the register that only make things faster or prettier: which devices may send, and
// the codes that become tags. A no is asked again before it is believed, and placements, from which the ledger is
// made, are never remembered. Only the goroutine that stores uses it, but for invalidate.
type catalog struct {
	register Register
	stale    atomic.Bool
	readAt   time.Time
	enabled  map[string]bool           // devices that may send
	stations map[string]telemetry.Tags // by id
}

func (c *catalog) invalidate() { c.stale.Store(true) }

// reason says why the device may not send, "" when it may.
func (c *catalog) reason(ctx context.Context, device string) (wire.Code, error) {
	if err := c.refresh(ctx); err != nil {
		return "", err
	}
	if c.enabled[device] {
		return "", nil
	}
	d, err := c.register.DeviceByID(ctx, device)
	switch {
	case err != nil && !known(err):
		return codeUnknownDevice, nil
	case err != nil:
		return "", err
	case !d.DisabledAt.IsZero():
		return codeDeviceDisabled, nil
	}
	c.enabled[device] = true
	return "", nil
}

// placements gives those of the devices that may send, as they are now.
func (c *catalog) placements(ctx context.Context, reasons map[string]wire.Code, from, until time.Time) (ledger.Placements, error) {
	all, err := c.register.Placements(ctx, from, until)
	if err != nil {
		return ledger.Placements{}, err
	}
	var of []equipment.Placement
	for _, p := range all {
		if reason, ok := reasons[p.DeviceID]; ok && reason == "" {
			of = append(of, p)
			if _, ok := c.stations[p.StationID]; !ok {
				c.invalidate() // a new station: its codes come with the next batch
			}
		}
	}
	return ledger.NewPlacements(of), nil
}

// tags gives the codes of a station.
func (c *catalog) tags(station string) telemetry.Tags { return c.stations[station] }

// refresh reads the register anew when what is remembered is too old.
func (c *catalog) refresh(ctx context.Context) error {
	if !c.stale.Swap(false) && time.Since(c.readAt) < catalogAge {
		return nil
	}
	if err := c.read(ctx); err != nil {
		c.invalidate()
		return err
	}
	c.readAt = time.Now()
	return nil
}

func (c *catalog) read(ctx context.Context) error {
	devices, err := c.register.Devices(ctx)
	if err != nil {
		return err
	}
	sites, err := c.register.Sites(ctx)
	if err != nil {
		return err
	}
	rooms, err := c.register.Rooms(ctx)
	if err != nil {
		return err
	}
	kinds, err := c.register.Kinds(ctx)
	if err != nil {
		return err
	}
	stations, err := c.register.Stations(ctx, equipment.StationFilter{})
	if err != nil {
		return err
	}
	codes := map[string]string{} // ids are unique over all of them
	for _, s := range sites {
		codes[s.ID] = s.Code
	}
	for _, r := range rooms {
		codes[r.ID] = r.Code
	}
	for _, k := range kinds {
		codes[k.ID] = k.Code
	}
	c.enabled, c.stations = map[string]bool{}, map[string]telemetry.Tags{}
	for _, d := range devices {
		if d.DisabledAt.IsZero() {
			c.enabled[d.ID] = true
		}
	}
	for _, s := range stations {
		c.stations[s.ID] = telemetry.Tags{Site: codes[s.SiteID], Room: codes[s.RoomID], Station: s.Code, Kind: codes[s.KindID]}
	}
	return nil
}
