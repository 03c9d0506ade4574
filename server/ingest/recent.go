package ingest

import (
	"hash/maphash"
	"math"

	"github.com/labtide/labtide/server/telemetry"
)

// How much is remembered to notice two different samples for one minute: 1 KiB a device.
const (
	recentMinutes = 128
	recentDevices = 50_000
)

// recent remembers what came for the last minutes of each device: not to decide anything, only to notice that two
// machines have one name, or that an outbox was lost. It is not safe for concurrent use.
type recent struct {
	seed    maphash.Seed
	devices map[string]*[recentMinutes]trace
}

// trace is a minute, counted from 1970, and the digest of its sample; the zero value is none.
type trace struct {
	minute uint32
	digest uint32
}

func newRecent() recent {
	return recent{seed: maphash.MakeSeed(), devices: map[string]*[recentMinutes]trace{}}
}

// differs remembers the sample, and reports whether another one for its minute is remembered.
func (r *recent) differs(s telemetry.Sample) bool {
	traces := r.devices[s.Device]
	if traces == nil {
		if len(r.devices) >= recentDevices {
			clear(r.devices)
		}
		traces = &[recentMinutes]trace{}
		r.devices[s.Device] = traces
	}
	minute := uint32(s.Minute.Unix() / 60)
	now := trace{minute, r.digest(s)}
	slot := &traces[minute%recentMinutes]
	different := slot.minute == minute && slot.digest != now.digest
	*slot = now
	return different
}

func (r *recent) digest(s telemetry.Sample) uint32 {
	var h maphash.Hash
	h.SetSeed(r.seed)
	_ = h.WriteByte(byte(s.InUseSeconds))
	_ = h.WriteByte(byte(s.IdleSeconds))
	for _, number := range []*float64{s.CPUPercent, s.MemoryPercent, s.PowerWatts} {
		if number == nil {
			_ = h.WriteByte(0)
			continue
		}
		_ = h.WriteByte(1)
		maphash.WriteComparable(&h, math.Float64bits(*number))
	}
	_, _ = h.WriteString(s.Source)
	_ = h.WriteByte(0)
	_, _ = h.WriteString(s.Application)
	sum := h.Sum64()
	for name, value := range s.Metrics { // in any order
		var m maphash.Hash
		m.SetSeed(r.seed)
		_, _ = m.WriteString(name)
		maphash.WriteComparable(&m, math.Float64bits(value))
		sum += m.Sum64()
	}
	return uint32(sum ^ sum>>32)
}
