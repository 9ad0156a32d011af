package event_test

import (
	"fmt"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/event"
	"raceday/services/rules/age"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

func TestFormatIsReadBackOnSharedCases(t *testing.T) {
	t.Parallel()
	for _, name := range sharedCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			readBack(t, sharedEvent(t, name))
		})
	}
}

func TestFormatIsReadBackOnTheExample(t *testing.T) {
	t.Parallel()
	got := readBack(t, readFile(t, "testdata/almaty.yaml"))
	if diff := cmp.Diff(string(readFile(t, "testdata/almaty.canonical.yaml")), string(got)); diff != "" {
		t.Errorf("canonical file (-want +got):\n%s", diff)
	}
}

// readBack parses a file, and what Format makes of it, and returns that.
func readBack(t *testing.T, file []byte) []byte {
	t.Helper()
	want, err := event.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	canonical := event.Format(want)
	got, err := event.Parse(canonical)
	if err != nil {
		t.Fatalf("canonical file: %v\n%s", err, canonical)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	return canonical
}

func TestFormatIsReadBackOnAnyEvent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := anyEvent(t)
		if problems := race.Check(want); len(problems) > 0 {
			t.Fatalf("the generator makes an event that cannot be run: %v", problems)
		}
		canonical := event.Format(want)
		got, err := event.Parse(canonical)
		if err != nil {
			t.Fatalf("%v\n%s", err, canonical)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("event (-want +got):\n%s\n%s", diff, canonical)
		}
		message, problems := event.FromMessage(event.ToMessage(want))
		if diff := cmp.Diff(want, message); len(problems) > 0 || diff != "" {
			t.Fatalf("message: %v (-want +got):\n%s", problems, diff)
		}
	})
}

// anyEvent draws an event of the shapes that a file can have. Its ids and names are those that YAML would take for something
// else.
func anyEvent(t *rapid.T) *race.Event {
	points := rapid.SliceOfNDistinct(anyID(), 2, 9, rapid.ID).Draw(t, "points")
	e := &race.Event{
		ID:       race.EventID(anyID().Draw(t, "id")),
		Name:     anyText().Draw(t, "name"),
		Day:      anyDay().Draw(t, "day"),
		TimeZone: rapid.SampledFrom([]string{"UTC", "Asia/Almaty", "America/New_York"}).Draw(t, "time zone"),
		Currency: rapid.SampledFrom([]string{"", "KZT", "NOK"}).Draw(t, "currency"),

		Cancelled: rapid.Bool().Draw(t, "cancelled"),
	}
	for i, point := range points {
		e.Points = append(e.Points, race.PointID(point))
		from := anyInstant().Draw(t, "from")
		e.Mats = append(e.Mats, race.Mat{
			ID: race.MatID(fmt.Sprint("m", i)), Point: race.PointID(point), Backup: rapid.Bool().Draw(t, "backup"),
			From: from, Until: from + 1, ClockOffset: time.Duration(rapid.Int64Range(-1e9, 1e9).Draw(t, "offset")) * time.Microsecond,
		})
	}
	formats := []race.Format{
		race.Marathon, race.HalfMarathon, race.TenKm, race.NordicWalking, race.Ekiden, race.Other,
	}
	for i, format := range rapid.SliceOfN(rapid.SampledFrom(formats), 1, 3).Draw(t, "formats") {
		r := anyRace(t, format, e.Points)
		r.ID = race.ID(fmt.Sprint("race", i))
		e.Races = append(e.Races, r)
	}
	return e
}

func anyRace(t *rapid.T, format race.Format, points []race.PointID) race.Race {
	r := race.New(format)
	r.Name = anyText().Draw(t, "race name")
	r.MinAgeYears += rapid.IntRange(0, 20).Draw(t, "age above the format's")
	anyRegistration(t, &r)
	r.LateStart = anyDuration().Draw(t, "late start")
	r.FastestPace = anyDuration().Draw(t, "pace")
	r.CrossingGap = anyDuration().Draw(t, "gap")
	r.Rounding = anyDuration().Draw(t, "rounding") + time.Microsecond
	r.NoStartRead = rapid.SampledFrom([]race.NoStartRead{race.UseGun, race.NoNetTime, race.NotRanked}).Draw(t, "no start")
	r.OverTime = rapid.SampledFrom([]race.OverTime{race.OverTimeOTL, race.OverTimeDNF, race.OverTimeDSQ}).Draw(t, "over time")
	r.Age.LeapDay = rapid.SampledFrom([]age.LeapDay{age.March1, age.February28}).Draw(t, "leap day")
	if rapid.Bool().Draw(t, "by year") {
		r.Age.On = age.YearEnd
	}
	until := anyInstant().Draw(t, "fee until")
	r.Fees = []race.Fee{
		{Until: until, AmountMinor: rapid.Int64Range(0, 1e12).Draw(t, "amount"), CharityPercent: rapid.IntRange(0, 100).Draw(t, "charity")},
		{AmountMinor: rapid.Int64Range(0, 1e12).Draw(t, "last amount")},
	}
	r.Waves = []race.Wave{
		{ID: "null", Gun: anyInstant().Draw(t, "gun"), Bibs: []race.BibRange{{First: 1, Last: 999}, {Prefix: "F-", First: 1, Last: 9}}},
		{ID: "2", MaxEntrants: rapid.IntRange(0, 900).Draw(t, "most entrants")},
	}
	r.Classifications = []race.Classification{
		{ID: "true", By: []race.By{race.BySex, race.ByAge, race.ByClub}, Bands: age.Bands{0, 18, 99}, Basis: race.Net},
		{ID: "0x1F", Tag: "no", Score: race.ScoreAgeGrade, By: []race.By{race.ByCategory, race.ByCountry}},
	}
	r.Awards = []race.Award{{Classification: "0x1F", Ranks: 3, Exclusive: rapid.Bool().Draw(t, "exclusive")}}
	if format == race.Other {
		r.DistanceMillimetres = rapid.Int64Range(10, 1e9).Draw(t, "distance")
	}
	if rapid.Bool().Draw(t, "has a course of records") {
		r.RecordCourse = race.CourseID(anyID().Draw(t, "course of records"))
	}
	anyCourse(t, &r, points)
	if r.Team != nil {
		r.Team.Categories = []race.TeamCategory{{Name: "null", MinWomen: 1, MinMen: r.Team.Size - 1}, {Name: "Open 40+"}}
		r.Team.CompleteUntil = r.Registration.OpensAt + racetime.Instant(rapid.IntRange(0, 1e9).Draw(t, "complete"))
		r.Team.SubstituteUntil = anyInstant().Draw(t, "substitute")
	}
	return r
}

// anyRegistration draws who may enter, when, and with which papers.
func anyRegistration(t *rapid.T, r *race.Race) {
	if rapid.Bool().Draw(t, "has a highest age") {
		r.MaxAgeYears = r.MinAgeYears + rapid.IntRange(1, 60).Draw(t, "age above the lowest")
	}
	r.Capacity = rapid.IntRange(0, 60_000).Draw(t, "capacity")
	r.Registration = race.Registration{
		OpensAt: anyInstant().Draw(t, "opens"), Hold: anyDuration().Draw(t, "hold"),
		Offer:         rapid.OneOf(anyDuration(), rapid.Just(race.DefaultOffer)).Draw(t, "offer"),
		TransferUntil: anyInstant().Draw(t, "transfer"),
	}
	if r.Capacity > 0 {
		r.Registration.Waitlist = rapid.IntRange(0, 60_000).Draw(t, "waitlist")
	}
	adult := rapid.IntRange(1, 21).Draw(t, "adult")
	r.Documents = []race.Document{
		{Type: race.Consent, ToAgeYears: adult}, {Type: race.Consent, FromAgeYears: adult + 1, ToAgeYears: adult + 1},
		{Type: race.MedicalCertificate, FromAgeYears: adult}, {Type: race.Identity},
	}
}

// anyCourse draws the visits, and the legs of a relay between them.
func anyCourse(t *rapid.T, r *race.Race, points []race.PointID) {
	point := func() race.PointID { return rapid.SampledFrom(points).Draw(t, "point") }
	r.Course = []race.Visit{{Point: point()}}
	if r.Format == race.Ekiden {
		end := int64(0)
		for _, length := range r.Format.Rules().LegMillimetres {
			end += length
			visit := race.Visit{Point: points[len(r.Course)%len(points)], AtMillimetres: end}
			r.Course = append(r.Course, visit)
			r.Team.Legs = append(r.Team.Legs, race.Leg{To: visit.Point, LengthMillimetres: length})
		}
		r.Team.Reserves = rapid.IntRange(0, 3).Draw(t, "reserves")
		return
	}
	middle := rapid.Int64Range(1, r.DistanceMillimetres-1).Draw(t, "middle")
	r.Course = append(r.Course,
		race.Visit{Point: points[0], AtMillimetres: middle, CutOff: race.CutOff{
			AfterGun: anyDuration().Draw(t, "cut-off"), Clock: anyInstant().Draw(t, "cut-off by the clock"),
		}},
		race.Visit{Point: points[1], AtMillimetres: r.DistanceMillimetres})
	if r.Format == race.Other && rapid.Bool().Draw(t, "relay") {
		r.Team = &race.Team{Size: 2, MinWomen: 1, Chip: race.MemberChip, MissedLeg: race.LaterLegsReference, Legs: []race.Leg{
			{To: points[0], LengthMillimetres: middle, ForcedStart: anyInstant().Draw(t, "forced start")},
			{To: points[1], LengthMillimetres: r.DistanceMillimetres - middle},
		}}
	}
}

func anyID() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"null", "true", "no", "10", "1e3", "0x1F", "007", "5k", "y"}),
		rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9-]{0,39}`),
	)
}

func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", "null", "~", "- a", "a: b", "#1", `"`, `\`, " a ", "Алматы марафоны", "\u2028\ufeff", "{{x}}", "'"}),
		rapid.StringOf(rapid.Rune().Filter(func(r rune) bool { return !unicode.IsControl(r) })),
	)
}

// anyDay leaves out the days before 1970, when a minute of a zone could have seconds.
func anyDay() *rapid.Generator[civil.Day] {
	return rapid.Custom(func(t *rapid.T) civil.Day {
		return civil.Day{Year: 1970, Month: time.January, Day: 1}.AddDays(rapid.IntRange(0, 100_000).Draw(t, "day"))
	})
}

func anyInstant() *rapid.Generator[racetime.Instant] {
	return rapid.Custom(func(t *rapid.T) racetime.Instant {
		return racetime.Instant(rapid.Int64Range(1, 4e15).Draw(t, "instant"))
	})
}

func anyDuration() *rapid.Generator[time.Duration] {
	return rapid.Custom(func(t *rapid.T) time.Duration {
		return time.Duration(rapid.Int64Range(1, 1e12).Draw(t, "microseconds")) * time.Microsecond
	})
}
