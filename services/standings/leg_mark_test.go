package standings_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/notice"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/record"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

// legRecord returns a record of the second leg, of 10 km, of legDay.
func legRecord(sex race.Sex, t time.Duration) standings.CourseRecord {
	key := record.Key{Course: "relay", Leg: 2, DistanceMillimetres: 10_000_000, Sex: sex}
	return standings.CourseRecord{Record: record.Record{Run: record.Run{Key: key, Year: 2022, Time: t, Name: "Holder"}}}
}

// legBackend is teams, of X but for team 3 of women, with records. They ran the second leg in 0:31:40 (1 and 3), 0:33:20 and a
// millisecond (2), and, disqualified, 0:30:00 (6).
func legBackend(records ...standings.CourseRecord) *backend {
	event, all := legDay(), teams()
	event.Day.Year, event.Races[0].DistanceMillimetres = 2025, 22_195_000
	for i := range all {
		all[i].Sex = race.X
	}
	all[2].Sex = race.Female
	return &backend{event: event, version: 7, results: all, records: records}
}

func legMarked(row standings.LegRow) string {
	return marked([]standings.Row{{Result: &result.Result{Bib: row.Bib}, Mark: row.Leg.Mark}})[0]
}

// wantLegMarks checks the table of a leg, and the results of its teams, which must agree.
func (b *bench) wantLegMarks(name string, leg int, want ...string) {
	b.Helper()
	synctest.Wait()
	err := b.boards.Use(b.Context(), b.event.ID, func(board *standings.Board) error {
		page, err := board.Leg(standings.LegAsked{Race: "relay", Leg: leg, Order: standings.ByLegTime}, 0, 10)
		var got []string
		for _, row := range page.Rows {
			got = append(got, legMarked(row))
			entrant, e := board.Entrant(row.Bib)
			if e != nil || entrant.Legs[leg-1].Mark != row.Leg.Mark {
				b.Errorf("%s: the result of %s has another mark of the leg than the table, %v", name, row.Bib, e)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			b.Errorf("%s (-want +got):\n%s", name, diff)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

func TestLegsAreMarkedByTheRecordsOfTheLeg(t *testing.T) {
	t.Parallel()
	other := func(change func(*record.Key)) standings.CourseRecord {
		r := legRecord(race.X, time.Hour)
		change(&r.Key)
		return r
	}
	none := []string{"1", "3", "2", "4", "5", "6"}
	for _, c := range []struct {
		name    string
		records []standings.CourseRecord
		want    []string
	}{
		{"no records", nil, none},
		{"of X beats, a disqualified team does not", []standings.CourseRecord{legRecord(race.X, 1901*second)},
			[]string{"1 beats 0:31:41", "3", "2", "4", "5", "6"}},
		{"equal", []standings.CourseRecord{legRecord(race.X, 1900*second)}, []string{"1 equals 0:31:40", "3", "2", "4", "5", "6"}},
		{"a millisecond over the second equals the next one", []standings.CourseRecord{legRecord(race.X, 2001*second)},
			[]string{"1 beats 0:33:21", "3", "2 equals 0:33:21", "4", "5", "6"}},
		{"of women", []standings.CourseRecord{legRecord(race.Female, time.Hour)}, []string{"1", "3 beats 1:00:00", "2", "4", "5", "6"}},
		{"of the whole course", []standings.CourseRecord{other(func(k *record.Key) { k.Leg, k.DistanceMillimetres = 0, 22_195_000 })}, none},
		{"of another leg", []standings.CourseRecord{other(func(k *record.Key) { k.Leg = 3 })}, none},
		{"of another distance", []standings.CourseRecord{other(func(k *record.Key) { k.DistanceMillimetres = 9_999_000 })}, none},
		{"of another course", []standings.CourseRecord{other(func(k *record.Key) { k.Course = "old-town" })}, none},
	} {
		inBubbleOf(t, legBackend(c.records...), func(b *bench) { b.wantLegMarks(c.name, 2, c.want...) })
	}
	// Team 5 did not complete the second leg, and keeps its time of the third.
	third := other(func(k *record.Key) { k.Leg, k.DistanceMillimetres = 3, 7_195_000 })
	third.Time = 1500 * second
	inBubbleOf(t, legBackend(third), func(b *bench) {
		b.wantLegMarks("a team without a total", 3, "1 beats 0:25:00", "2 beats 0:25:00", "5 equals 0:25:00", "6")
	})
}

func TestTheMarkOfALegIsOfficialOnceAListHoldsIt(t *testing.T) {
	t.Parallel()
	whole := legRecord(race.X, time.Second)
	whole.Leg, whole.DistanceMillimetres = 0, 22_195_000
	inBubbleOf(t, legBackend(legRecord(race.X, 2001*second), legRecord(race.Female, 1800*second), whole), func(b *bench) {
		b.wantLegMarks("live", 2, "1 beats 0:33:21", "3", "2 equals 0:33:21", "4", "5", "6")
		b.set(func() {
			b.lists++
			b.publishedLegs = []standings.PublishedLeg{
				{Race: "relay", Bib: "1", Leg: 2, Time: 1900 * second}, {Race: "relay", Bib: "2", Leg: 1, Time: 2001 * second},
				{Race: "another", Bib: "2", Leg: 2, Time: 2001 * second},
			}
		})
		time.Sleep(time.Second)
		b.wantLegMarks("published", 2, "1 beats 0:33:21 officially", "3", "2 equals 0:33:21", "4", "5", "6")
		if diff := cmp.Diff([]standings.FasterThan{{Race: "relay", Leg: 2, Time: 2001 * second}}, b.askedLegs); diff != "" {
			b.Errorf("asked for other legs (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]standings.FasterThan{{Race: "relay", Time: time.Second}}, b.asked); diff != "" {
			b.Errorf("asked for other finishes (-want +got):\n%s", diff)
		}

		// A hand-over is corrected after the list: it holds another time.
		later := slices.Clone(b.results)
		later[0].Legs = slices.Clone(later[0].Legs)
		later[0].Legs[1].Time = racetime.Known(1899 * second)
		b.set(func() { b.results, b.version = later, 8 })
		b.send(notice.Notice{Event: b.event.ID, VersionBefore: 7, VersionAfter: 8, Changed: later[:1]})
		b.wantLegMarks("with another time", 2, "1 beats 0:33:21", "3", "2 equals 0:33:21", "4", "5", "6")
	})
}

func TestWatchersAreToldOfTheMarksOfLegs(t *testing.T) {
	t.Parallel()
	inBubbleOf(t, legBackend(), func(b *bench) {
		ctx, cancel := context.WithCancel(b.Context())
		var table, team []string
		done := make(chan error, 2)
		use := func(watch func(*standings.Board) error) {
			go func() { done <- b.boards.Use(ctx, b.event.ID, watch) }()
		}
		use(func(board *standings.Board) error {
			return board.WatchLeg(ctx, standings.LegAsked{Race: "relay", Leg: 2, Order: standings.ByLegTime}, 1, func(page standings.LegPage) error {
				table = append(table, legMarked(page.Rows[0])+", fastest "+legMarked(page.Fastest[0]))
				return nil
			})
		})
		use(func(board *standings.Board) error {
			return board.WatchEntrant(ctx, "1", func(e standings.EntrantResult) error {
				team = append(team, legMarked(standings.LegRow{Bib: "1", Leg: e.Legs[1]}))
				return nil
			})
		})
		synctest.Wait()
		for _, change := range []func(){
			func() { b.records = []standings.CourseRecord{legRecord(race.X, 1901*second)} },
			func() { b.lists++ }, // of another list: nothing changes
			func() {
				b.lists++
				b.publishedLegs = []standings.PublishedLeg{{Race: "relay", Bib: "1", Leg: 2, Time: 1900 * second}}
			},
		} {
			b.set(change)
			time.Sleep(time.Second)
			synctest.Wait()
		}
		cancel()
		for range 2 {
			<-done
		}
		want := []string{"1", "1 beats 0:31:41", "1 beats 0:31:41 officially"}
		if diff := cmp.Diff(want, team); diff != "" {
			b.Errorf("the result (-want +got):\n%s", diff)
		}
		for i := range want {
			want[i] += ", fastest " + want[i]
		}
		if diff := cmp.Diff(want, table); diff != "" {
			b.Errorf("the table (-want +got):\n%s", diff)
		}
	})
}
