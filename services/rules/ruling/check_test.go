package ruling

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/race"
)

// day is an event of a marathon that passes its start again, and a relay of two legs.
func day() *race.Event {
	return &race.Event{
		Points: []race.PointID{"line", "k5", "x1", "elsewhere"},
		Races: []race.Race{
			{
				ID: "marathon", Waves: []race.Wave{{ID: "A"}, {ID: "B"}},
				Course: []race.Visit{{Point: "line"}, {Point: "k5", AtMillimetres: 5}, {Point: "line", AtMillimetres: 42}},
			},
			{
				ID: "relay", Waves: []race.Wave{{ID: "A"}},
				Course: []race.Visit{{Point: "line"}, {Point: "k5", AtMillimetres: 5}, {Point: "x1", AtMillimetres: 6}, {Point: "line", AtMillimetres: 42}},
				Team:   &race.Team{Size: 2, Legs: []race.Leg{{To: "x1"}, {To: "line"}}},
			},
		},
	}
}

func reviewed(target, point string) Ruling {
	return Ruling{Race: "marathon", Bib: "7", Kind: Reviewed, Target: target, Point: point}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	const at = 1_759_000_000_000_000
	for _, test := range []struct {
		name   string
		ruling Ruling
		want   string
	}{
		{"disqualified", Ruling{Race: "marathon", Bib: "7", Kind: DSQ, Rule: "TR6.3"}, ""},
		{"bib that nobody knows yet", Ruling{Race: "marathon", Bib: "F-99", Kind: DNS}, ""},
		{"no bib", Ruling{Race: "marathon", Kind: Withdrawn}, "bib BIB_MISSING"},
		{"bad bib", Ruling{Race: "marathon", Bib: "f1", Kind: NotCompeting}, "bib BIB_INVALID"},
		{"no race", Ruling{Bib: "7", Kind: DSQ}, "race RACE_MISSING"},
		{"unknown race", Ruling{Race: "half", Bib: "7", Kind: DSQ}, "race RACE_UNKNOWN"},
		{"unknown kind", Ruling{Race: "half", Bib: "7", Kind: "BAN"}, "kind KIND_UNKNOWN"},
		{"no kind", Ruling{}, "kind KIND_UNKNOWN"},
		{"bad id", Ruling{ID: "-1", Race: "marathon", Bib: "7", Kind: DSQ}, "id ID_INVALID"},
		{"everything missing at once", Ruling{Kind: ManualTime}, "race RACE_MISSING, bib BIB_MISSING, point POINT_MISSING, at AT_MISSING"},

		{"did not finish", Ruling{Race: "marathon", Bib: "7", Kind: DNF}, ""},
		{"leg not completed", Ruling{Race: "relay", Bib: "7", Kind: DNF, Point: "x1"}, ""},
		{"last leg not completed", Ruling{Race: "relay", Bib: "7", Kind: DNF, Point: "line#2"}, ""},
		{"no leg ends at the start", Ruling{Race: "relay", Bib: "7", Kind: DNF, Point: "line"}, "point POINT_ENDS_NO_LEG"},
		{"no leg ends there", Ruling{Race: "relay", Bib: "7", Kind: DNF, Point: "k5"}, "point POINT_ENDS_NO_LEG"},
		{"leg of no relay", Ruling{Race: "marathon", Bib: "7", Kind: DNF, Point: "k5"}, "point POINT_NOT_ALLOWED"},
		{"leg to nowhere", Ruling{Race: "relay", Bib: "7", Kind: DNF, Point: "x9"}, "point POINT_UNKNOWN"},

		{"penalty", Ruling{Race: "marathon", Bib: "7", Kind: Penalty, Duration: time.Minute}, ""},
		{"penalty of nothing", Ruling{Race: "marathon", Bib: "7", Kind: Penalty}, "duration DURATION_MISSING"},
		{"penalty below nothing", Ruling{Race: "marathon", Bib: "7", Kind: Penalty, Duration: -1}, "duration DURATION_MISSING"},
		{"penalty of a day", Ruling{Race: "marathon", Bib: "7", Kind: Penalty, Duration: 24 * time.Hour}, ""},
		{"penalty of centuries", Ruling{Race: "marathon", Bib: "7", Kind: Penalty, Duration: 1 << 62}, "duration DURATION_TOO_LONG"},

		{"yellow card", Ruling{Race: "marathon", Bib: "7", Kind: YellowCard, Point: "k5", At: at}, ""},
		{"red card nowhere", Ruling{Race: "marathon", Bib: "7", Kind: RedCard, At: at}, "point POINT_MISSING"},
		{"manual time at the second visit", Ruling{Race: "marathon", Bib: "7", Kind: ManualTime, Point: "line#2", At: at}, ""},
		{"manual time at a third visit", Ruling{Race: "marathon", Bib: "7", Kind: ManualTime, Point: "line#3", At: at}, "point POINT_UNKNOWN"},
		{"manual time off the course", Ruling{Race: "marathon", Bib: "7", Kind: ManualTime, Point: "x1", At: at}, "point POINT_UNKNOWN"},
		{"void read off the course", Ruling{Race: "marathon", Bib: "7", Kind: VoidRead, Point: "elsewhere", At: at}, ""},
		{"void read nowhere", Ruling{Race: "marathon", Bib: "7", Kind: VoidRead, Point: "x9", At: at}, "point POINT_UNKNOWN"},
		{"void read without instant", Ruling{Race: "marathon", Bib: "7", Kind: VoidRead, Point: "line"}, "at AT_MISSING"},

		{"gun of all waves", Ruling{Race: "marathon", Kind: Gun, At: at}, ""},
		{"gun of a wave", Ruling{Race: "marathon", Kind: Gun, Target: "B", At: at}, ""},
		{"gun of no wave", Ruling{Race: "marathon", Kind: Gun, Target: "C", At: at}, "target WAVE_UNKNOWN"},
		{"gun without instant", Ruling{Race: "marathon", Kind: Gun}, "at AT_MISSING"},
		{"gun of a bib", Ruling{Race: "marathon", Bib: "7", Kind: Gun, At: at}, "bib BIB_NOT_ALLOWED"},
		{"other wave", Ruling{Race: "marathon", Bib: "7", Kind: StartWithWave, Target: "B"}, ""},
		{"other wave not said", Ruling{Race: "marathon", Bib: "7", Kind: StartWithWave}, "target TARGET_MISSING"},

		{"before another", Ruling{Race: "marathon", Bib: "7", Kind: RankBefore, Target: "8"}, ""},
		{"before itself", Ruling{Race: "marathon", Bib: "7", Kind: RankBefore, Target: "7"}, "target BIB_ITSELF"},
		{"before no bib", Ruling{Race: "marathon", Bib: "7", Kind: RankBefore, Target: "b"}, "target BIB_INVALID"},
		{"before nobody", Ruling{Race: "marathon", Bib: "7", Kind: RankBefore}, "target TARGET_MISSING"},

		{"a row of missing points reviewed", reviewed("MISSING_POINTS", "k5"), ""},
		{"missing points reviewed, and not which", reviewed("MISSING_POINTS", ""), "point POINT_MISSING"},
		{"impossible segment reviewed, and not which", reviewed("IMPOSSIBLE_SEGMENT", ""), "point POINT_MISSING"},
		{"false start reviewed, of which there is one", reviewed("FALSE_START", ""), ""},
		{"false start reviewed where it was", reviewed("FALSE_START", "line"), ""},
		{"reviewed off the course", reviewed("MISSING_POINT", "x1"), "point POINT_UNKNOWN"},
		{"reviewed of nobody", Ruling{Race: "marathon", Kind: Reviewed, Target: "FALSE_START"}, "bib BIB_MISSING"},
		{"reviewed no kind", reviewed("FALSE", ""), "target ANOMALY_UNKNOWN"},
		{"reviewed nothing", reviewed("", ""), "target ANOMALY_UNKNOWN"},
		{"reviewed the number of a false start", reviewed("FALSE_START line-a 1 17", ""), "target ANOMALY_UNKNOWN"},
		{"conflict reviewed for a bib", reviewed("IDENTITY_CONFLICT line-a 1 17", ""), ""},
		{"conflict reviewed for all", Ruling{Kind: Reviewed, Target: "IDENTITY_CONFLICT line-a 1 17"}, ""},
		{"conflict reviewed for all of a race", Ruling{Race: "marathon", Kind: Reviewed, Target: "IDENTITY_CONFLICT line-a 17"}, ""},
		{"conflict reviewed for a bib of no race", Ruling{Bib: "7", Kind: Reviewed, Target: "IDENTITY_CONFLICT line-a 17"}, "race RACE_MISSING"},
		{"conflict reviewed, and not which", reviewed("IDENTITY_CONFLICT", ""), "target CONFLICT_MISSING"},
		{"conflict reviewed without its number", reviewed("IDENTITY_CONFLICT line-a 1 x", ""), "target CONFLICT_MISSING"},

		{"closed", Ruling{Race: "marathon", Kind: Close}, ""},
		{"closed for one bib", Ruling{Race: "marathon", Bib: "7", Kind: Close}, "bib BIB_NOT_ALLOWED"},
		{"revoked", Ruling{Kind: Revoke, Target: "r-2"}, ""},
		{"nothing revoked", Ruling{Kind: Revoke}, "target TARGET_MISSING"},
		{"revokes itself", Ruling{Kind: Revoke, ID: "r-2", Target: "r-2"}, "target RULING_ITSELF"},
		{"revokes no id", Ruling{Kind: Revoke, Target: "a b"}, "target ID_INVALID"},
	} {
		if test.ruling.ID == "" {
			test.ruling.ID = "r-1"
		}
		var got []string
		for _, problem := range slices.Concat(Check(test.ruling), Vague(test.ruling), Misfits(test.ruling, day())) {
			got = append(got, problem.Field+" "+problem.Reason)
			if problem.Message == "" {
				t.Errorf("%s: %s has no message", test.name, problem.Reason)
			}
		}
		if diff := cmp.Diff(test.want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestValidID(t *testing.T) {
	t.Parallel()
	for id, want := range map[ID]bool{
		"": false, "a": true, "7f3c-1": true, "A.b_c:d-e": true, ".a": false, "a b": false, "é": false, "a\x00": false,
		ID(strings.Repeat("a", 64)): true, ID(strings.Repeat("a", 65)): false,
	} {
		if got := ValidID(id); got != want {
			t.Errorf("ValidID(%q) = %v, want %v", id, got, want)
		}
	}
}

func TestIdle(t *testing.T) {
	t.Parallel()
	const at = 1_759_000_000_000_000
	for _, test := range []struct {
		name   string
		ruling Ruling
		want   string
	}{
		{"manual time", Ruling{Kind: ManualTime, Bib: "7", Point: "k5", At: at, Rule: "1", Reason: "seen", By: "Aru", DecidedAt: at}, ""},
		{"leg not completed", Ruling{Kind: DNF, Bib: "7", Point: "x1"}, ""},
		{"gun of a wave", Ruling{Kind: Gun, Target: "A", At: at}, ""},
		{"start with another wave", Ruling{Kind: StartWithWave, Target: "A"}, ""},
		{"reviewed at a point", Ruling{Kind: Reviewed, Target: "MISSING_POINTS", Point: "k5"}, ""},
		{"split card", Ruling{Kind: SplitCard, Target: "c"}, ""},
		{"revocation", Ruling{Kind: Revoke, Target: "c"}, ""},
		{"void read of another bib", Ruling{Kind: VoidRead, Point: "k5", At: at, Target: "8"}, "target FIELD_NOT_TAKEN"},
		{"disqualified for a time", Ruling{Kind: DSQ, Target: "8", Point: "k5", At: at, Duration: 1},
			"target FIELD_NOT_TAKEN, point FIELD_NOT_TAKEN, at FIELD_NOT_TAKEN, duration FIELD_NOT_TAKEN"},
		{"penalty at an instant", Ruling{Kind: Penalty, Duration: 1, At: at}, "at FIELD_NOT_TAKEN"},
	} {
		var got []string
		for _, problem := range Idle(test.ruling) {
			got = append(got, problem.Field+" "+problem.Reason)
		}
		if got := strings.Join(got, ", "); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}
