package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"google.golang.org/grpc"

	eventv1 "raceday/proto/raceday/event/v1"
	"raceday/services/broker"
	"raceday/services/csvtable"
	"raceday/services/event"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/timing"
	"raceday/services/timing/timingnats"
)

type readsCommand struct {
	Publish readsPublishCommand `cmd:"" help:"Publish recorded reads to the mats' subjects."`
	Send    readsSendCommand    `cmd:"" help:"Send one batch of reads, now."`
}

// mats is how a command publishes as mats do.
type mats struct {
	client
	Event   string `required:"" placeholder:"ID" help:"Event."`
	NatsURL string `name:"nats-url" variable:"RACEDAY_NATS_URL" default:"nats://127.0.0.1:4222" placeholder:"URL" help:"NATS of the server, or $RACEDAY_NATS_URL."`
}

func (m *mats) publishing(t *terminal, work func(*timingnats.Publisher) error) error {
	conn, err := broker.Connect(t.ctx, m.NatsURL, broker.ConnectOptions{Name: "raceday reads", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("--nats-url: %w", err)
	}
	defer conn.Close()
	js, err := broker.JetStream(conn)
	if err != nil {
		return err
	}
	publisher, err := timingnats.NewPublisher(t.ctx, js, race.EventID(m.Event))
	if err != nil {
		return err
	}
	return work(publisher)
}

// getEvent asks the server for an event.
func getEvent(ctx context.Context, conn *grpc.ClientConn, id string) (*race.Event, error) {
	got, err := eventv1.NewEventServiceClient(conn).GetEvent(ctx, &eventv1.GetEventRequest{EventId: id})
	if err != nil {
		return nil, err
	}
	definition, problems := event.FromMessage(got.GetEvent())
	if len(problems) > 0 {
		return nil, fmt.Errorf("the server's event %s is not understood: %s: %s", id, problems[0].Path, problems[0].Reason)
	}
	return definition, nil
}

type readsPublishCommand struct {
	mats
	File    string  `arg:"" help:"Reads (reads.csv or reads.csv.gz)."`
	Speed   float64 `default:"0" help:"How many times as fast as they were recorded; 0: at once."`
	SkipBad bool    `name:"skip-bad" help:"Send the good lines of a file with bad ones, and print the bad ones."`
}

// Validate refuses a speed that is none.
func (c *readsPublishCommand) Validate() error {
	if !(c.Speed >= 0) {
		return errors.New("--speed must not be negative")
	}
	return nil
}

// Run publishes the file.
func (c *readsPublishCommand) Run(t *terminal) error {
	var definition *race.Event
	err := c.with(t, func(ctx context.Context, conn *grpc.ClientConn) (err error) {
		definition, err = getEvent(ctx, conn, c.Event)
		return err
	})
	if err != nil {
		return err
	}
	var reads []timing.Read
	err = fileSource(c.File).read(func(r io.Reader) (err error) {
		reads, err = timing.ParseReads(c.File, r, definition)
		return err
	})
	bad, isBad := errors.AsType[csvtable.Faults](err)
	if err != nil && !(isBad && c.SkipBad && ofLines(bad)) {
		return err
	}
	err = c.publishing(t, func(publisher *timingnats.Publisher) error {
		shown := newProgress(t.stderr)
		defer shown.end()
		return timingnats.Play(t.ctx, publisher, reads, c.Speed, func(sent int) {
			shown.show("%d of %d reads sent", sent, len(reads))
		})
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(t.stdout, "published and acknowledged: %s\n", counted(len(reads)))
	warnOfMats(t.stderr, definition, reads)
	warnOfDay(t.stderr, definition, reads)
	if len(bad) > 0 {
		fmt.Fprintf(t.stderr, "%d bad lines were left out:\n%v\n", len(bad), bad)
	}
	return nil
}

// ofLines reports whether all faults are of lines below the header: a file that is broken as a whole is not published.
func ofLines(faults csvtable.Faults) bool {
	return !slices.ContainsFunc(faults, func(f csvtable.Fault) bool { return f.Line <= 1 })
}

type readsSendCommand struct {
	mats
	Mat   string   `required:"" placeholder:"ID" help:"Mat."`
	Chips []string `arg:"" name:"chip" help:"Chips that the mat sees now."`
}

// Run sends one batch. Its boot is its own, so that it never repeats another's numbers.
func (c *readsSendCommand) Run(t *terminal) error {
	if !timing.ValidMat(race.MatID(c.Mat)) {
		return fmt.Errorf("--mat %q is not the id of a mat", c.Mat)
	}
	boot, at := "sent-"+rand.Text(), racetime.At(time.Now())
	var reads []timing.Read
	for i, text := range c.Chips {
		chip, err := race.ParseChip(text)
		if err != nil {
			return fmt.Errorf("chip %q: %w", text, err)
		}
		reads = append(reads, timing.Read{Mat: race.MatID(c.Mat), Boot: boot, Seq: uint64(i + 1), Chip: chip, At: at})
	}
	if len(reads) > timing.MaxReads {
		return fmt.Errorf("%d chips; a batch holds %d", len(reads), timing.MaxReads)
	}
	err := c.publishing(t, func(publisher *timingnats.Publisher) error {
		if err := publisher.Publish(t.ctx, reads); err != nil {
			return err
		}
		return publisher.Flush(t.ctx)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(t.stdout, "acknowledged: %s at %s\n", counted(len(reads)), at)
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		definition, err := getEvent(ctx, conn, c.Event)
		if err != nil { // the reads are safe, with or without the server
			fmt.Fprintf(t.stderr, "whether %s is a mat of %s was not checked\n", c.Mat, c.Event)
			return nil
		}
		warnOfMats(t.stderr, definition, reads)
		return nil
	})
}

func counted(reads int) string {
	if reads == 1 {
		return "1 read"
	}
	return fmt.Sprintf("%d reads", reads)
}

// warnOfMats tells of mats that the event does not have: their reads are stored, and count when it has them.
func warnOfMats(w io.Writer, definition *race.Event, reads []timing.Read) {
	told := map[race.MatID]bool{}
	for i := range reads {
		mat := reads[i].Mat
		known := slices.ContainsFunc(definition.Mats, func(m race.Mat) bool { return m.ID == mat })
		if !known && !told[mat] {
			told[mat] = true
			fmt.Fprintf(w, "%s is no mat of %s: its reads are stored and do not count\n", mat, definition.ID)
		}
	}
}

// warnOfDay tells of reads that are not of about the event's day: a file of last year, or a mat whose clock was never set.
func warnOfDay(w io.Writer, definition *race.Event, reads []timing.Read) {
	day, zone := definition.Day, zoneOf(definition)
	first := racetime.At(time.Date(day.Year, day.Month, day.Day-1, 0, 0, 0, 0, zone))
	end := racetime.At(time.Date(day.Year, day.Month, day.Day+2, 0, 0, 0, 0, zone))
	away := 0
	for i := range reads {
		at := reads[i].At
		if mat := definition.MatAt(reads[i].Mat, at); mat != nil {
			at = at.Add(-mat.ClockOffset)
		}
		if at < first || at >= end {
			away++
		}
	}
	if away > 0 {
		fmt.Fprintf(w, "%d of %d reads are not of %s, the day of the event, nor of the days around it\n", away, len(reads), day)
	}
}
