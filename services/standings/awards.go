package standings

import (
	"context"
	"fmt"
	"strings"

	"raceday/services/rules/award"
	"raceday/services/rules/race"
)

// Prize is a prize with the row of who wins it in its list.
type Prize struct {
	award.Prize
	Row Row
	// Held is the place whose prize of the list the entrant holds; 0 is none.
	Held int
}

// Awards is who wins the prizes of a race, beside what was announced and handed over.
type Awards struct {
	// Prizes are in the order of the race's awards.
	Prizes  []Prize
	Version int64
	// Announced is the last announcement; nil where there was none, and nothing is a change.
	Announced *Announcement
	Changes   []PrizeChange
	// Wrong are the prizes in the hands of entrants who do not win them.
	Wrong []ShownHandOver
}

// PrizeChange is what became of an entrant's prize since it was announced.
type PrizeChange struct {
	award.Change
	// Name is shown; empty where it is hidden, and of who left the roster.
	Name string
	// Held is the place whose prize of the list the entrant holds; 0 is none.
	Held int
}

// ShownHandOver is a hand-over with the name of who received the prize.
type ShownHandOver struct {
	HandOver
	// Name is shown; empty where it is hidden, and of who left the roster.
	Name string
}

// Awards returns who wins the prizes of a race, what is other than was announced last, and who holds what they do not win.
// Fault: ErrRaceNotFound.
func (b *Board) Awards(raceID race.ID, awarded Awarded) (Awards, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	f, ok := b.fields[raceID]
	if !ok {
		return Awards{}, noRace(b.event)
	}
	won, hands := award.Winners(f.race, f.awardLists), awarded.hands()
	now := Awards{Prizes: make([]Prize, len(won)), Version: b.version}
	for i, p := range won {
		row := Row{Rank: p.Rank, Result: b.entrants[p.Entrant], terms: f.lists[p.List].terms}
		now.Prizes[i] = Prize{p, row, hands.Place(p.List, p.Entrant)}
	}
	if n := len(awarded.Announcements); n > 0 {
		now.Announced = &awarded.Announcements[n-1]
		for _, c := range award.Changes(f.race, now.Announced.prizes(), won) {
			now.Changes = append(now.Changes, PrizeChange{c, b.nameOf(c.Entrant), hands.Place(c.List, c.Entrant)})
		}
	}
	for _, wrong := range hands.Wrong(won) {
		h := awarded.lastOf(wrong.List, wrong.Entrant)
		now.Wrong = append(now.Wrong, ShownHandOver{h, b.nameOf(h.Entrant)})
	}
	return now, nil
}

// nameOf returns the name that an entrant is shown by; empty where it is hidden, and of who left the roster.
func (b *Board) nameOf(entrant race.EntrantID) string {
	if res := b.entrants[entrant]; res != nil {
		return res.Name
	}
	return ""
}

// shownName is nameOf for who does not hold the lock.
func (b *Board) shownName(entrant race.EntrantID) string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.nameOf(entrant)
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

// Awards returns who wins the prizes of a race as its lists stand now, and what changed since they were announced last.
// Faults: one that says that there is no such event, ErrRaceNotFound, ErrStopping.
func (s *Service) Awards(ctx context.Context, event race.EventID, raceID race.ID) (now Awards, err error) {
	awarded, err := s.awarded(ctx, event, raceID)
	if err != nil {
		return Awards{}, err
	}
	err = s.deps.Boards.UseScored(ctx, event, func(b *Board) error {
		now, err = b.Awards(raceID, awarded)
		return err
	})
	return now, err
}

// AwardHistory returns all that was announced, and all hand-overs with names, each in its order. Faults: as Awards.
func (s *Service) AwardHistory(
	ctx context.Context, event race.EventID, raceID race.ID,
) (announcements []Announcement, handOvers []ShownHandOver, err error) {
	awarded, err := s.awarded(ctx, event, raceID)
	if err != nil {
		return nil, nil, err
	}
	err = s.deps.Boards.UseScored(ctx, event, func(b *Board) error {
		for _, h := range awarded.HandOvers {
			handOvers = append(handOvers, ShownHandOver{h, b.shownName(h.Entrant)})
		}
		return nil
	})
	return awarded.Announcements, handOvers, err
}

// awarded returns what was announced and handed over of a race. Faults: one that says that there is no such event,
// ErrRaceNotFound.
func (s *Service) awarded(ctx context.Context, id race.EventID, raceID race.ID) (Awarded, error) {
	event, err := s.deps.Events.EventAt(ctx, id, 0)
	if err != nil {
		return Awarded{}, fmt.Errorf("read the event %s: %w", id, err)
	}
	if event.Race(raceID) == nil {
		return Awarded{}, noRace(event)
	}
	return s.deps.Prizes.Awarded(ctx, id, raceID)
}
