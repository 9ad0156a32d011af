package standings

import (
	"cmp"
	"slices"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
)

// WholeList is a list with everybody who belongs to it, as it is written to files and paper.
type WholeList struct {
	Event          *race.Event
	Race           *race.Race
	Classification *race.Classification
	Name           string
	// Version is the event's that the list is exact for; WrittenAt is when it is put down.
	Version   int64
	WrittenAt time.Time
	// Rows holds the ranked, those on course by furthest visit and time there, then all others by status and bib.
	Rows []Row
	// Ranked counts the rows that have a rank.
	Ranked int
}

// outOrder is the order in which those follow who are neither ranked nor on course: the further they came the earlier.
var outOrder = []result.Status{
	result.Finished, result.OTL, result.DNF, result.DSQ, result.NotCompeting, result.DNS, result.Withdrawn, result.Entered,
}

// WholeList returns one list with all of its rows; an empty name is the race's first list. Faults: ErrRaceNotFound,
// ErrListNotFound.
func (b *Board) WholeList(raceID race.ID, name string) (WholeList, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	name, l, err := b.list(raceID, name)
	if err != nil {
		return WholeList{}, err
	}
	if f := b.fields[raceID]; l.standsIn(name) && f.divides(name) {
		return WholeList{}, f.noList() // it is each of its lists
	}
	return b.whole(name, l, b.outOfLists(raceID)[name]), nil
}

// WholeLists returns by name the lists of one race, or of all in the order of the event where the id is empty, and the
// version that they are exact for. Fault: ErrRaceNotFound.
func (b *Board) WholeLists(raceID race.ID) ([]WholeList, int64, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if _, ok := b.fields[raceID]; raceID != "" && !ok {
		return nil, 0, noRace(b.event)
	}
	var lists []WholeList
	for i := range b.event.Races {
		id := b.event.Races[i].ID
		if raceID != "" && raceID != id {
			continue
		}
		f, out := b.fields[id], b.outOfLists(id)
		for _, name := range f.listNames() {
			lists = append(lists, b.whole(name, f.lists[name], out[name]))
		}
	}
	return lists, b.version, nil
}

func (b *Board) whole(name string, l *list, out []*result.Result) WholeList {
	w := WholeList{
		Event: b.event, Race: l.terms.race, Classification: l.terms.classification, Name: name, Version: b.version,
		Rows: rows(l.ranked, l.onCourse, l.terms, b.entrants, 0, 0), Ranked: l.ranked.Len(),
	}
	slices.SortFunc(out, func(a, b *result.Result) int {
		return cmp.Or(
			cmp.Compare(slices.Index(outOrder, a.Status), slices.Index(outOrder, b.Status)),
			race.CompareBibs(a.Bib, b.Bib))
	})
	for _, r := range out {
		w.Rows = append(w.Rows, Row{Result: r, terms: l.terms})
	}
	return w
}

// outOfLists returns by list those of a race who are in it without a rank and are not on course.
func (b *Board) outOfLists(raceID race.ID) map[string][]*result.Result {
	f, out := b.fields[raceID], map[string][]*result.Result{}
	for _, r := range b.entrants {
		if r.Race != raceID || r.Status == result.Started {
			continue
		}
		for i := range f.race.Classifications {
			name := listOf(r, i)
			if name == "" {
				continue
			}
			if _, ranked := f.lists[name].ranked.Rank(r.Entrant); !ranked {
				out[name] = append(out[name], r)
			}
		}
	}
	return out
}

// Title names the list for people: as it is, with what it ranks by.
func (w WholeList) Title() string { return listTitle(w.Race, w.Classification, w.Name) }

// Local returns an instant as a clock at the event shows it, with the offset from UTC.
func (w WholeList) Local(at time.Time) string { return localTime(w.Event, at) }

func localTime(event *race.Event, at time.Time) string {
	if zone, err := time.LoadLocation(event.TimeZone); err == nil {
		at = at.In(zone)
	}
	return at.Format("2006-01-02 15:04:05 -07:00")
}
