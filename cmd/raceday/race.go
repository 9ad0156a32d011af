package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

type raceCommand struct {
	Gun   raceGunCommand   `cmd:"" help:"Record the gun of a race or a wave; the last one stands."`
	Close raceCloseCommand `cmd:"" help:"Close a race: shows who is still out, asks, and makes them DNF, and DNS who never started."`
}

type raceGunCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	Race  string `arg:"" help:"Race."`
	Wave  string `arg:"" optional:"" help:"Wave; without it all waves of the race."`
	At    string `placeholder:"INSTANT" help:"When it was fired, such as 2025-09-28T07:00:00.250+05:00; without it now, by the clock of the server."`
}

// Run records the gun.
func (c *raceGunCommand) Run(t *terminal) error {
	request := &timingv1.FireGunRequest{EventId: c.Event, Race: c.Race, Wave: c.Wave, RequestId: rand.Text()}
	if c.At != "" {
		at, err := racetime.ParseInstant(c.At)
		if err != nil {
			return fmt.Errorf("--at %s: %w", c.At, err)
		}
		request.At = timestamppb.New(at.Time())
	}
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		fired, err := timingv1.NewTimingServiceClient(conn).FireGun(ctx, request)
		if err != nil {
			return err
		}
		who := "all waves"
		if c.Wave != "" {
			who = "wave " + c.Wave
		}
		gun := fired.GetRuling()
		fmt.Fprintf(t.stdout, "%s: gun of %s at %s, ruling %s\n", c.Race, who, racetime.At(gun.GetAt().AsTime()), gun.GetId())
		return nil
	})
}

type raceCloseCommand struct {
	client
	Event  string `required:"" placeholder:"ID" help:"Event."`
	Race   string `arg:"" help:"Race."`
	Reason string `placeholder:"TEXT" help:"Why, for the record."`
	Yes    bool   `help:"Do not ask."`
}

var errNobodyToAsk = errors.New("nothing was closed: there is nobody to ask here; say --yes to close the race all the same")

// Run closes the race once somebody said yes.
func (c *raceCloseCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		definition, err := getEvent(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		shown, err := c.show(ctx, t, conn, definition)
		if err != nil {
			return err
		}
		if !c.Yes {
			if !isTerminal(os.Stdin) {
				return errNobodyToAsk
			}
			question := fmt.Sprintf("close %s? Who is still out becomes DNF, who never started DNS [y/N] ", c.Race)
			if yes, err := confirm(ctx, t.stdout, os.Stdin, question); err != nil || !yes {
				fmt.Fprintln(t.stdout, "nothing was closed")
				return err
			}
		}
		closed, err := timingv1.NewTimingServiceClient(conn).RecordRuling(ctx, &timingv1.RecordRulingRequest{
			EventId: c.Event, Ruling: &timingv1.Ruling{
				Id: rand.Text(), Race: c.Race, Kind: timingv1.RulingKind_RULING_KIND_CLOSE, Reason: c.Reason,
			},
		})
		if err != nil {
			return err
		}
		return c.printClosed(t.stdout, definition, shown, closed)
	})
}

// show shows who is still out. Standings that are away keep nobody from closing a race.
func (c *raceCloseCommand) show(
	ctx context.Context, t *terminal, conn *grpc.ClientConn, definition *race.Event,
) ([]*standingsv1.OnCourse, error) {
	entrants, err := listOnCourse(ctx, conn, c.Event, c.Race)
	switch status.Code(err) {
	case codes.OK:
		return entrants, printOnCourse(t.stdout, definition, c.Race, entrants)
	case codes.Unavailable, codes.DeadlineExceeded, codes.Unimplemented:
		fmt.Fprintf(t.stderr, "who is still out is not known: %s\n", status.Convert(err).Message())
		return nil, nil
	}
	return nil, err
}

// printClosed says what the close did. It shows again who was out where that is no longer who was shown before.
func (c *raceCloseCommand) printClosed(
	w io.Writer, definition *race.Event, shown []*standingsv1.OnCourse, closed *timingv1.RecordRulingResponse,
) error {
	if closed.GetStillOutUnknown() {
		fmt.Fprintf(w, "%s is closed; the standings did not say who was still out: results export shows who is DNF\n", c.Race)
		return nil
	}
	out := closed.GetStillOut()
	same := func(a, b *standingsv1.OnCourse) bool { return a.GetBib() == b.GetBib() }
	if !slices.EqualFunc(shown, out, same) {
		if err := printOnCourse(w, definition, c.Race, out); err != nil {
			return err
		}
	}
	fmt.Fprintf(w, "%s is closed: %d became DNF\n", c.Race, len(out))
	return nil
}

// confirm puts a question and reports whether the answer is yes; no answer is no.
func confirm(ctx context.Context, w io.Writer, r io.Reader, question string) (bool, error) {
	fmt.Fprint(w, question)
	answer := make(chan string, 1)
	// What waits for a key cannot be interrupted: who interrupts the command leaves it behind.
	go func() {
		line, _ := bufio.NewReader(r).ReadString('\n') // the end of the input is no answer
		answer <- line
	}()
	select {
	case line := <-answer:
		word := strings.ToLower(strings.TrimSpace(line))
		return word == "y" || word == "yes", nil
	case <-ctx.Done():
		fmt.Fprintln(w)
		return false, ctx.Err()
	}
}
