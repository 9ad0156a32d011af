//go:build !linux

package postgres

import "syscall"

// stopWithParent does nothing here: the next start stops what was left behind.
func stopWithParent(*syscall.SysProcAttr) {}
