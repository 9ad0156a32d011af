package grpcserver

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
)

const (
	readyInterval = time.Second
	readyTime     = time.Second
)

// Check is one thing outside that the services need.
type Check struct {
	// Name is that thing's, for the log: postgres, nats.
	Name string
	// Ready returns nil if it answers. It gets a second.
	Ready func(ctx context.Context) error
}

// readiness turns checks into the answers of the health service: the overall one ("") and one for each service.
type readiness struct {
	log    *slog.Logger
	checks []Check
	server *health.Server
	// away holds the checks that failed last time, so that only changes are logged.
	away map[string]bool
}

func newReadiness(checks []Check, log *slog.Logger) *readiness {
	r := &readiness{log: log, checks: checks, server: health.NewServer(), away: map[string]bool{}}
	// The health package starts with SERVING, which nobody has found out yet.
	r.server.SetServingStatus("", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	return r
}

func (r *readiness) register(registrar grpc.ServiceRegistrar) {
	grpc_health_v1.RegisterHealthServer(registrar, r.server)
}

// run checks every second until ctx ends, and leaves NOT_SERVING behind.
func (r *readiness) run(ctx context.Context, services interface {
	GetServiceInfo() map[string]grpc.ServiceInfo
}) {
	defer r.server.Shutdown()
	names := []string{""}
	for name := range services.GetServiceInfo() {
		if !isOwn("/" + name + "/") {
			names = append(names, name)
		}
	}
	ticker := time.NewTicker(readyInterval)
	defer ticker.Stop()
	for ctx.Err() == nil {
		answer := grpc_health_v1.HealthCheckResponse_NOT_SERVING
		if r.ready(ctx) {
			answer = grpc_health_v1.HealthCheckResponse_SERVING
		}
		for _, name := range names {
			r.server.SetServingStatus(name, answer)
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// ready asks every check, also after one has failed, so that the log names all that is away.
func (r *readiness) ready(ctx context.Context) bool {
	ready := true
	for _, check := range r.checks {
		err := ask(ctx, check)
		if ctx.Err() != nil {
			return false
		}
		if err != nil {
			ready = false
		}
		switch away := err != nil; {
		case away && !r.away[check.Name]:
			r.log.Warn("needed service is away", "name", check.Name, "error", err)
		case !away && r.away[check.Name]:
			r.log.Info("needed service is back", "name", check.Name)
		}
		r.away[check.Name] = err != nil
	}
	return ready
}

func ask(ctx context.Context, check Check) error {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	return check.Ready(ctx)
}
