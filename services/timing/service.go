package timing

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"raceday/services/fault"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ruling"
)

// Store keeps the facts.
type Store interface {
	// InsertRuling stores a new ruling under the event's next change number, which it returns. An id that the event has
	// already is ErrRulingIDReused, an unknown event a fault that says that there is none.
	InsertRuling(ctx context.Context, event race.EventID, r ruling.Ruling, recordedAt racetime.Instant) (change int64, err error)
	// FindRuling returns a ruling by id; false where the event has none.
	FindRuling(ctx context.Context, event race.EventID, id ruling.ID) (RecordedRuling, bool, error)
	// ListRulings returns at most limit rulings with a change number above after, in its order.
	ListRulings(ctx context.Context, event race.EventID, filter RulingFilter, after int64, limit int) ([]RecordedRuling, error)
	// ListReads returns at most limit reads behind after, nil being the start, by mat, boot, seq, chip and at.
	ListReads(ctx context.Context, event race.EventID, filter ReadFilter, after *Read, limit int) ([]Read, error)
	// ListRejected returns at most limit rejected messages behind after, the zero value being the start, in order of arrival.
	ListRejected(ctx context.Context, event race.EventID, after RejectedID, limit int) ([]RecordedRejected, error)
}

// Events knows what is run.
type Events interface {
	// Event returns the newest version of an event, or a fault that says that there is none.
	Event(ctx context.Context, id race.EventID) (*race.Event, error)
}

// RecordedRuling is a ruling as it is kept.
type RecordedRuling struct {
	ruling.Ruling
	RecordedAt racetime.Instant
	// Change orders the rulings of an event.
	Change int64
}

// RulingFilter chooses rulings; an empty Race means all.
type RulingFilter struct {
	Race race.ID
}

// ReadFilter chooses reads; what is empty means all.
type ReadFilter struct {
	Mat  race.MatID
	Chip race.Chip
	// ConflictsOnly leaves the reads whose identity was used with two contents.
	ConflictsOnly bool
}

// RejectedID orders what was rejected in an event.
type RejectedID struct {
	Generation int
	Sequence   uint64
	Index      int
}

// RecordedRejected is something rejected as it is kept.
type RecordedRejected struct {
	Rejected
	Generation int
}

// ID returns what orders it.
func (r RecordedRejected) ID() RejectedID { return RejectedID{r.Generation, r.Sequence, r.Index} }

// Service records and lists the facts of the day.
type Service struct {
	store  Store
	events Events
	now    func() time.Time
}

// New returns a service on a store; now is the clock.
func New(store Store, events Events, now func() time.Time) *Service {
	return &Service{store: store, events: events, now: now}
}

// Gun is the start of a race or a wave.
type Gun struct {
	// RequestID is the ruling's id; empty: one is made.
	RequestID ruling.ID
	Race      race.ID
	// Wave is empty where all waves of the race start.
	Wave race.WaveID
	// At is zero for now.
	At racetime.Instant
}

// FireGun records a gun. The same RequestID again is the same gun, also where At is left open. It returns
// ErrRaceNotFound, ErrWaveNotFound, ErrRulingInvalid, ErrRulingIDReused, or a fault that says that there is no such event.
func (s *Service) FireGun(ctx context.Context, actor string, event race.EventID, gun Gun) (RecordedRuling, error) {
	run, err := s.events.Event(ctx, event)
	if err != nil {
		return RecordedRuling{}, fmt.Errorf("fire gun: %w", err)
	}
	of := run.Race(gun.Race)
	if of == nil {
		return RecordedRuling{}, ErrRaceNotFound
	}
	if gun.Wave != "" && of.Wave(gun.Wave) == nil {
		return RecordedRuling{}, ErrWaveNotFound
	}
	at := gun.At
	if at == 0 && gun.RequestID != "" {
		before, ok, err := s.store.FindRuling(ctx, event, gun.RequestID)
		if err != nil {
			return RecordedRuling{}, fmt.Errorf("fire gun: %w", err)
		}
		if ok {
			at = before.At
		}
	}
	if at == 0 {
		at = racetime.At(s.now())
	}
	recorded, _, err := s.record(ctx, actor, run, ruling.Ruling{
		ID: gun.RequestID, Race: gun.Race, Kind: ruling.Gun, Target: string(gun.Wave), At: at,
	})
	return recorded, err
}

// RecordRuling records a ruling; one without an id gets one, and one that does not say by whom is the actor's. It is false
// where the same ruling stood already. It returns ErrRulingInvalid with the fields at fault, ErrRulingIDReused where
// another ruling has the id, or a fault that says that there is no such event.
func (s *Service) RecordRuling(
	ctx context.Context, actor string, event race.EventID, r ruling.Ruling,
) (RecordedRuling, bool, error) {
	run, err := s.events.Event(ctx, event)
	if err != nil {
		return RecordedRuling{}, false, fmt.Errorf("record ruling: %w", err)
	}
	return s.record(ctx, actor, run, r)
}

func (s *Service) record(
	ctx context.Context, actor string, event *race.Event, r ruling.Ruling,
) (RecordedRuling, bool, error) {
	if r.ID == "" {
		r.ID = ruling.ID(rand.Text())
	}
	for _, text := range []*string{&r.Target, &r.Point, &r.Rule, &r.Reason, &r.By} {
		*text = asInFile(*text)
	}
	if err := s.check(ctx, event, r); err != nil {
		return RecordedRuling{}, false, err
	}
	if recorded, ok, err := s.repeated(ctx, event.ID, r); ok || err != nil {
		return recorded, false, err
	}
	recordedAt, kept := racetime.At(s.now()), r
	if kept.By == "" {
		kept.By = actor
	}
	change, err := s.store.InsertRuling(ctx, event.ID, kept, recordedAt)
	if errors.Is(err, ErrRulingIDReused) {
		// The same call, sent twice, may have been faster.
		if recorded, ok, err := s.repeated(ctx, event.ID, r); ok || err != nil {
			return recorded, false, err
		}
	}
	if err != nil {
		return RecordedRuling{}, false, fmt.Errorf("record ruling: %w", err)
	}
	return RecordedRuling{Ruling: kept, RecordedAt: recordedAt, Change: change}, true, nil
}

// repeated returns the ruling that has r's id, if any, or ErrRulingIDReused where it says something else.
func (s *Service) repeated(ctx context.Context, event race.EventID, r ruling.Ruling) (RecordedRuling, bool, error) {
	before, ok, err := s.store.FindRuling(ctx, event, r.ID)
	if r.By == "" {
		// Somebody else may send it again.
		r.By = before.By
	}
	switch {
	case err != nil:
		return RecordedRuling{}, false, fmt.Errorf("record ruling: %w", err)
	case ok && before.Ruling != r:
		return RecordedRuling{}, false, ErrRulingIDReused
	}
	return before, ok, nil
}

// asInFile leaves out of a text what a rulings.csv does not give back.
func asInFile(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
}

// maxNoteBytes bounds the texts of a ruling that its kind does not check.
const maxNoteBytes = 1000

func (s *Service) check(ctx context.Context, event *race.Event, r ruling.Ruling) error {
	var violations []fault.Violation
	for _, problem := range ruling.Check(r, event) {
		violations = append(violations, fault.Violation{
			Path: "ruling." + problem.Field, Reason: problem.Reason, Message: problem.Message,
		})
	}
	for _, note := range []struct{ path, text string }{
		{"target", r.Target}, {"point", r.Point}, {"rule", r.Rule}, {"reason", r.Reason}, {"by", r.By},
	} {
		if len(note.text) > maxNoteBytes || strings.ContainsRune(note.text, 0) {
			violations = append(violations, fault.Violation{
				Path: "ruling." + note.path, Reason: "TEXT_INVALID", Message: "is longer than 1000 bytes, or holds a zero byte",
			})
		}
	}
	if r.Kind == ruling.Revoke && len(violations) == 0 {
		_, ok, err := s.store.FindRuling(ctx, event.ID, ruling.ID(r.Target))
		if err != nil {
			return fmt.Errorf("record ruling: %w", err)
		}
		if !ok {
			violations = append(violations, fault.Violation{
				Path: "ruling.target", Reason: "RULING_UNKNOWN", Message: "the event has no ruling with this id",
			})
		}
	}
	if len(violations) > 0 {
		return ErrRulingInvalid.With(violations...)
	}
	return nil
}
