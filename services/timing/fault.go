package timing

import (
	"errors"

	"raceday/services/fault"
)

// Faults that a caller may see.
var (
	ErrEventNotFound    = fault.New(fault.NotFound, "EVENT_NOT_FOUND", "there is no event with this id")
	ErrRaceNotFound     = fault.New(fault.NotFound, "RACE_NOT_FOUND", "the event has no race with this id")
	ErrWaveNotFound     = fault.New(fault.NotFound, "WAVE_NOT_FOUND", "the race has no wave with this id")
	ErrEntrantNotFound  = fault.New(fault.NotFound, "ENTRANT_NOT_FOUND", "no entrant of the event wears this bib")
	ErrRulingInvalid    = fault.New(fault.Invalid, "RULING_INVALID", "the ruling cannot be recorded as it is")
	ErrRulingIDReused   = fault.New(fault.AlreadyExists, "RULING_ID_REUSED", "another ruling has this id")
	ErrRulingsTooMany   = fault.New(fault.Invalid, "RULINGS_TOO_MANY", "more than 10 000 rulings or 32 MiB in one call")
	ErrPageSizeInvalid  = fault.New(fault.Invalid, "PAGE_SIZE_INVALID", "page_size is 1 to 1000, or 0 for 100")
	ErrPageTokenInvalid = fault.New(fault.Invalid, "PAGE_TOKEN_INVALID", "page_token is that of the answer before")
	ErrFilterInvalid    = fault.New(fault.Invalid, "FILTER_INVALID", "this is no mat or no chip")
)

// ErrStopping is returned by calls that watch the mats when the service stops; another replica answers.
var ErrStopping = fault.New(fault.Unavailable, "TIMING_STOPPING", "the timing is stopping; ask again")

// ErrInstantInvalid means that a timestamp is none of the instants that are held. Callers of a service are told of the
// field that has it.
var ErrInstantInvalid = errors.New("instant is not in the years 1678 to 2261")

// Errors between the store of reads, their stream and the scorer; no caller of a service sees them.
var (
	// ErrFenced means that the position is no longer what this scorer last saw: another one is active.
	ErrFenced = errors.New("position was moved by another scorer")
	// ErrStreamReplaced means that the stream is not the one that the position belongs to, or ends before it.
	ErrStreamReplaced = errors.New("stream is not the one that the position belongs to")
	// ErrGap means that messages are missing between the position and what the stream delivers.
	ErrGap = errors.New("messages of the stream are missing")
)
