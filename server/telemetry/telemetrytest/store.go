// Package telemetrytest holds every telemetry store to the same answers, and has one in memory for the tests of others.
//
// It may not know any database. Invariant: what one store passes here and another does not is a fault of the other.
package telemetrytest

import (
	"testing"
	"time"

	"github.com/labtide/labtide/server/telemetry"
)

// RunStore runs the conformance suite. newStore gives an empty store and sees to its end with t.Cleanup; the suite
// asks for one per subtest. It must keep samples of the last five days.
func RunStore(t *testing.T, newStore func(t *testing.T) telemetry.Store) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, f *fixture)
	}{
		{"an answering store pings", testPing},
		{"a sample comes back as it was written", testRoundTrip},
		{"numbers that were not measured stay absent", testAbsent},
		{"the same sample again doubles nothing", testRewriteSame},
		{"another sample of the same minute replaces it", testRewriteOther},
		{"the later of two samples in one batch wins", testSameBatch},
		{"an empty batch is stored", testEmptyBatch},
		{"bad samples are refused and the rest is stored", testRejects},
		{"a batch of five thousand is stored", testLargeBatch},
		{"strange names come back unharmed", testStrangeNames},
		{"a cancelled write is an error", testCancelled},
		{"a series has minimum, mean, maximum and count of each step", testSeries},
		{"buckets are aligned to the epoch", testAlignment},
		{"bounds are half-open", testBounds},
		{"every metric has a series", testMetrics},
		{"our names come before a sample's own", testShadowedMetric},
		{"the last sample is the newest minute", testLast},
		{"a scan is in order and stops at an error", testScan},
		{"coverage counts minutes of which something is known", testCoverage},
		{"devices do not see each other", testIsolation},
		{"an unknown device has nothing", testUnknownDevice},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.run(t, &fixture{t: t, store: newStore(t), base: Base()})
		})
	}
}

// Base is the UTC midnight three days ago, from which the suite counts its minutes: young enough for any retention.
func Base() time.Time {
	const day = 24 * time.Hour
	return time.Now().UTC().Truncate(day).Add(-3 * day)
}
