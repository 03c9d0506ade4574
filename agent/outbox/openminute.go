package outbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// openMinuteFile holds the minute that was open at a clean stop.
const openMinuteFile = "open-minute"

// SaveOpen keeps the open minute over a clean stop; the outbox does not look into it.
func (b *Outbox) SaveOpen(content []byte) error {
	path := filepath.Join(b.dir, openMinuteFile)
	if err := WriteFile(path, appendRecord(nil, kindSample, nil, content)); err != nil {
		return fmt.Errorf("keep the open minute: %w", err)
	}
	return nil
}

// TakeOpen returns what SaveOpen kept, once: it deletes it for good first, so that after a crash the same minute is
// not continued a second time. It returns nil when there is nothing, and when it is damaged.
func (b *Outbox) TakeOpen() ([]byte, error) {
	path := filepath.Join(b.dir, openMinuteFile)
	content, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = os.Remove(path)
	}
	if err == nil {
		err = syncDir(b.dir, b.sync)
	}
	if err != nil {
		return nil, fmt.Errorf("take the open minute: %w", err)
	}
	_, body, size, ok := nextRecord(content)
	if !ok || size != len(content) {
		b.log.Warn("the open minute of the last stop is damaged: it stays unknown", "file", path)
		return nil, nil
	}
	return body, nil
}

// InUse reports whether a process has the outbox in dir open.
func InUse(dir string) bool {
	if _, err := os.Stat(filepath.Join(dir, "lock")); err != nil {
		return false
	}
	unlock, err := lock(dir)
	if err != nil {
		return true
	}
	return unlock() != nil
}

// WriteFile replaces a small file so that after a power cut either the old or the new content is there, whole.
func WriteFile(path string, content []byte) error {
	temporary := path + ".new"
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(content); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	return syncDir(filepath.Dir(path), (*os.File).Sync)
}
