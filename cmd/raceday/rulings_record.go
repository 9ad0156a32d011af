package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
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
	Event    string `required:"" placeholder:"ID" help:"Event."`
	Kind     string `arg:"" help:"What is decided, such as DSQ; rulings apply --help lists the kinds and what each takes."`
	Race     string `placeholder:"ID" help:"Race; REVOKE has none."`
	Bib      string `placeholder:"BIB" help:"Bib of the entrant, of a relay the team's."`
	Target   string `placeholder:"TEXT" help:"Wave, other bib, kind of anomaly, or the id of the ruling to revoke."`
	Point    string `placeholder:"POINT" help:"Where; line#2 is the second visit of line, the start being the first."`
	At       string `placeholder:"INSTANT" help:"An instant with its offset, such as 2025-09-28T10:31:07.2+05:00."`
	Duration span   `placeholder:"TIME" help:"Of PENALTY, such as 30s, 1m30s, 0:30 or 0:01:30."`
	Rule     string `placeholder:"NUMBER" help:"Number of the rule that was broken."`
	Reason   string `placeholder:"TEXT" help:"Why, for the record."`
	By       string `placeholder:"TEXT" help:"Who decided; without it, whose key it is."`
	ID       string `placeholder:"ID" help:"Names the ruling: once more with the same id records nothing; without it one is made."`
}

// Validate refuses a kind that there is not, an instant that is none, and to close or start a race without a look at who is
// out on the course.
func (c *rulingsRecordCommand) Validate() error {
	switch kind := c.kind(); {
	case c.Kind == "":
		return errors.New("say what is decided, such as DSQ; raceday rulings apply --help lists the kinds and what each takes")
	case kind == timingv1.RulingKind_RULING_KIND_UNSPECIFIED:
		return fmt.Errorf("%s is no kind of ruling; raceday rulings apply --help lists them", c.Kind)
	case kind == timingv1.RulingKind_RULING_KIND_CLOSE:
		return errors.New("raceday race close RACE closes a race: it shows first who is still out")
	case kind == timingv1.RulingKind_RULING_KIND_GUN:
		return errors.New("raceday race gun RACE [WAVE] records a gun: it shows first what speaks against it")
	}
	if c.At == "" {
		return nil
	}
	if _, err := racetime.ParseInstant(c.At); err != nil {
		return fmt.Errorf("--at %s: %w", c.At, err)
	}
	return nil
}

// span is a time as people write it.
type span time.Duration

var errSpan = errors.New("not a time such as 30s, 1m30s, 0:30 or 0:01:30")

// UnmarshalText reads 30s and 1m30s, m:ss and h:mm:ss with or without decimals.
func (s *span) UnmarshalText(text []byte) error {
	parts := strings.Split(string(text), ":")
	written := string(text)
	switch len(parts) {
	case 1:
	case 2:
		written = parts[0] + "m" + parts[1] + "s"
	case 3:
		written = parts[0] + "h" + parts[1] + "m" + parts[2] + "s"
	}
	d, err := time.ParseDuration(written)
	if err != nil || slices.Contains(parts, "") || len(parts) > 3 {
		return errSpan
	}
	*s = span(d)
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
	if at, err := racetime.ParseInstant(c.At); err == nil {
		recorded.At = timestamppb.New(at.Time())
	}
	if c.Duration != 0 {
		recorded.Duration = durationpb.New(time.Duration(c.Duration))
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
		warn(t.stderr, c.Event, answer.GetWarnings())
		return nil
	})
}
