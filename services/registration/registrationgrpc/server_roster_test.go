package registrationgrpc_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	registrationv1 "raceday/proto/raceday/registration/v1"
)

// importing sends the pieces of a file and returns the answers.
func (o *office) importing(t *testing.T, replace bool, pieces ...string) (answers []*registrationv1.ImportRosterResponse, err error) {
	t.Helper()
	stream, err := o.ImportRoster(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, piece := range pieces {
		request := &registrationv1.ImportRosterRequest{Chunk: []byte(piece)}
		if i == 0 {
			request.EventId, request.Replace = "e", replace
		}
		if err := stream.Send(request); errors.Is(err, io.EOF) {
			break // The refusal has come back; Recv returns it.
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	for {
		answer, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return answers, nil
		}
		if err != nil {
			return answers, err
		}
		answers = append(answers, answer)
	}
}

func (o *office) exported(t *testing.T, race, wave string) string {
	t.Helper()
	content, err := o.exporting(t, race, wave)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func (o *office) exporting(t *testing.T, race, wave string) (string, error) {
	t.Helper()
	stream, err := o.ExportRoster(t.Context(), &registrationv1.ExportRosterRequest{EventId: "e", Race: race, Wave: wave})
	if err != nil {
		t.Fatal(err)
	}
	var content strings.Builder
	for {
		piece, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return content.String(), nil
		}
		if err != nil {
			return "", err
		}
		if n := len(piece.GetChunk()); n > 128<<10 {
			t.Errorf("a piece of %d bytes", n)
		}
		content.Write(piece.GetChunk())
	}
}

func TestARosterGoesInAndOut(t *testing.T) {
	t.Parallel()
	o := open(t)
	answers, err := o.importing(t, false, "race,b", "", "ib,name,sex,birth_date\nhalf,150,Ann,F,1990-01-01\nhalf,250,Ann,F,1990-01-01\n")
	if err != nil {
		t.Fatal(err)
	}
	last := answers[len(answers)-1]
	if warnings := last.GetWarnings(); len(warnings) != 1 || warnings[0].GetLine() != 3 || warnings[0].GetColumn() != "name" {
		t.Errorf("warnings %v, want one of a person who is there twice", warnings)
	}
	last.Warnings = nil
	differ(t, "imported", `{"added": 2, "lines": 2, "done": true}`, last)
	for _, before := range answers[:len(answers)-1] {
		if before.GetDone() || before.GetLines() == 0 {
			t.Errorf("before the end: %v, want lines and no more", before)
		}
	}
	whole := o.exported(t, "", "")
	if part := o.exported(t, "half", "B"); !strings.Contains(part, "\nhalf,250,") || strings.Contains(part, "150") {
		t.Errorf("the wave B is\n%s", part)
	}
	answers, err = o.importing(t, false, whole)
	if err != nil || answers[len(answers)-1].GetSame() != 2 {
		t.Errorf("imported again: %v, %v, want 2 same", answers, err)
	}
	answers, err = o.importing(t, true, "race,bib\nhalf,150\n")
	if err != nil || fmt.Sprint(answers[len(answers)-1].GetWithdrawn()) != "[250]" {
		t.Errorf("replaced: %v, %v, want 250 withdrawn", answers, err)
	}
	_, err = o.importing(t, false, "race,bib\nhalf,150\nhalf,150\nwalk,1\n")
	checkReason(t, "a bad file", err, "ROSTER_INVALID", "line 3: bib", "line 4: race")
	_, err = o.exporting(t, "walk", "")
	checkReason(t, "an unknown race", err, "RACE_NOT_FOUND")
	_, err = o.exporting(t, "", "A")
	checkReason(t, "a wave of no race", err, "WAVE_UNKNOWN", "wave")
}

func TestImportRosterTellsOfThousandsOfLines(t *testing.T) {
	t.Parallel()
	o := open(t)
	var file strings.Builder
	file.WriteString("race,bib,name,sex,birth_date,wave\n")
	for i := range 2500 {
		fmt.Fprintf(&file, "half,R%d,Ann,F,1990-01-01,A\n", i)
	}
	answers, err := o.importing(t, false, file.String())
	if err != nil {
		t.Fatal(err)
	}
	var lines []int32
	for _, answer := range answers {
		lines = append(lines, answer.GetLines())
	}
	if len(lines) < 4 || lines[len(lines)-1] != 2500 {
		t.Errorf("told of lines %v, want every thousand and 2500 at the end", lines)
	}
	warnings := answers[len(answers)-1].GetWarnings()
	if n := len(warnings); n != 1001 || warnings[n-1].GetDescription() != "1499 more should be looked at" {
		t.Errorf("%d warnings, want a thousand and how many more", n)
	}
}

func TestImportRosterRefusesTooMuch(t *testing.T) {
	t.Parallel()
	o := open(t)
	piece := strings.Repeat("x", 256<<10)
	_, err := o.importing(t, false, piece+"x")
	checkReason(t, "a piece", err, "ROSTER_TOO_BIG")
	many := make([]string, 257)
	for i := range many {
		many[i] = piece
	}
	_, err = o.importing(t, false, many...)
	checkReason(t, "all together", err, "ROSTER_TOO_BIG")
}
