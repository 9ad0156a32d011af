package classification

import (
	"testing"

	"raceday/services/rules/age"
	"raceday/services/rules/race"
)

func TestMayHave(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		by   []race.By
		name string
		want bool
	}{
		{nil, "c", true},
		{nil, "c/F", false},
		{[]race.By{race.BySex}, "c/X", true},
		{[]race.By{race.BySex}, "c/Q", false},
		{[]race.By{race.BySex}, "c", false},
		{[]race.By{race.BySex, race.ByAge}, "c/F18-34", true},
		{[]race.By{race.BySex, race.ByAge}, "c/F35+", true},
		{[]race.By{race.BySex, race.ByAge}, "c/F18-35", false},
		{[]race.By{race.BySex, race.ByAge}, "c/F", false},
		{[]race.By{race.ByAge}, "c/18-34", true},
		{[]race.By{race.ByCategory, race.BySex}, "c/Open 40+|F", true},
		{[]race.By{race.ByCategory, race.BySex}, "c/Open 40+|Q", false},
		{[]race.By{race.BySex, race.ByAge, race.ByCountry}, "c/M18-34|KAZ", true},
		{[]race.By{race.BySex, race.ByAge, race.ByCountry}, "c/M18-34|", false},
		{[]race.By{race.ByClub}, "d/Club", false},
	} {
		class := race.Classification{ID: "c", By: c.by, Bands: age.Bands{18, 35}}
		if got := MayHave(&class, c.name); got != c.want {
			t.Errorf("by %v: MayHave(%q) = %v, want %v", c.by, c.name, got, c.want)
		}
	}
}
