package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"text/tabwriter"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

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
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		definition, err := getEvent(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		checked, err := c.checkIn(ctx, registrationv1.NewRegistrationServiceClient(conn))
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

// checkIn checks in who is named; eight characters are a bib, or a reference that was typed without its hyphen.
func (c *checkInCommand) checkIn(
	ctx context.Context, registration registrationv1.RegistrationServiceClient,
) (*registrationv1.CheckInResponse, error) {
	request := func() *registrationv1.CheckInRequest {
		return &registrationv1.CheckInRequest{
			EventId: c.Event, RequestId: rand.Text(), IdentitySeen: c.IdentitySeen, AgeConfirmed: c.AgeConfirmed, Chips: c.Chips,
		}
	}
	byReference := request()
	byReference.Key = &registrationv1.CheckInRequest_Reference{Reference: c.Entry}
	letters := len(strings.Join(strings.Fields(strings.ReplaceAll(c.Entry, "-", "")), ""))
	if letters == referenceLetters && isReference(c.Entry) {
		return registration.CheckIn(ctx, byReference)
	}
	byBib := request()
	byBib.Key = &registrationv1.CheckInRequest_Bib{Bib: strings.ToUpper(strings.TrimSpace(c.Entry))}
	checked, err := registration.CheckIn(ctx, byBib)
	if status.Code(err) == codes.NotFound && letters == referenceLetters {
		return registration.CheckIn(ctx, byReference)
	}
	return checked, err
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

// referenceLetters are those of a reference such as 7K3M-Q2XD.
const referenceLetters = 8

// isReference tells a reference as it is written from a bib, which has at most eight characters.
func isReference(text string) bool { return len(strings.TrimSpace(text)) > referenceLetters }

// chipsOf returns the chips that an entry hands out, of a team with those of its members.
func chipsOf(e *registrationv1.Entry) []string {
	chips := e.GetChips()
	for _, m := range e.GetMembers() {
		chips = append(chips, m.GetChips()...)
	}
	return chips
}
