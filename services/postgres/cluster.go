package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrClusterInUse is returned by StartCluster, with the folder, if another live process runs the cluster.
var ErrClusterInUse = errors.New("another raceday uses the database in this folder")

// ClusterOptions describe a private server.
type ClusterOptions struct {
	// Dir is the cluster's folder, made if it is not there. It holds data, socket, log and the lock of its owner.
	Dir string
	// Getenv reads the environment, as BinaryOptions do.
	Getenv func(name string) string
	// Log is told of starts, stops and what was left behind.
	Log *slog.Logger
	// Announce gets a line before what takes long.
	Announce io.Writer
	// Durable makes commits survive a power cut. Without it a power cut may cost the whole folder, and a killed server
	// its last half second of commits: for the demo and for tests that kill no server.
	Durable bool
	// Outlives leaves the server running when this process dies without Stop. Otherwise, on Linux, the kernel then asks
	// the server to shut down.
	Outlives bool
}

// The times a server is given; recovery after a crash is part of its start.
const (
	startTime         = 2 * time.Minute
	fastStopTime      = 30 * time.Second
	immediateStopTime = 15 * time.Second
	pollEvery         = 20 * time.Millisecond
)

const (
	superuser   = "raceday"
	database    = "raceday"
	clusterPort = "5432"
	// socketPathMax is what a socket address holds on the narrowest system (macOS; Linux has 107 bytes).
	socketPathMax = 103
)

// Cluster is a running private server, reached through a socket in a folder that only its account can enter.
type Cluster struct {
	options ClusterOptions
	bin     string
	dir     string
	socket  string
	account account
	lock    *os.File
	process *os.Process
	// exited is closed when the server's process has ended.
	exited   chan struct{}
	stopOnce sync.Once
	stopErr  error
}

// StartCluster starts the server of a folder and returns when it answers. A new folder is initialised; a server that a
// killed process left behind in the folder is stopped first; a folder that another live process uses is ErrClusterInUse.
// The caller stops what it started with Stop. ctx bounds the start only.
func StartCluster(ctx context.Context, options ClusterOptions) (*Cluster, error) {
	bin, err := Binaries(ctx, BinaryOptions{Getenv: options.Getenv, Announce: options.Announce})
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(options.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the database folder: %w", err)
	}
	dir, err := filepath.Abs(options.Dir)
	if err != nil {
		return nil, fmt.Errorf("find the database folder: %w", err)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	c := &Cluster{options: options, bin: bin, dir: dir, lock: lock}
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start PostgreSQL in %s: %w", dir, err), c.Stop())
	}
	return c, nil
}

// lockFolder takes the folder for this process; the system gives it free when the process ends, however it ends.
func lockFolder(dir string) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the database folder: %w", err)
	}
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return lock, nil
	}
	_ = lock.Close() // Nothing was written.
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("%w: %s", ErrClusterInUse, dir)
	}
	return nil, fmt.Errorf("lock the database folder: %w", err)
}

// unlock gives the folder free. Closing alone would not as long as a child that was just forked still has the file too.
func unlock(lock *os.File) {
	_ = syscall.Flock(int(lock.Fd()), syscall.LOCK_UN) // of a file that is open: there is nothing that could fail
	_ = lock.Close()
}

func (c *Cluster) data() string    { return filepath.Join(c.dir, "data") }
func (c *Cluster) logPath() string { return filepath.Join(c.dir, "postgres.log") }

// URL returns the address of the cluster's database. It holds no secret: the socket's folder is the protection.
func (c *Cluster) URL() string { return c.urlOf(database) }

func (c *Cluster) urlOf(name string) string {
	query := url.Values{"host": {c.socket}, "port": {clusterPort}}
	address := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + name, RawQuery: query.Encode()}
	return address.String()
}

// Watch returns nil when ctx ends, and before that an error if the server ends by itself.
func (c *Cluster) Watch(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-c.exited:
		return fmt.Errorf("PostgreSQL in %s ended by itself; %s says why", c.dir, c.logPath())
	}
}

// Stop ends every session, shuts the server down and waits for its end: at first so that all is written, after 30 s at
// once. A second call returns the first one's error.
func (c *Cluster) Stop() error {
	c.stopOnce.Do(func() { c.stopErr = c.shutDown() })
	return c.stopErr
}

func (c *Cluster) shutDown() error {
	defer unlock(c.lock)
	if c.socket != "" && filepath.Dir(c.socket) != c.dir {
		defer os.RemoveAll(c.socket)
	}
	if c.process == nil {
		return nil
	}
	gone := func() bool {
		select {
		case <-c.exited:
			return true
		default:
			return false
		}
	}
	if err := stopServer(c.process, gone); err != nil {
		return fmt.Errorf("stop PostgreSQL in %s: %w", c.dir, err)
	}
	c.options.Log.Info("private database stopped", "dir", c.dir)
	return nil
}

// stopServer asks for a fast shutdown (SIGINT), then for an immediate one (SIGQUIT), and waits until gone says so.
func stopServer(process *os.Process, gone func() bool) error {
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGINT, fastStopTime}, {syscall.SIGQUIT, immediateStopTime}} {
		if err := process.Signal(step.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return err
		}
		ctx, cancel := context.WithTimeout(context.Background(), step.wait)
		for !gone() && pause(ctx, pollEvery) {
		}
		cancel()
		if gone() {
			return nil
		}
	}
	return fmt.Errorf("process %d does not end", process.Pid)
}

func (c *Cluster) start(ctx context.Context) error {
	var err error
	if c.account, err = accountFor(c.data()); err != nil {
		return err
	}
	unclean, err := c.stopLeftBehind(ctx)
	if err != nil {
		return err
	}
	if err := c.makeSocketDir(); err != nil {
		return err
	}
	if err := c.account.checkAccess(ctx, c.socket, filepath.Join(c.bin, "postgres")); err != nil {
		return err
	}
	if err := c.initialise(ctx); err != nil {
		return err
	}
	if err := os.Rename(c.logPath(), c.logPath()+".1"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("put the last log aside: %w", err)
	}
	// A killed postmaster's children hold its shared memory until they notice; meanwhile a new one refuses to start.
	limit, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for attempt := 0; ; attempt++ {
		err := c.launch(limit)
		if err == nil {
			break
		}
		if !unclean || attempt == 20 || !pause(limit, 500*time.Millisecond) {
			return err
		}
	}
	return c.createDatabase(limit)
}

func (c *Cluster) makeSocketDir() error {
	c.socket = filepath.Join(c.dir, "socket")
	if len(c.socket)+len("/.s.PGSQL."+clusterPort) <= socketPathMax {
		if err := c.account.makeDir(c.socket); err != nil {
			return fmt.Errorf("make the socket's folder: %w", err)
		}
		return nil
	}
	temp, err := os.MkdirTemp("", socketDirPrefix)
	if err != nil {
		return fmt.Errorf("make the socket's folder: %w", err)
	}
	c.socket = temp
	if err := c.account.own(temp); err != nil {
		return fmt.Errorf("make the socket's folder: %w", err)
	}
	return nil
}

// initialise makes the data folder if there is none.
func (c *Cluster) initialise(ctx context.Context) error {
	if _, err := os.Stat(c.data()); err == nil {
		return nil
	}
	// Made elsewhere and renamed when complete, so that an interrupted start leaves no half of a cluster.
	parent := filepath.Join(c.dir, "initdb")
	if err := os.RemoveAll(parent); err != nil {
		return fmt.Errorf("remove an unfinished database: %w", err)
	}
	if err := c.account.makeDir(parent); err != nil {
		return fmt.Errorf("make the database folder: %w", err)
	}
	fresh := filepath.Join(parent, "data")
	arguments := []string{
		"--pgdata=" + fresh, "--username=" + superuser, "--auth=trust", "--encoding=UTF8", "--data-checksums",
		"--no-locale",
	}
	if runtime.GOOS == "linux" {
		// Sorted by code points everywhere; upper and lower case beyond ASCII where the system surely knows them.
		arguments = append(arguments, "--lc-ctype=C.UTF-8")
	}
	if !c.options.Durable {
		arguments = append(arguments, "--no-sync")
	}
	out, err := c.account.command(ctx, parent, filepath.Join(c.bin, "initdb"), arguments...).CombinedOutput()
	switch {
	case err != nil && ctx.Err() != nil: // which killed it
		return fmt.Errorf("initdb: %w", ctx.Err())
	case err != nil:
		return fmt.Errorf("initdb: %w: %s", err, lastLine(out))
	}
	if err := os.Rename(fresh, c.data()); err != nil {
		return fmt.Errorf("keep the new database: %w", err)
	}
	return os.Remove(parent)
}

// settings are modest: two cores, no replica, no personal data in the log.
func (c *Cluster) settings() []string {
	all := []string{
		"listen_addresses=", "port=" + clusterPort, "unix_socket_directories=" + c.socket, "unix_socket_permissions=0700",
		"max_connections=100", "shared_buffers=128MB", "max_wal_size=2GB", "jit=off",
		// Parallel workers share memory through /dev/shm, of which containers have little.
		"max_parallel_workers_per_gather=0",
		"timezone=UTC", "log_timezone=UTC",
		// Details and statements can hold names and birth dates.
		"log_error_verbosity=terse", "log_min_error_statement=panic", "logging_collector=off",
	}
	if !c.options.Durable {
		all = append(all, "fsync=off", "full_page_writes=off", "synchronous_commit=off")
	}
	return all
}

// launch starts the server and returns when it answers, or has ended.
func (c *Cluster) launch(ctx context.Context) error {
	logFile, err := os.OpenFile(c.logPath(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open the server's log: %w", err)
	}
	defer logFile.Close() // The server has its own handle.
	arguments := []string{"-D", c.data()}
	for _, setting := range c.settings() {
		arguments = append(arguments, "-c", setting)
	}
	// Its life is Stop's to end, not the context's.
	cmd := c.account.command(context.WithoutCancel(ctx), c.data(), filepath.Join(c.bin, "postgres"), arguments...)
	cmd.Stdout, cmd.Stderr = logFile, logFile
	if !c.options.Outlives {
		stopWithParent(cmd.SysProcAttr)
	}
	started, exited := make(chan error), make(chan struct{})
	go func() {
		// Linux takes the end of the thread that started the server for the end of its parent.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // Its log says how it ended.
		}
		close(exited)
	}()
	if err := <-started; err != nil {
		return err
	}
	c.process, c.exited = cmd.Process, exited
	if err := c.waitReady(ctx); err != nil {
		return err
	}
	c.options.Log.InfoContext(ctx, "private database started", "dir", c.dir, "pid", cmd.Process.Pid)
	return nil
}

func (c *Cluster) waitReady(ctx context.Context) error {
	config, err := pgx.ParseConfig(c.urlOf("postgres"))
	if err != nil {
		return fmt.Errorf("read the server's address: %w", err)
	}
	for {
		err := ping(ctx, config)
		if err == nil {
			return nil
		}
		select {
		case <-c.exited:
			return fmt.Errorf("the server ended: %s", c.logTail())
		default:
		}
		if !pause(ctx, pollEvery) {
			return fmt.Errorf("the server does not answer: %w", err)
		}
	}
}

// logTail returns the last lines of the server's log in one.
func (c *Cluster) logTail() string {
	text, err := os.ReadFile(c.logPath())
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], "; ") + " (all of it in " + c.logPath() + ")"
}

func (c *Cluster) createDatabase(ctx context.Context) error {
	conn, err := connect(ctx, c.urlOf("postgres"), nil)
	if err != nil {
		return err
	}
	defer closeConn(ctx, conn)
	const exists = `SELECT EXISTS (SELECT FROM pg_database WHERE datname = @name)`
	var there bool
	if err := conn.QueryRow(ctx, exists, pgx.StrictNamedArgs{"name": database}).Scan(&there); err != nil {
		return fmt.Errorf("look for the database: %w", err)
	}
	if there {
		return nil
	}
	if _, err := conn.Exec(ctx, `CREATE DATABASE `+database); err != nil {
		return fmt.Errorf("create the database: %w", err)
	}
	return nil
}
