package ranking

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/race"
)

func ranks(l *List) []string {
	var got []string
	for i := range l.Len() {
		e, rank := l.At(i)
		got = append(got, fmt.Sprintf("%d %s", rank, e.Bib))
		if again, ok := l.Rank(e.Entrant); !ok || again != rank {
			got = append(got, fmt.Sprintf("but Rank says %d, %v", again, ok))
		}
	}
	return got
}

func TestRanks(t *testing.T) {
	t.Parallel()
	type finisher struct {
		bib    race.Bib
		ms     int
		before []race.Bib
	}
	for _, c := range []struct {
		name string
		in   []finisher
		want []string
	}{
		{"the same second, different milliseconds", []finisher{{"7", 9001, nil}, {"8", 9002, nil}}, []string{"1 7", "2 8"}},
		{"equal exact times share the rank", []finisher{{"12", 3, nil}, {"9", 2, nil}, {"10", 2, nil}, {"1", 1, nil}},
			[]string{"1 1", "2 9", "2 10", "4 12"}},
		{"tie for third", []finisher{{"1", 1, nil}, {"2", 2, nil}, {"3", 3, nil}, {"4", 3, nil}, {"5", 4, nil}},
			[]string{"1 1", "2 2", "3 3", "3 4", "5 5"}},
		{"a judge reverses 1 and 2", []finisher{{"1", 1, nil}, {"2", 2, []race.Bib{"1"}}, {"3", 3, nil}}, []string{"1 2", "2 1", "3 3"}},
		{"a judge parts equal times", []finisher{{"1", 1, nil}, {"2", 1, []race.Bib{"1"}}, {"3", 1, nil}}, []string{"1 2", "2 1", "2 3"}},
		{"the other is not in the list", []finisher{{"1", 1, []race.Bib{"9"}}, {"2", 2, nil}}, []string{"1 1", "2 2"}},
		{"one before another that is moved itself", []finisher{{"3", 1, nil}, {"1", 2, []race.Bib{"2"}}, {"2", 3, []race.Bib{"3"}}}, []string{"1 1", "2 2", "3 3"}},
		{"the last ruling of one bib stands", []finisher{{"1", 1, nil}, {"2", 2, nil}, {"3", 3, []race.Bib{"1", "2"}}}, []string{"1 1", "2 3", "3 2"}},
		{"the last names a bib that is not in the list", []finisher{{"1", 1, nil}, {"3", 3, []race.Bib{"1", "9"}}}, []string{"1 3", "2 1"}},
		{"rulings that contradict each other end all the same", []finisher{{"1", 1, []race.Bib{"2"}}, {"2", 1, []race.Bib{"1"}}}, []string{"1 2", "2 1"}},
		{"moved back", []finisher{{"1", 1, []race.Bib{"3"}}, {"2", 2, nil}, {"3", 3, nil}}, []string{"1 2", "2 1", "3 3"}},
	} {
		l := NewList()
		for i, f := range c.in {
			l.Put(Entry{race.EntrantID(i), f.bib, time.Duration(f.ms) * time.Millisecond}, f.before...)
		}
		if diff := cmp.Diff(c.want, ranks(l)); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestPutTellsWhetherAnythingChanged(t *testing.T) {
	t.Parallel()
	l := NewList()
	e := Entry{1, "1", time.Second}
	if !l.Put(e) || l.Put(e) || !l.Put(e, "2") || l.Put(e, "2") || !l.Put(e) || !l.Remove(1) || l.Remove(1) {
		t.Error("Put or Remove does not tell changes from repeats")
	}
}

func TestOrderOfArrivalChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOfN(rapid.IntRange(0, 20), 1, 40).Draw(t, "times")
		before := rapid.MapOfN(rapid.IntRange(0, len(times)-1), rapid.IntRange(0, 40), 0, 3).Draw(t, "before")
		put := func(l *List, i int) {
			e := Entry{race.EntrantID(i), race.Bib(fmt.Sprint(i)), time.Duration(times[i])}
			if other, ok := before[i]; ok {
				l.Put(e, race.Bib(fmt.Sprint(other)))
			} else {
				l.Put(e)
			}
		}
		want := NewList()
		for i := range times {
			put(want, i)
		}
		got := NewList()
		all := make([]int, len(times))
		for i := range all {
			all[i] = i
		}
		for _, i := range rapid.Permutation(all).Draw(t, "order") {
			got.Put(Entry{race.EntrantID(i), race.Bib(fmt.Sprint(i)), time.Duration(rapid.IntRange(0, 20).Draw(t, "first"))})
			if rapid.Bool().Draw(t, "out") {
				got.Remove(race.EntrantID(i))
			}
			put(got, i)
			put(got, i)
		}
		if diff := cmp.Diff(ranks(want), ranks(got)); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		if len(before) > 0 {
			return
		}
		for i := range want.Len() {
			e, rank := want.At(i)
			faster := 0
			for _, other := range times {
				if time.Duration(other) < e.Time {
					faster++
				}
			}
			if rank != faster+1 {
				t.Fatalf("bib %s has rank %d with %d faster", e.Bib, rank, faster)
			}
		}
	})
}
