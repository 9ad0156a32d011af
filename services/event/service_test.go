package event_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/event"
	"raceday/services/fault"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

func TestApplyStoresVersions(t *testing.T) {
	t.Parallel()
	s := newService(t, nil)
	older := strings.Replace(small, "min_age: 18", "min_age: 20", 1)
	respelled := strings.Replace(small, "rounding: 1s", `rounding: "1000ms"`, 1)
	want := event.Applied{ID: "almaty-2025", Version: 1, Changed: true}
	for _, step := range []struct {
		name, file string
		want       event.Applied
	}{
		{"the first", small, want},
		{"the same again", small, event.Applied{ID: want.ID, Version: 1}},
		{"the same in other words", respelled, event.Applied{ID: want.ID, Version: 1}},
		{"a higher age", older, event.Applied{ID: want.ID, Version: 2, Changed: true}},
		{"back to the first", small, event.Applied{ID: want.ID, Version: 3, Changed: true}},
	} {
		got, err := s.ApplyFile(t.Context(), "chief", []byte(step.file), false)
		if err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
	e, err := event.Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.ApplyMessage(t.Context(), "chief", event.ToMessage(e), false)
	if want := (event.Applied{ID: "almaty-2025", Version: 3}); err != nil || got != want {
		t.Errorf("the same as a message: %v, %v, want %v", got, err, want)
	}
}

func TestApplyNamesTheFieldsAtFault(t *testing.T) {
	t.Parallel()
	s := newService(t, nil)
	_, err := s.ApplyFile(t.Context(), "chief", []byte(strings.Replace(small, "min_age: 18", "min_age: 16", 1)), false)
	if !errors.Is(err, event.ErrInvalid) {
		t.Fatalf("error %v, want EVENT_INVALID", err)
	}
	want := []fault.Violation{invalid("races[0].min_age", "line 11: 16 is below the format's 18")}
	if diff := cmp.Diff(want, fault.Violations(err)); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
	_, err = s.ApplyMessage(t.Context(), "chief", nil, false)
	want = []fault.Violation{
		invalid("id", "is missing"), invalid("day", "is missing"),
		invalid("time_zone", "is missing"), invalid("races", "there is none"),
	}
	if diff := cmp.Diff(want, fault.Violations(err)); !errors.Is(err, event.ErrInvalid) || diff != "" {
		t.Errorf("error %v, violations of no message (-want +got):\n%s", err, diff)
	}
	if _, err := s.Get(t.Context(), "almaty-2025"); !errors.Is(err, event.ErrNotFound) {
		t.Errorf("error %v, want nothing stored", err)
	}
}

func invalid(path, message string) fault.Violation {
	return fault.Violation{Path: path, Reason: "FIELD_INVALID", Message: message}
}

func TestApplyRefusesWhatEntriesStandAgainst(t *testing.T) {
	t.Parallel()
	s := newService(t, entries{})
	if _, err := s.ApplyFile(t.Context(), "chief", []byte(small), false); err != nil {
		t.Fatalf("a new event has no entries: %v", err)
	}
	if _, err := s.ApplyFile(t.Context(), "chief", []byte(small), false); err != nil {
		t.Fatalf("the same again breaks nothing: %v", err)
	}
	older := []byte(strings.Replace(small, "min_age: 18", "min_age: 20", 1))
	_, err := s.ApplyFile(t.Context(), "chief", older, false)
	if !errors.Is(err, event.ErrBreaksEntries) {
		t.Fatalf("error %v, want EVENT_BREAKS_ENTRIES", err)
	}
	want := []fault.Violation{{Path: "races[0].min_age", Reason: "AGE", Message: "18 was enough, and 20 is more than 3 entries have"}}
	if diff := cmp.Diff(want, fault.Violations(err)); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
	if v, err := s.Get(t.Context(), "almaty-2025"); err != nil || v.Number != 1 {
		t.Errorf("version %d, %v, want the first to stand", v.Number, err)
	}
}

func TestApplyKeepsMisfits(t *testing.T) {
	t.Parallel()
	s := newService(t, entries{})
	if _, err := s.ApplyFile(t.Context(), "chief", []byte(small), false); err != nil {
		t.Fatal(err)
	}
	older := strings.Replace(small, "min_age: 18", "min_age: 20", 1)
	got, err := s.ApplyFile(t.Context(), "chief", []byte(older), true)
	if want := (event.Applied{ID: "almaty-2025", Version: 2, Changed: true}); err != nil || got != want {
		t.Errorf("older: %v, %v, want %v", got, err, want)
	}
	// Who does not fit says nothing about whether the event is the same.
	got, err = s.ApplyFile(t.Context(), "chief", []byte(older), false)
	if want := (event.Applied{ID: "almaty-2025", Version: 2}); err != nil || got != want {
		t.Errorf("the same without a word about them: %v, %v, want %v", got, err, want)
	}
	e, err := event.Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ApplyMessage(t.Context(), "chief", event.ToMessage(e), false); !errors.Is(err, event.ErrBreaksEntries) {
		t.Errorf("error %v, want EVENT_BREAKS_ENTRIES", err)
	}
	got, err = s.ApplyMessage(t.Context(), "chief", event.ToMessage(e), true)
	if want := (event.Applied{ID: "almaty-2025", Version: 3, Changed: true}); err != nil || got != want {
		t.Errorf("a message: %v, %v, want %v", got, err, want)
	}
}

func TestApplyStoresNothingWithoutAStream(t *testing.T) {
	t.Parallel()
	store := &memory{}
	s := event.New(store, streams{err: errors.New("away")}, nil, time.Now)
	if _, err := s.ApplyFile(t.Context(), "chief", []byte(small), false); err == nil || len(store.versions) > 0 {
		t.Errorf("error %v and %d versions, want an error and none", err, len(store.versions))
	}
}

func TestApplyRefusesWhatCouldNotBeReadAgain(t *testing.T) {
	t.Parallel()
	// Short as it is, it is long with its defaults written out.
	var file strings.Builder
	file.WriteString(small)
	for i := range 400 {
		fmt.Fprintf(&file, "  - {id: m%d, format: MARATHON, waves: [{id: A}], "+
			"course: [{point: line}, {point: line, at_metres: 42195}]}\n", i)
	}
	_, err := newService(t, nil).ApplyFile(t.Context(), "chief", []byte(file.String()), false)
	want := []fault.Violation{{Reason: "EVENT_INVALID", Message: "the event is larger than 256 KiB or 5000 lines"}}
	if diff := cmp.Diff(want, fault.Violations(err)); !errors.Is(err, event.ErrInvalid) || diff != "" {
		t.Errorf("error %v (-want +got):\n%s", err, diff)
	}
}

func TestListPages(t *testing.T) {
	t.Parallel()
	s := newService(t, nil)
	for _, id := range []string{"a", "b", "c"} {
		if _, err := s.ApplyFile(t.Context(), "chief", []byte(strings.Replace(small, "almaty-2025", id, 1)), false); err != nil {
			t.Fatal(err)
		}
	}
	var got []race.EventID
	token := ""
	for range 2 {
		page, next, err := s.List(t.Context(), 2, token)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page {
			got = append(got, e.ID)
		}
		token = next
	}
	if diff := cmp.Diff([]race.EventID{"a", "b", "c"}, got); diff != "" || token != "" {
		t.Errorf("token %q behind the last page, events (-want +got):\n%s", token, diff)
	}
	for _, bad := range []struct {
		size  int
		token string
		want  *fault.Fault
	}{
		{-1, "", event.ErrPageSizeInvalid}, {101, "", event.ErrPageSizeInvalid}, {1, "%", event.ErrPageTokenInvalid},
		{1, "AAAA", event.ErrPageTokenInvalid}, {1, "MjAyNS0wOS0yOCA", event.ErrPageTokenInvalid},
	} {
		if _, _, err := s.List(t.Context(), bad.size, bad.token); !errors.Is(err, bad.want) {
			t.Errorf("size %d and token %q: error %v, want %v", bad.size, bad.token, err, bad.want)
		}
	}
}

func newService(t *testing.T, entries event.Entries) *event.Service {
	t.Helper()
	return event.New(&memory{}, streams{}, entries, time.Now)
}

type streams struct{ err error }

func (s streams) Ensure(context.Context, race.EventID) error { return s.err }

// entries are three that any other age breaks.
type entries struct{}

func (entries) Breaks(
	_ context.Context, _ int64, older, newer *race.Event, keepMisfits bool,
) ([]fault.Violation, error) {
	if keepMisfits {
		return nil, nil
	}
	message := fmt.Sprintf("%d was enough, and %d is more than 3 entries have", older.Races[0].MinAgeYears, newer.Races[0].MinAgeYears)
	return []fault.Violation{{Path: "races[0].min_age", Reason: "AGE", Message: message}}, nil
}

// memory is an event.Store of one goroutine; its events all have one day.
type memory struct {
	versions []event.Version
}

func (m *memory) Append(
	ctx context.Context, id race.EventID, next func(ctx context.Context, newest event.Version) (*event.Version, error),
) (event.Version, bool, error) {
	newest, err := m.Newest(ctx, id)
	if err != nil && !errors.Is(err, event.ErrNotFound) {
		return event.Version{}, false, err
	}
	draft, err := next(ctx, newest)
	if err != nil || draft == nil {
		return newest, false, err
	}
	draft.Number = newest.Number + 1
	draft.File = bytes.Clone(draft.File)
	m.versions = append(m.versions, *draft)
	return *draft, true, nil
}

func (m *memory) Newest(_ context.Context, id race.EventID) (event.Version, error) {
	found := event.Version{}
	for _, v := range m.versions {
		if v.Event.ID == id {
			found = v
		}
	}
	if found.Number == 0 {
		return event.Version{}, event.ErrNotFound
	}
	return found, nil
}

func (m *memory) List(_ context.Context, after *event.Cursor, limit int) ([]event.Summary, error) {
	var list []event.Summary
	for _, v := range m.versions {
		if (after == nil || v.Event.ID > after.ID) && len(list) < limit {
			list = append(list, event.Summary{ID: v.Event.ID, Day: civil.Day{Year: 2025, Month: time.September, Day: 28}})
		}
	}
	return list, nil
}
