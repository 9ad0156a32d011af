package standings_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

// inCity is an entrant on course in the city race, in the list of a sex.
func inCity(id race.EntrantID, sex string) result.Result {
	r := runner(id, "city", race.Bib(fmt.Sprint(id)), result.Started, second)
	r.Lists = []string{"sex/" + sex, ""}
	return r
}

func TestAListThatIsNotThereYetIsEmpty(t *testing.T) {
	t.Parallel()
	empty := standings.NewBoard(twoRaces(), 1, nil)
	women := standings.NewBoard(twoRaces(), 1, []result.Result{inCity(1, "F")})
	for _, c := range []struct {
		board      *standings.Board
		race       race.ID
		list, want string
		err        error
	}{
		{empty, "city", "", "sex", nil},
		{empty, "city", "sex", "sex", nil},
		{empty, "city", "age", "age", nil},
		{empty, "city", "sex/X", "sex/X", nil},
		{empty, "city", "club/X", "", standings.ErrListNotFound},
		{empty, "city", "club", "", standings.ErrListNotFound},
		{empty, "city", "/X", "", standings.ErrListNotFound},
		{empty, "ten", "", "overall", nil},
		{empty, "ten", "overall/X", "", standings.ErrListNotFound},
		{women, "city", "", "sex/F", nil},
		{women, "city", "sex/X", "sex/X", nil},
	} {
		page, err := c.board.Page(c.race, c.list, 0, 0)
		if !errors.Is(err, c.err) || page.List != c.want {
			t.Errorf("%s %q: got %q, %v, want %q, %v", c.race, c.list, page.List, err, c.want, c.err)
		}
		if rows := len(page.Rows); err == nil && (rows > 0) != (c.want == "sex/F") {
			t.Errorf("%s %q has %d rows", c.race, c.list, rows)
		}
		err = c.board.Watch(t.Context(), standings.Watching{Race: c.race, List: c.list}, func(u standings.Update) error {
			if !u.Snapshot || u.List != c.want || len(u.Rows) != len(page.Rows) {
				t.Errorf("%s %q: the watch begins with %+v", c.race, c.list, u)
			}
			return errSeen
		})
		if want := c.err; !errors.Is(err, errSeen) && (want == nil || !errors.Is(err, want)) {
			t.Errorf("%s %q: the watch ends with %v", c.race, c.list, err)
		}
	}
	lists, err := women.Lists("city")
	if diff := gocmp.Diff([]standings.ListSummary{{Name: "sex/F", OnCourse: 1}}, lists); diff != "" || err != nil {
		t.Errorf("lists (-want +got)\n%s%v", diff, err)
	}
}

// toldBy returns what a watch tells while one change after another is made, as text.
func toldBy(t *testing.T, b *standings.Board, w standings.Watching, changes ...func()) []string {
	t.Helper()
	var updates []string
	err := b.Watch(t.Context(), w, func(u standings.Update) error {
		text := fmt.Sprint(u.Version, " ", u.List)
		if u.Snapshot {
			text += " anew"
		}
		for _, row := range u.Rows {
			text += fmt.Sprint(" +", row.Result.Bib)
		}
		for _, bib := range u.Removed {
			text += fmt.Sprint(" -", bib)
		}
		updates = append(updates, text)
		if len(changes) == 0 {
			return errSeen
		}
		change := changes[0]
		changes = changes[1:]
		change()
		return nil
	})
	if !errors.Is(err, errSeen) {
		t.Errorf("the watch ends with %v", err)
	}
	return updates
}

func TestAWatchOutlivesTheLastEntrantOfItsList(t *testing.T) {
	t.Parallel()
	b := standings.NewBoard(twoRaces(), 1, []result.Result{inCity(1, "F"), inCity(2, "M")})
	got := toldBy(t, b, standings.Watching{Race: "city", List: "sex/F"},
		func() { b.Apply(2, []result.Result{inCity(1, "M")}, nil) },
		func() { b.Apply(3, []result.Result{inCity(2, "F")}, nil) })
	if diff := gocmp.Diff([]string{"1 sex/F anew +1", "2 sex/F -1", "3 sex/F +2"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAWatchOfAListThatIsNotThereYetSeesItsFirstEntrant(t *testing.T) {
	t.Parallel()
	b := standings.NewBoard(twoRaces(), 1, []result.Result{inCity(1, "F")})
	got := toldBy(t, b, standings.Watching{Race: "city", List: "sex/X"},
		func() {
			b.Apply(2, []result.Result{inCity(2, "M")}, nil)
			b.Apply(3, []result.Result{inCity(1, "X")}, nil)
		},
		func() { b.Apply(4, []result.Result{inCity(2, "X")}, nil) })
	if diff := gocmp.Diff([]string{"1 sex/X anew", "3 sex/X +1", "4 sex/X +2"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAWatchOfARaceWithoutEntrantsGoesOnWithTheFirstList(t *testing.T) {
	t.Parallel()
	b := standings.NewBoard(twoRaces(), 1, nil)
	got := toldBy(t, b, standings.Watching{Race: "city"},
		func() { b.Apply(2, []result.Result{inCity(2, "M")}, nil) },
		func() { b.Apply(3, []result.Result{inCity(1, "F"), inCity(3, "M")}, nil) })
	if diff := gocmp.Diff([]string{"1 sex anew", "2 sex/M anew +2", "3 sex/M +3"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAWatchOfTheFirstListResumesOnlyWhereItStillIs(t *testing.T) {
	t.Parallel()
	b := standings.NewBoard(twoRaces(), 1, []result.Result{inCity(2, "M")})
	b.Apply(2, []result.Result{inCity(1, "F")}, nil)
	for _, c := range []struct {
		list    string
		version int64
		want    []string
	}{
		{"", 1, []string{"2 sex/F anew +1"}},
		{"sex/M", 1, nil},
		{"sex/F", 1, []string{"2 sex/F +1"}},
		{"sex/X", 1, nil},
		{"", 2, nil},
	} {
		var got []string
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		w := standings.Watching{Race: "city", List: c.list, ResumeVersion: c.version}
		err := b.Watch(ctx, w, func(standings.Update) error {
			got = toldBy(t, b, w)
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if diff := gocmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q from version %d (-want +got)\n%s", c.list, c.version, diff)
		}
	}
}

// A process that begins knows no version but the one that it reads.
func TestAWatchResumedOnANewBoardBeginsWithASnapshot(t *testing.T) {
	t.Parallel()
	before := standings.NewBoard(twoRaces(), 7, []result.Result{inCity(1, "F")})
	got := toldBy(t, before, standings.Watching{Race: "city", List: "sex/F"})
	restarted := standings.NewBoard(twoRaces(), 9, []result.Result{inCity(2, "F")})
	got = append(got, toldBy(t, restarted, standings.Watching{Race: "city", List: "sex/F", ResumeVersion: 7},
		func() { restarted.Apply(10, []result.Result{inCity(3, "F")}, nil) })...)
	if diff := gocmp.Diff([]string{"7 sex/F anew +1", "9 sex/F anew +2", "10 sex/F +3"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
