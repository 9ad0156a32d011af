package standings

import "raceday/services/fault"

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
