package standings

import (
	"context"
	"strings"

	"raceday/services/rules/award"
	"raceday/services/rules/race"
)

// Prize is a prize with the row of who wins it in its list.
type Prize struct {
	award.Prize
	Row Row
}

// Awards returns who wins the prizes of a race, in the order of its awards, and the version that this is exact for. Fault:
// ErrRaceNotFound.
func (b *Board) Awards(raceID race.ID) ([]Prize, int64, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	f, ok := b.fields[raceID]
	if !ok {
		return nil, 0, ErrRaceNotFound
	}
	won := award.Winners(f.race, f.awardLists)
	prizes := make([]Prize, len(won))
	for i, p := range won {
		prizes[i] = Prize{p, Row{Rank: p.Rank, Result: b.entrants[p.Entrant], terms: f.lists[p.List].terms}}
	}
	return prizes, b.version, nil
}

// awardLists returns the lists of a classification by name.
func (f *field) awardLists(id race.ClassificationID) []award.List {
	var lists []award.List
	for _, name := range f.listNames() {
		if of, _, _ := strings.Cut(name, "/"); of == string(id) {
			ranked := f.lists[name].ranked
			lists = append(lists, award.List{Name: name, Len: ranked.Len(), Ranked: ranked.All()})
		}
	}
	return lists
}

// Awards returns who wins the prizes of a race as its lists stand now, in the order of its awards, and the version that this
// is exact for. Faults: one that says that there is no such event, ErrRaceNotFound, ErrStopping.
func (s *Service) Awards(ctx context.Context, event race.EventID, raceID race.ID) (prizes []Prize, version int64, err error) {
	err = s.deps.Boards.Use(ctx, event, func(b *Board) error {
		var err error
		prizes, version, err = b.Awards(raceID)
		return err
	})
	return prizes, version, err
}
