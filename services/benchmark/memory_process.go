package benchmark

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// processMemory is what a process holds in memory, in bytes.
type processMemory struct {
	// resident is held now, and peak was at the most.
	resident, peak int
	// children are the processes that it started, and theirs; what several share is counted once.
	children int
}

// memoryOf asks Linux.
func memoryOf(pid int) (m processMemory, err error) {
	if m.resident, err = memoryLine(pid, "status", "VmRSS:"); err != nil {
		return m, err
	}
	if m.peak, err = memoryLine(pid, "status", "VmHWM:"); err != nil {
		return m, err
	}
	m.children, err = memoryBelow(pid)
	return m, err
}

// memoryBelow adds up the processes that one started, and what those started.
func memoryBelow(pid int) (total int, err error) {
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return 0, err
	}
	for _, task := range tasks {
		children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, task.Name()))
		if errors.Is(err, fs.ErrNotExist) { // The task has ended.
			continue
		}
		if err != nil {
			return 0, err
		}
		for _, child := range strings.Fields(string(children)) {
			pid, err := strconv.Atoi(child)
			if err != nil {
				return 0, err
			}
			share, err := memoryLine(pid, "smaps_rollup", "Pss:")
			if err == nil {
				var below int
				below, err = memoryBelow(pid)
				total += share + below
			}
			if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ESRCH) { // It may have ended by now.
				return 0, err
			}
		}
	}
	return total, nil
}

// memoryLine returns a line of a file that Linux has of a process.
func memoryLine(pid int, file, name string) (bytes int, err error) {
	path := fmt.Sprintf("/proc/%d/%s", pid, file)
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, name); found {
			kib, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
			return kib * bytesPerKiB, err
		}
	}
	return 0, fmt.Errorf("%s has no %s", path, name)
}
