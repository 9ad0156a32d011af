package standings

import (
	"context"
	"slices"

	"raceday/services/rules/oncourse"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
)

// OnCourse returns who of a race, or of all races where the id is empty, started and did not finish, the longest overdue
// first, and the version that this is exact for. Fault: ErrRaceNotFound.
func (b *Board) OnCourse(raceID race.ID) ([]oncourse.Entrant, int64, error) {
	event, version, byRace := b.resultsByRace()
	if raceID != "" && event.Race(raceID) == nil {
		return nil, 0, ErrRaceNotFound
	}
	var entrants []oncourse.Entrant
	for i := range event.Races {
		if r := &event.Races[i]; raceID == "" || r.ID == raceID {
			entrants = append(entrants, oncourse.Find(event, r, byRace[r.ID])...)
		}
	}
	if raceID == "" {
		slices.SortFunc(entrants, oncourse.Compare)
	}
	return entrants, version, nil
}

// resultsByRace returns all results, which nobody may change. What is then computed of them holds up no writer.
func (b *Board) resultsByRace() (*race.Event, int64, map[race.ID][]*result.Result) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	byRace := make(map[race.ID][]*result.Result, len(b.event.Races))
	for _, r := range b.entrants {
		byRace[r.Race] = append(byRace[r.Race], r)
	}
	return b.event, b.version, byRace
}

// CourseQuery names a page of those on the course.
type CourseQuery struct {
	Event race.EventID
	// Race is empty for all races.
	Race race.ID
	// PageSize is 1 to 1000, or 0 for 100.
	PageSize int
	// PageToken is that of the page before; empty for the first page.
	PageToken string
}

// CoursePage is a page of those on the course.
type CoursePage struct {
	Entrants []oncourse.Entrant
	// Total counts those of all pages.
	Total   int
	Version int64
	// At is the instant by which they are overdue.
	At racetime.Instant
}

// defaultCoursePage is the size of a page where the caller names none.
const defaultCoursePage = 100

// OnCourse returns a page of those who started and did not finish, the longest overdue first, and the token of the next
// one, empty on the last. Faults: one that says that there is no such event, ErrRaceNotFound, ErrPageTokenInvalid,
// ErrPageSizeInvalid, ErrStopping.
func (s *Service) OnCourse(ctx context.Context, q CourseQuery) (CoursePage, string, error) {
	if q.PageSize < 0 || q.PageSize > maxPageSize {
		return CoursePage{}, "", ErrPageSizeInvalid.With(ErrPageSizeInvalid.At("page_size"))
	}
	if q.PageSize == 0 {
		q.PageSize = defaultCoursePage
	}
	list, offset, err := readPageToken(Query{Race: q.Race, PageToken: q.PageToken})
	if err == nil && list != "" { // the token of a page of standings
		err = ErrPageTokenInvalid.With(ErrPageTokenInvalid.At("page_token"))
	}
	if err != nil {
		return CoursePage{}, "", err
	}
	page := CoursePage{At: racetime.At(s.deps.Now())}
	err = s.deps.Boards.Use(ctx, q.Event, func(b *Board) error {
		var err error
		page.Entrants, page.Version, err = b.OnCourse(q.Race)
		return err
	})
	if err != nil {
		return CoursePage{}, "", err
	}
	page.Total = len(page.Entrants)
	end := min(offset+q.PageSize, page.Total)
	page.Entrants = page.Entrants[min(offset, end):end]
	if end < page.Total {
		return page, pageToken(q.Race, "", end), nil
	}
	return page, "", nil
}
