package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// account is the user as whom the server runs, since it refuses to run as root.
type account struct {
	name string
	// credential is nil where the server runs as this process does.
	credential *syscall.Credential
}

// accountFor chooses the account for a data folder: this user; for root the folder's owner, else postgres, else nobody.
func accountFor(data string) (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	if info, err := os.Stat(data); err == nil {
		if owner, ok := info.Sys().(*syscall.Stat_t); ok && owner.Uid != 0 {
			return account{
				name:       "number " + strconv.FormatUint(uint64(owner.Uid), 10),
				credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid},
			}, nil
		}
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(found.Uid, 10, 32)
		if err != nil {
			return account{}, fmt.Errorf("user id of %s: %w", name, err)
		}
		gid, err := strconv.ParseUint(found.Gid, 10, 32)
		if err != nil {
			return account{}, fmt.Errorf("group id of %s: %w", name, err)
		}
		return account{name: name, credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return account{}, errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody")
}

// makeDir makes a folder that the account alone can enter; one that is there already stays as it is.
func (a account) makeDir(path string) error {
	err := os.Mkdir(path, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.own(path)
}

func (a account) own(path string) error {
	if a.credential == nil {
		return nil
	}
	return os.Chown(path, int(a.credential.Uid), int(a.credential.Gid))
}

// command runs a program as the account, in a process group of its own, so that a Ctrl-C meant for this process does not
// reach it.
func (a account) command(ctx context.Context, dir, program string, arguments ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, arguments...)
	cmd.Dir = dir
	// The environment may hold PG* variables meant for other servers.
	cmd.Env = []string{"LC_ALL=C", "PATH=" + filepath.Dir(program) + ":/usr/bin:/bin", "HOME=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: a.credential}
	return cmd
}

// checkAccess returns an error that names the closed folder and the remedy if the account cannot enter dir or run program.
func (a account) checkAccess(ctx context.Context, dir, program string) error {
	err := a.command(ctx, dir, program, "--version").Run()
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	for _, path := range []string{dir, filepath.Dir(program)} {
		if closed := a.firstClosed(path); closed != "" {
			return fmt.Errorf("user %s, as whom PostgreSQL runs, cannot enter %s: chmod o+x %s, or choose another folder",
				a.name, closed, closed)
		}
	}
	return err
}

// firstClosed returns the first folder on the way to path that the account cannot enter, "" if there is none.
func (a account) firstClosed(path string) string {
	if a.credential == nil {
		return ""
	}
	way := "/"
	for _, part := range append([]string{""}, strings.Split(path, "/")...) {
		way = filepath.Join(way, part)
		info, err := os.Stat(way)
		if err != nil {
			return ""
		}
		owner, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return ""
		}
		enter := fs.FileMode(0o001)
		switch {
		case owner.Uid == a.credential.Uid:
			enter = 0o100
		case owner.Gid == a.credential.Gid:
			enter = 0o010
		}
		if info.Mode()&enter == 0 {
			return way
		}
	}
	return ""
}
