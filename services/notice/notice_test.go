package notice_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/notice"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
)

func TestNoticeSurvivesTheWire(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := notice.Notice{
			Event:         "almaty-2025",
			VersionBefore: rapid.Int64().Draw(t, "before"),
			VersionAfter:  rapid.Int64().Draw(t, "after"),
			Changed:       rapid.SliceOfN(rapid.Make[result.Result](), 0, 3).Draw(t, "changed"),
			Removed:       rapid.SliceOfN(rapid.Make[race.EntrantID](), 0, 3).Draw(t, "removed"),
		}
		for i := range want.Changed {
			normalise(t, &want.Changed[i])
		}
		bodies, err := notice.Encode(want, rapid.IntRange(4_000, 1<<20).Draw(t, "max bytes"))
		if err != nil {
			t.Fatal(err)
		}
		got := receive(t, bodies...)
		if got.Reload {
			return // larger than a notice may be
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("(-sent +received)\n%s", diff)
		}
	})
}

// normalise keeps what rapid drew within what the wire promises: whole microseconds, small numbers, known statuses.
func normalise(t *rapid.T, r *result.Result) {
	r.Anomalies = nil // boards show none, so notices tell none
	duration := func(d *time.Duration) { *d = time.Duration(d.Microseconds()%1e12) * time.Microsecond }
	optional := func(o *racetime.Optional) {
		duration(&o.Time)
		if !o.Known {
			o.Time = 0
		}
	}
	r.Sex = rapid.SampledFrom([]race.Sex{race.SexUnknown, race.Female, race.Male, race.X}).Draw(t, "sex")
	r.Status = result.Status(rapid.IntRange(int(result.Entered), int(result.Withdrawn)).Draw(t, "status"))
	duration(&r.Penalty)
	optional(&r.Gun)
	optional(&r.Net)
	optional(&r.LegsTotal)
	optional(&r.AgeStandard)
	for i := range r.Passings {
		r.Passings[i].Visit = int(int16(r.Passings[i].Visit))
	}
	for i := range r.Legs {
		r.Legs[i].Number = int(int16(r.Legs[i].Number))
		r.Legs[i].RanBy = int(int16(r.Legs[i].RanBy))
		optional(&r.Legs[i].Time)
		optional(&r.Legs[i].Cumulative)
	}
}

// receive returns the notice that comes in these messages, of which the last one must end it.
func receive(t interface{ Fatalf(string, ...any) }, bodies ...[]byte) notice.Notice {
	var parts notice.Parts
	for i, body := range bodies {
		n, whole, err := parts.Add(body)
		if err != nil || whole != (i == len(bodies)-1) {
			t.Fatalf("message %d of %d: whole %v, %v", i+1, len(bodies), whole, err)
		}
		if whole {
			return n
		}
	}
	t.Fatalf("no messages")
	return notice.Notice{}
}

func hundredChanges() notice.Notice {
	n := notice.Notice{Event: "e", VersionBefore: 4, VersionAfter: 5, Removed: []race.EntrantID{7}}
	for i := range 100 {
		n.Changed = append(n.Changed, result.Result{Entrant: race.EntrantID(i), Status: result.Entered, Lists: []string{"overall"}})
	}
	return n
}

func TestLargeNoticeComesInParts(t *testing.T) {
	t.Parallel()
	want := hundredChanges()
	for _, c := range []struct {
		maxBytes int
		parts    bool
	}{{1 << 16, false}, {1000, true}, {400, true}} {
		bodies, err := notice.Encode(want, c.maxBytes)
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range bodies {
			if len(body) > c.maxBytes {
				t.Errorf("a message has %d bytes, at most %d are wanted", len(body), c.maxBytes)
			}
		}
		if parts := len(bodies) > 1; parts != c.parts {
			t.Errorf("of at most %d bytes: %d messages", c.maxBytes, len(bodies))
		}
		if diff := cmp.Diff(want, receive(t, bodies...), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("of at most %d bytes (-want +got)\n%s", c.maxBytes, diff)
		}
	}
}

func TestTooLargeNoticeSaysReload(t *testing.T) {
	t.Parallel()
	want := notice.Notice{Event: "e", VersionBefore: 4, VersionAfter: 5, Reload: true}
	for _, maxBytes := range []int{20, 64, 100} {
		bodies, err := notice.Encode(hundredChanges(), maxBytes)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, receive(t, bodies...)); diff != "" {
			t.Errorf("of at most %d bytes (-want +got)\n%s", maxBytes, diff)
		}
	}
}

func TestNoticeThatLacksAPartSaysReload(t *testing.T) {
	t.Parallel()
	bodies, err := notice.Encode(hundredChanges(), 400)
	if err != nil || len(bodies) < 3 {
		t.Fatalf("%d messages, %v", len(bodies), err)
	}
	next := hundredChanges()
	next.VersionBefore, next.VersionAfter = 5, 6
	following, err := notice.Encode(next, 400)
	if err != nil {
		t.Fatal(err)
	}
	last := len(bodies) - 1
	reload := notice.Notice{Event: "e", VersionBefore: 4, VersionAfter: 5, Reload: true}
	for name, sent := range map[string][][]byte{
		"the first":  bodies[1:],
		"one within": append(bodies[:1:1], bodies[2:]...),
		"the last":   append(bodies[:last:last], following...),
	} {
		var parts notice.Parts
		var got []notice.Notice
		for _, body := range sent {
			if n, whole, err := parts.Add(body); err != nil {
				t.Errorf("%s: %v", name, err)
			} else if whole {
				got = append(got, n)
			}
		}
		want := []notice.Notice{reload}
		if name == "the last" { // the next notice begins behind a gap, which says as much
			want[0] = next
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s is lost (-want +got)\n%s", name, diff)
		}
	}
}

func TestStatusesHaveTheSameNamesOnTheWire(t *testing.T) {
	t.Parallel()
	for s := result.Entered; s <= result.Withdrawn; s++ {
		if got, want := notice.ToStatus(s).String(), "STATUS_"+s.String(); got != want {
			t.Errorf("ToStatus(%v) = %v, want %v", s, got, want)
		}
	}
	if got, want := len(standingsv1.Status_name), int(result.Withdrawn)+1; got != want {
		t.Errorf("the wire has %d statuses, the rules %d", got, want)
	}
}

func TestDecodeRefusesWhatIsNoNotice(t *testing.T) {
	t.Parallel()
	var parts notice.Parts
	if _, _, err := parts.Add([]byte("not a notice")); err == nil {
		t.Error("text is taken for a notice")
	}
	r := result.Result{Entrant: 1, Status: result.Withdrawn + 1}
	bodies, err := notice.Encode(notice.Notice{Changed: []result.Result{r}}, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := parts.Add(bodies[0]); err == nil {
		t.Error("a status that is none is taken")
	}
}
