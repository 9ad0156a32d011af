package timing

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/racetime"
)

const subject = "reads.almaty-2025.line-a"

var at = time.Date(2025, 9, 28, 7, 0, 0, 123_456_789, time.UTC)

// wire returns a message of one good read, changed by change.
func wire(change func(*timingv1.ReadBatch)) *timingv1.ReadBatch {
	message := &timingv1.ReadBatch{
		Event: "almaty-2025", Mat: "line-a", Boot: "7", FirstSeq: 10,
		Reads: []*timingv1.Read{{Chip: "00ab1", At: timestamppb.New(at)}},
	}
	change(message)
	return message
}

func marshal(t testing.TB, message proto.Message) []byte {
	t.Helper()
	data, err := proto.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestDecodeTakesReads(t *testing.T) {
	t.Parallel()
	message := wire(func(b *timingv1.ReadBatch) {
		b.Boot = " 7 "
		b.Reads = append(b.Reads,
			&timingv1.Read{Chip: "0000", At: &timestamppb.Timestamp{}, Rssi: proto.Int32(-58), Antenna: proto.Int32(0)},
			&timingv1.Read{Chip: "C2", At: &timestamppb.Timestamp{Seconds: -9_000_000_000, Nanos: 999}, Seq: proto.Uint64(MaxSeq)})
	})
	text, err := protojson.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	want := []Read{
		{Mat: "line-a", Boot: "7", Seq: 10, Chip: "AB1", At: racetime.At(at), ArrivedAt: 99},
		{Mat: "line-a", Boot: "7", Seq: 11, Chip: "0", RSSIDBm: -58, HasRSSI: true, HasAntenna: true, ArrivedAt: 99},
		{Mat: "line-a", Boot: "7", Seq: MaxSeq, Chip: "C2", At: -9_000_000_000_000_000, ArrivedAt: 99},
	}
	for _, m := range []Message{
		{Data: marshal(t, message)},
		{Data: marshal(t, message), ContentType: "application/protobuf"},
		{Data: text, ContentType: "application/json"},
		{Data: text, ContentType: " Application/JSON; charset=utf-8"},
	} {
		m.Subject, m.ArrivedAt = subject, 99
		var got Batch
		got.Decode(m)
		if diff := cmp.Diff(Batch{Reads: want}, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", m.ContentType, diff)
		}
	}
}

// Who publishes by hand writes the boot as the number that it is.
func TestBootMayBeANumberInJSON(t *testing.T) {
	t.Parallel()
	const read = `"event":"almaty-2025","mat":"line-a","reads":[{"chip":"C1","at":"2025-09-28T02:00:00Z","boot":3}]`
	for message, want := range map[string]string{
		`{"boot":1,` + read + `}`:                    "1",
		`{` + read + `,"boot":20250928}`:             "20250928",
		" { \n" + read + " , \"boot\" : -7 \n } ":    "-7",
		`{"boot":18446744073709551617,` + read + `}`: "18446744073709551617",
		`{"boot":"a \"1\"",` + read + `}`:            `a "1"`,
		`{"other":{"boot":5},"boot":0,` + read + `}`: "0",
		`{"boot":null,"firstSeq":"4",` + read + `}`:  "",
	} {
		var got Batch
		got.Decode(Message{Subject: subject, ContentType: "application/json", Data: []byte(message)})
		if len(got.Rejected) > 0 || len(got.Reads) != 1 || got.Reads[0].Boot != want {
			t.Errorf("%s: got %+v, want the boot %q", message, got, want)
		}
	}
}

func TestDecodeRejectsWholeMessages(t *testing.T) {
	t.Parallel()
	good := marshal(t, wire(func(*timingv1.ReadBatch) {}))
	for _, test := range []struct {
		name, subject, contentType string
		data                       []byte
		want                       string
	}{
		{"garbage", subject, "", []byte("\xff\xff\xff"), "not a ReadBatch in protobuf"},
		{"nothing", subject, "", nil, "names another event"},
		{"cut short", subject, "", good[:len(good)-3], "not a ReadBatch in protobuf"},
		{"text that is not UTF-8", subject, "", []byte("\x0a\x01\xff"), "not a ReadBatch in protobuf"},
		{"JSON without the header", subject, "", []byte(`{"event":"almaty-2025"}`), "not a ReadBatch in protobuf"},
		{"protobuf with the header of JSON", subject, "application/json", good, "not a ReadBatch in JSON"},
		{"JSON with a bad instant", subject, "application/json", []byte(`{"reads":[{"at":"noon"}]}`), "not a ReadBatch in JSON"},
		{"boot that is no whole number", subject, "application/json", []byte(`{"boot":1.5}`), "not a ReadBatch in JSON"},
		{"boot with an exponent", subject, "application/json", []byte(`{"boot":1e3}`), "not a ReadBatch in JSON"},
		{"two boots", subject, "application/json", []byte(`{"boot":1,"boot":2}`), "not a ReadBatch in JSON"},
		{"another event", "reads.astana.line-a", "", good, "another event"},
		{"another mat", "reads.almaty-2025.line-b", "", good, "another mat"},
		{"subject too short", "reads.almaty-2025", "", good, "subject is not"},
		{"subject too long", subject + ".x", "", good, "subject is not"},
		{"mat too long for the key", "reads.almaty-2025." + strings.Repeat("m", 65), "", good, "mat of the subject"},
		{"mat with a zero byte", "reads.almaty-2025.a\x00", "", good, "mat of the subject"},
		{"mat that is not UTF-8", "reads.almaty-2025.\xff", "", good, "mat of the subject"},
		{"501 reads", subject, "", marshal(t, wire(func(b *timingv1.ReadBatch) {
			for range MaxReads {
				b.Reads = append(b.Reads, b.Reads[0])
			}
		})), "has 501 reads, more than 500"},
		{"boot too long", subject, "", marshal(t, wire(func(b *timingv1.ReadBatch) { b.Boot = strings.Repeat("é", 65) })), "boot is not"},
		{"boot with a zero byte", subject, "", marshal(t, wire(func(b *timingv1.ReadBatch) { b.Boot = "a\x00" })), "boot is not"},
	} {
		var got Batch
		got.Decode(Message{Subject: test.subject, ContentType: test.contentType, Data: test.data, Sequence: 5, ArrivedAt: 6})
		if len(got.Reads) != 0 || len(got.Rejected) != 1 {
			t.Errorf("%s: got %+v, want one rejected message", test.name, got)
			continue
		}
		r := got.Rejected[0]
		if r.Index != WholeMessage || !strings.Contains(r.Reason, test.want) || !bytes.Equal(r.Data, test.data) ||
			r.Sequence != 5 || r.ArrivedAt != 6 || storable(r.Subject) != r.Subject {
			t.Errorf("%s: got %+v, want the message with a reason like %q", test.name, r, test.want)
		}
	}
}

func TestDecodeRejectsOneReadAlone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		read *timingv1.Read
		want string
	}{
		{"no chip", &timingv1.Read{At: timestamppb.New(at)}, "has no chip"},
		{"chip with a blank", &timingv1.Read{Chip: "A 1", At: timestamppb.New(at)}, "not a chip"},
		{"chip of 33 characters", &timingv1.Read{Chip: strings.Repeat("1", 33), At: timestamppb.New(at)}, "not a chip"},
		{"no instant", &timingv1.Read{Chip: "1"}, "has no instant"},
		{"before 1678", &timingv1.Read{Chip: "1", At: timestamppb.New(time.Date(1677, 12, 31, 23, 59, 59, 0, time.UTC))}, "out of range"},
		{"after 2261", &timingv1.Read{Chip: "1", At: timestamppb.New(time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC))}, "out of range"},
		{"negative nanoseconds", &timingv1.Read{Chip: "1", At: &timestamppb.Timestamp{Nanos: -1}}, "out of range"},
		{"number above 2^63-1", &timingv1.Read{Chip: "1", At: timestamppb.New(at), Seq: proto.Uint64(MaxSeq + 1)}, "number is above"},
	} {
		message := wire(func(b *timingv1.ReadBatch) { b.Reads = append(b.Reads, test.read, b.Reads[0]) })
		var got Batch
		got.Decode(Message{Subject: subject, Data: marshal(t, message), Sequence: 5})
		if len(got.Reads) != 2 || got.Reads[0].Seq != 10 || got.Reads[1].Seq != 12 || len(got.Rejected) != 1 {
			t.Errorf("%s: got %+v, want the reads on both sides", test.name, got)
			continue
		}
		r := got.Rejected[0]
		if r.Index != 1 || !strings.Contains(r.Reason, test.want) || !bytes.Equal(r.Data, marshal(t, test.read)) {
			t.Errorf("%s: got %+v, want read 1 with a reason like %q", test.name, r, test.want)
		}
	}
}

func TestDecodeDoesNotWrapNumbers(t *testing.T) {
	t.Parallel()
	message := wire(func(b *timingv1.ReadBatch) {
		b.FirstSeq = math.MaxUint64
		b.Reads = append(b.Reads, b.Reads[0])
	})
	var got Batch
	got.Decode(Message{Subject: subject, Data: marshal(t, message)})
	if len(got.Reads) != 0 || len(got.Rejected) != 2 {
		t.Errorf("got %+v, want both reads rejected", got)
	}
}

func TestEncodeIsUndoneByDecode(t *testing.T) {
	t.Parallel()
	want := []Read{
		{Mat: "line-a", Boot: "7", Seq: 5, Chip: "C1", At: racetime.At(at), RSSIDBm: -1, HasRSSI: true},
		{Mat: "line-a", Boot: "7", Seq: 6, Chip: "C2", At: -1, HasAntenna: true},
		{Mat: "line-a", Boot: "7", Seq: 6, Chip: "C3", At: 1},
		{Mat: "line-a", Boot: "7", Seq: 0, Chip: "C4", At: 2},
	}
	data, err := Encode("almaty-2025", want)
	if err != nil {
		t.Fatal(err)
	}
	var got Batch
	got.Decode(Message{Subject: Subject("almaty-2025", "line-a"), Data: data})
	if diff := cmp.Diff(Batch{Reads: want}, got); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
	other := want[0]
	other.Mat = "line-b"
	for _, reads := range [][]Read{nil, make([]Read, MaxReads+1), {want[0], other}, {{Mat: "a.b"}}} {
		if _, err := Encode("almaty-2025", reads); err == nil {
			t.Errorf("%d reads: got no error", len(reads))
		}
	}
}

func FuzzDecode(f *testing.F) {
	message := wire(func(b *timingv1.ReadBatch) { b.Reads = append(b.Reads, &timingv1.Read{}) })
	text, err := protojson.Marshal(message)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(subject, marshal(f, message), false)
	f.Add(subject, text, true)
	f.Add("reads.\xff.\x00", []byte("\x0a\xff"), false)
	f.Fuzz(func(t *testing.T, subject string, data []byte, json bool) {
		m := Message{Subject: subject, Data: data, Sequence: 1, ArrivedAt: 1}
		if json {
			m.ContentType = "application/json"
		}
		var b Batch
		b.Decode(m)
		whole := len(b.Rejected) == 1 && b.Rejected[0].Index == WholeMessage
		if whole && (len(b.Reads) > 0 || !bytes.Equal(b.Rejected[0].Data, data)) {
			t.Fatalf("a whole message is rejected as %+v beside %d reads", b.Rejected[0], len(b.Reads))
		}
		if !whole {
			decoded, err := unmarshal(m)
			if err != nil || len(b.Reads)+len(b.Rejected) != len(decoded.GetReads()) {
				t.Fatalf("%d reads and %d rejected of %v, %v", len(b.Reads), len(b.Rejected), decoded, err)
			}
			for _, r := range b.Rejected {
				var kept timingv1.Read
				if err := proto.Unmarshal(r.Data, &kept); err != nil || !proto.Equal(&kept, decoded.GetReads()[r.Index]) {
					t.Fatalf("read %d is kept as %v, %v, want %v", r.Index, &kept, err, decoded.GetReads()[r.Index])
				}
			}
		}
		for _, r := range b.Rejected {
			if r.Subject != storable(r.Subject) || r.Reason != storable(r.Reason) || r.Reason == "" {
				t.Fatalf("rejected %+v cannot be stored", r)
			}
		}
		for _, r := range b.Reads {
			if !ValidMat(r.Mat) || !isPrintable(r.Boot, maxBootRunes) || r.Seq > MaxSeq || r.Chip == "" || len(r.Chip) > 32 ||
				!r.At.Held() {
				t.Fatalf("read %+v cannot be stored", r)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	reads := make([]Read, 100)
	for i := range reads {
		reads[i] = Read{Mat: "line-a", Boot: "5072019", Seq: uint64(i), Chip: "C12345", At: racetime.At(at), RSSIDBm: -58, HasRSSI: true}
	}
	data, err := Encode("almaty-2025", reads)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	batch := Batch{Reads: make([]Read, 0, 100)}
	for b.Loop() {
		batch.Reads = batch.Reads[:0]
		batch.Decode(Message{Subject: subject, Data: data})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*100), "ns/read")
}
