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
)

type rosterCommand struct {
	Import rosterImportCommand `cmd:"" help:"Import a roster; again changes lines and adds new ones."`
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
		if err := c.send(newProgress(t.stderr), stream, file, info.Size()); err != nil {
			return err
		}
		imported, err := stream.CloseAndRecv()
		if err != nil {
			return err
		}
		if gone := imported.GetWithdrawn(); len(gone) > 0 {
			fmt.Fprintf(t.stdout, "%d withdrawn: %s\n", len(gone), strings.Join(gone, " "))
		}
		fmt.Fprintf(t.stdout, "%d added, %d changed, %d same\n", imported.GetAdded(), imported.GetChanged(), imported.GetSame())
		return nil
	})
}

func (c *rosterImportCommand) send(
	shown *progress, stream grpc.ClientStreamingClient[registrationv1.ImportRosterRequest, registrationv1.ImportRosterResponse],
	file io.Reader, size int64,
) error {
	defer shown.end()
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
			return nil
		}
		if err != nil {
			return err
		}
	}
}
