package rehearsal

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Truth is what really happened on a simulated day, whatever the mats made of it.
type Truth struct {
	// Crossings are in the order of the roster, those of one entrant in the order in which they happened. After the roster
	// come the runners without an entry, who have no bib.
	Crossings []Crossing
	// Stayed are the entrants who did not come.
	Stayed []Crossing

	event *race.Event
}

// Happening says what a crossing was.
type Happening string

// The happenings.
const (
	// Visited: the crossing is a visit of the course.
	Visited Happening = "VISIT"
	// WaitedForGun: the entrant was at the start before the gun.
	WaitedForGun Happening = "BEFORE_GUN"
	// CameAgain: the entrant had finished and came over the finish once more.
	CameAgain Happening = "AGAIN"
	// DidNotStart: there is no crossing; the entrant did not come.
	DidNotStart Happening = "DID_NOT_START"
)

// Crossing is one of an entrant over the mats of a point.
type Crossing struct {
	Happening Happening
	Race      race.ID
	// Bib is who ran; with swapped chips the roster gives the Chip to somebody else. It is empty for who has no entry.
	Bib   race.Bib
	Chip  string
	Visit int
	Point race.PointID
	// At is when the runner was on the line: at the start the departure.
	At racetime.Instant
	// Mats are those that read the crossing; at the start in its window after the gun.
	Mats []race.MatID
	// Primary and Backup are their first and last reads, by a clock that is right.
	Primary, Backup Span
	// ReadEarly means that a mat read the start before the gun too, or only then: mats lie behind each other.
	ReadEarly bool
	// Out means that the entrant ran no further, though the course goes on.
	Out bool

	// notBefore and notAfter are the window of a start; zero elsewhere.
	notBefore, notAfter racetime.Instant
	gap                 time.Duration
}

// Span is from a first to a last read; both are zero where there is none.
type Span struct {
	First, Last racetime.Instant
}

func (s Span) seen() bool { return s.First != 0 }

func (s *Span) add(at racetime.Instant) {
	if !s.seen() || at < s.First {
		s.First = at
	}
	s.Last = max(s.Last, at)
}

// readBy adds a read of the crossing.
func (c *Crossing) readBy(m race.Mat, at racetime.Instant) {
	c.ReadEarly = c.ReadEarly || at < c.notBefore
	if at < c.notBefore || c.notAfter != 0 && at > c.notAfter {
		return // what lies outside the window of the start is none
	}
	if len(c.Mats) == 0 || c.Mats[len(c.Mats)-1] != m.ID {
		c.Mats = append(c.Mats, m.ID)
	}
	if m.Backup {
		c.Backup.add(at)
	} else {
		c.Primary.add(at)
	}
}

// CountsAt returns the instant that the crossing has by its reads: the first of a primary mat if that is less than a
// crossing gap after the first of all, else the first of all; at the start the last. [RULES.md, Passings, exactly] It is
// false where no mat saw it.
func (c *Crossing) CountsAt() (racetime.Instant, bool) {
	switch p, b := c.Primary, c.Backup; {
	case len(c.Mats) == 0:
		return 0, false
	case !b.seen():
		return edge(p, c.Visit), true
	case p.seen() && c.Visit == 0 && b.Last.Sub(p.Last) < c.gap, p.seen() && c.Visit > 0 && p.First.Sub(b.First) < c.gap:
		return edge(p, c.Visit), true
	case c.Visit == 0:
		return max(p.Last, b.Last), true
	default:
		return b.First, true
	}
}

func edge(s Span, visit int) racetime.Instant {
	if visit == 0 {
		return s.Last
	}
	return s.First
}

var happenings = map[seenKind]Happening{onCourse: Visited, atStart: Visited, beforeGun: WaitedForGun, again: CameAgain}

func (t *Truth) passed(kind seenKind, c Crossing) {
	if t == nil {
		return
	}
	c.Happening = happenings[kind]
	t.Crossings = append(t.Crossings, c)
}

// stayedAway notes who did not come; entrants without chip, wave or gun are not asked.
func (t *Truth) stayedAway(event *race.Event, e *race.Entrant) {
	if t == nil || event.Race(e.Race) == nil || len(e.Chips) == 0 || e.Gone {
		return
	}
	t.Stayed = append(t.Stayed, Crossing{Happening: DidNotStart, Race: e.Race, Bib: e.Bib, Chip: e.Chips[0]})
}

// markOut tells who ran no further.
func (t *Truth) markOut() {
	for i := range t.Crossings {
		c := &t.Crossings[i]
		last := i == len(t.Crossings)-1 || t.Crossings[i+1].Race != c.Race || t.Crossings[i+1].Bib != c.Bib ||
			c.Bib == "" && t.Crossings[i+1].Chip != c.Chip
		c.Out = last && c.Happening == Visited && c.Visit < len(t.event.Race(c.Race).Course)-1
	}
}

// WriteCSV writes the truth as truth.csv: a line for each crossing and for each entrant who did not come. Instants are by
// clocks that are right; counts_at is the instant that follows from the reads, empty where there are none. A bib is empty
// for who has no entry.
func (t *Truth) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	line := []string{"happening", "race", "bib", "chip", "visit", "point", "at", "counts_at", "mats",
		"primary_first", "primary_last", "backup_first", "backup_last", "read_early", "out"}
	_ = out.Write(line) // An error comes back from Error.
	for i := range t.Crossings {
		c := &t.Crossings[i]
		counts := ""
		if at, ok := c.CountsAt(); ok && c.Happening == Visited {
			counts = at.String()
		}
		mats := make([]string, len(c.Mats))
		for k, m := range c.Mats {
			mats[k] = string(m)
		}
		_ = out.Write(append(line[:0], string(c.Happening), string(c.Race), string(c.Bib), c.Chip, strconv.Itoa(c.Visit),
			string(c.Point), c.At.String(), counts, strings.Join(mats, " "), shownAt(c.Primary.First), shownAt(c.Primary.Last),
			shownAt(c.Backup.First), shownAt(c.Backup.Last), strconv.FormatBool(c.ReadEarly), strconv.FormatBool(c.Out)))
	}
	for _, c := range t.Stayed {
		_ = out.Write(append(line[:0], string(c.Happening), string(c.Race), string(c.Bib), c.Chip,
			"", "", "", "", "", "", "", "", "", "false", "false"))
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write the truth: %w", err)
	}
	return nil
}

func shownAt(at racetime.Instant) string {
	if at == 0 {
		return ""
	}
	return at.String()
}
