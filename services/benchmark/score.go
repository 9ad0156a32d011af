package benchmark

import (
	"bufio"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"raceday/services/rehearsal"
	"raceday/services/rules/racetime"
)

// ScoreBench measures the offline scoring of a race day by a process that reads its files and writes its results. Its
// floor, in a process as well, only reads the reads.
type ScoreBench struct {
	// Program is raceday; its "score" is measured, FloorCommand makes it call ScoreFloor.
	Program      string
	FloorCommand []string
	// Load reads the files of a folder and returns a function that scores them in memory, and the number of their reads.
	Load    func(dir string) (score func(), reads, entrants int, err error)
	Formats Formats
	// Dir holds event.yaml, roster.csv, reads.csv.gz and rulings.csv; empty has them made up.
	Dir string
	// Reads is about how many are made up.
	Reads int
	Runs  int
	Show  Show
}

// scoreEntrants is the size of chicago-2023-a.
const scoreEntrants = 24_000

// ScoreFigures are what a ScoreBench finds.
type ScoreFigures struct {
	Reads    int `json:"reads"`
	Entrants int `json:"entrants"`
	// Seconds and FloorSeconds are those of whole processes.
	Seconds      float64 `json:"seconds"`
	FloorSeconds float64 `json:"floor_seconds"`
	// TimesFloor is Seconds by FloorSeconds: less is better.
	TimesFloor Ratio `json:"times_floor"`
	// ReadsPerCoreSecond is of the scoring itself, in memory, by the processor time that it took on all cores.
	ReadsPerCoreSecond float64 `json:"reads_per_core_second"`
	Runs               int     `json:"runs"`
}

// String shows the figures on one line.
func (f ScoreFigures) String() string {
	return fmt.Sprintf("score: %d reads of %d entrants in %.3f s, floor %.3f s: %v × the floor in %d runs; "+
		"scoring itself %.0f reads/s a core", f.Reads, f.Entrants, f.Seconds, f.FloorSeconds, f.TimesFloor, f.Runs, f.ReadsPerCoreSecond)
}

// Reaches returns what is to be met.
func (f ScoreFigures) Reaches() []Reach {
	return []Reach{
		atMost("times the floor", f.TimesFloor.Median, 0.8),
		atLeast("reads scored by a core in a second", f.ReadsPerCoreSecond, 3_000_000),
	}
}

// Run measures.
func (b *ScoreBench) Run(ctx context.Context) (ScoreFigures, error) {
	temp, err := os.MkdirTemp("", "raceday-bench-")
	if err != nil {
		return ScoreFigures{}, err
	}
	defer os.RemoveAll(temp)
	dir := b.Dir
	if dir == "" {
		dir = temp
		b.Show("making up %d reads", b.Reads)
		if err := b.makeUp(ctx, dir); err != nil {
			return ScoreFigures{}, fmt.Errorf("make up a race: %w", err)
		}
	}
	file := func(name string) string { return filepath.Join(dir, name) }
	score := []string{"score", "--event", file("event.yaml"), "--roster", file("roster.csv"), "--reads", file("reads.csv.gz"),
		"--rulings", file("rulings.csv"), "--results", filepath.Join(temp, "results.csv")}
	floor := append(append([]string{}, b.FloorCommand...), file("reads.csv.gz"))
	times, err := byTurns(ctx, b.Runs, b.Show,
		func(ctx context.Context) (time.Duration, error) { return b.process(ctx, floor) },
		func(ctx context.Context) (time.Duration, error) { return b.process(ctx, score) })
	if err != nil {
		return ScoreFigures{}, err
	}
	figures := ScoreFigures{
		Seconds: median(times.work).Seconds(), FloorSeconds: median(times.floor).Seconds(), TimesFloor: times.timesFloor(),
		Runs: b.Runs,
	}
	return figures, b.scoreAlone(dir, &figures)
}

// process returns how long a process of the program lives.
func (b *ScoreBench) process(ctx context.Context, arguments []string) (time.Duration, error) {
	began := time.Now()
	out, err := exec.CommandContext(ctx, b.Program, arguments...).CombinedOutput()
	took := time.Since(began)
	if err != nil {
		return 0, fmt.Errorf("%s: %w: %s", arguments[0], err, out)
	}
	return took, nil
}

// scoreAlone measures the scoring without files.
func (b *ScoreBench) scoreAlone(dir string, figures *ScoreFigures) error {
	score, reads, entrants, err := b.Load(dir)
	if err != nil {
		return err
	}
	var times []time.Duration
	for run := range b.Runs + 1 {
		b.Show("run %d of %d: scoring alone", run, b.Runs)
		before := processorTime()
		score()
		if run > 0 {
			times = append(times, processorTime()-before)
		}
	}
	figures.Reads, figures.Entrants, figures.ReadsPerCoreSecond = reads, entrants, perSecond(reads, median(times))
	return nil
}

// processorTime is what this process has used on all cores.
func processorTime() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used) // It fails only for another "who".
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// makeUp writes a race day into a folder, its reads as the mats delivered them.
func (b *ScoreBench) makeUp(ctx context.Context, dir string) error {
	d, err := newDay(b.Formats, "bench-score", scoreEntrants, b.Reads, rehearsal.Usual())
	if err != nil {
		return err
	}
	for name, write := range map[string]func(io.Writer) error{
		"event.yaml": func(w io.Writer) error {
			_, err := w.Write(d.eventFile)
			return err
		},
		"roster.csv":   func(w io.Writer) error { return b.Formats.WriteRoster(w, d.event, d.roster) },
		"rulings.csv":  d.writeRulings,
		"reads.csv.gz": func(w io.Writer) error { return d.writeReads(ctx, w) },
	} {
		if err := writeFile(filepath.Join(dir, name), write); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(file)
	if err = write(buffered); err == nil {
		err = buffered.Flush()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	return err
}

// writeRulings closes every race.
func (d *day) writeRulings(w io.Writer) error {
	_, _ = fmt.Fprintln(w, "race,bib,ruling,target,point,at,duration,rule,reason,by,decided_at")
	for i := range d.event.Races {
		if _, err := fmt.Fprintf(w, "%s,,CLOSE,,,,,,over,bench,\n", d.event.Races[i].ID); err != nil {
			return err
		}
	}
	return nil
}

// writeReads writes what every file of reads has.
func (d *day) writeReads(ctx context.Context, w io.Writer) error {
	zipped := gzip.NewWriter(w)
	_, _ = io.WriteString(zipped, "mat,chip,at\n")
	var line []byte
	for delivery := range d.recording.Deliveries() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for _, read := range delivery.Batch.GetReads() {
			line = append(append(line[:0], delivery.Batch.GetMat()...), ',')
			line = append(append(line, read.GetChip()...), ',')
			line = append(line, racetime.At(read.GetAt().AsTime()).String()...)
			if _, err := zipped.Write(append(line, '\n')); err != nil {
				return err
			}
		}
	}
	return zipped.Close()
}
