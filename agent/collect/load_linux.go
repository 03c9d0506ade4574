package collect

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// loadEvery is how often the load is read.
const loadEvery = 10 * time.Second

// load reads processors and memory. The files stay open and the buffer is used again.
type load struct {
	dir           string
	stat, meminfo *os.File
	before        cpuTimes
	readAt        time.Duration
	primed        bool
	buffer        []byte
}

func newLoad(dir string) *load { return &load{dir: dir, buffer: make([]byte, 4096)} }

// Collect sets CPUPercent and MemoryPercent every ten seconds.
func (l *load) Collect(r *Reading) error {
	if l.primed && r.Uptime-l.readAt < loadEvery {
		return nil
	}
	l.readAt = r.Uptime
	stat, err := l.read(&l.stat, "stat")
	if err != nil {
		return err
	}
	now, err := parseCPU(stat)
	if err != nil {
		return err
	}
	if percent, ok := now.percentSince(l.before); ok && l.primed {
		r.CPUPercent = &percent
	}
	l.before, l.primed = now, true
	meminfo, err := l.read(&l.meminfo, "meminfo")
	if err != nil {
		return err
	}
	percent, err := parseMemory(meminfo)
	if err != nil {
		return err
	}
	r.MemoryPercent = &percent
	return nil
}

// read returns the beginning of a file of /proc, valid until the next read.
func (l *load) read(f **os.File, name string) ([]byte, error) {
	if *f == nil {
		var err error
		if *f, err = os.Open(filepath.Join(l.dir, name)); err != nil {
			return nil, err
		}
	}
	n, err := (*f).ReadAt(l.buffer, 0)
	if n == 0 {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return l.buffer[:n], nil
}
