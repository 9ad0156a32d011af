package matcheck_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/matcheck"
	"raceday/services/rules/racetime"
)

const (
	second                  = time.Second
	minute                  = time.Minute
	start  racetime.Instant = 1_759_024_800_000_000
)

func after(d time.Duration) racetime.Instant { return start.Add(d) }

func TestCompare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		later []time.Duration
		want  matcheck.Clock
	}{
		{"nothing shared", nil, matcheck.Clock{}},
		{"too few to say", []time.Duration{1, 2, 3, 4}, matcheck.Clock{Shared: 4}},
		{"just enough", []time.Duration{3 * second, second, 2 * second, 5 * second, 4 * second},
			matcheck.Clock{Difference: 3 * second, Spread: second, Shared: 5}},
		{"an even number", []time.Duration{second, second, second, 2 * second, 2 * second, 2 * second},
			matcheck.Clock{Difference: 1500 * time.Millisecond, Spread: 500 * time.Millisecond, Shared: 6}},
		{"reads earlier than the others", []time.Duration{-70 * second, -70 * second, -71 * second, -69 * second, -70 * second},
			matcheck.Clock{Difference: -70 * second, Shared: 5}},
		{"two runners stood between the mats", []time.Duration{second, second, 9 * minute, second, -9 * minute, second, second},
			matcheck.Clock{Difference: second, Shared: 7}},
	} {
		if diff := cmp.Diff(c.want, matcheck.Compare(c.later)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
	}
}

// Seventy seconds off, two metres apart, every tenth runner read by one mat only, and a loop of five minutes.
func TestAClockThatIsOffIsFoundFromFiftyCrossings(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	var later []time.Duration
	for runner := range 50 {
		var mine, others []matcheck.Crossing
		for lap := range 2 {
			at := after(time.Duration(runner)*7*second + time.Duration(lap)*5*minute)
			spread := time.Duration(random.NormFloat64() * float64(800*time.Millisecond))
			if random.IntN(10) > 0 || lap == 0 {
				mine = matcheck.Add(mine, at.Add(70*second+spread), 30*second)
			}
			if random.IntN(10) > 0 || lap == 0 {
				others = matcheck.Add(others, at, 30*second)
			}
		}
		for _, crossing := range mine {
			if d, ok := matcheck.Nearest(crossing.First, others); ok {
				later = append(later, d)
			}
		}
	}
	clock := matcheck.Compare(later)
	if !clock.Known() || (clock.Difference-70*second).Abs() > second || clock.Spread > second {
		t.Errorf("got %+v, want 70 s within a second", clock)
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	crossings := []matcheck.Crossing{
		{First: after(0), Last: after(20 * second)}, {First: after(30 * minute), Last: after(30 * minute)}, {First: after(40 * minute), Last: after(40 * minute)},
	}
	for _, c := range []struct {
		name string
		at   time.Duration
		want time.Duration
		ok   bool
	}{
		{"the same instant", 0, 0, true},
		{"after the first read of a crossing, not the last", 25 * second, 25 * second, true},
		{"before all", -9 * minute, -9 * minute, true},
		{"nearer to the one before", 33 * minute, 3 * minute, true},
		{"nearer to the one after", 38 * minute, -2 * minute, true},
		{"ten minutes", 50 * minute, 10 * minute, true},
		{"more than ten minutes", 50*minute + time.Microsecond, 0, false},
		{"between two, far from both", 15 * minute, 0, false},
	} {
		got, ok := matcheck.Nearest(after(c.at), crossings)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%s: got %v, %v, want %v, %v", c.name, got, ok, c.want, c.ok)
		}
	}
	if _, ok := matcheck.Nearest(start, nil); ok {
		t.Error("a crossing was found where there is none")
	}
}

// Whatever order reads come in, and however often, the crossings are those of the reads in order.
func TestCrossingsDoNotDependOnTheOrderOfReads(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		reads := rapid.SliceOf(rapid.IntRange(0, 40)).Draw(t, "reads")
		var got []matcheck.Crossing
		for _, n := range reads {
			got = matcheck.Add(got, after(time.Duration(n)*10*second), 30*second)
		}
		seen := map[int]bool{}
		for _, n := range reads {
			seen[n] = true
		}
		var want []matcheck.Crossing
		for n := range 41 {
			at := after(time.Duration(n) * 10 * second)
			switch {
			case !seen[n]:
			case len(want) > 0 && at.Sub(want[len(want)-1].Last) < 30*second:
				want[len(want)-1].Last = at
			default:
				want = append(want, matcheck.Crossing{First: at, Last: at})
			}
		}
		if len(want)+len(got) > 0 {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("(-want +got)\n%s", diff)
			}
		}
	})
}

func TestSilent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		seen, missed int
		want         bool
	}{
		{"nobody came", 0, 0, false},
		{"nine came", 9, 9, false},
		{"ten came and all were missed", 10, 10, true},
		{"half were missed", 20, 10, true},
		{"most were seen, by a mat that is passed", 21, 10, false},
	} {
		if got := matcheck.Silent(c.seen, c.missed); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
