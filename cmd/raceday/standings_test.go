package main

import (
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/testing/protocmp"

	standingsv1 "raceday/proto/raceday/standings/v1"
)

// updates is a stream that ends after its messages.
type updates struct {
	grpc.ClientStream
	messages []*standingsv1.WatchStandingsResponse
}

func (u *updates) Recv() (*standingsv1.WatchStandingsResponse, error) {
	if len(u.messages) == 0 {
		return nil, io.EOF
	}
	next := u.messages[0]
	u.messages = u.messages[1:]
	return next, nil
}

func TestReceiveUpdateWaitsForAllOfIt(t *testing.T) {
	t.Parallel()
	message := func(snapshot, more bool, bib string) *standingsv1.WatchStandingsResponse {
		return &standingsv1.WatchStandingsResponse{
			Version: 7, Snapshot: snapshot, More: more, Rows: []*standingsv1.Standing{{Bib: bib}},
		}
	}
	stream := &updates{messages: []*standingsv1.WatchStandingsResponse{
		message(true, true, "1"), message(false, true, "2"), message(false, false, "3"), message(false, true, "4"),
	}}
	got, err := receiveUpdate(stream)
	if err != nil {
		t.Fatal(err)
	}
	want := &standingsv1.WatchStandingsResponse{
		Version: 7, Snapshot: true, Rows: []*standingsv1.Standing{{Bib: "1"}, {Bib: "2"}, {Bib: "3"}},
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("update (-want +got):\n%s", diff)
	}
	if _, err := receiveUpdate(stream); !errors.Is(err, io.EOF) {
		t.Errorf("a stream that ends within an update: got %v, want %v", err, io.EOF)
	}
}
