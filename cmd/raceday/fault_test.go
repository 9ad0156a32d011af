package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"google.golang.org/grpc/health/grpc_health_v1"

	"raceday/services/broker"
	"raceday/services/postgres"
)

// brokerAt is a NATS server that a test stops, loses and starts again on the same address.
type brokerAt struct {
	dir, address string
	*broker.Embedded
}

func startBroker(t *testing.T) *brokerAt {
	t.Helper()
	b := &brokerAt{dir: t.TempDir(), address: freeAddress(t)}
	b.start(t)
	t.Cleanup(func() { b.Stop() })
	return b
}

func (b *brokerAt) start(t *testing.T) {
	t.Helper()
	host, port, err := splitAddress(b.address)
	if err != nil {
		t.Fatal(err)
	}
	b.Embedded, err = broker.StartEmbedded(broker.EmbeddedOptions{
		Dir: b.dir, Host: host, Port: port, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
}

func startDatabase(t *testing.T, dir string) *postgres.Cluster {
	t.Helper()
	cluster, err := postgres.StartCluster(t.Context(), postgres.ClusterOptions{
		Dir: dir, Getenv: os.Getenv, Log: slog.New(slog.DiscardHandler), Announce: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	return cluster
}

// onServers are the arguments of a serve on servers that a test started itself. Their monitoring is not on: --unsafe.
func onServers(database, nats string, more ...string) []string {
	return append([]string{"serve", "--database-url", database, "--nats-url", "nats://" + nats, "--nats-replicas", "1",
		"--unsafe", "--listen", "127.0.0.1:0"}, more...)
}

// smallDay is a recorded day that takes a moment.
func smallDay(t *testing.T) recordedDay { return newRecordedDay(t, 7, 60) }

func (d recordedDay) apply(t *testing.T, s server) {
	t.Helper()
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, d.file("event.yaml"))
	raceday(t, exitSuccess, "roster", "import", "--server", s.grpc, "--event", string(d.event.ID), d.file("roster.csv"))
}

func (d recordedDay) publishReads(t *testing.T, s server) {
	t.Helper()
	raceday(t, exitSuccess, "reads", "publish", "--server", s.grpc, "--nats-url", s.nats, "--event", string(d.event.ID), d.file("reads.csv.gz"))
}

// expect waits until the exported results are those of the offline scorer.
func (d recordedDay) expect(t *testing.T, s server) {
	t.Helper()
	want, _ := scoreCase(t, d.dir)
	eventually(t, func() error {
		got, _ := raceday(t, exitSuccess, "results", "export", "--server", s.grpc, "--event", string(d.event.ID))
		return differ(want, []byte(got))
	})
}

// stored returns how many reads the server holds, by its own export.
func (d recordedDay) stored(t *testing.T, s server) int {
	t.Helper()
	dir := t.TempDir()
	raceday(t, exitSuccess, "facts", "export", "--server", s.grpc, "--event", string(d.event.ID), dir)
	return len(storedReads(t, filepath.Join(dir, "reads.csv.gz")))
}

// Everything is in Postgres: a server that starts with an empty JetStream says so, begins at the new stream's first
// message, keeps all results, and takes what mats send again without counting it twice.
func TestAStreamThatWasLostIsAnAlarmAndAFreshStart(t *testing.T) {
	t.Parallel()
	nats, day := startBroker(t), smallDay(t)
	database := startDatabase(t, folder(t))
	first := startServer(t, onServers(database.URL(), nats.address)...)
	day.apply(t, first)
	day.publishReads(t, first)
	day.expect(t, first)
	first.stop()

	nats.Stop()
	if err := os.RemoveAll(nats.dir); err != nil {
		t.Fatal(err)
	}
	nats.start(t)
	second := startServer(t, onServers(database.URL(), nats.address)...)
	day.expect(t, second)
	eventually(t, func() error { return second.logged("the stream of reads is not the one") })
	before := day.stored(t, second)
	day.publishReads(t, second)
	day.expect(t, second)
	if after := day.stored(t, second); after != day.reads || before != day.reads {
		t.Errorf("%d reads stored before the mats sent again and %d after, want %d", before, after, day.reads)
	}
	raceday(t, exitSuccess, "rebuild", "--server", second.grpc, "--event", string(day.event.ID))
}

// A stream that is deleted while the scorer reads it is noticed without a restart.
func TestAStreamLostWhileReadsFlow(t *testing.T) {
	t.Parallel()
	nats, day := startBroker(t), smallDay(t)
	database := startDatabase(t, folder(t))
	s := startServer(t, onServers(database.URL(), nats.address)...)
	day.apply(t, s)
	day.publishReads(t, s)
	day.expect(t, s)
	nats.Stop()
	if err := os.RemoveAll(nats.dir); err != nil {
		t.Fatal(err)
	}
	nats.start(t)
	eventually(t, func() error { return s.logged("the stream of reads is not the one") })
	day.publishReads(t, s)
	day.expect(t, s)
	if n := day.stored(t, s); n != day.reads {
		t.Errorf("%d reads stored, want %d", n, day.reads)
	}
}

// Two scorers compete for an event; when the one that scores goes away the other goes on.
func TestAStandbyGoesOn(t *testing.T) {
	t.Parallel()
	nats, day := startBroker(t), smallDay(t)
	database := startDatabase(t, folder(t))
	front := startServer(t, onServers(database.URL(), nats.address, "--services", "event,registration,timing,standings")...)
	scorers := []server{
		startServer(t, onServers(database.URL(), nats.address, "--services", "scoring")...),
		startServer(t, onServers(database.URL(), nats.address, "--services", "scoring")...),
	}
	day.apply(t, front)
	half := day
	half.messages = day.messages[:len(day.messages)/2]
	if err := writeFile(half.file("half.csv"), half.writeReads); err != nil {
		t.Fatal(err)
	}
	raceday(t, exitSuccess, "reads", "publish", "--server", front.grpc, "--nats-url", front.nats, "--event", string(day.event.ID), half.file("half.csv"))
	eventually(t, func() error {
		if n := half.stored(t, front); n == 0 {
			return os.ErrNotExist
		}
		return nil
	})
	scorers[0].stop()
	day.publishReads(t, front)
	day.expect(t, front)
	scorers[1].stop()
	third := startServer(t, onServers(database.URL(), nats.address, "--services", "scoring")...)
	raceday(t, exitSuccess, "rebuild", "--server", front.grpc, "--event", string(day.event.ID))
	third.stop()
}

// Servers that go away while raceday runs are reported through gRPC health, and it goes on when they are back.
func TestServersAwayForAWhile(t *testing.T) {
	t.Parallel()
	nats, day := startBroker(t), smallDay(t)
	dir := folder(t)
	database := startDatabase(t, dir)
	s := startServer(t, onServers(database.URL(), nats.address)...)
	day.apply(t, s)
	conn, err := dial(s.grpc, key{server: s.grpc})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	becomes := func(want grpc_health_v1.HealthCheckResponse_ServingStatus) {
		t.Helper()
		eventually(t, func() error {
			answer, err := grpc_health_v1.NewHealthClient(conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
			if err == nil && answer.GetStatus() != want {
				err = &unexpected{answer.GetStatus().String()}
			}
			return err
		})
	}
	becomes(grpc_health_v1.HealthCheckResponse_SERVING)
	nats.Stop()
	becomes(grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	nats.start(t)
	becomes(grpc_health_v1.HealthCheckResponse_SERVING)
	if err := database.Stop(); err != nil {
		t.Fatal(err)
	}
	becomes(grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	startDatabase(t, dir)
	becomes(grpc_health_v1.HealthCheckResponse_SERVING)
	day.publishReads(t, s)
	day.expect(t, s)
}

type unexpected struct{ got string }

func (u *unexpected) Error() string { return "got " + u.got }

func TestServersAwayAtStart(t *testing.T) {
	t.Parallel()
	nobody := freeAddress(t)
	_, stderr := raceday(t, exitFailure, onServers("postgres://raceday@"+nobody+"/raceday", nobody)...)
	if !strings.Contains(stderr, "PostgreSQL") || !strings.Contains(stderr, strings.Split(nobody, ":")[1]) {
		t.Errorf("PostgreSQL away: %q names neither it nor where", stderr)
	}
	database := startDatabase(t, folder(t))
	_, stderr = raceday(t, exitFailure, onServers(database.URL(), nobody)...)
	if !strings.Contains(stderr, "nats") || !strings.Contains(stderr, nobody) {
		t.Errorf("NATS away: %q names neither it nor where", stderr)
	}
	nats := &brokerAt{dir: t.TempDir(), address: nobody}
	s := make(chan server)
	go func() { s <- startServer(t, onServers(database.URL(), nobody, "--wait")...) }()
	nats.start(t)
	defer nats.Stop()
	(<-s).stop()
}

func TestSettingsThatMightLoseReadsAreRefused(t *testing.T) {
	t.Parallel()
	database, nats := startDatabase(t, folder(t)), startBroker(t)
	arguments := onServers(database.URL(), nats.address)
	safe := make([]string, 0, len(arguments))
	for _, argument := range arguments {
		if argument != "--unsafe" {
			safe = append(safe, argument)
		}
	}
	if _, stderr := raceday(t, exitFailure, safe...); !strings.Contains(stderr, "--nats-monitor-url") {
		t.Errorf("unknown sync: %q does not say how to let it be checked", stderr)
	}
	s := startServer(t, arguments...)
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, smallDay(t).file("event.yaml"))
	s.stop()
	var changed []string
	for _, argument := range arguments {
		if argument == "1" {
			argument = "3" // replicas
		}
		if argument != "--unsafe" {
			changed = append(changed, argument)
		}
	}
	if _, stderr := raceday(t, exitFailure, changed...); !strings.Contains(stderr, "num_replicas") {
		t.Errorf("a stream with fewer copies: %q does not name the setting", stderr)
	}
}

// logged returns an error as long as the server's log does not hold a text.
func (s server) logged(text string) error {
	if !strings.Contains(s.log.String(), text) {
		return &unexpected{"no log line with " + text}
	}
	return nil
}

// An embedded PostgreSQL that ends by itself ends the server, so that whoever watches over it starts both again.
func TestEmbeddedPostgresThatDies(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	out, log, ended := newLines(), newLines(), make(chan int, 1)
	args := []string{"serve", "--embedded", "--data-dir", dir, "--listen", "127.0.0.1:0", "--nats-listen", "127.0.0.1:0"}
	go func() { ended <- run(t.Context(), args, os.Getenv, out, log) }()
	for !addresses.MatchString(out.String()) {
		select {
		case <-out.changed:
		case status := <-ended:
			t.Fatalf("serve ended with status %d before it was up:\n%s", status, log.String())
		}
	}
	content, err := os.ReadFile(filepath.Join(dir, "postgres", "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.SplitN(string(content), "\n", 2)[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if status := <-ended; status != exitFailure || !strings.Contains(log.String(), "ended by itself") {
		t.Errorf("serve ended with status %d:\n%s", status, log.String())
	}
	serve(t, dir).stop() // and starts again on what is there
}
