package heap

import "golang.org/x/sys/unix"

func advise(memory []byte) {
	_ = unix.Madvise(memory, unix.MADV_HUGEPAGE) // A system without large pages does without.
}
