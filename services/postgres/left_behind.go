package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// socketDirPrefix marks the folders in the system's temporary folder that this package makes for sockets.
const socketDirPrefix = "raceday-socket-"

// stopLeftBehind stops the server that a killed owner of the folder left running, and reports whether the last server did
// not shut down in order. The caller holds the folder's lock, so whatever runs there has no owner.
func (c *Cluster) stopLeftBehind(ctx context.Context) (unclean bool, err error) {
	pidFile := filepath.Join(c.data(), "postmaster.pid")
	text, err := os.ReadFile(pidFile)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for a server left behind: %w", err)
	}
	// The lines are: process id, data folder, start, port, socket folder, ...
	lines := strings.Split(string(text), "\n")
	if len(lines) > 4 && strings.HasPrefix(lines[4], filepath.Join(os.TempDir(), socketDirPrefix)) {
		defer os.RemoveAll(lines[4])
	}
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid <= 1 {
		return true, fmt.Errorf("%s names no process", pidFile)
	}
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true, nil // The new server sees this itself, and whether the old one's children still live.
	}
	if !c.isServer(ctx, pid) {
		// The number is a stranger's by now, whom the new server would take for its twin.
		if err := os.Remove(pidFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return true, fmt.Errorf("remove a stale process id: %w", err)
		}
		return true, nil
	}
	c.options.Log.WarnContext(ctx, "stopping a database server left behind", "dir", c.dir, "pid", pid)
	process, err := os.FindProcess(pid)
	if err != nil {
		return true, fmt.Errorf("find the server left behind: %w", err)
	}
	if err := stopServer(process, func() bool { return !c.isServer(ctx, pid) }); err != nil {
		return true, fmt.Errorf("stop the server left behind: %w", err)
	}
	return true, nil
}

// isServer reports whether the process is a server of this data folder.
func (c *Cluster) isServer(ctx context.Context, pid int) bool {
	if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
		return false
	}
	if data, err := os.Stat(c.data()); err == nil {
		// A server works in its data folder. What has ended but was not waited for works nowhere.
		if work, err := os.Stat("/proc/" + strconv.Itoa(pid) + "/cwd"); err == nil {
			return os.SameFile(data, work)
		}
	}
	if _, err := os.Stat("/proc/self/cwd"); err == nil {
		return false
	}
	out, err := exec.CommandContext(ctx, "ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(out), c.data())
}
