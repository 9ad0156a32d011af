package timing

import (
	"context"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ruling"
)

// Store keeps the facts.
type Store interface {
	// InsertRulings stores new rulings, all or none, each under the event's next change number in their order; it returns
	// these numbers. An id that the event has already is ErrRulingIDReused, an unknown event a fault that says that there
	// is none.
	// The actor, whose key it is, stands in the audit.
	InsertRulings(
		ctx context.Context, event race.EventID, actor string, rulings []ruling.Ruling, recordedAt racetime.Instant,
	) (changes []int64, err error)
	// FindRulings returns those of an event's rulings that have one of the ids, by change number.
	FindRulings(ctx context.Context, event race.EventID, ids []ruling.ID) ([]RecordedRuling, error)
	// ListRulings returns at most limit rulings with a change number above after, in its order.
	ListRulings(ctx context.Context, event race.EventID, filter RulingFilter, after int64, limit int) ([]RecordedRuling, error)
	// ListReads returns at most limit reads behind after, nil being the start, by mat, boot, seq, chip and at.
	ListReads(ctx context.Context, event race.EventID, filter ReadFilter, after *Read, limit int) ([]Read, error)
	// ListRejected returns at most limit rejected messages behind after, the zero value being the start, in order of arrival.
	ListRejected(ctx context.Context, event race.EventID, after RejectedID, limit int) ([]RecordedRejected, error)
	// ListUnknownChips returns at most limit chips that were read and are not worn, behind after, nil being the start, the
	// last read first. It knows nothing of where mats lay.
	ListUnknownChips(
		ctx context.Context, event race.EventID, worn []race.Chip, after *UnknownChipID, limit int,
	) ([]UnknownChip, error)
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

// Dependencies are what the service is made of.
type Dependencies struct {
	Store   Store
	Events  Events
	Course  Course
	Wearers Wearers
	// Roster and ChipReads are what new rulings are compared with.
	Roster    Roster
	ChipReads ChipReads
	Starts    Starts
	// Explainer and Standings answer ExplainResult.
	Explainer Explainer
	Standings Standings
	Mats      *Mats
	// Now is the clock.
	Now func() time.Time
}

// Service records and lists the facts of the day.
type Service struct {
	store   Store
	events  Events
	course  Course
	wearers Wearers
	now     func() time.Time

	roster    Roster
	chipReads ChipReads
	starts    Starts
	explainer Explainer
	standings Standings
	mats      *Mats
	unknown   unknownWindows
}

// New returns a service.
func New(deps Dependencies) *Service {
	return &Service{
		store: deps.Store, events: deps.Events, course: deps.Course, wearers: deps.Wearers, now: deps.Now,
		roster: deps.Roster, chipReads: deps.ChipReads, starts: deps.Starts,
		explainer: deps.Explainer, standings: deps.Standings, mats: deps.Mats,
	}
}
