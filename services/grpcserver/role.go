package grpcserver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"

	"raceday/services/access"
)

// CheckRoles returns an error that names every registered method without an entry in Options.Roles, every entry without
// a method, and every entry that lists nobody. Serve calls it; a test of the wiring may.
func (s *Server) CheckRoles() error {
	methods := map[string]bool{}
	for service, info := range s.grpc.GetServiceInfo() {
		if isOwn("/" + service + "/") {
			continue
		}
		for _, method := range info.Methods {
			methods["/"+service+"/"+method.Name] = true
		}
	}
	var faults []string
	for method := range methods {
		if len(s.roles[method]) == 0 {
			faults = append(faults, method+" has no roles")
		}
	}
	for method := range s.roles {
		if !methods[method] {
			faults = append(faults, method+" has roles but is not registered")
		}
	}
	if len(faults) == 0 {
		return nil
	}
	slices.Sort(faults)
	return fmt.Errorf("table of roles: %w", errors.New(strings.Join(faults, "; ")))
}

// isOwn reports whether a full method is of health or reflection. They are open to everybody and never look at a key: a
// probe must get its answer while the store of keys is away.
func isOwn(method string) bool {
	return strings.HasPrefix(method, "/"+grpc_health_v1.Health_ServiceDesc.ServiceName+"/") ||
		strings.HasPrefix(method, "/"+reflectionv1.ServerReflection_ServiceDesc.ServiceName+"/")
}

// admit returns who calls, if they may call the method.
func (s *Server) admit(ctx context.Context, method string) (access.Actor, error) {
	stranger := access.Actor{Role: access.Public}
	if isOwn(method) {
		return stranger, nil
	}
	roles := s.roles[method]
	open := slices.Contains(roles, access.Public)
	bearer, err := bearerOf(ctx)
	if err != nil {
		return stranger, err
	}
	if open && bearer == "" {
		return stranger, nil
	}
	actor, err := s.authenticator.Authenticate(ctx, bearer)
	if err != nil {
		return stranger, err
	}
	if !open && !slices.Contains(roles, actor.Role) {
		return actor, access.ErrRoleNotAllowed
	}
	return actor, nil
}

// bearerOf returns the call's key, "" if it has none, and access.ErrKeyUnknown if it has something else or two of them.
func bearerOf(ctx context.Context) (string, error) {
	values := metadata.ValueFromIncomingContext(ctx, "authorization")
	if len(values) == 0 {
		return "", nil
	}
	scheme, bearer, ok := strings.Cut(values[0], " ")
	if len(values) > 1 || !ok || !strings.EqualFold(scheme, "bearer") {
		return "", access.ErrKeyUnknown
	}
	return strings.TrimSpace(bearer), nil
}

type actorKey struct{}

// WithActor returns a context whose ActorFrom is the actor. The server does so for every call; tests of handlers may.
func WithActor(ctx context.Context, actor access.Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// ActorFrom returns who calls; outside of a call that is nobody, with the role public.
func ActorFrom(ctx context.Context) access.Actor {
	if actor, ok := ctx.Value(actorKey{}).(access.Actor); ok {
		return actor
	}
	return access.Actor{Role: access.Public}
}

var _ grpc.ServiceRegistrar = (*Server)(nil)
