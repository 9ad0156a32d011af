package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"

	"google.golang.org/grpc"

	standingsv1 "raceday/proto/raceday/standings/v1"
)

type awardsAnnounceCommand struct {
	client
	Event     string `required:"" placeholder:"ID" help:"Event."`
	Race      string `arg:"" help:"Race."`
	SignedBy  string `required:"" placeholder:"NAME" help:"Who signs."`
	RequestID string `placeholder:"ID" help:"Names the announcement: once more with the same id announces nothing; without it one is made."`
}

// Run announces the prizes, and shows them as they were recorded.
func (c *awardsAnnounceCommand) Run(t *terminal) error {
	request := cmp.Or(c.RequestID, rand.Text())
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		definition, err := getEvent(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		announced, err := standingsv1.NewStandingsServiceClient(conn).AnnounceAwards(ctx, &standingsv1.AnnounceAwardsRequest{
			EventId: c.Event, Race: c.Race, RequestId: request, SignedBy: c.SignedBy,
		})
		if err != nil {
			sayUnknown(t.stderr, err, "--request-id "+request)
			return err
		}
		return printAnnouncement(t.stdout, announced.GetAnnouncement(), definition)
	})
}

type awardsHandOverCommand struct {
	client
	Event        string `required:"" placeholder:"ID" help:"Event."`
	Race         string `arg:"" help:"Race."`
	List         string `arg:"" help:"List, such as age/M35-39."`
	Bib          string `arg:"" help:"Bib of who won it."`
	By           string `placeholder:"NAME" help:"Who hands it over; without it, whose key it is."`
	GivenAlready bool   `help:"They have it already, as it was announced: recorded also where it is another's now."`
	RequestID    string `placeholder:"ID" help:"Names the hand-over: once more with the same id records nothing; without it one is made."`
}

// Run records the hand-over.
func (c *awardsHandOverCommand) Run(t *terminal) error {
	request := cmp.Or(c.RequestID, rand.Text())
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		done, err := standingsv1.NewStandingsServiceClient(conn).HandOverAward(ctx, &standingsv1.HandOverAwardRequest{
			EventId: c.Event, Race: c.Race, RequestId: request, List: c.List, Bib: c.Bib, By: c.By, GivenAlready: c.GivenAlready,
		})
		if err != nil {
			sayUnknown(t.stderr, err, "--request-id "+request)
			return err
		}
		fmt.Fprintln(t.stdout, handOverText(done.GetHandOver()))
		return nil
	})
}

type awardsTakeBackCommand struct {
	client
	Event     string `required:"" placeholder:"ID" help:"Event."`
	Race      string `arg:"" help:"Race."`
	List      string `arg:"" help:"List, such as age/M35-39."`
	Bib       string `arg:"" help:"Bib that it was handed over to."`
	By        string `placeholder:"NAME" help:"Who takes it back; without it, whose key it is."`
	RequestID string `placeholder:"ID" help:"Names the taking back: once more with the same id records nothing; without it one is made."`
}

// Run records that the prize was taken back.
func (c *awardsTakeBackCommand) Run(t *terminal) error {
	request := cmp.Or(c.RequestID, rand.Text())
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		done, err := standingsv1.NewStandingsServiceClient(conn).TakeBackAward(ctx, &standingsv1.TakeBackAwardRequest{
			EventId: c.Event, Race: c.Race, RequestId: request, List: c.List, Bib: c.Bib, By: c.By,
		})
		if err != nil {
			sayUnknown(t.stderr, err, "--request-id "+request)
			return err
		}
		fmt.Fprintln(t.stdout, handOverText(done.GetHandOver()))
		return nil
	})
}
