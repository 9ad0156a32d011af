package rehearsal_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rehearsal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// story is told to fake services so fast that it takes no time.
func story(t *testing.T, f *fakeServices, out *bytes.Buffer) rehearsal.Story {
	t.Helper()
	f.event = almaty(t)
	return rehearsal.Story{
		Conn: serve(t, f), EventFile: rehearsal.AlmatyFile(), Event: f.event, Publish: f.publish,
		Score: func(context.Context, rehearsal.Facts) (results, legs []byte, err error) {
			return []byte("EXPORT_FILE_RESULTS_CSV\nline 2\n"), []byte("EXPORT_FILE_LEGS_CSV\nline 2\n"), nil
		},
		Out: out, Persons: 120, Teams: 4, Speed: 1e6, Seed: 3,
	}
}

func TestStory(t *testing.T) {
	t.Parallel()
	for _, terminal := range []bool{false, true} {
		f := &fakeServices{busy: 30}
		var out bytes.Buffer
		s := story(t, f, &out)
		s.Terminal = terminal
		if err := rehearsal.Run(t.Context(), s); err != nil {
			t.Fatalf("%v after\n%s", err, out.String())
		}
		if len(f.entries) != 124 || f.chips != 124 {
			t.Errorf("%d entries and %d chips, want 124 of each", len(f.entries), f.chips)
		}
		wantGuns := []string{
			"ekiden/A", "marathon/A", "marathon/B", "half/A", "half/B", "half/C", "ten/A", "ten/B", "ten/C", "nordic/A",
		}
		if !slices.Equal(f.guns, wantGuns) {
			t.Errorf("guns %v, want %v", f.guns, wantGuns)
		}
		checkPublished(t, f.published)
		for _, want := range []string{
			"120 persons and 4 teams registered and paid for",
			"124 entries are confirmed and paid 1 240 000 KZT, of which 248 000 go to charity.", "AGE_BELOW_MINIMUM", "TEAM_SIZE", "ALREADY_ENTERED", "MEMBER_IN_TWO_TEAMS",
			"1 234 entered", "0:20:00 (2)", "Aigerim Ёлкина", "gives the same 31 bytes of results.csv and 28 of legs.csv",
		} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%q is not in\n%s", want, out.String())
			}
		}
		if strings.Contains(out.String(), "\x1b") != terminal {
			t.Errorf("terminal %t, wrote\n%q", terminal, out.String())
		}
	}
}

// checkPublished checks that each mat's numbers came in order, but for what was sent again.
func checkPublished(t *testing.T, published []*timingv1.ReadBatch) {
	t.Helper()
	next := map[string]uint64{}
	for _, batch := range published {
		key := batch.GetMat() + "/" + batch.GetBoot()
		switch first := batch.GetFirstSeq(); {
		case first > next[key]+1:
			t.Errorf("%s: number %d follows %d", key, first, next[key])
		case first == next[key]+1:
			next[key] += uint64(len(batch.GetReads()))
		}
	}
	if len(next) < 20 {
		t.Errorf("%d mats published", len(next))
	}
}

func TestStoryEndsWhereSomethingIsWrong(t *testing.T) {
	t.Parallel()
	gone := errors.New("the broker is gone")
	cases := []struct {
		name   string
		change func(*fakeServices, *rehearsal.Story)
		want   string
		is     error
	}{
		{"what must be refused is not", func(f *fakeServices, _ *rehearsal.Story) { f.lenient = true }, "is not refused", nil},
		{"results differ", func(_ *fakeServices, s *rehearsal.Story) {
			s.Score = func(context.Context, rehearsal.Facts) (results, legs []byte, err error) {
				return []byte("EXPORT_FILE_RESULTS_CSV\nline two\n"), nil, nil
			}
		}, "results.csv, line 2", rehearsal.ErrDifferent},
		{"reads cannot be published", func(_ *fakeServices, s *rehearsal.Story) {
			s.Publish = func(context.Context, *timingv1.ReadBatch) error { return gone }
		}, "publish reads of mat", gone},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := &fakeServices{}
			var out bytes.Buffer
			s := story(t, f, &out)
			c.change(f, &s)
			err := rehearsal.Run(t.Context(), s)
			if err == nil || !strings.Contains(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestStoryEndsWithItsContext(t *testing.T) {
	t.Parallel()
	f := &fakeServices{}
	var out bytes.Buffer
	s := story(t, f, &out)
	s.Speed = 100
	ctx, cancel := context.WithCancel(t.Context())
	s.Publish = func(context.Context, *timingv1.ReadBatch) error {
		cancel()
		return nil
	}
	if err := rehearsal.Run(ctx, s); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that the context is cancelled", err)
	}
}
