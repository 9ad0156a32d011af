package main

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"raceday/services/rehearsal/sharedcase"
)

// rawEvent is the road race of raw-2021. The controllers of the start were carried to the finish: the files of finish1 and
// finish2 hold what they saw at the start too, so that the finish lies where it is from 08:50 UTC on.
const rawEvent = `id: raw-2021
name: A road race of 8 May 2021
day: "2021-05-08"
time_zone: UTC
points: [{id: start}, {id: k9}, {id: k19}, {id: k27}, {id: k39}, {id: finish}]
mats:
  - {id: start1, point: start}
  - {id: start2, point: start}
  - {id: 9k, point: k9}
  - {id: 19k, point: k19}
  - {id: 27k, point: k27}
  - {id: 39k, point: k39}
  - {id: finish1, point: finish, from: "2021-05-08T08:50:00Z"}
  - {id: finish2, point: finish, from: "2021-05-08T08:50:00Z"}
  - {id: finish3, point: finish, from: "2021-05-08T08:50:00Z"}
  - {id: finish4, point: finish, from: "2021-05-08T08:50:00Z"}
races:
  - id: run
    name: Run
    format: OTHER
    distance_metres: 10000
    fastest_pace: 0s
    late_start: 50m
    waves: [{id: A, gun: "2021-05-08T08:00:00Z"}]
    course: [{point: start, at_metres: 0}, {point: finish, at_metres: 10000}]
`

var (
	rawGun   = time.Date(2021, 5, 8, 8, 0, 0, 0, time.UTC)
	rawMoved = time.Date(2021, 5, 8, 8, 50, 0, 0, time.UTC)
	rawEnds  = []string{"finish1", "finish2", "finish3", "finish4"}
)

// firstTestChip is the first of the chips that the timers wear themselves.
const firstTestChip = 99990

// rawRead is a line of the case; chip is as it is compared.
type rawRead struct {
	mat, boot, seq, written, chip string
	at                            time.Time
}

func (r rawRead) of(mats ...string) bool { return slices.Contains(mats, r.mat) }

// readRaw returns the case's lines in their order, by no code of the product, and those of runners alone.
func readRaw(t *testing.T, dir string) (all, runners []rawRead) {
	t.Helper()
	file, err := os.Open(filepath.Join(dir, "reads.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(unpacked).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := func(name string) int { return slices.Index(records[0], name) }
	for _, record := range records[1:] {
		at, err := time.Parse(time.RFC3339, record[column("at")])
		if err != nil {
			t.Fatal(err)
		}
		number, err := strconv.Atoi(record[column("chip")])
		if err != nil {
			t.Fatal(err)
		}
		r := rawRead{
			mat: record[column("mat")], boot: record[column("boot")], seq: record[column("seq")],
			written: record[column("chip")], chip: strconv.Itoa(number), at: at.UTC(),
		}
		all = append(all, r)
		if number < firstTestChip {
			runners = append(runners, r)
		}
	}
	return all, runners
}

func TestRawReadsAreWhatTheCaseSaysOfThem(t *testing.T) {
	t.Parallel()
	all, runners := readRaw(t, sharedcase.Dir(t, "raw-2021"))
	finishing := slices.DeleteFunc(slices.Clone(runners), func(r rawRead) bool { return !r.of(rawEnds...) || !r.at.After(rawMoved) })

	rawFigure(t, "reads", 64_990, len(all))
	rawFigure(t, "runners at the finish", 3750, len(runnersIn(finishing, rawEnds...)))
	checkMissed(t, finishing)
	checkBackup(t, finishing)
	checkBackwards(t, all)

	// The README's two figures of a chip seen again and again are of one mat, the first of the four.
	at1 := map[string][]time.Time{}
	most, again := 0, 0
	for _, r := range finishing {
		if r.of("finish1") {
			at1[r.chip] = append(at1[r.chip], r.at)
		}
	}
	for _, seen := range at1 {
		most = max(most, len(seen))
		if slices.MaxFunc(seen, time.Time.Compare).Sub(slices.MinFunc(seen, time.Time.Compare)) > 5*time.Minute {
			again++
		}
	}
	rawFigure(t, "most reads of a chip at finish1", 170, most)
	rawFigure(t, "chips again at finish1 more than five minutes later", 372, again)
	checkControllers(t, all)
}

func rawFigure[Number comparable](t *testing.T, name string, want, got Number) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", name, got, want)
	}
}

func runnersIn(reads []rawRead, mats ...string) map[string]bool {
	chips := map[string]bool{}
	for _, r := range reads {
		if r.of(mats...) {
			chips[r.chip] = true
		}
	}
	return chips
}

// checkMissed: one mat misses 0.4 to 5.6 % of the runners, the two best together still 12.
func checkMissed(t *testing.T, finishing []rawRead) {
	t.Helper()
	runners := len(runnersIn(finishing, rawEnds...))
	mats := slices.Clone(rawEnds)
	missed := func(mats ...string) int { return runners - len(runnersIn(finishing, mats...)) }
	slices.SortFunc(mats, func(a, b string) int { return missed(a) - missed(b) })
	share := func(mat string) float64 { return math.Round(1000*float64(missed(mat))/float64(runners)) / 10 }
	rawFigure(t, "% missed by the best mat", 0.4, share(mats[0]))
	rawFigure(t, "runners missed by the worst mat, 5.5 %", 208, missed(mats[3]))
	rawFigure(t, "runners missed by the two best", 12, missed(mats[:2]...))
}

// checkBackup: the second mat is no constant distance behind the first. Who was read by both more than a crossing apart is
// left out: these are two crossings.
func checkBackup(t *testing.T, finishing []rawRead) {
	t.Helper()
	first := func(mat string) map[string]time.Time {
		seen := map[string]time.Time{}
		for _, r := range finishing {
			if at, ok := seen[r.chip]; r.of(mat) && (!ok || r.at.Before(at)) {
				seen[r.chip] = r.at
			}
		}
		return seen
	}
	one, two := first("finish1"), first("finish2")
	var behind []time.Duration
	for chip, at := range one {
		if other, ok := two[chip]; ok && other.Sub(at).Abs() < 30*time.Second {
			behind = append(behind, other.Sub(at))
		}
	}
	slices.Sort(behind)
	percentile := func(p int) time.Duration { return behind[len(behind)*p/100].Round(100 * time.Millisecond) }
	rawFigure(t, "5th percentile of finish2 after finish1", -4300*time.Millisecond, percentile(5))
	rawFigure(t, "95th percentile of finish2 after finish1", 2200*time.Millisecond, percentile(95))
}

// checkBackwards: lines of the busiest controllers go back in time in 36 % of cases, by up to 6 s.
func checkBackwards(t *testing.T, all []rawRead) {
	t.Helper()
	for _, mat := range []string{"finish1", "finish2"} {
		var last time.Time
		lines, back, furthest := 0, 0, time.Duration(0)
		for _, r := range all {
			if !r.of(mat) {
				continue
			}
			if by := last.Sub(r.at); lines > 0 && by > 0 {
				back, furthest = back+1, max(furthest, by)
			}
			last, lines = r.at, lines+1
		}
		rawFigure(t, "% of lines back in time at "+mat, 36, math.Round(100*float64(back)/float64(lines)))
		rawFigure(t, "furthest back at "+mat, 6*time.Second, furthest.Round(time.Second))
	}
}

// checkControllers: one controller writes six digits, one file holds another day's reads, and two stood at start and finish.
func checkControllers(t *testing.T, all []rawRead) {
	t.Helper()
	zeros, otherDays := map[string]bool{}, map[string]int{}
	lines := map[string]map[[3]string]bool{}
	for _, r := range all {
		if strings.HasPrefix(r.written, "0") {
			zeros[r.mat] = true
		}
		if r.at.Format(time.DateOnly) != "2021-05-08" {
			otherDays[r.mat]++
			continue
		}
		if lines[r.mat] == nil {
			lines[r.mat] = map[[3]string]bool{}
		}
		lines[r.mat][[3]string{r.boot, r.seq, r.chip}] = true
	}
	rawFigure(t, "mats that write leading zeros", "[finish3]", fmt.Sprint(slices.Sorted(maps.Keys(zeros))))
	rawFigure(t, "reads of other days", "map[start1:677]", fmt.Sprint(otherDays))
	for _, moved := range [][2]string{{"start1", "finish1"}, {"start2", "finish2"}} {
		for line := range lines[moved[0]] {
			if !lines[moved[1]][line] {
				t.Fatalf("%s has %v, which %s has not: they are not the same controller", moved[0], line, moved[1])
			}
		}
	}
}

// The reads of raw-2021 go over NATS to a running server.
func TestRawReadsLive(t *testing.T) {
	t.Parallel()
	shared := sharedcase.Dir(t, "raw-2021")
	_, runners := readRaw(t, shared)
	dir := t.TempDir()
	roster := []string{"race,bib,chips"}
	for _, chip := range slices.Sorted(maps.Keys(runnersIn(runners, "start1", "start2", "9k", "19k", "27k", "39k", "finish1", "finish2", "finish3", "finish4"))) {
		roster = append(roster, "run,"+chip+","+chip)
	}
	rawFigure(t, "chips below 99990", 4014, len(roster)-1)
	for name, content := range map[string]string{
		"event.yaml": rawEvent, "roster.csv": strings.Join(roster, "\n") + "\n",
		"rulings.csv": "id,race,bib,ruling,target,point,at,duration,rule,reason,by,decided_at\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(shared, "reads.csv.gz"), filepath.Join(dir, "reads.csv.gz")); err != nil {
		t.Fatal(err)
	}
	offline, _ := scoreCase(t, dir)

	s := serve(t, folder(t))
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, filepath.Join(dir, "event.yaml"))
	tell(t, s, "raw-2021", dir, "roster")
	tell(t, s, "raw-2021", dir, "reads")
	results := filepath.Join(dir, "results.csv")
	eventually(t, func() error {
		live, _ := raceday(t, exitSuccess, "results", "export", "--server", s.grpc, "--event", "raw-2021")
		if err := os.WriteFile(results, []byte(live), 0o600); err != nil {
			return err
		}
		return differ(offline, []byte(live))
	})
	checkRawResults(t, runners, readTable(t, results))
	summary, _ := raceday(t, exitSuccess, "rebuild", "--server", s.grpc, "--event", "raw-2021")
	t.Logf("rebuild: %s", summary)
}

// checkRawResults compares each finish and each start with the reads of the file. A read of another day would make a start
// that is not among those of the day, or a finish that is not the first after the mats were moved.
func checkRawResults(t *testing.T, runners []rawRead, results table) {
	t.Helper()
	starts, finishes := map[string][]time.Time{}, map[string]time.Time{}
	for _, r := range runners {
		switch first, ok := finishes[r.chip]; {
		case r.of("start1", "start2") && !r.at.Before(rawGun) && !r.at.After(rawGun.Add(50*time.Minute)):
			starts[r.chip] = append(starts[r.chip], r.at)
		case r.of(rawEnds...) && !r.at.Before(rawMoved) && (!ok || r.at.Before(first)):
			finishes[r.chip] = r.at
		}
	}
	finished := 0
	for _, line := range results.lines {
		chip := line["chip"]
		finish, ok := finishes[chip]
		wantGun, wantNet := "", ""
		if ok {
			finished++
			wantGun = strconv.FormatInt(finish.Sub(rawGun).Milliseconds(), 10)
			wantNet = strconv.FormatInt(finish.Sub(rawStart(starts[chip])).Milliseconds(), 10)
		}
		if line["gun_ms"] != wantGun || line["net_ms"] != wantNet {
			t.Errorf("chip %s: gun %s, net %s ms; want %s, %s", chip, line["gun_ms"], line["net_ms"], wantGun, wantNet)
		}
	}
	rawFigure(t, "entrants that were at the finish", 3750, finished)
}

// rawStart returns the last read of the first crossing of the start, the gun where there is none.
func rawStart(seen []time.Time) time.Time {
	slices.SortFunc(seen, time.Time.Compare)
	start := rawGun
	for i, at := range seen {
		if i > 0 && at.Sub(seen[i-1]) >= 30*time.Second {
			break
		}
		start = at
	}
	return start
}
