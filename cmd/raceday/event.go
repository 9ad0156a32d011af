package main

import (
	"context"
	"fmt"
	"os"

	"google.golang.org/grpc"

	eventv1 "raceday/proto/raceday/event/v1"
)

type eventCommand struct {
	Apply eventApplyCommand `cmd:"" help:"Apply an event file to a running server; the same file again changes nothing."`
	List  eventListCommand  `cmd:"" help:"List the events."`
}

type eventApplyCommand struct {
	client
	KeepMisfits bool   `help:"Leave entries that the event's ages or teams no longer fit as they are, instead of refusing."`
	File        string `arg:"" help:"Event file (event.yaml)."`
}

// Run applies the file.
func (c *eventApplyCommand) Run(t *terminal) error {
	file, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		applied, err := eventv1.NewEventServiceClient(conn).ApplyEvent(ctx, &eventv1.ApplyEventRequest{
			Source: &eventv1.ApplyEventRequest_File{File: file}, KeepMisfits: c.KeepMisfits,
		})
		if err != nil {
			return err
		}
		if !applied.GetChanged() {
			fmt.Fprintf(t.stdout, "%s: nothing changed, version %d stands\n", applied.GetEventId(), applied.GetVersion())
			return nil
		}
		fmt.Fprintf(t.stdout, "%s: version %d applied\n", applied.GetEventId(), applied.GetVersion())
		return nil
	})
}

type eventListCommand struct{ client }

// Run lists the events.
func (c *eventListCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		token := ""
		for {
			page, err := eventv1.NewEventServiceClient(conn).ListEvents(ctx, &eventv1.ListEventsRequest{PageToken: token})
			if err != nil {
				return err
			}
			for _, event := range page.GetEvents() {
				fmt.Fprintf(t.stdout, "%s  %s  %s (version %d)\n", event.GetDay(), event.GetEventId(), event.GetName(), event.GetVersion())
			}
			if token = page.GetNextPageToken(); token == "" {
				return nil
			}
		}
	})
}
