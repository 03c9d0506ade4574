package report_test

import (
	"sync"
	"testing"
	"time"

	"github.com/labtide/labtide/server/ledger"
	"github.com/labtide/labtide/server/report"
)

func TestAReportIsNeverOlderThanTheStores(t *testing.T) {
	s := newSchool(t, "UTC", "2026-05-29 06:00")
	s.station("a", "r", "k")
	s.saw("a", false, "2026-05-01 00:00", "2026-05-29 06:00")
	minutes := func() ledger.Counts {
		return s.utilization(report.Query{From: "2026-05-01", To: "2026-05-30"}).Total.Minutes
	}
	want := ledger.Counts{Free: 28*1440 + 360}
	wantCounts(t, "first", minutes(), want)

	s.saw("a", true, "2026-05-03 10:00", "2026-05-03 11:00") // samples that come weeks late, stored by anybody
	s.saw("a", true, "2026-05-29 05:00", "2026-05-29 06:00")
	want.Free, want.WalkIn = want.Free-120, 120
	wantCounts(t, "after late samples", minutes(), want)

	s.book("a", "p", false, "2026-05-28 10:00", "2026-05-28 12:00") // yesterday: not settled
	want.Free, want.BookedIdle = want.Free-120, 120
	wantCounts(t, "after a booking of yesterday", minutes(), want)

	s.book("a", "p", false, "2026-05-03 10:30", "2026-05-03 12:00") // an import: the store raises the version
	s.versions[ledger.DayOf(s.at("2026-05-03 00:00"))]++
	want.WalkIn, want.BookedUsed, want.Free, want.BookedIdle = want.WalkIn-30, 30, want.Free-60, want.BookedIdle+60
	wantCounts(t, "after an import", minutes(), want)

	s.outage("a", "2026-05-02 00:00", "2026-05-03 00:00")
	want.Free, want.Down = want.Free-1440, 1440
	wantCounts(t, "after an outage entered late", minutes(), want)

	s.now = s.now.Add(time.Hour)
	want.Unknown = 60
	wantCounts(t, "an hour later", minutes(), want)
}

func TestThePastIsReadOnce(t *testing.T) {
	s := newSchool(t, "UTC", "2026-05-29 06:00")
	s.station("a", "r", "k")
	q := report.Query{From: "2026-05-01", To: "2026-05-20"}
	s.utilization(q)
	cold := s.reads.Load()
	s.utilization(q)
	q.GroupBy = report.GroupProgramme
	s.utilization(q)
	if _, err := s.service.Heatmap(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	if cold == 0 || s.reads.Load() != cold {
		t.Errorf("bookings were read %d times for the first report, and %d times after three more", cold, s.reads.Load())
	}
}

func TestReportsThatAreAskedAtOnceAgreeWithTheStoreAtTheEnd(t *testing.T) {
	s := newSchool(t, "UTC", "2026-05-29 06:00")
	s.station("a", "r", "k")
	q := report.Query{From: "2026-05-01", To: "2026-05-30", GroupBy: report.GroupProgramme}
	var group sync.WaitGroup
	for n := range 4 {
		group.Go(func() {
			for m := range 20 {
				d := ledger.StationDay{Station: "a", Day: ledger.DayOf(s.now) - ledger.Day(1+m%5)}
				d.Seen.Set(n*20 + m)
				if err := s.ledger.Or(t.Context(), []ledger.StationDay{d}); err != nil {
					t.Error(err)
				}
				if _, err := s.service.Utilization(t.Context(), q); err != nil {
					t.Error(err)
				}
				if _, err := s.service.Heatmap(t.Context(), q); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if got := s.utilization(q).Total.Minutes.Free; got != 80 {
		t.Errorf("%d minutes are free, want 80", got)
	}
}
