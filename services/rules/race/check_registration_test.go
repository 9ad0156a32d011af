package race_test

import (
	"testing"
	"time"

	"raceday/services/rules/race"
)

func TestCheckFindsWhatRegistrationCannotDo(t *testing.T) {
	t.Parallel()
	documents := func(documents ...race.Document) func(e *race.Event) {
		return func(e *race.Event) { e.Races[tenKm].Documents = documents }
	}
	findsWrong(t, map[string]finding{
		"cancelled": {func(e *race.Event) { e.Cancelled = true }, nil},

		"oldest as young as the youngest": {func(e *race.Event) { e.Races[marathon].MaxAgeYears = 18 }, nil},
		"oldest younger than the youngest": {
			func(e *race.Event) { e.Races[marathon].MinAgeYears, e.Races[marathon].MaxAgeYears = 20, 19 },
			problem("races[0].max_age", "19 is below the min_age of 20"),
		},
		"oldest younger than the format's youngest": {
			func(e *race.Event) { e.Races[marathon].MaxAgeYears = 17 },
			problem("races[0].max_age", "17 is below the min_age of 18"),
		},
		"oldest not born yet": {
			func(e *race.Event) { e.Races[marathon].MaxAgeYears = -1 }, problem("races[0].max_age", "-1 is negative"),
		},

		"offer of nothing": {
			func(e *race.Event) { e.Races[marathon].Registration.Offer = 0 },
			problem("races[0].registration.offer", "is not above zero"),
		},
		"offer that ran out before it began": {
			func(e *race.Event) { e.Races[marathon].Registration.Offer = -time.Hour },
			problem("races[0].registration.offer", "-1h0m0s is negative"),
		},
		"waitlist of a race with places": {
			func(e *race.Event) { e.Races[marathon].Capacity, e.Races[marathon].Registration.Waitlist = 3000, 500 }, nil,
		},
		"waitlist of a race without limit": {
			func(e *race.Event) { e.Races[marathon].Registration.Waitlist = 500 },
			problem("races[0].registration.waitlist", "stands with a capacity only"),
		},
		"waitlist of less than nobody": {
			func(e *race.Event) { e.Races[marathon].Registration.Waitlist = -1 },
			problem("races[0].registration.waitlist", "-1 is negative"),
		},
		"transfers end before registration opens": {
			func(e *race.Event) { e.Races[marathon].Registration.TransferUntil = 1 }, nil,
		},
		"transfers go on after registration": {
			func(e *race.Event) {
				e.Races[marathon].Registration.TransferUntil = e.Races[marathon].Registration.ClosesAt + 1
			}, nil,
		},
		"wave for less than nobody": {
			func(e *race.Event) { e.Races[marathon].Waves[1].MaxEntrants = -1 },
			problem("races[0].waves[1].max_entrants", "-1 is negative"),
		},
		"wave for fewer than its ranges hold": {func(e *race.Event) { e.Races[marathon].Waves[0].MaxEntrants = 900 }, nil},

		"documents of neighbouring ages": {
			documents(
				race.Document{Type: race.MedicalCertificate, FromAgeYears: 15, ToAgeYears: 17},
				race.Document{Type: race.Consent, FromAgeYears: 15, ToAgeYears: 17},
				race.Document{Type: race.MedicalCertificate, FromAgeYears: 18},
				race.Document{Type: race.Identity},
			), nil,
		},
		"document of one age": {documents(race.Document{Type: race.Consent, FromAgeYears: 17, ToAgeYears: 17}), nil},
		"document twice at the age of 17": {
			documents(
				race.Document{Type: race.Consent, FromAgeYears: 15, ToAgeYears: 17},
				race.Document{Type: race.Identity, FromAgeYears: 15, ToAgeYears: 17},
				race.Document{Type: race.Consent, FromAgeYears: 17, ToAgeYears: 17},
			),
			problem("races[1].documents[2]", "is asked for at the same ages, see documents[0]"),
		},
		"document at any age and of the old": {
			documents(race.Document{Type: race.Identity}, race.Document{Type: race.Identity, FromAgeYears: 70}),
			problem("races[1].documents[1]", "is asked for at the same ages, see documents[0]"),
		},
		"document from 18 to 17": {
			documents(race.Document{FromAgeYears: 18, ToAgeYears: 17}),
			problem("races[1].documents[0].to_age", "17 is below the from_age of 18"),
		},
		"documents of the unborn": {
			documents(race.Document{FromAgeYears: -1}, race.Document{ToAgeYears: -1}),
			append(problem("races[1].documents[0].from_age", "-1 is negative"),
				problem("races[1].documents[1].to_age", "-1 is negative")...),
		},
	})
}
