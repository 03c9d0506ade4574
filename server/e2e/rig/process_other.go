//go:build !linux

package rig

import "syscall"

// dieWithParent changes nothing where the kernel offers nothing: there, a test binary that is killed
// leaves its servers behind.
func dieWithParent(attr *syscall.SysProcAttr) *syscall.SysProcAttr { return attr }
