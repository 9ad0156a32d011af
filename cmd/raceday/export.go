package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"google.golang.org/grpc"

	standingsv1 "raceday/proto/raceday/standings/v1"
)

type factsCommand struct {
	Export factsExportCommand `cmd:"" help:"Write event.yaml, roster.csv, reads.csv.gz and rulings.csv."`
}

type factsExportCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	Dir   string `arg:"" help:"Folder, made if it is not there."`
	At    string `placeholder:"RACE:LIST[@VERSION]" help:"As they were when this list was published, such as ten:sex/F@2; without it as they are."`
}

// Validate refuses what names no list.
func (c *factsExportCommand) Validate() error {
	_, err := c.at()
	return err
}

// at returns the list whose facts are wanted; nil where there is none.
func (c *factsExportCommand) at() (*standingsv1.OfficialListName, error) {
	if c.At == "" {
		return nil, nil
	}
	race, named, ok := strings.Cut(c.At, ":")
	if !ok {
		return nil, fmt.Errorf("--at %s: race and list are needed, as in ten:sex/F@2", c.At)
	}
	list, number, err := listAtNumber(named).parts()
	if err != nil {
		return nil, fmt.Errorf("--at %w", err)
	}
	return &standingsv1.OfficialListName{Race: race, List: list, Number: number}, nil
}

// Run writes the facts; the files of an export that fails are removed.
func (c *factsExportCommand) Run(t *terminal) error {
	at, err := c.at()
	if err != nil {
		return err
	}
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		return exportFacts(ctx, conn, &standingsv1.ExportFactsRequest{EventId: c.Event, At: at}, c.Dir)
	})
}

// factsFiles are the files of an export of facts.
var factsFiles = []string{"event.yaml", "roster.csv", "reads.csv.gz", "rulings.csv"}

func exportFacts(
	ctx context.Context, conn grpc.ClientConnInterface, request *standingsv1.ExportFactsRequest, dir string,
) (err error) {
	open := map[string]*os.File{}
	defer func() {
		for _, file := range open {
			if closing := file.Close(); err == nil {
				err = closing
			}
			if err != nil {
				_ = os.Remove(file.Name())
			}
		}
	}()
	stream, err := standingsv1.NewStandingsServiceClient(conn).ExportFacts(ctx, request)
	if err != nil {
		return err
	}
	return receive(stream, func(piece *standingsv1.ExportFactsResponse) error {
		file := open[piece.GetFile()]
		if file == nil {
			if !slices.Contains(factsFiles, piece.GetFile()) {
				return fmt.Errorf("the server sent a file %q that is not one of the facts", piece.GetFile())
			}
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			created, err := os.Create(filepath.Join(dir, piece.GetFile()))
			if err != nil {
				return err
			}
			open[piece.GetFile()], file = created, created
		}
		_, err := file.Write(piece.GetChunk())
		return err
	})
}

type rebuildCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
}

// errDifferences makes the exit status of a rebuild that found any.
type errDifferences int64

func (e errDifferences) Error() string {
	return fmt.Sprintf("%d differences between what was stored and what the facts give; what the facts give is stored now", int64(e))
}

// Run rebuilds an event and lists the differences.
func (c *rebuildCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		stream, err := standingsv1.NewStandingsServiceClient(conn).Rebuild(ctx, &standingsv1.RebuildRequest{EventId: c.Event})
		if err != nil {
			return err
		}
		var found int64
		err = receive(stream, func(message *standingsv1.RebuildResponse) error {
			if d := message.GetDifference(); d != nil {
				fmt.Fprintf(t.stdout, "%s %s %s %s: stored %q, computed %q\n",
					d.GetTable(), d.GetRace(), d.GetBib(), d.GetItem(), d.GetStored(), d.GetComputed())
			}
			if s := message.GetSummary(); s != nil {
				found = s.GetDifferences()
				fmt.Fprintf(t.stdout, "%d reads, %d entrants, %d differences, version %d\n",
					s.GetReads(), s.GetEntrants(), s.GetDifferences(), s.GetVersion())
			}
			return nil
		})
		if err == nil && found > 0 {
			err = errDifferences(found)
		}
		return err
	})
}
