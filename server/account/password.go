package account

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/labtide/labtide/server/fault"
)

// Passwords shorter than this are refused; longer ones than maxPassword cost more than they protect.
const (
	minPassword = 8
	maxPassword = 200
)

// hashMemory is how much one hash takes, in KiB: with two passes, what OWASP asks for at least.
const hashMemory = 19 * 1024

// maxWaiting bounds how many wait for their turn at hashing, so that a flood of sign-ins fails fast.
const maxWaiting = 100

// hasher hashes passwords, a few at a time: a hash takes 19 MiB and some 20 ms of a core.
type hasher struct {
	params  argon2id.Params
	turns   chan struct{}
	waiting chan struct{}
	// decoy is what the password of an unknown login is compared with, so that it takes as long as a known one.
	decoy string
}

func newHasher() (*hasher, error) {
	h := &hasher{
		params:  argon2id.Params{Memory: hashMemory, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32},
		turns:   make(chan struct{}, max(1, runtime.NumCPU()/2)),
		waiting: make(chan struct{}, maxWaiting),
	}
	decoy, err := argon2id.CreateHash("nobody has this password", &h.params)
	if err != nil {
		return nil, fmt.Errorf("account: hash: %w", err)
	}
	h.decoy = decoy
	return h, nil
}

// hash gives the argon2id hash of a password that is fit to be one.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if err := CheckPassword(password); err != nil {
		return "", err
	}
	done, err := h.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	hash, err := argon2id.CreateHash(password, &h.params)
	if err != nil {
		return "", fmt.Errorf("account: hash: %w", err)
	}
	return hash, nil
}

// matches compares a password with a hash. An empty hash never matches and takes as long.
func (h *hasher) matches(ctx context.Context, password, hash string) (bool, error) {
	done, err := h.turn(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	known := hash != ""
	if !known {
		hash = h.decoy
	}
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("account: compare: %w", err)
	}
	return ok && known, nil
}

func (h *hasher) turn(ctx context.Context) (done func(), err error) {
	select {
	case h.waiting <- struct{}{}:
	default:
		return nil, tooManyAttempts(time.Second)
	}
	defer func() { <-h.waiting }()
	select {
	case h.turns <- struct{}{}:
		return func() { <-h.turns }, nil
	case <-ctx.Done():
		return nil, fault.Unavailable("sign_in", ctx.Err())
	}
}

// CheckPassword refuses what cannot be a password.
func CheckPassword(password string) error {
	if n := len([]rune(password)); n < minPassword || n > maxPassword {
		return fault.Rule("password_length", "use a password of %d to %d characters", minPassword, maxPassword).On("password")
	}
	return nil
}
