package rehearsal

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Recording is what the mats of a race saw and when they sent it. It is made once and may be sent any number of times.
type Recording struct {
	// FirstGun is the event's earliest gun, from which the race time counts.
	FirstGun racetime.Instant
	// Offline is the mat that could not send for a while; its Mat is empty where there was none.
	Offline Offline

	// Truth is what really happened, where it was asked for.
	Truth *Truth

	event  race.EventID
	chips  []string
	mats   []mat
	flow   []message
	reads  int
	resent int
}

// Offline is a mat that could not send, in race time.
type Offline struct {
	Mat         race.MatID
	From, Until time.Duration
}

// Delivery is a message of a mat.
type Delivery struct {
	// After is the race time, since the first gun, at which the message is sent; before that gun it is negative.
	After time.Duration
	Batch *timingv1.ReadBatch
}

// mat holds the reads of one device in the order in which it wrote them.
type mat struct {
	id   race.MatID
	rows []row
	// restart is the index of the first read of the second numbering; the number of rows where there is none.
	restart int
	// spelling is how the controller writes chips, and off by how much its clock is beside what the event knows of.
	spelling spelling
	off      time.Duration
}

// spelling is how a controller writes chips.
type spelling int

const (
	asGiven spelling = iota
	leadingZeros
	lowerCase
	spellings
)

// controllerDigits is how many digits a controller with leading zeros writes.
const controllerDigits = 9

func (s spelling) write(chip string) string {
	switch s {
	case leadingZeros:
		return strings.Repeat("0", max(0, controllerDigits-len(chip))) + chip
	case lowerCase:
		return strings.ToLower(chip)
	}
	return chip
}

// row is a read, kept small: a large race has millions.
type row struct {
	at      racetime.Instant // as the mat wrote it
	chip    uint32
	rssi    int8
	antenna uint8
}

func compareRows(a, b row) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.chip, b.chip), cmp.Compare(a.rssi, b.rssi), cmp.Compare(a.antenna, b.antenna))
}

// message is a run of rows of one mat that is sent together.
type message struct {
	after       time.Duration
	mat         int
	first, last int // rows first ≤ i < last
}

// Reads returns the number of reads, each counted once however often it is sent.
func (r *Recording) Reads() int { return r.reads }

// Messages returns the number of deliveries, and how many of them are sent for the second time.
func (r *Recording) Messages() (all, resent int) { return len(r.flow), r.resent }

// Mats returns the mats that saw anybody.
func (r *Recording) Mats() []race.MatID {
	ids := make([]race.MatID, 0, len(r.mats))
	for i := range r.mats {
		if len(r.mats[i].rows) > 0 {
			ids = append(ids, r.mats[i].id)
		}
	}
	return ids
}

// Begin returns the race time of the first delivery.
func (r *Recording) Begin() time.Duration {
	if len(r.flow) == 0 {
		return 0
	}
	return r.flow[0].after
}

// End returns the race time of the last delivery.
func (r *Recording) End() time.Duration {
	if len(r.flow) == 0 {
		return 0
	}
	return r.flow[len(r.flow)-1].after
}

// Deliveries returns the messages in the order in which they are sent. Those of one mat keep the order of its numbers, but
// for those that are sent again; the last of all is sent for the first time.
func (r *Recording) Deliveries() iter.Seq[Delivery] {
	return func(yield func(Delivery) bool) {
		for _, m := range r.flow {
			if !yield(Delivery{After: m.after, Batch: r.batch(m)}) {
				return
			}
		}
	}
}

func (r *Recording) batch(m message) *timingv1.ReadBatch {
	from := &r.mats[m.mat]
	boot, seq := 1, m.first+1
	if m.first >= from.restart {
		boot, seq = 2, m.first-from.restart+1
	}
	n := m.last - m.first
	reads, instants := make([]timingv1.Read, n), make([]timestamppb.Timestamp, n)
	list := make([]*timingv1.Read, n)
	for i, row := range from.rows[m.first:m.last] {
		us := int64(row.at)
		instants[i].Seconds, instants[i].Nanos = us/1e6, int32(us%1e6)*1000
		reads[i].Chip, reads[i].At = from.spelling.write(r.chips[row.chip]), &instants[i]
		reads[i].Rssi, reads[i].Antenna = proto.Int32(int32(row.rssi)), proto.Int32(int32(row.antenna))
		list[i] = &reads[i]
	}
	return &timingv1.ReadBatch{
		Event: string(r.event), Mat: string(from.id), Boot: fmt.Sprintf("boot-%d", boot), FirstSeq: uint64(seq), Reads: list,
	}
}

// sortFlow puts the messages into the order of sending.
func (r *Recording) sortFlow() {
	slices.SortFunc(r.flow, func(a, b message) int {
		return cmp.Or(cmp.Compare(a.after, b.after), cmp.Compare(a.mat, b.mat), cmp.Compare(a.first, b.first))
	})
}
