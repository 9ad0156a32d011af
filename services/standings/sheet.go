package standings

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"raceday/services/rules/official"
	"raceday/services/rules/race"
	"raceday/services/rules/result"
)

// Sheet is a list as it is put on paper: as it stands, or as it was published.
type Sheet struct {
	Event *race.Event
	Race  *race.Race
	// Title names the list for people.
	Title string
	Rows  []OfficialRow
	// Published is the version that the rows are of, without rows of its own; nil for a list as it stands.
	Published *OfficialList
	// Version is the event's that the list is exact for; WrittenAt is when it is put down.
	Version   int64
	WrittenAt time.Time
}

// SheetOf returns the sheet of a list as it stands.
func SheetOf(l WholeList) Sheet {
	s := Sheet{Event: l.Event, Race: l.Race, Title: l.Title(), Version: l.Version, WrittenAt: l.WrittenAt}
	teams := make([]*result.Result, len(l.Rows))
	for i := range l.Rows {
		teams[i] = l.Rows[i].Result
	}
	legs := officialLegs(l.Race, teams)
	for _, row := range l.Rows {
		published := row.AsPublished()
		published.Legs = legs[row.Result.Entrant]
		s.Rows = append(s.Rows, published)
	}
	return s
}

// Legs returns how many legs the teams have at most.
func (s Sheet) Legs() int {
	legs := 0
	for i := range s.Rows {
		legs = max(legs, len(s.Rows[i].Legs))
	}
	return legs
}

// sheetOfPublished returns the sheet of a published version. The event is that of the list's facts.
func sheetOfPublished(event *race.Event, l OfficialList) (Sheet, error) {
	r := event.Race(l.Race)
	if r == nil {
		return Sheet{}, noRace(event)
	}
	id, _, _ := strings.Cut(l.List, "/")
	title := l.List
	for i := range r.Classifications {
		if c := &r.Classifications[i]; string(c.ID) == id {
			title = listTitle(r, c, l.List)
		}
	}
	s := Sheet{Event: event, Race: r, Title: title, Rows: l.Rows, Published: &l, Version: l.At.Version, WrittenAt: l.PublishedAt.Time()}
	l.Rows = nil
	return s, nil
}

// Ranked counts the rows that have a rank.
func (s Sheet) Ranked() int {
	n := 0
	for i := range s.Rows {
		if s.Rows[i].Rank > 0 {
			n++
		}
	}
	return n
}

// Legend says what the sheet is: not official, or which version, published when and signed by whom.
func (s Sheet) Legend() string {
	l := s.Published
	if l == nil {
		return notOfficial(s.Event, s.Version, s.WrittenAt)
	}
	legend := fmt.Sprintf("%s, version %d, published at %s, signed by %s", stateNames[l.State], l.Number,
		localTime(s.Event, l.PublishedAt.Time()), l.SignedBy)
	if l.State == official.Provisional {
		legend += ", protests until " + localTime(s.Event, l.ProtestsUntil.Time())
	}
	return legend
}

// Reason says why an amended list replaces the one before; empty for others.
func (s Sheet) Reason() string {
	if s.Published == nil || s.Published.Reason == "" {
		return ""
	}
	return "Reason: " + s.Published.Reason
}

func notOfficial(event *race.Event, version int64, at time.Time) string {
	return fmt.Sprintf("Not official. Version %d, printed at %s", version, localTime(event, at))
}

// stateNames are the states for people.
var stateNames = map[official.State]string{
	official.Provisional: "Provisional", official.Official: "Official", official.Amended: "Official, amended",
}

func (s *Service) exportSheet(ctx context.Context, e Export, begin Begin) error {
	sheet, err := s.sheet(ctx, e)
	if err != nil {
		return err
	}
	if err := s.deps.Papers.WriteSheet(begin("", sheet.Version), sheet); err != nil {
		return fmt.Errorf("write a sheet of %s, race %s: %w", e.Event, sheet.Race.ID, err)
	}
	return nil
}

// sheet returns that of the published version that the export names, else of the live list.
func (s *Service) sheet(ctx context.Context, e Export) (Sheet, error) {
	if p := e.Published; p != nil {
		found, err := s.Published(ctx, e.Event, p.Race, p.List, p.Number)
		if err != nil {
			return Sheet{}, err
		}
		event, err := s.deps.Events.EventAt(ctx, e.Event, found.At.Change)
		if err != nil {
			return Sheet{}, fmt.Errorf("read the event %s: %w", e.Event, err)
		}
		return sheetOfPublished(event, found)
	}
	var list WholeList
	err := s.deps.Boards.useFrom(ctx, e.Event, e.version, func(b *Board) error {
		var err error
		list, err = b.WholeList(e.Race, e.List)
		return err
	})
	if err != nil {
		return Sheet{}, err
	}
	list.WrittenAt = s.deps.Now()
	return SheetOf(list), nil
}

// listTitle names a list for people: as it is, with what it ranks by.
func listTitle(r *race.Race, c *race.Classification, name string) string {
	basis := "gun time"
	switch {
	case c.Score == race.ScoreAgeGrade:
		basis = "age grade"
	case r.Team != nil && len(r.Team.Legs) > 0:
		basis = "sum of legs"
	case c.Basis == race.Net:
		basis = "net time"
	}
	return name + ", by " + basis
}

// RaceName returns the name of a race for people; its id where it has no other.
func RaceName(r *race.Race) string { return cmp.Or(strings.TrimSpace(r.Name), string(r.ID)) }
