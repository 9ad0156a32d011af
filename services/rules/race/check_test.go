package race_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/age"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

func TestCheckFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	findsWrong(t, map[string]finding{
		"nothing": {func(*race.Event) {}, nil},

		"no id": {func(e *race.Event) { e.ID = "" }, problem("id", "is missing")},
		"id with a blank": {
			func(e *race.Event) { e.ID = "almaty 2025" },
			problem("id", `"almaty 2025" is no id: letters, digits and hyphens, at most 40, beginning with a letter or digit`),
		},
		"no day":              {func(e *race.Event) { e.Day = civil.Day{} }, problem("day", "is missing")},
		"no time zone":        {func(e *race.Event) { e.TimeZone = "" }, problem("time_zone", "is missing")},
		"currency in words":   {func(e *race.Event) { e.Currency = "tenge" }, problem("currency", `"tenge" is not a code of three capital letters`)},
		"name over two lines": {func(e *race.Event) { e.Name = "a\nb" }, problem("name", "holds a control character")},
		"two points of one name": {
			func(e *race.Event) { e.Points = append(e.Points, "k5") }, problem("points[7].id", `"k5" is taken`),
		},
		"no race": {func(e *race.Event) { e.Races = nil }, problem("races", "there is none")},
		"two races of one name": {
			func(e *race.Event) { e.Races[tenKm].ID = "marathon" }, problem("races[1].id", `"marathon" is taken`),
		},

		"mat at an unknown point": {
			func(e *race.Event) { e.Mats[0].Point = "k6" }, problem("mats[0].point", `"k6" is no point of the event`),
		},
		"mat twice in one period": {
			func(e *race.Event) { e.Mats[2].From-- },
			problem("mats[2]", `"k5-a" lies elsewhere in the same period, see mats[1]`),
		},
		"mat twice without periods": {
			func(e *race.Event) { e.Mats = append(e.Mats, race.Mat{ID: "line-a", Point: "k5"}) },
			problem("mats[3]", `"line-a" lies elsewhere in the same period, see mats[0]`),
		},
		"mat leaves before it comes": {
			func(e *race.Event) { e.Mats[2].Until = e.Mats[2].From }, problem("mats[2].until", "is not after from"),
		},
		"clock off by years": {
			func(e *race.Event) { e.Mats[0].ClockOffset = -10_000 * time.Hour },
			problem("mats[0].clock_offset", "10000h0m0s is longer than a year"),
		},

		"marathon of 42 km": {
			func(e *race.Event) {
				e.Races[marathon].DistanceMillimetres = 42_000_000
				e.Races[marathon].Course[2].AtMillimetres = 42_000_000
			},
			problem("races[0].distance_metres", "42000 is not the format's 42195"),
		},
		"other format without a distance": {
			func(e *race.Event) {
				e.Races[tenKm].Format, e.Races[tenKm].DistanceMillimetres = race.Other, 0
			},
			append(problem("races[1].distance_metres", "is missing"),
				problem("races[1].course[1].at_metres", "10000 is not the distance of 0, where a course ends")...),
		},
		"sixteen in a marathon": {
			func(e *race.Event) { e.Races[marathon].MinAgeYears = 16 },
			problem("races[0].min_age", "16 is below the format's 18"),
		},
		"twenty in a marathon is stricter": {func(e *race.Event) { e.Races[marathon].MinAgeYears = 20 }, nil},
		"born-before admits a child of 14": {
			func(e *race.Event) {
				e.Races[tenKm].Age = age.Rule{On: age.BornBefore, Before: day(2010, time.September, 30)}
			},
			problem("races[1].age.date", "admits an age of 14, below the format's 15"),
		},
		"born-before the fifteenth birthday": {
			func(e *race.Event) {
				e.Races[tenKm].Age = age.Rule{On: age.BornBefore, Before: day(2010, time.September, 29)}
			}, nil,
		},
		"born-before without a date": {
			func(e *race.Event) { e.Races[tenKm].Age.On = age.BornBefore },
			problem("races[1].age.date", "is missing, and BORN_BEFORE needs it"),
		},
		"date without born-before": {
			func(e *race.Event) { e.Races[tenKm].Age.Before = day(2010, time.January, 1) },
			problem("races[1].age.date", "stands with BORN_BEFORE only"),
		},
		"capacity below nothing": {
			func(e *race.Event) { e.Races[marathon].Capacity = -1 }, problem("races[0].capacity", "-1 is negative"),
		},
		"registration closes before it opens": {
			func(e *race.Event) { e.Races[marathon].Registration.ClosesAt = 1 },
			problem("races[0].registration.closes_at", "is not after opens_at"),
		},

		"fees in the wrong order": {
			func(e *race.Event) { e.Races[marathon].Fees[1].Until = e.Races[marathon].Fees[0].Until },
			problem("races[0].fees[1].until", "is not after that of the fee before"),
		},
		"first fee without end": {
			func(e *race.Event) { e.Races[marathon].Fees[0].Until = 0 },
			problem("races[0].fees[0].until", "is missing; only the last fee is without end"),
		},
		"more than everything for charity": {
			func(e *race.Event) { e.Races[marathon].Fees[0].CharityPercent = 101 },
			problem("races[0].fees[0].charity_percent", "101 is not from 0 to 100"),
		},
		"negative fee": {
			func(e *race.Event) { e.Races[marathon].Fees[0].AmountMinor = -1 },
			problem("races[0].fees[0].amount", "is negative"),
		},

		"no wave": {func(e *race.Event) { e.Races[tenKm].Waves = nil }, problem("races[1].waves", "there is none")},
		"several waves without ranges": {
			func(e *race.Event) { e.Races[tenKm].Waves = []race.Wave{{ID: "A"}, {ID: "B"}} }, nil,
		},
		"two waves of one name": {
			func(e *race.Event) { e.Races[marathon].Waves[1].ID = "A" }, problem("races[0].waves[1].id", `"A" is taken`),
		},
		"wave ranges overlap": {
			func(e *race.Event) { e.Races[marathon].Waves[1].Bibs[0].First = 999 },
			problem("races[0].waves[1].bibs[0]", "999-3999 overlaps 1-999"),
		},
		"a wide range overlaps two": {
			func(e *race.Event) {
				e.Races[marathon].Waves[0].Bibs = []race.BibRange{{First: 50, Last: 60}, {First: 1, Last: 100}, {First: 90, Last: 95}}
			},
			append(problem("races[0].waves[0].bibs[0]", "50-60 overlaps 1-100"),
				problem("races[0].waves[0].bibs[2]", "90-95 overlaps 1-100")...),
		},
		"ranges of another prefix": {
			func(e *race.Event) {
				e.Races[marathon].Waves[1].Bibs[0] = race.BibRange{Prefix: "F", First: 1, Last: 999}
			}, nil,
		},

		"course of one visit": {
			func(e *race.Event) { e.Races[tenKm].Course = e.Races[tenKm].Course[:1] },
			problem("races[1].course", "has 1 visits and needs a start and a finish"),
		},
		"course that starts late": {
			func(e *race.Event) { e.Races[tenKm].Course[0].AtMillimetres = 100 },
			problem("races[1].course[0].at_metres", "0.1 is not 0, where a course starts"),
		},
		"course that goes back": {
			func(e *race.Event) {
				e.Races[marathon].Course = []race.Visit{visit("line", 0), visit("k5", 5000), visit("k10", 5000), visit("line", 42_195)}
			},
			problem("races[0].course[2].at_metres", "5000 is not beyond the visit before at 5000"),
		},
		"course that ends early": {
			func(e *race.Event) { e.Races[marathon].Course[2].AtMillimetres-- },
			problem("races[0].course[2].at_metres", "42194.999 is not the distance of 42195, where a course ends"),
		},
		"two neighbouring visits at one point": {
			func(e *race.Event) { e.Races[marathon].Course[1].Point = "line" }, nil,
		},
		"unknown point in the course": {
			func(e *race.Event) { e.Races[marathon].Course[1].Point = "k6" },
			problem("races[0].course[1].point", `"k6" is no point of the event`),
		},
		"negative cut-off": {
			func(e *race.Event) { e.Races[marathon].Course[1].CutOff.AfterGun = -time.Second },
			problem("races[0].course[1].cut_off.after_gun", "-1s is negative"),
		},

		"negative durations": {
			func(e *race.Event) {
				r := &e.Races[tenKm]
				r.LateStart, r.FastestPace, r.CrossingGap, r.Rounding = -1000, -1000, -1000, -1000
			},
			append(append(problem("races[1].late_start", "-1µs is negative"), problem("races[1].fastest_pace", "-1µs is negative")...),
				append(problem("races[1].crossing_gap", "-1µs is negative"), problem("races[1].rounding", "-1µs is negative")...)...),
		},
		"rounding to nothing": {
			func(e *race.Event) { e.Races[tenKm].Rounding = 0 }, problem("races[1].rounding", "is not above zero"),
		},
		"rounding finer than a microsecond": {
			func(e *race.Event) { e.Races[tenKm].Rounding = 1500 },
			problem("races[1].rounding", "1.5µs is not in whole microseconds"),
		},

		"age groups without bands": {
			func(e *race.Event) { e.Races[marathon].Classifications[1].Bands = nil },
			problem("races[0].classifications[1].bands", "there is none, and AGE needs them"),
		},
		"bands without age groups": {
			func(e *race.Event) { e.Races[marathon].Classifications[0].Bands = age.Bands{18} },
			problem("races[0].classifications[0].bands", "stand with AGE only"),
		},
		"bands out of order": {
			func(e *race.Event) { e.Races[marathon].Classifications[1].Bands = age.Bands{18, 40, 40} },
			problem("races[0].classifications[1].bands[2]", "40 is not above 40"),
		},
		"two classifications of one name": {
			func(e *race.Event) { e.Races[marathon].Classifications[1].ID = "sex" },
			problem("races[0].classifications[1].id", `"sex" is taken`),
		},
		"by sex and sex": {
			func(e *race.Event) { e.Races[marathon].Classifications[0].By = []race.By{race.BySex, race.BySex} },
			problem("races[0].classifications[0].by[1]", "stands twice"),
		},
		"tag of two words": {
			func(e *race.Event) { e.Races[marathon].Classifications[0].Tag = "old boys" },
			problem("races[0].classifications[0].tag", "holds a blank, which separates tags in a roster"),
		},
		"course of records with a blank": {
			func(e *race.Event) { e.Races[tenKm].RecordCourse = "old town" },
			problem("races[1].record_course", `"old town" is no id: letters, digits and hyphens, at most 40, beginning with a letter or digit`),
		},
		"a course of records that two races share": {
			func(e *race.Event) { e.Races[marathon].RecordCourse, e.Races[tenKm].RecordCourse = "almaty", "almaty" }, nil,
		},
		"award in an unknown classification": {
			func(e *race.Event) { e.Races[marathon].Awards[0].Classification = "graded" },
			problem("races[0].awards[0].classification", `"graded" is no classification of the race`),
		},
		"award for nobody": {
			func(e *race.Event) { e.Races[marathon].Awards[0].Ranks = 0 }, problem("races[0].awards[0].ranks", "0 is below 1"),
		},

		"team in a marathon": {
			func(e *race.Event) { e.Races[marathon].Team = &race.Team{Size: 6} },
			problem("races[0].team", "stands with EKIDEN and OTHER only"),
		},
		"ekiden of five": {
			func(e *race.Event) { e.Races[relay].Team.Size = 5 },
			problem("races[2].team.size", "5 is not the format's 6"),
		},
		"fifteen in an ekiden": {
			func(e *race.Event) { e.Races[relay].MinAgeYears = 15 },
			problem("races[2].min_age", "15 is below the format's 16"),
		},
		"ekiden hand-over at 4.9 km": {
			func(e *race.Event) { e.Races[relay].Course[1].AtMillimetres = 4_900_000 },
			problem("races[2].course[1].at_metres", "4900 is not the format's 5000, where leg 1 ends"),
		},
		"ekiden without one hand-over": {
			func(e *race.Event) {
				e.Races[relay].Course = append(e.Races[relay].Course[:5:5], visit("line", 42_195))
			},
			problem("races[2].course", "has 5 visits after the start and an EKIDEN without legs has 6"),
		},
		"more women than members": {
			func(e *race.Event) { e.Races[relay].Team.MinWomen = 7 },
			problem("races[2].team.min_women", "7 is more than the team's size of 6"),
		},
		"legs that do not sum to the distance": {
			func(e *race.Event) { twoLegs(e).Legs[1].LengthMillimetres-- },
			problem("races[2].team.legs", "sum to 42194.999, not to the distance of 42195"),
		},
		"two legs of two members": {func(e *race.Event) { twoLegs(e) }, nil},
		"leg to an unknown point": {
			func(e *race.Event) { twoLegs(e).Legs[0].To = "x9" },
			problem("races[2].team.legs[0].to", `"x9" is no point of the event`),
		},
		"leg that goes back": {
			func(e *race.Event) { twoLegs(e).Legs[1].To = "k5" },
			problem("races[2].team.legs[1].to", `"k5" is no visit after the leg before`),
		},
		"last leg ends before the finish": {
			func(e *race.Event) { twoLegs(e).Legs[1].To = "x3" },
			problem("races[2].team.legs[1].to", `"x3" is not the finish, where the last leg ends`),
		},
		"three members and two legs": {
			func(e *race.Event) { twoLegs(e).Size = 3 },
			problem("races[2].team.legs", "2 legs are not one for each of 3 members"),
		},
		"leg of no length": {
			func(e *race.Event) {
				team := twoLegs(e)
				team.Legs[0].LengthMillimetres, team.Legs[1].LengthMillimetres = 0, 42_195_000
			},
			problem("races[2].team.legs[0].metres", "0 is not above 0"),
		},

		"cards in a marathon": {
			func(e *race.Event) { e.Races[marathon].Nordic = &race.Nordic{YellowToDSQ: 3} },
			problem("races[0].nordic", "stands with NORDIC_WALKING and OTHER only"),
		},
		"no card disqualifies": {
			func(e *race.Event) { e.Races[walk].Nordic.YellowToDSQ = -1 },
			problem("races[3].nordic.yellow_to_dsq", "-1 is below 1"),
		},
		"all at once, in the order of the file": {
			func(e *race.Event) {
				e.Races[walk].Waves, e.TimeZone, e.Races[marathon].MinAgeYears = nil, "", 3
			},
			append(append(problem("time_zone", "is missing"), problem("races[0].min_age", "3 is below the format's 18")...),
				problem("races[3].waves", "there is none")...),
		},
	})
}

// The races of almaty.
const marathon, tenKm, relay, walk = 0, 1, 2, 3

// finding is what is wrong with almaty once it is spoiled.
type finding struct {
	spoil func(e *race.Event)
	want  []race.Problem
}

func findsWrong(t *testing.T, tests map[string]finding) {
	t.Helper()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := almaty()
			test.spoil(e)
			if diff := cmp.Diff(test.want, race.Check(e)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func problem(path, reason string) []race.Problem { return []race.Problem{{Path: path, Reason: reason}} }

// twoLegs makes the relay one of two members of a format that sets everything by hand.
func twoLegs(e *race.Event) *race.Team {
	relay := &e.Races[2]
	relay.Format = race.Other
	relay.Team = &race.Team{Size: 2, Legs: []race.Leg{
		{To: "x2", LengthMillimetres: 15_000_000},
		{To: "line", LengthMillimetres: 27_195_000},
	}}
	return relay.Team
}

// almaty is an event in which nothing is wrong.
func almaty() *race.Event {
	moved := racetime.At(time.Date(2025, 9, 28, 3, 30, 0, 0, time.UTC))
	marathon := race.New(race.Marathon)
	marathon.ID = "marathon"
	marathon.Registration.OpensAt, marathon.Registration.ClosesAt = moved-2, moved-1
	marathon.Fees = []race.Fee{{Until: moved - 2, AmountMinor: 1_800_000, CharityPercent: 20}, {AmountMinor: 2_500_000}}
	marathon.Waves = []race.Wave{
		{ID: "A", Bibs: []race.BibRange{{First: 1, Last: 999}}},
		{ID: "B", Bibs: []race.BibRange{{First: 1000, Last: 3999}}},
	}
	marathon.Course = []race.Visit{visit("line", 0), visit("k5", 5000), visit("line", 42_195)}
	marathon.Classifications = []race.Classification{
		{ID: "sex", By: []race.By{race.BySex}},
		{ID: "age", By: []race.By{race.BySex, race.ByAge}, Bands: age.Bands{18, 35, 40}},
	}
	marathon.Awards = []race.Award{{Classification: "sex", Ranks: 3}}

	tenKm := race.New(race.TenKm)
	tenKm.ID = "10km"
	tenKm.Waves = []race.Wave{{ID: "A"}}
	tenKm.Course = []race.Visit{visit("line", 0), visit("line", 10_000)}

	relay := race.New(race.Ekiden)
	relay.ID = "ekiden"
	relay.Waves = []race.Wave{{ID: "A"}}
	relay.Course = []race.Visit{
		visit("line", 0), visit("k5", 5000), visit("x2", 15_000), visit("x3", 20_000), visit("x4", 30_000),
		visit("x5", 35_000), visit("line", 42_195),
	}

	walk := race.New(race.NordicWalking)
	walk.ID = "walk"
	walk.Waves = []race.Wave{{ID: "A"}}
	walk.Course = []race.Visit{visit("line", 0), visit("line", 10_000)}

	return &race.Event{
		ID: "almaty-2025", Name: "Almaty Marathon 2025", Day: day(2025, time.September, 28),
		TimeZone: "Asia/Almaty", Currency: "KZT",
		Points: []race.PointID{"line", "k5", "k10", "x2", "x3", "x4", "x5"},
		Mats: []race.Mat{
			{ID: "line-a", Point: "line"},
			{ID: "k5-a", Point: "k5", Until: moved},
			{ID: "k5-a", Point: "k10", From: moved, ClockOffset: 350 * time.Millisecond},
		},
		Races: []race.Race{marathon, tenKm, relay, walk},
	}
}

func visit(point race.PointID, metres int64) race.Visit {
	return race.Visit{Point: point, AtMillimetres: metres * 1000}
}

func day(year int, month time.Month, dayOfMonth int) civil.Day {
	return civil.Day{Year: year, Month: month, Day: dayOfMonth}
}
