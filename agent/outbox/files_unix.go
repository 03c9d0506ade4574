//go:build unix

package outbox

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// lock keeps a second process out of dir until unlock or the end of this process.
func lock(dir string) (unlock func() error, err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.New("another agent is running with this data folder")
		}
		return nil, err
	}
	return f.Close, nil
}

// syncDir makes a new or removed name in dir survive a power cut.
func syncDir(dir string, sync func(*os.File) error) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(sync(f), f.Close())
}
