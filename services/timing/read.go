// Package timing owns the facts of the day: reads as mats sent them, what was rejected, guns and rulings, and how far an
// event's stream of reads is stored. It derives nothing from them.
package timing

import (
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Read is one sighting of a chip by a mat, as the mat wrote it. Its identity is (Mat, Boot, Seq), its content Chip and At.
type Read struct {
	Mat  race.MatID
	Boot string
	// Seq is at most MaxSeq.
	Seq  uint64
	Chip race.Chip
	At   racetime.Instant
	// ArrivedAt is when the stream took it; zero where it came from a file.
	ArrivedAt racetime.Instant
	// RSSIDBm and Antenna are known where HasRSSI and HasAntenna say so.
	RSSIDBm, Antenna    int32
	HasRSSI, HasAntenna bool
}

// MaxSeq is the largest number of a read that can be stored.
const MaxSeq = 1<<63 - 1

// MaxReads is the number of reads that one message may hold.
const MaxReads = 500

// WholeMessage is the Index of a Rejected that is a message and not one read of it.
const WholeMessage = -1

// Rejected is a message, or one read of it, that could not be taken as a read.
type Rejected struct {
	Subject string
	// Sequence is the message's number in the stream.
	Sequence uint64
	// Index is the read's number in its message, counted from 0, or WholeMessage.
	Index  int
	Reason string
	// Data is the message as it came, or the one read as a protobuf Read.
	Data      []byte
	ArrivedAt racetime.Instant
}

// Batch is what was taken from an event's stream for one commit: consecutive messages, none left out.
type Batch struct {
	// StreamCreated tells the stream from a later one of the same name.
	StreamCreated time.Time
	// First and Last are the stream sequences of the first and the last message.
	First, Last uint64
	Reads       []Read
	Rejected    []Rejected
	// FirstArrivedAt and LastArrivedAt are when the stream took the first and the last message.
	FirstArrivedAt, LastArrivedAt racetime.Instant
	// Pending is how many messages were known to wait behind this batch.
	Pending uint64
}

// Messages returns the number of messages that the batch is made of.
func (b *Batch) Messages() int { return int(b.Last - b.First + 1) }

// Position says up to where an event's facts are applied.
type Position struct {
	Event race.EventID
	// Generation counts the event's streams from 1: a stream that was lost and made anew begins another.
	Generation int
	// StreamCreated is the instant, in whole microseconds, at which the stream was made.
	StreamCreated time.Time
	// Sequence is the last message of the stream that is stored.
	Sequence uint64
	// Change is the last change number of the event that is applied.
	Change int64
	// Version is that of the event's derived state.
	Version int64
}

// Equal reports whether two positions are the same, whatever the zone of their instants.
func (p Position) Equal(q Position) bool {
	created := p.StreamCreated.Equal(q.StreamCreated)
	p.StreamCreated, q.StreamCreated = time.Time{}, time.Time{}
	return created && p == q
}
