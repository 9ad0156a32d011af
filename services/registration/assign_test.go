package registration

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/fault"
	"raceday/services/rules/race"
)

func TestGiveBibs(t *testing.T) {
	t.Parallel()
	ranges := func(texts ...string) []race.BibRange {
		parsed, err := parseRanges(texts)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	wave := func(id race.WaveID, most int, bibs ...string) race.Wave {
		return race.Wave{ID: id, MaxEntrants: most, Bibs: ranges(bibs...)}
	}
	// Entries stand in order of entry: a, b, c, ...
	entry := func(minutes int, in race.WaveID, bib race.Bib) Entry {
		return Entry{
			State: Confirmed, ExpectedTime: time.Duration(minutes) * time.Minute,
			Entrant: race.Entrant{Race: "ten", Wave: in, Bib: bib},
		}
	}
	waiting := entry(0, "", "")
	held, gone, elsewhere := waiting, waiting, waiting
	held.State, gone.State, elsewhere.Race = Held, Withdrawn, "half"
	goneWithBib := entry(0, "", "1")
	goneWithBib.State = Transferred
	team := entry(0, "", "9")
	team.Members = []race.Member{{Bib: "1"}, {Bib: "2"}}
	for _, tt := range []struct {
		name    string
		waves   []race.Wave
		entries []Entry
		ranges  []race.BibRange
		byTime  bool
		want    []race.Bib // of a, b, c, ...
		fault   *fault.Fault
	}{
		{"one after the other", []race.Wave{wave("A", 0)}, []Entry{waiting, waiting, waiting}, ranges("7-8", "F1-F9"), false,
			[]race.Bib{"7", "8", "F1"}, nil},
		{"bibs in use are left out", []race.Wave{wave("A", 0)}, []Entry{entry(0, "", "8"), team, waiting, waiting},
			ranges("1-9", "20-20"), false, []race.Bib{"8", "9", "3", "4"}, nil},
		{"a bib that was given up", []race.Wave{wave("A", 0)}, []Entry{goneWithBib, waiting}, ranges("1-1"), false,
			[]race.Bib{"1", "1"}, nil},
		{"only who is confirmed, in this race", []race.Wave{wave("A", 0)}, []Entry{held, gone, elsewhere, waiting},
			ranges("1-1"), false, []race.Bib{"", "", "", "1"}, nil},
		{"nobody waits", []race.Wave{wave("A", 0)}, []Entry{held}, ranges("1-1"), false, []race.Bib{""}, nil},
		{"ranges that share a bib", []race.Wave{wave("A", 0)}, []Entry{waiting, waiting, waiting}, ranges("1-2", "2-3"), false,
			[]race.Bib{"1", "2", "3"}, nil},
		{"ranges by expected time", []race.Wave{wave("A", 0)},
			[]Entry{entry(50, "", ""), entry(0, "", ""), entry(40, "", ""), entry(50, "", "")},
			ranges("1-9"), true, []race.Bib{"2", "4", "1", "3"}, nil},
		{"ranges too small", []race.Wave{wave("A", 0)}, []Entry{waiting, waiting, waiting}, ranges("1-2"), false,
			nil, ErrRangeTooSmall},
		{"a range in no wave", []race.Wave{wave("A", 0, "1-9"), wave("B", 0, "11-19")}, []Entry{waiting, waiting},
			ranges("9-10"), false, nil, ErrRangeInvalid},
		{"a range in no wave, for who is in one", []race.Wave{wave("A", 0, "1-9"), wave("B", 0, "11-19")},
			[]Entry{entry(0, "B", ""), waiting}, ranges("10-11"), false, []race.Bib{"10", "11"}, nil},

		{"waves one after the other", []race.Wave{wave("A", 0, "1-2"), wave("B", 0, "11-19")},
			[]Entry{waiting, waiting, waiting}, nil, false, []race.Bib{"1", "2", "11"}, nil},
		{"waves up to their maximum", []race.Wave{wave("A", 2, "1-9"), wave("B", 1, "11-19"), wave("C", 0, "21-29")},
			[]Entry{waiting, waiting, waiting, waiting, waiting}, nil, false, []race.Bib{"1", "2", "11", "21", "22"}, nil},
		{"who has a bib counts", []race.Wave{wave("A", 2, "1-9"), wave("B", 0, "11-19")},
			[]Entry{entry(0, "", "3"), waiting, waiting}, nil, false, []race.Bib{"3", "1", "11"}, nil},
		{"a bib of the wave on somebody in another one", []race.Wave{wave("A", 1, "1-9"), wave("B", 1, "11-19")},
			[]Entry{entry(0, "B", "1"), waiting}, nil, false, []race.Bib{"1", "2"}, nil},
		{"waves by expected time", []race.Wave{wave("A", 2, "1-9"), wave("B", 0, "11-19")},
			[]Entry{entry(0, "", ""), entry(50, "", ""), entry(45, "", ""), entry(40, "", "")}, nil, true,
			[]race.Bib{"12", "11", "2", "1"}, nil},
		{"waves in order of entry though times are known", []race.Wave{wave("A", 1, "1-9"), wave("B", 0, "11-19")},
			[]Entry{entry(50, "", ""), entry(40, "", "")}, nil, false, []race.Bib{"1", "11"}, nil},
		{"who is set into a wave stays there, in order", []race.Wave{wave("A", 2, "1-9"), wave("B", 0, "11-19")},
			[]Entry{waiting, entry(0, "B", ""), entry(0, "A", ""), waiting}, nil, false,
			[]race.Bib{"1", "11", "2", "12"}, nil},
		{"more are set into a wave than its maximum", []race.Wave{wave("A", 1, "1-9"), wave("B", 0, "11-19")},
			[]Entry{entry(0, "A", ""), entry(0, "A", ""), waiting}, nil, false, []race.Bib{"1", "2", "11"}, nil},
		{"a wave without ranges takes nobody", []race.Wave{wave("A", 0), wave("B", 0, "11-19")}, []Entry{waiting}, nil, false,
			[]race.Bib{"11"}, nil},
		{"set into a wave without ranges", []race.Wave{wave("A", 0), wave("B", 0, "11-19")},
			[]Entry{waiting, entry(0, "A", "")}, nil, false, nil, ErrRangeTooSmall},
		{"set into a wave that is gone", []race.Wave{wave("A", 0, "1-9")}, []Entry{entry(0, "Q", "")}, nil, false,
			nil, ErrRangeTooSmall},
		{"more are set into a wave than it has bibs", []race.Wave{wave("A", 0, "1-1"), wave("B", 0, "11-19")},
			[]Entry{entry(0, "A", ""), entry(0, "A", "")}, nil, false, nil, ErrRangeTooSmall},
		{"waves too small", []race.Wave{wave("A", 1, "1-9"), wave("B", 1, "11-19")},
			[]Entry{waiting, waiting, waiting}, nil, false, nil, ErrRangeTooSmall},
		{"no wave has ranges", []race.Wave{wave("A", 0)}, []Entry{waiting}, nil, false, nil, ErrRangeTooSmall},
	} {
		r := &race.Race{ID: "ten", Waves: tt.waves}
		for i := range tt.entries {
			tt.entries[i].ID = race.EntrantID(i + 1)
		}
		changed, err := giveBibs(r, tt.entries, tt.ranges, tt.byTime)
		if tt.fault != nil || err != nil {
			if !errors.Is(err, tt.fault) {
				t.Errorf("%s: got %v, want %v", tt.name, err, tt.fault)
			}
			continue
		}
		got := make([]race.Bib, len(tt.entries))
		for i := range tt.entries {
			got[i] = tt.entries[i].Bib
		}
		for _, c := range changed {
			if c.Before.Bib != "" {
				t.Errorf("%s: bib %s was exchanged for %s", tt.name, c.Before.Bib, c.After.Bib)
			}
			got[c.After.ID-1] = c.After.Bib
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestAssignChips(t *testing.T) {
	t.Parallel()
	o := newOffice(
		confirmed("ten", "1", "C1"), confirmed("ten", "2", "C2"), confirmed("ten", "3", "C3", "X3"), relayTeam(1), relayTeam(2),
	)
	withdrawn := confirmed("ten", "4", "C4")
	withdrawn.State = Withdrawn
	o.enter(withdrawn)
	assign := func(assignments ...ChipAssignment) (int, error) {
		return o.service.AssignChips(t.Context(), "desk", "e", assignments)
	}
	_, err := assign(
		ChipAssignment{"1", []string{"C1", "0c3"}},
		ChipAssignment{"77", []string{"C77"}},
		ChipAssignment{"2", []string{"C-2", "c1"}},
		ChipAssignment{"R1-1", []string{"N1", "m2m3"}},
		ChipAssignment{"R1", []string{"M1M2"}},
		ChipAssignment{"1", nil},
		ChipAssignment{"4", nil},
		ChipAssignment{"", nil},
	)
	wantFault(t, "bad assignments", err, ErrBibUnknown,
		ErrBibUnknown.At("assignments[1].bib"),
		fault.Violation{Path: "assignments[5].bib", Reason: "BIB_REPEATED", Message: "stands in assignments[0] already"},

		ErrBibUnknown.At("assignments[6].bib"), ErrBibUnknown.At("assignments[7].bib"),
		takenBy(ErrChipTaken, "assignments[0].chips[1]", "3"), ErrChipInvalid.At("assignments[2].chips[0]"),
		takenBy(ErrChipTaken, "assignments[2].chips[1]", "1"), takenBy(ErrChipTaken, "assignments[3].chips[1]", "R2"),
		takenBy(ErrChipTaken, "assignments[4].chips[0]", "R1-2"))

	_, err = assign(ChipAssignment{"1", []string{"N1", "0n1"}})
	wantFault(t, "a chip twice on one bib", err, ErrChipRepeated, ErrChipRepeated.At("assignments[0].chips[1]"))

	// Chips change hands between entries, between members, and between both.
	n, err := assign(
		ChipAssignment{"1", []string{"C2"}},
		ChipAssignment{"2", []string{"C1", "0042"}},
		ChipAssignment{"3", []string{"C3", "X3"}},
		ChipAssignment{"R1-1", []string{"M1M2"}},
		ChipAssignment{"R1-2", []string{"M1M1"}},
		ChipAssignment{"R2-1", nil},
		ChipAssignment{"R2", []string{"m2m1", "C4"}},
	)
	if err != nil || n != 6 {
		t.Fatalf("got %d changed, %v, want 6", n, err)
	}
	// The same chips written otherwise are no change.
	if n, err := assign(ChipAssignment{"3", []string{"c3", "00X3"}}, ChipAssignment{"R1-2", []string{"m1m1"}}); err != nil || n != 0 {
		t.Errorf("written otherwise: got %d changed, %v, want none", n, err)
	}
	got := map[race.Bib][]string{}
	for _, e := range o.entries {
		got[e.Bib] = e.Chips
		for _, m := range e.Members {
			got[m.Bib] = m.Chips
		}
	}
	want := map[race.Bib][]string{
		"1": {"C2"}, "2": {"C1", "0042"}, "3": {"C3", "X3"}, "4": {"C4"},
		"R1": nil, "R1-1": {"M1M2"}, "R1-2": {"M1M1"}, "R1-3": {"M1M3"},
		"R2": {"m2m1", "C4"}, "R2-1": nil, "R2-2": {"M2M2"}, "R2-3": {"M2M3"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("chips (-want +got):\n%s", diff)
	}
}
