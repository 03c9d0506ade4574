package screen

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/labtide/labtide/agent/wire"
)

// lookEvery is how often a follower looks at the board.
const lookEvery = 2 * time.Second

// Board is a file on which an agent that is a system service puts its notices, because a service has no screen. Everybody at
// this computer may read it, as they may read the screen.
type Board struct{ Path string }

// Put replaces what is on the board.
func (b Board) Put(notices []wire.Notice) error {
	content, err := json.Marshal(notices)
	if err != nil {
		return fmt.Errorf("put up a notice: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(b.Path), 0o755); err != nil { //nolint:gosec // to be read by others
		return fmt.Errorf("put up a notice: %w", err)
	}
	if err := os.WriteFile(b.Path+".new", content, 0o644); err != nil { //nolint:gosec // to be read by others
		return fmt.Errorf("put up a notice: %w", err)
	}
	// The service's umask is strict.
	if err := errors.Join(os.Chmod(b.Path+".new", 0o644), os.Rename(b.Path+".new", b.Path)); err != nil { //nolint:gosec // to be read by others
		return fmt.Errorf("put up a notice: %w", err)
	}
	return nil
}

// Follow shows what is put on the board until ctx ends, each notice once. What cannot be shown is tried again.
func (b Board) Follow(ctx context.Context, show func(context.Context, wire.Notice) error, log *slog.Logger) error {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	shown := map[string]bool{}
	var last []byte
	for failing := false; ; {
		content, err := os.ReadFile(b.Path)
		if errors.Is(err, os.ErrNotExist) {
			err = nil
		}
		if err == nil && !bytes.Equal(content, last) {
			if err = showNew(ctx, content, shown, show); err == nil {
				last = content
			}
		}
		if err != nil && !failing {
			log.Warn("notices cannot be shown; trying on", "error", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// showNew shows what is not in shown, and forgets there what is no longer on the board.
func showNew(ctx context.Context, content []byte, shown map[string]bool, show func(context.Context, wire.Notice) error) error {
	var notices []wire.Notice
	if err := json.Unmarshal(content, &notices); err != nil {
		return fmt.Errorf("read the notices: %w", err)
	}
	there := map[string]bool{}
	for _, n := range notices {
		there[n.ID] = true
		if shown[n.ID] || !time.Now().Before(n.ExpiresAt) {
			continue
		}
		if err := show(ctx, n); err != nil {
			return err
		}
		shown[n.ID] = true
	}
	for id := range shown {
		if !there[id] {
			delete(shown, id)
		}
	}
	return nil
}
