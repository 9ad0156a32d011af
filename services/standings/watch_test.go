package standings_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

// screen is what a watcher shows who follows the updates.
type screen struct {
	rows    map[race.Bib]standings.Row
	version int64
}

func (s *screen) show(u standings.Update) {
	if u.Snapshot {
		s.rows = map[race.Bib]standings.Row{}
	}
	for _, bib := range u.Removed {
		delete(s.rows, bib)
	}
	for _, row := range u.Rows {
		s.rows[row.Result.Bib] = row
	}
	s.version = u.Version
}

func (s *screen) lines() []string {
	var lines []string
	for _, row := range s.rows {
		lines = append(lines, line(row))
	}
	slices.Sort(lines)
	return lines
}

// top is what the board shows now.
func top(t *rapid.T, b *standings.Board, w standings.Watching) []string {
	page, err := b.Page(w.Race, w.List, 0, w.Top)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, row := range page.Rows {
		lines = append(lines, line(row))
	}
	slices.Sort(lines)
	return lines
}

// watching draws a list that is always there.
func watching(t *rapid.T) standings.Watching {
	return standings.Watching{
		Race: rapid.SampledFrom([]race.ID{"city", "relay"}).Draw(t, "race"),
		List: "overall",
		Top:  rapid.IntRange(0, 4).Draw(t, "top"),
	}
}

func TestAWatcherThatFollowsShowsWhatTheBoardDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f, w := field{}, watching(t)
		b := standings.NewBoard(boardEvent(), 1, nil)
		var s screen
		snapshots, version, closed := 0, int64(1), false
		// Each update brings the next change about, and sometimes more than one: the watcher is slow.
		err := b.Watch(context.Background(), w, func(u standings.Update) error {
			s.show(u)
			if u.Snapshot {
				snapshots++
			}
			if got, want := s.lines(), top(t, b, w); !slices.Equal(got, want) {
				t.Fatalf("version %d shows %q, the board has %q", u.Version, got, want)
			}
			for before := top(t, b, w); version < 20; {
				version++
				changed, removed := f.change(t, true)
				b.Apply(version, changed, removed)
				// Only what can be seen wakes the watcher for certain.
				if !slices.Equal(before, top(t, b, w)) && rapid.Bool().Draw(t, "ready") {
					return nil
				}
			}
			if !closed {
				b.Close()
			}
			closed = true
			return nil
		})
		if !errors.Is(err, standings.ErrStopping) {
			t.Fatalf("the watch ends with %v, want %v", err, standings.ErrStopping)
		}
		if snapshots != 1 {
			t.Errorf("%d snapshots, want one", snapshots)
		}
	})
}

var errSeen = errors.New("seen")

// first returns the first update of a watch; none where there is nothing to tell.
func first(t *rapid.T, b *standings.Board, w standings.Watching) (standings.Update, bool) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var update standings.Update
	err := b.Watch(ctx, w, func(u standings.Update) error {
		update = u
		return errSeen
	})
	if err != nil && !errors.Is(err, errSeen) && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return update, errors.Is(err, errSeen)
}

func TestAWatchResumesByItsVersion(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f, w := field{}, watching(t)
		f.change(t, true)
		b := standings.NewBoard(boardEvent(), 1, f.results())
		begin, ok := first(t, b, w)
		if !ok || !begin.Snapshot {
			t.Fatal("a watch does not begin with a snapshot")
		}
		screens := []screen{{}}
		screens[0].show(begin)
		for version := int64(2); version < 8; version++ {
			changed, removed := f.change(t, true)
			if rapid.Bool().Draw(t, "reload") {
				b.Reload(boardEvent(), version, f.results())
			} else {
				b.Apply(version, changed, removed)
			}
			now, _ := first(t, b, w)
			screens = append(screens, screen{})
			screens[version-1].show(now)
		}
		for _, s := range screens {
			w.ResumeVersion = s.version
			update, ok := first(t, b, w)
			if update.Snapshot {
				t.Fatalf("version %d is known and a snapshot was sent", s.version)
			}
			if ok {
				s.show(update)
			}
			if diff := gocmp.Diff(top(t, b, w), s.lines(), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("resumed from version %d (-board +screen)\n%s", w.ResumeVersion, diff)
			}
		}
	})
}

func TestAWatchSendsOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	f := field{}
	for id := race.EntrantID(1); id <= 5; id++ {
		r := finished(runner(id, "relay", race.Bib(rune('0'+id)), result.Finished, second, 0, 0, time.Duration(id)*time.Minute))
		r.Lists = []string{"overall"}
		f[id] = r
	}
	b := standings.NewBoard(boardEvent(), 10, f.results())
	last := finished(runner(5, "relay", "5", result.Finished, second, 0, 0, 3*time.Minute+second))
	last.Lists = []string{"overall"}

	var updates []standings.Update
	err := b.Watch(t.Context(), standings.Watching{Race: "relay", Top: 4}, func(u standings.Update) error {
		updates = append(updates, u)
		switch len(updates) {
		case 1:
			b.Apply(11, []result.Result{last}, nil)
		case 2:
			return errSeen
		}
		return nil
	})
	if !errors.Is(err, errSeen) {
		t.Fatal(err)
	}
	change := updates[1]
	if change.Snapshot || change.Version != 11 || change.List != "overall" {
		t.Errorf("got snapshot %v, version %d, list %s", change.Snapshot, change.Version, change.List)
	}
	if len(change.Rows) != 1 || line(change.Rows[0]) != "4 5 5 0:03:01" {
		t.Errorf("got rows %v", change.Rows)
	}
	if diff := gocmp.Diff([]race.Bib{"4"}, change.Removed); diff != "" {
		t.Errorf("removed (-want +got)\n%s", diff)
	}
}

func TestAWatchBeginsAgainWhenTheEventIsAnother(t *testing.T) {
	t.Parallel()
	b := standings.NewBoard(boardEvent(), 1, nil)
	other := boardEvent()
	other.Races[0].Rounding = 100 * millisecond
	updates := 0
	err := b.Watch(t.Context(), standings.Watching{Race: "relay"}, func(u standings.Update) error {
		updates++
		if !u.Snapshot {
			t.Error("an update is no snapshot")
		}
		if updates == 2 {
			return errSeen
		}
		b.Reload(other, 2, nil)
		return nil
	})
	if !errors.Is(err, errSeen) {
		t.Fatal(err)
	}
	if update, _ := firstOf(t, b, 1); !update.Snapshot {
		t.Error("a watch resumes from a version of another event")
	}
}

func TestAWatchOfAForgottenVersionBeginsWithASnapshot(t *testing.T) {
	t.Parallel()
	r := runner(1, "relay", "1", result.Started, second)
	r.Lists = []string{"overall"}
	b := standings.NewBoard(boardEvent(), 1, []result.Result{r})
	for version := int64(2); version <= 5000; version++ {
		b.Apply(version, []result.Result{r}, nil)
	}
	for _, c := range []struct {
		version  int64
		snapshot bool
	}{{1, true}, {903, true}, {904, false}, {4999, false}, {5001, true}} {
		if update, _ := firstOf(t, b, c.version); update.Snapshot != c.snapshot {
			t.Errorf("from version %d: snapshot %v, want %v", c.version, update.Snapshot, c.snapshot)
		}
	}
}

// firstOf returns the first update of a watch of the relay that resumes from a version.
func firstOf(t *testing.T, b *standings.Board, version int64) (standings.Update, bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var update standings.Update
	err := b.Watch(ctx, standings.Watching{Race: "relay", ResumeVersion: version}, func(u standings.Update) error {
		update = u
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return update, update.Version != 0
}
