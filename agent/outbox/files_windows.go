package outbox

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// lock keeps a second process out of dir until unlock or the end of this process: the file is opened for us alone.
func lock(dir string) (unlock func() error, err error) {
	name, err := syscall.UTF16PtrFromString(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	const sharedWithNobody = 0
	handle, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, sharedWithNobody, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, errors.Join(errors.New("another agent is running with this data folder"), err)
	}
	return func() error { return syscall.CloseHandle(handle) }, nil
}

// syncDir does nothing: NTFS journals names by itself, and a folder cannot be flushed.
func syncDir(string, func(*os.File) error) error { return nil }
