package benchmark

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"

	standingsv1 "raceday/proto/raceday/standings/v1"
)

// watchersFloor is the floor of a WatchersBench: a server that knows nothing and sends to some of its streams, a round after
// the other, a message of a size.
type watchersFloor struct {
	standingsv1.UnimplementedStandingsServiceServer
	mu sync.Mutex
	// streams are told of the rounds in which they are to send; next is whose turn it is.
	streams []chan int
	next    int
	padding string
}

// WatchStandings sends a message, and another for each round: an entrant of its own comes into view and to its first visit.
func (f *watchersFloor) WatchStandings(
	_ *standingsv1.WatchStandingsRequest, stream grpc.ServerStreamingServer[standingsv1.WatchStandingsResponse],
) error {
	rounds := make(chan int, 1)
	f.mu.Lock()
	f.streams = append(f.streams, rounds)
	f.mu.Unlock()
	for round := -1; ; {
		err := stream.Send(&standingsv1.WatchStandingsResponse{
			Rows: []*standingsv1.Standing{{Bib: strconv.Itoa(round), LastVisit: -1}, {Bib: strconv.Itoa(round), Name: f.padding}},
		})
		if err != nil {
			return err
		}
		select {
		case round = <-rounds:
		case <-stream.Context().Done():
			return stream.Context().Err()
		}
	}
}

// round has so many streams send. Who has still to send for the round before is passed over.
func (f *watchersFloor) round(streams, round int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for range min(streams, len(f.streams)) {
		select {
		case f.streams[f.next] <- round:
		default:
		}
		f.next = (f.next + 1) % len(f.streams)
	}
}

func (b *WatchersBench) floor(ctx context.Context, watches []followed, found WatchersFound) (WatchersFound, float64, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return WatchersFound{}, 0, err
	}
	floor := &watchersFloor{padding: strings.Repeat("x", int(found.Bytes/max(1, found.Messages)))}
	server := grpc.NewServer()
	standingsv1.RegisterStandingsServiceServer(server, floor)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	of, kib, err := b.turn(ctx, listener.Addr().String(), "", watches, func(a *away) error {
		rounds := b.Seconds * floorRounds
		ticks := time.NewTicker(time.Second / floorRounds)
		defer ticks.Stop()
		for round := range rounds {
			select {
			case <-ticks.C:
			case <-ctx.Done():
				return ctx.Err()
			}
			if err := a.publish([]change{{strconv.Itoa(round), 0}}); err != nil {
				return err
			}
			floor.round(int((found.Messages+int64(rounds)-1)/int64(rounds)), round)
		}
		return nil
	})
	server.Stop()
	if serveErr := <-served; err == nil && serveErr != nil {
		err = fmt.Errorf("serve: %w", serveErr)
	}
	return of, kib, err
}
