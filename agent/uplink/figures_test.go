//go:build linux

package uplink

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/labtide/labtide/agent/wire"
)

var figures = flag.Duration("figures", 0, "measure the agent for so long, such as 10m")

// The goals: memory in KiB, as /proc says it, processor in percent of one core, binary in bytes.
const (
	goalRSS    = 9 << 10
	goalCPU    = 0.05
	goalBinary = 9_300_000
)

// TestFigures measures the real agent, stripped, at default settings, connected to a real broker without TLS, with a
// server that acknowledges:
//
//	go test ./agent/uplink -run TestFigures -figures 10m -timeout 15m -v
//
// The agent finds the X display of $DISPLAY, if there is one, as it would in a lab.
func TestFigures(t *testing.T) {
	if *figures == 0 {
		t.Skip("it takes long; ask for it with -figures 10m")
	}
	url, _ := mosquitto(t, false)
	stored := acknowledge(t, url)
	dir := t.TempDir()
	binary := filepath.Join(dir, "agent")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, "github.com/labtide/labtide/agent")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	credentials, err := json.Marshal(map[string]string{"device": "pc-1", "broker": url, "username": "pc-1", "password": "right"})
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, "credentials.json", string(credentials))
	agent := exec.Command(binary, "run")
	agent.Env = append(os.Environ(), "LABTIDE_AGENT_DATA_FOLDER="+dir)
	var log bytes.Buffer
	agent.Stderr = &log
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	m := measure(t, agent.Process.Pid, *figures)
	if err := agent.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := agent.Wait(); err != nil {
		t.Errorf("the agent ended badly: %v", err)
	}
	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("agent for %v: VmRSS %d KiB at the end, %d KiB at most; %.2f s of processor time, %.4f %% of a core; binary %d bytes; %d samples stored; %d processes on this computer",
		*figures, m.rss, m.peak, m.cpu.Seconds(), m.percent, info.Size(), len(stored), m.processes)
	t.Logf("the agent's log:\n%s", log.String())
	if m.peak > goalRSS || m.percent > goalCPU || info.Size() > goalBinary {
		t.Errorf("the goals are %d KiB, %v %% and %d bytes", goalRSS, goalCPU, goalBinary)
	}
}

// acknowledge plays the server: it acknowledges every usage message of pc-1, and counts the samples in the channel.
func acknowledge(t *testing.T, url string) <-chan struct{} {
	t.Helper()
	stored := make(chan struct{}, 1<<16)
	var conn connection
	ready := make(chan struct{})
	conn, err := dialPaho(t.Context(), call{
		broker: Broker{URL: url, Username: "pc-1", Password: "right"}, client: "server",
		willTopic: "labtide/v1/pc-1/notice", will: []byte("{}"),
		message: func(_ string, payload []byte) {
			<-ready
			u, err := wire.DecodeUsage(payload)
			if err != nil {
				t.Error(err)
				return
			}
			answer, err := wire.EncodeAck(wire.Ack{Epoch: u.Epoch, FirstSeq: u.FirstSeq, LastSeq: u.LastSeq()})
			if err != nil {
				t.Error(err)
				return
			}
			for range u.Samples {
				stored <- struct{}{}
			}
			go conn.publish(wire.Topic("pc-1", wire.ChannelAck), false, answer)
		},
		lost: func(error) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	close(ready)
	t.Cleanup(conn.close)
	if err := conn.subscribe(wire.Topic("pc-1", wire.ChannelUsage)); err != nil {
		t.Fatal(err)
	}
	return stored
}

// measured is what a process took.
type measured struct {
	rss, peak int // KiB
	cpu       time.Duration
	percent   float64
	processes int
}

// measure watches a process. The start counts for the memory but not for the processor: it is over in the first
// seconds.
func measure(t *testing.T, pid int, d time.Duration) measured {
	t.Helper()
	const warmUp = 5 * time.Second
	ticker := time.NewTicker(warmUp)
	defer ticker.Stop()
	<-ticker.C
	before, began := cpuOf(t, pid), time.Now()
	var m measured
	for time.Since(began) < d {
		<-ticker.C
		m.rss = rssOf(t, pid)
		m.peak = max(m.peak, m.rss)
	}
	m.cpu = cpuOf(t, pid) - before
	m.percent = 100 * m.cpu.Seconds() / time.Since(began).Seconds()
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	m.processes = len(all)
	return m
}

func rssOf(t *testing.T, pid int) int {
	t.Helper()
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(content), "VmRSS:")
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kib
}

// cpuOf is user and system time of all threads, in ticks of a hundredth of a second.
func cpuOf(t *testing.T, pid int) time.Duration {
	t.Helper()
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(content[bytes.LastIndexByte(content, ')')+1:]))
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}
