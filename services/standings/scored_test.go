package standings_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"raceday/services/rules/official"
	"raceday/services/rules/race"
	"raceday/services/standings"
)

// office keeps the list that was published last.
type office struct {
	standings.Official
	standings.Facts
	list standings.OfficialList
}

func (o *office) LastOfficial(context.Context, race.EventID, race.ID, string) (standings.OfficialList, bool, error) {
	return standings.OfficialList{}, false, nil
}

func (o *office) AddOfficial(_ context.Context, list standings.OfficialList) error {
	o.list = list
	return nil
}

func (o *office) Digest(context.Context, race.EventID, standings.FactsAt) (standings.Digest, error) {
	return standings.Digest{}, nil
}

// behind is a backend whose scorer has still to apply the last ruling.
func behind() *backend {
	b := &backend{event: relay()}
	b.commit(time.Hour)
	b.recorded = 1
	return b
}

// scoreAfter has the scorer apply the ruling, after a while.
func (b *bench) scoreAfter(pause time.Duration) {
	go func() {
		time.Sleep(pause) // the bubble's clock
		n := b.commit(2 * time.Hour)
		b.set(func() { b.change = 1 })
		b.send(n)
	}()
}

func (b *bench) service(o *office) *standings.Service {
	return standings.NewService(standings.Dependencies{
		Boards: b.boards, Store: b.backend, Events: b.backend, Official: o, Facts: o, Now: time.Now,
	})
}

var announced = standings.Publication{
	Event: relayDay, Race: "relay", List: "overall", As: official.Provisional, SignedBy: "A. Referee",
}

func TestAListIsPublishedWithWhatWasRecordedBefore(t *testing.T) {
	t.Parallel()
	inBubbleOf(t, behind(), func(b *bench) {
		o := &office{}
		b.scoreAfter(300 * time.Millisecond)
		began := time.Now()
		if _, err := b.service(o).Publish(b.Context(), "key", announced); err != nil {
			b.Fatal(err)
		}
		if took := time.Since(began); took != 300*time.Millisecond {
			b.Errorf("published after %v, want it when the scorer has applied the ruling", took)
		}
		if got := o.list.Rows[0].Gun; got != "2:00:00" || o.list.At.Change != 1 {
			b.Errorf("published %s as of change %d, want 2:00:00 as of 1", got, o.list.At.Change)
		}
	})
}

func TestNothingIsPublishedWithoutWhatWasRecordedBefore(t *testing.T) {
	t.Parallel()
	inBubbleOf(t, behind(), func(b *bench) {
		o := &office{}
		began := time.Now()
		if _, err := b.service(o).Publish(b.Context(), "key", announced); !errors.Is(err, standings.ErrNotScoredYet) || o.list.Number != 0 {
			b.Errorf("published version %d, %v, want ErrNotScoredYet", o.list.Number, err)
		}
		if took := time.Since(began); took < time.Second || took > 10*time.Second {
			b.Errorf("refused after %v, want some seconds", took)
		}
	})
}

// Files hold what was recorded before; without a scorer they hold what there is.
func TestFilesHoldWhatWasRecordedBefore(t *testing.T) {
	t.Parallel()
	for _, file := range []standings.File{standings.ResultsCSV, standings.ListsCSV} {
		for _, away := range []bool{false, true} {
			inBubbleOf(t, behind(), func(b *bench) {
				want := "1:00:00"
				if !away {
					b.scoreAfter(300 * time.Millisecond)
					want = "2:00:00"
				}
				var out bytes.Buffer
				export := standings.Export{Event: relayDay, File: file}
				err := b.service(&office{}).ExportResults(b.Context(), export, func(string, int64) io.Writer { return &out })
				if err != nil || !strings.Contains(out.String(), ","+want+",") {
					b.Errorf("file %d, scorer away %t: %v, want %s in it:\n%s", file, away, err, want, out.String())
				}
			})
		}
	}
}
