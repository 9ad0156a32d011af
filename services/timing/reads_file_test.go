package timing

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"raceday/services/csvtable"
	"raceday/services/rehearsal/sharedcase"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// twoMats is an event whose point line has a backup mat before its first primary one.
func twoMats() *race.Event {
	return &race.Event{
		Points: []race.PointID{"line", "k5", "bare"},
		Mats: []race.Mat{
			{ID: "line-b", Point: "line", Backup: true}, {ID: "line-a", Point: "line"}, {ID: "line-c", Point: "line"},
			{ID: "k5-a", Point: "k5"}, {ID: "bare-b", Point: "bare", Backup: true},
		},
	}
}

func mustInstant(t testing.TB, text string) racetime.Instant {
	t.Helper()
	at, err := racetime.ParseInstant(text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func pack(t testing.TB, text string) string {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.String()
}

func TestParseReads(t *testing.T) {
	t.Parallel()
	seven := mustInstant(t, "2025-09-28T07:00:00.5+05:00")
	for _, test := range []struct {
		name, file string
		want       []Read
	}{
		{
			"every column in any order", "antenna,rssi,at,chip,seq,boot,mat\n8,-58,2025-09-28T07:00:00.5+05:00,00c1,3,b 1,line-b\n,,2025-09-28T02:00:00.5Z,C1,4,,x\n",
			[]Read{
				{Mat: "line-b", Boot: "b 1", Seq: 3, Chip: "C1", At: seven, RSSIDBm: -58, HasRSSI: true, Antenna: 8, HasAntenna: true},
				{Mat: "x", Seq: 4, Chip: "C1", At: seven},
			},
		},
		{
			"points stand for their first primary mat, and lines count by mat",
			"point,mat,chip,at\nline,,1,2025-09-28T02:00:00.5Z\n,line-a,2,2025-09-28T02:00:00.5Z\nk5,,3,2025-09-28T02:00:00.5Z\n",
			[]Read{
				{Mat: "line-a", Seq: 1, Chip: "1", At: seven}, {Mat: "line-a", Seq: 2, Chip: "2", At: seven},
				{Mat: "k5-a", Seq: 1, Chip: "3", At: seven},
			},
		},
		{
			"byte order mark, carriage returns, blanks, quotes, empty lines, no last line end",
			"\xef\xbb\xbfmat,chip,at\r\n\r\n\"line-a\", 1,\"2025-09-28T02:00:00.5Z\"\r\n\"a,\"\"b\",\"2\",2025-09-28T02:00:00.5Z\n\nline-a,1 ,2025-09-28T02:00:00.5Z",
			[]Read{
				{Mat: "line-a", Seq: 1, Chip: "1", At: seven}, {Mat: `a,"b`, Seq: 1, Chip: "2", At: seven},
				{Mat: "line-a", Seq: 2, Chip: "1", At: seven},
			},
		},
		{"header alone", "mat,chip,at\n", nil},
	} {
		for _, content := range []string{test.file, pack(t, test.file)} {
			var got []Read
			err := EachRead("reads.csv", strings.NewReader(content), twoMats(), func(line *Line) { got = append(got, line.Read) })
			if err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.name, diff)
			}
		}
	}
}

func TestBootComesFromTheContent(t *testing.T) {
	t.Parallel()
	boot := func(content string) string {
		reads, err := ParseReads("reads.csv", strings.NewReader(content), twoMats())
		if err != nil || len(reads) != 2 || reads[0].Boot != reads[1].Boot || reads[1].Seq != 2 {
			t.Fatalf("got %+v, %v, want two reads of one boot", reads, err)
		}
		return reads[0].Boot
	}
	const file = "mat,chip,at\nm,1,2025-09-28T02:00:00Z\nm,2,2025-09-28T02:00:00Z\n"
	first := boot(file)
	if again := boot(file); again != first || !isPrintable(first, maxBootRunes) || first == "" {
		t.Errorf("the same file again has boot %q, want %q", again, first)
	}
	if packed := boot(pack(t, file)); packed != first {
		t.Errorf("packed the boot is %q, want %q", packed, first)
	}
	if other := boot(strings.Replace(file, "m,2", "m,3", 1)); other == first {
		t.Errorf("another file has the same boot %q", other)
	}
}

func TestBadLinesAreAllReported(t *testing.T) {
	t.Parallel()
	const file = `mat,point,chip,at,boot,seq,rssi,antenna
line-a,,1,2025-09-28T02:00:00Z,b,1,,
,,1,2025-09-28T02:00:00Z,b,1,,
line-a,line,1,2025-09-28T02:00:00Z,b,1,,
a.b,,1,2025-09-28T02:00:00Z,b,1,,
,k7,1,2025-09-28T02:00:00Z,b,1,,
,bare,1,2025-09-28T02:00:00Z,b,1,,
line-a,,,2025-09-28T02:00:00Z,b,1,,
line-a,,1-2,2025-09-28T02:00:00Z,b,1,,
line-a,,1,noon,b,1,,
line-a,,1,2025-09-28T02:00:00Z,b,-1,,
line-a,,1,2025-09-28T02:00:00Z,b,9223372036854775808,,
line-a,,1,2025-09-28T02:00:00Z,b,1,loud,
line-a,,1,2025-09-28T02:00:00Z,b,1,,9999999999
line-a,,1,2025-09-28T02:00:00Z
line-a,,1,2025-09-28T02:00:00Z,b,1,,,
line-a,,"1,2025-09-28T02:00:00Z,b,1,,
line-a,,1,2025-09-28T02:00:00Z,b, ,,
line-a,,1,2025-09-28T02:00:00Z,b,2,,
`
	reads, err := ParseReads("r.csv", strings.NewReader(file), twoMats())
	want := strings.TrimSpace(`
r.csv:3: mat: a mat or a point is needed
r.csv:4: point: mat and point are both given
r.csv:5: mat: not a mat: 1 to 64 printable characters without blank, dot, star and >
r.csv:6: point: unknown point "k7"
r.csv:7: point: point "bare" has no mat without backup
r.csv:8: chip: not a chip: 1 to 32 letters and digits
r.csv:9: chip: not a chip: 1 to 32 letters and digits
r.csv:10: at: not an instant written like 2025-09-28T07:00:00+05:00
r.csv:11: seq: not a whole number from 0 to 9223372036854775807
r.csv:12: seq: not a whole number from 0 to 9223372036854775807
r.csv:13: rssi: not a whole number from -2147483648 to 2147483647
r.csv:14: antenna: not a whole number from -2147483648 to 2147483647
r.csv:15: has 4 fields where the header has 8
r.csv:16: has 9 fields where the header has 8
r.csv:17: quotes do not match
r.csv:18: seq: is empty; either every line has its number, or the file has no column seq`)
	faults, ok := errors.AsType[csvtable.Faults](err)
	if !ok {
		t.Fatalf("got %v, want Faults", err)
	}
	if diff := cmp.Diff(want, faults.Error()); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	if len(reads) != 2 || reads[1].Seq != 2 {
		t.Errorf("got %+v, want the two good lines", reads)
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	packed := pack(t, "mat,chip,at\n"+strings.Repeat("m,1,2025-09-28T02:00:00Z\n", 1000))
	for _, test := range []struct {
		name string
		file io.Reader
		want string
	}{
		{"empty", strings.NewReader(""), "r.csv: the file is empty; it needs a header line"},
		{"no mat", strings.NewReader("chip,at\n"), "r.csv:1: mat: column is missing; mat or point is needed"},
		{"no chip, unknown column", strings.NewReader("mat,at,tag\n"), "r.csv:1: tag: unknown column"},
		{"packed and cut short", strings.NewReader(packed[:len(packed)-20]), "r.csv: read: unexpected EOF"},
		{"broken gzip", strings.NewReader("\x1f\x8bxx"), "r.csv: read: "},
		{"one endless line", io.MultiReader(strings.NewReader("mat,chip,at\n"), strings.NewReader(strings.Repeat("x", maxLineBytes+1))), "r.csv: read: a line is longer than 1048576 bytes"},
		{"failing disk in an endless line", &failing{maxLineBytes}, "r.csv: read: disk fails"},
		{"failing disk", io.MultiReader(strings.NewReader("mat,chip,at\n"), iotest.ErrReader(errors.New("disk fails"))), "r.csv: read: disk fails"},
	} {
		err := EachRead("r.csv", test.file, nil, func(*Line) {})
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
}

// failing has so many bytes of one line and fails with the last of them.
type failing struct{ left int }

func (f *failing) Read(p []byte) (n int, err error) {
	n = copy(p, strings.Repeat("x", min(len(p), f.left)))
	if f.left -= n; f.left == 0 {
		err = errors.New("disk fails")
	}
	return n, err
}

func TestLinesMayLieAcrossBlocks(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	file.WriteString("mat,chip,at\n")
	const n = 50_000
	for i := range n {
		line := "m%d,%d,2025-09-28T02:00:00.%06dZ\n"
		if i >= n-3 { // in the last block only
			line = `m%d,"%d",2025-09-28T02:00:00.%06dZ` + "\n"
		}
		fmt.Fprintf(&file, line, i%3, i, i)
	}
	for name, r := range map[string]io.Reader{
		"whole": strings.NewReader(file.String()), "in halves": iotest.HalfReader(strings.NewReader(file.String())),
		"packed": strings.NewReader(pack(t, file.String())),
	} {
		i := 0
		err := EachRead("r.csv", r, nil, func(line *Line) {
			if line.Number != i+2 || line.Chip != race.Chip(fmt.Sprint(i)) || line.Seq != uint64(i/3+1) {
				t.Errorf("%s: line %+v", name, *line)
			}
			i++
		})
		if err != nil || i != n {
			t.Errorf("%s: got %d reads, %v, want %d", name, i, err, n)
		}
	}
}

// It is not parallel: what others allocate would count.
func TestALineAllocatesNothing(t *testing.T) {
	var file strings.Builder
	file.WriteString("mat,chip,at\n")
	const n = 20_000
	for i := range n {
		fmt.Fprintf(&file, "m%d,%d,2025-09-28T02:00:00.%06dZ\n", i%3, i%100, i)
	}
	allocated := testing.AllocsPerRun(3, func() {
		if err := EachRead("r.csv", strings.NewReader(file.String()), nil, func(*Line) {}); err != nil {
			t.Error(err)
		}
	})
	if allocated > n/10 {
		t.Errorf("%v allocations for %d lines", allocated, n)
	}
}

func TestRawReadsOfARealRace(t *testing.T) {
	t.Parallel()
	file, err := os.Open(filepath.Join(sharedcase.Dir(t, "raw-2021"), "reads.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reads, err := ParseReads("reads.csv.gz", file, nil)
	if err != nil || len(reads) != 64_990 {
		t.Fatalf("got %d reads, %v, want 64 990", len(reads), err)
	}
	mats, zeros := map[race.MatID]bool{}, 0
	for _, read := range reads {
		mats[read.Mat] = true
		if strings.HasPrefix(string(read.Chip), "0") {
			zeros++
		}
		if read.Boot == "" || !read.HasAntenna || !read.HasRSSI {
			t.Fatalf("read %+v lacks what its controller wrote", read)
		}
	}
	if len(mats) != 10 || zeros != 0 {
		t.Errorf("got %d mats and %d chips with leading zeros, want 10 and 0", len(mats), zeros)
	}
	var again bytes.Buffer
	w := NewReadsWriter(&again)
	for _, read := range reads {
		if err := w.Write(read); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	parsed, err := ParseReads("again.csv", &again, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(reads, parsed); diff != "" {
		t.Errorf("reads written and parsed again (-want +got):\n%s", diff)
	}
}

func FuzzEachRead(f *testing.F) {
	f.Add("mat,chip,at\nm,1,2025-09-28T02:00:00Z\n")
	f.Add("point,chip,at,seq,boot\nline,\"1\",2025-09-28T02:00:00Z,1,\n")
	f.Fuzz(func(t *testing.T, file string) {
		var first []Read
		reads, err := ParseReads("r.csv", strings.NewReader(file), twoMats())
		for _, read := range reads {
			if !ValidMat(read.Mat) || !isPrintable(read.Boot, maxBootRunes) || read.Seq > MaxSeq || read.Chip == "" {
				t.Fatalf("read %+v cannot be stored", read)
			}
			read.Boot = ""
			first = append(first, read)
		}
		again := 0
		errAgain := EachRead("r.csv", strings.NewReader(file), twoMats(), func(line *Line) {
			read := line.Read
			read.Boot = ""
			if again >= len(first) || first[again] != read {
				t.Fatalf("read %d is %+v on the second way", again, read)
			}
			again++
		})
		if again != len(first) || fmt.Sprint(err) != fmt.Sprint(errAgain) {
			t.Fatalf("%d reads, %v on the second way, want %d, %v", again, errAgain, len(first), err)
		}
	})
}

// BenchmarkEachRead reads a packed file of 100 000 lines with 20 000 chips at 11 points.
func BenchmarkEachRead(b *testing.B) {
	event := &race.Event{}
	for i := range 11 {
		id := fmt.Sprint("k", i)
		event.Points = append(event.Points, race.PointID(id))
		event.Mats = append(event.Mats, race.Mat{ID: race.MatID(id), Point: race.PointID(id)})
	}
	var file strings.Builder
	file.WriteString("point,chip,at\n")
	const n = 100_000
	for i := range n {
		fmt.Fprintf(&file, "k%d,C%d,2023-10-08T%02d:%02d:%02d.%03d-05:00\n", i%11, i*7919%20_000, 7+i/36_000, i/600%60, i/10%60, i%1000)
	}
	packed := pack(b, file.String())
	b.ReportAllocs()
	for b.Loop() {
		if err := EachRead("reads.csv.gz", strings.NewReader(packed), event, func(*Line) {}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/read")
}
