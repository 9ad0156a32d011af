package rehearsal

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTableStandsInColumns(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := printer{out: &out}
	p.table([]string{"rank", "name", "penalty", "time"}, [][]string{
		{"1", "Өмір Әлімжан", "", "59:01"}, {"12", "Eve", "", "1:00:00"},
	})
	want := "" +
		"  rank  name             time\n" +
		"     1  Өмір Әлімжан    59:01\n" +
		"    12  Eve           1:00:00\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestBlockIsWrittenOverByWhatComesNext(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := printer{out: &out, terminal: true}
	p.show("one", "two")
	p.show("three")
	p.line("stays")
	p.line("too")
	want := "one\ntwo\n\x1b[2A\r\x1b[Jthree\n\x1b[1A\r\x1b[Jstays\ntoo\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

type closedPipe struct{ writes int }

var errClosed = errors.New("the pipe is closed")

func (p *closedPipe) Write([]byte) (int, error) {
	p.writes++
	return 0, errClosed
}

func TestPrinterKeepsItsFirstError(t *testing.T) {
	t.Parallel()
	pipe := &closedPipe{}
	p := printer{out: pipe}
	p.line("one")
	p.line("two")
	if !errors.Is(p.err, errClosed) || pipe.writes != 1 {
		t.Errorf("got %v after %d writes", p.err, pipe.writes)
	}
}

func TestShortAndCount(t *testing.T) {
	t.Parallel()
	if got := short("Сейдахмет", 6); got != "Сейда…" {
		t.Errorf("short: got %q", got)
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1 000", 1234567: "1 234 567"} {
		if got := count(n); got != want {
			t.Errorf("count: got %q, want %q", got, want)
		}
	}
}
