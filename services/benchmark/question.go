package benchmark

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	protocodec "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	standingsv1 "raceday/proto/raceday/standings/v1"
)

// longestAgeGroup returns the age group of the race with the most finishers, and how many they are.
func longestAgeGroup(ctx context.Context, s *Server) (list string, ranked int, err error) {
	lists, err := standingsv1.NewStandingsServiceClient(s.Conn).ListLists(ctx,
		&standingsv1.ListListsRequest{EventId: string(askEvent), Race: string(askRace)})
	if err != nil {
		return "", 0, fmt.Errorf("list the lists of %s: %w", askRace, err)
	}
	for _, l := range lists.GetLists() {
		if strings.HasPrefix(l.GetList(), "age/") && int(l.GetRanked()) > ranked {
			list, ranked = l.GetList(), int(l.GetRanked())
		}
	}
	if ranked == 0 {
		return "", 0, fmt.Errorf("nobody is home in an age group of %s", askRace)
	}
	return list, ranked, nil
}

// call is one call of a caller, the nth of all.
type call func(ctx context.Context, conn *grpc.ClientConn, n int) error

func emptyCall(ctx context.Context, conn *grpc.ClientConn, _ int) error {
	return newVacanciesFloor(conn).call(ctx)
}

// question is what is asked and the message of its answer.
type question struct {
	method string
	// request is that of the nth call.
	request func(n int) proto.Message
	answer  func() proto.Message
}

func (b *AskBench) question(d *day, list string) question {
	if b.Question == AskStandings {
		request := &standingsv1.GetStandingsRequest{EventId: string(askEvent), Race: string(askRace), List: list, PageSize: askRows}
		return question{
			method:  standingsv1.StandingsService_GetStandings_FullMethodName,
			request: func(int) proto.Message { return request },
			answer:  func() proto.Message { return &standingsv1.GetStandingsResponse{} },
		}
	}
	random := rand.New(rand.NewPCG(seed, 1))
	bibs := make([]string, b.Calls)
	for i := range bibs {
		bibs[i] = string(d.roster[random.IntN(len(d.roster))].Bib)
	}
	return question{
		method: standingsv1.StandingsService_GetResult_FullMethodName,
		request: func(n int) proto.Message {
			return &standingsv1.GetResultRequest{EventId: string(askEvent), Bib: bibs[n]}
		},
		answer: func() proto.Message { return &standingsv1.GetResultResponse{} },
	}
}

// ask decodes the answer, as the generated client does.
func (q *question) ask(ctx context.Context, conn *grpc.ClientConn, n int) error {
	return conn.Invoke(ctx, q.method, q.request(n), q.answer(), grpc.StaticMethod())
}

// askUnread leaves the answer as it comes.
func (q *question) askUnread(ctx context.Context, conn *grpc.ClientConn, n int) error {
	return conn.Invoke(ctx, q.method, q.request(n), nil, grpc.StaticMethod(), grpc.ForceCodecV2(undecoded{}))
}

// undecoded is the codec of callers who only ask: what they cost then is about what an empty call does, and the rest is the
// server's and of the way.
type undecoded struct{}

// Marshal encodes a request.
func (undecoded) Marshal(m any) (mem.BufferSlice, error) {
	return encoding.GetCodecV2(protocodec.Name).Marshal(m)
}

// Unmarshal does nothing.
func (undecoded) Unmarshal(mem.BufferSlice, any) error { return nil }

// Name is that of what travels.
func (undecoded) Name() string { return protocodec.Name }
