package postgres

import "syscall"

// stopWithParent has the kernel ask for a fast shutdown when this process dies.
func stopWithParent(attributes *syscall.SysProcAttr) { attributes.Pdeathsig = syscall.SIGINT }
