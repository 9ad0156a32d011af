package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// BinaryOptions say where to look for PostgreSQL's programs and whom to tell of what takes long.
type BinaryOptions struct {
	// Getenv reads the environment: RACEDAY_PG_BIN, PATH, HOME, XDG_CACHE_HOME.
	Getenv func(name string) string
	// Announce gets a line before anything is downloaded.
	Announce io.Writer
}

// debianBinaries is where Debian and Ubuntu keep the programs of each version, outside PATH.
const debianBinaries = "/usr/lib/postgresql/*/bin"

// errNoBinaries ends the search in a way that a user can act upon.
var errNoBinaries = errors.New("install PostgreSQL: apt-get install postgresql, or set RACEDAY_PG_BIN")

// Binaries returns the folder of PostgreSQL's initdb and postgres. It looks at RACEDAY_PG_BIN, which must be right if it is
// set, PATH, pg_config, and Debian's folders, the highest version first. Where there is none it gets them: as root on
// Debian from apt, leaving no server running; as an ordinary user by a download into the user's cache, once. The error of
// a machine without a network says in one line what to install.
func Binaries(ctx context.Context, options BinaryOptions) (string, error) {
	if dir := options.Getenv("RACEDAY_PG_BIN"); dir != "" {
		if !hasBinaries(dir) {
			return "", fmt.Errorf("RACEDAY_PG_BIN=%s has no initdb and postgres", dir)
		}
		return dir, nil
	}
	path := filepath.SplitList(options.Getenv("PATH"))
	if dir, ok := findBinaries(ctx, path, debianBinaries); ok {
		return dir, nil
	}
	if os.Geteuid() == 0 {
		if err := aptInstall(ctx, options.Announce); err != nil {
			return "", err
		}
		dir, ok := findBinaries(ctx, path, debianBinaries)
		if !ok {
			return "", fmt.Errorf("apt-get brought no server: %w", errNoBinaries)
		}
		return dir, nil
	}
	return download(ctx, options)
}

// findBinaries looks in the folders of a PATH, asks the pg_config found there, and looks in the folders that match glob.
func findBinaries(ctx context.Context, path []string, glob string) (string, bool) {
	for _, dir := range path {
		// A link in PATH leads to one program; the others, and the server's own files, lie beside its target.
		target, err := filepath.EvalSymlinks(filepath.Join(dir, "initdb"))
		if err == nil && hasBinaries(filepath.Dir(target)) {
			return filepath.Dir(target), true
		}
	}
	for _, dir := range path {
		out, err := exec.CommandContext(ctx, filepath.Join(dir, "pg_config"), "--bindir").Output()
		if bin := strings.TrimSpace(string(out)); err == nil && hasBinaries(bin) {
			return bin, true
		}
	}
	dirs, err := filepath.Glob(glob)
	if err != nil {
		return "", false
	}
	best, bestVersion := "", -1
	for _, dir := range dirs {
		version, err := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
		if err == nil && version > bestVersion && hasBinaries(dir) {
			best, bestVersion = dir, version
		}
	}
	return best, best != ""
}

func hasBinaries(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}
