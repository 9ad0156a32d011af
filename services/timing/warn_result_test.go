package timing

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/fault"
	"raceday/services/rules/anomaly"
	"raceday/services/rules/explanation"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
)

// explained is what follows for entrants, by bib.
type explained map[race.Bib]*explanation.Explanation

func (e explained) Explain(ctx context.Context, _ race.EventID, bib race.Bib) (*explanation.Explanation, error) {
	if _, ok := ctx.Deadline(); !ok {
		return nil, errors.New("a ruling could wait for ever")
	}
	x := e[bib]
	if x == nil {
		return nil, ErrEntrantNotFound
	}
	return x, nil
}

func (explained) ExplainChip(context.Context, race.EventID, race.Chip) (explanation.OfChip, error) {
	return explanation.OfChip{}, errors.New("no ruling is on a chip")
}

// started counts starts before a gun, by race and wave.
type started map[race.WaveID]int

func (s started) StartsBefore(ctx context.Context, _ race.EventID, _ race.ID, waves []race.WaveID, _ racetime.Instant) (int, error) {
	if _, ok := ctx.Deadline(); !ok {
		return 0, errors.New("a gun could wait for ever")
	}
	count := 0
	for _, wave := range waves {
		count += s[wave]
	}
	return count, nil
}

// A runner who started at 07:00:10 passes k5 at 07:30 and finishes at 09:00, or what a ruling makes of that.
func TestWarningsOfWhatAResultSpeaksAgainst(t *testing.T) {
	t.Parallel()
	at := func(clock string) racetime.Instant { return mustInstant(t, "2025-09-28T"+clock+"+05:00") }
	of := &race.Race{
		ID: "marathon", FastestPace: 2 * time.Minute, Course: []race.Visit{
			{Point: "line"}, {Point: "k5", AtMillimetres: 5_000_000}, {Point: "line", AtMillimetres: 10_000_000},
		},
	}
	// Passings are clocks by visit; one with a star is what ruling r enters.
	type seen map[int]string
	explain := func(bib race.Bib, status result.Status, ranked time.Duration, passings seen, reads ...explanation.Read) *explanation.Explanation {
		x := &explanation.Explanation{Race: of, Reads: reads, Ranked: racetime.Optional{Time: ranked, Known: ranked != 0}}
		x.Result = result.Result{Bib: bib, Status: status, GunAt: at("07:00:00")}
		for visit := range of.Course {
			clock, ok := passings[visit]
			if !ok {
				continue
			}
			p := explanation.Passing{Read: explanation.Nowhere}
			if clock[len(clock)-1] == '*' {
				clock, p.Ruling = clock[:len(clock)-1], "r"
			}
			p.Passing = passing.Passing{Visit: visit, At: at(clock)}
			x.Passings = append(x.Passings, p)
			x.Result.Passings = append(x.Result.Passings, p.Passing)
		}
		return x
	}
	read := func(point race.PointID, clock string, verdict passing.Verdict, visit int) explanation.Read {
		return explanation.Read{Judgement: passing.Judgement{Verdict: verdict, Visit: visit}, Point: point, CorrectedAt: at(clock)}
	}
	reviewed := explain("7", result.Finished, 0, nil)
	reviewed.Result.Anomalies = []anomaly.Anomaly{{Kind: anomaly.MissingPoint, Visit: 1, FromVisit: anomaly.Nowhere}}
	whole := seen{0: "07:00:10", 1: "07:30:00", 2: "09:00:00"}
	manual := func(point, clock string) ruling.Ruling {
		return ruling.Ruling{Kind: ruling.ManualTime, Point: point, At: at(clock)}
	}
	for _, test := range []struct {
		name  string
		rule  ruling.Ruling
		now   *explanation.Explanation
		other *explanation.Explanation
		want  string
	}{
		{"a finish that fits", manual("line#2", "09:00:00"), explain("7", result.Finished, 0, seen{0: "07:00:10", 1: "07:30:00", 2: "09:00:00*"}), nil, ""},
		{"exactly the fastest pace", manual("k5", "07:10:10"), explain("7", result.Finished, 0, seen{0: "07:00:10", 1: "07:10:10*", 2: "09:00:00"}), nil, ""},
		{
			"too fast from the start", manual("k5", "07:05:00"), explain("7", result.Finished, 0, seen{0: "07:00:10", 1: "07:05:00*", 2: "09:00:00"}), nil,
			"r at TIME_TOO_FAST: line#1 to k5 in 0:04:50 is 0:58 a kilometre, faster than the 2:00 that is taken for possible; it stands all the same",
		},
		{
			"too fast from the gun that stands in for the start", manual("k5", "07:05:00"), explain("7", result.Finished, 0, seen{1: "07:05:00*"}), nil,
			"r at TIME_TOO_FAST: line#1 to k5 in 0:05:00 is 1:00 a kilometre, faster than the 2:00 that is taken for possible; it stands all the same",
		},
		{
			"too fast to the passing behind", manual("k5", "08:55:00"), explain("7", result.Finished, 0, seen{0: "07:00:10", 1: "08:55:00*", 2: "09:00:00"}), nil,
			"r at TIME_TOO_FAST: k5 to line#2 in 0:05:00 is 1:00 a kilometre, faster than the 2:00 that is taken for possible; it stands all the same",
		},
		{
			"a point after a later one that an official entered", manual("k5", "09:30:00"), explain("7", result.Finished, 0, seen{1: "09:30:00*", 2: "09:00:00"}), nil,
			"r at TIME_OUT_OF_ORDER: line#2 at 2025-09-28T09:00:00+05:00 is not after k5 at 2025-09-28T09:30:00+05:00",
		},
		{
			"a point later than a read at a later one", manual("k5", "09:30:00"),
			explain("7", result.Started, 0, seen{0: "07:00:10", 1: "09:30:00*"}, read("line", "09:00:00", passing.OutOfOrder, 2)), nil,
			"r at TIME_AGAINST_READS: 2025-09-28T09:30:00+05:00: reads of bib 7 contradict it and count nowhere, 1 in all, the first at line at " +
				"2025-09-28T09:00:00+05:00, before it",
		},
		{
			"a finish before reads on the course", manual("line#2", "07:25:00"),
			explain("7", result.Finished, 0, seen{0: "07:00:10", 2: "07:25:00*"}, read("k5", "07:30:00", passing.AfterFinish, 2), read("line", "09:00:00", passing.ManualTime, 2)), nil,
			"r at TIME_AGAINST_READS: 2025-09-28T07:25:00+05:00: reads of bib 7 contradict it and count nowhere, 1 in all, the first at k5 at " +
				"2025-09-28T07:30:00+05:00, after it",
		},
		{
			"at the own start", manual("k5", "07:00:10"), explain("7", result.Started, 0, seen{0: "07:00:10"}), nil,
			"r at TIME_BEFORE_START: 2025-09-28T07:00:10+05:00 is not after the start of bib 7 at 2025-09-28T07:00:10+05:00, and counts nowhere",
		},
		{
			"at the gun that stands in for the start", manual("k5", "07:00:00"), explain("7", result.Entered, 0, nil), nil,
			"r at TIME_BEFORE_START: 2025-09-28T07:00:00+05:00 is not after the start of bib 7 at 2025-09-28T07:00:00+05:00, and counts nowhere",
		},
		{"another time stands", manual("k5", "07:05:00"), explain("7", result.Finished, 0, whole), nil, ""},
		{
			"a day late", ruling.Ruling{Kind: ruling.ManualTime, Point: "line#2", At: mustInstant(t, "2025-09-29T09:00:00+05:00")}, func() *explanation.Explanation {
				x := explain("7", result.Finished, 0, seen{0: "07:00:10", 2: "09:00:00*"})
				x.Passings[1].At += racetime.Instant((24 * time.Hour).Microseconds())
				return x
			}(), nil,
			"r at TIME_LONG_AFTER_GUN: 2025-09-29T09:00:00+05:00 is 26:00:00 after the gun",
		},

		{"DNS of who was not seen", ruling.Ruling{Kind: ruling.DNS}, explain("7", result.DNS, 0, nil), nil, ""},
		{
			"DNS of who started", ruling.Ruling{Kind: ruling.DNS}, explain("7", result.DNS, 0, seen{0: "07:00:10"}), nil,
			"r kind STATUS_AGAINST_PASSINGS: bib 7 passed line#1 at 2025-09-28T07:00:10+05:00, and is DNS all the same",
		},
		{"DNF on the course", ruling.Ruling{Kind: ruling.DNF}, explain("7", result.DNF, 0, seen{0: "07:00:10", 1: "07:30:00"}), nil, ""},
		{
			"DNF of who finished", ruling.Ruling{Kind: ruling.DNF}, explain("7", result.DNF, 0, whole), nil,
			"r kind STATUS_AGAINST_PASSINGS: bib 7 passed line#2 at 2025-09-28T09:00:00+05:00, and is DNF all the same",
		},

		{"a photo finish", ruling.Ruling{Kind: ruling.RankBefore, Target: "8"}, explain("7", result.Finished, 2*time.Hour+3*time.Second, whole), explain("8", result.Finished, 2*time.Hour, whole), ""},
		{
			"minutes apart", ruling.Ruling{Kind: ruling.RankBefore, Target: "8"}, explain("7", result.Finished, 2*time.Hour+3*time.Minute, whole), explain("8", result.Finished, 2*time.Hour, whole),
			"r target TIMES_APART: the times of bib 7 and bib 8 are 0:03:00 apart",
		},
		{
			"before who did not finish", ruling.Ruling{Kind: ruling.RankBefore, Target: "8"}, explain("7", result.Finished, 2*time.Hour, whole), explain("8", result.DSQ, 0, whole),
			"r target NOT_RANKED: bib 8 is DSQ and has no rank",
		},

		{"a review of what is there", ruling.Ruling{Kind: ruling.Reviewed, Target: "MISSING_POINT", Point: "k5"}, reviewed, nil, ""},
		{
			"a review at another point", ruling.Ruling{Kind: ruling.Reviewed, Target: "MISSING_POINT", Point: "line#2"}, reviewed, nil,
			"r target ANOMALY_NOT_THERE: bib 7 has no MISSING_POINT at line#2 to look at",
		},
		{
			"a review of another kind", ruling.Ruling{Kind: ruling.Reviewed, Target: "FALSE_START"}, reviewed, nil,
			"r target ANOMALY_NOT_THERE: bib 7 has no FALSE_START to look at",
		},
		{"a review of a conflict", ruling.Ruling{Kind: ruling.Reviewed, Target: "IDENTITY_CONFLICT line-a 1 17"}, reviewed, nil, ""},
	} {
		s, _, _ := newWarningService(t)
		s.explainer = explained{"7": test.now, "8": test.other}
		test.rule.ID, test.rule.Race, test.rule.Bib = "r", "marathon", "7"
		_, recorded, err := s.RecordRuling(t.Context(), "referee", "almaty-2025", test.rule)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if diff := cmp.Diff(test.want, shown(recorded.Warnings)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// A finish that is not after the gun is no result, whichever gun it is counted from; one that was recorded stays.
func TestAFinishBeforeTheGunIsRefused(t *testing.T) {
	t.Parallel()
	manual := func(id ruling.ID, bib race.Bib, point, clock string) ruling.Ruling {
		return ruling.Ruling{ID: id, Race: "marathon", Bib: bib, Kind: ruling.ManualTime, Point: point, At: mustInstant(t, "2025-09-28T"+clock+"+05:00")}
	}
	gun := ruling.Ruling{ID: "g", Race: "marathon", Kind: ruling.Gun, Target: "A", At: mustInstant(t, "2025-09-28T07:20:00+05:00")}
	with := ruling.Ruling{ID: "w", Race: "marathon", Bib: "107", Kind: ruling.StartWithWave, Target: "A"}
	early := manual("r", "7", "line#2", "07:00:00")
	for _, test := range []struct {
		name  string
		rules []ruling.Ruling
		// want is the path of what is refused.
		want string
	}{
		{"at the gun", []ruling.Ruling{early}, "rulings[0].at"},
		{"a microsecond after", []ruling.Ruling{func() ruling.Ruling { r := early; r.At++; return r }()}, ""},
		{"before a gun of the same file", []ruling.Ruling{manual("r", "7", "line#2", "07:10:00"), gun}, "rulings[0].at"},
		{"of a wave without a gun", []ruling.Ruling{manual("r", "107", "line#2", "06:00:00")}, ""},
		{"of who starts with another wave", []ruling.Ruling{with, manual("r", "107", "line#2", "06:00:00")}, "rulings[1].at"},
		{"a start before the gun", []ruling.Ruling{manual("r", "7", "line#1", "06:59:00")}, ""},
		{"of who is on no roster", []ruling.Ruling{manual("r", "77", "line#2", "06:00:00")}, ""},
		{"revoked in the same file", []ruling.Ruling{early, {ID: "u", Kind: ruling.Revoke, Target: "r"}}, ""},
	} {
		s, store, _ := newWarningService(t)
		_, err := s.RecordRulings(t.Context(), "referee", "almaty-2025", test.rules)
		if test.want == "" {
			if err != nil {
				t.Errorf("%s: %v, want it recorded", test.name, err)
			}
			continue
		}
		found := fault.Violations(err)
		if !errors.Is(err, ErrRulingInvalid) || len(found) != 1 || found[0].Path != test.want ||
			found[0].Reason != "FINISH_BEFORE_GUN" || len(store.rulings) > 0 {
			t.Errorf("%s: got %v, %+v with %d recorded, want %s refused", test.name, err, found, len(store.rulings), test.want)
		}
	}
	s, _, known := newWarningService(t)
	known.away = true
	if _, recorded, err := s.RecordRuling(t.Context(), "referee", "almaty-2025", early); err != nil || recorded.New != 1 {
		t.Errorf("roster away: got %v, want it recorded", err)
	}
	known.away = false
	if _, recorded, err := s.RecordRuling(t.Context(), "referee", "almaty-2025", early); err != nil || recorded.New != 0 {
		t.Errorf("the same again: got %v, want it to stand", err)
	}
}

// Nothing of a gun that is only checked is recorded, and its warnings are those that it would have.
func TestAGunThatIsOnlyChecked(t *testing.T) {
	t.Parallel()
	s, store, _ := newWarningService(t)
	s.starts = started{"A": 3, "B": 1}
	gun := Gun{Race: "marathon", At: mustInstant(t, "2025-09-28T07:30:00+05:00"), OnlyCheck: true}
	const want = "at GUN_OFF_PLAN: 2025-09-28T07:30:00+05:00 is 0:30:00 after the planned gun of wave A at 2025-09-28T07:00:00+05:00\n" +
		"g at STARTS_BEFORE_GUN: 4 starts of race marathon are before it, and are none unless they are read again after it"
	gun.RequestID = "g"
	checked, warnings, err := s.FireGun(t.Context(), "starter", "almaty-2025", gun)
	if err != nil || checked.Change != 0 || len(store.rulings) != 0 || shown(warnings) != "g "+want {
		t.Errorf("checked: got %+v, %v, %d recorded, %s", checked, err, len(store.rulings), shown(warnings))
	}
	gun.OnlyCheck = false
	fired, warnings, err := s.FireGun(t.Context(), "starter", "almaty-2025", gun)
	if err != nil || fired.Change == 0 || len(store.rulings) != 1 || shown(warnings) != "g "+want {
		t.Errorf("fired: got %+v, %v, %d recorded, %s", fired, err, len(store.rulings), shown(warnings))
	}
	s.starts = started{"A": 1}
	gun = Gun{RequestID: "h", Race: "marathon", Wave: "A", At: mustInstant(t, "2025-09-28T06:59:00+05:00"), OnlyCheck: true}
	_, warnings, err = s.FireGun(t.Context(), "starter", "almaty-2025", gun)
	again := "h at STARTS_BEFORE_GUN: 1 start of wave A is before it, and is none unless it is read again after it\n" +
		"h at GUN_AGAIN: there was a gun already: that of wave A stood at 2025-09-28T07:30:00+05:00"
	if err != nil || shown(warnings) != again {
		t.Errorf("another one checked: %v\n%s", err, shown(warnings))
	}
	gun.Wave = "Z"
	if _, _, err := s.FireGun(t.Context(), "starter", "almaty-2025", gun); !errors.Is(err, ErrWaveNotFound) {
		t.Errorf("a wave that is none: %v", err)
	}
}
