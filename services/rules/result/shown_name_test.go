package result_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/age"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

// bornInSeptember2007 is 18 on race day or, when born on the 29th, the day after.
func bornInSeptember2007(name string, day int, shown race.NameShown) race.Person {
	return race.Person{
		Name: name, Sex: race.Female, NameShown: shown, BirthDay: civil.Day{Year: 2007, Month: time.September, Day: day},
	}
}

func TestComputeShowsTheNameThatIsPublished(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		person race.Person
		on     age.On
		want   string
	}{
		{"18 on race day", bornInSeptember2007("Aru Esenova", 28, race.NameByAge), age.RaceDay, "Aru Esenova"},
		{"18 the day after", bornInSeptember2007("Aru Esenova", 29, race.NameByAge), age.RaceDay, "A. E."},
		{"18 the day after, in a race by year end", bornInSeptember2007("Aru Esenova", 29, race.NameByAge), age.YearEnd, "A. E."},
		{"a minor with consent", bornInSeptember2007("Aru Esenova", 29, race.NameInFull), age.RaceDay, "Aru Esenova"},
		{"hidden", bornInSeptember2007("Aru Esenova", 28, race.NameHidden), age.RaceDay, ""},
		{"unknown age", race.Person{Name: "Aru Esenova"}, age.RaceDay, "Aru Esenova"},
	} {
		r, e := ten(), runner()
		r.Age.On = c.on
		e.Person = c.person
		e.NameShown = race.NameInFull
		want := compute(r, e, whole())
		want.Name = c.want
		e.NameShown = c.person.NameShown
		if diff := cmp.Diff(want, compute(r, e, whole())); diff != "" {
			t.Errorf("%s: the name, and nothing else (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestComputeShowsTheNamesOfATeamThatArePublished(t *testing.T) {
	t.Parallel()
	e := team()
	seventeen := 17
	e.Name, e.AgeYears = "Tulpar Almaty", &seventeen
	e.Members[0].Person = bornInSeptember2007("Ana Omarova", 29, race.NameByAge)
	e.Members[1].Person = bornInSeptember2007("Bota Serik", 28, race.NameHidden)
	e.Members[2].Person = bornInSeptember2007("Dana Aliyeva", 28, race.NameByAge)
	got := compute(ekiden(), e, relayed())
	names := []string{got.Name}
	for _, leg := range got.Legs {
		names = append(names, leg.MemberName)
		if !leg.Ranked {
			t.Errorf("leg %d has lost its rank", leg.Number)
		}
	}
	if diff := cmp.Diff([]string{"Tulpar Almaty", "A. O.", "", "Dana Aliyeva"}, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
