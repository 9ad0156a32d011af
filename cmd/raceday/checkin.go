package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"text/tabwriter"

	"google.golang.org/grpc"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/rules/race"
)

type checkInCommand struct {
	client
	Event        string   `required:"" placeholder:"ID" help:"Event."`
	Entry        string   `arg:"" name:"bib-or-reference" help:"Bib, or the reference that the owner knows the entry by, such as 7K3M-Q2XD."`
	IdentitySeen bool     `help:"You saw a document with the name and a picture; of a team, those of its members."`
	AgeConfirmed bool     `help:"You compared the birth dates."`
	Chips        []string `name:"chip" short:"c" sep:"none" placeholder:"CHIP" help:"Chip that is given now instead of those that are assigned; may stand several times."`
}

// Run hands out bib and chip.
func (c *checkInCommand) Run(t *terminal) error {
	request := &registrationv1.CheckInRequest{
		EventId: c.Event, RequestId: rand.Text(), IdentitySeen: c.IdentitySeen, AgeConfirmed: c.AgeConfirmed, Chips: c.Chips,
	}
	if isReference(c.Entry) {
		request.Key = &registrationv1.CheckInRequest_Reference{Reference: c.Entry}
	} else {
		request.Key = &registrationv1.CheckInRequest_Bib{Bib: strings.ToUpper(c.Entry)}
	}
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		definition, err := getEvent(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		checked, err := registrationv1.NewRegistrationServiceClient(conn).CheckIn(ctx, request)
		if err != nil {
			return err
		}
		e := checked.GetEntry()
		table := tabwriter.NewWriter(t.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "BIB\tCHIPS\tRACE\tWAVE")
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", e.GetBib(), strings.Join(chipsOf(e), " "), e.GetRace(), waveOf(definition, e))
		return table.Flush()
	})
}

// waveOf returns the wave that an entry starts in, empty where there is none yet.
func waveOf(definition *race.Event, e *registrationv1.Entry) string {
	r := definition.Race(race.ID(e.GetRace()))
	if r == nil {
		return e.GetWave()
	}
	wave := r.WaveOf(race.WaveID(e.GetWave()), race.Bib(e.GetBib()))
	if wave == nil {
		return e.GetWave()
	}
	return string(wave.ID)
}

// isReference tells a reference from a bib, which has at most eight characters.
func isReference(text string) bool { return len(strings.TrimSpace(text)) == len("7K3M-Q2XD") }

// chipsOf returns the chips that an entry hands out, of a team with those of its members.
func chipsOf(e *registrationv1.Entry) []string {
	chips := e.GetChips()
	for _, m := range e.GetMembers() {
		chips = append(chips, m.GetChips()...)
	}
	return chips
}
