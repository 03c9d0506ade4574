package collect

import (
	"errors"
	"io"
	"syscall"
	"time"
)

// socket is a connection to a program on this computer. It waits in the kernel rather than in Go's poller, which for
// one short answer a second costs a third of what a whole look does. No call takes longer than the timeout.
type socket int

var errSilent = errors.New("it does not answer")

// dialSocket connects to the socket file of a program.
func dialSocket(path string, timeout time.Duration) (socket, error) {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	limit := syscall.NsecToTimeval(timeout.Nanoseconds())
	err = errors.Join(
		syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &limit),
		syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_SNDTIMEO, &limit),
	)
	if err == nil {
		err = syscall.Connect(fd, &syscall.SockaddrUnix{Name: path})
	}
	if err != nil {
		return 0, errors.Join(err, syscall.Close(fd))
	}
	return socket(fd), nil
}

// Read reads what is there, at least one byte.
func (s socket) Read(b []byte) (int, error) {
	n, err := again(func() (int, error) { return syscall.Read(int(s), b) })
	if err == nil && n == 0 && len(b) > 0 {
		return 0, io.EOF
	}
	return n, err
}

// Write writes all of b, which must be short: a message that does not fit the socket's buffer is an error.
func (s socket) Write(b []byte) (int, error) {
	n, err := again(func() (int, error) { return syscall.SendmsgN(int(s), b, nil, nil, syscall.MSG_NOSIGNAL) })
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return n, err
}

// Close ends the connection.
func (s socket) Close() error { return syscall.Close(int(s)) }

// again repeats a call that a signal interrupted; Go's own scheduling sends some.
func again(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EAGAIN):
			return 0, errSilent
		case err != nil:
			return 0, err
		}
		return n, nil
	}
}
