package registrationpg

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"raceday/services/registration"
	"raceday/services/rules/race"
)

// After the event's next change number, in this order as everywhere: each keeps others waiting until the transaction ends.
const recordAction = `
SELECT audit.record(@event, @at, @actor, @action, @detail)`

// audited are the actions of the office that decide who runs and under which bib and chip. What entrants do themselves, and
// what the office does for each of them in turn, stands in the history of the entries alone.
var audited = map[registration.Action]bool{
	registration.ActionRegisterLate: true, registration.ActionErase: true, registration.ActionCorrect: true,
	registration.ActionAssignBibs: true, registration.ActionAssignChips: true, registration.ActionSwapChips: true,
	registration.ActionImportRoster: true,
}

// queueAudit records the actions of the office, those of one cause together.
func (w *writing) queueAudit(changes *registration.Changes) {
	var causes []registration.Cause
	entries := map[registration.Cause][]*registration.Entry{}
	for i := range changes.Entries {
		c := &changes.Entries[i]
		if !audited[c.Cause.Action] {
			continue
		}
		if entries[c.Cause] == nil {
			causes = append(causes, c.Cause)
		}
		entries[c.Cause] = append(entries[c.Cause], &c.After)
	}
	for _, cause := range causes {
		w.queueAction(cause, describeEntries(entries[cause]))
	}
	for _, c := range changes.Races {
		w.queueAction(c.Cause, describePlaces(c))
	}
}

func (w *writing) queueAction(cause registration.Cause, detail string) {
	if cause.Reason != "" {
		detail += ": " + cause.Reason
	}
	w.batch.Queue(recordAction, pgx.StrictNamedArgs{
		"event": w.event, "at": cause.At, "actor": cause.Actor, "action": string(cause.Action), "detail": detail,
	})
}

// described is how many entries are named; the history has them all.
const described = 20

// describeEntries names entries by bib and reference, never by person, with the chips that they have now.
func describeEntries(entries []*registration.Entry) string {
	names := make([]string, 0, described)
	for _, e := range entries[:min(len(entries), described)] {
		name := fmt.Sprintf("%s %s", e.Race, e.Reference)
		if e.Bib != "" {
			name = fmt.Sprintf("%s bib %s", e.Race, e.Bib)
		}
		if len(e.Chips) > 0 {
			name += " chips " + strings.Join(e.Chips, " ")
		}
		names = append(names, name)
	}
	text := strings.Join(names, ", ")
	if more := len(entries) - described; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func describePlaces(c registration.RaceChange) string {
	was, is := shownPlaces(c.Before), shownPlaces(c.After)
	return fmt.Sprintf("%s: %s -> %s", race.ID(c.After.Race), was, is)
}

func shownPlaces(p registration.Places) string {
	if !p.Limited {
		return fmt.Sprintf("without limit, %s", p.Taking)
	}
	return fmt.Sprintf("%d places, %s", p.Capacity, p.Taking)
}
