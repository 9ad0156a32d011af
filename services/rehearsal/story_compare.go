package rehearsal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	standingsv1 "raceday/proto/raceday/standings/v1"
)

// exportTime bounds an export.
const exportTime = 5 * time.Minute

// compare exports results and facts, scores the facts offline, and wants the same bytes.
func (t *teller) compare(ctx context.Context) error {
	exporting, cancel := context.WithTimeout(ctx, exportTime)
	defer cancel()
	results, err := t.export(exporting, standingsv1.ExportFile_EXPORT_FILE_RESULTS_CSV)
	if err != nil {
		return err
	}
	legs, err := t.export(exporting, standingsv1.ExportFile_EXPORT_FILE_LEGS_CSV)
	if err != nil {
		return err
	}
	facts, err := t.exportFacts(exporting)
	if err != nil {
		return err
	}
	wantResults, wantLegs, err := t.Score(ctx, facts)
	if err != nil {
		return fmt.Errorf("score the exported facts: %w", err)
	}
	if err := sameBytes("results.csv", results, wantResults); err != nil {
		return err
	}
	if err := sameBytes("legs.csv", legs, wantLegs); err != nil {
		return err
	}
	t.print.line("From the exported facts the offline scorer gives the same %s bytes of results.csv and %s of legs.csv.",
		count(len(results)), count(len(legs)))
	return nil
}

// sameBytes returns an ErrDifferent that names the first line that differs.
func sameBytes(file string, exported, scored []byte) error {
	if bytes.Equal(exported, scored) {
		return nil
	}
	a, b := bytes.Split(exported, []byte("\n")), bytes.Split(scored, []byte("\n"))
	line := 0
	for line < len(a) && line < len(b) && bytes.Equal(a[line], b[line]) {
		line++
	}
	at := func(lines [][]byte) string {
		if line < len(lines) {
			return string(lines[line])
		}
		return "no such line"
	}
	return fmt.Errorf("%w: %s, line %d\nexported: %s\nscored:   %s", ErrDifferent, file, line+1, at(a), at(b))
}

func (t *teller) export(ctx context.Context, file standingsv1.ExportFile) ([]byte, error) {
	stream, err := t.standings.ExportResults(ctx, &standingsv1.ExportResultsRequest{EventId: string(t.Event.ID), File: file})
	if err != nil {
		return nil, fmt.Errorf("export %v: %w", file, err)
	}
	var exported []byte
	for {
		piece, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return exported, nil
		}
		if err != nil {
			return nil, fmt.Errorf("export %v: %w", file, err)
		}
		exported = append(exported, piece.GetChunk()...)
	}
}

func (t *teller) exportFacts(ctx context.Context) (Facts, error) {
	var facts Facts
	files := map[string]*[]byte{
		"event.yaml": &facts.Event, "roster.csv": &facts.Roster, "reads.csv.gz": &facts.Reads, "rulings.csv": &facts.Rulings,
	}
	stream, err := t.standings.ExportFacts(ctx, &standingsv1.ExportFactsRequest{EventId: string(t.Event.ID)})
	if err != nil {
		return Facts{}, fmt.Errorf("export facts: %w", err)
	}
	for {
		piece, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return facts, nil
		}
		if err != nil {
			return Facts{}, fmt.Errorf("export facts: %w", err)
		}
		file, ok := files[piece.GetFile()]
		if !ok {
			return Facts{}, fmt.Errorf("export facts: there is no fact named %q", piece.GetFile())
		}
		*file = append(*file, piece.GetChunk()...)
	}
}
