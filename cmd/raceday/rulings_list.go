package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"google.golang.org/grpc"

	"raceday/services/rules/race"
	"raceday/services/rules/ruling"
)

type rulingsListCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	Race  string `placeholder:"ID" help:"Race; without it all."`
	Bib   string `placeholder:"BIB" help:"One bib, also as the target of RANK_BEFORE."`
}

// Run shows the rulings, and of a race or a bib also what revokes them.
func (c *rulingsListCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		definition, err := getEvent(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		recorded, err := standingRulings(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		if c.Race != "" && definition.Race(race.ID(c.Race)) == nil && !recorded.hasRace(c.Race) {
			return fmt.Errorf("there is no race %s; there are %s", c.Race, racesText(definition))
		}
		return c.print(t.stdout, definition, recorded)
	})
}

// hasRace reports whether a ruling is of a race, which an earlier version of the event may have had.
func (s standing) hasRace(id string) bool {
	for i := range s.all {
		if string(s.all[i].Race) == id {
			return true
		}
	}
	return false
}

// racesText names the races of an event.
func racesText(definition *race.Event) string {
	names := make([]string, len(definition.Races))
	for i := range definition.Races {
		names[i] = string(definition.Races[i].ID)
	}
	return strings.Join(names, ", ")
}

func (c *rulingsListCommand) print(w io.Writer, definition *race.Event, recorded standing) error {
	index := make(map[ruling.ID]int, len(recorded.all))
	for i := range recorded.all {
		index[recorded.all[i].ID] = i
	}
	revokedBy := ruling.Revocations(recorded.all)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	shown := 0
	for i := range recorded.all {
		if !c.asks(recorded.all, index, i) {
			continue
		}
		if shown++; shown == 1 {
			fmt.Fprintln(table, "ID\tRACE\tBIB\tRULING\tWHAT\tREASON\tBY\tRECORDED\tREVOKED BY")
		}
		r, revoked := recorded.byID[recorded.all[i].ID], "-"
		if revokedBy != nil {
			if by := revokedBy(i); by != ruling.NotRevoked {
				revoked = string(recorded.all[by].ID)
			}
		}
		s := sheet{event: definition, race: cmp.Or(definition.Race(race.ID(r.GetRace())), &race.Race{}), zone: zoneOf(definition)}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.GetId(), cmp.Or(r.GetRace(), "-"), cmp.Or(r.GetBib(), "-"),
			strings.TrimPrefix(r.GetKind().String(), rulingKindPrefix), cmp.Or(s.what(r), "-"), cmp.Or(inOneLine(r.GetReason()), "-"),
			cmp.Or(r.GetBy(), "-"), clock(r.GetRecordedAt(), definition), revoked)
	}
	if shown == 0 {
		of := cmp.Or(c.Race, c.Event)
		if c.Bib != "" {
			of = "bib " + c.Bib + " of " + of
		}
		fmt.Fprintf(w, "%s: no rulings\n", of)
	}
	return table.Flush()
}

// inOneLine keeps a text in its line of a table.
func inOneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// asks reports whether the ruling at an index is asked for, or revokes what is.
func (c *rulingsListCommand) asks(all []ruling.Ruling, index map[ruling.ID]int, i int) bool {
	r := &all[i]
	for range all { // no longer than the longest chain of revocations
		target, ok := index[ruling.ID(r.Target)]
		if r.Kind != ruling.Revoke || !ok {
			break
		}
		r = &all[target]
	}
	return (c.Race == "" || string(r.Race) == c.Race) &&
		(c.Bib == "" || string(r.Bib) == c.Bib || r.Kind == ruling.RankBefore && r.Target == c.Bib)
}
