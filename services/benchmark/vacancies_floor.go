package benchmark

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// vacanciesFloor is the floor of asking for vacancies: the same server's health check, called by the same onlooker on the
// same connection by turns with the questions. It passes the same interceptors, with deadline, request id and log line, and
// its handler looks up one word in memory; of what every call pays it is spared the look at the caller's key, one hash. So
// what it takes while the machine is busy, any call takes.
type vacanciesFloor struct {
	client grpc_health_v1.HealthClient
}

func newVacanciesFloor(conn *grpc.ClientConn) vacanciesFloor {
	return vacanciesFloor{grpc_health_v1.NewHealthClient(conn)}
}

// call does nothing, whatever the answer is.
func (f vacanciesFloor) call(ctx context.Context) error {
	_, err := f.client.Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	return err
}
