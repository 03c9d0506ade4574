package collect

import (
	"bytes"
	"errors"
	"strconv"
)

// cpuTimes are the ticks of all processors since the start of the computer.
type cpuTimes struct{ busy, total uint64 }

// parseCPU reads the first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal; guest time is
// already part of user.
func parseCPU(stat []byte) (cpuTimes, error) {
	line, _, _ := bytes.Cut(stat, []byte("\n"))
	rest, ok := bytes.CutPrefix(line, []byte("cpu "))
	if !ok {
		return cpuTimes{}, errors.New("/proc/stat does not begin with cpu")
	}
	var t cpuTimes
	fields := 0
	for fields < 8 {
		field, after := nextField(rest)
		if len(field) == 0 {
			break
		}
		n, ok := parseUint(field)
		if !ok {
			return cpuTimes{}, errors.New("/proc/stat holds no numbers")
		}
		t.total += n
		if fields != 3 && fields != 4 {
			t.busy += n
		}
		rest = after
		fields++
	}
	if fields < 4 {
		return cpuTimes{}, errors.New("/proc/stat holds too few numbers")
	}
	return t, nil
}

// percentSince is how busy the processors were between two readings, 0 … 100; ok is false when no time passed or the
// counters went back.
func (t cpuTimes) percentSince(before cpuTimes) (percent float64, ok bool) {
	if t.total <= before.total || t.busy < before.busy {
		return 0, false
	}
	return min(100*float64(t.busy-before.busy)/float64(t.total-before.total), 100), true
}

// parseMemory reads /proc/meminfo and returns the share of memory that programs could not get, 0 … 100.
func parseMemory(meminfo []byte) (float64, error) {
	total, ok1 := memoryLine(meminfo, "MemTotal:")
	available, ok2 := memoryLine(meminfo, "MemAvailable:")
	if !ok1 || !ok2 || total == 0 || available > total {
		return 0, errors.New("/proc/meminfo does not say MemTotal and MemAvailable")
	}
	return 100 * float64(total-available) / float64(total), nil
}

func memoryLine(meminfo []byte, name string) (uint64, bool) {
	i := bytes.Index(meminfo, []byte(name))
	if i < 0 {
		return 0, false
	}
	field, _ := nextField(meminfo[i+len(name):])
	return parseUint(field)
}

// nextField returns the first run of bytes that are not blank, and what follows.
func nextField(b []byte) (field, rest []byte) {
	b = bytes.TrimLeft(b, " \t")
	if i := bytes.IndexAny(b, " \t\n"); i >= 0 {
		return b[:i], b[i:]
	}
	return b, nil
}

func parseUint(b []byte) (uint64, bool) {
	n, err := strconv.ParseUint(string(b), 10, 64)
	return n, err == nil
}

// isPID reports whether a name in /proc is that of a process.
func isPID(name string) bool { return name != "" && name[0] >= '1' && name[0] <= '9' }
