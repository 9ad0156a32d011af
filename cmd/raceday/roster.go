package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"google.golang.org/grpc"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/csvtable"
)

type rosterCommand struct {
	Import rosterImportCommand `cmd:"" help:"Import a roster; again changes lines and adds new ones."`
	Export rosterExportCommand `cmd:"" help:"Write roster.csv, of an event, a race or a wave."`
}

type rosterImportCommand struct {
	client
	Event   string `required:"" placeholder:"ID" help:"Event."`
	File    string `arg:"" help:"Roster (roster.csv, may be gzipped)."`
	Replace bool   `help:"Withdraw the entries that the file does not name."`
}

// importChunk is how much of the file travels in one message, in bytes.
const importChunk = 128 << 10

// Run imports the file.
func (c *rosterImportCommand) Run(t *terminal) error {
	file, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		stream, err := registrationv1.NewRegistrationServiceClient(conn).ImportRoster(ctx)
		if err != nil {
			return err
		}
		imported, err := c.exchange(newProgress(t.stderr), stream, file, info.Size())
		if err == nil {
			c.print(t, imported)
		}
		return err
	})
}

// exchange sends the file and returns what became of it.
func (c *rosterImportCommand) exchange(
	shown *progress, stream rosterStream, file io.Reader, size int64,
) (last *registrationv1.ImportRosterResponse, err error) {
	defer shown.end()
	if err := c.send(shown, stream, file, size); err != nil {
		return nil, err
	}
	err = receive[registrationv1.ImportRosterResponse](stream, func(answer *registrationv1.ImportRosterResponse) error {
		last = answer
		shown.show("%d lines read", answer.GetLines())
		return nil
	})
	return last, err
}

// rosterStream takes a roster file and brings how far its import is.
type rosterStream = grpc.BidiStreamingClient[registrationv1.ImportRosterRequest, registrationv1.ImportRosterResponse]

func (c *rosterImportCommand) send(shown *progress, stream rosterStream, file io.Reader, size int64) error {
	request := &registrationv1.ImportRosterRequest{EventId: c.Event, Replace: c.Replace}
	chunk := make([]byte, importChunk)
	for sent := int64(0); ; {
		n, err := io.ReadFull(file, chunk)
		request.Chunk = chunk[:n]
		if n > 0 || sent == 0 {
			// The server's reason for ending the stream comes with its answer.
			if err := stream.Send(request); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
		}
		request = &registrationv1.ImportRosterRequest{}
		sent += int64(n)
		shown.show("sent %d of %d kB", sent>>10, size>>10)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return stream.CloseSend()
		}
		if err != nil {
			return err
		}
	}
}

func (c *rosterImportCommand) print(t *terminal, imported *registrationv1.ImportRosterResponse) {
	for _, w := range imported.GetWarnings() {
		fmt.Fprintln(t.stderr, csvtable.Fault{
			File: c.File, Line: int(w.GetLine()), Column: w.GetColumn(), Reason: w.GetDescription(),
		})
	}
	if gone := imported.GetWithdrawn(); len(gone) > 0 {
		fmt.Fprintf(t.stdout, "%d withdrawn: %s\n", len(gone), strings.Join(gone, " "))
	}
	fmt.Fprintf(t.stdout, "%d added, %d changed, %d same\n", imported.GetAdded(), imported.GetChanged(), imported.GetSame())
}

type rosterExportCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	Race  string `placeholder:"ID" help:"Race; without it all races."`
	Wave  string `placeholder:"ID" help:"Wave of the race; without it all waves."`
}

// Validate refuses a wave of no race.
func (c *rosterExportCommand) Validate() error {
	if c.Wave != "" && c.Race == "" {
		return errors.New("--wave needs --race")
	}
	return nil
}

// Run writes the roster to the standard output.
func (c *rosterExportCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		return exportRoster(ctx, conn, &registrationv1.ExportRosterRequest{EventId: c.Event, Race: c.Race, Wave: c.Wave}, t.stdout)
	})
}

func exportRoster(ctx context.Context, conn *grpc.ClientConn, request *registrationv1.ExportRosterRequest, w io.Writer) error {
	stream, err := registrationv1.NewRegistrationServiceClient(conn).ExportRoster(ctx, request)
	if err != nil {
		return err
	}
	return receive(stream, func(piece *registrationv1.ExportRosterResponse) error {
		_, err := w.Write(piece.GetChunk())
		return err
	})
}
