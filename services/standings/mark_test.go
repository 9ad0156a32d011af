package standings_test

import (
	"context"
	"fmt"
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

// entered returns a record of the 10 km of gradedDay, whose men finished in 0:40:00 and 0:45:00 and one X in 0:38:20.
func entered(sex race.Sex, year int, t time.Duration) standings.CourseRecord {
	key := record.Key{Course: "ten", DistanceMillimetres: 10_000_000, Sex: sex}
	return standings.CourseRecord{Record: record.Record{Run: record.Run{Key: key, Year: year, Time: t, Name: "Holder"}}}
}

func markedDay(records ...standings.CourseRecord) *backend {
	event, results := gradedDay()
	return &backend{event: event, results: results, version: 7, records: records}
}

// marked writes rows as bib and mark.
func marked(rows []standings.Row) []string {
	var texts []string
	for _, row := range rows {
		text := string(row.Result.Bib)
		if m := row.Mark; m != nil {
			text += " " + map[record.Kind]string{record.Beats: "beats", record.Equals: "equals"}[m.Kind] + " " + m.Shown()
			if m.Official {
				text += " officially"
			}
		}
		texts = append(texts, text)
	}
	return texts
}

// page is the list as it is shown now, in both orders, which must agree.
func (b *bench) page(list string) []string {
	b.Helper()
	synctest.Wait()
	var shown, live []string
	err := b.boards.Use(b.Context(), b.event.ID, func(board *standings.Board) error {
		page, err := board.Page("ten", list, 0, 10)
		shown = marked(page.Rows)
		if err == nil {
			page, err = board.Live("ten", list, 0, 10, gun)
			live = marked(page.Rows)
		}
		for _, row := range page.Rows {
			entrant, e := board.Entrant(row.Result.Bib)
			if e != nil || entrant.Row.Mark != row.Mark {
				b.Errorf("the entrant %s has the mark %v, %v, the row %v", row.Result.Bib, entrant.Row.Mark, e, row.Mark)
			}
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	slices.Sort(shown)
	slices.Sort(live)
	if diff := cmp.Diff(shown, live); diff != "" {
		b.Errorf("in the live order other marks (-page +live):\n%s", diff)
	}
	return shown
}

func (b *bench) wantMarks(name string, want ...string) {
	b.Helper()
	for _, list := range []string{"overall", "graded"} {
		of := slices.DeleteFunc(slices.Clone(want), func(row string) bool { return list == "graded" && row[0] == '3' }) // X has no grade
		if diff := cmp.Diff(of, b.page(list)); diff != "" {
			b.Errorf("%s, %s (-want +got):\n%s", name, list, diff)
		}
	}
}

func TestFinishesAreMarkedByTheRecordsOfTheirSex(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		records []standings.CourseRecord
		want    []string
	}{
		{"no records", nil, []string{"1", "2", "3", "4"}},
		{"one beats it, one does not", []standings.CourseRecord{entered(race.Male, 2022, 2401*second)},
			[]string{"1 beats 0:40:01", "2", "3", "4"}},
		{"equal", []standings.CourseRecord{entered(race.Male, 2022, 2400*second)}, []string{"1 equals 0:40:00", "2", "3", "4"}},
		{"both men", []standings.CourseRecord{entered(race.Male, 2022, time.Hour)},
			[]string{"1 beats 1:00:00", "2 beats 1:00:00", "3", "4"}},
		{"a row for X", []standings.CourseRecord{entered(race.X, 2022, time.Hour), entered(race.Female, 2022, time.Hour)},
			[]string{"1", "2", "3 beats 1:00:00", "4"}},
		{"one of a later year", []standings.CourseRecord{entered(race.Male, 2026, time.Hour)}, []string{"1", "2", "3", "4"}},
		{"the last entry stands", []standings.CourseRecord{entered(race.Male, 2019, time.Hour), entered(race.Male, 2022, 2399*second)},
			[]string{"1", "2", "3", "4"}},
	} {
		inBubbleOf(t, markedDay(c.records...), func(b *bench) { b.wantMarks(c.name, c.want...) })
	}
}

func TestAMarkIsOfficialOnceAListHoldsTheFinish(t *testing.T) {
	t.Parallel()
	here := entered(race.Male, 2025, 2400*second)
	here.SetIn = "almaty-2025"
	inBubbleOf(t, markedDay(entered(race.Male, 2022, 2405*second)), func(b *bench) {
		b.wantMarks("live", "1 beats 0:40:05", "2", "3", "4")
		b.set(func() {
			b.lists++
			b.published = []standings.PublishedFinish{{Race: "ten", Bib: "1", Gun: "0:40:00", Ranked: "0:39:58"}}
		})
		time.Sleep(time.Second)
		b.wantMarks("published", "1 beats 0:40:05 officially", "2", "3", "4")
		if diff := cmp.Diff([]standings.FasterThan{{Race: "ten", Time: 2405 * second}}, b.asked); diff != "" {
			b.Errorf("asked for other finishes (-want +got):\n%s", diff)
		}

		b.set(func() { b.records = append(b.records, here) })
		time.Sleep(time.Second)
		b.wantMarks("the new record, set here, is entered", "1 beats 0:40:05 officially", "2", "3", "4")

		// A gun is corrected after the list: it holds another time.
		later := slices.Clone(b.results)
		later[0].Gun = racetime.Known(2398 * second)
		b.set(func() { b.results, b.version = later, 8 })
		b.send(notice.Notice{Event: b.event.ID, VersionBefore: 7, VersionAfter: 8, Changed: later[:1]})
		b.wantMarks("with another time", "1 beats 0:40:05", "2", "3", "4")
		disqualified := slices.Clone(later)
		disqualified[0].Status = result.DSQ
		b.set(func() { b.results, b.version = disqualified, 9 })
		b.send(notice.Notice{Event: b.event.ID, VersionBefore: 8, VersionAfter: 9, Changed: disqualified[:1]})
		b.wantMarks("disqualified", "2", "3", "4")
	})
}

func TestWatchersAreToldOfMarks(t *testing.T) {
	t.Parallel()
	inBubbleOf(t, markedDay(), func(b *bench) {
		ctx, cancel := context.WithCancel(b.Context())
		var told, result []string
		done := make(chan error, 2)
		use := func(watch func(*standings.Board) error) {
			go func() { done <- b.boards.Use(ctx, b.event.ID, watch) }()
		}
		use(func(board *standings.Board) error {
			return board.Watch(ctx, standings.Watching{Race: "ten", List: "overall"}, func(u standings.Update) error {
				told = append(told, fmt.Sprint(u.Version, u.Snapshot, marked(u.Rows)))
				return nil
			})
		})
		use(func(board *standings.Board) error {
			return board.WatchEntrant(ctx, "1", func(e standings.EntrantResult) error {
				result = append(result, marked([]standings.Row{e.Row})...)
				return nil
			})
		})
		synctest.Wait()
		b.set(func() {
			b.records = []standings.CourseRecord{entered(race.Male, 2022, 2405*second), entered(race.X, 2022, time.Hour)}
		})
		time.Sleep(time.Second)
		synctest.Wait()
		b.set(func() { b.lists++ }) // of another list: nothing changes
		time.Sleep(time.Second)
		synctest.Wait()
		b.set(func() {
			b.lists++
			b.published = []standings.PublishedFinish{{Race: "ten", Bib: "1", Gun: "0:40:00"}}
		})
		time.Sleep(time.Second)
		synctest.Wait()
		cancel()
		for range 2 {
			<-done
		}
		want := []string{"7 true [3 1 2 4]", "7 false [3 beats 1:00:00 1 beats 0:40:05]", "7 false [1 beats 0:40:05 officially]"}
		if diff := cmp.Diff(want, told); diff != "" {
			b.Errorf("the list (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"1", "1 beats 0:40:05", "1 beats 0:40:05 officially"}, result); diff != "" {
			b.Errorf("the result (-want +got):\n%s", diff)
		}
	})
}

// Who resumes from a version that may have been shown with other marks begins with a snapshot; else nothing is new.
func TestResumingMissesNoMark(t *testing.T) {
	t.Parallel()
	inBubbleOf(t, markedDay(), func(b *bench) {
		first := func(version int64) string {
			b.Helper()
			ctx, cancel := context.WithCancel(b.Context())
			defer cancel()
			told := "nothing"
			done := make(chan error, 1)
			go func() {
				done <- b.boards.Use(ctx, b.event.ID, func(board *standings.Board) error {
					return board.Watch(ctx, standings.Watching{Race: "ten", List: "overall", ResumeVersion: version},
						func(u standings.Update) error {
							told = fmt.Sprint(u.Snapshot, marked(u.Rows))
							return nil
						})
				})
			}()
			synctest.Wait()
			cancel()
			<-done
			return told
		}
		if got := first(7); got != "nothing" {
			b.Errorf("before any record: %s", got)
		}
		b.set(func() { b.records = []standings.CourseRecord{entered(race.Male, 2022, 2405*second)} })
		time.Sleep(time.Second)
		synctest.Wait()
		if got, want := first(7), "true [3 1 beats 0:40:05 2 4]"; got != want {
			b.Errorf("after a record was entered: %s, want %s", got, want)
		}
		later := slices.Clone(b.results)
		later[1].Gun = racetime.Known(2699 * second)
		b.set(func() { b.results, b.version = later, 8 })
		b.send(notice.Notice{Event: b.event.ID, VersionBefore: 7, VersionAfter: 8, Changed: later[1:2]})
		synctest.Wait()
		if got := first(8); got != "nothing" {
			b.Errorf("of the version that is shown: %s", got)
		}
		if got, want := first(7), "true [3 1 beats 0:40:05 2 4]"; got != want {
			b.Errorf("of the version at which the record was entered: %s, want %s", got, want)
		}
	})
}

// Teams are compared by the sum of their legs, which a forced start makes longer than the time from the gun; those without a sex
// have no record.
func TestTeamsAreMarkedByTheSumOfTheirLegs(t *testing.T) {
	t.Parallel()
	event := relay()
	event.Day.Year = 2025
	r := &event.Races[0]
	r.DistanceMillimetres = 42_195_000
	teamOf := func(id race.EntrantID, bib race.Bib, sex race.Sex) result.Result {
		res := team(id, bib, result.Finished, 1000*second, 1000*second, 1000*second)
		res.Sex, res.Gun, res.LegsTotal = sex, racetime.Known(2700*second), racetime.Known(3000*second)
		return res
	}
	key := record.Key{Course: "relay", DistanceMillimetres: 42_195_000, Sex: race.X}
	behind := &backend{event: event, version: 7, lists: 1, results: []result.Result{
		teamOf(1, "1", race.X), teamOf(2, "2", race.SexUnknown), teamOf(3, "3", race.X), teamOf(4, "4", race.Male),
	}}
	behind.records = []standings.CourseRecord{{Record: record.Record{Run: record.Run{Key: key, Year: 2022, Time: 3001 * second}}}}
	behind.published = []standings.PublishedFinish{{Race: "relay", Bib: "1", Gun: "0:45:00", Ranked: "0:50:00"}, {Race: "relay", Bib: "3", Gun: "0:50:00", Ranked: "0:49:59"}}
	inBubbleOf(t, behind, func(b *bench) {
		synctest.Wait()
		err := b.boards.Use(b.Context(), event.ID, func(board *standings.Board) error {
			page, err := board.Page("relay", "overall", 0, 10)
			want := []string{"1 beats 0:50:01 officially", "2", "3 beats 0:50:01", "4"}
			if diff := cmp.Diff(want, marked(page.Rows)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}
