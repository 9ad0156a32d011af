package ruling

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

func TestStanding(t *testing.T) {
	t.Parallel()
	dsq := Ruling{ID: "1", Kind: DSQ, Bib: "7"}
	for _, c := range []struct {
		name string
		all  []Ruling
		want []Ruling
	}{
		{"nothing revoked", []Ruling{dsq}, []Ruling{dsq}},
		{"revoked", []Ruling{dsq, {ID: "2", Kind: Revoke, Target: "1"}}, nil},
		{"revoked before it was recorded", []Ruling{{ID: "2", Kind: Revoke, Target: "1"}, dsq}, nil},
		{"revocation revoked", []Ruling{dsq, {ID: "2", Kind: Revoke, Target: "1"}, {ID: "3", Kind: Revoke, Target: "2"}}, []Ruling{dsq}},
		{"revoked twice, one of them revoked", []Ruling{dsq, {ID: "2", Kind: Revoke, Target: "1"}, {ID: "4", Kind: Revoke, Target: "1"},
			{ID: "3", Kind: Revoke, Target: "2"}}, nil},
		{"a revocation of itself undoes nothing", []Ruling{dsq, {ID: "2", Kind: Revoke, Target: "2"}, {ID: "3", Kind: Revoke, Target: "9"}}, []Ruling{dsq}},
	} {
		if diff := cmp.Diff(c.want, Standing(c.all)); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestTheLastGunOfAWaveStands(t *testing.T) {
	t.Parallel()
	r := &race.Race{ID: "half", Waves: []race.Wave{{ID: "A", Gun: 1}, {ID: "B", Gun: 2}, {ID: "C"}}}
	decided := ForRace([]Ruling{
		{Race: "half", Kind: Gun, At: 10}, {Race: "half", Kind: Gun, Target: "B", At: 20}, {Race: "other", Kind: Close},
		{Race: "half", Kind: Gun, Target: "B", At: 21},
	}, r)
	var got []racetime.Instant
	for i := range r.Waves {
		got = append(got, decided.GunOf(&r.Waves[i]))
	}
	if diff := cmp.Diff([]racetime.Instant{10, 21, 10}, got); diff != "" || decided.Closed {
		t.Errorf("closed %v, guns (-want +got):\n%s", decided.Closed, diff)
	}
}

func TestForEntrant(t *testing.T) {
	t.Parallel()
	got := ForEntrant([]Ruling{
		{Kind: DSQ, Rule: "TR6.3"}, {Kind: Penalty, Duration: time.Minute}, {Kind: DNF, Point: "x1"},
		{Kind: YellowCard, At: 2}, {Kind: Penalty, Duration: 30 * time.Second}, {Kind: YellowCard, At: 1}, {Kind: NotCompeting, Rule: "guest"},
		{Kind: VoidRead, Point: "k5", At: 5}, {Kind: RankBefore, Target: "8"}, {Kind: StartWithWave, Target: "A"},
	})
	want := OfEntrant{
		Status: NotCompeting, Rule: "guest", LegsNotCompleted: []string{"x1"}, Penalty: 90 * time.Second,
		Cards: []Card{
			{Kind: YellowCard, At: 1, Reports: []Report{{At: 1}}}, {Kind: YellowCard, At: 2, Reports: []Report{{At: 2}}},
		},
		StartWithWave: "A", Void: []At{{"k5", 5}}, Before: []race.Bib{"8"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Card{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !got.Voids("k5", 5) || got.Voids("k5", 6) || got.Voids("k10", 5) {
		t.Error("Voids does not tell reads apart")
	}
}

func TestWhoLeftTheCourseByRuling(t *testing.T) {
	t.Parallel()
	dnf := Ruling{ID: "1", Kind: DNF}
	for _, c := range []struct {
		name string
		all  []Ruling
		want bool
	}{
		{"given up", []Ruling{dnf}, true},
		{"never started", []Ruling{{Kind: DNS}}, true},
		{"withdrawn", []Ruling{{Kind: Withdrawn}}, true},
		{"a leg not completed: the team runs on", []Ruling{{Kind: DNF, Point: "x1"}}, false},
		{"disqualified and not competing run on", []Ruling{{Kind: DSQ}, {Kind: NotCompeting}, {Kind: RedCard}}, false},
		{"the race is closed", []Ruling{{Kind: Close}}, false},
		{"given up, and disqualified for it", []Ruling{dnf, {ID: "2", Kind: DSQ}}, true},
		{"disqualified, and given up", []Ruling{{ID: "2", Kind: DSQ}, dnf}, true},
		{"was somebody else, who gave up", []Ruling{dnf, {ID: "2", Kind: Revoke, Target: "1"}}, false},
	} {
		if decided := ForEntrant(Standing(c.all)); decided.Left != c.want {
			t.Errorf("%s: left %v, want %v", c.name, decided.Left, c.want)
		}
	}
}
