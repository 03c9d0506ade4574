package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is one run of a server program.
type process struct {
	cmd     *exec.Cmd
	logPath string
	done    chan struct{} // closed when the program has ended
}

// launch starts a program whose output is appended to the file logPath, and does not wait for it to be ready.
func launch(cmd *exec.Cmd, logPath string) (*process, error) {
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("rig: %w", err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	p := &process{cmd: cmd, logPath: logPath, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// Linux sends the parent-death signal when the *thread* that forked ends, so that thread
		// is kept until the program is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		_ = log.Close() // the program has its own descriptor
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log; that it ended is what done says
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("rig: start %s: %w", cmd.Path, err)
	}
	return p, nil
}

// awaitReady polls until ready says nil. It gives up when the program ends or readyWithin has passed,
// with the end of the program's log in the error.
func (p *process) awaitReady(ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("rig: %s ended at once:\n%s", p.cmd.Path, p.logTail())
		case <-ctx.Done():
			return fmt.Errorf("rig: %s is not ready after %v: %w\n%s", p.cmd.Path, readyWithin, err, p.logTail())
		case <-tick.C:
		}
	}
}

// end sends the signal and waits for the program's end; after ten seconds it is killed.
func (p *process) end(signal syscall.Signal) error {
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("rig: signal %s: %w", p.cmd.Path, err)
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(10 * time.Second):
	}
	_ = p.cmd.Process.Kill()
	<-p.done
	return fmt.Errorf("rig: %s did not end within 10 s of %v and was killed:\n%s", p.cmd.Path, signal, p.logTail())
}

// logTail returns the last lines of the program's output.
func (p *process) logTail() string {
	const most = 2000
	text, err := os.ReadFile(p.logPath)
	if err != nil {
		return err.Error()
	}
	if len(text) > most {
		text = text[len(text)-most:]
	}
	return strings.TrimSpace(string(text))
}

// server is a program that a test can stop and start again on the same files and the same port.
type server struct {
	t       testing.TB
	command func() *exec.Cmd
	ready   func(context.Context) error
	logPath string
	process *process // nil while stopped
}

// newServer starts the program and has it stopped at the end of the test.
func newServer(t testing.TB, logPath string, command func() *exec.Cmd, ready func(context.Context) error) *server {
	t.Helper()
	s := &server{t: t, command: command, ready: ready, logPath: logPath}
	s.Start()
	t.Cleanup(func() {
		if t.Failed() && s.process != nil {
			t.Logf("rig: the end of %s:\n%s", s.logPath, s.process.logTail())
		}
		s.Stop()
	})
	return s
}

// Start starts the server again, on the same port and files, and returns when it answers.
// It does nothing when the server runs.
func (s *server) Start() {
	s.t.Helper()
	if s.process != nil {
		return
	}
	cmd := s.command()
	cmd.SysProcAttr = dieWithParent(cmd.SysProcAttr)
	p, err := launch(cmd, s.logPath)
	if err != nil {
		s.t.Fatal(err)
	}
	s.process = p
	if err := p.awaitReady(s.ready); err != nil {
		s.t.Fatal(err)
	}
}

// Stop asks the server to end and waits until it has. It does nothing when the server is stopped.
func (s *server) Stop() {
	s.t.Helper()
	s.end(syscall.SIGTERM)
}

// Kill ends the server without a warning, as a power cut would.
func (s *server) Kill() {
	s.t.Helper()
	s.end(syscall.SIGKILL)
}

func (s *server) end(signal syscall.Signal) {
	s.t.Helper()
	if s.process == nil {
		return
	}
	p := s.process
	s.process = nil
	if err := p.end(signal); err != nil {
		s.t.Error(err)
	}
}
