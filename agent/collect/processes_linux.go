package collect

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

// scanEvery is how often the processes are listed: it is the most expensive thing that the agent does.
const scanEvery = 30 * time.Second

// processes looks for the listed applications. It reads the short name of each process and nothing else.
type processes struct {
	dir     string
	apps    *applications
	proc    *os.File
	readAt  time.Duration
	primed  bool
	last    found
	path    []byte // buffers that are used again
	content []byte
}

func newProcesses(dir string, apps *applications) *processes {
	return &processes{dir: dir, apps: apps, content: make([]byte, 64)}
}

// Collect sets Application and Unattended, from a scan every half minute.
func (p *processes) Collect(r *Reading) error {
	if len(p.apps.list) == 0 || p.apps.forbidden {
		p.primed = false
		return errNothing
	}
	if !p.primed || r.Uptime-p.readAt >= scanEvery {
		p.readAt = r.Uptime
		p.primed = false
		if err := p.scan(); err != nil {
			return err
		}
		p.primed = true
	}
	r.Application = p.apps.category(p.last)
	r.Unattended = p.last.unattended
	return nil
}

func (p *processes) scan() error {
	if p.proc == nil {
		f, err := os.Open(p.dir)
		if err != nil {
			return fmt.Errorf("list the processes: %w", err)
		}
		p.proc = f
	}
	if _, err := p.proc.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("list the processes: %w", err)
	}
	p.last = p.apps.nothing()
	for {
		names, err := p.proc.Readdirnames(128)
		for _, name := range names {
			if isPID(name) {
				p.look(name)
			}
		}
		if errors.Is(err, io.EOF) || err == nil && len(names) == 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("list the processes: %w", err)
		}
	}
}

// look reads the name of one process, if it is still there. It does without os.File, which would register every file
// with the poller.
func (p *processes) look(pid string) {
	p.path = append(append(append(p.path[:0], p.dir...), '/'), pid...)
	p.path = append(p.path, "/comm"...)
	fd, err := syscall.Open(string(p.path), syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	n, err := syscall.Read(fd, p.content)
	syscall.Close(fd)
	if err == nil && n > 0 {
		p.apps.meet(&p.last, bytes.TrimSuffix(p.content[:n], []byte("\n")))
	}
}
