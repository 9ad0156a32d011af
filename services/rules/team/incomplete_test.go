package team_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/entry"
	"raceday/services/rules/race"
	"raceday/services/rules/team"
)

func TestCheckIncomplete(t *testing.T) {
	t.Parallel()
	size := []entry.Problem{{Path: "members", Reason: team.Size}}
	composition := []entry.Problem{{Path: "members", Reason: team.Composition}}
	for _, c := range []struct {
		name     string
		change   func(m []race.Member) []race.Member
		complete bool
		want     []entry.Problem
	}{
		{"nobody", func([]race.Member) []race.Member { return nil }, false, nil},
		{"six regulars", func(m []race.Member) []race.Member { return m }, true, nil},
		{"five regulars", func(m []race.Member) []race.Member { return m[:5] }, false, nil},
		{"five regulars and two reserves", func(m []race.Member) []race.Member {
			return append(m[:5], member(0, race.Male, 1), member(0, race.Male, 1))
		}, false, nil},
		{"seven regulars", func(m []race.Member) []race.Member { return append(m, member(7, race.Male, 1)) }, true,
			append(size[:1:1], entry.Problem{Path: "members[6].leg", Reason: team.LegInvalid})},
		{"three reserves only", func([]race.Member) []race.Member {
			return []race.Member{member(0, race.Male, 1), member(0, race.Male, 1), member(0, race.Male, 1)}
		}, false, size},
		{"a leg twice, another open", func(m []race.Member) []race.Member { m[5].Leg = 1; return m }, false,
			[]entry.Problem{{Path: "members[5].leg", Reason: team.LegInvalid}}},
		{"a leg beyond the last", func(m []race.Member) []race.Member { m[5].Leg = 7; return m }, false,
			[]entry.Problem{{Path: "members[5].leg", Reason: team.LegInvalid}}},
		{"a negative leg", func(m []race.Member) []race.Member { m[5].Leg = -1; return m }, false,
			[]entry.Problem{{Path: "members[5].leg", Reason: team.LegInvalid}}},
		{"four men: both open legs must go to women", func(m []race.Member) []race.Member { return m[2:] }, false, nil},
		{"four men and one woman", func(m []race.Member) []race.Member { return m[1:] }, false, nil},
		{"five men", func(m []race.Member) []race.Member { m[1].Sex = race.Male; return m[1:] }, false, composition},
		{"five men and two women among the reserves", func(m []race.Member) []race.Member {
			m[1].Sex = race.Male
			return append(m[1:], member(0, race.Female, 1), member(0, race.Female, 1))
		}, false, composition},
		{"a woman too few in a complete team", func(m []race.Member) []race.Member { m[0].Sex = race.Male; return m }, true,
			composition},
		{"a member of 16 the day after", func([]race.Member) []race.Member { return []race.Member{member(3, race.Male, 29)} },
			false, []entry.Problem{{Path: "members[0].person.birth_date", Reason: entry.AgeBelowMinimum}}},
		{"a member without sex", func(m []race.Member) []race.Member { m[4].Sex = race.SexUnknown; return m[:5] },
			false, []entry.Problem{{Path: "members[4].person.sex", Reason: entry.SexMissing}}},
	} {
		m := members(c.change)
		if diff := cmp.Diff(c.want, team.CheckIncomplete(ekiden(), m, raceDay)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if got := team.Complete(ekiden(), m); got != c.complete {
			t.Errorf("%s: complete %v, want %v", c.name, got, c.complete)
		}
	}
}

// drawMembers draws regulars of different legs and up to three reserves, of any sex and all old enough.
func drawMembers(t *rapid.T) []race.Member {
	legs := rapid.Permutation([]int{1, 2, 3, 4, 5, 6}).Draw(t, "legs")[:rapid.IntRange(0, 6).Draw(t, "regulars")]
	legs = append(legs, make([]int, rapid.IntRange(0, 3).Draw(t, "reserves"))...)
	var m []race.Member
	for _, leg := range legs {
		sex := rapid.SampledFrom([]race.Sex{race.Female, race.Male, race.X}).Draw(t, "sex")
		m = append(m, member(leg, sex, 1))
	}
	return m
}

// filled gives the legs that are open to women, as many as there shall be, and then to men.
func filled(m []race.Member, women int) []race.Member {
	taken := map[int]bool{}
	for i := range m {
		taken[m[i].Leg] = true
	}
	m = m[:len(m):len(m)]
	for leg := 1; leg <= 6; leg++ {
		if taken[leg] {
			continue
		}
		sex := race.Male
		if women > 0 {
			sex = race.Female
		}
		women--
		m = append(m, member(leg, sex, 1))
	}
	return m
}

// canBecome reports whether some way of filling the open legs makes members pass.
func canBecome(m []race.Member, pass func(m []race.Member) bool) bool {
	for women := range 7 {
		if pass(filled(m, women)) {
			return true
		}
	}
	return false
}

func TestATeamIsRefusedOnlyWhereNoFurtherMemberMendsIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, m := ekiden(), drawMembers(t)
		r.Team.MinWomen = rapid.IntRange(0, 6).Draw(t, "min women")
		if len(m) > 0 && rapid.IntRange(0, 3).Draw(t, "slip") == 0 {
			m[0].Leg = rapid.IntRange(-1, 7).Draw(t, "leg")
		}
		want := canBecome(m, func(m []race.Member) bool { return len(team.Check(r, m, raceDay)) == 0 })
		if got := team.CheckIncomplete(r, m, raceDay); (len(got) == 0) != want {
			t.Fatalf("can become a team: %v, but %v", want, got)
		}
		whole := filled(m, 3)
		if !team.Complete(r, whole) {
			t.Fatalf("every leg has a member, and the team is not complete")
		}
		if diff := cmp.Diff(team.Check(r, whole, raceDay), team.CheckIncomplete(r, whole, raceDay)); diff != "" {
			t.Fatalf("a complete team (-complete +incomplete):\n%s", diff)
		}
	})
}
