//go:build !linux

package collect

import (
	"fmt"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/mem"
)

// loadEvery is how often the load is read.
const loadEvery = 10 * time.Second

// load reads processors and memory.
type load struct {
	readAt time.Duration
	primed bool
}

// Collect sets CPUPercent and MemoryPercent every ten seconds.
func (l *load) Collect(r *Reading) error {
	if l.primed && r.Uptime-l.readAt < loadEvery {
		return nil
	}
	first := !l.primed
	l.readAt, l.primed = r.Uptime, true
	percents, err := cpu.Percent(0, false)
	if err != nil {
		return fmt.Errorf("read the processors' load: %w", err)
	}
	if len(percents) > 0 && !first { // the first answer is the mean since the start of the computer
		p := min(max(percents[0], 0), 100)
		r.CPUPercent = &p
	}
	m, err := mem.VirtualMemory()
	if err != nil {
		return fmt.Errorf("read the memory's load: %w", err)
	}
	p := min(max(m.UsedPercent, 0), 100)
	r.MemoryPercent = &p
	return nil
}
