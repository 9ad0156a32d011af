package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"google.golang.org/grpc"

	auditv1 "raceday/proto/raceday/audit/v1"
)

type auditCommand struct {
	List   auditListCommand   `cmd:"" help:"Show what officials did."`
	Verify auditVerifyCommand `cmd:"" help:"Prove that the record was not touched since."`
}

type auditListCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
}

// Run prints all actions, the first first.
func (c *auditListCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		table := tabwriter.NewWriter(t.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "NUMBER\tAT\tACTOR\tACTION\tDETAIL")
		request := &auditv1.ListActionsRequest{EventId: c.Event}
		for {
			page, err := auditv1.NewAuditServiceClient(conn).ListActions(ctx, request)
			if err != nil {
				return err
			}
			for _, a := range page.GetActions() {
				fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\n", a.GetNumber(), a.GetAt().AsTime().Format("2006-01-02T15:04:05Z"),
					a.GetActor(), a.GetAction(), a.GetDetail())
			}
			if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
				return table.Flush()
			}
		}
	})
}

type auditVerifyCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
}

// errTouched is a record that somebody changed.
var errTouched = errors.New("the record of official actions was touched")

// Run verifies all actions and prints the last digest, which is worth noting down elsewhere.
func (c *auditVerifyCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		v, err := auditv1.NewAuditServiceClient(conn).VerifyActions(ctx, &auditv1.VerifyActionsRequest{EventId: c.Event})
		if err != nil {
			return err
		}
		if v.Touched != nil {
			return fmt.Errorf("%w: action %d of %s is not as it was recorded; the %d before it are", errTouched, v.GetTouched(),
				c.Event, v.GetVerified())
		}
		fmt.Fprintf(t.stdout, "%s: %d actions are as they were recorded; last digest %s\n", c.Event, v.GetVerified(), v.GetLastDigest())
		return nil
	})
}
