package report_test

import (
	"fmt"
	"testing"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/ledger"
	"github.com/labtide/labtide/server/report"
)

func TestTheHeatmapSaysWhatCountingMinuteByMinuteSays(t *testing.T) {
	zones(t, func(t *testing.T, s *school, from, to equipment.Day) {
		for _, kind := range []string{"", "cnc"} {
			got, err := s.service.Heatmap(t.Context(), report.Query{From: from, To: to, Kind: kind})
			if err != nil {
				t.Fatal(err)
			}
			want := countCells(s.minutes(from, to), kind)
			if len(got.Cells) != len(want) {
				t.Errorf("%d cells, want %d", len(got.Cells), len(want))
			}
			for _, g := range got.Cells {
				what := fmt.Sprintf("kind %q, weekday %d at %d: ", kind, g.Weekday, g.Hour)
				if w := want[[2]int{g.Weekday, g.Hour}]; w == nil {
					t.Error(what + "there should be no such cell")
				} else {
					w.compare(t, what, g)
				}
			}
		}
	})
}

// instant is one minute of a site.
type instant struct {
	site string
	at   int64
}

// cell is an hour of the week, counted the slow way.
type cell struct {
	open                       int64
	usable, known, used, taken float64
	atOnce                     map[instant][3]int // stations that are usable, used, busy
}

func countCells(all []minuteOf, kind string) map[[2]int]*cell {
	out := map[[2]int]*cell{}
	for _, m := range all {
		if kind != "" && m.station.KindID != kind || m.label == ledger.LabelClosed {
			continue
		}
		key := [2]int{(int(m.local.Weekday())+6)%7 + 1, m.local.Hour()}
		if out[key] == nil {
			out[key] = &cell{atOnce: map[instant][3]int{}}
		}
		out[key].count(m)
	}
	return out
}

func (c *cell) count(m minuteOf) {
	c.open++
	if m.label == ledger.LabelDown {
		return
	}
	c.usable++
	n := c.atOnce[instant{m.station.SiteID, m.at.Unix()}]
	n[0]++
	if m.known() {
		c.known++
	}
	if m.used() {
		c.used++
		n[1]++
	}
	if m.booked {
		c.taken++
	}
	if m.used() || m.booked {
		n[2]++
	}
	c.atOnce[instant{m.station.SiteID, m.at.Unix()}] = n
}

func (c *cell) compare(t *testing.T, what string, got report.Cell) {
	t.Helper()
	if got.OpenMinutes != c.open {
		t.Errorf("%s%d open minutes, want %d", what, got.OpenMinutes, c.open)
	}
	wantShare(t, what+"utilization", got.Utilization, c.used, c.known)
	wantShare(t, what+"booked", got.Booked, c.taken, c.usable)
	wantShare(t, what+"coverage", got.Coverage, c.known, c.usable)
	peak, full := 0, 0.0
	for _, n := range c.atOnce {
		peak = max(peak, n[1])
		if float64(n[2]) > 0.8*float64(n[0]) {
			full++
		}
	}
	if got.Peak != peak {
		t.Errorf("%speak %d, want %d", what, got.Peak, peak)
	}
	wantShare(t, what+"full", got.Full, full, float64(len(c.atOnce)))
}
