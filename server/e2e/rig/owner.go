package rig

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// owner is the user who runs PostgreSQL, which refuses to run as root.
type owner struct {
	switched bool // whether it is another user than ours
	uid, gid uint32
}

// postgresOwner is the user postgres where the tests run as root, else ourselves.
func postgresOwner() (owner, error) {
	if os.Geteuid() != 0 {
		return owner{}, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return owner{}, fmt.Errorf("rig: PostgreSQL refuses to run as root, and there is no user for it: %w; run .ci/setup", err)
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return owner{}, fmt.Errorf("rig: user postgres: %w", err)
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return owner{}, fmt.Errorf("rig: user postgres: %w", err)
	}
	return owner{switched: true, uid: uint32(uid), gid: uint32(gid)}, nil
}

// own gives the folder to the owner.
func (o owner) own(dir string) error {
	if !o.switched {
		return nil
	}
	if err := os.Chown(dir, int(o.uid), int(o.gid)); err != nil {
		return fmt.Errorf("rig: %w", err)
	}
	return nil
}

func (o owner) attributes() *syscall.SysProcAttr {
	if !o.switched {
		return nil
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: o.uid, Gid: o.gid}}
}
