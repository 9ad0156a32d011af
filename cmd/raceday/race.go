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

	standingsv1 "raceday/proto/raceday/standings/v1"
	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/race"
)

type raceCommand struct {
	Gun   raceGunCommand   `cmd:"" help:"Record the gun of a race or a wave; the last one stands."`
	Close raceCloseCommand `cmd:"" help:"Close a race: shows who is still out, asks, and makes DNF who is STARTED, and DNS who never was."`
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
		standing, err := standingRulings(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		if closed := standing.closeOf(c.Race); closed != nil {
			fmt.Fprintf(t.stdout, "%s: already closed at %s by %s with ruling %s; nothing was recorded\n", c.Race,
				clock(closed.GetRecordedAt(), definition), closed.GetBy(), closed.GetId())
			return nil
		}
		shown, err := c.show(ctx, t, conn, definition)
		if err != nil {
			return err
		}
		notStarted := c.notStarted(ctx, conn)
		question := fmt.Sprintf("close %s? Who is STARTED becomes DNF, %s DNS [y/N] ", c.Race, whoNeverStarted(notStarted))
		if !c.Yes && !isTerminal(os.Stdin) && notStarted > 0 {
			fmt.Fprintf(t.stdout, "%s: %s would become DNS\n", c.Race, whoNeverStarted(notStarted))
		}
		if yes, err := agreed(ctx, t, c.Yes, question, errNobodyToAsk); err != nil || !yes {
			if !errors.Is(err, errNobodyToAsk) {
				fmt.Fprintln(t.stdout, "nothing was closed")
			}
			return err
		}
		closed, err := timingv1.NewTimingServiceClient(conn).RecordRuling(ctx, &timingv1.RecordRulingRequest{
			EventId: c.Event, Ruling: &timingv1.Ruling{
				Id: rand.Text(), Race: c.Race, Kind: timingv1.RulingKind_RULING_KIND_CLOSE, Reason: c.Reason,
			},
		})
		if err != nil {
			return err
		}
		warn(t.stderr, c.Event, closed.GetWarnings())
		return c.printClosed(t.stdout, definition, shown, notStarted, closed)
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

// unknownCount stands for how many nobody could tell.
const unknownCount = -1

// notStarted returns how many of the race have no status yet, whom the close makes DNS. Standings that are away keep nobody
// from closing a race.
func (c *raceCloseCommand) notStarted(ctx context.Context, conn *grpc.ClientConn) int {
	asking, cancel := context.WithTimeout(ctx, progressTime)
	defer cancel()
	answer, err := standingsv1.NewStandingsServiceClient(conn).GetProgress(asking,
		&standingsv1.GetProgressRequest{EventId: c.Event, Race: c.Race})
	if err != nil {
		return unknownCount
	}
	count := 0
	for _, progress := range answer.GetRaces() {
		count += int(progress.GetNotStarted())
	}
	return count
}

func whoNeverStarted(n int) string {
	switch n {
	case unknownCount:
		return "who never started"
	case 1:
		return "1 who never started"
	}
	return fmt.Sprintf("%d who never started", n)
}

// printClosed says what the close did. It shows again who was out where that is no longer who was shown before.
func (c *raceCloseCommand) printClosed(
	w io.Writer, definition *race.Event, shown []*standingsv1.OnCourse, notStarted int,
	closed *timingv1.RecordRulingResponse,
) error {
	if closed.GetStillOutUnknown() {
		fmt.Fprintf(w, "%s is closed; the standings did not say who was still out: results export shows who is DNF\n", c.Race)
		return nil
	}
	out := closed.GetStillOut()
	total := max(int(closed.GetStillOutTotal()), len(out))
	same := func(a, b *standingsv1.OnCourse) bool { return a.GetBib() == b.GetBib() }
	shownAll := len(shown) == total && slices.EqualFunc(shown[:len(out)], out, same)
	if !shownAll {
		if err := printOnCourse(w, definition, c.Race, out); err != nil {
			return err
		}
	}
	still := stillOut(total)
	if !shownAll && total > len(out) {
		still += fmt.Sprintf(", of whom the first %d are shown", len(out))
	}
	if notStarted != unknownCount {
		still += fmt.Sprintf(", %s became DNS", whoNeverStarted(notStarted))
	}
	fmt.Fprintf(w, "%s is closed: %s\n", c.Race, still)
	return nil
}

func stillOut(n int) string {
	if n == 1 {
		return "1 was still out"
	}
	return fmt.Sprintf("%d were still out", n)
}

// agreed reports whether somebody wants it done: said so beforehand, or says so now. Without a terminal there is nobody to
// ask, which is an error of the caller's.
func agreed(ctx context.Context, t *terminal, yes bool, question string, nobody error) (bool, error) {
	switch {
	case yes:
		return true, nil
	case !isTerminal(os.Stdin):
		return false, nobody
	}
	return confirm(ctx, t.stdout, os.Stdin, question)
}

// warn writes what looks like a slip in a ruling that was recorded, and how to undo it.
func warn(w io.Writer, event string, warnings []*timingv1.RulingWarning) {
	printWarnings(w, warnings)
	if len(warnings) > 0 {
		fmt.Fprintf(w, "to undo it: raceday rulings record REVOKE --target %s --event %s\n", warnings[0].GetRulingId(), event)
	}
}

func printWarnings(w io.Writer, warnings []*timingv1.RulingWarning) {
	for _, warning := range warnings {
		fmt.Fprintf(w, "warning: %s\n", warning.GetMessage())
	}
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
