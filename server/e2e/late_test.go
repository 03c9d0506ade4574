package e2e

import (
	"testing"
	"time"

	"github.com/labtide/labtide/agent/wire"
)

// A device that was cut off brings its minutes a day late: what was unknown becomes known, and only that.
func TestLateSamplesFlipALabel(t *testing.T) {
	t.Parallel()
	h := move(t, settings(t))
	start := yesterday()
	end := start.Add(time.Hour)
	h.remember("PLC-01", "li", start, end)
	if got := h.labels("PLC-01", start, end); got["unknown"] != 60 {
		t.Fatalf("before: %v", got)
	}
	m := plug(t, t.TempDir(), h.enrol("pc-1"), wire.Idle)
	m.saw(start, 15, 0)
	m.delivered()
	if got := h.labels("PLC-01", start, end); got["booked_idle"] != 15 || got["unknown"] != 45 {
		t.Fatalf("after the first quarter: %v", got)
	}
	m.saw(start.Add(15*time.Minute), 45, 60)
	m.delivered()
	if got := h.labels("PLC-01", start, end); got["booked_idle"] != 15 || got["booked_used"] != 45 || got["unknown"] != 0 {
		t.Fatalf("after all of it: %v", got)
	}
	h.figures(start, 45)
}
