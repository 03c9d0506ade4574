package bookingtest

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// showFaults puts the asked outages and fault reports into the view.
func (m *Memory) showFaults(v *booking.View, ask booking.Ask) {
	v.Outages, v.Reports = map[string]equipment.Outage{}, map[string]booking.Report{}
	for _, o := range m.school.Outages {
		if slices.Contains(ask.OutageIDs, o.ID) {
			v.Outages[o.ID] = o
		}
	}
	for _, r := range m.reports {
		open := ask.OpenReports && r.State == booking.ReportOpen
		if slices.Contains(ask.ReportIDs, r.ID) || (open && (slices.Contains(ask.PersonIDs, r.PersonID) || slices.Contains(ask.StationIDs, r.StationID))) {
			v.Reports[r.ID] = r
		}
	}
}

// writeFaults stores outages, which are rules, and fault reports.
func (m *Memory) writeFaults(w booking.Write) {
	for _, o := range w.Outages {
		m.school.Outages = slices.DeleteFunc(slices.Clone(m.school.Outages), func(old equipment.Outage) bool { return old.ID == o.ID })
		if !o.EndsAt.Equal(o.StartsAt) {
			m.school.Outages = append(m.school.Outages, o)
		}
		m.version++
	}
	if m.reports == nil {
		m.reports = map[string]booking.Report{}
	}
	for _, r := range w.Reports {
		m.reports[r.ID] = r
	}
	m.deeds = append(m.deeds, w.Deeds...)
}

// OutageByID reads one outage.
func (m *Memory) OutageByID(_ context.Context, id string) (equipment.Outage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range m.school.Outages {
		if o.ID == id {
			return o, nil
		}
	}
	return equipment.Outage{}, fault.NotFound("outage_unknown", "there is no outage %q", id)
}

// ReportByID reads one fault report.
func (m *Memory) ReportByID(_ context.Context, id string) (booking.Report, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.reports[id]
	if !ok {
		return r, fault.NotFound("report_unknown", "there is no fault report %q", id)
	}
	return r, nil
}

// Reports gives the fault reports of a filter.
func (m *Memory) Reports(_ context.Context, f booking.ReportFilter) ([]booking.Report, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := slices.DeleteFunc(slices.Collect(maps.Values(m.reports)), func(r booking.Report) bool {
		return (f.StationID != "" && r.StationID != f.StationID) || (f.PersonID != "" && r.PersonID != f.PersonID) ||
			(f.State != "" && r.State != f.State) || (f.After != (booking.ReportCursor{}) && orderReports(r.Cursor(), f.After) <= 0)
	})
	slices.SortFunc(out, func(a, b booking.Report) int { return orderReports(a.Cursor(), b.Cursor()) })
	if f.Limit > 0 && len(out) > f.Limit {
		out = out[:f.Limit]
	}
	return out, nil
}

func orderReports(a, b booking.ReportCursor) int {
	switch {
	case a.Closed != b.Closed && b.Closed:
		return -1
	case a.Closed != b.Closed:
		return 1
	case !a.At.Equal(b.At):
		return b.At.Compare(a.At)
	}
	return strings.Compare(b.ID, a.ID)
}
