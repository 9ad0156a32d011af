package team_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/civil"
	"raceday/services/rules/entry"
	"raceday/services/rules/race"
	"raceday/services/rules/team"
)

var raceDay = civil.Day{Year: 2025, Month: time.September, Day: 28}

func ekiden() *race.Race {
	return &race.Race{MinAgeYears: 16, Team: &race.Team{Size: 6, Reserves: 2, MinWomen: 2}}
}

// members are six regulars, the first two of them women, all born on 28 September 2009: 16 on race day.
func members(change func(m []race.Member) []race.Member) []race.Member {
	var m []race.Member
	for leg := 1; leg <= 6; leg++ {
		sex := race.Male
		if leg <= 2 {
			sex = race.Female
		}
		m = append(m, member(leg, sex, 28))
	}
	return change(m)
}

func member(leg int, sex race.Sex, dayOfSeptember2009 int) race.Member {
	return race.Member{Leg: leg, Person: race.Person{
		Name: "Runner", Sex: sex, BirthDay: civil.Day{Year: 2009, Month: time.September, Day: dayOfSeptember2009},
	}}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(m []race.Member) []race.Member
		want   []entry.Problem
	}{
		{"six regulars", func(m []race.Member) []race.Member { return m }, nil},
		{"legs in another order", func(m []race.Member) []race.Member {
			m[0].Leg, m[5].Leg = m[5].Leg, m[0].Leg
			return m
		}, nil},
		{"two reserves", func(m []race.Member) []race.Member {
			return append(m, member(0, race.Male, 1), member(0, race.Female, 1))
		}, nil},
		{"three reserves", func(m []race.Member) []race.Member {
			return append(m, member(0, race.Male, 1), member(0, race.Male, 1), member(0, race.Male, 1))
		}, []entry.Problem{{Path: "members", Reason: team.Size}}},
		{"five regulars", func(m []race.Member) []race.Member { return m[:5] },
			[]entry.Problem{{Path: "members", Reason: team.Size}}},
		{"five regulars and a reserve", func(m []race.Member) []race.Member { m[5].Leg = 0; return m },
			[]entry.Problem{{Path: "members", Reason: team.Size}}},
		{"seven regulars", func(m []race.Member) []race.Member { return append(m, member(7, race.Male, 1)) },
			[]entry.Problem{{Path: "members", Reason: team.Size}, {Path: "members[6].leg", Reason: team.LegInvalid}}},
		{"nobody", func([]race.Member) []race.Member { return nil },
			[]entry.Problem{{Path: "members", Reason: team.Size}, {Path: "members", Reason: team.Composition}}},
		{"a leg twice", func(m []race.Member) []race.Member { m[5].Leg = 1; return m },
			[]entry.Problem{{Path: "members[5].leg", Reason: team.LegInvalid}}},
		{"a negative leg", func(m []race.Member) []race.Member { m[2].Leg = -1; return m },
			[]entry.Problem{{Path: "members[2].leg", Reason: team.LegInvalid}}},
		{"a woman too few", func(m []race.Member) []race.Member { m[0].Sex = race.X; return m },
			[]entry.Problem{{Path: "members", Reason: team.Composition}}},
		{"a woman among the reserves does not count", func(m []race.Member) []race.Member {
			m[0].Sex = race.Male
			return append(m, member(0, race.Female, 1))
		}, []entry.Problem{{Path: "members", Reason: team.Composition}}},
		{"reserve breaks the rule on women: a man takes a woman's leg", func(m []race.Member) []race.Member {
			m[1].Leg = 0
			return append(m, member(2, race.Male, 1))
		}, []entry.Problem{{Path: "members", Reason: team.Composition}}},
		{"a member of 16 the day after", func(m []race.Member) []race.Member { m[3] = member(4, race.Male, 29); return m },
			[]entry.Problem{{Path: "members[3].person.birth_date", Reason: entry.AgeBelowMinimum}}},
		{"a reserve of 16 the day after", func(m []race.Member) []race.Member { return append(m, member(0, race.Male, 29)) },
			[]entry.Problem{{Path: "members[6].person.birth_date", Reason: entry.AgeBelowMinimum}}},
		{"a member without sex", func(m []race.Member) []race.Member { m[5].Sex = race.SexUnknown; return m },
			[]entry.Problem{{Path: "members[5].person.sex", Reason: entry.SexMissing}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, team.Check(ekiden(), members(tt.change), raceDay)); diff != "" {
				t.Errorf("Check (-want +got):\n%s", diff)
			}
		})
	}
}
