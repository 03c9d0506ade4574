package account

import (
	"testing"
	"time"

	"github.com/labtide/labtide/server/fault"
)

// moved is attempts with a clock that the test moves.
type moved struct {
	*attempts
	at time.Time
}

func newMoved() *moved {
	m := &moved{at: time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)}
	m.attempts = newAttempts(func() time.Time { return m.at })
	return m
}

func TestTriesUnderWayCountAndNobodyWaitsLong(t *testing.T) {
	m := newMoved()
	allowed := 0
	for range 100 { // all before the first password is compared
		_, err := m.allow("lin", "10.0.0.1")
		switch {
		case err == nil:
			allowed++
		case fault.CodeOf(err) != "too_many_attempts":
			t.Fatal(err)
		}
	}
	if allowed != int(perLoginAndAddress.burst) {
		t.Fatalf("%d of 100 tries at once were let through, want %v", allowed, perLoginAndAddress.burst)
	}
	if _, err := m.allow("lin", "10.0.0.2"); err != nil {
		t.Fatalf("from another address: %v", err)
	}
	m.at = m.at.Add(perLoginAndAddress.every)
	if _, err := m.allow("lin", "10.0.0.1"); err != nil {
		t.Fatalf("after the longest wait: %v", err)
	}
}

func TestOneAddressNeverKeepsAPersonOutEverywhere(t *testing.T) {
	m := newMoved()
	for range 3600 {
		_, _ = m.allow("lin", "10.0.0.1")
		m.at = m.at.Add(time.Second)
		giveBack, err := m.allow("lin", "10.0.0.2")
		if err != nil {
			t.Fatalf("at %s: %v", m.at, err)
		}
		giveBack()
	}
}

func TestATryThatSucceededCostsNothing(t *testing.T) {
	m := newMoved()
	for range 200 {
		giveBack, err := m.allow("lin", "10.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		giveBack()
	}
}
