package standings_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"raceday/services/standings"
)

// bench is boards that run in a bubble of synctest, where time is cheap.
type bench struct {
	*backend
	*testing.T
	boards *standings.Boards
	stop   func()
}

func inBubble(t *testing.T, f func(b *bench)) {
	t.Helper()
	inBubbleOf(t, &backend{event: relay()}, f)
}

func inBubbleOf(t *testing.T, behind *backend, f func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		boards := standings.NewBoards(behind, behind, behind, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- boards.Run(ctx) }()
		stop := sync.OnceFunc(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("Run ends with %v", err)
			}
		})
		defer stop()
		f(&bench{backend: behind, T: t, boards: boards, stop: stop})
	})
}

// shown returns the version and the time that the board shows of bib 1.
func (b *bench) shown() (version int64, ranked string) {
	b.Helper()
	err := b.boards.Use(b.Context(), relayDay, func(board *standings.Board) error {
		page, err := board.Page("relay", "overall", 0, 1)
		version = page.Version
		if len(page.Rows) > 0 {
			ranked = page.Rows[0].Ranked()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return version, ranked
}

func (b *bench) wantShown(wantVersion int64, want string) {
	b.Helper()
	synctest.Wait()
	if version, got := b.shown(); version != wantVersion || got != want {
		b.Errorf("the board shows %s at version %d, want %s at version %d", got, version, want, wantVersion)
	}
}

func TestABoardFollowsNoticesWithoutLoading(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bench) {
		b.commit(10 * second)
		b.wantShown(1, "0:00:10")
		b.send(b.commit(11 * second))
		b.wantShown(2, "0:00:11")
		b.send(b.commit(12 * second))
		b.wantShown(3, "0:00:12")
		time.Sleep(5 * time.Second)
		if n := b.loadCount(); n != 1 {
			b.Errorf("%d loads, want one", n)
		}
	})
}

func TestAnOldNoticeChangesNothing(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bench) {
		old := b.commit(10 * second)
		b.commit(11 * second)
		b.wantShown(2, "0:00:11")
		b.send(old)
		b.wantShown(2, "0:00:11")
	})
}

func TestABoardThatMissedANoticeIsLoaded(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bench) {
		b.commit(10 * second)
		b.wantShown(1, "0:00:10")
		b.commit(11 * second)
		b.send(b.commit(12 * second))
		time.Sleep(300 * millisecond)
		b.wantShown(3, "0:00:12")
		b.send(b.commit(13 * second))
		b.wantShown(4, "0:00:13")
	})
}

func TestAVersionThatNoNoticeToldOfIsFoundWithinTwoSeconds(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bench) {
		b.wantShown(0, "")
		b.commit(10 * second)
		time.Sleep(2 * time.Second)
		b.wantShown(1, "0:00:10")
	})
}

func TestANoticeThatSaysReloadBringsTheEventToo(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bench) {
		b.commit(10*second + millisecond)
		b.wantShown(1, "0:00:11")
		event := relay()
		event.Races[0].Rounding = 100 * millisecond
		b.set(func() { b.event = event })
		n := b.commit(10*second + millisecond)
		n.Reload, n.Changed = true, nil
		b.send(n)
		time.Sleep(300 * millisecond)
		b.wantShown(2, "0:00:10.1")
	})
}

// apply makes another event of it with change 2, by tenths of a second.
func (b *bench) apply() {
	event := relay()
	event.Races[0].Rounding = 100 * millisecond
	b.set(func() { b.later, b.laterChange = event, 2 })
}

func TestABoardShowsByTheEventThatItsResultsAreOf(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bench) {
		b.change = 1
		b.apply()
		b.commit(10*second + millisecond)
		b.wantShown(1, "0:00:11")
		b.commit(11*second + millisecond)
		time.Sleep(2 * time.Second)
		b.wantShown(2, "0:00:12")
		b.set(func() { b.change = 2 })
		b.commit(11*second + millisecond)
		time.Sleep(2 * time.Second)
		b.wantShown(3, "0:00:11.1")
	})
}

func TestABoardOfWhichNothingIsDerivedFollowsTheNewestEvent(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bench) {
		b.wantShown(0, "")
		b.apply()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		err := b.boards.Use(b.Context(), relayDay, func(board *standings.Board) error {
			if got := board.Event().Races[0].Rounding; got != 100*millisecond {
				b.Errorf("the board rounds to %s", got)
			}
			return nil
		})
		if err != nil {
			b.Error(err)
		}
	})
}

func TestAResultWithOtherListsThanTheRaceHasIsNotTaken(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bench) {
		b.commit(10 * second)
		b.wantShown(1, "0:00:10")
		n := b.commit(11 * second)
		n.Changed[0].Lists = []string{"overall", "sex/M"}
		b.send(n)
		time.Sleep(300 * millisecond)
		b.wantShown(2, "0:00:11")
		if n := b.loadCount(); n != 2 {
			b.Errorf("%d loads, want two", n)
		}
	})
}

func TestAFloodThatNoticesCannotCarryIsLoadedFourTimesASecondAtMost(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bench) {
		b.wantShown(0, "")
		for range 100 {
			n := b.commit(10 * second)
			n.Reload = true
			b.send(n)
			time.Sleep(10 * millisecond)
		}
		time.Sleep(time.Second)
		b.wantShown(100, "0:00:10")
		if n := b.loadCount(); n > 6 {
			b.Errorf("%d loads in a second", n)
		}
	})
}

func TestABoardOutlivesAnAwayStore(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bench) {
		b.commit(10 * second)
		b.wantShown(1, "0:00:10")
		b.set(func() { b.away = true })
		b.commit(11 * second)
		b.send(b.commit(12 * second))
		time.Sleep(10 * time.Second)
		b.wantShown(1, "0:00:10")
		b.set(func() { b.away = false })
		time.Sleep(2 * time.Second)
		b.wantShown(3, "0:00:12")
	})
}

func TestAStoreThatWasSetBackIsFollowed(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bench) {
		b.commit(10 * second)
		b.commit(11 * second)
		b.wantShown(2, "0:00:11")
		b.set(func() { b.version = 0 })
		b.commit(12 * second)
		time.Sleep(2 * time.Second)
		b.wantShown(1, "0:00:12")
	})
}

func TestABoardThatCannotBeOpenedIsTriedAgain(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bench) {
		b.set(func() { b.away = true })
		use := func() error {
			return b.boards.Use(b.Context(), relayDay, func(*standings.Board) error { return nil })
		}
		if err := use(); !errors.Is(err, errAway) {
			b.Errorf("got %v, want %v", err, errAway)
		}
		b.set(func() { b.away, b.event = false, nil })
		if err := use(); !errors.Is(err, errEventNotFound) {
			b.Errorf("got %v, want %v", err, errEventNotFound)
		}
		b.set(func() { b.event = relay() })
		if err := use(); err != nil {
			b.Error(err)
		}
	})
}

func TestABoardThatNobodyUsesIsClosed(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bench) {
		b.commit(10 * second)
		b.wantShown(1, "0:00:10")
		time.Sleep(9 * time.Minute)
		b.wantShown(1, "0:00:10")
		time.Sleep(9 * time.Minute)
		b.wantShown(1, "0:00:10")
		if n := b.loadCount(); n != 1 {
			b.Errorf("%d loads of a board in use, want one", n)
		}
		time.Sleep(11 * time.Minute)
		b.wantShown(1, "0:00:10")
		if n := b.loadCount(); n != 2 {
			b.Errorf("%d loads after eleven idle minutes, want two", n)
		}
	})
}

func TestAWatchKeepsItsBoardOpenUntilTheBoardsStop(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bench) {
		ended := make(chan error, 1)
		var last standings.Update
		go func() {
			ended <- b.boards.Use(b.Context(), relayDay, func(board *standings.Board) error {
				return board.Watch(b.Context(), standings.Watching{Race: "relay"}, func(u standings.Update) error {
					last = u
					return nil
				})
			})
		}()
		time.Sleep(time.Hour)
		b.send(b.commit(10 * second))
		synctest.Wait()
		if last.Version != 1 || len(last.Rows) != 1 {
			b.Errorf("the watch was told %+v", last)
		}
		b.stop()
		if err := <-ended; !errors.Is(err, standings.ErrStopping) {
			b.Errorf("the watch ends with %v, want %v", err, standings.ErrStopping)
		}
		err := b.boards.Use(b.Context(), "another", func(*standings.Board) error { return nil })
		if !errors.Is(err, standings.ErrStopping) {
			b.Errorf("after the end: %v, want %v", err, standings.ErrStopping)
		}
	})
}

// A hundred who watch the same are told in rounds of two milliseconds, and all of the newest in the end.
func TestManyWatchersAreToldInRounds(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bench) {
		const watchers, commits = 100, 100
		var told, newest [watchers]int
		var all sync.WaitGroup
		for i := range watchers {
			all.Go(func() {
				err := b.boards.Use(b.Context(), relayDay, func(board *standings.Board) error {
					return board.Watch(b.Context(), standings.Watching{Race: "relay"}, func(u standings.Update) error {
						told[i]++
						newest[i] = int(u.Version)
						return nil
					})
				})
				if !errors.Is(err, standings.ErrStopping) {
					b.Errorf("the watch ends with %v", err)
				}
			})
		}
		synctest.Wait()
		for n := range commits {
			b.send(b.commit(time.Duration(n+1) * second))
			time.Sleep(millisecond)
		}
		time.Sleep(10 * millisecond)
		synctest.Wait()
		for i := range watchers {
			if newest[i] != commits || told[i] < commits/3 || told[i] > commits*2/3 {
				b.Errorf("watcher %d was told %d times of %d commits, of version %d last", i, told[i], commits, newest[i])
			}
		}
		b.stop()
		all.Wait()
	})
}
