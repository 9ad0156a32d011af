package postgres_test

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"raceday/services/postgres"
)

func TestClusterKeepsItsData(t *testing.T) {
	t.Parallel()
	for _, durable := range []bool{false, true} {
		t.Run("durable "+strconv.FormatBool(durable), func(t *testing.T) {
			t.Parallel()
			options := clusterOptions(filepath.Join(tempDir(t), "pg"))
			options.Durable = durable
			first := startCluster(t, options)
			execute(t, first.URL(), `CREATE TABLE public.notes (note text NOT NULL)`)
			execute(t, first.URL(), `INSERT INTO public.notes VALUES ('kept')`)
			stop(t, first)

			pool := openPool(t, startCluster(t, options).URL())
			if got := value[string](t, pool, `SELECT note FROM public.notes`); got != "kept" {
				t.Errorf("note = %q, want %q", got, "kept")
			}
			onOff := map[bool]string{false: "off", true: "on"}[durable]
			for _, setting := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
				if got := value[string](t, pool, `SHOW `+setting); got != onOff {
					t.Errorf("%s = %s, want %s", setting, got, onOff)
				}
			}
			if got := value[string](t, pool, `SHOW data_checksums`); got != "on" {
				t.Errorf("data_checksums = %s, want on", got)
			}
			if got := value[string](t, pool, `SHOW server_encoding`); got != "UTF8" {
				t.Errorf("server_encoding = %s, want UTF8", got)
			}
		})
	}
}

func TestClusterStopsTwice(t *testing.T) {
	t.Parallel()
	c := startCluster(t, clusterOptions(filepath.Join(tempDir(t), "pg")))
	stop(t, c)
	stop(t, c)
}

func TestClusterInFolderTooDeepForASocket(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(tempDir(t), strings.Repeat("deep", 30), "pg")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	c := startCluster(t, clusterOptions(dir))
	pool := openPool(t, c.URL())
	socket := value[string](t, pool, `SHOW unix_socket_directories`)
	pool.Close()
	stop(t, c)
	if _, err := os.Stat(socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("socket folder %s after the stop: %v, want it gone", socket, err)
	}
}

func TestClusterRefusesAClosedFolder(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Log("only root hands the server to another user; an ordinary user's own folder cannot be closed to it")
		return
	}
	closed := filepath.Join(tempDir(t), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := postgres.StartCluster(t.Context(), clusterOptions(filepath.Join(closed, "pg")))
	contains(t, err, "cannot enter "+closed+":", "chmod o+x "+closed)
}

func TestClusterSaysWhyTheServerEnded(t *testing.T) {
	t.Parallel()
	options := clusterOptions(filepath.Join(tempDir(t), "pg"))
	stop(t, startCluster(t, options))
	control := filepath.Join(options.Dir, "data", "global", "pg_control")
	if err := os.Remove(control); err != nil {
		t.Fatal(err)
	}
	_, err := postgres.StartCluster(t.Context(), options)
	contains(t, err, options.Dir, "the server ended", "pg_control")
}

func TestClusterSaysThatItsStartWasInterrupted(t *testing.T) {
	t.Parallel()
	options := clusterOptions(filepath.Join(tempDir(t), "pg"))
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var watching sync.WaitGroup
	watching.Go(func() { interruptWhenThere(ctx, interrupt, filepath.Join(options.Dir, "initdb", "data", "base")) })
	cluster, err := postgres.StartCluster(ctx, options)
	interrupt()
	watching.Wait()
	if err == nil {
		stop(t, cluster)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted start: %v, want context.Canceled", err)
	}
}

// interruptWhenThere interrupts as soon as a folder is there.
func interruptWhenThere(ctx context.Context, interrupt func(), folder string) {
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			if _, err := os.Stat(folder); err == nil {
				interrupt()
				return
			}
		}
	}
}

func TestClusterAfterAnInterruptedInitdb(t *testing.T) {
	t.Parallel()
	options := clusterOptions(filepath.Join(tempDir(t), "pg"))
	if err := os.MkdirAll(filepath.Join(options.Dir, "initdb", "data", "base"), 0o755); err != nil {
		t.Fatal(err)
	}
	stop(t, startCluster(t, options))
}

func TestClusterRefusesASecondOwner(t *testing.T) {
	t.Parallel()
	options := clusterOptions(filepath.Join(tempDir(t), "pg"))
	owner := startOwner(t, options.Dir, false)
	_, err := postgres.StartCluster(t.Context(), options)
	if !errors.Is(err, postgres.ErrClusterInUse) {
		t.Errorf("second owner: %v, want ErrClusterInUse", err)
	}
	contains(t, err, options.Dir)

	if err := owner.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := owner.Wait(); err != nil {
		t.Errorf("first owner's end: %v", err)
	}
	stop(t, startCluster(t, options))
}

func TestClusterIsTakenOverFromAKilledOwner(t *testing.T) {
	t.Parallel()
	for _, outlives := range []bool{false, true} {
		t.Run("server outlives it "+strconv.FormatBool(outlives), func(t *testing.T) {
			t.Parallel()
			options := clusterOptions(filepath.Join(tempDir(t), "pg"))
			owner := startOwner(t, options.Dir, outlives)
			before := serverPID(t, options.Dir)
			if group(t, before) == group(t, owner.Process.Pid) {
				t.Error("a Ctrl-C on the owner's terminal would reach the server")
			}
			if err := owner.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = owner.Wait() // It was killed.

			c := startCluster(t, options)
			if after := serverPID(t, options.Dir); after == before {
				t.Errorf("server %d is still the one left behind", after)
			}
			if works(before, options.Dir) {
				t.Errorf("server %d left behind still runs", before)
			}
			execute(t, c.URL(), `CREATE TABLE public.notes (note text NOT NULL)`)
			stop(t, c)
		})
	}
}

func TestClusterAfterItsServerWasKilled(t *testing.T) {
	t.Parallel()
	options := clusterOptions(filepath.Join(tempDir(t), "pg"))
	options.Durable = true
	c := startCluster(t, options)
	execute(t, c.URL(), `CREATE TABLE public.notes (note text NOT NULL)`)
	if err := syscall.Kill(serverPID(t, options.Dir), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	stop(t, c)
	pool := openPool(t, startCluster(t, options).URL())
	if got := value[int](t, pool, `SELECT count(*) FROM public.notes`); got != 0 {
		t.Errorf("notes = %d, want 0", got)
	}
}

func TestClusterWhenAStrangerHasTheServersNumber(t *testing.T) {
	t.Parallel()
	options := clusterOptions(filepath.Join(tempDir(t), "pg"))
	stop(t, startCluster(t, options))
	stale := strconv.Itoa(os.Getpid()) + "\n" + filepath.Join(options.Dir, "data") + "\n0\n5432\n\n\n"
	if err := os.WriteFile(filepath.Join(options.Dir, "data", "postmaster.pid"), []byte(stale), 0o644); err != nil {
		t.Fatal(err)
	}
	stop(t, startCluster(t, options))
}

func startCluster(t *testing.T, options postgres.ClusterOptions) *postgres.Cluster {
	t.Helper()
	c, err := postgres.StartCluster(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, c) })
	return c
}

func stop(t *testing.T, c *postgres.Cluster) {
	t.Helper()
	if err := c.Stop(); err != nil {
		t.Error(err)
	}
}

// startOwner starts this test binary as another process that owns a cluster, and returns once the cluster answers.
func startOwner(t *testing.T, dir string, outlives bool) *exec.Cmd {
	t.Helper()
	owner := exec.Command(os.Args[0])
	owner.Env = append(os.Environ(), ownDir+"="+dir)
	if outlives {
		owner.Env = append(owner.Env, "RACEDAY_TEST_OUTLIVES=1")
	}
	out, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = owner.Process.Kill() // Most tests have ended it.
		_ = owner.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "ready\n" {
		t.Fatalf("owner says %q, %v, want ready", line, err)
	}
	return owner
}

// serverPID returns the number of the server that runs in the folder.
func serverPID(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// works reports whether the process works in the folder's data.
func works(pid int, dir string) bool {
	work, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/cwd")
	return err == nil && work == filepath.Join(dir, "data")
}

func group(t *testing.T, pid int) int {
	t.Helper()
	group, err := syscall.Getpgid(pid)
	if err != nil {
		t.Fatal(err)
	}
	return group
}
