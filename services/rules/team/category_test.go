package team_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/entry"
	"raceday/services/rules/race"
	"raceday/services/rules/team"
)

func ekidenWithCategories() *race.Race {
	r := ekiden()
	r.Team.Categories = []race.TeamCategory{
		{Name: "WOMEN", MinWomen: 6}, {Name: "MEN", MinMen: 6}, {Name: "MIXED", MinWomen: 3, MinMen: 3}, {Name: "CORPORATE"},
	}
	return r
}

// runners are regulars of the sexes given, in the order of legs; what follows a hyphen is a reserve.
func runners(sexes string) []race.Member {
	var m []race.Member
	leg := 1
	for _, sex := range sexes {
		if sex == '-' {
			leg = 0
			continue
		}
		m = append(m, member(leg, race.Sex(sex), 1))
		if leg > 0 {
			leg++
		}
	}
	return m
}

func TestCheckCategory(t *testing.T) {
	t.Parallel()
	unknown := []entry.Problem{{Path: "category", Reason: team.CategoryUnknown}}
	composition := []entry.Problem{{Path: "members", Reason: team.Composition}}
	for _, c := range []struct {
		name, category, sexes string
		want                  []entry.Problem
	}{
		{"women: six", "WOMEN", "FFFFFF", nil},
		{"women: five", "WOMEN", "FFFFFM", composition},
		{"women: five and X", "WOMEN", "FFFFFX", composition},
		{"women: five and one among the reserves", "WOMEN", "FFFFFM-F", composition},
		{"women: a man among the reserves", "WOMEN", "FFFFFF-M", nil},
		{"women: five so far", "WOMEN", "FFFFF", nil},
		{"women: a man so far", "WOMEN", "M", composition},
		{"men: six", "MEN", "MMMMMM", nil},
		{"men: five", "MEN", "MMMMMF", composition},
		{"mixed: three each", "MIXED", "MFMFMF", nil},
		{"mixed: a woman too few", "MIXED", "MFMFMM", composition},
		{"mixed: a man too few", "MIXED", "FFMFMF", composition},
		{"mixed: X takes the last leg", "MIXED", "MMFFFX", composition},
		{"mixed: two each so far", "MIXED", "MMFF", nil},
		{"mixed: two each and X so far", "MIXED", "MMFFX", composition},
		{"mixed: four men so far", "MIXED", "MMMM", composition},
		{"mixed: nobody yet", "MIXED", "", nil},
		{"corporate: anybody", "CORPORATE", "XMMMMM", nil},
		{"unknown", "SCHOOLS", "MFMFMF", unknown},
		{"in another case", "Mixed", "MFMFMF", unknown},
		{"none named", "", "MFMFMF", unknown},
		{"unknown, and nobody yet", "SCHOOLS", "", unknown},
	} {
		got := team.CheckCategory(ekidenWithCategories(), c.category, runners(c.sexes))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestARaceWithoutCategoriesTakesEvery(t *testing.T) {
	t.Parallel()
	for _, category := range []string{"", "SCHOOLS"} {
		if got := team.CheckCategory(ekiden(), category, runners("MMMMMM")); got != nil {
			t.Errorf("%q: got %v, want nothing", category, got)
		}
	}
}

func TestACategoryIsRefusedOnlyWhereNoFurtherMemberReachesIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := drawMembers(t)
		category := race.TeamCategory{Name: "DRAWN", MinWomen: rapid.IntRange(0, 6).Draw(t, "min women")}
		category.MinMen = rapid.IntRange(0, 6-category.MinWomen).Draw(t, "min men")
		r := ekiden()
		r.Team.Categories = []race.TeamCategory{category}
		want := canBecome(m, func(m []race.Member) bool {
			women, men := 0, 0
			for i := range m {
				switch {
				case m[i].Leg > 0 && m[i].Sex == race.Female:
					women++
				case m[i].Leg > 0 && m[i].Sex == race.Male:
					men++
				}
			}
			return women >= category.MinWomen && men >= category.MinMen
		})
		if got := team.CheckCategory(r, "DRAWN", m); (len(got) == 0) != want {
			t.Fatalf("can become one: %v, but %v", want, got)
		}
	})
}
