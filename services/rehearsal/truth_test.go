package rehearsal_test

import (
	"bytes"
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"raceday/services/rehearsal"
	"raceday/services/rehearsal/proof"
	"raceday/services/rules/anomaly"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
	"raceday/services/scoring"
)

// simulatedDay is a day with everything that mats do, on which clocks are off by up to 70 s and the event says by how much.
type simulatedDay struct {
	event     *race.Event
	entrants  []race.Entrant
	recording *rehearsal.Recording
}

func simulate(t testing.TB, seed uint64, entrants int, conditions rehearsal.Conditions) simulatedDay {
	t.Helper()
	event := almaty(t)
	rng := rand.New(rand.NewPCG(seed, 70))
	offsets := map[race.MatID]time.Duration{}
	for i := range event.Mats {
		id := event.Mats[i].ID
		if _, ok := offsets[id]; !ok {
			offsets[id] = time.Duration(rng.IntN(140_000_001)-70_000_000) * time.Microsecond
		}
		event.Mats[i].ClockOffset = offsets[id]
	}
	teams := entrants / 50
	roster, err := rehearsal.NewField(seed, event, entrants-teams, teams).Roster(event)
	if err != nil {
		t.Fatal(err)
	}
	conditions.SwappedPairs = 1 + entrants/1000
	return simulatedDay{event, roster, rehearsal.Simulate(seed, event, roster, conditions)}
}

// score lets the product score the day, every race closed.
func (d simulatedDay) score(t testing.TB) map[race.Bib]result.Result {
	t.Helper()
	book := scoring.NewBook()
	book.SetEvent(d.event)
	book.SetEntrants(d.entrants)
	for i := range d.event.Races {
		id := d.event.Races[i].ID
		book.AddRulings([]ruling.Ruling{{ID: ruling.ID("close-" + id), Race: id, Kind: ruling.Close}})
	}
	for delivery := range d.recording.Deliveries() {
		for _, read := range delivery.Reads() {
			chip, err := race.ParseChip(string(read.Chip))
			if err != nil {
				t.Fatal(err)
			}
			book.AddRead(scoring.Read{Mat: read.Mat, Chip: chip, At: read.At})
		}
	}
	results := map[race.Bib]result.Result{}
	for _, change := range book.Settle().Results {
		results[change.Now.Bib] = change.Now
	}
	return results
}

// chipStory is what the truth says of one line of the roster, whoever wore its chips.
type chipStory struct {
	passings []passing.Passing
	// waited means that it was read at the start before the gun.
	waited bool
	// swapped means that somebody else wore the chip.
	swapped bool
	// otherGun means that it was somebody of another wave.
	otherGun bool
	unread   int
	all      []*rehearsal.Crossing
}

func (d simulatedDay) gunOf(bib race.Bib) racetime.Instant {
	e := &d.entrants[slices.IndexFunc(d.entrants, func(e race.Entrant) bool { return e.Bib == bib })]
	return d.event.Race(e.Race).WaveOf(e.Wave, e.Bib).Gun
}

func (d simulatedDay) stories() map[race.Bib]*chipStory {
	wearers := map[string]race.Bib{}
	stories := map[race.Bib]*chipStory{}
	for i := range d.entrants {
		stories[d.entrants[i].Bib] = &chipStory{}
		for _, chip := range d.entrants[i].Chips {
			wearers[chip] = d.entrants[i].Bib
		}
	}
	truth := d.recording.Truth
	for i := range truth.Crossings {
		c := &truth.Crossings[i]
		s := stories[wearers[c.Chip]]
		if s == nil {
			continue // a runner without an entry
		}
		if c.Bib != wearers[c.Chip] {
			s.swapped, s.otherGun = true, d.gunOf(c.Bib) != d.gunOf(wearers[c.Chip])
		}
		at, read := c.CountsAt()
		s.waited = s.waited || c.ReadEarly
		s.all = append(s.all, c)
		switch {
		case c.Happening == rehearsal.WaitedForGun && read:
			s.waited = true
		case c.Happening == rehearsal.Visited && read:
			s.passings = append(s.passings, passing.Passing{Visit: c.Visit, At: at})
		case c.Happening == rehearsal.Visited:
			s.unread++
		}
	}
	return stories
}

// Every crossing that at least one mat saw ends in the right passing, no passing is without a crossing, and the read that
// counts is exact, with the known offsets configured. Where the reads do not tell the truth, the anomaly is listed.
func TestEveryCrossingThatAMatSawIsAPassing(t *testing.T) {
	t.Parallel()
	first := proof.Seed(t)
	bad := rehearsal.Raw() // all that may be missing is missing
	bad.MinMissed, bad.MaxMissed, bad.LateStart, bad.Loiter = 0.1, 0.6, 0.1, 0.05
	t.Run("mats as of raw-2021", func(t *testing.T) { proveSimulated(t, first, rehearsal.Raw()) })
	t.Run("mats that miss a third", func(t *testing.T) { proveSimulated(t, first, bad) })
}

func proveSimulated(t *testing.T, first uint64, conditions rehearsal.Conditions) {
	t.Parallel()
	for n := range proof.Size(1, 5) {
		seed := first + uint64(n)
		day := simulate(t, seed, proof.Size(400, 17_000), conditions)
		results, stories := day.score(t), day.stories()
		if len(results) != len(day.entrants) {
			t.Fatalf("seed %d: %d results of %d entrants", seed, len(results), len(day.entrants))
		}
		found := tally{kinds: map[anomaly.Kind]int{}}
		most := 1 + len(day.entrants)/1000
		for i := range day.entrants {
			e := &day.entrants[i]
			got := results[e.Bib]
			day.check(t, seed, e, stories[e.Bib], &got, &found)
		}
		if found.within > most {
			t.Errorf("seed %d: %d passings by another gun are within a crossing, want at most %d", seed, found.within, most)
		}
		if found.unknowable > most {
			t.Errorf("seed %d: %d starts cannot be known, want at most %d", seed, found.unknowable, most)
		}
		stayed, again := len(day.recording.Truth.Stayed), 0
		for i := range day.recording.Truth.Crossings {
			if day.recording.Truth.Crossings[i].Happening == rehearsal.CameAgain {
				again++
			}
		}
		proof.Figure(t, "seed %d: %d entrants, %d reads, %d passings right, %d crossings read by no mat, %d came again, "+
			"%d stayed away, %d with another's chip, %d starts unread and another crossing in the window, anomalies %v",
			seed, len(day.entrants), day.recording.Reads(), found.passings, found.unread, again,
			stayed, found.swapped, found.unknowable, found.kinds)
	}
}

type tally struct {
	passings, unread, swapped, unknowable int
	// within counts passings by another gun that are at no edge of a crossing.
	within int
	kinds  map[anomaly.Kind]int
}

func (d simulatedDay) check(t *testing.T, seed uint64, e *race.Entrant, s *chipStory, got *result.Result, found *tally) {
	t.Helper()
	r := d.event.Race(e.Race)
	for _, a := range got.Anomalies {
		found.kinds[a.Kind]++
	}
	found.unread += s.unread
	if s.swapped {
		found.swapped++ // the chip's passings are right, and stand under the roster's name: no read tells
	}
	if s.otherGun {
		d.checkOtherGun(t, seed, r, e, s, got, found)
		return
	}
	gun := r.WaveOf(e.Wave, e.Bib).Gun
	if startUnknowable(r, s.passings, gun) {
		found.unknowable++
		if kinds := kindsOf(got); !slices.Contains(kinds, anomaly.NothingAfterStart) {
			t.Errorf("seed %d, bib %s: the start was not read and the finish lies in its window; anomalies %v", seed, e.Bib, kinds)
		}
		return
	}
	if diff := gocmp.Diff(s.passings, got.Passings); diff != "" {
		t.Errorf("seed %d, race %s, bib %s: passings (-truth +scored):\n%s", seed, e.Race, e.Bib, diff)
		return
	}
	found.passings += len(got.Passings)
	if want := wantStatus(r, s.passings, gun); got.Status != want {
		t.Errorf("seed %d, bib %s: %v, want %v", seed, e.Bib, got.Status, want)
	}
	if diff := gocmp.Diff(wantAnomalies(r, s, gun), kindsOf(got)); diff != "" {
		t.Errorf("seed %d, race %s, bib %s: anomalies (-want +got):\n%s", seed, e.Race, e.Bib, diff)
	}
}

// checkOtherGun: who wears the chip of another wave is measured by that wave's gun. What counts happened all the same, to the
// microsecond but for the few crossings that the window of that gun cuts, and what that gun rules out is listed.
func (d simulatedDay) checkOtherGun(
	t *testing.T, seed uint64, r *race.Race, e *race.Entrant, s *chipStory, got *result.Result, found *tally,
) {
	t.Helper()
	for _, p := range got.Passings {
		is := func(happened func(*rehearsal.Crossing, passing.Passing) bool) bool {
			return slices.ContainsFunc(s.all, func(c *rehearsal.Crossing) bool {
				return c.Point == r.Course[p.Visit].Point && happened(c, p)
			})
		}
		switch {
		case is(countsAt):
		case is(d.cutAt):
			found.within++
		default:
			t.Errorf("seed %d, bib %s: passing %v without a crossing", seed, e.Bib, p)
		}
	}
	if len(got.Passings) < len(s.passings) && got.Gun.Known && len(got.Anomalies) == 0 {
		t.Errorf("seed %d, bib %s: %d passings of %d crossings, and no anomaly", seed, e.Bib, len(got.Passings), len(s.passings))
	}
}

// countsAt reports whether a passing by another gun is at the instant of a crossing: by that gun the wait for the own one, or
// the finish, may be the start, which is the last read of it.
func countsAt(c *rehearsal.Crossing, p passing.Passing) bool {
	at, read := c.CountsAt()
	return read && (p.At == at || p.Visit == 0 && (p.At == c.Primary.Last || p.At == c.Backup.Last))
}

// cutAt reports whether a passing lies between the reads of a crossing: where the window of another gun begins or ends among
// them. Of reads before the gun of who ran the truth tells only that there are some; mats read up to 6 s before the runner.
func (d simulatedDay) cutAt(c *rehearsal.Crossing, p passing.Passing) bool {
	if c.ReadEarly && c.At.Add(-6*time.Second) <= p.At && p.At < d.gunOf(c.Bib) {
		return true
	}
	within := func(s rehearsal.Span) bool { return s.First <= p.At && p.At <= s.Last }
	return within(c.Primary) || within(c.Backup)
}

// startUnknowable reports whether the start was not read and a later crossing of its point lies in its window: it is the
// start then (RULES.md, Passings, 2), and nobody can know better.
func startUnknowable(r *race.Race, passings []passing.Passing, gun racetime.Instant) bool {
	for _, p := range passings {
		if p.Visit == 0 {
			return false
		}
		if r.Course[p.Visit].Point == r.Course[0].Point && p.At <= gun.Add(r.LateStart) {
			return true
		}
	}
	return false
}

func kindsOf(r *result.Result) []anomaly.Kind {
	kinds := []anomaly.Kind{}
	for _, a := range r.Anomalies {
		kind := a.Kind
		if kind == anomaly.FalseStart { // which of the two depends on the other waves
			kind = anomaly.EarlyWave
		}
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return kinds
}

func overTime(r *race.Race, passings []passing.Passing, gun racetime.Instant) bool {
	start := gun
	if len(passings) > 0 && passings[0].Visit == 0 {
		start = passings[0].At
	}
	return slices.ContainsFunc(passings, func(p passing.Passing) bool {
		c := r.Course[p.Visit].CutOff
		return c.AfterGun != 0 && p.At.Sub(gun) > c.AfterGun || c.AfterStart != 0 && p.At.Sub(start) > c.AfterStart ||
			c.Clock != 0 && p.At > c.Clock
	})
}

func wantStatus(r *race.Race, passings []passing.Passing, gun racetime.Instant) result.Status {
	switch {
	case len(passings) == 0:
		return result.DNS
	case passings[len(passings)-1].Visit < len(r.Course)-1:
		return result.DNF
	case overTime(r, passings, gun):
		return result.OTL
	}
	return result.Finished
}

// wantAnomalies returns what must be listed where mats did not see all: nothing more, nothing less.
func wantAnomalies(r *race.Race, s *chipStory, gun racetime.Instant) []anomaly.Kind {
	kinds := []anomaly.Kind{}
	if len(s.passings) == 0 && s.waited {
		return []anomaly.Kind{anomaly.EarlyWave} // and not seen anywhere else
	}
	if len(s.passings) == 0 {
		return kinds
	}
	first, last := s.passings[0].Visit, s.passings[len(s.passings)-1].Visit
	if first > 0 && last == len(r.Course)-1 {
		kinds = append(kinds, anomaly.FinishWithoutStart)
	}
	if first > 0 && s.waited {
		kinds = append(kinds, anomaly.EarlyWave)
	}
	if last == 0 {
		kinds = append(kinds, anomaly.NothingAfterStart)
	}
	before := 0
	for _, p := range s.passings {
		switch missed := p.Visit - before - 1; {
		case missed == 1:
			kinds = append(kinds, anomaly.MissingPoint)
		case missed > 1:
			kinds = append(kinds, anomaly.MissingPoints)
		}
		before = p.Visit
	}
	if overTime(r, s.passings, gun) {
		kinds = append(kinds, anomaly.OverTime)
	}
	slices.Sort(kinds)
	return kinds
}

func TestSimulatedDayIsTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	files := func(seed uint64) (reads, truth string) {
		day := simulate(t, seed, 300, rehearsal.Raw())
		var r, w bytes.Buffer
		if err := day.recording.WriteReads(&r); err != nil {
			t.Fatal(err)
		}
		if err := day.recording.Truth.WriteCSV(&w); err != nil {
			t.Fatal(err)
		}
		return r.String(), w.String()
	}
	reads, truth := files(5)
	again, sameTruth := files(5)
	other, _ := files(6)
	if reads != again || truth != sameTruth {
		t.Error("the same seed makes other bytes")
	}
	if reads == other {
		t.Error("another seed makes the same bytes")
	}
	if lines := strings.Count(truth, "\n"); lines < 600 || !strings.Contains(truth, "DID_NOT_START") ||
		!strings.Contains(truth, "AGAIN") || !strings.Contains(truth, "BEFORE_GUN") {
		t.Errorf("%d lines of truth:\n%.2000s", lines, truth)
	}
}

// A simulated day has the figures that the README of raw-2021 gives of real mats, and the troubles of issue "Rehearsal".
func TestSimulatedMatsAreLikeRealOnes(t *testing.T) {
	t.Parallel()
	day := simulate(t, 8, 2_000, rehearsal.Raw())
	lines := map[string][]racetime.Instant{}
	boots, chips, latest := map[string]bool{}, map[string]int{}, map[string]uint64{}
	zeros, lower := map[string]bool{}, map[string]bool{}
	late := 0
	for d := range day.recording.Deliveries() {
		key := d.Batch.GetMat() + " " + d.Batch.GetBoot()
		boots[key] = true
		for _, read := range d.Reads() {
			if read.Seq <= latest[key] {
				continue // sent again
			}
			latest[key] = read.Seq
			lines[key] = append(lines[key], read.At)
			chips[string(read.Chip)]++
			if strings.HasPrefix(string(read.Chip), "0") {
				zeros[d.Batch.GetMat()] = true
			}
			if strings.HasPrefix(string(read.Chip), "al") {
				lower[d.Batch.GetMat()] = true
			}
			if d.After-read.At.Sub(day.recording.FirstGun) > 15*time.Minute {
				late++
			}
		}
	}
	busiest := slices.MaxFunc(sorted(lines), func(a, b string) int { return cmp.Compare(len(lines[a]), len(lines[b])) })
	share, furthest := backwards(lines[busiest])
	if share < 0.28 || share > 0.44 {
		t.Errorf("%s: %.0f %% of the lines go back in time, want 36", busiest, 100*share)
	}
	if furthest > 6*time.Second || furthest < 5*time.Second {
		t.Errorf("%s: lines go back by up to %v, want 6 s", busiest, furthest)
	}
	if len(zeros) == 0 || len(lower) == 0 || len(boots) != len(day.recording.Mats())+1 || late == 0 {
		t.Errorf("%d mats with zeros, %d in lower case, %d numberings of %d mats, %d late reads",
			len(zeros), len(lower), len(boots), len(day.recording.Mats()), late)
	}
	for _, chip := range []string{"99990", "99991", "99992"} {
		if chips[chip] == 0 && chips["0000"+chip] == 0 {
			t.Errorf("test chip %s was not read", chip)
		}
	}
	if day.recording.Offline.Until-day.recording.Offline.From != 20*time.Minute {
		t.Errorf("offline %+v, want 20 minutes", day.recording.Offline)
	}
	day.checkMissed(t)
}

func sorted(lines map[string][]racetime.Instant) []string {
	keys := make([]string, 0, len(lines))
	for key := range lines {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func backwards(lines []racetime.Instant) (share float64, furthest time.Duration) {
	back := 0
	for i := 1; i < len(lines); i++ {
		if by := lines[i-1].Sub(lines[i]); by > 0 {
			back, furthest = back+1, max(furthest, by)
		}
	}
	return float64(back) / float64(len(lines)), furthest
}

// checkMissed: backup mats miss 0.4 to 5.6 % of the crossings at their points, and are no constant distance behind.
func (d simulatedDay) checkMissed(t *testing.T) {
	t.Helper()
	crossed, read := 0, 0
	var behind []time.Duration
	unregistered := map[string]bool{}
	for i := range d.recording.Truth.Crossings {
		c := &d.recording.Truth.Crossings[i]
		if c.Bib == "" {
			unregistered[c.Chip] = true
		}
		if c.Happening != rehearsal.Visited || c.Visit == 0 || c.Point == "k5" || c.Point == "k40" {
			continue // where a mat was carried away
		}
		crossed++
		if c.Backup.First != 0 {
			read++
		}
		if c.Backup.First != 0 && c.Primary.First != 0 {
			behind = append(behind, c.Backup.First.Sub(c.Primary.First))
		}
	}
	slices.Sort(behind)
	if share := 1 - float64(read)/float64(crossed); share < 0.004 || share > 0.056 {
		t.Errorf("backup mats missed %.1f %% of %d crossings", 100*share, crossed)
	}
	first, last := behind[0], behind[len(behind)-1]
	if first < -4300*time.Millisecond || first > -4*time.Second || last > 2200*time.Millisecond || last < 2*time.Second {
		t.Errorf("backup mats read %v to %v after the primary ones", first, last)
	}
	if len(unregistered) == 0 {
		t.Errorf("no runner is without an entry in %d crossings", len(d.recording.Truth.Crossings))
	}
}
