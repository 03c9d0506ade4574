package httpapi

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/telemetry"
)

// deviceFacts is what is known beside the register: states, and where devices stand now.
type deviceFacts struct {
	states map[string]telemetry.DeviceState
	places map[string]equipment.Placement
	*directory
}

func (s *Server) deviceFacts(ctx context.Context) (deviceFacts, error) {
	facts := deviceFacts{states: map[string]telemetry.DeviceState{}, places: map[string]equipment.Placement{}}
	states, err := s.deps.States.States(ctx)
	if err != nil {
		return facts, err
	}
	for _, state := range states {
		facts.states[state.Device] = state
	}
	now := s.now()
	placements, err := s.deps.Equipment.Placements(ctx, now, now.Add(time.Second))
	if err != nil {
		return facts, err
	}
	for _, p := range placements {
		if p.Until.IsZero() || p.Until.After(now) {
			facts.places[p.DeviceID] = p
		}
	}
	facts.directory, err = s.directory.get(ctx)
	return facts, err
}

func (f deviceFacts) show(v equipment.Device) Device {
	out := Device{
		Id: v.ID, Name: v.Name, Enrolled: len(v.SecretHash) > 0, Disabled: !v.DisabledAt.IsZero(), CreatedAt: v.CreatedAt.UTC(), Version: v.Version,
	}
	if p, ok := f.places[v.ID]; ok {
		if station, ok := f.stations[p.StationID]; ok {
			out.Station, out.PlacedAt = new(f.stationRef(station)), instant(p.From)
		}
	}
	if state, ok := f.states[v.ID]; ok {
		if state.State != "" {
			out.State = new(DeviceState(state.State))
		}
		out.Since, out.Source, out.Agent = instant(state.Since), text(state.Source), text(state.Agent)
		out.LastSeenAt, out.LastSampleAt, out.SampleConflicts = instant(state.ReceivedAt), instant(state.LastSampleAt), state.SampleConflicts
	}
	return out
}

// showDevice shows one device with everything that is known of it.
func (s *Server) showDevice(ctx context.Context, v equipment.Device) (Device, error) {
	facts, err := s.deviceFacts(ctx)
	if err != nil {
		return Device{}, err
	}
	return facts.show(v), nil
}

// ListDevices implements StrictServerInterface.
func (s *Server) ListDevices(ctx context.Context, _ ListDevicesRequestObject) (ListDevicesResponseObject, error) {
	devices, err := s.deps.Equipment.Devices(ctx)
	if err != nil {
		return nil, err
	}
	facts, err := s.deviceFacts(ctx)
	if err != nil {
		return nil, err
	}
	out := DeviceList{Items: make([]Device, len(devices))}
	for i, v := range devices {
		out.Items[i] = facts.show(v)
	}
	return ListDevices200JSONResponse(out), nil
}

// CreateDevice implements StrictServerInterface.
func (s *Server) CreateDevice(ctx context.Context, request CreateDeviceRequestObject) (CreateDeviceResponseObject, error) {
	in := request.Body
	var station equipment.Station
	if in.Station != nil {
		var err error
		if station, _, err = s.station(ctx, *in.Station); err != nil {
			return nil, err
		}
	}
	now := s.now().Truncate(time.Second)
	device, err := s.deps.Equipment.PutDevice(ctx, equipment.Device{ID: in.Id, Name: given(in.Name), CreatedAt: now})
	if err != nil {
		return nil, err
	}
	ctx, cancel := afterwards(ctx) // a device that is made is placed, too
	defer cancel()
	if station.ID != "" {
		if _, err := s.deps.Equipment.Place(ctx, device.ID, station.ID, now); err != nil {
			return nil, err
		}
		s.deps.Changed(station.ID)
	}
	body, err := s.showDevice(ctx, device)
	if err != nil {
		return nil, err
	}
	return CreateDevice201JSONResponse{Body: body, Headers: CreateDevice201ResponseHeaders{ETag: etag(device.Version)}}, nil
}

// UpdateDevice implements StrictServerInterface.
func (s *Server) UpdateDevice(ctx context.Context, request UpdateDeviceRequestObject) (UpdateDeviceResponseObject, error) {
	device, err := s.deps.Equipment.DeviceByID(ctx, request.Device)
	if err != nil {
		return nil, err
	}
	if err := matches(request.Params.IfMatch, etag(device.Version)); err != nil {
		return nil, err
	}
	device.Name = *cmp.Or(request.Body.Name, &device.Name)
	if request.Body.Disabled != nil {
		device.DisabledAt = since(device.DisabledAt, *request.Body.Disabled, s.now())
	}
	if device, err = s.deps.Equipment.PutDevice(ctx, device); err != nil {
		return nil, err
	}
	s.deps.Changed() // a device that is disabled is to be hung up
	body, err := s.showDevice(ctx, device)
	if err != nil {
		return nil, err
	}
	return UpdateDevice200JSONResponse{Body: body, Headers: UpdateDevice200ResponseHeaders{ETag: etag(device.Version)}}, nil
}

// PlaceDevice implements StrictServerInterface.
func (s *Server) PlaceDevice(ctx context.Context, request PlaceDeviceRequestObject) (PlaceDeviceResponseObject, error) {
	device, err := s.deps.Equipment.DeviceByID(ctx, request.Device)
	if err != nil {
		return nil, err
	}
	stationID := ""
	if request.Body.Station != nil {
		station, _, err := s.station(ctx, *request.Body.Station)
		if err != nil {
			return nil, err
		}
		stationID = station.ID
	}
	at := s.now()
	if request.Body.At != nil {
		at = request.Body.At.UTC()
	}
	if _, err := s.deps.Equipment.Place(ctx, device.ID, stationID, at.Truncate(time.Second)); err != nil {
		return nil, asRule(err)
	}
	s.deps.Changed()
	body, err := s.showDevice(ctx, device)
	if err != nil {
		return nil, err
	}
	return PlaceDevice200JSONResponse{Body: body, Headers: PlaceDevice200ResponseHeaders{ETag: etag(device.Version)}}, nil
}

// refuseByRule is asRule for whatever a handler answers: a body that does not fit the schema never comes so far.
func refuseByRule(next StrictHandlerFunc, _ string) StrictHandlerFunc {
	return func(c echo.Context, request any) (any, error) {
		response, err := next(c, request)
		return response, asRule(err)
	}
}

// asRule turns "invalid" into "a rule says no": the shape of the request was right, so it is no bad request.
func asRule(err error) error {
	var known *fault.Error
	if errors.As(err, &known) && known.Kind == fault.KindInvalid {
		rule := *known
		rule.Kind = fault.KindRule
		return &rule
	}
	return err
}
