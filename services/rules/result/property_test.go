package result_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
)

// drawSeen draws passings in the order of the course, any of them missing.
func drawSeen(t *rapid.T) seen {
	at, second := seen{}, 1000.0
	for visit := range 3 {
		second += float64(rapid.IntRange(1, 3_000_000_000).Draw(t, "microseconds")) / 1e6
		if rapid.IntRange(0, 4).Draw(t, "missed") > 0 {
			at[visit] = second
		}
	}
	return at
}

// drawRace draws a race with lists by time and by age grade.
func drawRace(t *rapid.T) *race.Race {
	r := graded()
	r.NoStartRead = race.NoStartRead(rapid.IntRange(0, 2).Draw(t, "no start read"))
	r.OverTime = race.OverTime(rapid.IntRange(0, 2).Draw(t, "over time"))
	r.Course[2].CutOff.AfterGun = time.Duration(rapid.IntRange(0, 9000).Draw(t, "cut-off")) * time.Second
	if rapid.Bool().Draw(t, "nordic") {
		r.Nordic = &race.Nordic{YellowCard: 30 * time.Second, YellowToDSQ: 3}
	}
	return r
}

func drawRulings(t *rapid.T) []ruling.Ruling {
	kinds := rapid.SampledFrom([]ruling.Kind{
		ruling.DSQ, ruling.DNS, ruling.DNF, ruling.NotCompeting, ruling.Penalty, ruling.Penalty, ruling.Penalty, ruling.YellowCard,
		ruling.YellowCard, ruling.RedCard,
	})
	var rulings []ruling.Ruling
	for range rapid.IntRange(0, 3).Draw(t, "rulings") {
		d := on(kinds.Draw(t, "kind"))
		if d.Kind == ruling.Penalty {
			d.Duration = time.Duration(rapid.IntRange(1, 90_000_000).Draw(t, "penalty")) * time.Microsecond
		}
		rulings = append(rulings, d)
	}
	return rulings
}

func TestOneMorePenaltyNeverImproves(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, at, rulings := drawRace(t), drawSeen(t), drawRulings(t)
		before := compute(r, runner(), at, rulings...)
		more := on(ruling.YellowCard)
		if rapid.Bool().Draw(t, "time") {
			more = penalty(float64(rapid.IntRange(1, 60_000_000).Draw(t, "more")) / 1e6)
		}
		after := compute(r, runner(), at, append(rulings, more)...)
		// A disqualification shows times that a finish over time did not.
		if after.Status == before.Status && (after.Gun != before.Gun || after.Net != before.Net) {
			t.Fatalf("gun and net %v, %v became %v, %v", before.Gun, before.Net, after.Gun, after.Net)
		}
		for i := range r.Classifications {
			was, is := before.Score(&r.Classifications[i]), after.Score(&r.Classifications[i])
			if is.Known && (!was.Known || is.Time < was.Time || more.Kind == ruling.Penalty && is.Time == was.Time) {
				t.Fatalf("score of %s: %v became %v", r.Classifications[i].ID, was, is)
			}
		}
	})
}

// Who has a score is FINISHED, and in the list that the score is for, unless the race's policy takes it out.
func TestScoreAndListsAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawRace(t)
		e := runner()
		e.Sex = rapid.SampledFrom([]race.Sex{race.Female, race.Male, race.X, race.SexUnknown}).Draw(t, "sex")
		got := compute(r, e, drawSeen(t), drawRulings(t)...)
		_, started := got.StartAt()
		for i := range r.Classifications {
			score := got.Score(&r.Classifications[i])
			if score.Known && got.Status != result.Finished {
				t.Fatalf("%v has score %v", got.Status, score)
			}
			if listed := got.Lists[i] != ""; got.Status == result.Finished && started && score.Known != listed {
				t.Fatalf("in %q with score %v", got.Lists[i], score)
			}
			if got.Status == result.Finished && got.Lists[i] != "" && !score.Known {
				t.Fatalf("in %q without a score", got.Lists[i])
			}
		}
	})
}

func TestACorrectedGunShiftsGunTimesOnly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, at := ten(), drawSeen(t)
		at[0] = 1000.5
		shift := time.Duration(rapid.IntRange(-60_000_000, 400_000).Draw(t, "shift")) * time.Microsecond
		gun := ruling.Ruling{Race: "ten", Kind: ruling.Gun, Target: "A", At: sec(1000).Add(shift)}
		before, after := compute(r, runner(), at), compute(r, runner(), at, gun)
		if after.Net != before.Net || after.Gun.Known != before.Gun.Known || before.Gun.Known && after.Gun.Time != before.Gun.Time-shift {
			t.Fatalf("shifted by %v: gun %v became %v, net %v became %v", shift, before.Gun, after.Gun, before.Net, after.Net)
		}
	})
}
