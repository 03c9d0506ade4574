package bookingtest

import (
	"context"
	"slices"
	"strings"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// asked gives the entries that a decision asks for: by id, and those that wait for time of its stations.
func (m *Memory) asked(ask booking.Ask) []booking.Wait {
	var byID, waiting []booking.Wait
	for _, w := range m.waits {
		switch {
		case slices.Contains(ask.WaitIDs, w.ID), ask.OwnWaits && w.Open() && slices.Contains(ask.PersonIDs, w.PersonID):
			byID = append(byID, w)
		case ask.Waiting && w.State == booking.WaitWaiting && w.Window().Overlaps(ask.WaitingFor()) &&
			slices.ContainsFunc(m.school.Stations, func(s equipment.Station) bool {
				return slices.Contains(ask.StationIDs, s.ID) && w.WantsStation(s)
			}):
			waiting = append(waiting, w)
		}
	}
	waiting = booking.InLine(waiting)
	return booking.InLine(append(byID, waiting[:min(len(waiting), booking.MaxWaiting)]...))
}

func (m *Memory) keepWaits(waits []booking.Wait) {
	for _, w := range waits {
		m.waits[w.ID] = w
	}
}

// WaitByID reads one entry of the waitlist.
func (m *Memory) WaitByID(_ context.Context, id string) (booking.Wait, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w, ok := m.waits[id]
	if !ok {
		return w, fault.NotFound("wait_unknown", "there is no waitlist entry %q", id)
	}
	return w, nil
}

// Waits gives entries of the waitlist in the order in which they came.
func (m *Memory) Waits(_ context.Context, f booking.WaitFilter) ([]booking.Wait, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []booking.Wait
	for _, w := range m.waits {
		if (f.PersonID == "" || w.PersonID == f.PersonID) && (len(f.States) == 0 || slices.Contains(f.States, w.State)) &&
			(f.OverAt.IsZero() || w.UntilAt.Add(-w.Shortest).Before(f.OverAt)) && (f.After == booking.WaitCursor{} || comesAfter(w, f.After)) {
			out = append(out, w)
		}
	}
	out = booking.InLine(out)
	if f.Limit > 0 && len(out) > f.Limit {
		out = out[:f.Limit]
	}
	return out, nil
}

func comesAfter(w booking.Wait, c booking.WaitCursor) bool {
	if !w.CreatedAt.Equal(c.CreatedAt) {
		return w.CreatedAt.After(c.CreatedAt)
	}
	return strings.Compare(w.ID, c.ID) > 0
}
