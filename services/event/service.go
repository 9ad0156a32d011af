package event

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	eventv1 "raceday/proto/raceday/event/v1"
	"raceday/services/fault"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Faults of events.
var (
	// ErrInvalid comes with every field at fault.
	ErrInvalid = fault.New(fault.Invalid, "EVENT_INVALID", "the event cannot be run as it is written")
	// ErrBreaksEntries comes with the fields that entries stand against.
	ErrBreaksEntries    = fault.New(fault.Refused, "EVENT_BREAKS_ENTRIES", "entries stand against this change of the event")
	ErrNotFound         = fault.New(fault.NotFound, "EVENT_NOT_FOUND", "there is no event with this id")
	ErrPageSizeInvalid  = fault.New(fault.Invalid, "PAGE_SIZE_INVALID", "page_size is 1 to 100, or 0 for 50")
	ErrPageTokenInvalid = fault.New(fault.Invalid, "PAGE_TOKEN_INVALID", "page_token is that of the answer before")
)

// reasonFieldInvalid is the reason of every field at fault; which rule it breaks stands in the message.
const reasonFieldInvalid = "FIELD_INVALID"

// Version is an event as it was applied once.
type Version struct {
	// Event and File, its canonical event file, are shared by all who read them and must not be changed.
	Event *race.Event
	File  []byte
	// Number is 1 for the first version.
	Number int64
	// Actor applied it.
	Actor     string
	AppliedAt racetime.Instant
}

// Store keeps the versions of events.
type Store interface {
	// Append stores what next makes of the newest version, which is the zero Version for a new event, under the number
	// after it and the event's next change number. Meanwhile nobody else adds a version. What next does with its context is
	// part of the same transaction, and holds to its end. Append returns the version that now stands, and false where next
	// returned nil and nothing was stored. It returns next's errors as they are and may call it more than once.
	Append(ctx context.Context, id race.EventID, next func(ctx context.Context, newest Version) (*Version, error)) (Version, bool, error)
	// Newest returns the newest version, or ErrNotFound.
	Newest(ctx context.Context, id race.EventID) (Version, error)
	// List returns at most limit events behind after, nil being the start: the newest day first, one day's by id.
	List(ctx context.Context, after *Cursor, limit int) ([]Summary, error)
}

// Streams keeps the streams of reads.
type Streams interface {
	// Ensure makes the stream of an event unless it is there.
	Ensure(ctx context.Context, id race.EventID) error
}

// Entries knows who is entered.
type Entries interface {
	// Breaks returns the fields of the newer event that entries made under the older one stand against. From then on,
	// until the transaction of its context ends, nobody changes the entries of races that it looked at; whoever then
	// does so finds the newer event.
	// version is the older one's number. With keepMisfits, entries whose ages or teams kept the rules and no longer would
	// do not stand against it.
	Breaks(ctx context.Context, version int64, older, newer *race.Event, keepMisfits bool) ([]fault.Violation, error)
}

// Service applies events and shows them.
type Service struct {
	store   Store
	streams Streams
	entries Entries
	now     func() time.Time
}

// New returns a service; now is the clock. Without entries (nil) every change of an event is admitted.
func New(store Store, streams Streams, entries Entries, now func() time.Time) *Service {
	return &Service{store: store, streams: streams, entries: entries, now: now}
}

// Applied says which version of an event stands.
type Applied struct {
	ID      race.EventID
	Version int64
	// Changed is false where the same event stood already.
	Changed bool
}

// ApplyFile applies an event file for an actor; with keepMisfits, entries that the event's ages or teams no longer fit stay
// as they are. It returns ErrInvalid or ErrBreaksEntries with the fields at fault; then nothing is stored. The event's
// stream of reads exists before the event does.
func (s *Service) ApplyFile(ctx context.Context, actor string, file []byte, keepMisfits bool) (Applied, error) {
	e, err := Parse(file)
	if faults, ok := errors.AsType[FileFaults](err); ok {
		violations := make([]fault.Violation, 0, len(faults))
		for _, f := range faults {
			violations = append(violations, violationOf(f.Path, fmt.Sprintf("line %d: %s", f.Line, f.Reason)))
		}
		return Applied{}, ErrInvalid.With(violations...)
	}
	if err != nil {
		return Applied{}, fmt.Errorf("apply event file: %w", err)
	}
	return s.apply(ctx, actor, e, keepMisfits)
}

// ApplyMessage applies an event given as a message, like ApplyFile.
func (s *Service) ApplyMessage(ctx context.Context, actor string, m *eventv1.Event, keepMisfits bool) (Applied, error) {
	e, problems := FromMessage(m)
	if len(problems) > 0 {
		violations := make([]fault.Violation, 0, len(problems))
		for _, p := range problems {
			violations = append(violations, violationOf(p.Path, p.Reason))
		}
		return Applied{}, ErrInvalid.With(violations...)
	}
	return s.apply(ctx, actor, e, keepMisfits)
}

func (s *Service) apply(ctx context.Context, actor string, e *race.Event, keepMisfits bool) (Applied, error) {
	file := Format(e)
	if isTooLarge(file) { // It could not be read again.
		return Applied{}, ErrInvalid.With(violationOf("", tooLarge))
	}
	if err := s.streams.Ensure(ctx, e.ID); err != nil {
		return Applied{}, fmt.Errorf("make the stream of %s: %w", e.ID, err)
	}
	stands, changed, err := s.store.Append(ctx, e.ID, func(ctx context.Context, newest Version) (*Version, error) {
		if bytes.Equal(newest.File, file) {
			return nil, nil
		}
		if err := s.admit(ctx, newest, e, keepMisfits); err != nil {
			return nil, err
		}
		return &Version{Event: e, File: file, Actor: actor, AppliedAt: racetime.At(s.now())}, nil
	})
	if err != nil {
		return Applied{}, fmt.Errorf("apply event %s: %w", e.ID, err)
	}
	return Applied{ID: e.ID, Version: stands.Number, Changed: changed}, nil
}

// admit refuses what entries stand against.
func (s *Service) admit(ctx context.Context, newest Version, newer *race.Event, keepMisfits bool) error {
	if newest.Event == nil || s.entries == nil {
		return nil
	}
	violations, err := s.entries.Breaks(ctx, newest.Number, newest.Event, newer, keepMisfits)
	if err != nil {
		return fmt.Errorf("look for entries against the change: %w", err)
	}
	if len(violations) > 0 {
		return ErrBreaksEntries.With(violations...)
	}
	return nil
}

// Get returns the newest version of an event, or ErrNotFound.
func (s *Service) Get(ctx context.Context, id race.EventID) (Version, error) {
	v, err := s.store.Newest(ctx, id)
	if err != nil {
		return Version{}, fmt.Errorf("get event: %w", err)
	}
	return v, nil
}

// violationOf names a field that is wrong, or, without a path, the event as a whole.
func violationOf(path, message string) fault.Violation {
	if path == "" {
		return fault.Violation{Reason: ErrInvalid.Reason, Message: message}
	}
	return fault.Violation{Path: path, Reason: reasonFieldInvalid, Message: message}
}
