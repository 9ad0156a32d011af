package standings

import (
	"fmt"
	"strings"

	"raceday/services/fault"
	"raceday/services/rules/race"
)

// The faults of a caller's own making.
var (
	ErrRaceNotFound     = fault.New(fault.NotFound, "RACE_NOT_FOUND", "the event has no such race")
	ErrListNotFound     = fault.New(fault.NotFound, "LIST_NOT_FOUND", "the race has no such list")
	ErrPointNotFound    = fault.New(fault.NotFound, "POINT_NOT_FOUND", "the course has no such visit; line#2 is the second of a point")
	ErrLegNotFound      = fault.New(fault.NotFound, "LEG_NOT_FOUND", "the race has no such leg")
	ErrEntrantNotFound  = fault.New(fault.NotFound, "ENTRANT_NOT_FOUND", "no entrant of the event wears this bib")
	ErrPageTokenInvalid = fault.New(fault.Invalid, "PAGE_TOKEN_INVALID", "page_token is that of the answer before, for the same question")
	ErrPageSizeInvalid  = fault.New(fault.Invalid, "PAGE_SIZE_INVALID", "page_size is 1 to 1000, or 0 for the usual number")
	ErrNotFinished      = fault.New(fault.Refused, "NOT_FINISHED", "a certificate is for who finished, and in time")
	ErrTopInvalid       = fault.New(fault.Invalid, "TOP_INVALID", "top is a number of rows, or 0 for all")
)

// ErrStopping is returned by calls that are under way, or begin, when the boards stop. A watch resumes by its version on
// another replica.
var ErrStopping = fault.New(fault.Unavailable, "STANDINGS_STOPPING", "the standings are stopping; ask again")

// noRace is ErrRaceNotFound with the races that there are.
func noRace(event *race.Event) error {
	ids := make([]string, len(event.Races))
	for i := range event.Races {
		ids[i] = string(event.Races[i].ID)
	}
	return ErrRaceNotFound.With(fault.Violation{
		Path: "race", Reason: ErrRaceNotFound.Reason, Message: "the event has " + strings.Join(ids, ", "),
	})
}

// namedLists bounds how many lists an answer names.
const namedLists = 100

// noList is ErrListNotFound with the lists that there are.
func (f *field) noList() error {
	names := f.listNames()
	if more := len(names) - namedLists; more > 0 {
		names = append(names[:namedLists], fmt.Sprintf("and %d more", more))
	}
	return ErrListNotFound.With(fault.Violation{
		Path: "list", Reason: ErrListNotFound.Reason, Message: fmt.Sprintf("race %s has %s", f.race.ID, strings.Join(names, ", ")),
	})
}

// divides reports whether a classification has lists that entrants are in.
func (f *field) divides(classification string) bool {
	return f.firstOf(classification) != classification
}
