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
		body, err := notice.Encode(want, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		got, err := notice.Decode(body)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("(-sent +received)\n%s", diff)
		}
	})
}

// normalise keeps what rapid drew within what the wire promises: whole microseconds, small numbers, known statuses.
func normalise(t *rapid.T, r *result.Result) {
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
		optional(&r.Legs[i].Time)
		optional(&r.Legs[i].Cumulative)
	}
}

func TestLargeNoticeSaysReload(t *testing.T) {
	t.Parallel()
	sent := notice.Notice{Event: "e", VersionBefore: 4, VersionAfter: 5, Removed: []race.EntrantID{7}}
	for i := range 100 {
		sent.Changed = append(sent.Changed, result.Result{Entrant: race.EntrantID(i), Status: result.Entered, Lists: []string{"overall"}})
	}
	want := notice.Notice{Event: "e", VersionBefore: 4, VersionAfter: 5, Reload: true}
	for _, maxBytes := range []int{64, 2000} {
		body, err := notice.Encode(sent, maxBytes)
		if err != nil {
			t.Fatal(err)
		}
		got, err := notice.Decode(body)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("of at most %d bytes (-want +got)\n%s", maxBytes, diff)
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
	if _, err := notice.Decode([]byte("not a notice")); err == nil {
		t.Error("text is taken for a notice")
	}
	r := result.Result{Entrant: 1, Status: result.Withdrawn + 1}
	body, err := notice.Encode(notice.Notice{Changed: []result.Result{r}}, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := notice.Decode(body); err == nil {
		t.Error("a status that is none is taken")
	}
}
