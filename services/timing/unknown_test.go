package timing

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/explanation"
	"raceday/services/rules/race"
)

// ListUnknownChips of the store in memory has reads in the order of the list, one a chip.
func (f *facts) ListUnknownChips(
	_ context.Context, _ race.EventID, worn []race.Chip, after *UnknownChipID, limit int,
) ([]UnknownChip, error) {
	var list []UnknownChip
	for _, r := range f.reads {
		if !slices.Contains(worn, r.Chip) && (after == nil || r.At < after.LastAt) && len(list) < limit {
			list = append(list, UnknownChip{Chip: r.Chip, Reads: 1, LastMat: r.Mat, LastAt: r.At, FirstAt: r.At})
		}
	}
	return list, nil
}

type worn []race.Chip

func (w worn) WornChips(context.Context, race.EventID) ([]race.Chip, error) { return w, nil }

func TestListUnknownChipsSaysWhereTheyWereRead(t *testing.T) {
	t.Parallel()
	event := marathon()
	event.Mats = []race.Mat{{ID: "m", Point: "k5", Until: 30}, {ID: "m", Point: "k10", From: 30, Until: 50}}
	store := &facts{reads: []Read{{Mat: "m", Chip: "C4", At: 50}, {Mat: "m", Chip: "C3", At: 30}, {Mat: "m", Chip: "C2", At: 20}, {Mat: "m", Chip: "C1", At: 10}}}
	s := New(Dependencies{Store: store, Events: oneEvent{event}, Wearers: worn{"C2"}})
	var got []string
	for page := (Page{Size: 1}); ; {
		chips, next, err := s.ListUnknownChips(t.Context(), event.ID, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range chips {
			got = append(got, string(c.Chip)+" "+string(c.LastPoint))
		}
		if page.Token = next; next == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"C4 ", "C3 k10", "C1 k5"}, got); diff != "" {
		t.Errorf("unknown chips (-want +got):\n%s", diff)
	}
	if _, _, err := s.ListUnknownChips(t.Context(), event.ID, Page{Token: "e30x"}); !errors.Is(err, ErrPageTokenInvalid) {
		t.Errorf("bad token: got %v, want %v", err, ErrPageTokenInvalid)
	}
	if _, _, err := s.ListUnknownChips(t.Context(), "none", Page{}); !errors.Is(err, ErrEventNotFound) {
		t.Errorf("unknown event: got %v, want %v", err, ErrEventNotFound)
	}
}

// noExplainer must not be asked.
type noExplainer struct{ t *testing.T }

func (e noExplainer) Explain(_ context.Context, _ race.EventID, bib race.Bib) (*explanation.Explanation, error) {
	e.t.Errorf("asked for bib %q", bib)
	return nil, nil
}

func TestExplainResultRefusesWhatIsNoBib(t *testing.T) {
	t.Parallel()
	event := marathon()
	s := New(Dependencies{Store: &facts{}, Events: oneEvent{event}, Explainer: noExplainer{t}})
	for _, bib := range []race.Bib{"", "a\x00", "123456789"} {
		if _, _, err := s.ExplainResult(t.Context(), event.ID, bib); !errors.Is(err, ErrEntrantNotFound) {
			t.Errorf("bib %q: got %v, want %v", bib, err, ErrEntrantNotFound)
		}
	}
	if _, _, err := s.ExplainResult(t.Context(), "none", "7"); !errors.Is(err, ErrEventNotFound) {
		t.Errorf("unknown event: got %v, want %v", err, ErrEventNotFound)
	}
}
