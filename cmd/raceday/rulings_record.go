package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/racetime"
)

type rulingsRecordCommand struct {
	client
	Event    string        `required:"" placeholder:"ID" help:"Event."`
	Kind     string        `arg:"" help:"What is decided, such as DSQ; rulings apply --help lists the kinds and what each takes."`
	Race     string        `placeholder:"ID" help:"Race; REVOKE has none."`
	Bib      string        `placeholder:"BIB" help:"Bib of the entrant, of a relay the team's."`
	Target   string        `placeholder:"TEXT" help:"Wave, other bib, kind of anomaly, or the id of the ruling to revoke."`
	Point    string        `placeholder:"POINT" help:"Where; line#2 is the second visit of line, the start being the first."`
	At       string        `placeholder:"INSTANT" help:"An instant with its offset, such as 2025-09-28T10:31:07.2+05:00."`
	Duration time.Duration `placeholder:"TIME" help:"Of PENALTY, such as 30s."`
	Rule     string        `placeholder:"NUMBER" help:"Number of the rule that was broken."`
	Reason   string        `placeholder:"TEXT" help:"Why, for the record."`
	By       string        `placeholder:"TEXT" help:"Who decided; without it, whose key it is."`
	ID       string        `placeholder:"ID" help:"Names the ruling: once more with the same id records nothing; without it one is made."`
}

// Validate refuses a kind that there is not, and to close a race without a look at who is still out.
func (c *rulingsRecordCommand) Validate() error {
	switch c.kind() {
	case timingv1.RulingKind_RULING_KIND_UNSPECIFIED:
		return fmt.Errorf("%s is no kind of ruling; raceday rulings apply --help lists them", c.Kind)
	case timingv1.RulingKind_RULING_KIND_CLOSE:
		return errors.New("raceday race close RACE closes a race: it shows first who is still out")
	}
	return nil
}

func (c *rulingsRecordCommand) kind() timingv1.RulingKind {
	return timingv1.RulingKind(timingv1.RulingKind_value[rulingKindPrefix+strings.ToUpper(c.Kind)])
}

const rulingKindPrefix = "RULING_KIND_"

// Run records the ruling, and shows its id, which revokes it.
func (c *rulingsRecordCommand) Run(t *terminal) error {
	recorded := &timingv1.Ruling{
		Id: cmp.Or(c.ID, rand.Text()), Race: c.Race, Bib: c.Bib, Kind: c.kind(), Target: c.Target, Point: c.Point,
		Rule: c.Rule, Reason: c.Reason, By: c.By,
	}
	if c.At != "" {
		at, err := racetime.ParseInstant(c.At)
		if err != nil {
			return fmt.Errorf("--at %s: %w", c.At, err)
		}
		recorded.At = timestamppb.New(at.Time())
	}
	if c.Duration != 0 {
		recorded.Duration = durationpb.New(c.Duration)
	}
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		answer, err := timingv1.NewTimingServiceClient(conn).RecordRuling(ctx, &timingv1.RecordRulingRequest{
			EventId: c.Event, Ruling: recorded,
		})
		if err != nil {
			sayUnknown(t.stderr, err, "--id "+recorded.GetId())
			return err
		}
		fmt.Fprintf(t.stdout, "%s is recorded as ruling %s\n", strings.ToUpper(c.Kind), answer.GetRuling().GetId())
		warn(t.stderr, answer.GetWarnings())
		return nil
	})
}
