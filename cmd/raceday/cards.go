package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"google.golang.org/grpc"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/race"
)

type cardsCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	Race  string `arg:"" help:"Race."`
	Bib   string `arg:"" optional:"" help:"Bib; without it all with a card."`
}

// cardPage is how many entrants a page of the judges' sheet has.
const cardPage = 1000

// Run shows the sheet: whether it is closed, then each entrant with the cards.
func (c *cardsCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		definition, err := getEvent(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		request := &standingsv1.ListCardsRequest{EventId: c.Event, Race: c.Race, Bib: c.Bib, PageSize: cardPage}
		for first := true; first || request.PageToken != ""; first = false {
			page, err := standingsv1.NewStandingsServiceClient(conn).ListCards(ctx, request)
			if err != nil {
				return err
			}
			if first {
				fmt.Fprintf(t.stdout, "%s: %s\n", c.Race, sheetHead(page, definition))
			}
			if err := printCards(t.stdout, page.GetEntrants(), definition); err != nil {
				return err
			}
			if c.Bib != "" && len(page.GetEntrants()) == 0 {
				return c.explainNone(ctx, t.stderr, conn)
			}
			request.PageToken = page.GetNextPageToken()
		}
		return nil
	})
}

// explainNone says where a bib without a card is none of the race: it may be a slip of the pen.
func (c *cardsCommand) explainNone(ctx context.Context, w io.Writer, conn *grpc.ClientConn) error {
	got, err := standingsv1.NewStandingsServiceClient(conn).GetResult(ctx, &standingsv1.GetResultRequest{EventId: c.Event, Bib: c.Bib})
	switch {
	case refusal(err) == "ENTRANT_NOT_FOUND":
		fmt.Fprintf(w, "nobody in %s wears bib %s\n", c.Race, c.Bib)
	case err != nil:
		return err
	case got.GetRace() != c.Race:
		fmt.Fprintf(w, "nobody in %s wears bib %s; it is of %s\n", c.Race, c.Bib, got.GetRace())
	}
	return nil
}

// sheetHead says whether the sheet is closed, and what yellow cards mean.
func sheetHead(page *standingsv1.ListCardsResponse, definition *race.Event) string {
	rules := page.GetRules()
	if rules == nil {
		return "not Nordic walking; a red card disqualifies, yellow ones count nothing"
	}
	state := "the judges' sheet is open"
	if closed := page.GetClosed(); closed != nil {
		state = fmt.Sprintf("the judges' sheet was closed by %s, ruling %s", closed.GetBy(), closed.GetRulingId())
		if closed.GetDecidedAt() != nil {
			state += ", " + clock(closed.GetDecidedAt(), definition)
		}
		if closed.GetReason() != "" {
			state += ", " + closed.GetReason()
		}
	}
	return fmt.Sprintf("%s; a yellow card adds %v, %d disqualify", state, rules.GetYellowCard().AsDuration(), rules.GetYellowToDsq())
}

// printCards writes each entrant in one line, and the reports below it.
func printCards(w io.Writer, entrants []*standingsv1.EntrantCards, definition *race.Event) error {
	for _, e := range entrants {
		fmt.Fprintln(w, verdictText(e))
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, r := range e.GetReports() {
			fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\tby %s\t%s\t%s\n", reportText(r),
				strings.ToLower(strings.TrimPrefix(r.GetKind().String(), "CARD_KIND_")), r.GetPoint(), clock(r.GetAt(), definition),
				ruleText(r), judgeText(r), "ruling "+r.GetRulingId(), r.GetReason())
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// verdictText says what the cards of an entrant amount to.
func verdictText(e *standingsv1.EntrantCards) string {
	text := fmt.Sprintf("%s: %d yellow, %d red, +%v", worn(e.GetBib(), e.GetName()), e.GetYellow(), e.GetRed(), e.GetPenalty().AsDuration())
	if e.GetDisqualified() {
		text += ", disqualified by cards"
	}
	if e.GetStatus() == standingsv1.Status_STATUS_UNSPECIFIED {
		return text + ", nobody in the race wears this bib"
	}
	return text + ", " + strings.TrimPrefix(e.GetStatus().String(), "STATUS_")
}

// reportText says which card a report makes, or what became of it.
func reportText(r *standingsv1.CardReport) string {
	switch {
	case r.GetRevokedBy() != "":
		return "revoked by " + r.GetRevokedBy()
	case r.GetRepeats() != "":
		return fmt.Sprintf("same as %s", r.GetRepeats())
	case r.GetSplit():
		return fmt.Sprintf("card %d, split", r.GetCard())
	}
	return fmt.Sprintf("card %d", r.GetCard())
}

func ruleText(r *standingsv1.CardReport) string {
	if r.GetRule() == "" {
		return "no rule named"
	}
	return "rule " + r.GetRule()
}

func judgeText(r *standingsv1.CardReport) string {
	if r.GetJudge() == "" {
		return "nobody knows whom"
	}
	return r.GetJudge()
}
