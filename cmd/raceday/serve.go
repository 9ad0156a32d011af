package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"golang.org/x/sync/errgroup"

	"raceday/migrations"
	"raceday/services/access/keyfile"
	"raceday/services/broker"
	"raceday/services/heap"
	"raceday/services/postgres"
)

type serveCommand struct {
	Listen         string   `default:"127.0.0.1:9090" help:"Address for gRPC."`
	DatabaseURL    string   `name:"database-url" variable:"RACEDAY_DATABASE_URL" placeholder:"URL" help:"PostgreSQL to use, or $RACEDAY_DATABASE_URL."`
	NatsURL        string   `name:"nats-url" variable:"RACEDAY_NATS_URL" placeholder:"URL" help:"NATS with JetStream to use, or $RACEDAY_NATS_URL."`
	NatsMonitorURL string   `name:"nats-monitor-url" placeholder:"URL" help:"Monitoring addresses of the NATS servers, to check that they sync every message."`
	NatsReplicas   int      `name:"nats-replicas" default:"3" help:"Copies of each stream that NATS keeps; embedded it is 1."`
	Embedded       bool     `help:"Run PostgreSQL and NATS inside, with their data under --data-dir."`
	DataDir        string   `name:"data-dir" default:"raceday-data" type:"path" help:"Folder of the embedded servers' data."`
	NatsListen     string   `name:"nats-listen" default:"127.0.0.1:4222" help:"Address of the embedded NATS, to which mats publish."`
	Services       []string `default:"event,registration,timing,scoring,standings" enum:"event,registration,timing,scoring,standings" help:"Services to run."`
	Wait           bool     `help:"Wait for PostgreSQL and NATS instead of ending when they are away."`
	Unsafe         bool     `help:"Start even if NATS might lose acknowledged reads."`
	Verbose        bool     `short:"v" help:"Log more."`
}

// Validate reports every contradiction in the flags at once.
func (c *serveCommand) Validate(parsed *kong.Context) error {
	var faults []string
	if !c.Embedded && (c.DatabaseURL == "" || c.NatsURL == "") {
		faults = append(faults, "give --database-url and --nats-url, or --embedded")
	}
	if outside := outsideServers(parsed); c.Embedded && len(outside) > 0 {
		faults = append(faults, "--embedded brings its own PostgreSQL and NATS: "+strings.Join(outside, " and "))
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		faults = append(faults, fmt.Sprintf("--listen: %v", err))
	}
	if host, port, err := splitAddress(c.NatsListen); err != nil || host == "" || port < 0 {
		faults = append(faults, "--nats-listen must be host:port")
	}
	if c.NatsReplicas < 1 || c.NatsReplicas > 5 {
		faults = append(faults, "--nats-replicas must be 1 to 5")
	}
	if len(faults) > 0 {
		return errors.New(strings.Join(faults, "; "))
	}
	return nil
}

// outsideServers says what to do so that no server outside is named: of a flag that is given, and of a variable of the
// environment that stands for one.
func outsideServers(parsed *kong.Context) []string {
	var remedies []string
	for _, path := range parsed.Path {
		switch {
		case path.Flag == nil || path.Flag.Name != "database-url" && path.Flag.Name != "nats-url":
		case path.Resolved:
			remedies = append(remedies, "unset "+path.Flag.Tag.Get("variable"))
		default:
			remedies = append(remedies, "leave out --"+path.Flag.Name)
		}
	}
	return remedies
}

func splitAddress(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	port, err = strconv.Atoi(text)
	return host, port, err
}

// Run serves until interrupted.
func (c *serveCommand) Run(t *terminal) error {
	level := slog.LevelInfo
	if c.Verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(t.stderr, &slog.HandlerOptions{Level: level}))
	return c.serve(t, log, func(context.Context, started) error { return nil })
}

// serveHeap is up to what size the heap of a server fills with garbage, in bytes: it keeps a third of that in a race of 17 000,
// and three quarters with 60 000 entrants and 3 000 000 reads.
const serveHeap = 448 << 20

// serveGarbage is GOGC at the most: a server that keeps little needs little.
const serveGarbage = 400

// fillWithGarbage does it as package heap says, unless the environment sets GOGC.
func (t *terminal) fillWithGarbage(bytes uint64, mostPercent int) (stop func()) {
	if t.getenv("GOGC") != "" {
		return func() {}
	}
	return heap.FillWithGarbage(bytes, mostPercent)
}

// started is where a server can be reached.
type started struct {
	grpc, nats string
	// developmentKey is empty where others made keys.
	developmentKey string
}

// serve runs the services until the terminal's context ends or ready, called when they are up, fails.
func (c *serveCommand) serve(t *terminal, log *slog.Logger, ready func(context.Context, started) error) (err error) {
	defer t.fillWithGarbage(serveHeap, serveGarbage)()
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("--listen %s: %w", c.Listen, err)
	}
	defer listener.Close()
	watch := func(context.Context) error { return nil }
	if c.Embedded {
		inside, err := c.startEmbedded(t, log)
		if err != nil {
			return err
		}
		defer inside.stop()
		watch = inside.cluster.Watch
	}
	around, leave, err := c.reach(t, log)
	if err != nil {
		return err
	}
	defer leave()
	a, err := assemble(around, c.Services)
	if err != nil {
		return err
	}
	if err := c.checkSettings(t.ctx, a, log); err != nil {
		return err
	}
	up := started{grpc: listener.Addr().String(), nats: c.NatsURL}
	if up.developmentKey, err = developmentKey(t.ctx, a, listener.Addr()); err != nil {
		return err
	}
	if up.developmentKey != "" {
		defer func() { _ = keyfile.Remove(up.grpc) }() // a key that nobody serves harms nobody
	}
	printStarted(t.stdout, up, c.Services)
	group, ctx := errgroup.WithContext(t.ctx)
	group.Go(func() error { return a.run(ctx, listener) })
	group.Go(func() error { return ready(ctx, up) })
	group.Go(func() error { return watch(ctx) })
	return group.Wait()
}

func printStarted(w io.Writer, up started, services []string) {
	fmt.Fprintf(w, "raceday serves %s\n", strings.Join(services, ", "))
	fmt.Fprintf(w, "  gRPC  %s\n", up.grpc)
	fmt.Fprintf(w, "  NATS  %s\n", broker.Redact(up.nats))
	if up.developmentKey != "" {
		fmt.Fprintf(w, "  admin key for this machine: %s\n", up.developmentKey)
	}
}

// embedded are the servers that run inside.
type embedded struct {
	cluster *postgres.Cluster
	nats    *broker.Embedded
	log     *slog.Logger
}

func (e embedded) stop() {
	e.nats.Stop()
	if err := e.cluster.Stop(); err != nil {
		e.log.Error("PostgreSQL did not stop as it should", "error", err)
	}
}

// startEmbedded starts PostgreSQL and NATS under the data folder, and points the flags at them.
func (c *serveCommand) startEmbedded(t *terminal, log *slog.Logger) (inside embedded, err error) {
	cluster, err := postgres.StartCluster(t.ctx, postgres.ClusterOptions{
		Dir: filepath.Join(c.DataDir, "postgres"), Getenv: t.getenv, Log: log, Announce: t.stderr, Durable: true,
	})
	if err != nil {
		return embedded{}, err
	}
	host, port, err := splitAddress(c.NatsListen)
	if err != nil {
		return embedded{}, errors.Join(err, cluster.Stop())
	}
	nats, err := broker.StartEmbedded(broker.EmbeddedOptions{
		Dir: filepath.Join(c.DataDir, "nats"), Host: host, Port: port, Log: log,
	})
	if errors.Is(err, syscall.EADDRINUSE) {
		err = fmt.Errorf("--nats-listen %s: %w", c.NatsListen, err)
	}
	if err != nil {
		return embedded{}, errors.Join(err, cluster.Stop())
	}
	if err := nats.SyncAlways(); err != nil {
		nats.Stop()
		return embedded{}, errors.Join(err, cluster.Stop())
	}
	c.DatabaseURL, c.NatsURL, c.NatsReplicas = cluster.URL(), nats.URL(), 1
	return embedded{cluster, nats, log}, nil
}

// reach connects to PostgreSQL and NATS and brings the schema up to date.
func (c *serveCommand) reach(t *terminal, log *slog.Logger) (around surroundings, leave func(), err error) {
	if c.Wait {
		if err := postgres.WaitFor(t.ctx, c.DatabaseURL, t.stderr); err != nil {
			return surroundings{}, nil, err
		}
		if err := broker.WaitFor(t.ctx, c.NatsURL, t.stderr); err != nil {
			return surroundings{}, nil, err
		}
	}
	if err := postgres.Migrate(t.ctx, c.DatabaseURL, migrations.Sets()); err != nil {
		return surroundings{}, nil, err
	}
	pool, err := postgres.Open(t.ctx, c.DatabaseURL, postgres.Options{Name: "raceday", MaxConns: poolConnections})
	if err != nil {
		return surroundings{}, nil, err
	}
	conn, err := broker.Connect(t.ctx, c.NatsURL, broker.ConnectOptions{Name: "raceday", Log: log})
	if err != nil {
		pool.Close()
		return surroundings{}, nil, err
	}
	return surroundings{c.DatabaseURL, pool, conn, c.NatsReplicas, c.Unsafe, log}, func() { conn.Close(); pool.Close() }, nil
}

// poolConnections are enough for a scorer, exports and the callers that wait for PostgreSQL at one time.
const poolConnections = 16

// checkSettings refuses a NATS that might lose what it acknowledged.
func (c *serveCommand) checkSettings(ctx context.Context, a *assembly, log *slog.Logger) error {
	var err error
	if !c.Embedded {
		if err = broker.CheckServerSync(ctx, c.NatsMonitorURL); err != nil {
			err = fmt.Errorf("--nats-monitor-url: %w", err)
		}
	}
	err = errors.Join(err, a.ensureStreams(ctx))
	if err == nil || !c.Unsafe {
		return err
	}
	log.Warn("NATS may lose acknowledged reads; started all the same because of --unsafe", "error", err)
	return nil
}

// developmentKey makes an admin key for this machine where nobody made keys and nobody else can reach the server.
func developmentKey(ctx context.Context, a *assembly, addr net.Addr) (string, error) {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsLoopback() {
		return "", nil
	}
	key, err := a.access.EnsureDevelopmentKey(ctx, addr.String())
	if err != nil {
		return "", err
	}
	if key == "" {
		err = keyfile.Remove(addr.String())
	} else {
		err = keyfile.Write(addr.String(), key)
	}
	if err != nil { // commands on this machine then need --key
		a.around.log.WarnContext(ctx, "the development key was not kept for commands on this machine", "error", err)
	}
	return key, nil
}

type migrateCommand struct {
	DatabaseURL string `name:"database-url" required:"" variable:"RACEDAY_DATABASE_URL" placeholder:"URL" help:"PostgreSQL to bring up to date, or $RACEDAY_DATABASE_URL."`
	Wait        bool   `help:"Wait for PostgreSQL instead of ending when it is away."`
}

// Run applies the migrations that are missing.
func (c *migrateCommand) Run(t *terminal) error {
	if c.Wait {
		if err := postgres.WaitFor(t.ctx, c.DatabaseURL, t.stderr); err != nil {
			return err
		}
	}
	if err := postgres.Migrate(t.ctx, c.DatabaseURL, migrations.Sets()); err != nil {
		return err
	}
	fmt.Fprintln(t.stdout, "the schema is up to date")
	return nil
}
