package main

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/grpc"

	registrationv1 "raceday/proto/raceday/registration/v1"
	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/race"
)

// wearer is who wears a bib, as far as that may be looked up.
type wearer struct {
	race string
	// team is the bib of a member's team; empty of who is none.
	team  string
	chips []string
}

// wearerOf looks up who wears a bib; nobody where the roster does not say.
func wearerOf(ctx context.Context, conn *grpc.ClientConn, event, bib string) wearer {
	answer, err := registrationv1.NewRegistrationServiceClient(conn).GetEntry(ctx, &registrationv1.GetEntryRequest{
		EventId: event, Key: &registrationv1.GetEntryRequest_Bib{Bib: bib},
	})
	if err != nil {
		return wearer{}
	}
	entry := answer.GetEntry()
	if entry.GetBib() == bib {
		return wearer{entry.GetRace(), "", entry.GetChips()}
	}
	for _, member := range entry.GetMembers() {
		if member.GetBib() == bib {
			return wearer{entry.GetRace(), entry.GetBib(), member.GetChips()}
		}
	}
	return wearer{}
}

// without returns the chips that are not among others, however they are written.
func (w *wearer) without(others []string) []string {
	return slices.DeleteFunc(slices.Clone(w.chips), func(has string) bool {
		return slices.ContainsFunc(others, func(other string) bool {
			chip, err := race.ParseChip(has)
			kept, keptErr := race.ParseChip(other)
			return err == nil && keptErr == nil && chip == kept
		})
	})
}

// teamChip reports whether teams of the race have one chip, which is handed on.
func (w *wearer) teamChip(ctx context.Context, conn *grpc.ClientConn, event string) bool {
	definition, err := getEvent(ctx, conn, event)
	if err != nil {
		return false
	}
	of := definition.Race(race.ID(w.race))
	return of != nil && of.Team != nil && of.Team.Chip == race.TeamChip
}

// readsText says how many reads of a chip there are; nothing where that may not be looked up.
func readsText(ctx context.Context, conn *grpc.ClientConn, event, chip string) string {
	stream, err := timingv1.NewTimingServiceClient(conn).ExplainChip(ctx, &timingv1.ExplainChipRequest{EventId: event, Chip: chip})
	if err != nil {
		return ""
	}
	reads := 0
	err = receive(stream, func(some *timingv1.ExplainChipResponse) error {
		reads += len(some.GetReads())
		return nil
	})
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (%s)", counted(reads))
}
