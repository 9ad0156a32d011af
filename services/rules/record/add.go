package record

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Winner is who won an edition among one sex. Entries are never changed: a later one of the same key and year stands instead.
type Winner struct {
	Run
	// Bib is empty where it is not known.
	Bib race.Bib
	// Reason says why it replaces another winner.
	Reason string
}

// Problem is why an entry cannot be added.
type Problem struct {
	// Index is that of the entry.
	Index int
	// Field is course, leg, distance_metres, sex, year, time, name, country, bib or reason.
	Field string
	// Reason is stable and UPPER_SNAKE.
	Reason string
	// Message says the same to a person.
	Message string
}

const (
	firstYear   = 1800
	longestTime = 1000 * time.Hour
	longestText = 200
	mostLegs    = 100
)

// AddRecords returns the entries that are new beside those of the course before, in their order, and all that keeps entries from
// being added. An entry that was made before, reason and all, is no new one. One that is not faster than the record that
// stands needs a reason. No year is after latestYear.
func AddRecords(before, entries []Record, latestYear int) (added []Record, problems []Problem) {
	made, last := map[Record]bool{}, map[Key]Record{}
	for _, r := range before {
		made[r], last[r.Key] = true, r
	}
	for i, r := range entries {
		found := r.problems(i, latestYear)
		found = append(found, textProblem(i, "reason", r.Reason)...)
		if stands, ok := last[r.Key]; ok && !made[r] && r.Reason == "" && r.Time >= stands.Time {
			found = append(found, Problem{i, "reason", "REASON_MISSING", fmt.Sprintf(
				"the record stands at %s of %d; why one that is not faster replaces it is needed", official(stands.Time), stands.Year)})
		}
		problems = append(problems, found...)
		if len(found) == 0 && !made[r] {
			made[r], last[r.Key] = true, r
			added = append(added, r)
		}
	}
	return added, problems
}

// edition is one year of a key.
type edition struct {
	Key
	year int
}

// AddWinners does for winners what AddRecords does for records. A winner in place of another one needs a reason.
func AddWinners(before, entries []Winner, latestYear int) (added []Winner, problems []Problem) {
	made, last := map[Winner]bool{}, map[edition]Winner{}
	for _, w := range before {
		made[w], last[edition{w.Key, w.Year}] = true, w
	}
	for i, w := range entries {
		found := w.problems(i, latestYear)
		if w.Bib != "" {
			if _, err := race.ParseBib(string(w.Bib)); err != nil {
				found = append(found, Problem{i, "bib", "BIB_INVALID", err.Error()})
			}
		}
		found = append(found, textProblem(i, "reason", w.Reason)...)
		if stands, ok := last[edition{w.Key, w.Year}]; ok && !made[w] && w.Reason == "" {
			found = append(found, Problem{i, "reason", "REASON_MISSING", fmt.Sprintf(
				"a winner of %d in %s stands; why another one replaces it is needed", stands.Year, official(stands.Time))})
		}
		problems = append(problems, found...)
		if len(found) == 0 && !made[w] {
			made[w], last[edition{w.Key, w.Year}] = true, w
			added = append(added, w)
		}
	}
	return added, problems
}

// Winners returns those that stand of all entries in their order: the latest year first, then by distance, the longest first,
// and sex.
func Winners(entries []Winner) []Winner {
	at := map[edition]int{}
	var standing []Winner
	for _, w := range entries {
		e := edition{w.Key, w.Year}
		i, ok := at[e]
		if !ok {
			i = len(standing)
			at[e] = i
			standing = append(standing, w)
		}
		standing[i] = w
	}
	slices.SortFunc(standing, compareWinners)
	return standing
}

func compareWinners(a, b Winner) int {
	if a.Year != b.Year {
		return b.Year - a.Year
	}
	return a.Key.compare(b.Key)
}

func (k Key) compare(o Key) int {
	switch {
	case k.Course != o.Course:
		return strings.Compare(string(k.Course), string(o.Course))
	case k.Leg != o.Leg:
		return k.Leg - o.Leg
	case k.DistanceMillimetres > o.DistanceMillimetres:
		return -1
	case k.DistanceMillimetres < o.DistanceMillimetres:
		return 1
	}
	return int(k.Sex) - int(o.Sex)
}

// problems returns what is wrong with a run by itself.
func (r Run) problems(i, latestYear int) []Problem {
	var found []Problem
	bad := func(field, reason, message string) { found = append(found, Problem{i, field, reason, message}) }
	if !race.IsID(string(r.Course)) {
		bad("course", "COURSE_INVALID", "a course is named by 1 to 40 letters, digits and hyphens")
	}
	if r.Leg < 0 || r.Leg > mostLegs {
		bad("leg", "LEG_INVALID", fmt.Sprintf("a leg is 1 to %d", mostLegs))
	}
	if r.DistanceMillimetres <= 0 {
		bad("distance_metres", "DISTANCE_INVALID", "a distance is above zero")
	}
	if r.Sex != race.Female && r.Sex != race.Male && r.Sex != race.X {
		bad("sex", "SEX_INVALID", "the sex is F, M or X")
	}
	if r.Year < firstYear || r.Year > latestYear {
		bad("year", "YEAR_INVALID", fmt.Sprintf("a year is %d to %d", firstYear, latestYear))
	}
	if r.Time <= 0 || r.Time >= longestTime || r.Time%time.Second != 0 {
		bad("time", "TIME_INVALID", "a time is in whole seconds, above zero and below 1000 hours")
	}
	if strings.TrimSpace(r.Name) == "" {
		bad("name", "NAME_MISSING", "the name is needed")
	}
	found = append(found, textProblem(i, "name", r.Name)...)
	return append(found, textProblem(i, "country", r.Country)...)
}

// textProblem returns what keeps a text off screens and out of files of a line an entry.
func textProblem(i int, field, text string) []Problem {
	if utf8.ValidString(text) && utf8.RuneCountInString(text) <= longestText && !strings.ContainsFunc(text, unicode.IsControl) {
		return nil
	}
	return []Problem{{i, field, "TEXT_INVALID", fmt.Sprintf("a text has at most %d letters and no control characters", longestText)}}
}

func official(t time.Duration) string { return racetime.Format(t, time.Second) }
