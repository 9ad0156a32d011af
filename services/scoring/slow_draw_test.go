package scoring

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rehearsal/proof"
	"raceday/services/rules/explanation"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
)

// troubledDay draws a small race with everything that may go wrong. Instants lie on a grid so coarse that equal ones, and
// gaps, windows, cut-offs and paces that are just met, are common.
func troubledDay(t *rapid.T) drawnDay {
	d := drawnDay{event: &race.Event{ID: "day", Points: []race.PointID{"line", "a", "b", "off"}}}
	d.event.Mats = troubledMats(t)
	kind := rapid.SampledFrom([]string{"person", "person", "team", "members"}).Draw(t, "kind")
	d.event.Races = []race.Race{troubledRace(t, kind)}
	for number := 1; number <= rapid.IntRange(1, 2).Draw(t, "entrants"); number++ {
		d.entrants = append(d.entrants, troubledEntrant(t, number, &d.event.Races[0]))
	}
	for i := range d.entrants {
		if rapid.IntRange(0, 5).Draw(t, "runs") < 5 {
			d.reads = append(d.reads, troubledRun(t, &d.entrants[i], d.event)...)
		}
	}
	for range rapid.IntRange(0, 5).Draw(t, "bursts") {
		d.reads = append(d.reads, troubledBurst(t, d.entrants, &d.event.Races[0])...)
	}
	for i := range rapid.IntRange(0, 5).Draw(t, "rulings") {
		d.rulings = append(d.rulings, troubledRuling(t, i, d))
	}
	return d
}

// grid draws an instant: mostly a multiple of 10 s after the first gun, at times a microsecond beside it.
func grid(t *rapid.T, name string, from, to int) racetime.Instant {
	at := second(10 * rapid.IntRange(from, to).Draw(t, name))
	return at + racetime.Instant(rapid.SampledFrom([]int{0, 0, 0, 0, 0, 1, -1}).Draw(t, name+" beside"))
}

func troubledMats(t *rapid.T) []race.Mat {
	mats := []race.Mat{{ID: "l1", Point: "line"}, {ID: "l2", Point: "line"}, {ID: "lz", Point: "line", Backup: true},
		{ID: "a1", Point: "a"}, {ID: "az", Point: "a", Backup: true}, {ID: "b1", Point: "b"}, {ID: "o1", Point: "off"}}
	for i := range mats {
		mats[i].ClockOffset = time.Duration(rapid.SampledFrom([]int{0, 0, 0, 10, -20, 70}).Draw(t, "offset")) * time.Second
	}
	moved := rapid.IntRange(0, len(mats)-1).Draw(t, "moved")
	if rapid.Bool().Draw(t, "moves") {
		at := grid(t, "moved at", 0, 80)
		to := race.Mat{ID: mats[moved].ID, Point: rapid.SampledFrom([]race.PointID{"line", "a", "b", "off"}).Draw(t, "to"),
			From: at, Backup: rapid.Bool().Draw(t, "as backup"), ClockOffset: 10 * time.Second}
		if rapid.Bool().Draw(t, "carried for a while") {
			to.From += 100_000_000
		}
		mats[moved].Until = at
		mats = append(mats, to)
	}
	return mats
}

func troubledRace(t *rapid.T, kind string) race.Race {
	r := race.New(race.Other)
	r.ID = "run"
	if kind == "person" && rapid.IntRange(0, 4).Draw(t, "nordic") == 0 {
		r = race.New(race.NordicWalking)
		r.ID = "run"
	}
	r.FastestPace = rapid.SampledFrom([]time.Duration{
		0, 50 * time.Second, 100 * time.Second,
		33_366_700 * time.Microsecond, // over 1 000.003 m no whole microseconds
	}).Draw(t, "pace")
	r.CrossingGap = rapid.SampledFrom([]time.Duration{10 * time.Second, 30 * time.Second, 60 * time.Second}).Draw(t, "gap")
	r.LateStart = time.Duration(rapid.SampledFrom([]int{0, 30, 120, 1800}).Draw(t, "late start")) * time.Second
	r.NoStartRead = rapid.SampledFrom([]race.NoStartRead{race.UseGun, race.NoNetTime, race.NotRanked}).Draw(t, "no start read")
	r.OverTime = rapid.SampledFrom([]race.OverTime{race.OverTimeOTL, race.OverTimeDNF, race.OverTimeDSQ}).Draw(t, "over time")
	r.Waves = []race.Wave{{ID: "A", Gun: gunAt}, {ID: "B", Gun: second(60)}, {ID: "C"}}
	at := int64(0)
	points := []race.PointID{"line", "line", "a", "b"}
	if kind != "person" && rapid.Bool().Draw(t, "ring") { // every leg ends where it began
		points = points[:1]
	}
	for i := range rapid.IntRange(2, 5).Draw(t, "visits") {
		if i > 0 {
			at += rapid.SampledFrom([]int64{1_000_000, 2_000_000, 1_000_003}).Draw(t, "stretch")
		}
		visit := race.Visit{Point: rapid.SampledFrom(points).Draw(t, "point"), AtMillimetres: at}
		switch rapid.IntRange(0, 8).Draw(t, "cut-off") {
		case 0:
			visit.CutOff.AfterGun = 200 * time.Second
		case 1:
			visit.CutOff.AfterStart = 200 * time.Second
		case 2:
			visit.CutOff.Clock = second(300)
		}
		r.Course = append(r.Course, visit)
	}
	r.DistanceMillimetres = at
	if kind != "person" {
		r.Team = &race.Team{Chip: race.TeamChip}
		if kind == "members" {
			r.Team.Chip = race.MemberChip
		}
		troubledLegs(t, &r)
	}
	return r
}

// troubledLegs ends legs at drawn visits, and at every one where the next visit of a leg's point would be another.
func troubledLegs(t *rapid.T, r *race.Race) {
	from := 0
	for visit := 1; visit < len(r.Course); visit++ {
		point := r.Course[visit].Point
		followed := visit < len(r.Course)-1 &&
			!slices.ContainsFunc(r.Course[visit:len(r.Course)-1], func(v race.Visit) bool {
				return slices.ContainsFunc(r.Course[visit+1:], func(w race.Visit) bool { return w.Point == v.Point })
			})
		if followed && rapid.Bool().Draw(t, "runs on") {
			continue
		}
		leg := race.Leg{To: point, LengthMillimetres: r.Course[visit].AtMillimetres - r.Course[from].AtMillimetres}
		switch n := len(r.Team.Legs); {
		case n > 0 && r.Team.Legs[n-1].ForcedStart != 0 && rapid.Bool().Draw(t, "forced together"):
			leg.ForcedStart = r.Team.Legs[n-1].ForcedStart // who waits for several legs leaves at once
		case rapid.Bool().Draw(t, "forced"):
			leg.ForcedStart = grid(t, "forced start", 0, 60)
		}
		r.Team.Legs = append(r.Team.Legs, leg)
		from = visit
	}
	r.Team.Size = len(r.Team.Legs)
}

func troubledEntrant(t *rapid.T, number int, r *race.Race) race.Entrant {
	e := race.Entrant{
		ID: race.EntrantID(number), Race: r.ID, Bib: race.Bib(fmt.Sprint(number)),
		Wave: rapid.SampledFrom([]race.WaveID{"A", "A", "A", "B", "B", "B", "C"}).Draw(t, "wave"),
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "chips") {
		e.Chips = append(e.Chips, fmt.Sprintf("00%d%c", number, "xy"[i]))
	}
	if r.Team == nil {
		return e
	}
	for leg := range len(r.Team.Legs) + 1 { // the one of leg 0 is a reserve
		e.Members = append(e.Members, race.Member{Leg: leg, Chips: []string{fmt.Sprintf("m%d%d", number, leg)}})
	}
	return e
}

func chipsOf(e *race.Entrant) []string {
	chips := slices.Clone(e.Chips)
	for _, m := range e.Members {
		chips = append(chips, m.Chips...)
	}
	return chips
}

var matsOfBursts = []race.MatID{"l1", "l2", "lz", "l1", "lz", "a1", "az", "a1", "b1", "o1", "nowhere"}

// troubledRun draws a run over the course, of which mats miss some.
func troubledRun(t *rapid.T, e *race.Entrant, event *race.Event) []Read {
	r := event.Race(e.Race)
	at := second(10 * rapid.SampledFrom([]int{0, 1, 3, 6, 7, 9}).Draw(t, "leaves"))
	var reads []Read
	for i, visit := range r.Course {
		if i > 0 {
			millimetres := visit.AtMillimetres - r.Course[i-1].AtMillimetres
			at += racetime.Instant((r.FastestPace.Microseconds()*millimetres + 999_999) / 1_000_000)
			at += racetime.Instant(rapid.SampledFrom([]int{20, 40, 60, 0, 10, -1}).Draw(t, "slower by") * 1_000_000)
		}
		if rapid.IntRange(0, 6).Draw(t, "missed") == 6 {
			continue
		}
		chips := slices.Clone(e.Chips)
		if r.Team != nil {
			leg, handOver := slowLegOf(r, i)
			chips = append(chips, e.Members[max(1, leg)].Chips...)
			if handOver {
				chips = append(chips, e.Members[leg+1].Chips...)
			}
		}
		if len(chips) == 0 {
			return nil
		}
		chip, _ := race.ParseChip(rapid.SampledFrom(chips).Draw(t, "chip read"))
		for range rapid.SampledFrom([]int{1, 1, 2, 3}).Draw(t, "reads of it") {
			var there []race.Mat
			for _, m := range event.Mats {
				if m.Point == visit.Point {
					there = append(there, m)
				}
			}
			m := rapid.SampledFrom(there).Draw(t, "by")
			reads = append(reads, Read{Mat: m.ID, Chip: chip, At: at.Add(m.ClockOffset)})
			at += racetime.Instant(rapid.SampledFrom([]int{0, 1_000_000, 10_000_000}).Draw(t, "again after"))
		}
	}
	return reads
}

// troubledBurst draws reads of one chip by one or more mats, close to each other.
func troubledBurst(t *rapid.T, entrants []race.Entrant, r *race.Race) []Read {
	chips := append(chipsOf(&entrants[rapid.IntRange(0, len(entrants)-1).Draw(t, "who")]), "nobody1")
	chip, _ := race.ParseChip(rapid.SampledFrom(chips).Draw(t, "chip"))
	at := grid(t, "at", -8, 80)
	if rapid.IntRange(0, 3).Draw(t, "at the fastest pace") == 0 { // from the first gun or an instant of the grid, rounded up
		if rapid.Bool().Draw(t, "from the gun") {
			at = gunAt
		}
		from := rapid.IntRange(0, len(r.Course)-2).Draw(t, "from")
		to := rapid.IntRange(from+1, len(r.Course)-1).Draw(t, "to")
		millimetres := r.Course[to].AtMillimetres - r.Course[from].AtMillimetres
		at += racetime.Instant((r.FastestPace.Microseconds()*millimetres + 999_999) / 1_000_000)
	}
	var reads []Read
	for range rapid.IntRange(1, 3).Draw(t, "reads") {
		mat := rapid.SampledFrom(matsOfBursts).Draw(t, "mat")
		reads = append(reads, Read{Mat: mat, Chip: chip, At: at})
		at += racetime.Instant(rapid.SampledFrom([]int{0, 1, 10_000_000, 20_000_000, 30_000_000}).Draw(t, "then"))
	}
	return reads
}

func troubledRuling(t *rapid.T, number int, d drawnDay) ruling.Ruling {
	r := ruling.Ruling{
		ID: ruling.ID(fmt.Sprint(number)), Race: "run", Bib: race.Bib(fmt.Sprint(rapid.IntRange(1, 3).Draw(t, "bib"))),
		Kind: rapid.SampledFrom(append(ruling.Kinds(), ruling.ManualTime, ruling.ManualTime, ruling.VoidRead)).Draw(t, "ruling"),
		At:   grid(t, "ruled at", -6, 80), Duration: 30 * time.Second,
		Point: rapid.SampledFrom([]string{"", "line", "a", "b", "line#2", "a#2"}).Draw(t, "ruled point"),
	}
	switch r.Kind {
	case ruling.Gun:
		r.Bib, r.At = "", grid(t, "gun", -6, 20)
		r.Target = rapid.SampledFrom([]string{"", "A", "B", "C"}).Draw(t, "wave ruled")
	case ruling.Close:
		r.Bib = ""
	case ruling.Revoke:
		r.Bib, r.Target = "", fmt.Sprint(rapid.IntRange(0, max(0, number-1)).Draw(t, "revoked"))
		if number == 0 {
			r.Target = "none"
		}
	case ruling.StartWithWave:
		r.Target = rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "starts with")
	case ruling.VoidRead:
		if len(d.reads) > 0 {
			read := rapid.SampledFrom(d.reads).Draw(t, "void")
			r.At, r.Bib = read.At, race.Bib(fmt.Sprint(rapid.IntRange(1, 2).Draw(t, "void of")))
			for _, m := range d.event.Mats {
				if m.ID == read.Mat {
					r.Point = string(m.Point)
				}
			}
		}
	case ruling.RankBefore:
		r.Target = "9"
	}
	return r
}

// The scorer agrees with the slow one in passings, statuses, times, legs and the verdict of every read.
func TestScoringAgreesWithTheSlowScorer(t *testing.T) {
	t.Parallel()
	cases, seen := 0, map[string]int{}
	for range proof.Size(2, 5) { // of 500 or 20 000 each
		rapid.Check(t, func(t *rapid.T) {
			cases++
			day := troubledDay(t)
			results, _ := day.score()
			slow := newSlowScorer(day)
			if forcedTogether(&day.event.Races[0]) {
				seen["forced together on a ring"]++
			}
			for i := range day.entrants {
				want := slow.score(&day.entrants[i])
				got := asSlow(&results[i])
				got.Reads = day.judged(t, &day.entrants[i])
				for k := range want.Reads {
					want.Reads[k].Leg = 0 // the explanation names the leg of a member also where the race does not ask who it was
				}
				slices.SortFunc(want.Reads, compareJudged)
				slices.SortFunc(got.Reads, compareJudged)
				for _, basis := range []race.Basis{race.Gun, race.Net} {
					if ranked := results[i].Time(basis); ranked.Known && ranked.Time <= 0 {
						t.Fatalf("bib %s is ranked by %v", day.entrants[i].Bib, ranked.Time)
					}
				}
				for _, leg := range results[i].Legs {
					if leg.Ranked && leg.Time.Time <= 0 {
						t.Fatalf("bib %s has run leg %d in %v", day.entrants[i].Bib, leg.Number, leg.Time.Time)
					}
				}
				seen[want.Status]++
				for _, read := range want.Reads {
					seen[read.Verdict]++
				}
				if diff := gocmp.Diff(want, got); diff != "" {
					t.Fatalf("bib %s (-slow +fast):\n%s", day.entrants[i].Bib, diff)
				}
			}
		})
	}
	if seen["forced together on a ring"]*100 < cases {
		t.Errorf("legs start together on a ring in %d of %d races", seen["forced together on a ring"], cases)
	}
	proof.Figure(t, "%d small races, no difference; statuses and verdicts: %v", cases, seen)
}

// forcedTogether reports whether legs that end at one point have one forced start.
func forcedTogether(r *race.Race) bool {
	if r.Team == nil {
		return false
	}
	legs := r.Team.Legs[:len(r.Team.Legs)-1] // nobody leaves behind the last
	for i, leg := range legs {
		if leg.ForcedStart != 0 && slices.ContainsFunc(legs[:i], func(before race.Leg) bool {
			return before.To == leg.To && before.ForcedStart == leg.ForcedStart
		}) {
			return true
		}
	}
	return false
}

func compareJudged(a, b slowRead) int {
	if c := compareSlowReads(&a, &b); c != 0 {
		return c
	}
	return strings.Compare(a.Verdict, b.Verdict)
}

// asSlow writes a result as the slow scorer does, without the reads.
func asSlow(r *result.Result) slowResult {
	s := slowResult{Passings: map[int]racetime.Instant{}, Status: r.Status.String(), Gun: known(r.Gun), Net: known(r.Net)}
	for _, p := range r.Passings {
		s.Passings[p.Visit] = p.At
	}
	for _, leg := range r.Legs {
		s.Legs = append(s.Legs, slowLeg{known(leg.Time), known(leg.Cumulative)})
	}
	return s
}

func known(o racetime.Optional) string {
	if !o.Known {
		return ""
	}
	return slowTime(racetime.Instant(o.Time.Microseconds()))
}

// toLeftOut are the verdicts for which the slow scorer has one word.
var toLeftOut = []passing.Verdict{
	passing.OutsideStartWindow, passing.TooFast, passing.OutOfOrder, passing.AnotherCrossing, passing.OthersLeg,
	passing.ManualTime,
}

// judged returns the reads of an entrant with the verdicts that officials are told, the set of those given.
func (d drawnDay) judged(t *rapid.T, e *race.Entrant) []slowRead {
	facts := Explained{Event: d.event, Entrant: *e}
	for _, r := range d.rulings {
		facts.Rulings = append(facts.Rulings, explanation.RecordedRuling{Ruling: r})
	}
	for i, read := range d.reads {
		if wears(e, read.Chip) && !slices.Contains(d.reads[:i], read) {
			facts.Reads = append(facts.Reads, explanation.Read{
				StoredRead: explanation.StoredRead{Mat: read.Mat, Chip: read.Chip, At: read.At},
			})
		}
	}
	explained, ok := Explain(facts)
	if !ok {
		t.Fatal("the entrant has no race")
	}
	var reads []slowRead
	for _, read := range explained.Reads {
		verdict := read.Verdict.String()
		if slices.Contains(toLeftOut, read.Verdict) {
			verdict = leftOut
		}
		reads = append(reads, slowRead{
			Read{read.Mat, read.Chip, read.At}, read.CorrectedAt, read.Point, 0, read.Backup, verdict,
		})
	}
	return reads
}
