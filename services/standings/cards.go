package standings

import (
	"context"
	"fmt"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
)

// CardQuery names a page of the judges' sheet of a race.
type CardQuery struct {
	Event race.EventID
	Race  race.ID
	// Bib is empty for all.
	Bib race.Bib
	// PageSize is 1 to 1000 entrants, or 0 for 100.
	PageSize int
	// PageToken is that of the page before; empty for the first page.
	PageToken string
}

// CardPage is a page of the judges' sheet.
type CardPage struct {
	Entrants []EntrantCards
	// ClosedBy is the ruling that closed the sheet; nil where it is open.
	ClosedBy *ruling.Ruling
	// Nordic is nil where the race is not of Nordic walking.
	Nordic *race.Nordic
}

// EntrantCards is an entrant with the reports on it.
type EntrantCards struct {
	ruling.Judged
	// Result is as the board shows it; nil where nobody in the race wears the bib.
	Result *result.Result
}

const defaultCardPage = 100

// Cards returns a page of the judges' sheet of a race by bib, as of the rulings recorded by now, and the token of the next
// page, empty on the last. Faults: one that says that there is no such event, ErrRaceNotFound, ErrPageSizeInvalid,
// ErrPageTokenInvalid, ErrStopping.
func (s *Service) Cards(ctx context.Context, q CardQuery) (CardPage, string, error) {
	if q.PageSize < 0 || q.PageSize > maxPageSize {
		return CardPage{}, "", ErrPageSizeInvalid.With(ErrPageSizeInvalid.At("page_size"))
	}
	if q.PageSize == 0 {
		q.PageSize = defaultCardPage
	}
	question := fmt.Sprintf("cards/%s/%s/%s", q.Event, q.Race, q.Bib)
	before, err := readCursor[race.Bib](q.PageToken, question)
	if err != nil {
		return CardPage{}, "", err
	}
	event, err := s.deps.Events.EventAt(ctx, q.Event, 0)
	if err != nil {
		return CardPage{}, "", fmt.Errorf("read the event %s: %w", q.Event, err)
	}
	r := event.Race(q.Race)
	if r == nil {
		return CardPage{}, "", noRace(event)
	}
	rulings, err := s.deps.Conflicts.Rulings(ctx, q.Event)
	if err != nil {
		return CardPage{}, "", fmt.Errorf("read the rulings of %s: %w", q.Event, err)
	}
	sheet := ruling.SheetOf(rulings, r)
	page, next := CardPage{ClosedBy: sheet.ClosedBy, Nordic: r.Nordic}, ""
	for _, e := range sheet.Entrants {
		if q.Bib != "" && e.Bib != q.Bib || before != nil && race.CompareBibs(e.Bib, before.Last) <= 0 {
			continue
		}
		if n := len(page.Entrants); n == q.PageSize {
			next = (&cursor[race.Bib]{Question: question, Last: page.Entrants[n-1].Bib}).token()
			break
		}
		page.Entrants = append(page.Entrants, EntrantCards{Judged: e})
	}
	err = s.deps.Boards.UseScored(ctx, q.Event, func(b *Board) error {
		for i := range page.Entrants {
			page.Entrants[i].Result = b.resultIn(q.Race, page.Entrants[i].Bib)
		}
		return nil
	})
	return page, next, err
}

// resultIn returns the result of who wears a bib in a race; nil where nobody does.
func (b *Board) resultIn(raceID race.ID, bib race.Bib) *result.Result {
	b.mu.RLock()
	defer b.mu.RUnlock()
	r, ok := b.entrants[b.bibs[bib]]
	if !ok || r.Bib != bib || r.Race != raceID {
		return nil
	}
	return r
}
