package rehearsal

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

// refusal is something that the rules forbid, and the reason that must be given.
type refusal struct {
	what   string
	reason string
	try    func(context.Context) error
}

// tryRefusals tries what the rules forbid. What is not refused, or with another reason, is an error.
func (t *teller) tryRefusals(ctx context.Context) error {
	var rows [][]string
	for _, r := range t.refusals() {
		err := untilTaken(ctx, r.try)
		reason, message := reasonOf(err)
		if err == nil {
			return fmt.Errorf("%s: is not refused", r.what)
		}
		if reason != r.reason {
			return fmt.Errorf("%s: refused with reason %q, want %s: %w", r.what, reason, r.reason, err)
		}
		rows = append(rows, []string{r.what, reason, message})
	}
	if len(rows) > 0 {
		t.print.line("\nRefused, as the rules have it:")
		t.print.table([]string{"entry", "reason", "answer"}, rows)
		t.print.line("")
	}
	return nil
}

// reasonOf returns the stable reason and the sentence of an answer.
func reasonOf(err error) (reason, message string) {
	answer, ok := errors.AsType[interface {
		error
		GRPCStatus() *status.Status
	}](err)
	if !ok {
		return "", ""
	}
	for _, detail := range answer.GRPCStatus().Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			reason = info.GetReason()
		}
	}
	return reason, answer.GRPCStatus().Message()
}

func (t *teller) refusals() []refusal {
	var list []refusal
	marathon := t.raceOf(race.Marathon)
	other := NewField(t.Seed+1, t.Event, 0, 1) // It never enters.
	if marathon != nil {
		list = append(list, refusal{
			"a runner of the marathon who is 18 on the day after", "AGE_BELOW_MINIMUM", func(ctx context.Context) error {
				day := t.Event.Day.AddDays(1)
				p := Person{Race: marathon.ID, Person: race.Person{
					Name: "Arman Testov", Sex: race.Male, Country: "KAZ",
					BirthDay: civil.Day{Year: day.Year - marathon.MinAgeYears, Month: day.Month, Day: day.Day},
				}}
				_, err := t.registerPerson(ctx, t.refusedID(1), p)
				return err
			},
		})
	}
	if len(other.Teams) > 0 {
		team := other.Teams[0]
		list = append(list, refusal{
			fmt.Sprintf("an Ekiden team of %d", len(team.Members)-1), "TEAM_SIZE", func(ctx context.Context) error {
				five := team
				five.Members = team.Members[:len(team.Members)-1]
				_, err := t.registerTeam(ctx, t.refusedID(2), five)
				return err
			},
		})
	}
	if len(t.field.Persons) > 0 && t.secondRace(t.field.Persons[0].Race) != nil {
		list = append(list, refusal{"a second race on the day", "ALREADY_ENTERED", func(ctx context.Context) error {
			p := t.field.Persons[0]
			p.Race = t.secondRace(p.Race).ID
			_, err := t.registerPerson(ctx, t.refusedID(3), p)
			return err
		}})
	}
	if len(t.field.Teams) > 0 {
		list = append(list, refusal{"a member of two Ekiden teams", "MEMBER_IN_TWO_TEAMS", func(ctx context.Context) error {
			team := other.Teams[0]
			team.Members = append([]race.Member{t.field.Teams[0].Members[0]}, team.Members[1:]...)
			_, err := t.registerTeam(ctx, t.refusedID(4), team)
			return err
		}})
	}
	return list
}

func (t *teller) refusedID(n int) string { return fmt.Sprintf("rehearsal-%d-refused-%d", t.Seed, n) }

// secondRace returns the race for persons, other than theirs, that admits the youngest; nil where there is none.
func (t *teller) secondRace(first race.ID) *race.Race {
	var second *race.Race
	for i := range t.Event.Races {
		r := &t.Event.Races[i]
		if r.ID != first && r.Team == nil && (second == nil || r.MinAgeYears < second.MinAgeYears) {
			second = r
		}
	}
	return second
}

// raceOf returns the first race of a format, or nil.
func (t *teller) raceOf(f race.Format) *race.Race {
	for i := range t.Event.Races {
		if t.Event.Races[i].Format == f {
			return &t.Event.Races[i]
		}
	}
	return nil
}
