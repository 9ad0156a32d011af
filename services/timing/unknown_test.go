package timing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/explanation"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// ListUnknownChips of the store in memory has reads in the order of the list, one a chip, and counts who asks.
func (f *facts) ListUnknownChips(
	_ context.Context, _ race.EventID, worn []race.Chip, after *UnknownChipID, limit int,
) ([]UnknownChip, error) {
	f.unknownAsked++
	var list []UnknownChip
	for _, r := range f.reads {
		behind := after == nil || r.At < after.LastAt || r.At == after.LastAt && r.Chip > after.Chip
		if !slices.Contains(worn, r.Chip) && behind && len(list) < limit {
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
	s := New(Dependencies{Store: store, Events: oneEvent{event}, Wearers: worn{"C2"}, Now: time.Now})
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

// A chip that is read again moves to the front of the list, and one that is assigned leaves it.
func TestNoUnknownChipIsLostWhileOthersAreRead(t *testing.T) {
	t.Parallel()
	again := func(f *facts) { f.reads = append([]Read{{Mat: "m", Chip: "C1", At: 50}}, f.reads[:3]...) }
	for _, c := range []struct {
		name string
		// between happens after the first page, which holds C4.
		between func(f *facts)
		later   time.Duration
		want    []string
		asked   int
	}{
		{"nothing happens", func(*facts) {}, 0, []string{"C3", "C2", "C1"}, 1},
		{"the last one is read again: the pages are of one moment", again, 10 * time.Second, []string{"C3", "C2", "C1"}, 1},
		{"the last one is read again, and the next page is asked for late", again, 11 * time.Second, []string{"C3", "C2"}, 2},
		{"the first one is assigned, late", func(f *facts) { f.reads = f.reads[1:] }, 11 * time.Second, []string{"C3", "C2", "C1"}, 2},
		{"the clock of another replica is far ahead", func(*facts) {}, -time.Minute, []string{"C3", "C2", "C1"}, 2},
	} {
		event, now := marathon(), time.Date(2025, 9, 28, 9, 0, 0, 0, time.UTC)
		store := &facts{reads: []Read{{Mat: "m", Chip: "C4", At: 40}, {Mat: "m", Chip: "C3", At: 30}, {Mat: "m", Chip: "C2", At: 20}, {Mat: "m", Chip: "C1", At: 10}}}
		s := New(Dependencies{Store: store, Events: oneEvent{event}, Wearers: worn{}, Now: func() time.Time { return now }})
		var got []string
		page := Page{Size: 1}
		for first := true; first || page.Token != ""; first = false {
			chips, next, err := s.ListUnknownChips(t.Context(), event.ID, page)
			if err != nil {
				t.Fatal(err)
			}
			for _, chip := range chips {
				got = append(got, string(chip.Chip))
			}
			if page.Token = next; first {
				c.between(store)
				now = now.Add(c.later)
			}
		}
		if diff := cmp.Diff(append([]string{"C4"}, c.want...), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if store.unknownAsked != c.asked {
			t.Errorf("%s: the store was asked %d times, want %d", c.name, store.unknownAsked, c.asked)
		}
	}
}

func TestMoreUnknownChipsThanAreLookedForAtOnce(t *testing.T) {
	t.Parallel()
	event, store := marathon(), &facts{}
	for i := range maxUnknownWindow + 500 { // two of each instant
		store.reads = append(store.reads, Read{Mat: "m", Chip: race.Chip(fmt.Sprintf("C%05d", i)), At: racetime.Instant(1_000_000 - i/2)})
	}
	s := New(Dependencies{Store: store, Events: oneEvent{event}, Wearers: worn{}, Now: time.Now})
	next := 0
	page := Page{Size: 999}
	for first := true; first || page.Token != ""; first = false {
		chips, token, err := s.ListUnknownChips(t.Context(), event.ID, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, chip := range chips {
			if chip.Chip != store.reads[next].Chip {
				t.Fatalf("chip %d is %s, want %s", next, chip.Chip, store.reads[next].Chip)
			}
			next++
		}
		page.Token = token
	}
	if next != len(store.reads) || store.unknownAsked != 2 {
		t.Errorf("got %d of %d, asking the store %d times, want 2", next, len(store.reads), store.unknownAsked)
	}
}

// noExplainer must not be asked.
type noExplainer struct{ t *testing.T }

func (e noExplainer) Explain(_ context.Context, _ race.EventID, bib race.Bib) (*explanation.Explanation, error) {
	e.t.Errorf("asked for bib %q", bib)
	return nil, nil
}

func (e noExplainer) ExplainChip(_ context.Context, _ race.EventID, chip race.Chip) (explanation.OfChip, error) {
	e.t.Errorf("asked for chip %q", chip)
	return explanation.OfChip{}, nil
}

func TestExplainChipRefusesWhatIsNoChip(t *testing.T) {
	t.Parallel()
	event := marathon()
	s := New(Dependencies{Store: &facts{}, Events: oneEvent{event}, Explainer: noExplainer{t}})
	for _, chip := range []string{"", "a b", "a\x00"} {
		if _, err := s.ExplainChip(t.Context(), event.ID, chip); !errors.Is(err, ErrFilterInvalid) {
			t.Errorf("chip %q: got %v, want %v", chip, err, ErrFilterInvalid)
		}
	}
	if _, err := s.ExplainChip(t.Context(), "none", "7"); !errors.Is(err, ErrEventNotFound) {
		t.Errorf("unknown event: got %v, want %v", err, ErrEventNotFound)
	}
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
