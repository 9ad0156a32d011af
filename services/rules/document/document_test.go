package document_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/age"
	"raceday/services/rules/civil"
	"raceday/services/rules/document"
	"raceday/services/rules/race"
)

var raceDay = civil.Day{Year: 2025, Month: time.September, Day: 28}

// born is who was born on a day of September.
func born(year, dayOfSeptember int) race.Person {
	return race.Person{BirthDay: civil.Day{Year: year, Month: time.September, Day: dayOfSeptember}}
}

func TestMissingByAge(t *testing.T) {
	t.Parallel()
	certificate, consent, identity := race.MedicalCertificate, race.Consent, race.Identity
	aged := func(years int) race.Person { return race.Person{AgeYears: &years} }
	for _, c := range []struct {
		name   string
		person race.Person
		on     age.On
		want   []race.DocumentType
	}{
		{"17, 18 the day after", born(2007, 29), age.RaceDay, []race.DocumentType{identity, consent, certificate}},
		{"18 on race day", born(2007, 28), age.RaceDay, []race.DocumentType{identity}},
		{"17, 18 in that year", born(2007, 29), age.YearEnd, []race.DocumentType{identity}},
		{"64, 65 the day after", born(1960, 29), age.RaceDay, []race.DocumentType{identity}},
		{"65 on race day", born(1960, 28), age.RaceDay, []race.DocumentType{identity, certificate}},
		{"14, 15 the day after", born(2010, 29), age.RaceDay, []race.DocumentType{identity, consent}},
		{"15 on race day", born(2010, 28), age.RaceDay, []race.DocumentType{identity, consent, certificate}},
		{"17 without a birth date", aged(17), age.RaceDay, []race.DocumentType{identity, consent, certificate}},
		{"18 without a birth date", aged(18), age.RaceDay, []race.DocumentType{identity}},
		{
			"unknown age: every document, each once", race.Person{}, age.RaceDay,
			[]race.DocumentType{identity, consent, certificate},
		},
	} {
		r := &race.Race{Age: age.Rule{On: c.on}, Documents: []race.Document{
			{Type: identity}, {Type: consent, ToAgeYears: 17},
			{Type: certificate, FromAgeYears: 15, ToAgeYears: 17}, {Type: certificate, FromAgeYears: 65},
		}}
		if diff := cmp.Diff(c.want, document.Missing(r, c.person, nil, raceDay)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestMissingByWhatIsHeld(t *testing.T) {
	t.Parallel()
	certificate, identity := race.MedicalCertificate, race.Identity
	r := &race.Race{Documents: []race.Document{{Type: certificate}, {Type: identity}}}
	both := []race.DocumentType{certificate, identity}
	until := func(d race.DocumentType, days int) document.Held {
		return document.Held{Type: d, ValidUntil: raceDay.AddDays(days)}
	}
	for _, c := range []struct {
		name string
		held []document.Held
		want []race.DocumentType
	}{
		{"nothing", nil, both},
		{"valid until the day before", []document.Held{until(certificate, -1)}, both},
		{"valid until race day", []document.Held{until(certificate, 0)}, []race.DocumentType{identity}},
		{"valid until the day after", []document.Held{until(certificate, 1)}, []race.DocumentType{identity}},
		{"valid without end", []document.Held{{Type: certificate}}, []race.DocumentType{identity}},
		{
			"an old one and its successor", []document.Held{until(identity, -1), until(identity, 300)},
			[]race.DocumentType{certificate},
		},
		{"one that is not asked for", []document.Held{{Type: race.Consent}}, both},
		{"both", []document.Held{{Type: identity}, until(certificate, 0)}, nil},
	} {
		if diff := cmp.Diff(c.want, document.Missing(r, born(1990, 1), c.held, raceDay)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	if got := document.Missing(&race.Race{}, race.Person{}, nil, raceDay); got != nil {
		t.Errorf("a race that asks for none: got %v", got)
	}
}
