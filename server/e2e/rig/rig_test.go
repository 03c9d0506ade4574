package rig

import (
	"context"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestAFreePortCanBeListenedOn(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(FreePort(t)))
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Error(err)
	}
}

func TestChromiumStarts(t *testing.T) {
	output, err := exec.CommandContext(t.Context(), Chromium(t), "--version").CombinedOutput()
	if err != nil || !strings.Contains(string(output), "Chromium") {
		t.Fatalf("chromium --version: %v: %s", err, output)
	}
}

// verdict is a test that notes how it was ended instead of ending.
type verdict struct {
	testing.TB
	skipped, failed bool
}

func (v *verdict) Helper()               {}
func (v *verdict) Skipf(string, ...any)  { v.skipped = true }
func (v *verdict) Fatalf(string, ...any) { v.failed = true }

func TestAMissingProgramSkipsUnlessServicesAreRequired(t *testing.T) {
	for require, want := range map[string]verdict{"": {skipped: true}, "1": {failed: true}} {
		t.Setenv(requireEnv, require)
		got := verdict{}
		program(&got, "no-such-program-anywhere")
		if got != want {
			t.Errorf("%s=%q: got %+v, want %+v", requireEnv, require, got, want)
		}
	}
}

// eventually waits until check says nil.
func eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), readyWithin)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("never true: %s: %v", what, err)
		case <-tick.C:
		}
	}
}
