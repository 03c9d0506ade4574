package uplink

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/labtide/labtide/agent/outbox"
	"github.com/labtide/labtide/agent/wire"
)

// nextSession returns a session number larger than every one before, and keeps it in the file before it is used. It
// also keeps up with the clock, so that numbers go on growing on a computer whose disk is reset at every start.
func nextSession(file string, now time.Time) (uint64, error) {
	content, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, fmt.Errorf("read the session number: %w", err)
	}
	last, err := strconv.ParseUint(strings.TrimSpace(string(content)), 10, 64)
	if err != nil || last >= wire.MaxSeq {
		last = 0 // missing or damaged: the clock carries on
	}
	session := max(last+1, uint64(max(now.Unix(), 0)))
	if err := outbox.WriteFile(file, []byte(strconv.FormatUint(session, 10)+"\n")); err != nil {
		return 0, fmt.Errorf("keep the session number: %w", err)
	}
	return session, nil
}
