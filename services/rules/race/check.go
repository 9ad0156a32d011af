package race

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"raceday/services/rules/racetime"
)

// Problem is one field of an event at fault.
type Problem struct {
	// Path leads to the field by the names of the event file: races[0].course[2].at_metres.
	Path string
	// Reason completes the sentence that the path begins: "16 is below the format's 18".
	Reason string
}

// String writes the problem on one line.
func (p Problem) String() string {
	if p.Path == "" {
		return p.Reason
	}
	return p.Path + ": " + p.Reason
}

// Check returns everything that is wrong with an event, in the order of the event file; nothing where it can be run. It
// does not know which time zones there are. [FORMATS.md, the event file]
func Check(e *Event) []Problem {
	c := &check{event: e, points: map[PointID]bool{}}
	for _, point := range e.Points {
		c.points[point] = true
	}
	c.head()
	c.pointList()
	c.mats()
	if len(e.Races) == 0 {
		c.fault("races", "there is none")
	}
	taken := ids[ID]{}
	for i := range e.Races {
		at := index("races", i)
		taken.check(c, at+".id", e.Races[i].ID)
		c.race(at, &e.Races[i])
	}
	return c.problems
}

// IsID reports whether text has the form of an id of an event file.
func IsID(text string) bool { return idText.MatchString(text) }

// check gathers the problems of one event. Its methods take the path of what they look at.
type check struct {
	event    *Event
	points   map[PointID]bool
	problems []Problem
}

func (c *check) fault(path, format string, args ...any) {
	c.problems = append(c.problems, Problem{path, fmt.Sprintf(format, args...)})
}

func (c *check) head() {
	e := c.event
	ids[EventID]{}.check(c, "id", e.ID)
	c.text("name", e.Name)
	if e.Day.IsZero() {
		c.fault("day", "is missing")
	}
	if e.TimeZone == "" {
		c.fault("time_zone", "is missing")
	}
	if e.Currency != "" && !currencyCode.MatchString(e.Currency) {
		c.fault("currency", "%q is not a code of three capital letters", e.Currency)
	}
}

func (c *check) pointList() {
	taken := ids[PointID]{}
	for i, point := range c.event.Points {
		taken.check(c, index("points", i)+".id", point)
	}
}

func (c *check) mats() {
	placed := map[MatID][]int{}
	for i, mat := range c.event.Mats {
		at := index("mats", i)
		ids[MatID]{}.check(c, at+".id", mat.ID)
		c.point(at+".point", mat.Point)
		c.duration(at+".clock_offset", max(mat.ClockOffset, -mat.ClockOffset))
		if mat.From != 0 && mat.Until != 0 && mat.Until <= mat.From {
			c.fault(at+".until", "is not after from")
			continue
		}
		same := slices.IndexFunc(placed[mat.ID], func(j int) bool { return mat.meets(c.event.Mats[j]) })
		if same >= 0 {
			c.fault(at, "%q lies elsewhere in the same period, see mats[%d]", mat.ID, placed[mat.ID][same])
			continue
		}
		placed[mat.ID] = append(placed[mat.ID], i)
	}
}

// meets reports whether the periods of two mats share an instant.
func (m Mat) meets(other Mat) bool {
	return (m.Until == 0 || other.From < m.Until) && (other.Until == 0 || m.From < other.Until)
}

// point checks a reference to a point of the event.
func (c *check) point(path string, point PointID) {
	switch {
	case point == "":
		c.fault(path, "is missing")
	case !c.points[point]:
		c.fault(path, "%q is no point of the event", point)
	}
}

// longest bounds every duration of an event: more is a slip of the pen.
const longest = 366 * 24 * time.Hour

// duration checks a duration that may be zero.
func (c *check) duration(path string, d time.Duration) {
	switch {
	case d < 0:
		c.fault(path, "%s is negative", d)
	case d > longest:
		c.fault(path, "%s is longer than a year", d)
	case d%time.Microsecond != 0:
		c.fault(path, "%s is not in whole microseconds", d)
	}
}

// text checks a name that goes onto screens and into files of one line per entrant.
func (c *check) text(path, text string) {
	if strings.ContainsFunc(text, unicode.IsControl) {
		c.fault(path, "holds a control character")
	}
}

// after checks that an instant is not at or before an earlier one; a zero Instant is not given.
func (c *check) after(path string, at, earlier racetime.Instant, name string) {
	if at != 0 && earlier != 0 && at <= earlier {
		c.fault(path, "is not after %s", name)
	}
}

var (
	idText       = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,39}$`)
	currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)
)

// ids are the ids of one kind that are taken.
type ids[T ~string] map[T]bool

// check checks the form of an id and that nothing before has it.
func (taken ids[T]) check(c *check, path string, id T) {
	switch {
	case id == "":
		c.fault(path, "is missing")
	case !IsID(string(id)):
		c.fault(path, "%q is no id: letters, digits and hyphens, at most 40, beginning with a letter or digit", id)
	case taken[id]:
		c.fault(path, "%q is taken", id)
	}
	taken[id] = true
}

func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// metres writes millimetres as an event file has them.
func metres(millimetres int64) string {
	return strconv.FormatFloat(float64(millimetres)/1000, 'f', -1, 64)
}
