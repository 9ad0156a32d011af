package race_test

import (
	"testing"

	"raceday/services/rules/race"
)

func TestShownName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, of string
		shown    race.NameShown
		minor    bool
		want     string
	}{
		{"of age", "Aru Esenova", race.NameByAge, false, "Aru Esenova"},
		{"a minor", "Aru Esenova", race.NameByAge, true, "A. E."},
		{"a minor with consent", "Aru Esenova", race.NameInFull, true, "Aru Esenova"},
		{"of age, in full", "Aru Esenova", race.NameInFull, false, "Aru Esenova"},
		{"hidden", "Aru Esenova", race.NameHidden, false, ""},
		{"a hidden minor", "Aru Esenova", race.NameHidden, true, ""},
		{"without a name", "", race.NameByAge, true, ""},
		{"Kazakh letters", "әсел қайратқызы Өмірбек", race.NameByAge, true, "Ә. Қ. Ө."},
		{"Cyrillic letters", "ёлка Щукина", race.NameByAge, true, "Ё. Щ."},
		{"a decomposed letter keeps its mark", "и\u0306одль Е\u0308лкин", race.NameByAge, true, "И\u0306. Е\u0308."},
		{"a hyphen makes no second word", "anna-maria o'neill", race.NameByAge, true, "A. O."},
		{"signs before a letter", "«Ару» (есенова) 2", race.NameByAge, true, "А. Е."},
		{"blanks of any kind", " aru\u00a0 \tesenova ", race.NameByAge, true, "A. E."},
		{"a script without capitals", "王小明", race.NameByAge, true, "王."},
		{"a script that begins no word with a capital", "ანა ბერიძე", race.NameByAge, true, "ა. ბ."},
		{"a digraph", "ǆemal ǉiljan", race.NameByAge, true, "ǅ. ǈ."},
	} {
		p := race.Person{Name: c.of, NameShown: c.shown}
		if got := p.ShownName(c.minor); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
