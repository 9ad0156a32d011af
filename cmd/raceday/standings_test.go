package main

import (
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

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

// Two waves, ten minutes apart: whoever is seen first need not be ahead.
func TestRowsThatChangeStandInTheOrderOfTheServer(t *testing.T) {
	t.Parallel()
	start := time.Date(2025, 9, 28, 2, 0, 0, 0, time.UTC)
	onCourse := func(bib string, visit int32, wave, there time.Duration) *standingsv1.Standing {
		return &standingsv1.Standing{
			Bib: bib, LastVisit: visit, LastAt: timestamppb.New(start.Add(wave + there)), LastTime: durationpb.New(there),
		}
	}
	want := []*standingsv1.Standing{
		{Bib: "9", Rank: 1},
		{Bib: "8", Rank: 2, LastTime: durationpb.New(2 * time.Hour)},
		{Bib: "10", Rank: 2, LastTime: durationpb.New(time.Hour)},
		onCourse("7", 2, 0, 45*time.Minute),
		onCourse("202", 1, 10*time.Minute, 15*time.Minute),
		onCourse("101", 1, 0, 16*time.Minute),
		onCourse("203", 1, 10*time.Minute, 16*time.Minute),
		{Bib: "5", LastVisit: 1, LastAt: timestamppb.New(start)},
		{Bib: "6", LastVisit: -1},
	}
	for i := range want {
		rest := slices.Delete(slices.Clone(want), i, i+1)
		got := updateRows(rest, &standingsv1.WatchStandingsResponse{Rows: want[i : i+1]})
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("bib %s comes in (-want +got):\n%s", want[i].GetBib(), diff)
		}
	}
}
