package standings_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

// full is all that a row shows.
func full(row standings.Row) string {
	return fmt.Sprintf("%d %d %+v", row.Rank, row.LiveRank, *row.Result)
}

// wanted returns the watched rows by going through the whole list; false where nobody of the race wears the bib.
func wanted(t *rapid.T, b *standings.Board, w standings.Watching) ([]string, bool) {
	page, err := b.Page(w.Race, w.List, 0, 0)
	if w.Order == standings.Live {
		page, err = b.Live(w.Race, w.List, 0, 1000, racetime.At(w.Now()))
	}
	if err != nil {
		t.Fatal(err)
	}
	rows := page.Rows
	if w.Around != "" {
		if entrant, err := b.Entrant(w.Around); err != nil || entrant.Row.Result.Race != w.Race {
			return nil, false
		}
		n := w.Top
		if n == 0 {
			n = 11
		}
		middle := slices.IndexFunc(rows, func(row standings.Row) bool { return row.Result.Bib == w.Around })
		first := max(0, min(middle-n/2, len(rows)-n))
		if middle < 0 {
			rows = nil
		} else {
			rows = rows[first:min(len(rows), first+n)]
		}
	} else if w.Top > 0 {
		rows = rows[:min(len(rows), w.Top)]
	}
	var lines []string
	for _, row := range rows {
		lines = append(lines, full(row))
	}
	slices.Sort(lines)
	return lines, true
}

func (s *screen) full() []string {
	var lines []string
	for _, row := range s.rows {
		lines = append(lines, full(row))
	}
	slices.Sort(lines)
	return lines
}

func drawWindow(t *rapid.T, now func() time.Time) standings.Watching {
	w := watching(t)
	w.Now = now
	if w.Race == "city" {
		w.List = rapid.SampledFrom([]string{"overall", "sex/M", "age/M40+"}).Draw(t, "list")
	}
	if rapid.Bool().Draw(t, "around") {
		w.Around = race.Bib(fmt.Sprint(100 + rapid.IntRange(1, 12).Draw(t, "bib")))
	}
	if rapid.IntRange(0, 3).Draw(t, "live") == 0 {
		w.Order = standings.Live
	}
	return w
}

// Two replicas, one of them behind sometimes; a watcher that reads slowly, goes away and comes back to either of them; others
// that keep the same rows watched, so that they are shared.
func TestAWatcherHasTheRowsOfItsWindowAtEveryVersion(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var clock atomic.Int64
		w := drawWindow(t, func() time.Time { return gun.Time().Add(time.Duration(clock.Load())) })
		f := field{}
		f.change(t, true)
		version := int64(1)
		boards := []*standings.Board{
			standings.NewBoard(boardEvent(), version, f.results()), standings.NewBoard(boardEvent(), version, f.results()),
		}
		var others sync.WaitGroup
		if rapid.Bool().Draw(t, "shared") {
			for _, b := range boards {
				joined := make(chan struct{})
				others.Go(func() {
					once := sync.OnceFunc(func() { close(joined) })
					defer once()
					_ = b.Watch(context.Background(), w, func(standings.Update) error { once(); return nil })
				})
				<-joined
			}
		}
		defer others.Wait()
		defer boards[0].Close()
		defer boards[1].Close()
		commit := func() {
			version++
			changed, removed := f.change(t, true)
			clock.Add(rapid.Int64Range(0, 3).Draw(t, "clock") * 1_000_000_000)
			behind := rapid.IntRange(0, 5).Draw(t, "behind")
			for i, b := range boards {
				switch {
				case i == behind:
					b.Tell() // as time goes by
				case b.Version() == version-1:
					b.Apply(version, changed, removed)
				default:
					b.Reload(boardEvent(), version, f.results())
				}
			}
		}
		var s screen
		for range 6 {
			b := boards[rapid.IntRange(0, 1).Draw(t, "replica")]
			w.ResumeVersion = s.version
			if w.Order == standings.Live {
				s = screen{}
			}
			ctx, cancel := context.WithCancel(t.Context())
			now, there := wanted(t, b, w)
			gone := !there
			if s.version > 0 && slices.Equal(now, s.full()) {
				cancel() // nothing may be to be told
			}
			err := b.Watch(ctx, w, func(u standings.Update) error {
				s.show(u)
				want, _ := wanted(t, b, w)
				if diff := gocmp.Diff(want, s.full(), cmpopts.EquateEmpty()); diff != "" {
					t.Fatalf("%+v at version %d, the board at %d (-board +screen)\n%s", w, u.Version, b.Version(), diff)
				}
				for range 8 {
					commit()
					now, ok := wanted(t, b, w)
					gone = gone || !ok
					if (!slices.Equal(now, want) || !ok) && rapid.Bool().Draw(t, "ready") {
						if rapid.Bool().Draw(t, "leaves") {
							return errSeen
						}
						return nil
					}
				}
				cancel() // as now
				return nil
			})
			cancel()
			switch {
			case errors.Is(err, standings.ErrEntrantNotFound):
				if !gone {
					t.Fatalf("%s was worn all the time and the watch ends", w.Around)
				}
				s = screen{}
			case !errors.Is(err, errSeen) && !errors.Is(err, context.Canceled):
				t.Fatal(err)
			}
			commit()
		}
	})
}

// relayTeams are finished in the order of their bibs, 1 first.
func relayTeams(n int) field {
	f := field{}
	for id := race.EntrantID(1); id <= race.EntrantID(n); id++ {
		f[id] = relayTeam(id, time.Duration(id)*time.Minute)
	}
	return f
}

func relayTeam(id race.EntrantID, gunTime time.Duration) result.Result {
	r := finished(runner(id, "relay", race.Bib(fmt.Sprint(id)), result.Finished, second, 0, 0, gunTime))
	r.Lists = []string{"overall"}
	return r
}

func bibs(rows []standings.Row) []race.Bib {
	var bibs []race.Bib
	for _, row := range rows {
		bibs = append(bibs, row.Result.Bib)
	}
	return bibs
}

func TestRowsAroundABib(t *testing.T) {
	t.Parallel()
	b := standings.NewBoard(boardEvent(), 1, relayTeams(9).results())
	for _, c := range []struct {
		name string
		bib  race.Bib
		top  int
		want []race.Bib
	}{
		{"in the middle", "5", 3, []race.Bib{"4", "5", "6"}},
		{"one more above than below", "5", 4, []race.Bib{"3", "4", "5", "6"}},
		{"the first", "1", 3, []race.Bib{"1", "2", "3"}},
		{"the last", "9", 3, []race.Bib{"7", "8", "9"}},
		{"more than there are", "5", 20, []race.Bib{"1", "2", "3", "4", "5", "6", "7", "8", "9"}},
		{"alone", "5", 1, []race.Bib{"5"}},
	} {
		page, err := b.Window(standings.Watching{Race: "relay", Around: c.bib, Top: c.top})
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(c.want, bibs(page.Rows)); diff != "" || page.Ranked != 9 || page.Version != 1 {
			t.Errorf("%s: of %d at version %d (-want +got)\n%s", c.name, page.Ranked, page.Version, diff)
		}
	}
	for _, w := range []standings.Watching{{Race: "relay", Around: "10"}, {Race: "city", List: "overall", Around: "5"}} {
		if _, err := b.Window(w); !errors.Is(err, standings.ErrEntrantNotFound) {
			t.Errorf("around %s of %s: %v", w.Around, w.Race, err)
		}
	}
}

func TestTheRowsAroundABibFollowIt(t *testing.T) {
	t.Parallel()
	b := standings.NewBoard(boardEvent(), 1, relayTeams(9).results())
	out := relayTeam(5, time.Minute)
	out.Status, out.Gun = result.DNF, racetime.Optional{}
	w := standings.Watching{Race: "relay", Around: "5", Top: 3}
	got := toldBy(t, b, w,
		func() {
			b.Apply(2, []result.Result{relayTeam(9, 10*time.Minute)}, nil) // far behind
			b.Apply(3, []result.Result{relayTeam(5, 9*time.Minute)}, nil)
		},
		func() { b.Apply(4, []result.Result{relayTeam(7, 11*time.Minute)}, nil) }, // all move up
		func() { b.Apply(5, []result.Result{out}, nil) })
	want := []string{"1 overall anew +4 +5 +6", "3 overall +8 +5 +9 -4 -6", "4 overall +8 +5 +9", "5 overall -5 -8 -9"}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	err := b.Watch(t.Context(), w, func(standings.Update) error {
		b.Apply(6, nil, []race.EntrantID{5})
		return nil
	})
	if !errors.Is(err, standings.ErrEntrantNotFound) {
		t.Errorf("the watch of nobody ends with %v", err)
	}
}

// Whoever watches the same rows is sent the same update, so that it is encoded once.
func TestWhatManyWatchIsMadeOnce(t *testing.T) {
	t.Parallel()
	const watchers = 20
	b := standings.NewBoard(boardEvent(), 1, relayTeams(9).results())
	encoded := 0
	var mu sync.Mutex
	encode := func(standings.Update) any {
		mu.Lock()
		defer mu.Unlock()
		encoded++
		return encoded
	}
	var all sync.WaitGroup
	joined := make(chan struct{}, watchers)
	for range watchers {
		all.Go(func() {
			var seen []any
			err := b.Watch(t.Context(), standings.Watching{Race: "relay", Top: 3, Now: gun.Time}, func(u standings.Update) error {
				if seen = append(seen, u.Shared(encode)); len(seen) == 2 {
					return errSeen
				}
				joined <- struct{}{}
				return nil
			})
			if !errors.Is(err, errSeen) || !slices.Equal(seen, []any{1, 2}) {
				t.Errorf("told %v, %v", seen, err)
			}
		})
	}
	for range watchers {
		<-joined
	}
	b.Apply(2, []result.Result{relayTeam(3, time.Second)}, nil)
	all.Wait()
	if encoded != 2 {
		t.Errorf("encoded %d times, want a snapshot and a change", encoded)
	}
}

func TestWhoReadsTooSlowlyGetsASnapshot(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		changes  int64
		snapshot bool
	}{{32, false}, {33, true}, {5000, true}} {
		b := standings.NewBoard(boardEvent(), 1, relayTeams(9).results())
		var updates []standings.Update
		err := b.Watch(t.Context(), standings.Watching{Race: "relay"}, func(u standings.Update) error {
			if updates = append(updates, u); len(updates) == 2 {
				return errSeen
			}
			for n := range c.changes {
				b.Apply(2+n, []result.Result{relayTeam(1, time.Duration(n+1)*time.Millisecond)}, nil)
			}
			return nil
		})
		if !errors.Is(err, errSeen) {
			t.Fatal(err)
		}
		last := updates[1]
		if rows := len(last.Rows); last.Snapshot != c.snapshot || last.Version != 1+c.changes || (rows == 9) != c.snapshot {
			t.Errorf("after %d changes: snapshot %v of %d rows at version %d", c.changes, last.Snapshot, rows, last.Version)
		}
	}
}

// An estimate passes without a word; who joins later is not told of it.
func TestASnapshotThatIsHandedOutAgainIsOfNow(t *testing.T) {
	t.Parallel()
	now := gun.Time()
	b := standings.NewBoard(boardEvent(), 1, relayTeams(2).results())
	w := standings.Watching{Race: "relay", Now: func() time.Time { return now }}
	err := b.Watch(t.Context(), w, func(first standings.Update) error {
		now = now.Add(2 * time.Second)
		return b.Watch(t.Context(), w, func(second standings.Update) error {
			if first.At != gun || second.At != gun.Add(2*time.Second) {
				t.Errorf("snapshots of %v and %v", first.At, second.At)
			}
			return errSeen
		})
	})
	if !errors.Is(err, errSeen) {
		t.Fatal(err)
	}
}

// Another replica told of version 3, in which somebody else led for a moment.
func TestAVersionThatTheBoardNeverHadIsNotResumedFrom(t *testing.T) {
	t.Parallel()
	results := relayTeams(3).results()
	b := standings.NewBoard(boardEvent(), 1, results)
	b.Reload(boardEvent(), 4, results)
	for version, snapshot := range map[int64]bool{1: false, 3: true, 4: false} {
		if update, _ := firstOf(t, b, version); update.Snapshot != snapshot {
			t.Errorf("from version %d: snapshot %v, want %v", version, update.Snapshot, snapshot)
		}
	}
}
