package race_test

import (
	"testing"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

func TestCheckFindsTeamsThatCannotBe(t *testing.T) {
	t.Parallel()
	categories := func(minWomen int, categories ...race.TeamCategory) func(e *race.Event) {
		return func(e *race.Event) {
			e.Races[relay].Team.MinWomen = minWomen
			e.Races[relay].Team.Categories = categories
		}
	}
	findsWrong(t, map[string]finding{
		"women, men, mixed, corporate": {
			categories(0, race.TeamCategory{Name: "WOMEN", MinWomen: 6}, race.TeamCategory{Name: "MEN", MinMen: 6},
				race.TeamCategory{Name: "MIXED", MinWomen: 3, MinMen: 3}, race.TeamCategory{Name: "CORPORATE"}), nil,
		},
		"category without a name": {
			categories(0, race.TeamCategory{Name: " ", MinWomen: 6}), problem("races[2].team.categories[0].name", "is missing"),
		},
		"category that entries cannot have": {
			categories(0, race.TeamCategory{Name: "WOMEN "}),
			problem("races[2].team.categories[0].name", "begins or ends with a blank, which entries lose"),
		},
		"category over two lines": {
			categories(0, race.TeamCategory{Name: "a\nb"}),
			problem("races[2].team.categories[0].name", "holds a control character"),
		},
		"two categories of one name": {
			categories(0, race.TeamCategory{Name: "OPEN"}, race.TeamCategory{Name: "OPEN", MinMen: 1}),
			problem("races[2].team.categories[1].name", `"OPEN" is taken`),
		},
		"seven women of six": {
			categories(0, race.TeamCategory{Name: "WOMEN", MinWomen: 7}),
			problem("races[2].team.categories[0].min_women", "7 is more than the team's size of 6"),
		},
		"seven men of six": {
			categories(0, race.TeamCategory{Name: "MEN", MinMen: 7}),
			problem("races[2].team.categories[0].min_men", "7 is more than the team's size of 6"),
		},
		"fewer than none": {
			categories(0, race.TeamCategory{Name: "ODD", MinWomen: -1, MinMen: -1}),
			append(problem("races[2].team.categories[0].min_women", "-1 is negative"),
				problem("races[2].team.categories[0].min_men", "-1 is negative")...),
		},
		"four women and three men of six": {
			categories(0, race.TeamCategory{Name: "MIXED", MinWomen: 4, MinMen: 3}),
			problem("races[2].team.categories[0].min_men", "3 beside 4 women are more than the team's size of 6"),
		},
		"five men in a race that asks for two women": {
			categories(2, race.TeamCategory{Name: "MEN", MinMen: 5}),
			problem("races[2].team.categories[0].min_men", "5 beside 2 women are more than the team's size of 6"),
		},
		"seven women of six in the race": {
			categories(7, race.TeamCategory{Name: "MEN", MinMen: 6}),
			problem("races[2].team.min_women", "7 is more than the team's size of 6"),
		},
		"categories in a marathon": {
			func(e *race.Event) {
				e.Races[marathon].Team = &race.Team{Size: 6, Categories: []race.TeamCategory{{Name: "WOMEN", MinWomen: 6}}}
			},
			problem("races[0].team", "stands with EKIDEN and OTHER only"),
		},
		"complete the moment that registration opens": {completeUntil(opens), nil},
		"complete before registration opens": {
			completeUntil(opens - 1),
			problem("races[2].team.complete_until", "is before the registration's opens_at"),
		},
		"substitutes before registration opens": {
			func(e *race.Event) {
				e.Races[relay].Registration.OpensAt, e.Races[relay].Team.SubstituteUntil = opens, opens-1
			}, nil,
		},
	})
}

// completeUntil lets teams be incomplete until then, and opens the registration at opens.
func completeUntil(until racetime.Instant) func(e *race.Event) {
	return func(e *race.Event) {
		e.Races[relay].Registration.OpensAt, e.Races[relay].Team.CompleteUntil = opens, until
	}
}

const opens racetime.Instant = 1_730_437_200_000_000
