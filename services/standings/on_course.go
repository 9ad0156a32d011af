package standings

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"raceday/services/rules/oncourse"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
)

// courseLists are those on the course, in order, as they were last asked for: one list for each race and, under the empty
// id, one for all races.
type courseLists struct {
	mu    sync.Mutex
	lists map[race.ID]courseList
	// filling is that of the board when the lists were made.
	filling int
}

// courseList is exact for its version. Nobody may change the entrants.
type courseList struct {
	entrants []oncourse.Entrant
	version  int64
}

// OnCourse returns who of a race, or of all races where the id is empty, is on the course, the longest overdue first, and the
// version that this is exact for. Nobody may change the entrants. Fault: ErrRaceNotFound.
func (b *Board) OnCourse(raceID race.ID) ([]oncourse.Entrant, int64, error) {
	return b.OnCourseSince(raceID, math.MaxInt64)
}

// OnCourseSince returns what OnCourse last returned where that is not older than a version, so that somebody may page through
// it; else what OnCourse returns. Fault: ErrRaceNotFound.
func (b *Board) OnCourseSince(raceID race.ID, version int64) ([]oncourse.Entrant, int64, error) {
	b.course.mu.Lock()
	defer b.course.mu.Unlock()
	event, newest, filling := b.state()
	if raceID != "" && event.Race(raceID) == nil {
		return nil, 0, noRace(event)
	}
	if b.course.lists == nil || b.course.filling != filling {
		b.course.lists, b.course.filling = map[race.ID]courseList{}, filling
	}
	list, made := b.course.lists[raceID]
	if !made || list.version < min(version, newest) {
		var err error
		if list, err = b.listCourse(raceID); err != nil {
			return nil, 0, err
		}
		b.course.lists[raceID] = list
	}
	return list.entrants, list.version, nil
}

// state returns the event, the version, and how many times the board was filled otherwise than change by change: versions
// of two fillings may have the same number.
func (b *Board) state() (event *race.Event, version int64, filling int) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.event, b.version, b.filling
}

func (b *Board) listCourse(raceID race.ID) (courseList, error) {
	event, version, byRace := b.resultsByRace()
	if raceID != "" && event.Race(raceID) == nil {
		return courseList{}, noRace(event)
	}
	list := courseList{version: version}
	for i := range event.Races {
		if r := &event.Races[i]; raceID == "" || r.ID == raceID {
			list.entrants = append(list.entrants, oncourse.Find(event, r, byRace[r.ID])...)
		}
	}
	if raceID == "" {
		slices.SortFunc(list.entrants, oncourse.Compare)
	}
	return list, nil
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

// coursePlace is what oncourse.Compare looks at.
type coursePlace struct {
	ExpectedAt, LastAt racetime.Instant
	Bib                race.Bib
	Race               race.ID
}

func (p *coursePlace) valid() bool {
	_, err := race.ParseBib(string(p.Bib))
	return err == nil && race.IsID(string(p.Race))
}

// behind returns the index of the first entrant behind the place.
func (p *coursePlace) behind(entrants []oncourse.Entrant) int {
	last := oncourse.Entrant{ExpectedAt: p.ExpectedAt, LastAt: p.LastAt, Bib: p.Bib, Race: p.Race}
	i, there := slices.BinarySearchFunc(entrants, last, oncourse.Compare)
	if there {
		i++
	}
	return i
}

// OnCourse returns a page of those on the course, the longest overdue first, and the token of the next one, empty on the
// last. Within pagingTime the pages are of one version as long as nobody else asked for a first page meanwhile; else a page
// begins behind the last entrant of the one before, whoever finished since. Faults: one that says that there is no such
// event, ErrRaceNotFound, ErrPageTokenInvalid, ErrPageSizeInvalid, ErrStopping.
func (s *Service) OnCourse(ctx context.Context, q CourseQuery) (CoursePage, string, error) {
	if q.PageSize < 0 || q.PageSize > maxPageSize {
		return CoursePage{}, "", ErrPageSizeInvalid.With(ErrPageSizeInvalid.At("page_size"))
	}
	if q.PageSize == 0 {
		q.PageSize = defaultCoursePage
	}
	question := fmt.Sprintf("on course/%s/%s", q.Event, q.Race)
	before, err := readCursor[coursePlace](q.PageToken, question)
	if err == nil && before != nil && !before.Last.valid() {
		err = ErrPageTokenInvalid.With(ErrPageTokenInvalid.At("page_token"))
	}
	if err != nil {
		return CoursePage{}, "", err
	}
	page := CoursePage{At: racetime.At(s.deps.Now())}
	since, listedAt := int64(math.MaxInt64), page.At
	if before != nil && before.fresh(page.At) {
		since, listedAt = before.Version, before.ListedAt
	}
	err = s.deps.Boards.Use(ctx, q.Event, func(b *Board) error {
		var err error
		page.Entrants, page.Version, err = b.OnCourseSince(q.Race, since)
		return err
	})
	if err != nil {
		return CoursePage{}, "", err
	}
	begin := 0
	if before != nil {
		begin = before.Last.behind(page.Entrants)
	}
	page.Total = len(page.Entrants)
	end := min(begin+q.PageSize, page.Total)
	page.Entrants = page.Entrants[begin:end]
	if end == page.Total {
		return page, "", nil
	}
	last := &page.Entrants[len(page.Entrants)-1]
	next := cursor[coursePlace]{question, page.Version, listedAt, coursePlace{last.ExpectedAt, last.LastAt, last.Bib, last.Race}}
	return page, next.token(), nil
}
