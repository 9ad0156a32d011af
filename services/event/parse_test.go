package event_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // The zones of the test do not depend on the machine.

	"github.com/google/go-cmp/cmp"

	"raceday/services/event"
	"raceday/services/rehearsal/sharedcase"
	"raceday/services/rules/age"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// small is an event in which nothing is wrong; each line of it is one that a test may replace.
const small = `id: almaty-2025
name: Almaty Marathon 2025
day: "2025-09-28"
time_zone: Asia/Almaty
currency: KZT
points: [{id: line}, {id: k5}]
mats: [{id: line-a, point: line}]
races:
  - id: marathon
    format: MARATHON
    min_age: 18
    capacity: 3000
    fees: [{amount: 18000, charity_percent: 20}]
    waves:
      - {id: A, gun: "2025-09-28T07:00:00+05:00", bibs: ["1-999"]}
    course:
      - {point: line, at_metres: 0}
      - point: k5
        at_metres: 5000
        cut_off: {after_gun: 5400s}
      - {point: line, at_metres: 42195}
    rounding: 1s
    classifications:
      - {id: age, by: [SEX, AGE], bands: [18, 35], basis: NET}
`

func TestParseReportsEveryFault(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		old, new string
		want     event.FileFaults
	}{
		"nothing": {"", "", nil},
		"minimum age below the format's": {
			"min_age: 18", "min_age: 16",
			event.FileFaults{{11, "races[0].min_age", "16 is below the format's 18"}},
		},
		"unknown field": {
			"currency: KZT", "currrency: KZT", event.FileFaults{{5, "currrency", "is unknown"}},
		},
		"unknown field deep down": {
			"cut_off: {after_gun: 5400s}", "cut_off: {after_guns: 5400s}",
			event.FileFaults{{20, "races[0].course[1].cut_off.after_guns", "is unknown"}},
		},
		"key that stands twice": {
			"currency: KZT", "id: other", event.FileFaults{{5, "id", "stands twice, first on line 1"}},
		},
		"enum with its prefix": {
			"format: MARATHON", "format: FORMAT_MARATHON",
			event.FileFaults{{10, "races[0].format",
				`"FORMAT_MARATHON" is none of MARATHON, HALF_MARATHON, TEN_KM, NORDIC_WALKING, EKIDEN, OTHER`}},
		},
		"no format": {"    format: MARATHON\n", "", event.FileFaults{{9, "races[0].format", "is missing"}}},
		"no such zone": {
			"Asia/Almaty", "Asia/Alma-Ata", event.FileFaults{{4, "time_zone", `"Asia/Alma-Ata" is unknown`}},
		},
		"the machine's own zone": {"Asia/Almaty", "Local", event.FileFaults{{4, "time_zone", `"Local" is unknown`}}},
		"day in another order": {
			`"2025-09-28"`, "28.09.2025", event.FileFaults{{3, "day", `"28.09.2025" is not a day written YYYY-MM-DD`}},
		},
		"instant without an offset": {
			"T07:00:00+05:00", "T07:00:00",
			event.FileFaults{{15, "races[0].waves[0].gun",
				`"2025-09-28T07:00:00" is not an instant written like 2025-09-28T07:00:00+05:00`}},
		},
		"duration without a unit": {
			"rounding: 1s", "rounding: 1",
			event.FileFaults{{22, "races[0].rounding", `"1" is no duration such as 1800s, 30m or 0.5s`}},
		},
		"metres finer than a millimetre": {
			"at_metres: 5000", "at_metres: 5000.0001",
			event.FileFaults{{19, "races[0].course[1].at_metres", "5000.0001 has more than 3 decimals"}},
		},
		"metres finer than a double": {
			"at_metres: 5000", "at_metres: 5000.0000000000001",
			event.FileFaults{{19, "races[0].course[1].at_metres", "has more than 15 digits"}},
		},
		"metres in words": {
			"at_metres: 5000", "at_metres: five", event.FileFaults{{19, "races[0].course[1].at_metres", `"five" is no number`}},
		},
		"metres beyond the earth": {
			"at_metres: 5000", "at_metres: 5000000000000",
			event.FileFaults{{19, "races[0].course[1].at_metres", "is no number that can be kept exactly"}},
		},
		"money finer than a hundredth": {
			"amount: 18000", "amount: 18000.005", event.FileFaults{{13, "races[0].fees[0].amount", "18000.005 has more than 2 decimals"}},
		},
		"age in words": {
			"min_age: 18", "min_age: eighteen", event.FileFaults{{11, "races[0].min_age", `"eighteen" is no whole number`}},
		},
		"octal age": {
			"min_age: 18", "min_age: 022", event.FileFaults{{11, "races[0].min_age", `"022" is no whole number`}},
		},
		"no places": {
			"capacity: 3000", "capacity: 0", event.FileFaults{{12, "races[0].capacity", "is 0; leave it out for no limit"}},
		},
		"cut-off of nothing": {
			"after_gun: 5400s", "after_gun: 0s",
			event.FileFaults{{20, "races[0].course[1].cut_off.after_gun", "is not above zero"}},
		},
		"range of bibs backwards": {
			`"1-999"`, `"999-1"`,
			event.FileFaults{{15, "races[0].waves[0].bibs[0]", `"999-1" is not a range of bibs such as 1-999 or F1-F99`}},
		},
		"a band that is no number": {
			"[18, 35]", "[18, x, 35]", event.FileFaults{{24, "races[0].classifications[0].bands[1]", `"x" is no whole number`}},
		},
		"value for a list": {
			"[{id: line}, {id: k5}]", "line", event.FileFaults{{6, "points", "is no list"}},
		},
		"list for a value": {"currency: KZT", "currency: [KZT]", event.FileFaults{{5, "currency", "is no single value"}}},
		"value for fields": {
			"{id: line-a, point: line}", "line-a", event.FileFaults{{7, "mats[0]", "is no set of fields"}},
		},
		"empty element": {
			"[{id: line-a, point: line}]", "\n  - {id: line-a, point: line}\n  -\n",
			event.FileFaults{{9, "mats[1]", "is empty"}},
		},
		"missing in what stands": {
			"{id: line-a, point: line}", "{id: line-a}", event.FileFaults{{7, "mats[0].point", "is missing"}},
		},
		"anchors": {
			"currency: KZT", "currency: &money KZT",
			event.FileFaults{{5, "", "anchors and references are not read; write the value out"}},
		},
		"a second document": {
			"races:", "---\nraces:", event.FileFaults{{9, "", "the file holds a second document"}},
		},
		"three at once, by line": {
			"capacity: 3000", "capacity: many\n    min_age: 3\n    late_start: -5s",
			event.FileFaults{
				{12, "races[0].capacity", `"many" is no whole number`},
				{13, "races[0].min_age", "stands twice, first on line 11"},
				{14, "races[0].late_start", "-5s is negative"},
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(small, test.old) {
				t.Fatalf("the event has no %q", test.old)
			}
			_, err := event.Parse([]byte(strings.Replace(small, test.old, test.new, 1)))
			got, ok := errors.AsType[event.FileFaults](err)
			if err != nil && !ok {
				t.Fatalf("error %T, want FileFaults", err)
			}
			// Without the points everything else is unknown too; that list is not the matter here.
			if test.old == "[{id: line}, {id: k5}]" {
				got = got[:1]
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseRefusesWhatIsNoEventFile(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		file, want string
	}{
		"empty":           {"", "line 1: the file is empty"},
		"comments only":   {"# later\n", "line 1: the file is empty"},
		"a list":          {"- a\n", "line 1: is no set of fields"},
		"not UTF-8":       {"id: a\nname: \xff\n", "line 2: the file is not UTF-8"},
		"not YAML":        {"id: a\nname: [b\n", "line 2: is not YAML: "},
		"nested too deep": {"id: a\nname: " + strings.Repeat("[", 1000), "line 2: nests too deep"},
		"too large":       {strings.Repeat("#", 256<<10+1), "line 1: the event is larger than 256 KiB or 5000 lines"},
		"too long":        {strings.Repeat("\n", 5001), "line 1: the event is larger than 256 KiB or 5000 lines"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := event.Parse([]byte(test.file))
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("error %v, want %q first", err, test.want)
			}
		})
	}
}

func TestFileFaultsAreOneLineEach(t *testing.T) {
	t.Parallel()
	faults := event.FileFaults{{12, "races[0].min_age", "16 is below the format's 18"}, {14, "", "the file is not UTF-8"}}
	want := "line 12: races[0].min_age: 16 is below the format's 18\nline 14: the file is not UTF-8"
	if got := faults.Error(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParseTakesQuotedAndBareValuesAlike(t *testing.T) {
	t.Parallel()
	quoted := strings.NewReplacer(`"2025-09-28"`, "2025-09-28", "rounding: 1s", `rounding: "1s"`, "3000", `"3000"`,
		"MARATHON", `"MARATHON"`, "at_metres: 5000", "at_metres: '5000.0'", "5400s", "1h30m", "\n", "\r\n").Replace(small)
	want, err := event.Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	got, err := event.Parse([]byte(quoted))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("event (-bare +quoted):\n%s", diff)
	}
}

func TestParseFillsInDefaults(t *testing.T) {
	t.Parallel()
	e, err := event.Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	want := race.New(race.Marathon)
	want.ID = "marathon"
	want.Capacity = 3000
	want.Fees = []race.Fee{{AmountMinor: 1_800_000, CharityPercent: 20}}
	want.Waves = []race.Wave{{
		ID: "A", Gun: racetime.At(time.Date(2025, 9, 28, 2, 0, 0, 0, time.UTC)),
		Bibs: []race.BibRange{{First: 1, Last: 999}},
	}}
	want.Course = []race.Visit{
		{Point: "line"},
		{Point: "k5", AtMillimetres: 5_000_000, CutOff: race.CutOff{AfterGun: 90 * time.Minute}},
		{Point: "line", AtMillimetres: 42_195_000},
	}
	want.Classifications = []race.Classification{
		{ID: "age", By: []race.By{race.BySex, race.ByAge}, Bands: age.Bands{18, 35}, Basis: race.Net},
	}
	if diff := cmp.Diff(want, e.Races[0]); diff != "" {
		t.Errorf("race (-want +got):\n%s", diff)
	}
	if day := (civil.Day{Year: 2025, Month: time.September, Day: 28}); e.Day != day {
		t.Errorf("day %v, want %v", e.Day, day)
	}
}

func TestParseGivesAnEkidenItsLegs(t *testing.T) {
	t.Parallel()
	const ekiden = `
id: relay
day: 2025-09-28
time_zone: Asia/Almaty
points: [{id: s}, {id: x1}, {id: x2}]
races:
  - id: ekiden
    format: EKIDEN
    waves: [{id: A}]
    course:
      - {point: s}
      - {point: x1, at_metres: 5000}
      - {point: x2, at_metres: 15000}
      - {point: x1, at_metres: 20000}
      - {point: x2, at_metres: 30000}
      - {point: x1, at_metres: 35000}
      - {point: s, at_metres: 42195}
`
	e, err := event.Parse([]byte(ekiden))
	if err != nil {
		t.Fatal(err)
	}
	want := &race.Team{Size: 6, Legs: []race.Leg{
		{To: "x1", LengthMillimetres: 5_000_000}, {To: "x2", LengthMillimetres: 10_000_000},
		{To: "x1", LengthMillimetres: 5_000_000}, {To: "x2", LengthMillimetres: 10_000_000},
		{To: "x1", LengthMillimetres: 5_000_000}, {To: "s", LengthMillimetres: 7_195_000},
	}}
	if diff := cmp.Diff(want, e.Races[0].Team); diff != "" {
		t.Errorf("team (-want +got):\n%s", diff)
	}
}

// sharedCases are the events of ../shared/races.
func sharedCases() []string {
	return []string{
		"berlin-2016", "boston-2001", "boston-2013", "chicago-2023-a", "devils-burdens-2020", "prefectures-boys-2024",
	}
}

func sharedEvent(t testing.TB, name string) []byte {
	t.Helper()
	return readFile(t, filepath.Join(sharedcase.Dir(t, name), "event.yaml"))
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return file
}
