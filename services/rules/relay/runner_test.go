package relay

import (
	"cmp"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/passing"
	"raceday/services/rules/race"
)

// onRoad is a relay of members with chips whose four legs end at these points.
func onRoad(to ...race.PointID) (*race.Event, *race.Race) {
	r := race.New(race.Other)
	r.FastestPace = 100_000_000_000 // 500 s for a leg
	r.Course = []race.Visit{{Point: "line"}}
	r.Team = &race.Team{Size: len(to), Chip: race.MemberChip}
	event := &race.Event{Points: []race.PointID{"line"}}
	for i, point := range to {
		r.Course = append(r.Course, race.Visit{Point: point, AtMillimetres: int64(i+1) * 5_000_000})
		r.Team.Legs = append(r.Team.Legs, race.Leg{To: point, LengthMillimetres: 5_000_000})
		if !slices.Contains(event.Points, point) {
			event.Points = append(event.Points, point)
		}
	}
	return event, &r
}

// read is one of the chip of the member registered for a leg.
func read(leg int16, point int32, seconds float64) passing.Read {
	return passing.Read{At: at(seconds).At, Point: point, Leg: leg}
}

// relayOf is the reads of legs of 1000 s run by these members: each is read as it leaves a hand-over and arrives at the next.
func relayOf(event *race.Event, r *race.Race, members ...int16) []passing.Read {
	var reads []passing.Read
	for i, member := range members {
		from := slices.Index(event.Points, r.Course[i].Point)
		to := slices.Index(event.Points, r.Course[i+1].Point)
		reads = append(reads, read(member, int32(from), float64(1000*i+2)), read(member, int32(to), float64(1000*i+1000)))
	}
	return reads
}

// runners finds the passings as the scorer does and tells who ran.
func runners(event *race.Event, r *race.Race, reads []passing.Read) ([]passing.Passing, []int) {
	finder := passing.NewFinder(event, r)
	passings := finder.Find(nil, slices.Clone(reads), gun, nil)
	arrivals := make([]Arrival, len(r.Team.Legs))
	for _, p := range passings {
		if p.Visit > 0 {
			arrivals[p.Visit-1] = Arrival{p.At, true}
		}
	}
	return passings, Runners(r, arrivals, gun, finder.Sightings())
}

func TestRunners(t *testing.T) {
	t.Parallel()
	points := []race.PointID{"x1", "x2", "x3", "line"}
	ring := []race.PointID{"line", "line", "line", "line"}
	shuttle := []race.PointID{"x1", "line", "x1", "line"}
	without := func(leg int16, seconds float64) func([]passing.Read) []passing.Read {
		return func(reads []passing.Read) []passing.Read {
			return slices.DeleteFunc(reads, func(r passing.Read) bool { return r.Leg == leg && r.At == at(seconds).At })
		}
	}
	with := func(more ...passing.Read) func([]passing.Read) []passing.Read {
		return func(reads []passing.Read) []passing.Read { return append(reads, more...) }
	}
	for _, c := range []struct {
		name    string
		to      []race.PointID
		members []int16
		spoil   func([]passing.Read) []passing.Read
		forced  float64 // start of leg 3 at the latest
		want    []int
	}{
		{name: "as registered", to: points, members: []int16{1, 2, 3, 4}},
		{name: "second and third swapped", to: points, members: []int16{1, 3, 2, 4}, want: []int{1, 3, 2, 4}},
		{name: "first and second swapped", to: points, members: []int16{2, 1, 3, 4}, want: []int{2, 1, 3, 4}},
		{name: "third and last swapped: no finish is read", to: points, members: []int16{1, 2, 4, 3}, want: []int{1, 2, 4, 3}},
		{name: "all in another order", to: points, members: []int16{4, 1, 2, 3}, want: []int{4, 1, 2, 3}},
		{name: "swapped on a ring", to: ring, members: []int16{1, 3, 2, 4}, want: []int{1, 3, 2, 4}},
		{name: "swapped on a shuttle, where the first and third run the same way", to: shuttle, members: []int16{3, 2, 1, 4}, want: []int{3, 2, 1, 4}},
		{name: "as registered on a ring", to: ring, members: []int16{1, 2, 3, 4}},
		{
			name: "swapped, and they waited at the mat", to: points, members: []int16{1, 3, 2, 4}, want: []int{1, 3, 2, 4},
			spoil: with(read(3, 1, 700), read(2, 2, 1900), read(2, 2, 1925), read(2, 2, 1950), read(2, 2, 1975), read(4, 3, 2800)),
		},
		{
			name: "swapped with a forced start", to: points, members: []int16{1, 3, 2, 4}, forced: 1500, want: []int{1, 3, 2, 4},
			spoil: func(reads []passing.Read) []passing.Read {
				return append(without(2, 2002)(reads), read(2, 2, 1502))
			},
		},
		{name: "one of two swapped was seen once: no runner for its leg", to: points, members: []int16{1, 3, 2, 4}, spoil: without(3, 1002)},
		{name: "another was not seen at all: it ran its own", to: points, members: []int16{1, 3, 2, 4}, want: []int{1, 3, 2, 4},
			spoil: func(reads []passing.Read) []passing.Read {
				return slices.DeleteFunc(reads, func(r passing.Read) bool { return r.Leg == 4 })
			}},
		{name: "one ran two legs", to: points, members: []int16{1, 2, 2, 4}},
		{name: "one walked on to the next exchange", to: points, members: []int16{1, 2, 3, 4}, spoil: with(read(2, 3, 2500))},
		{name: "chips of the team", to: points, members: []int16{0, 0, 0, 0}},
		{name: "nobody seen", to: points},
	} {
		event, r := onRoad(c.to...)
		if c.forced != 0 {
			r.Team.Legs[1].ForcedStart = at(c.forced).At
		}
		reads := relayOf(event, r, c.members...)
		if c.spoil != nil {
			reads = c.spoil(reads)
		}
		_, got := runners(event, r, reads)
		if diff := gocmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: runners (-want +got):\n%s", c.name, diff)
		}
	}
}

// However members run and however often they are read: whoever is told to have run a leg is one of the team, each of one leg;
// in whatever order the reads come; an order that everybody was seen to run in is told, and what is told was seen.
func TestRunnersAreThoseWhoRan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		event, r := onRoad(rapid.SampledFrom([][]race.PointID{{"x1", "x2", "x3", "line"}, {"x1", "x2", "x3", "x4"}}).Draw(t, "course")...)
		members := rapid.Permutation([]int16{1, 2, 3, 4}).Draw(t, "members")
		all := relayOf(event, r, members...)
		seen := slices.DeleteFunc(slices.Clone(all), func(passing.Read) bool { return rapid.IntRange(0, 6).Draw(t, "missed") == 0 })
		_, got := runners(event, r, seen)
		_, again := runners(event, r, rapid.Permutation(seen).Draw(t, "order"))
		if !slices.Equal(got, again) {
			t.Fatalf("%v in one order, %v in another", got, again)
		}
		ran := make([]int, len(members))
		for i, member := range members {
			ran[i] = int(member)
		}
		asRegistered := slices.IsSorted(ran)
		switch {
		case asRegistered && got != nil:
			t.Fatalf("ran as registered, and %v is told", got)
		case got != nil && slices.ContainsFunc(got, func(leg int) bool { own := slices.Index(got, leg); return leg != own+1 && leg != ran[own] }):
			t.Fatalf("%v is told of %v", got, ran)
		case got == nil && len(seen) == len(all) && !asRegistered:
			t.Fatalf("%v was seen and is not told", ran)
		}
	})
}

// No time follows from who ran: the chips of a race run as registered, and any other reads of members.
func TestRunnersOfAnyReadsAreEachOfOneLeg(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		event, r := onRoad("x1", "line", "x1", "line")
		draw := rapid.Custom(func(t *rapid.T) passing.Read {
			return read(int16(rapid.IntRange(0, 4).Draw(t, "leg")), int32(rapid.IntRange(0, 1).Draw(t, "point")), float64(rapid.IntRange(0, 50).Draw(t, "at")*100))
		})
		reads := slices.CompactFunc(slices.SortedFunc(slices.Values(rapid.SliceOfN(draw, 0, 14).Draw(t, "reads")), func(a, b passing.Read) int {
			return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Point, b.Point), cmp.Compare(a.Leg, b.Leg))
		}), func(a, b passing.Read) bool { return a == b })
		_, got := runners(event, r, reads)
		if sorted := slices.Sorted(slices.Values(got)); got != nil && !slices.Equal(sorted, []int{1, 2, 3, 4}) {
			t.Fatalf("runners %v", got)
		}
	})
}
