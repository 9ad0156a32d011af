package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"raceday/services/rehearsal"
	"raceday/services/rules/race"
	"raceday/services/timing"
	"raceday/services/timing/timingnats"
)

type simulateCommand struct {
	Event     string        `required:"" placeholder:"FILE" help:"Event file (event.yaml)."`
	Roster    string        `required:"" placeholder:"FILE" help:"Roster (roster.csv)."`
	Seed      uint64        `default:"1" help:"The same seed makes the same bytes."`
	Out       string        `placeholder:"DIR" help:"Where to write reads.csv.gz and truth.csv."`
	Publish   bool          `help:"Send the reads to a running server, in the order in which they arrive."`
	Speed     float64       `default:"60" help:"How many times as fast as on the day; 0: at once."`
	ClocksOff time.Duration `name:"clocks-off" default:"0s" help:"Let clocks be off by up to this much beside what the event says."`
	NatsURL   string        `name:"nats-url" variable:"RACEDAY_NATS_URL" default:"nats://127.0.0.1:4222" placeholder:"URL" help:"NATS of the server, or $RACEDAY_NATS_URL."`
}

// Validate refuses a command that does nothing, and figures that are none.
func (c *simulateCommand) Validate() error {
	if c.Out == "" && !c.Publish {
		return errors.New("--out or --publish is needed")
	}
	if !(c.Speed >= 0) || c.ClocksOff < 0 {
		return errors.New("--speed and --clocks-off must not be negative")
	}
	return nil
}

// Run lets the mats of the event read its field.
func (c *simulateCommand) Run(t *terminal) error {
	day := dayFiles{event: fileSource(c.Event), roster: fileSource(c.Roster)}
	facts, err := day.parseEvent()
	if err != nil {
		return err
	}
	if err := day.parseOthers(&facts); err != nil {
		return err
	}
	conditions := rehearsal.Raw()
	conditions.ClocksOff = c.ClocksOff
	recording := rehearsal.Simulate(c.Seed, facts.event, facts.roster, conditions)
	if c.Out != "" {
		if err := c.write(recording); err != nil {
			return err
		}
	}
	if err := printSimulated(t.stdout, recording); err != nil {
		return err
	}
	if c.Publish {
		return c.publish(t, facts.event.ID, recording)
	}
	return nil
}

func (c *simulateCommand) write(recording *rehearsal.Recording) error {
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return err
	}
	reads := func(w io.Writer) error { return zipped(w, recording.WriteReads) }
	return errors.Join(
		writeFile(filepath.Join(c.Out, "reads.csv.gz"), reads),
		writeFile(filepath.Join(c.Out, "truth.csv"), recording.Truth.WriteCSV),
	)
}

func (c *simulateCommand) publish(t *terminal, id race.EventID, recording *rehearsal.Recording) error {
	m := mats{Event: string(id), NatsURL: c.NatsURL}
	return m.publishing(t, func(publisher *timingnats.Publisher) error {
		shown := newProgress(t.stderr)
		defer shown.end()
		sent := 0
		err := recording.Play(t.ctx, c.Speed, func(ctx context.Context, reads []timing.Read) error {
			sent += len(reads)
			shown.show("%d reads sent", sent)
			return publisher.Publish(ctx, reads)
		})
		if err == nil {
			err = publisher.Flush(t.ctx)
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(t.stdout, "published and acknowledged: %s, repeats included\n", counted(sent))
		return err
	})
}

// printSimulated tells what the day was like.
func printSimulated(w io.Writer, recording *rehearsal.Recording) error {
	truth := recording.Truth
	unread, out := 0, 0
	for i := range truth.Crossings {
		c := &truth.Crossings[i]
		if c.Happening == rehearsal.Visited && len(c.Mats) == 0 {
			unread++
		}
		if c.Out {
			out++
		}
	}
	messages, again := recording.Messages()
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "reads\t%d by %d mats\n", recording.Reads(), len(recording.Mats()))
	fmt.Fprintf(table, "messages\t%d, %d of them sent twice\n", messages, again)
	fmt.Fprintf(table, "crossings\t%d, %d of them read by no mat\n", len(truth.Crossings), unread)
	fmt.Fprintf(table, "did not start\t%d\n", len(truth.Stayed))
	fmt.Fprintf(table, "dropped out\t%d\n", out)
	if off := recording.Offline; off.Mat != "" {
		fmt.Fprintf(table, "offline\t%s, from %v to %v after the first gun\n",
			off.Mat, off.From.Round(time.Second), off.Until.Round(time.Second))
	}
	return table.Flush()
}
