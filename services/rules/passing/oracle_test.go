package passing

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// slowest finds the same passings by trying every way of giving crossings to visits: RULES.md, word for word.
func slowest(event *race.Event, r *race.Race, reads []Read, gunAt racetime.Instant) []Passing {
	reads = slices.Clone(reads)
	slices.SortFunc(reads, func(a, b Read) int { return int(a.At - b.At) })
	pointOf := func(visit int) int32 { return int32(slices.Index(event.Points, r.Course[visit].Point)) }
	type group struct {
		point int32
		reads []Read
	}
	var groups []group
	divide := func(reads []Read) (groups []group) {
		for point := range int32(len(event.Points)) {
			var g group
			for _, read := range reads {
				if read.Point != point {
					continue
				}
				if n := len(g.reads); n > 0 && read.At.Sub(g.reads[n-1].At) >= r.CrossingGap {
					groups = append(groups, g)
					g = group{}
				}
				g.point, g.reads = point, append(g.reads, read)
			}
			if len(g.reads) > 0 {
				groups = append(groups, g)
			}
		}
		return groups
	}
	instant := func(g group) racetime.Instant {
		for _, read := range g.reads {
			if !read.Backup && read.At.Sub(g.reads[0].At) < r.CrossingGap {
				return read.At
			}
		}
		return g.reads[0].At
	}

	var inWindow []Read
	for _, read := range reads {
		if read.Point == pointOf(0) && read.At >= gunAt && read.At <= gunAt.Add(r.LateStart) {
			inWindow = append(inWindow, read)
		}
	}
	reference, found := gunAt, []Passing(nil)
	var until racetime.Instant
	if len(inWindow) > 0 {
		first := divide(inWindow)[0].reads
		last := first[len(first)-1]
		reference, until = last.At, last.At
		for _, read := range slices.Backward(first) {
			if !read.Backup && last.At.Sub(read.At) < r.CrossingGap {
				reference = read.At
				break
			}
		}
		for _, read := range reads {
			if read.Point == pointOf(0) && read.At > until && read.At.Sub(until) < r.CrossingGap {
				until = read.At
			}
		}
		found = append(found, Passing{0, reference})
	}
	var later []Read
	for _, read := range reads {
		if read.At > reference && !(read.Point == pointOf(0) && read.At <= until) {
			later = append(later, read)
		}
	}
	groups = divide(later)

	var best []Passing
	better := func(a, b []Passing) bool { // a over b
		if len(a) != len(b) {
			return len(a) > len(b)
		}
		for i := range a {
			if a[i] != b[i] {
				return a[i].Visit < b[i].Visit || a[i].Visit == b[i].Visit && a[i].At < b[i].At
			}
		}
		return false
	}
	var try func(visit int, way []Passing)
	try = func(visit int, way []Passing) {
		if visit == len(r.Course) {
			if better(way, best) {
				best = slices.Clone(way)
			}
			return
		}
		try(visit+1, way)
		fromVisit, fromAt := 0, reference
		if len(way) > 0 {
			fromVisit, fromAt = way[len(way)-1].Visit, way[len(way)-1].At
		}
		for _, g := range groups {
			then := instant(g)
			metres := r.Course[visit].AtMillimetres - r.Course[fromVisit].AtMillimetres
			if g.point == pointOf(visit) && then > fromAt &&
				then.Sub(fromAt).Microseconds()*1_000_000 >= r.FastestPace.Microseconds()*metres {
				try(visit+1, append(slices.Clone(way), Passing{visit, then}))
			}
		}
	}
	try(1, nil)
	return append(found, best...)
}

func TestFindAgreesWithTryingEveryWay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		event, r := lap()
		r.FastestPace = time.Duration(rapid.SampledFrom([]int{0, 60, 100, 200}).Draw(t, "pace")) * time.Second
		r.LateStart = time.Duration(rapid.IntRange(0, 40).Draw(t, "late start")) * 10 * time.Second
		reads := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Read {
			return Read{
				At:     sec(gun - 30 + 10*float64(rapid.IntRange(0, 200).Draw(t, "at"))),
				Point:  rapid.Int32Range(line, elsewhere).Draw(t, "point"),
				Backup: rapid.Bool().Draw(t, "backup"),
			}
		}), 0, 12).Draw(t, "reads")
		want := slowest(event, r, reads, sec(gun))
		got := NewFinder(event, r).Find(nil, slices.Clone(reads), sec(gun), nil)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("passings (-slow +fast):\n%s", diff)
		}
	})
}
