package timing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/fault"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ruling"
)

// facts is a Store in memory.
type facts struct {
	rulings  []RecordedRuling
	reads    []Read
	rejected []RecordedRejected
	// hide makes FindRulings miss all once, as if they were being recorded at this moment.
	hide bool
	// unknownAsked counts the questions for unknown chips.
	unknownAsked int
}

func (f *facts) InsertRulings(
	_ context.Context, _ race.EventID, _ string, rulings []ruling.Ruling, at racetime.Instant,
) ([]int64, error) {
	for _, before := range f.rulings {
		if slices.ContainsFunc(rulings, func(r ruling.Ruling) bool { return r.ID == before.ID }) {
			return nil, fmt.Errorf("insert rulings: %w", ErrRulingIDReused)
		}
	}
	var changes []int64
	for _, r := range rulings {
		changes = append(changes, int64(len(f.rulings)+1))
		f.rulings = append(f.rulings, RecordedRuling{Ruling: r, RecordedAt: at, Change: int64(len(f.rulings) + 1)})
	}
	return changes, nil
}

func (f *facts) FindRulings(_ context.Context, _ race.EventID, ids []ruling.ID) ([]RecordedRuling, error) {
	if f.hide {
		f.hide = false
		return nil, nil
	}
	var found []RecordedRuling
	for _, r := range f.rulings {
		if slices.Contains(ids, r.ID) {
			found = append(found, r)
		}
	}
	return found, nil
}

func (f *facts) ListRulings(_ context.Context, _ race.EventID, filter RulingFilter, after int64, limit int) ([]RecordedRuling, error) {
	var list []RecordedRuling
	for _, r := range f.rulings {
		if r.Change > after && len(list) < limit && (filter.Race == "" || r.Race == filter.Race) {
			list = append(list, r)
		}
	}
	return list, nil
}

func (f *facts) ListReads(_ context.Context, _ race.EventID, filter ReadFilter, after *Read, limit int) ([]Read, error) {
	var list []Read
	for _, r := range f.reads {
		if (after == nil || r.Seq > after.Seq) && len(list) < limit && (filter.Chip == "" || r.Chip == filter.Chip) {
			list = append(list, r)
		}
	}
	return list, nil
}

func (f *facts) ListRejected(_ context.Context, _ race.EventID, after RejectedID, limit int) ([]RecordedRejected, error) {
	var list []RecordedRejected
	for _, r := range f.rejected {
		if r.Sequence > after.Sequence && len(list) < limit {
			list = append(list, r)
		}
	}
	return list, nil
}

type oneEvent struct{ event *race.Event }

func (e oneEvent) Event(_ context.Context, id race.EventID) (*race.Event, error) {
	if id != e.event.ID {
		return nil, ErrEventNotFound
	}
	return e.event, nil
}

// newService returns a service whose clock shows a second more at each look.
func newService() (*Service, *facts) {
	store, now := &facts{}, time.Date(2025, 9, 28, 2, 0, 0, 999, time.UTC)
	return New(Dependencies{
		Store: store, Events: oneEvent{marathon()}, Roster: &roster{}, ChipReads: store, Starts: started{}, Explainer: explained{}, Now: func() time.Time {
			now = now.Add(time.Second)
			return now
		},
	}), store
}

func TestRecordRulingTwice(t *testing.T) {
	t.Parallel()
	s, store := newService()
	r := ruling.Ruling{ID: "r-1", Race: "marathon", Bib: "7", Kind: ruling.DSQ, Reason: " short cut\r\n"}
	first, outcome, err := s.RecordRuling(t.Context(), "referee", "almaty-2025", r)
	if err != nil || outcome.New != 1 || first.By != "referee" || first.Reason != "short cut" || first.Change != 1 || first.RecordedAt%1_000_000 != 0 {
		t.Fatalf("got %+v, %v, %v, want it recorded", first, outcome, err)
	}
	for _, race := range []bool{false, true} {
		store.hide = race
		again, outcome, err := s.RecordRuling(t.Context(), "another referee", "almaty-2025", r)
		if err != nil || outcome.New != 0 || again != first {
			t.Errorf("again: got %+v, %v, %v, want the first", again, outcome, err)
		}
	}
	for _, change := range []func(*ruling.Ruling){
		func(r *ruling.Ruling) { r.Bib = "8" }, func(r *ruling.Ruling) { r.Reason = "other" },
		func(r *ruling.Ruling) { r.By = "another" }, func(r *ruling.Ruling) { r.DecidedAt = 1 },
	} {
		other := r
		change(&other)
		if _, _, err := s.RecordRuling(t.Context(), "referee", "almaty-2025", other); !errors.Is(err, ErrRulingIDReused) {
			t.Errorf("%+v: got %v, want %v", other, err, ErrRulingIDReused)
		}
	}
	r.ID = ""
	made, outcome, err := s.RecordRuling(t.Context(), "referee", "almaty-2025", r)
	if err != nil || outcome.New != 1 || !ruling.ValidID(made.ID) || len(store.rulings) != 2 {
		t.Errorf("without an id: got %+v, %v, %v, want another ruling", made, outcome, err)
	}
}

func TestRecordRulingRefuses(t *testing.T) {
	t.Parallel()
	s, store := newService()
	const tooLong = "is longer than 1000 bytes, or holds a zero byte"
	for _, test := range []struct {
		name   string
		ruling ruling.Ruling
		want   []fault.Violation
	}{
		{"no bib", ruling.Ruling{Race: "marathon", Kind: ruling.DSQ}, []fault.Violation{{Path: "ruling.bib", Reason: "BIB_MISSING", Message: "a bib is needed"}}},
		{"no kind", ruling.Ruling{Race: "marathon", Kind: "UNSPECIFIED"}, []fault.Violation{{Path: "ruling.kind", Reason: "KIND_UNKNOWN", Message: `unknown ruling "UNSPECIFIED"`}}},
		{"revoked was never made", ruling.Ruling{Kind: ruling.Revoke, Target: "r-9"}, []fault.Violation{
			{Path: "ruling.target", Reason: "RULING_UNKNOWN", Message: "the event has no ruling with this id"},
		}},
		{"text that cannot be kept", ruling.Ruling{Race: "marathon", Bib: "7", Kind: ruling.DSQ, Rule: "a\x00b", Reason: strings.Repeat("x", 1001)}, []fault.Violation{
			{Path: "ruling.rule", Reason: "TEXT_INVALID", Message: tooLong}, {Path: "ruling.reason", Reason: "TEXT_INVALID", Message: tooLong},
		}},
	} {
		_, _, err := s.RecordRuling(t.Context(), "referee", "almaty-2025", test.ruling)
		if diff := cmp.Diff(test.want, fault.Violations(err)); diff != "" || !errors.Is(err, ErrRulingInvalid) {
			t.Errorf("%s: got %v (-want +got):\n%s", test.name, err, diff)
		}
	}
	if _, _, err := s.RecordRuling(t.Context(), "referee", "none", ruling.Ruling{}); !errors.Is(err, ErrEventNotFound) {
		t.Errorf("unknown event: got %v, want %v", err, ErrEventNotFound)
	}
	if len(store.rulings) != 0 {
		t.Errorf("recorded %+v, want nothing", store.rulings)
	}
}

func TestFireGun(t *testing.T) {
	t.Parallel()
	s, store := newService()
	first, _, err := s.FireGun(t.Context(), "starter", "almaty-2025", Gun{RequestID: "g-1", Race: "marathon", Wave: "A"})
	if err != nil || first.At != mustInstant(t, "2025-09-28T02:00:01Z") || first.Kind != ruling.Gun || first.Target != "A" || first.By != "starter" {
		t.Fatalf("got %+v, %v, want a gun now", first, err)
	}
	again, _, err := s.FireGun(t.Context(), "starter", "almaty-2025", Gun{RequestID: "g-1", Race: "marathon", Wave: "A"})
	if err != nil || again != first || len(store.rulings) != 1 {
		t.Errorf("again: got %+v, %v, want the same gun", again, err)
	}
	given, _, err := s.FireGun(t.Context(), "starter", "almaty-2025", Gun{Race: "marathon", At: 5_000_000})
	if err != nil || given.At != 5_000_000 || given.Target != "" {
		t.Errorf("all waves at an instant: got %+v, %v", given, err)
	}
	for _, test := range []struct {
		name  string
		event race.EventID
		gun   Gun
		want  error
	}{
		{"another gun of the id", "almaty-2025", Gun{RequestID: "g-1", Race: "marathon"}, ErrRulingIDReused},
		{"unknown event", "none", Gun{Race: "marathon"}, ErrEventNotFound},
		{"unknown race", "almaty-2025", Gun{Race: "half"}, ErrRaceNotFound},
		{"unknown wave", "almaty-2025", Gun{Race: "marathon", Wave: "Z"}, ErrWaveNotFound},
		{"bad id", "almaty-2025", Gun{RequestID: "g 1", Race: "marathon"}, ErrRulingInvalid},
	} {
		if _, _, err := s.FireGun(t.Context(), "starter", test.event, test.gun); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
	}
}

func TestListsArePaged(t *testing.T) {
	t.Parallel()
	s, store := newService()
	for i := range uint64(7) {
		id := ruling.ID(fmt.Sprint("r-", i))
		if _, _, err := s.RecordRuling(t.Context(), "referee", "almaty-2025", ruling.Ruling{ID: id, Race: "marathon", Bib: "7", Kind: ruling.DSQ}); err != nil {
			t.Fatal(err)
		}
		store.reads = append(store.reads, Read{Mat: "m", Seq: i, Chip: "C1"})
		store.rejected = append(store.rejected, RecordedRejected{Generation: 1, Rejected: Rejected{Sequence: i + 1, Data: make([]byte, 400_000)}})
	}
	pages := func(fetch func(Page) (int, string, error)) (sizes []int) {
		t.Helper()
		for page := (Page{Size: 3}); ; {
			n, next, err := fetch(page)
			if err != nil {
				t.Fatal(err)
			}
			sizes = append(sizes, n)
			if next == "" {
				return sizes
			}
			page.Token = next
		}
	}
	if got, want := pages(func(page Page) (int, string, error) {
		list, next, err := s.ListRulings(t.Context(), "almaty-2025", RulingFilter{Race: "marathon"}, page)
		return len(list), next, err
	}), []int{3, 3, 1}; !cmp.Equal(got, want) {
		t.Errorf("pages of rulings have %v, want %v", got, want)
	}
	if got, want := pages(func(page Page) (int, string, error) {
		list, next, err := s.ListReads(t.Context(), "almaty-2025", ReadFilter{Chip: "00c1"}, page)
		return len(list), next, err
	}), []int{3, 3, 1}; !cmp.Equal(got, want) {
		t.Errorf("pages of reads have %v, want %v", got, want)
	}
	if got, want := pages(func(page Page) (int, string, error) {
		list, next, err := s.ListRejectedMessages(t.Context(), "almaty-2025", page)
		return len(list), next, err
	}), []int{2, 2, 2, 1}; !cmp.Equal(got, want) {
		t.Errorf("pages of large messages have %v, want %v", got, want)
	}
}

func TestListsRefuseBadRequests(t *testing.T) {
	t.Parallel()
	s, _ := newService()
	list := func(event race.EventID, filter ReadFilter, page Page) error {
		_, _, err := s.ListReads(t.Context(), event, filter, page)
		return err
	}
	rulings := func(filter RulingFilter) error {
		_, _, err := s.ListRulings(t.Context(), "almaty-2025", filter, Page{})
		return err
	}
	rejected := func(token string) error {
		_, _, err := s.ListRejectedMessages(t.Context(), "almaty-2025", Page{Token: token})
		return err
	}
	for _, test := range []struct {
		name      string
		got, want error
	}{
		{"page too large", list("almaty-2025", ReadFilter{}, Page{Size: 1001}), ErrPageSizeInvalid},
		{"page below zero", list("almaty-2025", ReadFilter{}, Page{Size: -1}), ErrPageSizeInvalid},
		{"token that is none", list("almaty-2025", ReadFilter{}, Page{Token: "!"}), ErrPageTokenInvalid},
		{"token of nothing", list("almaty-2025", ReadFilter{}, Page{Token: "e30"}), ErrPageTokenInvalid},
		{"token of text", rejected("ImEi"), ErrPageTokenInvalid},
		{"unknown event", list("none", ReadFilter{}, Page{}), ErrEventNotFound},
		{"mat that is none", list("almaty-2025", ReadFilter{Mat: "a\x00"}, Page{}), ErrFilterInvalid},
		{"chip that is none", list("almaty-2025", ReadFilter{Chip: "-"}, Page{}), ErrFilterInvalid},
		{"unknown race", rulings(RulingFilter{Race: "half"}), ErrRaceNotFound},
	} {
		if !errors.Is(test.got, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, test.got, test.want)
		}
	}
}
