package bookingtest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
)

// audited gives the lines of a filter in a few words each.
func (b bench) audited(t *testing.T, f booking.AuditFilter) []string {
	t.Helper()
	lines, err := b.service(1).Audit(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range lines {
		out = append(out, fmt.Sprintf("%s %s %s", l.PersonID, l.Source, l.Act))
	}
	return out
}

func audit(t *testing.T, b bench) {
	tick := Now()
	at := func() time.Time { return tick }
	for i, store := range b.Stores {
		b.services[i] = booking.New(store, at)
	}
	next := func() { tick = tick.Add(time.Second) }
	made := b.reserve(t, Student(0), request(pc, At(1, 10, 0), At(1, 11, 0)))
	next()
	if _, err := b.service(0).SetPolicy(t.Context(), Instructor(), booking.PolicyRule{Scope: booking.ScopeSchool, GridMinutes: new(30)}); err != nil {
		t.Fatal(err)
	}
	next()
	out := b.down(t, pc, At(1, 9, 0), At(1, 17, 0))
	wantFates(t, out, booking.FateMoved)
	for _, c := range []struct {
		name string
		f    booking.AuditFilter
		want []string
	}{
		{"all", booking.AuditFilter{}, []string{
			"instructor booking reseated", "instructor outage started", "instructor policy set", "student-00 booking reserved",
		}},
		{"of a person", booking.AuditFilter{PersonID: StudentID(0)}, []string{"instructor booking reseated", "student-00 booking reserved"}},
		{"of nobody", booking.AuditFilter{PersonID: "%"}, nil},
		{"at a station", booking.AuditFilter{StationID: StationID(pc)}, []string{"instructor outage started", "student-00 booking reserved"}},
		{"by a person", booking.AuditFilter{ActorID: StudentID(0)}, []string{"student-00 booking reserved"}},
		{"an act", booking.AuditFilter{Act: booking.ActReseated}, []string{"instructor booking reseated"}},
		{"a second", booking.AuditFilter{From: Now().Add(time.Second), Until: Now().Add(2 * time.Second)}, []string{"instructor policy set"}},
		{"no key", booking.AuditFilter{ActorID: "\x00"}, nil},
	} {
		if got := b.audited(t, c.f); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	var paged []string
	for f := (booking.AuditFilter{Limit: 1}); ; {
		page, err := b.service(0).Audit(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		f.After = page[0].Cursor()
		paged = append(paged, string(page[0].Act))
		if l := page[0]; l.Act == booking.ActReseated && (l.Before.StationID != StationID(pc) || l.After.StationID != StationID(otherPC) || l.ID != made.ID || l.Reason != "no power") {
			t.Errorf("the move is %+v", l)
		}
	}
	if want := []string{"reseated", "started", "set", "reserved"}; !slices.Equal(paged, want) {
		t.Errorf("page by page %q, want %q", paged, want)
	}
}

// auditRoutine: what devices saw of sound bookings can be left out, and nothing else.
func auditRoutine(t *testing.T, b bench) {
	made := b.reserve(t, Student(0), request(pc, At(1, 10, 0), At(1, 11, 0)))
	lines := []booking.Entry{
		{Act: booking.ActCheckedIn, Reason: "evidence"},
		{Act: booking.ActCheckedIn, Reason: "instructor", PersonID: "instructor"},
		{Act: booking.ActJudged, Reason: string(booking.VerdictArrived)},
		{Act: booking.ActJudged, Reason: string(booking.VerdictUnknown)},
		{Act: booking.ActJudged, Reason: string(booking.VerdictAbsent)},
		{Act: booking.ActWarned, Reason: "idle"},
		{Act: booking.ActKept},
		{Act: booking.ActKept, PersonID: StudentID(0)},
		{Act: booking.ActReleased, Reason: "idle"},
		{Act: booking.ActLapsed},
		{Act: booking.ActDisplaced},
	}
	for i := range lines {
		lines[i].BookingID, lines[i].At, lines[i].After = made.ID, Now(), made
		lines[i].After.Version = made.Version + int64(i) + 1
	}
	err := b.Stores[0].Decide(t.Context(), booking.Ask{StationIDs: []string{made.StationID}}, func(booking.View) (booking.Write, error) {
		return booking.Write{Trail: lines}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		" booking displaced", " booking lapsed", " booking released", "student-00 booking kept", " booking judged", "instructor booking checked_in", "student-00 booking reserved",
	}
	if got := b.audited(t, booking.AuditFilter{Notable: true}); !slices.Equal(got, want) {
		t.Errorf("notable are %q, want %q", got, want)
	}
	if all := b.audited(t, booking.AuditFilter{}); len(all) != len(lines)+1 {
		t.Errorf("there are %d lines, want %d", len(all), len(lines)+1)
	}
}

// auditDeeds follows two outages and two fault reports to their ends.
func auditDeeds(t *testing.T, b bench) {
	tick := Now()
	for i, store := range b.Stores {
		b.services[i] = booking.New(store, func() time.Time { return tick })
	}
	did := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		tick = tick.Add(time.Minute)
	}
	found, err := b.service(0).ReportFault(t.Context(), Student(0), StationID(pc), "it smells")
	did(err)
	vain, err := b.service(1).ReportFault(t.Context(), Student(1), StationID(0), "too slow")
	did(err)
	running, err := b.service(0).ConfirmReport(t.Context(), Instructor(), found.ID, outage(pc, tick, At(1, 17, 0)))
	did(err)
	_, err = b.service(1).DismissReport(t.Context(), Instructor(), vain.ID, "it is not")
	did(err)
	planned, err := b.service(0).StartOutage(t.Context(), Instructor(), outage(0, At(2, 9, 0), At(2, 17, 0)), false)
	did(err)
	_, err = b.service(1).ChangeOutage(t.Context(), Instructor(), planned.Outage.ID, 0, booking.OutageChange{EndsAt: new(At(2, 12, 0)), Reason: new("new lamps")}, false)
	did(err)
	_, err = b.service(0).EndOutage(t.Context(), Instructor(), planned.Outage.ID, 0)
	did(err)
	_, err = b.service(0).EndOutage(t.Context(), Instructor(), running.Outage.ID, 0)
	did(err)
	for _, c := range []struct {
		name string
		f    booking.AuditFilter
		want []string
	}{
		{"all", booking.AuditFilter{}, []string{
			"instructor outage outage_ended", "instructor outage outage_withdrawn", "instructor outage outage_changed", "instructor outage started",
			"instructor report dismissed", "instructor outage started", "instructor report confirmed", "student-01 report reported", "student-00 report reported",
		}},
		{"whose report", booking.AuditFilter{PersonID: StudentID(0)}, []string{"instructor report confirmed", "student-00 report reported"}},
		{"at a station", booking.AuditFilter{StationID: StationID(pc)}, []string{
			"instructor outage outage_ended", "instructor outage started", "instructor report confirmed", "student-00 report reported",
		}},
		{"an act", booking.AuditFilter{Act: booking.ActDismissed}, []string{"instructor report dismissed"}},
	} {
		if got := b.audited(t, c.f); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	lines, err := b.service(1).Audit(t.Context(), booking.AuditFilter{Act: booking.ActOutageChanged})
	if err != nil || len(lines) != 1 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	changed := booking.Differences(lines[0].OldBody, lines[0].Body)
	if lines[0].Reason != "new lamps" || lines[0].StationID != StationID(0) || len(changed) != 1 || changed[0].Name != "ends_at" ||
		string(changed[0].After) != `"`+At(2, 12, 0).UTC().Format(time.RFC3339)+`"` {
		t.Errorf("the change is %+v: %+v", lines[0], changed)
	}
	if lines, err = b.service(1).Audit(t.Context(), booking.AuditFilter{Act: booking.ActDismissed}); err != nil || lines[0].Reason != "it is not" || lines[0].OfID != StudentID(1) {
		t.Errorf("the dismissal is %+v, %v", lines[0], err)
	}
}

func faultReports(t *testing.T, b bench) {
	report := func(student, station int) (booking.Report, error) {
		return b.service(student).ReportFault(t.Context(), Student(student), StationID(station), "it smells")
	}
	var first booking.Report
	for n := range 5 {
		r, err := report(0, n)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			first = r
		}
	}
	if again, err := report(0, 0); err != nil || again != first {
		t.Errorf("the same once more: %+v, %v", again, err)
	}
	if _, err := report(0, 5); err == nil {
		t.Error("a sixth open report of one person was taken")
	}
	if _, err := report(1, 0); err != nil {
		t.Error(err)
	}
	if _, err := b.service(0).DismissReport(t.Context(), Instructor(), first.ID, "it does not"); err != nil {
		t.Fatal(err)
	}
	if _, err := report(0, 5); err != nil {
		t.Error(err)
	}
	all, err := b.Stores[0].Reports(t.Context(), booking.ReportFilter{})
	if err != nil || len(all) != 7 || all[6].ID != first.ID || all[6].State != booking.ReportDismissed || all[6].Answer != "it does not" {
		t.Fatalf("%d reports, %v; the last is %+v", len(all), err, all[len(all)-1])
	}
	var paged []booking.Report
	for f := (booking.ReportFilter{Limit: 3}); ; f.After = paged[len(paged)-1].Cursor() {
		page, err := b.Stores[0].Reports(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		if paged = append(paged, page...); len(page) < 3 {
			break
		}
	}
	if !slices.Equal(paged, all) {
		t.Errorf("page by page there are %d", len(paged))
	}
	mine, err := b.Stores[0].Reports(t.Context(), booking.ReportFilter{PersonID: StudentID(1), StationID: StationID(0), State: booking.ReportOpen})
	if err != nil || len(mine) != 1 {
		t.Errorf("%d of one person, %v", len(mine), err)
	}
}
