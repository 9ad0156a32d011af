package timing

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/civil"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ruling"
)

// roster is lines by bib, or cannot be asked.
type roster struct {
	lines map[race.Bib]RosterLine
	away  bool
	asked int
}

func (r *roster) Lines(ctx context.Context, _ race.EventID, _ []race.Bib) (map[race.Bib]RosterLine, error) {
	r.asked++
	if _, ok := ctx.Deadline(); !ok {
		return nil, errors.New("a ruling could wait for ever")
	}
	if r.away {
		return nil, errors.New("the database is busy")
	}
	return r.lines, nil
}

func (f *facts) ReadsOfChipsAt(
	_ context.Context, _ race.EventID, chips []race.Chip, ats []racetime.Instant,
) ([]Read, error) {
	var found []Read
	for _, r := range f.reads {
		for _, chip := range chips {
			for _, at := range ats {
				if r.Chip == chip && r.At == at {
					found = append(found, r)
				}
			}
		}
	}
	return found, nil
}

// almaty is a marathon of two waves that comes to its line again, and an ekiden.
func almaty(t *testing.T) *race.Event {
	t.Helper()
	event := marathon()
	event.Day, event.TimeZone = civil.Day{Year: 2025, Month: time.September, Day: 28}, "Asia/Almaty"
	event.Mats[1].ClockOffset = 70 * time.Second
	event.Races[0].Waves = []race.Wave{
		{ID: "A", Gun: mustInstant(t, "2025-09-28T07:00:00+05:00"), Bibs: []race.BibRange{{First: 1, Last: 99}}},
		{ID: "B", Bibs: []race.BibRange{{First: 100, Last: 199}}},
	}
	event.Races = append(event.Races, race.Race{ID: "ekiden", Waves: []race.Wave{{ID: "R"}}, Course: []race.Visit{{Point: "line"}, {Point: "k5"}}})
	return event
}

func newWarningService(t *testing.T) (*Service, *facts, *roster) {
	t.Helper()
	s, store := newService()
	known := &roster{lines: map[race.Bib]RosterLine{
		"7":   {Race: "marathon", Bib: "7", Chips: []race.Chip{"C7", "D7"}},
		"8":   {Race: "marathon", Bib: "8"},
		"107": {Race: "marathon", Bib: "107"},
		"T1":  {Race: "ekiden", Bib: "T1", Chips: []race.Chip{"M1"}},
		"T1A": {Race: "ekiden", Bib: "T1", Chips: []race.Chip{"M1"}},
	}}
	s.events, s.roster, s.course = oneEvent{almaty(t)}, known, &field{store: store}
	store.reads = []Read{
		{Mat: "line-a", Chip: "D7", At: mustInstant(t, "2025-09-28T10:01:10+05:00")},
		{Mat: "k5-a", Chip: "C7", At: mustInstant(t, "2025-09-28T10:00:00+05:00")},
	}
	return s, store, known
}

// shown writes warnings as id field REASON: message, a line each.
func shown(warnings []Warning) string {
	var lines []string
	for _, w := range warnings {
		lines = append(lines, fmt.Sprintf("%s %s %s: %s", w.RulingID, w.Field, w.Reason, w.Message))
	}
	return strings.Join(lines, "\n")
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	at := func(text string) racetime.Instant { return mustInstant(t, text) }
	manual := func(bib race.Bib, point, text string) ruling.Ruling {
		return ruling.Ruling{ID: "r", Race: "marathon", Bib: bib, Kind: ruling.ManualTime, Point: point, At: at(text)}
	}
	void := func(bib race.Bib, point, text string) ruling.Ruling {
		return ruling.Ruling{ID: "r", Race: "marathon", Bib: bib, Kind: ruling.VoidRead, Point: point, At: at(text)}
	}
	gun := func(id ruling.ID, wave, text string) ruling.Ruling {
		return ruling.Ruling{ID: id, Race: "marathon", Kind: ruling.Gun, Target: wave, At: at(text)}
	}
	closing := func(id ruling.ID) ruling.Ruling {
		return ruling.Ruling{ID: id, Race: "marathon", Kind: ruling.Close, By: "Aru"}
	}
	revoke := func(id ruling.ID, target string) ruling.Ruling {
		return ruling.Ruling{ID: id, Kind: ruling.Revoke, Target: target}
	}
	dsq := func(id ruling.ID) ruling.Ruling {
		return ruling.Ruling{ID: id, Race: "marathon", Bib: "7", Kind: ruling.DSQ}
	}
	penalty := func(id ruling.ID, d time.Duration) ruling.Ruling {
		return ruling.Ruling{ID: id, Race: "marathon", Bib: "7", Kind: ruling.Penalty, Duration: d}
	}
	before := func(id ruling.ID, bib race.Bib, other string) ruling.Ruling {
		return ruling.Ruling{ID: id, Race: "marathon", Bib: bib, Kind: ruling.RankBefore, Target: other}
	}
	const later, earlier = "2025-09-28T07:10:00+05:00", "2025-09-28T07:00:02.4+05:00"
	for _, test := range []struct {
		name   string
		before []ruling.Ruling
		rule   []ruling.Ruling
		want   string
	}{
		{"nothing wrong", nil, []ruling.Ruling{{ID: "r", Race: "marathon", Bib: "7", Kind: ruling.DSQ}}, ""},
		{"bib that nobody has", nil, []ruling.Ruling{{ID: "r", Race: "marathon", Bib: "77", Kind: ruling.DSQ}},
			"r bib BIB_NOT_ON_ROSTER: bib 77 is not on the roster"},
		{"bib of the ekiden", nil, []ruling.Ruling{{ID: "r", Race: "marathon", Bib: "T1", Kind: ruling.DSQ}},
			"r bib BIB_IN_ANOTHER_RACE: bib T1 runs in race ekiden, not in marathon"},
		{"bib of a member", nil, []ruling.Ruling{{ID: "r", Race: "ekiden", Bib: "T1A", Kind: ruling.DSQ}},
			"r bib BIB_OF_MEMBER: bib T1A is a member's; the team's bib is T1"},
		{"bib of a member of another race", nil, []ruling.Ruling{{ID: "r", Race: "marathon", Bib: "T1A", Kind: ruling.DSQ}},
			"r bib BIB_OF_MEMBER: bib T1A is a member's of team T1, which runs in race ekiden"},
		{"before somebody of another race", nil, []ruling.Ruling{{ID: "r", Race: "marathon", Bib: "7", Kind: ruling.RankBefore, Target: "T1"}},
			"r target BIB_IN_ANOTHER_RACE: bib T1 runs in race ekiden, not in marathon"},
		{"nobody before nobody", nil, []ruling.Ruling{{ID: "r", Race: "marathon", Bib: "70", Kind: ruling.RankBefore, Target: "80"}},
			"r bib BIB_NOT_ON_ROSTER: bib 70 is not on the roster\nr target BIB_NOT_ON_ROSTER: bib 80 is not on the roster"},

		{"void read as the mat wrote it", nil, []ruling.Ruling{void("7", "line", "2025-09-28T10:01:10+05:00")}, ""},
		{"void read with the offset taken off", nil, []ruling.Ruling{void("7", "line", "2025-09-28T10:00:00+05:00")},
			"r at READ_NOT_FOUND: no read at line was written with 2025-09-28T10:00:00+05:00; mat line-a, whose clock is off by " +
				"1m10s, wrote 2025-09-28T10:01:10+05:00"},
		{"void read a microsecond off", nil, []ruling.Ruling{void("7", "line", "2025-09-28T10:01:10.000001+05:00")},
			"r at READ_NOT_FOUND: no mat at line wrote a read of bib 7 with 2025-09-28T10:01:10.000001+05:00"},
		{"void read at another point", nil, []ruling.Ruling{void("7", "k5", "2025-09-28T10:01:10+05:00")},
			"r at READ_NOT_FOUND: no mat at k5 wrote a read of bib 7 with 2025-09-28T10:01:10+05:00"},
		{"void read of another bib", nil, []ruling.Ruling{void("8", "line", "2025-09-28T10:01:10+05:00")},
			"r at READ_NOT_FOUND: no mat at line wrote a read of bib 8 with 2025-09-28T10:01:10+05:00"},
		{"void read of nobody", nil, []ruling.Ruling{void("77", "line", "2025-09-28T10:01:10+05:00")},
			"r bib BIB_NOT_ON_ROSTER: bib 77 is not on the roster"},

		{"finish", nil, []ruling.Ruling{manual("7", "line#2", "2025-09-28T10:00:00+05:00")}, ""},
		{"start by its number", nil, []ruling.Ruling{manual("7", "line#1", "2025-09-28T07:00:00+05:00")}, ""},
		{"point that is passed once", nil, []ruling.Ruling{manual("7", "k5", "2025-09-28T10:00:00+05:00")}, ""},
		{"finish written as the start", nil, []ruling.Ruling{manual("7", "line", "2025-09-28T10:00:00+05:00")},
			"r point VISIT_IS_START: line is the start; line#2 is the finish"},
		{"before the event's gun", nil, []ruling.Ruling{manual("7", "k5", "2025-09-28T06:59:59.999999+05:00")},
			"r at TIME_BEFORE_GUN: 2025-09-28T06:59:59.999999+05:00 is before the gun of wave A at 2025-09-28T07:00:00+05:00"},
		{"before the ruled gun", []ruling.Ruling{gun("g", "", earlier)}, []ruling.Ruling{manual("107", "k5", "2025-09-28T07:00:02+05:00")},
			"r at TIME_BEFORE_GUN: 2025-09-28T07:00:02+05:00 is before the gun of wave B at 2025-09-28T07:00:02.4+05:00"},
		{"of a wave without a gun", nil, []ruling.Ruling{manual("107", "k5", "2025-09-28T06:00:00+05:00")}, ""},
		{"of who starts with another wave", []ruling.Ruling{{ID: "s", Race: "marathon", Bib: "107", Kind: ruling.StartWithWave, Target: "A"}},
			[]ruling.Ruling{manual("107", "k5", "2025-09-28T06:00:00+05:00")},
			"r at TIME_BEFORE_GUN: 2025-09-28T06:00:00+05:00 is before the gun of wave A at 2025-09-28T07:00:00+05:00"},
		{"48 hours after noon", nil, []ruling.Ruling{manual("7", "k5", "2025-09-30T12:00:00+05:00")}, ""},
		{"more than 48 hours after noon", nil, []ruling.Ruling{manual("7", "k5", "2025-09-30T12:00:00.000001+05:00")},
			"r at TIME_ANOTHER_DAY: 2025-09-30T12:00:00.000001+05:00 is not about the day of the event, 2025-09-28"},
		{"gun of a year before", nil, []ruling.Ruling{gun("r", "A", "2024-09-28T07:00:00+05:00")},
			"r at TIME_ANOTHER_DAY: 2024-09-28T07:00:00+05:00 is not about the day of the event, 2025-09-28"},

		{"first gun", nil, []ruling.Ruling{gun("r", "A", later)}, ""},
		{"gun ten minutes and more after the plan", nil, []ruling.Ruling{gun("r", "", "2025-09-28T17:00:00+05:00")},
			"r at GUN_OFF_PLAN: 2025-09-28T17:00:00+05:00 is 10:00:00 after the planned gun of wave A at 2025-09-28T07:00:00+05:00"},
		{"gun a day early", nil, []ruling.Ruling{gun("r", "A", "2025-09-27T07:00:00+05:00")},
			"r at GUN_OFF_PLAN: 2025-09-27T07:00:00+05:00 is 24:00:00 before the planned gun of wave A at 2025-09-28T07:00:00+05:00"},
		{"gun of a wave without a plan", nil, []ruling.Ruling{gun("r", "B", "2025-09-28T17:00:00+05:00")}, ""},
		{"gun of another wave", []ruling.Ruling{gun("g", "B", earlier)}, []ruling.Ruling{gun("r", "A", later)}, ""},
		{"gun again", []ruling.Ruling{gun("g", "A", earlier), gun("h", "A", later)}, []ruling.Ruling{gun("r", "A", later)},
			"r at GUN_AGAIN: there was a gun already: that of wave A stood at 2025-09-28T07:10:00+05:00"},
		{"gun of all waves after those of each", []ruling.Ruling{gun("g", "A", earlier), gun("h", "B", later)}, []ruling.Ruling{gun("r", "", later)},
			"r at GUN_AGAIN: there was a gun already: that of wave A stood at 2025-09-28T07:00:02.4+05:00, " +
				"that of wave B stood at 2025-09-28T07:10:00+05:00"},
		{"gun of a wave after that of all", []ruling.Ruling{gun("g", "", earlier)}, []ruling.Ruling{gun("r", "B", later)},
			"r at GUN_AGAIN: there was a gun already: that of wave B stood at 2025-09-28T07:00:02.4+05:00"},
		{"gun after one that was revoked", []ruling.Ruling{gun("g", "A", earlier), revoke("u", "g")}, []ruling.Ruling{gun("r", "A", later)}, ""},
		{"gun together with the revocation of the first", []ruling.Ruling{gun("g", "A", earlier)},
			[]ruling.Ruling{gun("r", "A", later), revoke("u", "g")}, ""},
		{"two guns in one file", nil, []ruling.Ruling{gun("r", "A", earlier), gun("s", "A", later)},
			"s at GUN_AGAIN: there was a gun already: that of wave A stood at 2025-09-28T07:00:02.4+05:00"},
		{"gun of a closed race", []ruling.Ruling{closing("c")}, []ruling.Ruling{gun("r", "A", later)},
			"r race GUN_AFTER_CLOSE: race marathon is closed, by Aru with ruling c"},
		{"closed twice", []ruling.Ruling{closing("c")}, []ruling.Ruling{closing("r"), closing("s")},
			"r race ALREADY_CLOSED: race marathon was closed already, by Aru with ruling c\n" +
				"s race ALREADY_CLOSED: race marathon was closed already, by Aru with ruling c"},
		{"closed, opened and closed", []ruling.Ruling{closing("c"), revoke("u", "c")}, []ruling.Ruling{closing("r")}, ""},
		{"revoked twice", []ruling.Ruling{closing("c"), revoke("u", "c")}, []ruling.Ruling{revoke("r", "c")},
			"r target REVOKED_ALREADY: ruling c was revoked already, by ruling u"},
		{"a revocation revoked", []ruling.Ruling{dsq("d"), revoke("u", "d")}, []ruling.Ruling{revoke("r", "u")},
			"r target REVOKES_REVOCATION: ruling u is a revocation: with this one, DSQ of bib 7 in race marathon, ruling d, stands again"},
		{"the revocation of a revocation revoked", []ruling.Ruling{closing("c"), revoke("u", "c"), revoke("v", "u")}, []ruling.Ruling{revoke("r", "v")},
			"r target REVOKES_REVOCATION: ruling v is a revocation: with this one, CLOSE of race marathon, ruling c, does not stand"},

		{"disqualified twice", []ruling.Ruling{dsq("d")}, []ruling.Ruling{dsq("r")},
			"r kind STATUS_AGAIN: bib 7 is DSQ already, by ruling d; the last of them stands"},
		{"DNF, then DNS", []ruling.Ruling{{ID: "d", Race: "marathon", Bib: "7", Kind: ruling.DNF}}, []ruling.Ruling{{ID: "r", Race: "marathon", Bib: "7", Kind: ruling.DNS}},
			"r kind STATUS_AGAIN: bib 7 is DNF already, by ruling d; the last of them stands"},
		{"disqualified after that was revoked", []ruling.Ruling{dsq("d"), revoke("u", "d")}, []ruling.Ruling{dsq("r")}, ""},
		{"two bibs withdrawn", []ruling.Ruling{{ID: "d", Race: "ekiden", Bib: "T1", Kind: ruling.Withdrawn}},
			[]ruling.Ruling{{ID: "r", Race: "marathon", Bib: "8", Kind: ruling.NotCompeting}}, ""},
		{"the same penalty twice", []ruling.Ruling{penalty("p", 30*time.Second)}, []ruling.Ruling{penalty("r", 30*time.Second)},
			"r duration PENALTY_AGAIN: bib 7 has the same penalty of 0:00:30 already, by ruling p; they add up"},
		{"another penalty", []ruling.Ruling{penalty("p", 30*time.Second)}, []ruling.Ruling{penalty("r", 31*time.Second)}, ""},
		{"ranked both ways", []ruling.Ruling{before("b", "8", "7")}, []ruling.Ruling{before("r", "7", "8")},
			"r target RANKED_BOTH_WAYS: bib 8 stands before bib 7 by ruling b, and cannot stand behind it too"},
		{"ranked before two", []ruling.Ruling{before("b", "7", "107")}, []ruling.Ruling{before("r", "7", "8")}, ""},
		{"ranked before who stands before another", []ruling.Ruling{before("b", "8", "107")}, []ruling.Ruling{before("r", "7", "8")}, ""},
		{"yellow card in a marathon", nil, []ruling.Ruling{{ID: "r", Race: "marathon", Bib: "7", Kind: ruling.YellowCard, Point: "k5", At: at(later)}},
			"r kind RACE_WITHOUT_CARDS: race marathon is no Nordic walking: nothing follows from a yellow card"},
		{"void read with a target", nil, []ruling.Ruling{func() ruling.Ruling {
			r := void("7", "line", "2025-09-28T10:01:10+05:00")
			r.Target = "8"
			return r
		}()}, "r target FIELD_NOT_TAKEN: VOID_READ does not take a target: nothing follows from it"},
		{"revoked again after the revocation was", []ruling.Ruling{closing("c"), revoke("u", "c"), revoke("v", "u")}, []ruling.Ruling{revoke("r", "c")}, ""},
	} {
		s, _, _ := newWarningService(t)
		if _, err := s.RecordRulings(t.Context(), "referee", "almaty-2025", test.before); err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		recorded, err := s.RecordRulings(t.Context(), "referee", "almaty-2025", test.rule)
		if err != nil || recorded.New != len(test.rule) {
			t.Errorf("%s: got %d recorded, %v, want all", test.name, recorded.New, err)
		}
		if diff := cmp.Diff(test.want, shown(recorded.Warnings)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		if again, err := s.RecordRulings(t.Context(), "referee", "almaty-2025", test.rule); err != nil || len(again.Warnings) > 0 {
			t.Errorf("%s, again: got %v, %v, want no warnings of what stood", test.name, again.Warnings, err)
		}
	}
}

func TestWarningsOfOneRulingAndOfAGun(t *testing.T) {
	t.Parallel()
	s, _, _ := newWarningService(t)
	_, recorded, err := s.RecordRuling(t.Context(), "referee", "almaty-2025", ruling.Ruling{ID: "r", Race: "marathon", Bib: "77", Kind: ruling.DSQ})
	if want := "r bib BIB_NOT_ON_ROSTER: bib 77 is not on the roster"; err != nil || shown(recorded.Warnings) != want {
		t.Errorf("a ruling: got %s, %v, want %s", shown(recorded.Warnings), err, want)
	}
	for _, want := range []string{"", "h at GUN_AGAIN: there was a gun already: that of wave A stood at 2025-09-28T07:00:02+05:00", ""} {
		id := ruling.ID("g")
		if want != "" {
			id = "h"
		}
		_, warnings, err := s.FireGun(t.Context(), "starter", "almaty-2025", Gun{RequestID: id, Race: "marathon", Wave: "A"})
		if err != nil || shown(warnings) != want {
			t.Errorf("gun %s: got %s, %v, want %q", id, shown(warnings), err, want)
		}
	}
}

// Whoever rules must not be kept from it by a roster that is away, and a whole file asks it once.
func TestWarningsFailNoRuling(t *testing.T) {
	t.Parallel()
	s, store, known := newWarningService(t)
	rulings := []ruling.Ruling{
		{Race: "marathon", Bib: "77", Kind: ruling.DSQ}, {Race: "marathon", Bib: "78", Kind: ruling.DSQ}, {Race: "marathon", Kind: ruling.Close},
	}
	recorded, err := s.RecordRulings(t.Context(), "referee", "almaty-2025", rulings[:2])
	if err != nil || len(recorded.Warnings) != 2 || known.asked != 1 {
		t.Errorf("got %d warnings, %v after %d questions, want 2 after one", len(recorded.Warnings), err, known.asked)
	}
	known.away = true
	recorded, err = s.RecordRulings(t.Context(), "referee", "almaty-2025", rulings[:2])
	if err != nil || recorded.New != 2 || len(recorded.Warnings) > 0 || len(store.rulings) != 4 {
		t.Errorf("roster away: got %d new, %v, %v, want both recorded without warnings", recorded.New, recorded.Warnings, err)
	}
}
