package timing

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/matcheck"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// matDay is a race line → k5 → k10 → line with two mats at k5, one at k10 and one at the line.
func matDay() *race.Event {
	return &race.Event{
		ID:     "almaty-2025",
		Points: []race.PointID{"line", "k5", "k10"},
		Mats: []race.Mat{
			{ID: "line-a", Point: "line"}, {ID: "k5-a", Point: "k5"}, {ID: "k5-b", Point: "k5", Backup: true}, {ID: "k10-a", Point: "k10"},
		},
		Races: []race.Race{{
			ID: "ten", CrossingGap: 30 * time.Second,
			Course: []race.Visit{{Point: "line"}, {Point: "k5"}, {Point: "k10"}, {Point: "line"}},
		}},
	}
}

const gunAt racetime.Instant = 1_759_024_800_000_000

// tape writes what mats send, each numbering its own reads.
type tape struct {
	batch Batch
	seq   map[race.MatID]uint64
}

// see has a mat see a chip some time after the gun; the stream takes it a second later.
func (p *tape) see(mat race.MatID, chip race.Chip, afterGun time.Duration) *tape {
	if p.seq == nil {
		p.seq = map[race.MatID]uint64{}
	}
	p.seq[mat]++
	at := gunAt.Add(afterGun)
	p.batch.Reads = append(p.batch.Reads, Read{
		Mat: mat, Boot: "1", Seq: p.seq[mat], Chip: chip, At: at, ArrivedAt: at.Add(time.Second),
	})
	return p
}

// wornChips is a roster of chips C1, C2 and so on in the ten.
func wornChips(n int) map[race.Chip]race.ID {
	roster := map[race.Chip]race.ID{}
	for i := range n {
		roster[chipOf(i)] = "ten"
	}
	return roster
}

func chipOf(i int) race.Chip { return race.Chip(fmt.Sprint("C", i)) }

func stateOf(t *testing.T, states []MatState, mat race.MatID) MatState {
	t.Helper()
	i := slices.IndexFunc(states, func(s MatState) bool { return s.Mat == mat })
	if i < 0 {
		t.Fatalf("no mat %s among %+v", mat, states)
	}
	return states[i]
}

func TestWhatAMatSentIsCountedOnce(t *testing.T) {
	t.Parallel()
	tally := newTally(matDay(), nil)
	read := func(boot string, seq uint64, chip race.Chip, afterGun time.Duration) Read {
		at := gunAt.Add(afterGun)
		return Read{Mat: "k5-a", Boot: boot, Seq: seq, Chip: chip, At: at, ArrivedAt: at.Add(2 * time.Second)}
	}
	bad := func(data string) Rejected {
		return Rejected{Subject: "reads.almaty-2025.k5-a", Data: []byte(data), ArrivedAt: gunAt}
	}
	batch := &Batch{
		Reads: []Read{
			read("a", 100, "C1", 0), read("a", 101, "C1", 10*time.Second), read("a", 104, "C2", 50*time.Second),
			// Two further contents of one number are one conflict.
			read("a", 101, "C9", 10*time.Second), read("a", 101, "C8", 10*time.Second),
			// A boot in the middle, and a late read of before.
			read("b", 1, "C2", 65*time.Second), read("a", 97, "C3", 5*time.Second),
			{Mat: "spare", Boot: "1", Seq: 7, Chip: "C1", At: gunAt, ArrivedAt: gunAt.Add(time.Hour)},
		},
		Rejected: []Rejected{bad("x"), bad("y"), bad("x"), {Subject: "elsewhere", Data: []byte("z")}},
	}
	tally.take(batch)
	want := MatState{
		Mat: "k5-a", Point: "k5", Reads: 7, ReadsPerMinute: 5, Chips: 5,
		LastReadAt: gunAt.Add(65 * time.Second), LastArrivedAt: gunAt.Add(67 * time.Second), Lag: 2 * time.Second,
		Boots: []MatBoot{
			{Boot: "a", FirstSeq: 97, LastSeq: 104, Reads: 4, Missing: 4}, {Boot: "b", FirstSeq: 1, LastSeq: 1, Reads: 1},
		},
		Rejected: 2, Conflicts: 1,
		// The stranger saw one of the chips after nobody had been here; it is at no point.
	}
	asked := gunAt.Add(67 * time.Second)
	states, _ := tally.states(asked)
	if diff := cmp.Diff(want, stateOf(t, states, "k5-a")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	var order []race.MatID
	for _, s := range states {
		order = append(order, s.Mat)
	}
	if diff := cmp.Diff([]race.MatID{"line-a", "k5-a", "k5-b", "k10-a", "spare"}, order); diff != "" {
		t.Errorf("order (-want +got)\n%s", diff)
	}
	if spare := stateOf(t, states, "spare"); spare.Point != "" || spare.Reads != 1 || spare.Lag != time.Hour {
		t.Errorf("a mat that the event does not name: %+v", spare)
	}

	// All again, an hour later and in another order.
	again := &Batch{Reads: slices.Clone(batch.Reads), Rejected: batch.Rejected}
	slices.Reverse(again.Reads)
	for i := range again.Reads {
		again.Reads[i].ArrivedAt = again.Reads[i].ArrivedAt.Add(time.Hour)
	}
	tally.take(again)
	after, _ := tally.states(asked)
	if diff := cmp.Diff(states, after); diff != "" {
		t.Errorf("sent again (-before +after)\n%s", diff)
	}

	// Another order gives the same.
	other := newTally(matDay(), nil)
	reversed := &Batch{Reads: slices.Clone(batch.Reads), Rejected: batch.Rejected}
	slices.Reverse(reversed.Reads)
	other.take(reversed)
	if after, _ := other.states(asked); !cmp.Equal(states, after) {
		t.Errorf("in another order (-before +after)\n%s", cmp.Diff(states, after))
	}
}

func TestAMatWhoseClockIsOffIsFound(t *testing.T) {
	t.Parallel()
	event := matDay()
	event.Mats[2].ClockOffset = -5 * time.Second // is known already
	tally, random := newTally(event, wornChips(60)), rand.New(rand.NewPCG(3, 4))
	var p tape
	for i := range 60 {
		at := 20*time.Minute + time.Duration(i)*3*time.Second
		p.see("k5-a", chipOf(i), at)
		if i%10 > 0 {
			p.see("k5-b", chipOf(i), at+65*time.Second+time.Duration(random.NormFloat64()*float64(time.Second)/2))
		}
	}
	tally.take(&p.batch)
	states, _ := tally.states(gunAt)
	for mat, want := range map[race.MatID]time.Duration{"k5-a": -70 * time.Second, "k5-b": 70 * time.Second} {
		clock := stateOf(t, states, mat).Clock
		if (clock.Difference-want).Abs() > time.Second || clock.Spread > time.Second || clock.Shared != 54 {
			t.Errorf("%s: got %+v, want %v from 54 crossings", mat, clock, want)
		}
	}
	if clock := stateOf(t, states, "k10-a").Clock; clock != (matcheck.Clock{}) {
		t.Errorf("a mat alone at its point: got %+v", clock)
	}
}

func TestSilence(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*race.Event)
		// unworn leaves the roster empty.
		unworn bool
		play   func(*tape)
		mat    race.MatID
		want   bool
		missed int
	}{
		{name: "the other mat of the point still sees them", mat: "k5-a", want: true, missed: 12, unworn: true, play: func(p *tape) {
			for i := range 30 {
				at := 20*time.Minute + time.Duration(i)*time.Minute
				p.see("k5-b", chipOf(i), at)
				if i < 18 {
					p.see("k5-a", chipOf(i), at+time.Second)
				}
			}
		}},
		{name: "nine are not enough", mat: "k5-a", missed: 9, play: func(p *tape) {
			p.see("k5-a", "C99", 20*time.Minute)
			for i := range 9 {
				p.see("k5-b", chipOf(i), 40*time.Minute)
			}
		}},
		{name: "a late batch ends it", mat: "k5-a", play: func(p *tape) {
			for i := range 30 {
				p.see("k5-b", chipOf(i), 20*time.Minute+time.Duration(i)*time.Minute)
			}
			for i := range 30 {
				p.see("k5-a", chipOf(i), 20*time.Minute+time.Duration(i)*time.Minute)
			}
		}},
		{name: "runners come by whom only the mat behind sees", mat: "k5-a", want: true, missed: 20, play: func(p *tape) {
			for i := range 30 {
				if i < 10 {
					p.see("k5-a", chipOf(i), 20*time.Minute)
				}
				p.see("k10-a", chipOf(i), 40*time.Minute)
			}
		}},
		{name: "nobody knows which course they run", mat: "k5-a", unworn: true, play: func(p *tape) {
			for i := range 30 {
				p.see("k10-a", chipOf(i), 40*time.Minute)
			}
		}},
		{name: "everybody is past", mat: "k5-a", play: func(p *tape) {
			for i := range 30 {
				p.see("k5-a", chipOf(i), 20*time.Minute)
				p.see("k10-a", chipOf(i), 40*time.Minute)
			}
		}},
		{name: "it misses a third, and everybody is past", mat: "k5-a", missed: 10, play: func(p *tape) {
			for i := range 30 {
				if i%3 > 0 {
					p.see("k5-a", chipOf(i), 20*time.Minute)
				}
				p.see("k10-a", chipOf(i), 40*time.Minute)
			}
		}},
		{name: "its clock is seventy seconds behind", mat: "k5-a", play: func(p *tape) {
			for i := range 300 {
				at := 20*time.Minute + time.Duration(i)*time.Second
				p.see("k5-a", chipOf(i), at-70*time.Second)
				p.see("k5-b", chipOf(i), at)
			}
		}},
		{name: "a clock in another year does not excuse it", mat: "k5-a", want: true, missed: 30, play: func(p *tape) {
			p.see("k5-a", "C99", 10*365*24*time.Hour)
			p.batch.Reads[0].ArrivedAt = gunAt
			for i := range 30 {
				p.see("k5-b", chipOf(i), 40*time.Minute)
			}
		}},
		{name: "it was taken away", mat: "k5-a", change: func(e *race.Event) { e.Mats[1].Until = gunAt.Add(30 * time.Minute) },
			play: func(p *tape) {
				p.see("k5-a", "C99", 20*time.Minute)
				for i := range 30 {
					p.see("k5-b", chipOf(i), 40*time.Minute)
					p.see("k10-a", chipOf(i), 60*time.Minute)
				}
			}},
		{name: "who finishes need not be seen at the finish before", mat: "k10-a", play: func(p *tape) {
			for i := range 30 {
				p.see("line-a", chipOf(i), time.Second)
			}
		}},
		{name: "a team's member runs another leg", mat: "k5-a",
			change: func(e *race.Event) { e.Races[0].Team = &race.Team{Chip: race.MemberChip} },
			play: func(p *tape) {
				for i := range 30 {
					p.see("k10-a", chipOf(i), 40*time.Minute)
				}
			}},
	} {
		event, roster := matDay(), wornChips(300)
		if c.change != nil {
			c.change(event)
		}
		if c.unworn {
			roster = nil
		}
		tally, p := newTally(event, roster), &tape{}
		c.play(p)
		tally.take(&p.batch)
		states, _ := tally.states(gunAt.Add(8 * time.Hour))
		got := stateOf(t, states, c.mat)
		if got.Silent != c.want || got.MissedSince != c.missed {
			t.Errorf("%s: silent %v with %d missed, want %v with %d", c.name, got.Silent, got.MissedSince, c.want, c.missed)
		}
		// Learning the roster afterwards gives the same.
		late, p := newTally(event, nil), &tape{}
		c.play(p)
		late.take(&p.batch)
		late.setRoster(roster)
		lateStates, _ := late.states(gunAt.Add(8 * time.Hour))
		if again := stateOf(t, lateStates, c.mat); !again.equal(&got) {
			t.Errorf("%s, roster known later: got %+v, want %+v", c.name, again, got)
		}
	}
}

func TestWhereAMatLies(t *testing.T) {
	t.Parallel()
	minute := func(n int) racetime.Instant { return gunAt.Add(time.Duration(n) * time.Minute) }
	moved := []race.Mat{
		{ID: "m", Point: "k5", From: minute(0), Until: minute(60)},
		{ID: "m", Point: "k10", From: minute(90), Until: minute(120), Backup: true, ClockOffset: 70 * time.Second},
	}
	for _, c := range []struct {
		now  racetime.Instant
		want race.PointID
	}{
		{minute(-5), "k5"}, {minute(0), "k5"}, {minute(59), "k5"}, {minute(60), "k5"}, {minute(89), "k10"}, {minute(88), "k5"},
		{minute(118), "k10"}, {minute(500), "k10"},
	} {
		tally := newTally(&race.Event{Mats: moved}, nil)
		states, _ := tally.states(c.now)
		if got := states[0]; got.Point != c.want || got.Backup != (c.want == "k10") {
			t.Errorf("%v: at %s, backup %v, want %s", c.now, got.Point, got.Backup, c.want)
		}
	}
}

func TestNumbersBySeveralContentsAndByChance(t *testing.T) {
	t.Parallel()
	b := newBootTally("1", 5)
	var got []novelty
	for _, add := range [][2]uint64{{5, 1}, {5, 1}, {5, 2}, {5, 2}, {5, 3}, {MaxSeq, 1}, {MaxSeq, 1}, {0, 1}} {
		got = append(got, b.add(add[0], add[1]))
	}
	want := []novelty{fresh, repeated, conflicting, repeated, conflictingAgain, fresh, repeated, fresh}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(MatBoot{Boot: "1", LastSeq: MaxSeq, Reads: 3, Missing: MaxSeq - 2}, b.state()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// matMetres is matDay with lengths: k5 and k10 are alone on their stretch of a race of 15 km.
func matMetres() *race.Event {
	event := matDay()
	event.Mats = slices.Delete(event.Mats, 2, 3)
	for i := range event.Races[0].Course {
		event.Races[0].Course[i].AtMillimetres = int64(i) * 5_000_000
	}
	return event
}

func TestAMatAloneIsMissedByThoseWhoAreOverdue(t *testing.T) {
	t.Parallel()
	// field has runners begin a minute apart and see mats at five minutes a kilometre: by five kilometres, 25 minutes.
	const apart, leg = time.Minute, 25 * time.Minute
	field := func(p *tape, from, to int, mats ...race.MatID) {
		for i := from; i < to; i++ {
			for n, mat := range mats {
				if mat != "" {
					p.see(mat, chipOf(i), time.Duration(i)*apart+time.Duration(n)*leg)
				}
			}
		}
	}
	for _, c := range []struct {
		name    string
		change  func(*race.Event)
		play    func(*tape)
		mat     race.MatID
		now     time.Duration
		want    bool
		overdue int
	}{
		// The first is expected at k10 after 50 minutes, and late at 56:15.
		{name: "it sees nobody from the beginning", mat: "k10-a", now: 66 * time.Minute, want: true, overdue: 10,
			play: func(p *tape) { field(p, 0, 30, "line-a", "k5-a") }},
		{name: "a minute before", mat: "k10-a", now: 65 * time.Minute, overdue: 9,
			play: func(p *tape) { field(p, 0, 30, "line-a", "k5-a") }},
		{name: "it stops in the middle of the field", mat: "k10-a", now: 100 * time.Minute, want: true, overdue: 14,
			play: func(p *tape) {
				field(p, 0, 30, "line-a", "k5-a", "k10-a")
				field(p, 30, 60, "line-a", "k5-a")
			}},
		{name: "it is the finish, where the start was", mat: "line-a", now: 110 * time.Minute, want: true, overdue: 29,
			play: func(p *tape) { field(p, 0, 60, "line-a", "k5-a", "k10-a") }},
		{name: "the field ends and nine give up", mat: "k10-a", now: 3 * time.Hour, overdue: 9,
			play: func(p *tape) {
				field(p, 0, 100, "line-a", "k5-a", "k10-a")
				field(p, 100, 109, "line-a", "k5-a")
			}},
		{name: "the field ends and some are not late yet", mat: "k10-a", now: 160 * time.Minute, overdue: 4,
			play: func(p *tape) {
				field(p, 0, 100, "line-a", "k5-a", "k10-a")
				field(p, 100, 105, "line-a", "k5-a")
			}},
		{name: "it was seen before at the start alone, half of the field had passed", mat: "k5-a", now: 80 * time.Minute, want: true, overdue: 19,
			play: func(p *tape) {
				field(p, 0, 30, "line-a", "k5-a")
				field(p, 30, 60, "line-a")
			}, change: func(e *race.Event) { twoLines(e) }},
		{name: "five far ahead of the field", mat: "k5-a", now: 89 * time.Minute,
			play: func(p *tape) {
				for i := range 60 {
					if i < 5 {
						p.see("line-a", chipOf(i), 0).see("k5-a", chipOf(i), 70*time.Minute)
					} else {
						p.see("line-a", chipOf(i), time.Minute).see("k5-a", chipOf(i), 90*time.Minute)
					}
				}
			},
			// A half marathon with mats at its start and finish alone.
			change: func(e *race.Event) {
				e.Races[0].Course = []race.Visit{{Point: "line"}, {Point: "k5", AtMillimetres: 21_097_500}}
				e.Races[0].Waves = []race.Wave{{ID: "A", Gun: gunAt}}
			}},
		{name: "a quarter of the field had passed", mat: "k5-a", now: 80 * time.Minute, want: true, overdue: 34,
			play: func(p *tape) {
				field(p, 0, 15, "line-a", "k5-a")
				field(p, 15, 60, "line-a")
			}, change: twoLines},
		{name: "less than a quarter of the field had passed", mat: "k5-a", now: 80 * time.Minute,
			play: func(p *tape) {
				field(p, 0, 14, "line-a", "k5-a")
				field(p, 14, 60, "line-a")
			}, change: twoLines},
		{name: "nobody knows when the gun goes", mat: "k5-a", now: 2 * time.Hour,
			play: func(p *tape) { field(p, 0, 60, "line-a") }, change: twoLines},
		{name: "the event names the gun, and even walkers are late", mat: "k5-a", now: 85 * time.Minute, want: true, overdue: 11,
			play: func(p *tape) { field(p, 0, 60, "line-a") },
			change: func(e *race.Event) {
				twoLines(e)
				e.Races[0].Waves = []race.Wave{{ID: "A", Gun: gunAt}}
			}},
		{name: "they stood on the mat before the gun", mat: "k5-a", now: 85 * time.Minute,
			play: func(p *tape) { field(p, 0, 60, "line-a") },
			change: func(e *race.Event) {
				twoLines(e)
				e.Races[0].Waves = []race.Wave{{ID: "A", Gun: gunAt.Add(2 * time.Hour)}}
			}},
		{name: "it was taken away before they came", mat: "k10-a", now: 66 * time.Minute,
			play:   func(p *tape) { field(p, 0, 30, "line-a", "k5-a") },
			change: func(e *race.Event) { e.Mats[2].Until = gunAt.Add(50 * time.Minute) }},
		{name: "the course has no lengths", mat: "k10-a", now: 66 * time.Minute,
			play: func(p *tape) { field(p, 0, 30, "line-a", "k5-a") },
			change: func(e *race.Event) {
				for i := range e.Races[0].Course {
					e.Races[0].Course[i].AtMillimetres = 0
				}
			}},
		{name: "another runs the next leg", mat: "k10-a", now: 66 * time.Minute,
			play:   func(p *tape) { field(p, 0, 30, "line-a", "k5-a") },
			change: func(e *race.Event) { e.Races[0].Team = &race.Team{Chip: race.MemberChip} }},
		{name: "its clock is five minutes behind", mat: "k10-a", now: 80 * time.Minute,
			play: func(p *tape) {
				field(p, 0, 60, "line-a", "k5-a")
				for i := range 29 {
					p.see("k10-a", chipOf(i), time.Duration(i)*apart+2*leg-5*time.Minute)
				}
			}},
	} {
		event := matMetres()
		if c.change != nil {
			c.change(event)
		}
		tally, p := newTally(event, wornChips(300)), &tape{}
		c.play(p)
		// Only what came until then.
		p.batch.Reads = slices.DeleteFunc(p.batch.Reads, func(r Read) bool { return r.At > gunAt.Add(c.now) })
		tally.take(&p.batch)
		states, _ := tally.states(gunAt.Add(c.now))
		if got := stateOf(t, states, c.mat); got.Silent != c.want || got.Overdue != c.overdue {
			t.Errorf("%s: silent %v with %d overdue, want %v with %d", c.name, got.Silent, got.Overdue, c.want, c.overdue)
		}
	}
}

// twoLines parts the start of a race from its finish.
func twoLines(e *race.Event) {
	e.Races[0].Course[3].Point = "finish"
}

// Whatever is judged in between, in whatever order reads come, the mats are shown as if they were judged for the first time.
func TestWhatIsKeptOfJudgementsChangesNothing(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	event := matMetres()
	event.Mats = append(event.Mats, race.Mat{ID: "k5-b", Point: "k5"})
	var p tape
	for i := range 40 {
		for n, mat := range []race.MatID{"line-a", "k5-a", "k10-a", "line-a", "k5-b"} {
			if n%4 == 1 && i > 20 {
				continue
			}
			p.see(mat, chipOf(i), time.Duration(i)*30*time.Second+time.Duration(min(n, 3)%4)*25*time.Minute)
		}
	}
	random.Shuffle(len(p.batch.Reads), func(i, j int) { p.batch.Reads[i], p.batch.Reads[j] = p.batch.Reads[j], p.batch.Reads[i] })
	kept := newTally(event, wornChips(40))
	now := gunAt
	for i := range p.batch.Reads {
		now = now.Add(time.Duration(random.IntN(60)) * time.Second)
		kept.take(&Batch{Reads: p.batch.Reads[i : i+1]})
		got, _ := kept.states(now)
		fresh := newTally(event, wornChips(40))
		fresh.take(&Batch{Reads: p.batch.Reads[:i+1]})
		want, _ := fresh.states(now)
		for j := range want {
			judged, missing := &kept.mats[want[j].Mat].judged, fresh.mats[want[j].Mat].judged.missing
			if judged.missing != missing {
				t.Fatalf("after %d reads: %s misses those whom others saw: kept %v, first %v", i+1, want[j].Mat, judged.missing, missing)
			}
			// Who is overdue, where that is looked at now, is so every five seconds.
			if judged.watch.at != 0 && judged.watch.at < now {
				want[j].Overdue, want[j].Silent = judged.watch.Overdue(), missing || judged.watch.Silent()
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("after %d reads (-first +kept)\n%s", i+1, diff)
		}
	}
}

// A mat that was read a moment ago is looked at again when those behind may be late, with nothing coming.
func TestAMatIsLookedAtAgainWhenSomebodyMayBeLate(t *testing.T) {
	t.Parallel()
	tally, p := newTally(matMetres(), wornChips(60)), &tape{}
	for i := range 40 {
		at := time.Duration(i) * time.Minute
		p.see("line-a", chipOf(i), at).see("k5-a", chipOf(i), at+25*time.Minute)
		if i == 0 {
			p.see("k10-a", chipOf(i), at+50*time.Minute)
		}
	}
	tally.take(&p.batch)
	// The minutes of reads pass by; all was there at once.
	now, looks := gunAt.Add(50*time.Minute+2*time.Second), 0
	for ; now != 0 && looks < 1000; looks++ {
		states, next := tally.states(now)
		if stateOf(t, states, "k10-a").Silent {
			break
		}
		now = next
	}
	// The tenth of those behind the first is expected at 60:00 and late at 66:15.
	if want := gunAt.Add(66*time.Minute + 15*time.Second); now < want || now > want.Add(awaitPause) {
		t.Errorf("silent at %v after %d looks, want %v", now, looks, want)
	}
}
