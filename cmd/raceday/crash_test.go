package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"raceday/services/broker"
	"raceday/services/event"
	"raceday/services/registration"
	"raceday/services/rehearsal"
	"raceday/services/rehearsal/proof"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/timing"
	"raceday/services/timing/timingnats"
)

// readsOfAnEntrant is about how many reads an entrant of a usual recording leaves.
const readsOfAnEntrant = 31

// A process that is killed again and again while reads flow loses none that was acknowledged, stores none twice, and ends
// with the results of the offline scorer.
func TestKilledWhileReadsFlow(t *testing.T) {
	t.Parallel()
	seed := proof.Seed(t)
	day := newRecordedDay(t, seed, proof.Size(20_000, 200_000)/readsOfAnEntrant)
	kills := proof.Size(3, 20)
	p := startProcess(t)
	raceday(t, exitSuccess, "event", "apply", "--server", p.grpc, day.file("event.yaml"))
	raceday(t, exitSuccess, "roster", "import", "--server", p.grpc, "--event", string(day.event.ID), day.file("roster.csv"))

	var acknowledged atomic.Int64 // messages
	published := make(chan error, 1)
	go func() { published <- day.publish(t.Context(), p.nats, &acknowledged) }()
	for _, at := range killMoments(seed, kills, int64(len(day.messages))) {
		eventually(t, func() error {
			if n := acknowledged.Load(); n < at {
				return fmt.Errorf("%d messages acknowledged, waiting for %d", n, at)
			}
			return nil
		})
		p.kill(t)
		p.start(t)
	}
	if err := <-published; err != nil {
		t.Fatal(err)
	}
	want, _ := scoreCase(t, day.dir)
	eventually(t, func() error {
		got, _ := raceday(t, exitSuccess, "results", "export", "--server", p.grpc, "--event", string(day.event.ID))
		return differ(want, []byte(got))
	})
	raceday(t, exitSuccess, "rebuild", "--server", p.grpc, "--event", string(day.event.ID))

	facts := t.TempDir()
	raceday(t, exitSuccess, "facts", "export", "--server", p.grpc, "--event", string(day.event.ID), facts)
	rows := storedReads(t, filepath.Join(facts, "reads.csv.gz"))
	slices.Sort(rows)
	distinct := len(slices.Compact(slices.Clone(rows)))
	lost, double := day.reads-distinct, len(rows)-distinct
	proof.Figure(t, "%d kills, %d reads acknowledged in %d messages, lost %d, double %d, ranks equal the offline scorer's",
		kills, day.reads, len(day.messages), lost, double)
	if lost != 0 || double != 0 {
		t.Errorf("lost %d, double %d", lost, double)
	}
}

// killMoments returns after how many acknowledged messages the process is killed.
func killMoments(seed uint64, kills int, messages int64) []int64 {
	rng := rand.New(rand.NewPCG(seed, 1))
	moments := make([]int64, kills)
	for i := range moments {
		moments[i] = rng.Int64N(messages * 9 / 10)
	}
	slices.Sort(moments)
	return moments
}

// recordedDay is a generated race day: its files in a folder, and the messages that its mats send.
type recordedDay struct {
	dir      string
	event    *race.Event
	messages []rehearsal.Delivery
	reads    int
}

func newRecordedDay(t *testing.T, seed uint64, persons int) recordedDay {
	t.Helper()
	definition, err := event.Parse(rehearsal.AlmatyFile())
	if err != nil {
		t.Fatal(err)
	}
	entrants, err := rehearsal.NewField(seed, definition, persons, 20).Roster(definition)
	if err != nil {
		t.Fatal(err)
	}
	recording := rehearsal.Record(seed, definition, entrants, rehearsal.Usual())
	d := recordedDay{dir: t.TempDir(), event: definition, reads: recording.Reads()}
	for delivery := range recording.Deliveries() {
		d.messages = append(d.messages, delivery)
	}
	write := func(name string, content func(io.Writer) error) {
		if err := writeFile(d.file(name), content); err != nil {
			t.Fatal(err)
		}
	}
	write("event.yaml", func(w io.Writer) error { _, err := w.Write(rehearsal.AlmatyFile()); return err })
	write("roster.csv", func(w io.Writer) error { return registration.WriteRoster(w, definition, entrants) })
	write("rulings.csv", func(w io.Writer) error { return timing.WriteRulings(w, nil) })
	write("reads.csv.gz", func(w io.Writer) error { return zipped(w, d.writeReads) })
	return d
}

func (d recordedDay) file(name string) string { return filepath.Join(d.dir, name) }

func (d recordedDay) writeReads(w io.Writer) error {
	out := timing.NewReadsWriter(w)
	for _, message := range d.messages {
		for i, read := range message.Batch.GetReads() {
			chip, err := race.ParseChip(read.GetChip())
			if err != nil {
				return err
			}
			err = out.Write(timing.Read{
				Mat: race.MatID(message.Batch.GetMat()), Boot: message.Batch.GetBoot(),
				Seq: message.Batch.GetFirstSeq() + uint64(i), Chip: chip, At: racetime.At(read.GetAt().AsTime()),
			})
			if err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

// publish sends every message until it is acknowledged, as a mat does, whatever becomes of the server.
func (d recordedDay) publish(ctx context.Context, url string, acknowledged *atomic.Int64) error {
	conn, err := broker.Connect(ctx, url, broker.ConnectOptions{Name: "mats", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn, jetstream.WithDefaultTimeout(time.Second))
	if err != nil {
		return err
	}
	for _, message := range d.messages {
		for timingnats.PublishBatch(ctx, js, message.Batch) != nil {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(20 * time.Millisecond):
			}
		}
		acknowledged.Add(1)
	}
	return nil
}

// storedReads returns the identity and content of every line of an exported reads.csv.gz.
func storedReads(t *testing.T, path string) []string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	content, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(content).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, record := range records[1:] {
		rows = append(rows, fmt.Sprint(record[:5]))
	}
	return rows
}

// process is a raceday serve of its own, which can be killed and started again.
type process struct {
	binary, dir, grpc, nats string
	command                 *exec.Cmd
	log                     bytes.Buffer
}

func startProcess(t *testing.T) *process {
	t.Helper()
	p := &process{binary: filepath.Join(t.TempDir(), "raceday"), dir: folder(t), grpc: freeAddress(t), nats: freeAddress(t)}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", p.binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	p.start(t)
	t.Cleanup(func() {
		if err := p.command.Process.Signal(os.Interrupt); err == nil {
			_ = p.command.Wait() // The test has judged it already.
		}
		if t.Failed() {
			t.Logf("the server's log:\n%s", p.log.String())
		}
	})
	return p
}

// freeAddress returns an address that nobody listens on, for a server that is to come back on it. It is below the ports
// that the system gives out by itself, so that nobody is given it meanwhile.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 12_000+rand.IntN(18_000))
		listener, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		return address
	}
	t.Fatal("no free port")
	return ""
}

// start starts the process and returns when it is up.
func (p *process) start(t *testing.T) {
	t.Helper()
	out := newLines()
	p.command = exec.Command(p.binary, "serve", "--embedded", "--data-dir", p.dir, "--listen", p.grpc, "--nats-listen", p.nats)
	p.command.Stdout, p.command.Stderr = out, &p.log
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	limit := time.After(patience)
	for !addresses.MatchString(out.String()) {
		select {
		case <-out.changed:
		case <-limit:
			t.Fatalf("the server did not start:\n%s%s", out.String(), p.log.String())
		}
	}
}

// kill ends the process as a power cut would end it, without a chance to tidy up.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.command.Wait() // It was killed; that is its error.
}
