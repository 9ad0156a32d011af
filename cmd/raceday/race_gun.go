package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

type raceGunCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	Race  string `arg:"" help:"Race."`
	Wave  string `arg:"" optional:"" help:"Wave; without it all waves of the race."`
	At    string `placeholder:"INSTANT" help:"When it was fired, such as 2025-09-28T07:00:00.250+05:00; without it now, by the clock of the server."`
	Yes   bool   `help:"Do not ask where somebody of the race has started, or the gun is far from the plan."`
}

var errNobodyToAskOfGun = errors.New(
	"no gun was recorded: there is nobody to ask here; say --yes to record it all the same")

// Validate refuses an instant that is none.
func (c *raceGunCommand) Validate() error {
	if c.At == "" {
		return nil
	}
	if _, err := racetime.ParseInstant(c.At); err != nil {
		return fmt.Errorf("--at %s: %w", c.At, err)
	}
	return nil
}

// Run records the gun, once somebody said yes where the race is under way or the gun looks like a slip.
func (c *raceGunCommand) Run(t *terminal) error {
	request := &timingv1.FireGunRequest{EventId: c.Event, Race: c.Race, Wave: c.Wave, RequestId: rand.Text()}
	if at, err := racetime.ParseInstant(c.At); err == nil {
		request.At = timestamppb.New(at.Time())
	}
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		definition, err := getEvent(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		standing, err := standingRulings(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		before := "none"
		if of := definition.Race(race.ID(c.Race)); of != nil { // else the server says so
			if c.Wave != "" && of.Wave(race.WaveID(c.Wave)) == nil {
				return fmt.Errorf("race %s has no wave %s; there are %s", c.Race, c.Wave, wavesText(of))
			}
			before = gunsText(standing.guns(of, c.Wave), zoneOf(definition))
			if yes, err := c.agreed(ctx, t, conn, request, before); err != nil || !yes {
				return err
			}
		}
		fired, err := timingv1.NewTimingServiceClient(conn).FireGun(ctx, request)
		if err != nil {
			return err
		}
		gun := fired.GetRuling()
		fmt.Fprintf(t.stdout, "%s: gun of %s at %s, before: %s, ruling %s\n", c.Race, c.who(),
			instantText(racetime.At(gun.GetAt().AsTime()), zoneOf(definition)), before, gun.GetId())
		warn(t.stderr, c.Event, fired.GetWarnings())
		return nil
	})
}

// wavesText names the waves of a race.
func wavesText(of *race.Race) string {
	names := make([]string, len(of.Waves))
	for i := range of.Waves {
		names[i] = string(of.Waves[i].ID)
	}
	return strings.Join(names, ", ")
}

func (c *raceGunCommand) who() string {
	if c.Wave == "" {
		return "all waves"
	}
	return "wave " + c.Wave
}

// progressTime is how long a gun waits to learn who has started.
const progressTime = 2 * time.Second

// agreed asks where somebody of the race has started, or the gun looks like a slip. Standings that are away keep nobody from
// recording a gun.
func (c *raceGunCommand) agreed(
	ctx context.Context, t *terminal, conn *grpc.ClientConn, request *timingv1.FireGunRequest, before string,
) (bool, error) {
	check := proto.CloneOf(request)
	check.OnlyCheck = true
	checked, err := timingv1.NewTimingServiceClient(conn).FireGun(ctx, check)
	if err != nil {
		return false, err
	}
	slips := slices.DeleteFunc(checked.GetWarnings(), func(w *timingv1.RulingWarning) bool { return w.GetReason() == "GUN_AGAIN" })
	asking, cancel := context.WithTimeout(ctx, progressTime)
	defer cancel()
	answer, err := standingsv1.NewStandingsServiceClient(conn).GetProgress(asking,
		&standingsv1.GetProgressRequest{EventId: c.Event, Race: c.Race})
	switch status.Code(err) {
	case codes.OK:
	case codes.Unavailable, codes.DeadlineExceeded, codes.Unimplemented:
		fmt.Fprintf(t.stderr, "who has started is not known: %s\n", status.Convert(err).Message())
	default:
		return false, err
	}
	started, finished := int32(0), int32(0)
	for _, progress := range answer.GetRaces() {
		started, finished = started+progress.GetStarted(), finished+progress.GetFinished()
	}
	if started == 0 && len(slips) == 0 {
		request.At = checked.GetRuling().GetAt() // the moment of the command, whatever the look at it took
		return true, nil
	}
	fmt.Fprintf(t.stdout, "%s: the gun of %s stands at %s; %d started, %d finished\n", c.Race, c.who(), before, started, finished)
	if !c.Yes { // else they are said once the gun is recorded
		printWarnings(t.stdout, slips)
	}
	when := " of the moment of your answer"
	if c.At != "" {
		when = " at " + c.At
	}
	yes, err := agreed(ctx, t, c.Yes, fmt.Sprintf("record a gun of %s%s? [y/N] ", c.who(), when), errNobodyToAskOfGun)
	if !yes && !errors.Is(err, errNobodyToAskOfGun) {
		fmt.Fprintln(t.stdout, "no gun was recorded")
	}
	return yes, err
}

// waveGun is the gun that stands for a wave; zero where there is none.
type waveGun struct {
	wave race.WaveID
	at   racetime.Instant
}

// gunsText writes the guns of waves, as one where they are the same.
func gunsText(guns []waveGun, zone *time.Location) string {
	texts := make([]string, len(guns))
	same := true
	for i, gun := range guns {
		texts[i] = instantText(gun.at, zone) + " (wave " + string(gun.wave) + ")"
		same = same && gun.at == guns[0].at
	}
	switch {
	case len(guns) == 0:
		return "none"
	case same:
		return instantText(guns[0].at, zone)
	}
	return strings.Join(texts, ", ")
}

// instantText writes an instant in full, as commands and files take it.
func instantText(at racetime.Instant, zone *time.Location) string {
	if at == 0 {
		return "none"
	}
	return at.Time().In(zone).Format("2006-01-02T15:04:05.999999Z07:00")
}

// zoneOf returns the event's time zone; UTC where this machine does not know it.
func zoneOf(definition *race.Event) *time.Location {
	zone, err := time.LoadLocation(definition.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}
