// Package grpcserver owns everything about a gRPC server that is the same for every service: limits, who may call what,
// request ids, error codes, health, reflection and an orderly end. It knows no service.
package grpcserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	"raceday/services/access"
)

// The limits of a connection and a call. The defaults of grpc-go are open: no bound on streams, headers or age.
const (
	maxReceiveBytes     = 512 << 10
	maxHeaderBytes      = 16 << 10
	maxStreams          = 100
	connectionTime      = 10 * time.Second
	connectionIdle      = 5 * time.Minute
	connectionAge       = 30 * time.Minute
	connectionAgeGrace  = time.Minute
	keepaliveInterval   = time.Minute
	keepaliveTimeout    = 10 * time.Second
	minClientPing       = 30 * time.Second
	defaultCallTime     = 10 * time.Second
	minCallTime         = 100 * time.Millisecond
	stopStreamsAfter    = time.Second
	stopEverythingAfter = 10 * time.Second
)

// Authenticator finds out who calls.
type Authenticator interface {
	// Authenticate returns who bears the key, or an Unauthenticated fault; an empty bearer means that there is none.
	Authenticate(ctx context.Context, bearer string) (access.Actor, error)
}

// Options are what a server needs from outside.
type Options struct {
	Log           *slog.Logger
	Authenticator Authenticator
	// Roles says for each full method (/raceday.event.v1.EventService/GetEvent) who may call it. A method that is open
	// to access.Public is open to every role and needs no key; any other only to the roles that are listed.
	Roles map[string][]access.Role
	// Ready is what must answer for the server to report SERVING.
	Ready []Check
}

// Server is a gRPC server with health and reflection. It is a grpc.ServiceRegistrar: services are registered on it before
// Serve.
type Server struct {
	log           *slog.Logger
	authenticator Authenticator
	roles         map[string][]access.Role
	grpc          *grpc.Server
	health        *readiness
	// stopping is no call's context but a signal to all of them: it ends when long streams must end.
	stopping    context.Context
	stopStreams context.CancelFunc
}

// New returns a server on which only health and reflection are registered.
func New(options Options) *Server {
	s := &Server{
		log:           options.Log,
		authenticator: options.Authenticator,
		roles:         options.Roles,
		health:        newReadiness(options.Ready, options.Log),
	}
	s.stopping, s.stopStreams = context.WithCancel(context.Background())
	s.grpc = grpc.NewServer(
		grpc.MaxRecvMsgSize(maxReceiveBytes),
		grpc.MaxHeaderListSize(maxHeaderBytes),
		grpc.MaxConcurrentStreams(maxStreams),
		grpc.ConnectionTimeout(connectionTime),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionIdle:     connectionIdle,
			MaxConnectionAge:      connectionAge,
			MaxConnectionAgeGrace: connectionAgeGrace,
			Time:                  keepaliveInterval,
			Timeout:               keepaliveTimeout,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minClientPing, PermitWithoutStream: true}),
		grpc.WaitForHandlers(true),
		Codec(),
		grpc.UnaryInterceptor(s.unary),
		grpc.StreamInterceptor(s.stream),
	)
	s.health.register(s.grpc)
	reflection.RegisterV1(s.grpc)
	return s
}

// RegisterService registers a service; generated RegisterXServer functions call it.
func (s *Server) RegisterService(description *grpc.ServiceDesc, implementation any) {
	s.grpc.RegisterService(description, implementation)
}

// Serve answers calls on the listener until ctx ends, and returns when the last of them has: nil after an orderly end,
// the cause if the listener broke. Before it takes a connection it returns CheckRoles' error. Once ctx ends the server
// takes no more connections and reports NOT_SERVING; calls get ten seconds to finish, and streams that only the server
// would end get one, after which they end with UNAVAILABLE. Serve is called once and closes the listener.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	defer s.stopStreams()
	if err := s.CheckRoles(); err != nil {
		return errors.Join(err, listener.Close())
	}
	watchCtx, stopWatch := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		s.health.run(watchCtx, s.grpc)
	}()
	served := make(chan error, 1)
	go func() { served <- s.grpc.Serve(listener) }()

	var err error
	select {
	case <-ctx.Done():
		stopWatch()
		<-watched
		s.stop()
		err = <-served
	case err = <-served:
		stopWatch()
		<-watched
		s.stop()
	}
	// The server says so if ctx ended before it had begun.
	if err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("serve grpc on %s: %w", listener.Addr(), err)
	}
	return nil
}

// stop ends everything in the order that loses least, and returns when the last handler has returned.
func (s *Server) stop() {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.grpc.GracefulStop()
	}()
	streams := time.AfterFunc(stopStreamsAfter, s.stopStreams)
	defer streams.Stop()
	everything := time.NewTimer(stopEverythingAfter)
	defer everything.Stop()
	select {
	case <-ended:
	case <-everything.C:
		s.log.Warn("calls did not finish in time", "limit", stopEverythingAfter)
		s.grpc.Stop()
		<-ended
	}
}
