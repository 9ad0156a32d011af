package entry_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/civil"
	"raceday/services/rules/entry"
	"raceday/services/rules/race"
)

func TestCheckNamesEveryMissingField(t *testing.T) {
	t.Parallel()
	want := []entry.Problem{
		{Path: "name", Reason: entry.NameMissing},
		{Path: "sex", Reason: entry.SexMissing},
		{Path: "birth_date", Reason: entry.BirthDateMissing},
	}
	if diff := cmp.Diff(want, entry.Check(&race.Race{}, race.Person{}, civil.Day{})); diff != "" {
		t.Errorf("Check (-want +got):\n%s", diff)
	}
}

func TestCheckNamesTheAgeBesideWhatIsMissing(t *testing.T) {
	t.Parallel()
	want := []entry.Problem{
		{Path: "sex", Reason: entry.SexMissing},
		{Path: "birth_date", Reason: entry.AgeAboveMaximum},
	}
	r := &race.Race{MaxAgeYears: 17}
	got := entry.Check(r, race.Person{Name: "Aru", BirthDay: day(2007, time.September, 28)}, september28)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Check (-want +got):\n%s", diff)
	}
}
