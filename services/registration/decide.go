package registration

import (
	"context"
	"fmt"
	"time"

	"raceday/services/fault"
	"raceday/services/rules/entry"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/team"
)

// decision is the deciding of one batch while the race's places are held.
type decision struct {
	event *race.Event
	race  *race.Race
	at    time.Time
	free  int
	known Known
	added []Entry
}

// decide answers the applications in the order of their arrival and saves the entries that they make.
func (d *decision) decide(ctx context.Context, tx Tx, batch []*application) ([]answer, error) {
	requests := make([]string, len(batch))
	var people []Digest
	for i, a := range batch {
		requests[i] = a.RequestID
		made := a.newEntry("", d.at)
		people = append(people, made.Claims().People...)
	}
	var err error
	if d.known, err = tx.Known(ctx, requests, people); err != nil {
		return nil, err
	}
	answers := make([]answer, len(batch))
	for i, a := range batch {
		answers[i] = d.answer(a)
	}
	if len(d.added) > 0 {
		if err := tx.Save(ctx, Changes{Added: d.added}); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

func (d *decision) answer(a *application) answer {
	if earlier, ok := d.known.Requests[a.RequestID]; ok {
		if earlier.RequestDigest != a.digest {
			return answer{err: ErrRequestIDReused}
		}
		return answer{entry: earlier}
	}
	if err := d.refusal(a); err != nil {
		return answer{err: err}
	}
	made := a.newEntry(newReference(), d.at)
	for _, person := range made.Claims().People {
		d.known.People[person] = Holding{InTeam: a.team}
	}
	d.known.Requests[a.RequestID] = made
	d.added = append(d.added, made)
	d.free--
	return answer{entry: made}
}

// refusal returns why an application cannot have a place: what can be mended first, a full race last.
func (d *decision) refusal(a *application) error {
	window := d.race.Registration
	at := racetime.At(d.at)
	switch {
	case d.race.Team != nil && !a.team:
		return ErrRaceTakesTeams
	case d.race.Team == nil && a.team:
		return ErrRaceTakesPersons
	case window.OpensAt != 0 && at < window.OpensAt:
		return ErrRegistrationNotOpen
	case window.ClosesAt != 0 && at > window.ClosesAt:
		return ErrRegistrationClosed
	}
	if err := d.dataFault(a); err != nil {
		return err
	}
	if err := heldElsewhere("", d.known.People, a.team, a.Person, a.Members); err != nil {
		return err
	}
	if d.free <= 0 {
		return ErrRaceFull
	}
	return nil
}

// dataFault returns what is wrong with the person or the team and its members.
func (d *decision) dataFault(a *application) error {
	at := paths{person: "person."}
	if a.team {
		at.person = "team."
	}
	if err := checkTexts(at, a.Person, a.Members, a.Tags); err != nil {
		return err
	}
	if !a.team {
		return faultOf(at.person, entry.Check(d.race, a.Person, d.event.Day))
	}
	if err := checkUnmarked(at.root, a.Members); err != nil {
		return err
	}
	var problems []entry.Problem
	if a.Person.Name == "" {
		problems = append(problems, entry.Problem{Path: at.person + "name", Reason: entry.NameMissing})
	}
	return faultOf(at.root, append(problems, team.Check(d.race, a.Members, d.event.Day)...))
}

// checkUnmarked refuses bibs and chips that come with an application: one that is taken would undo the whole batch.
func checkUnmarked(root string, members []race.Member) error {
	var violations []fault.Violation
	for i := range members {
		if members[i].Bib != "" {
			violations = append(violations, ErrFieldNotTaken.At(fmt.Sprintf("%smembers[%d].bib", root, i)))
		}
		if len(members[i].Chips) > 0 {
			violations = append(violations, ErrFieldNotTaken.At(fmt.Sprintf("%smembers[%d].chips", root, i)))
		}
	}
	if len(violations) > 0 {
		return ErrFieldNotTaken.With(violations...)
	}
	return nil
}

// heldElsewhere returns who of an entry runs in another entry of the event already, or twice in this team; root leads to
// the members.
func heldElsewhere(root string, people map[Digest]Holding, isTeam bool, p race.Person, members []race.Member) error {
	if !isTeam {
		if person, known := personOf(p); known {
			if _, held := people[person]; held {
				return ErrAlreadyEntered
			}
		}
		return nil
	}
	var first *fault.Fault
	var violations []fault.Violation
	here := map[Digest]bool{}
	for i := range members {
		person, known := personOf(members[i].Person)
		holding, held := people[person]
		if !known || !held && !here[person] {
			here[person] = true
			continue
		}
		found := ErrAlreadyEntered
		if holding.InTeam {
			found = ErrMemberInTwoTeams
		}
		if first == nil {
			first = found
		}
		violations = append(violations, found.At(fmt.Sprintf("%smembers[%d].person", root, i)))
	}
	if first == nil {
		return nil
	}
	return first.With(violations...)
}

// newEntry returns the entry that the application asks for.
func (a *application) newEntry(reference Reference, at time.Time) Entry {
	members := append([]race.Member(nil), a.Members...)
	sortByLeg(members)
	person := a.Person
	knowOneAge(&person)
	for i := range members {
		knowOneAge(&members[i].Person)
	}
	return Entry{
		Entrant:       race.Entrant{Race: a.Race, Person: person, Tags: a.Tags, Members: members},
		Reference:     reference,
		State:         Confirmed,
		RequestID:     a.RequestID,
		RequestDigest: a.digest,
		EnteredAt:     at,
	}
}
