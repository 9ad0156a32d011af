package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/broker"
	"raceday/services/rules/race"
	"raceday/services/timing"
	"raceday/services/timing/timingnats"
)

// A timing chief's day: a mat starts anew with a gap, another falls silent, and all is sent again.
func TestATimingChiefSeesWhatMatsDo(t *testing.T) {
	t.Parallel()
	s := serve(t, folder(t))
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, "testdata/sprint.yaml")
	var roster strings.Builder
	roster.WriteString("race,bib,chips,team\n")
	for i := range 30 {
		fmt.Fprintf(&roster, "relay,T%d,B%d,\n", i, i)
	}
	file := filepath.Join(t.TempDir(), "roster.csv")
	if err := os.WriteFile(file, []byte(roster.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	raceday(t, exitSuccess, "roster", "import", "--server", s.grpc, "--event", "sprint", file)
	js := connectMats(t, s.nats)
	start := time.Date(2026, 9, 27, 4, 0, 0, 0, time.UTC)
	batch := func(mat, boot string, first uint64, chips []int, after time.Duration) *timingv1.ReadBatch {
		b := &timingv1.ReadBatch{Event: "sprint", Mat: mat, Boot: boot, FirstSeq: first}
		for _, chip := range chips {
			at := start.Add(after + time.Duration(chip)*time.Second)
			b.Reads = append(b.Reads, &timingv1.Read{Chip: fmt.Sprint("B", chip), At: timestamppb.New(at)})
		}
		return b
	}
	teams := make([]int, 30)
	for i := range teams {
		teams[i] = i
	}
	conflict := batch("start-a", "2", 25, []int{29}, 0)
	sent := []*timingv1.ReadBatch{
		batch("start-a", "1", 1, teams[:10], 0), batch("start-a", "2", 1, teams[10:20], 0),
		batch("start-a", "2", 16, teams[20:], 0), conflict,
		batch("x1-a", "1", 1, teams[:12], 10*time.Minute),
		batch("finish-a", "1", 1, teams, 20*time.Minute), batch("finish-b", "1", 1, teams[3:], 20*time.Minute+70*time.Second),
		{Event: "sprint", Mat: "finish-b", Boot: "1", FirstSeq: 100, Reads: []*timingv1.Read{{Chip: "B1"}}},
	}
	conflict.Reads[0].Chip = "B999"
	send := func() {
		t.Helper()
		for _, b := range sent {
			if err := timingnats.PublishBatch(t.Context(), js, b); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := js.Publish(t.Context(), timing.Subject("sprint", "start-a"), []byte("no batch")); err != nil {
			t.Fatal(err)
		}
	}
	send()

	out, _ := raceday(t, exitSuccess, "mats", "--server", s.grpc, "--event", "sprint")
	first := withoutLag(out)
	want := `MAT POINT READS /MIN CHIPS LAST READ LAG CLOCK TROUBLE
x1-a x1 12 N 12 09:10:11 LAG SILENT: others saw 18 whom it did not
start-a start 31 N 31 09:00:29 LAG reads that never came: 5, numbers used twice: 1, rejected: 1, restarts: 1
finish-a finish 30 N 30 09:20:29 LAG -70.0s ±0.0s clock -70.0s from the others
finish-b finish, backup 27 N 27 09:21:39 LAG +70.0s ±0.0s clock +70.0s from the others, rejected: 1
`
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("mats (-want +got)\n%s", diff)
	}

	watch := s.watchMats(t)
	eventually(t, func() error { return watch.shows("x1-a", "SILENT") })
	if top, _, _ := strings.Cut(watch.printed.String(), "\n"); !strings.Contains(top, "later blocks hold only those that changed") {
		t.Errorf("mats --watch begins with %q", top)
	}
	send()
	s.send(t, "spare", "B1")
	eventually(t, func() error { return watch.shows("spare", "the event does not name it") })
	out, _ = raceday(t, exitSuccess, "mats", "--server", s.grpc, "--event", "sprint")
	again := regexp.MustCompile(`(?m)^spare .*\n`).ReplaceAllString(withoutLag(out), "")
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("after all was sent again (-before +after)\n%s", diff)
	}
	// The batch of the mat that was offline comes late.
	if err := timingnats.PublishBatch(t.Context(), js, batch("x1-a", "1", 13, teams[12:], 10*time.Minute)); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		line := watch.last("x1-a")
		if !strings.Contains(line, " 30 ") || strings.Contains(line, "SILENT") {
			return fmt.Errorf("x1-a is shown as %q", line)
		}
		return nil
	})
	s.refused(t, "EVENT_NOT_FOUND", "TimingService/ListMats", `{"eventId":"none"}`)
	s.refused(t, "EVENT_NOT_FOUND", "TimingService/WatchMats", `{"eventId":"none"}`)
}

// connectMats returns the way by which mats send.
func connectMats(t *testing.T, url string) jetstream.JetStream {
	t.Helper()
	conn, err := broker.Connect(t.Context(), url, broker.ConnectOptions{Name: "mats", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := broker.JetStream(conn)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

var (
	blanks = regexp.MustCompile(` +`)
	// perMinute is between reads and chips.
	perMinute = regexp.MustCompile(`(?m)( \d+) \d+( \d+ (?:\d\d:|\d{4}-|never))`)
	lags      = regexp.MustCompile(`(?m)(\d\d:\d\d:\d\d) -?(\d+\.\ds|\d+ d \d+ h)`)
)

// withoutLag leaves out of a table of mats what the clock of the test decides, and the blanks that align it.
func withoutLag(table string) string {
	table = perMinute.ReplaceAllString(blanks.ReplaceAllString(table, " "), "$1 N$2")
	table = lags.ReplaceAllString(table, "$1 LAG")
	return regexp.MustCompile(`(?m) +$`).ReplaceAllString(table, "")
}

// matsWatch is a raceday mats --watch that runs.
type matsWatch struct{ printed *lines }

// watchMats runs the command until the test ends, which is no error.
func (s server) watchMats(t *testing.T) matsWatch {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	watch, failed := matsWatch{newLines()}, &bytes.Buffer{}
	ended := make(chan int)
	go func() {
		ended <- run(ctx, []string{"mats", "--watch", "--server", s.grpc, "--event", "sprint"}, os.Getenv, watch.printed, failed)
	}()
	t.Cleanup(func() {
		cancel()
		if status := <-ended; status != exitSuccess {
			t.Errorf("mats --watch ends with %d: %s", status, failed)
		}
	})
	return watch
}

// last returns the line that was printed last of a mat.
func (w matsWatch) last(mat string) string {
	printed := strings.Split(blanks.ReplaceAllString(w.printed.String(), " "), "\n")
	slices.Reverse(printed)
	i := slices.IndexFunc(printed, func(line string) bool { return strings.HasPrefix(line, mat+" ") })
	if i < 0 {
		return ""
	}
	return printed[i]
}

func (w matsWatch) shows(mat, text string) error {
	if line := w.last(mat); !strings.Contains(line, text) {
		return fmt.Errorf("%s is shown as %q, want %s", mat, line, text)
	}
	return nil
}

func TestMatsThatChangeKeepTheirPlaces(t *testing.T) {
	t.Parallel()
	mat := func(id string, reads int64) *timingv1.MatState {
		return &timingv1.MatState{Mat: id, Point: "line", Reads: reads}
	}
	shown := updateMats(nil, []*timingv1.MatState{mat("a", 1), mat("b", 1)})
	shown = updateMats(shown, []*timingv1.MatState{mat("c", 1), mat("a", 2)})
	var got []string
	for _, m := range shown {
		got = append(got, fmt.Sprint(m.GetMat(), m.GetReads()))
	}
	if diff := cmp.Diff([]string{"a2", "b1", "c1"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestWhatTheTimingChiefLooksAtFirst(t *testing.T) {
	t.Parallel()
	mats := []*timingv1.MatState{
		{
			Mat: "fine", Point: "line", ClockDifference: durationpb.New(-1500 * time.Millisecond),
			ClockSpread: durationpb.New(1500 * time.Millisecond), LastReadAt: timestamppb.New(time.Date(2026, 9, 27, 9, 0, 0, 0, time.UTC)),
			Lag: durationpb.New(1453*time.Hour + time.Minute),
		},
		{Mat: "good", Point: "line", ClockDifference: durationpb.New(4 * time.Second), ClockSpread: durationpb.New(1500 * time.Millisecond)},
		{Mat: "off", Point: "line", ClockDifference: durationpb.New(-6 * time.Second), ClockSpread: durationpb.New(0)},
		{Mat: "silent", Point: "k5", Silent: true, MissedSince: 23},
		{Mat: "alone", Point: "k10", Silent: true, Overdue: 12},
		{Mat: "both", Point: "k5", Silent: true, MissedSince: 23, Overdue: 12},
	}
	var out bytes.Buffer
	if err := printMats(&out, &race.Event{TimeZone: "UTC"}, mats); err != nil {
		t.Fatal(err)
	}
	want := `MAT POINT READS /MIN CHIPS LAST READ LAG CLOCK TROUBLE
silent k5 0 N 0 never SILENT: others saw 23 whom it did not
alone k10 0 N 0 never SILENT: 12 seen before it are overdue
both k5 0 N 0 never SILENT: others saw 23 whom it did not and 12 seen before it are overdue
off line 0 N 0 never -6.0s ±0.0s clock -6.0s from the others
fine line 0 N 0 2026-09-27 09:00:00 LAG ok
good line 0 N 0 never +4.0s ±1.5s
`
	if diff := cmp.Diff(want, withoutLag(out.String())); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := out.String(); !strings.Contains(got, "  60 d 13 h  ok") {
		t.Errorf("a lag of days:\n%s", got)
	}
}
