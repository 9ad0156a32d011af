package rehearsal_test

import (
	"fmt"
	"hash/fnv"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"raceday/services/rehearsal"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

func record(t testing.TB, seed uint64, persons, teams int, c rehearsal.Conditions) (*race.Event, []race.Entrant, *rehearsal.Recording) {
	t.Helper()
	event := almaty(t)
	entrants, err := rehearsal.NewField(seed, event, persons, teams).Roster(event)
	if err != nil {
		t.Fatal(err)
	}
	return event, entrants, rehearsal.Record(seed, event, entrants, c)
}

// digest stands for every byte that is sent, in order.
func digest(t *testing.T, r *rehearsal.Recording) uint64 {
	t.Helper()
	h := fnv.New64a()
	for d := range r.Deliveries() {
		data, err := proto.MarshalOptions{Deterministic: true}.Marshal(d.Batch)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(h, d.After, data)
	}
	return h.Sum64()
}

func TestRecordingIsTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	_, _, first := record(t, 11, 300, 6, rehearsal.Usual())
	_, _, second := record(t, 11, 300, 6, rehearsal.Usual())
	_, _, other := record(t, 12, 300, 6, rehearsal.Usual())
	if digest(t, first) != digest(t, second) {
		t.Error("the same seed makes other bytes")
	}
	if digest(t, first) == digest(t, other) {
		t.Error("another seed makes the same bytes")
	}
}

// identity is that of a read on the wire.
type identity struct {
	mat, boot string
	seq       uint64
}

func TestRecordingKeepsWhatMatsPromise(t *testing.T) {
	t.Parallel()
	_, _, recording := record(t, 2, 2_000, 20, rehearsal.Usual())
	content := map[identity]string{}
	last := map[string]identity{}
	resent, delivered, latest := 0, 0, time.Duration(-1<<62)
	final := true
	for d := range recording.Deliveries() {
		b := d.Batch
		if d.After < latest {
			t.Fatalf("a message at %v follows one at %v", d.After, latest)
		}
		latest = d.After
		delivered++
		if n := len(b.GetReads()); n < 1 || n > 100 {
			t.Errorf("%d reads in one message", n)
		}
		again := 0
		for i, read := range b.GetReads() {
			id := identity{b.GetMat(), b.GetBoot(), b.GetFirstSeq() + uint64(i)}
			text := fmt.Sprint(read.GetChip(), read.GetAt().AsTime())
			if was, ok := content[id]; ok {
				if again++; was != text {
					t.Fatalf("%v is sent with two contents", id)
				}
				continue
			}
			content[id] = text
			before := last[b.GetMat()]
			if id.boot == before.boot && id.seq != before.seq+1 || id.boot != before.boot && id.seq != 1 {
				t.Fatalf("%v follows %v", id, before)
			}
			last[b.GetMat()] = id
		}
		if again > 0 && again != len(b.GetReads()) {
			t.Errorf("a message has %d reads for the second time out of %d", again, len(b.GetReads()))
		}
		if final = again == 0; !final {
			resent++
		}
	}
	if !final {
		t.Error("the last message is sent for the second time")
	}
	all, again := recording.Messages()
	if delivered != all || resent != again || len(content) != recording.Reads() {
		t.Errorf("%d messages, %d of them again, %d reads; recorded %d, %d, %d",
			delivered, resent, len(content), all, again, recording.Reads())
	}
	if share := float64(resent) / float64(all); share < 0.005 || share > 0.05 {
		t.Errorf("%d of %d messages are sent again", resent, all)
	}
}

func TestReadsAreLikeThoseOfARace(t *testing.T) {
	t.Parallel()
	event, entrants, recording := record(t, 4, 2_000, 20, rehearsal.Usual())
	reads := readsByChip(event, recording)
	started, finished, over, strays := 0, 0, 0, 0
	perVisit, visits := 0, 0
	known := map[string]bool{}
	for i := range entrants {
		e := &entrants[i]
		r := event.Race(e.Race)
		var mine []passing.Read
		for _, chip := range e.Chips {
			known[chip] = true
			mine = append(mine, reads[chip]...)
		}
		gun := r.WaveOf(e.Wave, e.Bib).Gun
		passings := passing.NewFinder(event, r).Find(nil, mine, gun, nil)
		visits += len(passings)
		perVisit += len(mine)
		if len(passings) == 0 {
			continue
		}
		started++
		end := passings[len(passings)-1]
		if end.Visit != len(r.Course)-1 {
			continue
		}
		finished++
		limit := r.Course[end.Visit].CutOff
		if ran := end.At.Sub(gun); limit.AfterGun != 0 && ran > limit.AfterGun+10*time.Minute {
			t.Errorf("race %s: someone finishes after %v", r.ID, ran)
		} else if limit.AfterGun != 0 && ran > limit.AfterGun {
			over++
		}
	}
	for chip := range reads {
		if !known[chip] {
			strays++
		}
	}
	if started < 1_850 || started > 1_990 {
		t.Errorf("%d of 2020 started", started)
	}
	if share := float64(finished) / float64(started); share < 0.92 || share > 0.985 {
		t.Errorf("%d of %d who started have finished", finished, started)
	}
	if strays < 5 || strays > 12 {
		t.Errorf("%d chips are on no roster, want 5 to 12", strays)
	}
	if mean := float64(perVisit) / float64(visits); mean < 4 || mean > 9 {
		t.Errorf("%.1f reads a visit", mean)
	}
	if end := recording.End(); end < 5*time.Hour || end > 7*time.Hour {
		t.Errorf("the last message comes after %v", end)
	}
}

// readsByChip returns the reads as passings are found in them, each once.
func readsByChip(event *race.Event, recording *rehearsal.Recording) map[string][]passing.Read {
	points := map[race.PointID]int32{}
	for i, point := range event.Points {
		points[point] = int32(i)
	}
	reads := map[string][]passing.Read{}
	seen := map[identity]bool{}
	for d := range recording.Deliveries() {
		for i, read := range d.Batch.GetReads() {
			id := identity{d.Batch.GetMat(), d.Batch.GetBoot(), d.Batch.GetFirstSeq() + uint64(i)}
			at := racetime.At(read.GetAt().AsTime())
			for _, mat := range event.Mats {
				if string(mat.ID) == d.Batch.GetMat() && mat.Holds(at) && !seen[id] {
					reads[read.GetChip()] = append(reads[read.GetChip()],
						passing.Read{At: at.Add(-mat.ClockOffset), Point: points[mat.Point], Backup: mat.Backup})
				}
			}
			seen[id] = true
		}
	}
	return reads
}

// On a perfect day everyone who has a chip is read once by one primary mat and every backup of each point, and finishes or is
// taken off the course after a cut-off.
func TestPerfectDay(t *testing.T) {
	t.Parallel()
	event, entrants, recording := record(t, 6, 400, 10, rehearsal.Conditions{})
	reads := readsByChip(event, recording)
	for i := range entrants {
		e := &entrants[i]
		r := event.Race(e.Race)
		var mine []passing.Read
		for _, chip := range e.Chips {
			mine = append(mine, reads[chip]...)
		}
		passings := passing.NewFinder(event, r).Find(nil, mine, r.WaveOf(e.Wave, e.Bib).Gun, nil)
		for visit, p := range passings {
			if p.Visit != visit {
				t.Errorf("bib %s: visit %d is missing", e.Bib, visit)
				break
			}
		}
		if len(passings) == 0 {
			t.Errorf("bib %s was not seen", e.Bib)
		}
	}
	if _, resent := recording.Messages(); resent != 0 || recording.Offline.Mat != "" {
		t.Errorf("%d messages were sent again, %q was offline", resent, recording.Offline.Mat)
	}
}

// The mat that is offline sends what it read afterwards.
func TestOfflineMatSendsLate(t *testing.T) {
	t.Parallel()
	_, _, recording := record(t, 9, 2_000, 0, rehearsal.Usual())
	off := recording.Offline
	late := 0
	for d := range recording.Deliveries() {
		if d.Batch.GetMat() != string(off.Mat) {
			continue
		}
		if d.After >= off.From && d.After < off.Until {
			if first := racetime.At(d.Batch.GetReads()[0].GetAt().AsTime()); first.Sub(recording.FirstGun) > off.From {
				t.Errorf("%s sends at %v while it is offline", off.Mat, d.After)
			}
		}
		if d.After == off.Until {
			late += len(d.Batch.GetReads())
		}
	}
	if off.Mat == "" || late == 0 {
		t.Errorf("%q sends %d reads late", off.Mat, late)
	}
}

func BenchmarkRecord(b *testing.B) {
	for _, persons := range []int{2_000, 17_000, 60_000} {
		b.Run(fmt.Sprint(persons), func(b *testing.B) {
			event := almaty(b)
			entrants, err := rehearsal.NewField(1, event, persons, persons/170).Roster(event)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				recording := rehearsal.Record(1, event, entrants, rehearsal.Usual())
				b.ReportMetric(float64(recording.Reads()), "reads")
			}
		})
	}
}
