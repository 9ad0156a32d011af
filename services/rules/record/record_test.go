package record_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/record"
	"raceday/services/rules/result"
)

// The organiser's: 2:21:27 of 2022.
const men = 2*time.Hour + 21*time.Minute + 27*time.Second

func marathon() *race.Race {
	r := race.New(race.Marathon)
	r.ID = "marathon"
	return &r
}

func finish(gun time.Duration) result.Result {
	return result.Result{
		Race: "marathon", Sex: race.Male, Status: result.Finished, Gun: racetime.Known(gun), Net: racetime.Known(gun - time.Minute),
		Lists: []string{"overall", "sex/M"},
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		gun      time.Duration
		change   func(*result.Result)
		rounding time.Duration
		want     record.Kind
	}{
		{"a second faster", men - time.Second, nil, time.Second, record.Beats},
		{"the same second", men, nil, time.Second, record.Equals},
		{"a microsecond more than the second before is rounded up to the record", men - time.Second + time.Microsecond, nil, time.Second, record.Equals},
		{"a microsecond over the record is a second over it", men + time.Microsecond, nil, time.Second, record.Slower},
		{"tenths that a race publishes beat no record of whole seconds", men - 600*time.Millisecond, nil, 100 * time.Millisecond, record.Equals},
		{"a race that publishes in tens of seconds", men - 10*time.Second, nil, 10 * time.Second, record.Beats},
		{"by net only", men + 30*time.Second, nil, time.Second, record.Slower},
		{"but for a penalty", men - time.Second, func(r *result.Result) { r.Penalty = 30 * time.Second }, time.Second, record.Slower},
		{"disqualified", men - time.Minute, func(r *result.Result) { r.Status = result.DSQ }, time.Second, record.Slower},
		{"over time", men - time.Minute, func(r *result.Result) { r.Status = result.OTL }, time.Second, record.Slower},
		{"not ranked without a start read", men - time.Minute, func(r *result.Result) { r.Lists = []string{"", ""} }, time.Second, record.Slower},
		{"no gun", men, func(r *result.Result) { r.Gun = racetime.Optional{} }, time.Second, record.Slower},
		{"a team's sum of legs, longer than from the gun", men - time.Minute, func(r *result.Result) {
			r.Legs, r.LegsTotal = make([]result.Leg, 6), racetime.Known(men+time.Minute)
		}, time.Second, record.Slower},
		{"a team without a total", men - time.Minute, func(r *result.Result) { r.Legs = make([]result.Leg, 6) }, time.Second, record.Slower},
	} {
		of, r := marathon(), finish(c.gun)
		of.Rounding = c.rounding
		if c.change != nil {
			c.change(&r)
		}
		if got := record.Compare(of, &r, men); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// What is shown decides: a shorter shown time beats, the same one equals.
func TestCompareAgreesWithWhatIsShown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		of, r := marathon(), finish(men+time.Duration(rapid.Int64Range(-3e6, 3e6).Draw(t, "microseconds"))*time.Microsecond)
		shown, standing := result.Shown(r.Gun, of), racetime.Format(men, time.Second)
		want := record.Slower
		if shown < standing { // of the same length
			want = record.Beats
		} else if shown == standing {
			want = record.Equals
		}
		if got := record.Compare(of, &r, men); got != want {
			t.Fatalf("%s against %s: %d, want %d", shown, standing, got, want)
		}
	})
}

func of(sex race.Sex, year int, t time.Duration) record.Record {
	return record.Record{Run: record.Run{
		Key: record.Key{Course: "marathon", DistanceMillimetres: 42_195_000, Sex: sex}, Year: year, Time: t, Name: "Holder",
	}}
}

func with(r record.Record, change func(*record.Record)) record.Record {
	change(&r)
	return r
}

func TestStanding(t *testing.T) {
	t.Parallel()
	old, here := of(race.Male, 2019, men+time.Minute), of(race.Male, 2022, men)
	here.SetIn = "almaty-2022"
	struck := with(old, func(r *record.Record) { r.Reason = "the one of 2022 is struck" })
	women := of(race.Female, 2019, men+time.Hour)
	half := with(old, func(r *record.Record) { r.DistanceMillimetres = 21_097_500 })
	leg := with(old, func(r *record.Record) { r.Leg = 2 })
	for _, c := range []struct {
		name    string
		entries []record.Record
		event   race.EventID
		year    int
		want    []record.Record
	}{
		{"none", nil, "almaty-2025", 2025, nil},
		{"the last of each key", []record.Record{old, women, half, here}, "almaty-2025", 2025, []record.Record{here, women, half}},
		{"that of a leg of the same distance is another", []record.Record{old, leg}, "almaty-2025", 2025, []record.Record{old, leg}},
		{"the event it was set in goes by the one before", []record.Record{old, here}, "almaty-2022", 2022, []record.Record{old}},
		{"an edition before knows nothing of it", []record.Record{old, here}, "almaty-2021", 2021, []record.Record{old}},
		{"before the first", []record.Record{old, here}, "almaty-2018", 2018, nil},
		{"struck", []record.Record{old, here, struck}, "almaty-2025", 2025, []record.Record{struck}},
		{"struck, for the event it was set in", []record.Record{old, here, struck}, "almaty-2022", 2022, []record.Record{struck}},
		{"of another event of the year", []record.Record{old, here}, "almaty-autumn-2022", 2022, []record.Record{here}},
	} {
		want := map[record.Key]record.Record{}
		for _, r := range c.want {
			want[r.Key] = r
		}
		if diff := cmp.Diff(want, record.Standing(c.entries, c.event, c.year)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestKeyOf(t *testing.T) {
	t.Parallel()
	r := marathon()
	want := record.Key{Course: "marathon", DistanceMillimetres: 42_195_000, Sex: race.X}
	if got := record.KeyOf(r, race.X); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	r.RecordCourse, want.Course = "almaty", "almaty"
	if got := record.KeyOf(r, race.X); got != want {
		t.Errorf("with a course of its own: got %v, want %v", got, want)
	}
}

func TestCompareLeg(t *testing.T) {
	t.Parallel()
	const standing = 15 * time.Minute
	for _, c := range []struct {
		name string
		leg  result.Leg
		want record.Kind
	}{
		{"a second faster", result.Leg{Ranked: true, Time: racetime.Known(standing - time.Second)}, record.Beats},
		{"the same second", result.Leg{Ranked: true, Time: racetime.Known(standing)}, record.Equals},
		{"a microsecond more than the second before is rounded up", result.Leg{
			Ranked: true, Time: racetime.Known(standing - time.Second + time.Microsecond),
		}, record.Equals},
		{"a microsecond over", result.Leg{Ranked: true, Time: racetime.Known(standing + time.Microsecond)}, record.Slower},
		{"without a rank", result.Leg{Time: racetime.Known(standing - time.Minute)}, record.Slower},
		{"an exchange was not seen", result.Leg{Ranked: true}, record.Slower},
	} {
		if got := record.CompareLeg(marathon(), &c.leg, standing); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestLegKeyOf(t *testing.T) {
	t.Parallel()
	r := marathon()
	if got, ok := record.LegKeyOf(r, 1, race.X); ok {
		t.Errorf("a race of persons: %v", got)
	}
	r.Team = &race.Team{Legs: []race.Leg{{LengthMillimetres: 5_000_000}, {LengthMillimetres: 10_000_000}}}
	r.RecordCourse = "old-town"
	want := record.Key{Course: "old-town", Leg: 2, DistanceMillimetres: 10_000_000, Sex: race.X}
	if got, ok := record.LegKeyOf(r, 2, race.X); got != want || !ok {
		t.Errorf("got %v, %v, want %v", got, ok, want)
	}
	for _, leg := range []int{-1, 0, 3} {
		if got, ok := record.LegKeyOf(r, leg, race.X); ok {
			t.Errorf("leg %d: %v", leg, got)
		}
	}
}
