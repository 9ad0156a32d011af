package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/race"
)

var errNotClosed = errors.New("the standings still have entrants on course in a closed race")

// close records what officials decide when the last finisher is in, and returns when the standings follow.
func (t *teller) close(ctx context.Context) error {
	if err := t.decide(ctx); err != nil {
		return err
	}
	for i := range t.Event.Races {
		id := t.Event.Races[i].ID
		err := t.rule(ctx, &timingv1.Ruling{
			Id: fmt.Sprintf("close-%s", id), Race: string(id), Kind: timingv1.RulingKind_RULING_KIND_CLOSE,
			Reason: "the last finisher is in",
		})
		if err != nil {
			return err
		}
	}
	return t.until(ctx, errNotClosed, func(ctx context.Context) (bool, error) {
		races, err := t.progressOf(ctx)
		if err != nil {
			return false, err
		}
		for _, p := range races {
			if p.GetOnCourse() > 0 || p.GetNotStarted() > 0 {
				return false, nil
			}
		}
		return len(races) > 0, nil
	})
}

// decide gives the first of the Nordic walking a penalty and disqualifies the third of the 10 km.
func (t *teller) decide(ctx context.Context) error {
	if r := t.raceOf(race.NordicWalking); r != nil {
		bib, err := t.ranked(ctx, r, 1)
		if err != nil {
			return err
		}
		if bib != "" {
			t.print.line("Ruling: bib %s of the %s gets 0:00:30 for lifting both feet.", bib, r.Name)
			err = t.rule(ctx, &timingv1.Ruling{
				Id: "penalty-" + bib, Race: string(r.ID), Bib: bib, Kind: timingv1.RulingKind_RULING_KIND_PENALTY,
				Duration: durationpb.New(30 * time.Second), Reason: "both feet off the ground",
			})
			if err != nil {
				return err
			}
		}
	}
	r := t.raceOf(race.TenKm)
	if r == nil {
		return nil
	}
	bib, err := t.ranked(ctx, r, 3)
	if err != nil || bib == "" {
		return err
	}
	t.print.line("Ruling: bib %s of the %s is disqualified by TR6.2, paced by a bicycle.", bib, r.Name)
	return t.rule(ctx, &timingv1.Ruling{
		Id: "dsq-" + bib, Race: string(r.ID), Bib: bib, Kind: timingv1.RulingKind_RULING_KIND_DSQ, Rule: "TR6.2",
		Reason: "paced by a bicycle",
	})
}

// ranked returns the bib that has a rank in a race's first list; empty where nobody has it.
func (t *teller) ranked(ctx context.Context, r *race.Race, rank int32) (string, error) {
	page, err := t.top(ctx, r)
	if err != nil {
		return "", err
	}
	for _, row := range page.GetRows() {
		if row.GetRank() == rank {
			return row.GetBib(), nil
		}
	}
	return "", nil
}

func (t *teller) rule(ctx context.Context, ruling *timingv1.Ruling) error {
	err := untilTaken(ctx, func(ctx context.Context) error {
		_, err := t.timing.RecordRuling(ctx, &timingv1.RecordRulingRequest{EventId: string(t.Event.ID), Ruling: ruling})
		return err
	})
	if err != nil {
		return fmt.Errorf("record ruling %s: %w", ruling.GetId(), err)
	}
	return nil
}

func (t *teller) progressOf(ctx context.Context) ([]*standingsv1.RaceProgress, error) {
	response, err := t.standings.GetProgress(ctx, &standingsv1.GetProgressRequest{EventId: string(t.Event.ID)})
	if err != nil {
		return nil, fmt.Errorf("get progress: %w", err)
	}
	return response.GetRaces(), nil
}

// finalRows is how much of each race is shown in the end.
const finalRows = 10

func (t *teller) top(ctx context.Context, r *race.Race) (page *standingsv1.GetStandingsResponse, err error) {
	err = untilTaken(ctx, func(ctx context.Context) error {
		page, err = t.head(ctx, r, "", finalRows)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("get standings of race %s: %w", r.ID, err)
	}
	return page, nil
}

// showFinal writes the head of every race.
func (t *teller) showFinal(ctx context.Context) error {
	var counts []*standingsv1.RaceProgress
	err := untilTaken(ctx, func(ctx context.Context) (err error) {
		counts, err = t.progressOf(ctx)
		return err
	})
	if err != nil {
		return err
	}
	for i := range t.Event.Races {
		r := &t.Event.Races[i]
		page, err := t.top(ctx, r)
		if err != nil {
			return err
		}
		t.print.line("\n%s%s", r.Name, countsText(counts, r))
		if len(page.GetRows()) == 0 {
			continue
		}
		if r.Team != nil {
			err = t.showTeams(ctx, r, page.GetRows())
		} else {
			t.showPersons(page.GetRows())
		}
		if err != nil {
			return err
		}
	}
	t.print.line("")
	return nil
}

func countsText(counts []*standingsv1.RaceProgress, r *race.Race) string {
	for _, p := range counts {
		if p.GetRace() == string(r.ID) {
			return fmt.Sprintf(": %s entered, %s started, %s finished, %s out",
				count(p.GetEntered()), count(p.GetStarted()), count(p.GetFinished()), count(p.GetOut()))
		}
	}
	return ""
}

func (t *teller) showPersons(rows []*standingsv1.Standing) {
	table := make([][]string, 0, len(rows))
	for _, row := range rows {
		table = append(table, []string{
			rankText(row.GetRank()), row.GetBib(), short(row.GetName(), 28), row.GetCountry(), row.GetAgeGroup(),
			row.GetGun(), row.GetNet(), row.GetPenalty(), row.GetRanked(),
		})
	}
	t.print.table([]string{"rank", "bib", "name", "country", "group", "gun", "net", "penalty", "time"}, table)
}

// showTeams writes teams with the time of each leg and its rank.
func (t *teller) showTeams(ctx context.Context, r *race.Race, rows []*standingsv1.Standing) error {
	head := []string{"rank", "bib", "team", "category", "time"}
	for leg := range r.Team.Size {
		head = append(head, "leg "+strconv.Itoa(leg+1))
	}
	table := make([][]string, 0, len(rows))
	for _, row := range rows {
		line := []string{
			rankText(row.GetRank()), row.GetBib(), short(row.GetName(), 20), row.GetCategory(), row.GetRanked(),
		}
		legs, err := t.legs(ctx, row.GetBib())
		if err != nil {
			return err
		}
		for leg := range r.Team.Size {
			text := ""
			if leg < len(legs) {
				text = legs[leg].GetLegTime()
				if rank := legs[leg].GetLegRank(); rank > 0 {
					text += fmt.Sprintf(" (%d)", rank)
				}
			}
			line = append(line, text)
		}
		table = append(table, line)
	}
	t.print.table(head, table)
	return nil
}

func (t *teller) legs(ctx context.Context, bib string) (legs []*standingsv1.LegResult, err error) {
	err = untilTaken(ctx, func(ctx context.Context) error {
		found, err := t.standings.GetResult(ctx, &standingsv1.GetResultRequest{EventId: string(t.Event.ID), Bib: bib})
		legs = found.GetLegs()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("get result of bib %s: %w", bib, err)
	}
	return legs, nil
}

func rankText(rank int32) string {
	if rank == 0 {
		return ""
	}
	return strconv.Itoa(int(rank))
}
