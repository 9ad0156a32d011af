package csvtable

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var columns = Columns{Required: []string{"race", "bib"}, Optional: []string{"name"}}

func TestReadsColumnsInAnyOrder(t *testing.T) {
	t.Parallel()
	plain := "\xef\xbb\xbfname,bib,race\r\n\"Doe, J\n2\",7,marathon\r\n\r\n, 8 ,half\n"
	var zipped bytes.Buffer
	zip := gzip.NewWriter(&zipped)
	_, _ = io.WriteString(zip, plain)
	_ = zip.Close()
	for _, content := range []string{plain, zipped.String()} {
		r, err := NewReader("roster.csv", strings.NewReader(content), columns)
		if err != nil {
			t.Fatal(err)
		}
		var got [][]string
		var lines []int
		for r.Next() {
			got = append(got, []string{r.Field(r.Column("race")), r.Field(r.Column("bib")), r.Field(r.Column("name")), r.Field(r.Column("club"))})
			lines = append(lines, r.Line())
		}
		if err := r.Err(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([][]string{{"marathon", "7", "Doe, J\n2", ""}, {"half", "8", "", ""}}, got); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]int{2, 5}, lines); diff != "" {
			t.Error(diff)
		}
	}
}

func TestHeaderFaultsComeTogether(t *testing.T) {
	t.Parallel()
	_, err := NewReader("roster.csv", strings.NewReader("race,colour,race\n"), columns)
	want := "roster.csv:1: colour: unknown column; known are race, bib, name\n" +
		"roster.csv:1: race: column stands twice\n" +
		"roster.csv:1: bib: column is missing"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %v", err, want)
	}

	_, err = NewReader("roster.csv", strings.NewReader("race;bib;name\n"), columns)
	want = "roster.csv:1: race;bib;name: unknown column; known are race, bib, name; columns are parted by commas\n"
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("columns parted by semicolons: got %v, want %q", err, want)
	}
}

func TestEveryBadLineIsReported(t *testing.T) {
	t.Parallel()
	r, err := NewReader("roster.csv", strings.NewReader("race,bib\na,1,2\nb,2\nc,\"3\" x\nd,4\n"), columns)
	if err != nil {
		t.Fatal(err)
	}
	for r.Next() {
		if r.Field(0) == "d" {
			r.Bad("bib", "is taken")
			r.BadLine(3, "bib", "is taken")
		}
	}
	var faults Faults
	if !errors.As(r.Err(), &faults) {
		t.Fatalf("got %v, want Faults", r.Err())
	}
	want := "roster.csv:2: has 3 fields where the header has 2\n" +
		"roster.csv:3: bib: is taken\n" +
		"roster.csv:4: extraneous or missing \" in quoted-field\n" +
		"roster.csv:5: bib: is taken"
	if faults.Error() != want {
		t.Errorf("got\n%v\nwant\n%v", faults, want)
	}
}

func TestEmptyFileIsAFault(t *testing.T) {
	t.Parallel()
	if _, err := NewReader("roster.csv", strings.NewReader(""), columns); err == nil {
		t.Error("no error")
	}
}
