package timing

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Message is what came over an event's stream.
type Message struct {
	// Subject is reads.<event>.<mat>.
	Subject string
	// ContentType is the message's header of that name; empty means protobuf.
	ContentType string
	Data        []byte
	// Sequence is the message's number in the stream.
	Sequence  uint64
	ArrivedAt racetime.Instant
}

// Longest mat and boot, in characters: the unique key of reads holds both.
const (
	maxMatRunes  = 64
	maxBootRunes = 64
)

// Decode adds a message's reads to the batch, and to what is rejected whatever is no read: the whole message when it
// cannot be decoded, has more than MaxReads reads or names another event or mat than its subject, else each bad read
// alone. Nothing of a message goes missing, whatever its bytes are.
func (b *Batch) Decode(m Message) {
	event, mat, err := splitSubject(m.Subject)
	if err != nil {
		b.reject(m, WholeMessage, err.Error(), m.Data)
		return
	}
	message, err := unmarshal(m)
	if err != nil {
		b.reject(m, WholeMessage, err.Error(), m.Data)
		return
	}
	boot := strings.TrimSpace(message.GetBoot())
	switch {
	case message.GetEvent() != string(event):
		b.reject(m, WholeMessage, "names another event than its subject", m.Data)
	case message.GetMat() != string(mat):
		b.reject(m, WholeMessage, "names another mat than its subject", m.Data)
	case len(message.GetReads()) > MaxReads:
		b.reject(m, WholeMessage, fmt.Sprintf("has %d reads, more than %d", len(message.GetReads()), MaxReads), m.Data)
	case !isPrintable(boot, maxBootRunes):
		b.reject(m, WholeMessage, fmt.Sprintf("boot is not up to %d printable characters", maxBootRunes), m.Data)
	default:
		b.decodeReads(m, message, mat, boot)
	}
}

func (b *Batch) decodeReads(m Message, message *timingv1.ReadBatch, mat race.MatID, boot string) {
	for i, wire := range message.GetReads() {
		seq, wrapped := message.GetFirstSeq()+uint64(i), message.GetFirstSeq() > math.MaxUint64-uint64(i)
		if wire.Seq != nil {
			seq, wrapped = wire.GetSeq(), false
		}
		read, reason := decodeRead(wire)
		if reason == "" && (wrapped || seq > MaxSeq) {
			reason = fmt.Sprintf("number is above %d", uint64(MaxSeq))
		}
		if reason != "" {
			// It was just decoded, so it can be encoded.
			data, _ := proto.Marshal(wire)
			b.reject(m, i, reason, data)
			continue
		}
		read.Mat, read.Boot, read.Seq, read.ArrivedAt = mat, boot, seq, m.ArrivedAt
		b.Reads = append(b.Reads, read)
	}
}

func decodeRead(wire *timingv1.Read) (read Read, reason string) {
	if wire.GetChip() == "" {
		return Read{}, "has no chip"
	}
	chip, err := race.ParseChip(wire.GetChip())
	if err != nil {
		return Read{}, "chip is " + err.Error()
	}
	if wire.GetAt() == nil {
		return Read{}, "has no instant"
	}
	at, err := InstantOf(wire.GetAt())
	if err != nil {
		return Read{}, "instant is out of range"
	}
	return Read{
		Chip: chip, At: at,
		RSSIDBm: wire.GetRssi(), HasRSSI: wire.Rssi != nil,
		Antenna: wire.GetAntenna(), HasAntenna: wire.Antenna != nil,
	}, ""
}

// InstantOf cuts a timestamp to whole microseconds; ErrInstantInvalid where it is out of range.
func InstantOf(at *timestamppb.Timestamp) (racetime.Instant, error) {
	if at.CheckValid() != nil {
		return 0, ErrInstantInvalid
	}
	instant := racetime.At(at.AsTime())
	if !instant.Held() {
		return 0, ErrInstantInvalid
	}
	return instant, nil
}

func unmarshal(m Message) (*timingv1.ReadBatch, error) {
	message := &timingv1.ReadBatch{}
	media, _, _ := strings.Cut(m.ContentType, ";")
	if strings.EqualFold(strings.TrimSpace(media), "application/json") {
		// A field that this version does not know must not cost the reads beside it.
		if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(quoteBoot(m.Data), message); err != nil {
			return nil, fmt.Errorf("not a ReadBatch in JSON: %w", err)
		}
		return message, nil
	}
	if err := proto.Unmarshal(m.Data, message); err != nil {
		return nil, fmt.Errorf("not a ReadBatch in protobuf: %w", err)
	}
	return message, nil
}

// quoteBoot writes a boot that is a whole number as text, which is what the contract has; anything else stays as it is, for
// protobuf to judge.
func quoteBoot(data []byte) []byte {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return data
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return data
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return data
		}
		if key != "boot" {
			continue
		}
		end := int(decoder.InputOffset())
		digits := bytes.TrimPrefix(value, []byte("-"))
		if len(digits) == 0 || len(bytes.Trim(digits, "0123456789")) > 0 {
			return data
		}
		return slices.Concat(data[:end-len(value)], []byte(`"`), value, []byte(`"`), data[end:])
	}
	return data
}

func (b *Batch) reject(m Message, index int, reason string, data []byte) {
	b.Rejected = append(b.Rejected, Rejected{
		Subject: storable(m.Subject), Sequence: m.Sequence, Index: index, Reason: storable(reason), Data: data,
		ArrivedAt: m.ArrivedAt,
	})
}

// storable leaves out what a text in the database cannot hold.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "�"), "\x00", "�")
}

// Subject returns the subject on which a mat publishes.
func Subject(event race.EventID, mat race.MatID) string {
	return "reads." + string(event) + "." + string(mat)
}

func splitSubject(subject string) (race.EventID, race.MatID, error) {
	tokens := strings.Split(subject, ".")
	if len(tokens) != 3 || tokens[0] != "reads" {
		return "", "", fmt.Errorf("subject is not reads.<event>.<mat>")
	}
	if !ValidMat(race.MatID(tokens[2])) {
		return "", "", fmt.Errorf("mat of the subject is not up to %d printable characters", maxMatRunes)
	}
	return race.EventID(tokens[1]), race.MatID(tokens[2]), nil
}

// ValidMat reports whether reads of the mat can be stored: it has 1 to 64 printable characters that a subject can hold.
// The mats of an event are named more narrowly.
func ValidMat(mat race.MatID) bool {
	return mat != "" && isPrintable(string(mat), maxMatRunes) && !strings.ContainsAny(string(mat), " .*>")
}

func isPrintable(text string, maxRunes int) bool {
	if len(text) > maxRunes*utf8.UTFMax || !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxRunes {
		return false
	}
	for _, r := range text {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}
