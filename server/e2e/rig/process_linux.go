package rig

import "syscall"

// dieWithParent has the kernel kill the program when the test binary dies, be it by kill -9.
func dieWithParent(attr *syscall.SysProcAttr) *syscall.SysProcAttr {
	if attr == nil {
		attr = &syscall.SysProcAttr{}
	}
	attr.Pdeathsig = syscall.SIGKILL
	return attr
}
