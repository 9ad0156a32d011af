package postgres

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

// createClusterDir holds extra settings of Debian's pg_createcluster, which the package's installation runs.
const createClusterDir = "/etc/postgresql-common/createcluster.d"

// aptInstall installs Debian's server without the cluster that the package would make and start.
func aptInstall(ctx context.Context, announce io.Writer) (err error) {
	if _, err := os.Stat("/etc/debian_version"); err != nil {
		return errNoBinaries
	}
	apt, err := exec.LookPath("apt-get")
	if err != nil {
		return errNoBinaries
	}
	if err := os.MkdirAll(createClusterDir, 0o755); err != nil {
		return fmt.Errorf("keep Debian from starting a server: %w", err)
	}
	setting := filepath.Join(createClusterDir, "raceday.conf")
	if err := os.WriteFile(setting, []byte("create_main_cluster = false\n"), 0o644); err != nil {
		return fmt.Errorf("keep Debian from starting a server: %w", err)
	}
	defer func() {
		err = errors.Join(err, os.Remove(setting))
		_ = os.Remove(createClusterDir) // It stays if others have settings in it.
	}()

	fmt.Fprintln(announce, "installing PostgreSQL: apt-get install postgresql")
	install := []string{"install", "-y", "--no-install-recommends", "postgresql"}
	if runApt(ctx, apt, install...) == nil {
		return nil
	}
	// A fresh machine has no package lists, or old ones.
	if err := runApt(ctx, apt, "update"); err != nil {
		return err
	}
	return runApt(ctx, apt, install...)
}

func runApt(ctx context.Context, apt string, arguments ...string) error {
	cmd := exec.CommandContext(ctx, apt, arguments...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("apt-get %s: %w: %s: %w", arguments[0], err, lastLine(out), errNoBinaries)
	}
	return nil
}

func lastLine(text []byte) string {
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return string(lines[len(lines)-1])
}

// archive is where the download comes from; asking it first bounds the wait, which the library does not.
const archive = "https://repo1.maven.org/maven2"

// download gets the programs into the user's cache, or finds them there.
func download(ctx context.Context, options BinaryOptions) (string, error) {
	cache, err := cacheDir(options.Getenv)
	if err != nil {
		return "", err
	}
	home := filepath.Join(cache, "postgres-18")
	bin := filepath.Join(home, "bin")
	if hasBinaries(bin) {
		return bin, nil
	}
	fmt.Fprintf(options.Announce, "downloading PostgreSQL into %s\n", cache)
	if err := reachArchive(ctx); err != nil {
		return "", fmt.Errorf("%w (the download failed: %w)", errNoBinaries, err)
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", fmt.Errorf("make the cache: %w", err)
	}
	temp, err := os.MkdirTemp(cache, "download-")
	if err != nil {
		return "", fmt.Errorf("make the cache: %w", err)
	}
	defer os.RemoveAll(temp)
	if err := fetch(cache, temp); err != nil {
		// The library's error carries pages of output; a user gets them as one line.
		return "", fmt.Errorf("%w (the download failed: %s)", errNoBinaries, strings.Join(strings.Fields(err.Error()), " "))
	}
	// Renamed when complete: an interrupted download leaves nothing that looks like PostgreSQL.
	if err := os.Rename(filepath.Join(temp, "home"), home); err != nil && !hasBinaries(bin) {
		return "", fmt.Errorf("keep the download: %w", err)
	}
	return bin, nil
}

// fetch leaves the programs in temp/home. The library knows them only as part of a server, so one is started and stopped.
func fetch(cache, temp string) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	server := embeddedpostgres.NewDatabase(embeddedpostgres.DefaultConfig().
		Version(embeddedpostgres.V18).
		BinaryRepositoryURL(archive).
		CachePath(cache).
		BinariesPath(filepath.Join(temp, "home")).
		RuntimePath(filepath.Join(temp, "run")).
		DataPath(filepath.Join(temp, "data")).
		Port(port).
		// The system's folder for sockets, the default, may be closed to this user.
		StartParameters(map[string]string{"unix_socket_directories": ""}).
		Password(rand.Text()).
		StartTimeout(time.Minute).
		Logger(io.Discard))
	if err := server.Start(); err != nil {
		return err
	}
	return server.Stop()
}

func reachArchive(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, archive+"/", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

func freePort() (uint32, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	return uint32(port), listener.Close()
}

func cacheDir(getenv func(string) string) (string, error) {
	if dir := getenv("XDG_CACHE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "raceday"), nil
	}
	if home := getenv("HOME"); home != "" {
		return filepath.Join(home, ".cache", "raceday"), nil
	}
	return "", fmt.Errorf("neither HOME nor XDG_CACHE_HOME is set: %w", errNoBinaries)
}
