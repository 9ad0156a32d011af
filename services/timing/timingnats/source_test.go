package timingnats

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"raceday/services/timing"
)

// running is a source that a test runs.
type running struct {
	batches chan *timing.Batch
	ended   chan error
	stop    context.CancelFunc
}

func run(t *testing.T, js jetstream.JetStream, from uint64) *running {
	t.Helper()
	created, _, err := NewStreams(js, 1).StreamInfo(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	r := &running{batches: make(chan *timing.Batch), ended: make(chan error, 1), stop: stop}
	go func() { r.ended <- NewSource(js, discard()).Run(ctx, event, created, from, r.batches) }()
	t.Cleanup(func() {
		stop()
		if err := <-r.ended; err != nil {
			t.Errorf("Run ends with %v, want nil", err)
		}
		r.ended <- nil
	})
	return r
}

// next returns the next batch, which must follow without a gap.
func (r *running) next(t *testing.T, first uint64) *timing.Batch {
	t.Helper()
	select {
	case b := <-r.batches:
		if b.First != first {
			t.Fatalf("batch begins at %d, want %d", b.First, first)
		}
		return b
	case err := <-r.ended:
		r.ended <- nil
		t.Fatalf("source ended: %v", err)
	case <-time.After(30 * time.Second):
		t.Fatal("no batch after 30 s")
	}
	return nil
}

// until returns the reads of batch after batch up to a sequence.
func (r *running) until(t *testing.T, first, last uint64) []timing.Read {
	t.Helper()
	var reads []timing.Read
	for first <= last {
		b := r.next(t, first)
		reads = append(reads, b.Reads...)
		first = b.Last + 1
	}
	return reads
}

func publish(t *testing.T, js jetstream.JetStream, reads ...timing.Read) {
	t.Helper()
	p, err := NewPublisher(t.Context(), js, event)
	if err != nil {
		t.Fatal(err)
	}
	for _, read := range reads {
		if err := p.Publish(t.Context(), []timing.Read{read}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := p.Acknowledged(); got != len(reads) {
		t.Fatalf("acknowledged %d, want %d", got, len(reads))
	}
}

// withoutArrival leaves out what differs from run to run.
func withoutArrival(reads []timing.Read) []timing.Read {
	for i := range reads {
		reads[i].ArrivedAt = 0
	}
	return reads
}

func TestSourceDeliversInOrderAndAtOnce(t *testing.T) {
	t.Parallel()
	_, js := newStream(t)
	source := run(t, js, 1)
	for i := range uint64(5) {
		publish(t, js, readsOf("line-a", i, 1)...)
		b := source.next(t, i+1)
		if b.Last != i+1 || len(b.Reads) != 1 || b.Reads[0].Seq != i || b.FirstArrivedAt == 0 || b.StreamCreated.IsZero() {
			t.Errorf("batch %d is %+v, want the read alone", i, b)
		}
	}
}

func TestSourceGoesOnFromASequence(t *testing.T) {
	t.Parallel()
	_, js := newStream(t)
	want := readsOf("line-a", 0, 20)
	publish(t, js, want...)
	got := run(t, js, 8).until(t, 8, 20)
	if diff := cmp.Diff(want[7:], withoutArrival(got)); diff != "" {
		t.Errorf("reads from sequence 8 (-want +got):\n%s", diff)
	}
}

func TestSourceBoundsItsBatches(t *testing.T) {
	t.Parallel()
	_, js := newStream(t)
	p, err := NewPublisher(t.Context(), js, event)
	if err != nil {
		t.Fatal(err)
	}
	const full, single = 100, 1200
	for i := range full {
		if err := p.Publish(t.Context(), readsOf("line-a", uint64(i*timing.MaxReads), timing.MaxReads)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range single {
		if err := p.Publish(t.Context(), readsOf("line-b", uint64(i), 1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	source := run(t, js, 1)
	reads, batches := 0, 0
	for first := uint64(1); first <= full+single; batches++ {
		b := source.next(t, first)
		if b.Messages() > maxBatchMessages || len(b.Reads) > maxBatchReads {
			t.Errorf("batch has %d messages and %d reads", b.Messages(), len(b.Reads))
		}
		first = b.Last + 1
		reads += len(b.Reads)
		if b.Last < full && b.Pending == 0 {
			t.Errorf("nothing is pending behind %d", b.Last)
		}
	}
	if want := full*timing.MaxReads + single; reads != want {
		t.Errorf("got %d reads in %d batches, want %d", reads, batches, want)
	}
	if batches > (full+single)/10 {
		t.Errorf("%d messages that were there came in %d batches, want few", full+single, batches)
	}
}

func TestSourceBoundsWhatIsRejected(t *testing.T) {
	t.Parallel()
	_, js := newStream(t)
	const large = 200
	for range large {
		if _, err := js.PublishAsync(timing.Subject(event, "line-a"), make([]byte, 60_000)); err != nil {
			t.Fatal(err)
		}
	}
	<-js.PublishAsyncComplete()
	source := run(t, js, 1)
	for first := uint64(1); first <= large; {
		b := source.next(t, first)
		if got := len(b.Rejected) * 60_000; got > maxBatchBytes+60_000 {
			t.Errorf("batch has %d bytes", got)
		}
		first = b.Last + 1
	}
}

func TestSourceGoesOnAfterGarbage(t *testing.T) {
	t.Parallel()
	_, js := newStream(t)
	publish(t, js, readsOf("line-a", 0, 1)...)
	json := nats.NewMsg(timing.Subject(event, "line-a"))
	json.Header["content-type"] = []string{"application/json"}
	json.Data = []byte(`{"event":"almaty-2025","mat":"line-a","reads":[{"chip":"c7","at":"2025-09-28T07:00:00+05:00"},{"chip":"C8"}]}`)
	garbage := nats.NewMsg(timing.Subject(event, "line-a"))
	garbage.Data = []byte("\xff\xfe garbage \x00")
	empty := nats.NewMsg(timing.Subject(event, "line-a"))
	for _, msg := range []*nats.Msg{json, garbage, empty} {
		if _, err := js.PublishMsg(t.Context(), msg); err != nil {
			t.Fatal(err)
		}
	}
	publish(t, js, readsOf("line-a", 1, 1)...)
	source := run(t, js, 1)
	var reads []timing.Read
	var rejected []timing.Rejected
	for first := uint64(1); first <= 5; {
		b := source.next(t, first)
		reads, rejected, first = append(reads, b.Reads...), append(rejected, b.Rejected...), b.Last+1
	}
	if len(reads) != 3 || reads[1].Chip != "C7" {
		t.Errorf("got reads %+v, want three with C7 between", reads)
	}
	if len(rejected) != 3 || rejected[0].Index != 1 || rejected[1].Sequence != 3 || rejected[2].Sequence != 4 {
		t.Errorf("got rejected %+v, want one read and two messages", rejected)
	}
}

func TestSourceSurvivesItsConsumersDeletion(t *testing.T) {
	t.Parallel()
	_, js := newStream(t)
	source := run(t, js, 1)
	publish(t, js, readsOf("line-a", 0, 3)...)
	source.until(t, 1, 3)
	stream, err := js.Stream(t.Context(), streamName(event))
	if err != nil {
		t.Fatal(err)
	}
	names := stream.ConsumerNames(t.Context())
	for name := range names.Name() {
		if err := stream.DeleteConsumer(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	if err := names.Err(); err != nil {
		t.Fatal(err)
	}
	publish(t, js, readsOf("line-a", 3, 3)...)
	source.until(t, 4, 6)
}

func TestNothingIsLostWhenTheServerRestarts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := startServer(t, dir, 0)
	address, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(address.Port())
	if err != nil {
		t.Fatal(err)
	}
	_, js := connect(t, server.URL())
	if err := NewStreams(js, 1).EnsureStream(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	const n = 3000
	published := make(chan error, 1)
	half := make(chan struct{})
	go func() {
		published <- func() error {
			p, err := NewPublisher(t.Context(), js, event)
			if err != nil {
				return err
			}
			for i := range uint64(n) {
				if err := p.Publish(t.Context(), readsOf("line-a", i, 1)); err != nil {
					return err
				}
				if i == n/2 {
					close(half)
				}
			}
			return p.Flush(t.Context())
		}()
	}()
	source := run(t, js, 1)
	seen := map[uint64]bool{}
	first := uint64(1)
	take := func() {
		b := source.next(t, first)
		first = b.Last + 1
		for _, read := range b.Reads {
			seen[read.Seq] = true
		}
	}
	for len(seen) < n/4 {
		take()
	}
	<-half
	server.Stop()
	startServer(t, dir, port)
	for len(seen) < n {
		take()
	}
	if err := <-published; err != nil {
		t.Fatal(err)
	}
}

func TestSourceRefusesAnotherStream(t *testing.T) {
	t.Parallel()
	_, js := newStream(t)
	publish(t, js, readsOf("line-a", 0, 3)...)
	created, _, err := NewStreams(js, 1).StreamInfo(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	out := make(chan *timing.Batch)
	earlier := created.Add(-time.Microsecond)
	if err := NewSource(js, discard()).Run(t.Context(), event, earlier, 1, out); !errors.Is(err, timing.ErrStreamReplaced) {
		t.Errorf("of an earlier stream: got %v, want %v", err, timing.ErrStreamReplaced)
	}
	if err := NewSource(js, discard()).Run(t.Context(), event, created, 5, out); !errors.Is(err, timing.ErrStreamReplaced) {
		t.Errorf("from behind the end: got %v, want %v", err, timing.ErrStreamReplaced)
	}
	if err := NewSource(js, discard()).Run(t.Context(), "none", created, 1, out); !errors.Is(err, timing.ErrStreamReplaced) {
		t.Errorf("without a stream: got %v, want %v", err, timing.ErrStreamReplaced)
	}
}

func TestSourceNoticesAStreamMadeAnew(t *testing.T) {
	t.Parallel()
	_, js := newStream(t)
	publish(t, js, readsOf("line-a", 0, 3)...)
	streams := NewStreams(js, 1)
	before, _, err := streams.StreamInfo(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	out, ended := make(chan *timing.Batch), make(chan error, 1)
	go func() { ended <- NewSource(js, discard()).Run(t.Context(), event, before, 1, out) }()
	for last := uint64(0); last < 3; {
		last = (<-out).Last
	}
	// With the last stream of an account nats-server removes the account's folder, some time after its answer, and a
	// stream that is made at that time fails.
	if err := streams.EnsureStream(t.Context(), "another-race"); err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), streamName(event)); err != nil {
		t.Fatal(err)
	}
	if err := streams.EnsureStream(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	publish(t, js, readsOf("line-a", 0, 9)...)
	if err := <-ended; !errors.Is(err, timing.ErrStreamReplaced) {
		t.Errorf("got %v, want %v", err, timing.ErrStreamReplaced)
	}
	after, last, err := streams.StreamInfo(t.Context(), event)
	if err != nil || after.Equal(before) || last != 9 {
		t.Errorf("got stream of %v up to %d, %v, want another than of %v up to 9", after, last, err, before)
	}
}

func TestSourceNoticesALostFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := startServer(t, dir, 0)
	address, _ := url.Parse(server.URL())
	port, _ := strconv.Atoi(address.Port())
	_, js := connect(t, server.URL())
	if err := NewStreams(js, 1).EnsureStream(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	publish(t, js, readsOf("line-a", 0, 1)...)
	created, _, err := NewStreams(js, 1).StreamInfo(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	out, ended := make(chan *timing.Batch), make(chan error, 1)
	go func() { ended <- NewSource(js, discard()).Run(t.Context(), event, created, 1, out) }()
	<-out
	server.Stop()
	if err := os.RemoveAll(filepath.Join(dir, "jetstream")); err != nil {
		t.Fatal(err)
	}
	startServer(t, dir, port)
	if err := <-ended; !errors.Is(err, timing.ErrStreamReplaced) {
		t.Errorf("got %v, want %v", err, timing.ErrStreamReplaced)
	}
}

func TestWatchNoticesASilentStream(t *testing.T) {
	t.Parallel()
	_, js := newStream(t)
	publish(t, js, readsOf("line-a", 0, 1)...)
	created, _, err := NewStreams(js, 1).StreamInfo(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	f := &feed{js: js, event: event, created: created, next: 1}
	if patience, err := f.watch(t.Context(), watchTime); err != nil || patience != graceTime {
		t.Errorf("with a message that may be on its way: got %v, %v", patience, err)
	}
	if _, err := f.watch(t.Context(), graceTime); !errors.Is(err, errStalled) {
		t.Errorf("with a message that was not delivered: got %v, want %v", err, errStalled)
	}
	f.next = 2
	if patience, err := f.watch(t.Context(), graceTime); err != nil || patience != watchTime {
		t.Errorf("with nothing to deliver: got %v, %v", patience, err)
	}
}

func TestSourceRefusesAGap(t *testing.T) {
	t.Parallel()
	_, js := connect(t, startServer(t, t.TempDir(), 0).URL())
	// Nobody can delete from a stream that is set as it must be.
	stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{
		Name: streamName(event), Subjects: []string{timing.Subject(event, "*")},
	})
	if err != nil {
		t.Fatal(err)
	}
	publish(t, js, readsOf("line-a", 0, 3)...)
	if err := stream.DeleteMsg(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	created, _, err := NewStreams(js, 1).StreamInfo(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	out := make(chan *timing.Batch, 1)
	if err := NewSource(js, discard()).Run(t.Context(), event, created, 1, out); !errors.Is(err, timing.ErrGap) {
		t.Errorf("got %v, want %v", err, timing.ErrGap)
	}
}
