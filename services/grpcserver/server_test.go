package grpcserver

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func TestHealthFollowsTheChecks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var postgresAway, natsAway atomic.Bool
		check := func(name string, away *atomic.Bool) Check {
			return Check{Name: name, Ready: func(context.Context) error {
				if away.Load() {
					return errors.New("no answer")
				}
				return nil
			}}
		}
		log := &logBuffer{}
		readiness := newReadiness(
			[]Check{check("postgres", &postgresAway), check("nats", &natsAway)}, slog.New(slog.NewTextHandler(log, nil)))
		services := grpc.NewServer()
		services.RegisterService(description(), &handlers{})
		want := func(when string, want grpc_health_v1.HealthCheckResponse_ServingStatus) {
			t.Helper()
			for _, service := range []string{"", "raceday.test.v1.TestService"} {
				got, err := readiness.server.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: service})
				if err != nil || got.GetStatus() != want {
					t.Errorf("%s: got %v, %v for %q, want %v", when, got.GetStatus(), err, service, want)
				}
			}
		}
		overall, err := readiness.server.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
		if err != nil || overall.GetStatus() != grpc_health_v1.HealthCheckResponse_NOT_SERVING {
			t.Errorf("before the first check: got %v, %v", overall.GetStatus(), err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			readiness.run(ctx, services)
		}()
		// nextRound lets the ticker fire once; inside the bubble it takes no time.
		nextRound := func() {
			<-time.After(readyInterval)
			synctest.Wait()
		}
		synctest.Wait()
		want("all there", grpc_health_v1.HealthCheckResponse_SERVING)
		postgresAway.Store(true)
		nextRound()
		want("postgres away", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
		natsAway.Store(true)
		postgresAway.Store(false)
		nextRound()
		nextRound()
		want("nats away", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
		natsAway.Store(false)
		nextRound()
		want("all back", grpc_health_v1.HealthCheckResponse_SERVING)
		cancel()
		<-ended
		want("at the end", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
		if got := strings.Count(log.String(), "\n"); got != 4 {
			t.Errorf("got %d lines in the log, want one for each change:\n%s", got, log)
		}
	})
}

func TestHealthOverTheWire(t *testing.T) {
	t.Parallel()
	server := run(t, Options{}, &handlers{}, "Open")
	stream, err := grpc_health_v1.NewHealthClient(server.conn).Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for {
		response, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if response.GetStatus() == grpc_health_v1.HealthCheckResponse_SERVING {
			break
		}
	}
	stopped := make(chan error, 1)
	go func() { stopped <- server.stop() }()
	response, err := stream.Recv()
	if err != nil || response.GetStatus() != grpc_health_v1.HealthCheckResponse_NOT_SERVING {
		t.Errorf("while stopping: got %v, %v, want NOT_SERVING", response.GetStatus(), err)
	}
	if _, err := stream.Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("at the end: got %v, want %v", err, codes.Unavailable)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestStopEndsWatchesAndFinishesCalls(t *testing.T) {
	t.Parallel()
	watching, importing := make(chan struct{}), make(chan struct{})
	server := run(t, Options{}, &handlers{
		serverStream: func(stream grpc.ServerStream) error {
			close(watching)
			<-stream.Context().Done()
			return stream.Context().Err()
		},
		clientStream: func(stream grpc.ServerStream) error {
			close(importing)
			// It goes on while the watch is ended beside it.
			if err := stream.RecvMsg(&wrapperspb.StringValue{}); err != nil {
				return err
			}
			return stream.SendMsg(wrapperspb.String("imported"))
		},
	})
	roster, err := server.conn.NewStream(t.Context(), &grpc.StreamDesc{ClientStreams: true}, testService+"Import")
	if err != nil {
		t.Fatal(err)
	}
	<-importing
	watched := make(chan error, 1)
	go func() { watched <- watch(t, server, "public") }()
	<-watching
	stopped := make(chan error, 1)
	go func() { stopped <- server.stop() }()

	ended := <-watched
	if status.Code(ended) != codes.Unavailable || reasonOf(status.Convert(ended)) != "SERVER_STOPPING" {
		t.Errorf("watch: got %v, want %v with its reason", ended, codes.Unavailable)
	}
	if err := errors.Join(roster.SendMsg(wrapperspb.String("a line")), roster.CloseSend()); err != nil {
		t.Fatal(err)
	}
	response := &wrapperspb.StringValue{}
	if err := roster.RecvMsg(response); err != nil || response.GetValue() != "imported" {
		t.Errorf("import: got %q, %v, want it to finish", response.GetValue(), err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("got %v of Serve, want nil", err)
	}
}
