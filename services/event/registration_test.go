package event_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	eventv1 "raceday/proto/raceday/event/v1"
	"raceday/services/event"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// opening is an event whose registration needs every field that there is; each of its lines may be replaced by a test.
const opening = `id: almaty-2020
day: "2020-09-27"
time_zone: Asia/Almaty
status: CANCELLED
points: [{id: line}]
races:
  - id: relay
    format: OTHER
    distance_metres: 42195
    max_age: 75
    capacity: 300
    registration:
      opens_at: "2019-11-01T10:00:00+05:00"
      offer: 12h
      waitlist: 500
      transfer_until: "2020-09-20T23:59:59+05:00"
    waves: [{id: A, max_entrants: 900}, {id: B}]
    course: [{point: line}, {point: line, at_metres: 42195}]
    classifications: [{id: overall}]
    documents:
      - {type: MEDICAL_CERTIFICATE, from_age: 15, to_age: 17}
      - {type: CONSENT, to_age: 17}
      - {type: IDENTITY}
    team:
      size: 1
      categories: [{name: WOMEN, min_women: 1}, {name: MEN, min_men: 1}, {name: Open 40+}]
      complete_until: "2020-09-01T00:00:00+05:00"
      substitute_until: "2020-09-27T06:30:00+05:00"
      legs: [{to: line, metres: 42195}]
`

func TestParseReadsWhatRegistrationNeeds(t *testing.T) {
	t.Parallel()
	e, err := event.Parse([]byte(opening))
	if err != nil {
		t.Fatal(err)
	}
	if !e.Cancelled {
		t.Error("event is planned, want cancelled")
	}
	got := e.Races[0]
	want := race.New(race.Other)
	want.ID, want.DistanceMillimetres = "relay", 42_195_000
	want.MaxAgeYears, want.Capacity = 75, 300
	want.Registration = race.Registration{
		OpensAt: utc(2019, time.November, 1, 5, 0), Hold: race.DefaultHold,
		Offer: 12 * time.Hour, Waitlist: 500, TransferUntil: utc(2020, time.September, 20, 18, 59) + 59_000_000,
	}
	want.Waves = []race.Wave{{ID: "A", MaxEntrants: 900}, {ID: "B"}}
	want.Course = []race.Visit{{Point: "line"}, {Point: "line", AtMillimetres: 42_195_000}}
	want.Classifications = []race.Classification{{ID: "overall"}}
	want.Documents = []race.Document{
		{Type: race.MedicalCertificate, FromAgeYears: 15, ToAgeYears: 17}, {Type: race.Consent, ToAgeYears: 17},
		{Type: race.Identity},
	}
	want.Team = &race.Team{
		Size:            1,
		Legs:            []race.Leg{{To: "line", LengthMillimetres: 42_195_000}},
		Categories:      []race.TeamCategory{{Name: "WOMEN", MinWomen: 1}, {Name: "MEN", MinMen: 1}, {Name: "Open 40+"}},
		CompleteUntil:   utc(2020, time.August, 31, 19, 0),
		SubstituteUntil: utc(2020, time.September, 27, 1, 30),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("race (-want +got):\n%s", diff)
	}
}

func utc(year int, month time.Month, day, hour, minute int) racetime.Instant {
	return racetime.At(time.Date(year, month, day, hour, minute, 0, 0, time.UTC))
}

func TestFormatWritesWhatRegistrationNeeds(t *testing.T) {
	t.Parallel()
	const want = `id: almaty-2020
day: "2020-09-27"
time_zone: Asia/Almaty
status: CANCELLED
points:
  - {id: line}
races:
  - id: relay
    format: OTHER
    distance_metres: 42195
    min_age: 0
    max_age: 75
    capacity: 300
    registration: {opens_at: "2019-11-01T05:00:00Z", hold: 2100s, offer: 43200s, waitlist: 500, transfer_until: "2020-09-20T18:59:59Z"}
    waves:
      - {id: A, max_entrants: 900}
      - {id: B}
    late_start: 1800s
    no_start_read: USE_GUN
    course:
      - {point: line, at_metres: 0}
      - {point: line, at_metres: 42195}
    fastest_pace: 120s
    crossing_gap: 30s
    over_time: OTL
    rounding: 1s
    protest_time: 1800s
    age: {on: RACE_DAY, leap_day: MAR_1}
    classifications:
      - {id: overall, basis: GUN, score: TIME}
    team:
      size: 1
      reserves: 0
      min_women: 0
      categories:
        - {name: WOMEN, min_women: 1}
        - {name: MEN, min_men: 1}
        - {name: "Open 40+"}
      complete_until: "2020-08-31T19:00:00Z"
      substitute_until: "2020-09-27T01:30:00Z"
      chip: TEAM
      missed_leg: TEAM_DNF
      legs:
        - {to: line, metres: 42195}
    documents:
      - {type: MEDICAL_CERTIFICATE, from_age: 15, to_age: 17}
      - {type: CONSENT, to_age: 17}
      - {type: IDENTITY}
`
	if diff := cmp.Diff(want, string(readBack(t, []byte(opening)))); diff != "" {
		t.Errorf("canonical file (-want +got):\n%s", diff)
	}
}

func TestFormatLeavesOutWhatGoesWithoutSaying(t *testing.T) {
	t.Parallel()
	silent := string(readBack(t, []byte(small)))
	said := strings.NewReplacer(
		"currency: KZT", "currency: KZT\nstatus: PLANNED",
		"capacity: 3000", "capacity: 3000\n    registration: {offer: 24h, waitlist: 0}",
	).Replace(small)
	if diff := cmp.Diff(silent, string(readBack(t, []byte(said)))); diff != "" {
		t.Errorf("canonical file (-silent +said):\n%s", diff)
	}
	waiting := string(readBack(t, []byte(strings.Replace(said, "waitlist: 0", "waitlist: 1", 1))))
	if want := "{hold: 2100s, offer: 86400s, waitlist: 1}"; !strings.Contains(waiting, want) {
		t.Errorf("canonical file has no %q where somebody may wait:\n%s", want, waiting)
	}
}

func TestParseReportsFaultsOfRegistration(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		old, new string
		want     event.FileFaults
	}{
		"nothing": {"", "", nil},
		"postponed": {
			"CANCELLED", "POSTPONED", event.FileFaults{{4, "status", `"POSTPONED" is none of PLANNED, CANCELLED`}},
		},
		"no limit of age in figures": {
			"max_age: 75", "max_age: 0", event.FileFaults{{10, "races[0].max_age", "is 0; leave it out for no limit"}},
		},
		"oldest younger than the youngest": {
			"max_age: 75", "max_age: 17\n    min_age: 18",
			event.FileFaults{{10, "races[0].max_age", "17 is below the min_age of 18"}},
		},
		"offer of nothing": {
			"offer: 12h", "offer: 0s", event.FileFaults{{14, "races[0].registration.offer", "is not above zero"}},
		},
		"waitlist without a capacity": {
			"    capacity: 300\n", "", event.FileFaults{{14, "races[0].registration.waitlist", "stands with a capacity only"}},
		},
		"transfers until a day": {
			`"2020-09-20T23:59:59+05:00"`, "2020-09-20",
			event.FileFaults{{16, "races[0].registration.transfer_until",
				`"2020-09-20" is not an instant written like 2025-09-28T07:00:00+05:00`}},
		},
		"wave for nobody": {
			"max_entrants: 900", "max_entrants: 0",
			event.FileFaults{{17, "races[0].waves[0].max_entrants", "is 0; leave it out for no limit"}},
		},
		"document without a type": {
			"{type: IDENTITY}", "{from_age: 18}", event.FileFaults{{23, "races[0].documents[2].type", "is missing"}},
		},
		"document that nobody knows": {
			"{type: IDENTITY}", "{type: VISA}",
			event.FileFaults{{23, "races[0].documents[2].type", `"VISA" is none of MEDICAL_CERTIFICATE, CONSENT, IDENTITY`}},
		},
		"document until the age of 0": {
			"{type: CONSENT, to_age: 17}", "{type: CONSENT, to_age: 0}",
			event.FileFaults{{22, "races[0].documents[1].to_age", "is 0; leave it out for no limit"}},
		},
		"document twice at one age": {
			"{type: IDENTITY}", "{type: CONSENT, from_age: 17}",
			event.FileFaults{{23, "races[0].documents[2]", "is asked for at the same ages, see documents[1]"}},
		},
		"two categories of one name": {
			"name: MEN", "name: WOMEN", event.FileFaults{{26, "races[0].team.categories[1].name", `"WOMEN" is taken`}},
		},
		"more men than members": {
			"min_men: 1", "min_men: 2",
			event.FileFaults{{26, "races[0].team.categories[1].min_men", "2 is more than the team's size of 1"}},
		},
		"complete before registration opens": {
			"2020-09-01T00:00:00", "2019-09-01T00:00:00",
			event.FileFaults{{27, "races[0].team.complete_until", "is before the registration's opens_at"}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(opening, test.old) {
				t.Fatalf("the event has no %q", test.old)
			}
			_, err := event.Parse([]byte(strings.Replace(opening, test.old, test.new, 1)))
			got, ok := errors.AsType[event.FileFaults](err)
			if err != nil && !ok {
				t.Fatalf("error %T, want FileFaults", err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFromMessageFindsUnknownValuesOfRegistration(t *testing.T) {
	t.Parallel()
	e, err := event.Parse([]byte(opening))
	if err != nil {
		t.Fatal(err)
	}
	m := event.ToMessage(e)
	m.Status = 99
	m.Races[0].Documents[0].Type = 99
	m.Races[0].Documents[2].Type = eventv1.DocumentType_DOCUMENT_TYPE_UNSPECIFIED
	want := []race.Problem{
		{Path: "status", Reason: "99 is unknown"},
		{Path: "races[0].documents[0].type", Reason: "99 is unknown"},
		{Path: "races[0].documents[2].type", Reason: "is missing"},
	}
	_, problems := event.FromMessage(m)
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}
