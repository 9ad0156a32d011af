package timing

import (
	"context"
	"fmt"

	"raceday/services/rules/explanation"
	"raceday/services/rules/race"
)

// Explainer knows why a result is as it is.
type Explainer interface {
	// Explain returns the explanation of the entrant with a bib, from the facts as of one moment; ErrEntrantNotFound where
	// nobody on the roster has it.
	Explain(ctx context.Context, event race.EventID, bib race.Bib) (*explanation.Explanation, error)
	// ExplainChip returns what became of the reads of a chip, from the facts as of one moment.
	ExplainChip(ctx context.Context, event race.EventID, chip race.Chip) (explanation.OfChip, error)
}

// Standings know how entrants are ranked.
type Standings interface {
	// Ranks returns the ranks of the entrant with a bib; the zero Ranks where the standings do not have it yet.
	Ranks(ctx context.Context, event race.EventID, bib race.Bib) (Ranks, error)
}

// Ranks are those of one entrant at a version of the event.
type Ranks struct {
	Version int64
	Lists   []ListRank
	// Legs are by leg, from the first.
	Legs []LegRank
}

// ListRank is a rank in one list; 0 where the entrant has none.
type ListRank struct {
	List string
	Rank int
	// Of counts the ranked entrants of the list.
	Of int
}

// LegRank is the ranks by one leg alone and by all legs up to it; 0 where there is none.
type LegRank struct {
	Rank, After int
}

// ExplainResult returns everything that the result of the entrant with a bib follows from, and its ranks. It returns
// ErrEntrantNotFound, or a fault that says that there is no such event.
func (s *Service) ExplainResult(
	ctx context.Context, event race.EventID, bib race.Bib,
) (*explanation.Explanation, Ranks, error) {
	if _, err := s.events.Event(ctx, event); err != nil {
		return nil, Ranks{}, fmt.Errorf("explain a result: %w", err)
	}
	if _, err := race.ParseBib(string(bib)); err != nil {
		return nil, Ranks{}, ErrEntrantNotFound
	}
	explained, err := s.explainer.Explain(ctx, event, bib)
	if err != nil {
		return nil, Ranks{}, fmt.Errorf("explain a result: %w", err)
	}
	ranks, err := s.standings.Ranks(ctx, event, bib)
	if err != nil {
		return nil, Ranks{}, fmt.Errorf("explain a result: %w", err)
	}
	return explained, ranks, nil
}

// ExplainChip returns what became of all reads of a chip, whether anybody wears it or not, and also where the wearer's race
// is no longer in the event. It returns ErrFilterInvalid, or a fault that says that there is no such event.
func (s *Service) ExplainChip(ctx context.Context, event race.EventID, written string) (explanation.OfChip, error) {
	chip, err := race.ParseChip(written)
	if err != nil {
		return explanation.OfChip{}, ErrFilterInvalid.With(ErrFilterInvalid.At("chip"))
	}
	if _, err := s.events.Event(ctx, event); err != nil {
		return explanation.OfChip{}, fmt.Errorf("explain a chip: %w", err)
	}
	explained, err := s.explainer.ExplainChip(ctx, event, chip)
	if err != nil {
		return explanation.OfChip{}, fmt.Errorf("explain a chip: %w", err)
	}
	return explained, nil
}
